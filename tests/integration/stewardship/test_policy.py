"""The survivorship policy at the desk: seen, checked and kept by configurers, and in force by a command alone."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hub import policies
from hub.models import PolicyVersion

pytestmark = pytest.mark.servers
GOOD = "format: 1\nname: trial-1\nattributes:\n  name: most_recent\n"
BAD = "format: 1\nname: trial-2\nattributes:\n  shoe: most_recent\n  emails:\n    owner: nobody_has_this\n"


@pytest.fixture
def connie(person) -> Client:
    return person("Connie", "configurer")[1]


def post(http: Client, **body):
    return http.post(reverse("stewardship:policy"), body)


def test_the_policy_in_force_is_shown_with_its_lines(connie):
    page = connie.get(reverse("stewardship:policy")).content.decode()
    assert policies.active().policy.name in page
    assert "in force" in page
    assert "<code>format: 1</code>" in page
    assert connie.get(reverse("stewardship:policy_version", args=["no-such"])).status_code == 404


def test_a_faulty_policy_is_refused_with_line_and_reason(connie):
    answer = post(connie, text=BAD, keep="1")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "the policy in force stays" in page
    assert "<td>4</td>" in page
    assert "shoe" in page
    assert "nobody_has_this" in page
    assert not PolicyVersion.objects.filter(name="trial-2").exists()


def test_a_good_one_is_checked_then_kept_and_does_not_come_into_force(connie):
    before = policies.active().id
    assert "trial-1 can be used" in post(connie, text=GOOD).content.decode()
    assert not PolicyVersion.objects.filter(name="trial-1").exists()
    file = SimpleUploadedFile("trial.yaml", GOOD.encode())
    assert "Kept as trial-1" in post(connie, file=file, keep="1").content.decode()
    assert PolicyVersion.objects.get(name="trial-1").document == GOOD
    assert policies.active().id == before
    other = post(connie, text=GOOD.replace("most_recent", "longest"), keep="1")
    assert "a version never changes" in other.content.decode()


@pytest.mark.parametrize("role", ["steward", "lead", "privacy", "auditor", "operator"])
def test_others_neither_see_nor_bring_one(role, person):
    _, http = person("Mallory", role)
    assert post(http, text=GOOD, keep="1").status_code == 403
    assert not PolicyVersion.objects.filter(name="trial-1").exists()
