from __future__ import annotations

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from hub.api.preconditions import etag_of, require, unchanged
from hub.api.problems import Problem

TAG = etag_of(b"{}")


def request(**headers: str) -> Request:
    return Request(RequestFactory().get("/", headers=headers))


def test_equal_bytes_have_equal_tags_and_others_have_others() -> None:
    assert etag_of(b"{}") == TAG
    assert etag_of(b"{ }") != TAG
    assert TAG[0] == TAG[-1] == '"'


@pytest.mark.parametrize("given", [TAG, "*", f'"x", {TAG}', f'"x",{TAG},"y"'])
def test_who_read_it_may_change_it(given: str) -> None:
    require(request(**{"If-Match": given}), TAG)


@pytest.mark.parametrize("given", ["", '"x"', f"W/{TAG}", TAG.strip('"'), '""', "\x00"])
def test_who_read_something_else_may_not(given: str) -> None:
    with pytest.raises(Problem) as refused:
        require(request(**{"If-Match": given}), TAG)
    assert (refused.value.status, refused.value.code) == (412, "precondition-failed")
    assert refused.value.headers["ETag"] == TAG


def test_who_read_nothing_is_asked_to() -> None:
    with pytest.raises(Problem) as refused:
        require(request(), TAG)
    assert (refused.value.status, refused.value.code) == (428, "precondition-required")


def test_a_reader_that_has_it_already_is_known() -> None:
    assert unchanged(request(**{"If-None-Match": f"W/{TAG}"}), TAG)
    assert unchanged(request(**{"If-None-Match": "*"}), TAG)
    assert not unchanged(request(**{"If-None-Match": '"x"'}), TAG)
    assert not unchanged(request(), TAG)
