"""``create_client`` and ``create_source``."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from oauth2_provider.models import get_application_model

from hub.models import ApiClient, SourceSystem
from tests.integration.api.conftest import token_for

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert caught.value.returncode in (1, 2)
    return str(caught.value)


def test_a_client_is_made_and_its_secret_shown_once(client: Client) -> None:
    said = run("create_client", "till 4", "--scope", "records:write", "--scope", "resolve", "--source", "pos", "--json")
    made = json.loads(said.splitlines()[-1])
    assert set(made) == {"client_id", "client_secret"}
    held = ApiClient.objects.get(application__client_id=made["client_id"])
    assert (held.scopes, held.sources) == (["records:write", "resolve"], ["pos"])
    assert made["client_secret"] not in held.application.client_secret
    assert token_for(client, made).status_code == 200


def test_a_client_that_makes_no_sense_is_not_made() -> None:
    assert "--source" in refused("create_client", "a", "--scope", "records:write")
    assert "create_source" in refused("create_client", "a", "--scope", "records:write", "--source", "nobody")
    assert "NAME" in refused("create_client", " ", "--scope", "resolve")
    refused("create_client", "a", "--scope", "everything")
    assert not ApiClient.objects.exists()
    assert not get_application_model().objects.exists()


def test_a_source_is_made_once() -> None:
    arguments = ("create_source", "shop-uk", "--kind", "ecommerce", "--scope", "brand-b", "--region", "GB", "--json")
    assert json.loads(run(*arguments))["created"] is True
    assert json.loads(run(*arguments))["created"] is False
    source = SourceSystem.objects.get(code="shop-uk")
    assert (source.kind, source.scope, source.region) == ("ecommerce", "brand-b", "GB")
    assert "other settings" in refused("create_source", "shop-uk", "--kind", "pos")
    assert SourceSystem.objects.get(code="shop-uk").kind == "ecommerce"


@pytest.mark.parametrize("code", ["Shop", "1shop", "a b", "ü", "a" * 41, "a:b", ""])
def test_a_code_has_a_shape(code: str) -> None:
    before = SourceSystem.objects.count()
    assert refused("create_source", code, "--kind", "pos")
    assert SourceSystem.objects.count() == before


def test_a_connector_must_be_installed() -> None:
    assert "nonesuch" in refused("create_source", "x", "--kind", "pos", "--connector", "nonesuch")
    assert not SourceSystem.objects.filter(code="x").exists()
