"""What the OpenAPI document says is true: made-up requests find no answer that it does not describe."""

from __future__ import annotations

from typing import Any

import pytest

from hub.scopes import SCOPES
from tests.contracts.api.made_up import OF_THE_HUB, answers_are_described
from tests.integration.api.conftest import caller, five_sources, person, take  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("label", OF_THE_HUB)
def test_every_answer_is_described(label: str, caller: Any, take: Any) -> None:  # noqa: F811
    take("crm", person("1"))
    answers_are_described(OF_THE_HUB[label], token=caller(*SCOPES).token, number=25)
