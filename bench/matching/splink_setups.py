"""What Splink is told for each family of files: blocking, comparisons, training.

For files that Splink's documentation has an example of, the example's choices; for retail, the best that was found
by hand (``method.md`` says what was chosen and what was tried). All use term frequencies, and 0.95 as the examples do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import splink.comparison_library as cl
from splink import block_on
from splink.blocking_rule_library import CustomRule
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator

THRESHOLD = 0.95


@dataclass(frozen=True)
class Setup:
    """``deterministic`` with ``recall`` gives the prior, ``training`` the blocks of the EM sessions.

    ``table`` is SQL that makes the table ``ready`` from ``raw``; with ``link`` one table per source system is
    linked to the other, else one is deduplicated.
    """

    table: str
    blocking: tuple[BlockingRuleCreator, ...]
    comparisons: Callable[[], list[ComparisonCreator]]
    deterministic: tuple[BlockingRuleCreator, ...]
    recall: float
    u_pairs: float
    training: tuple[BlockingRuleCreator, ...]
    link: bool = False
    retail: bool = False


def _febrl(link: bool) -> Setup:
    """The detailed model of the example for FEBRL 4; on FEBRL 3 it does better than the example for that file."""
    return Setup(
        table="select * from raw",
        blocking=(
            block_on("given_name", "surname"),
            CustomRule("l.given_name = r.surname and l.surname = r.given_name"),
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ),
        comparisons=lambda: [
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        deterministic=(block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")),
        recall=0.8,
        u_pairs=1e6,
        training=(block_on("date_of_birth"), block_on("postcode")),
        link=link,
    )


def _historical() -> Setup:
    start = "substr(postcode_fake, 1, 3)"
    return Setup(
        table="select *, first_name || ' ' || surname as name from raw",
        blocking=(
            block_on("substr(first_name, 1, 3)", "substr(surname, 1, 4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on(start, "dob"),
            block_on(start, "first_name"),
            block_on(start, "surname"),
            block_on("substr(first_name, 1, 2)", "substr(surname, 1, 2)", "substr(dob, 1, 4)"),
        ),
        comparisons=lambda: [
            cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="name"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
        deterministic=(
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name, 1, 2)", "surname", "substr(postcode_fake, 1, 2)"),
            block_on("dob", "postcode_fake"),
        ),
        recall=0.6,
        u_pairs=1e7,
        training=(block_on("first_name", "surname"), block_on("dob")),
    )


def _fake() -> Setup:
    near = "levenshtein(r.dob, l.dob) <= 1"
    return Setup(
        table="select * from raw",
        blocking=tuple(block_on(column) for column in ("first_name", "surname", "dob", "email")),
        comparisons=lambda: [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        deterministic=(
            CustomRule(f"l.first_name = r.first_name and {near}"),
            CustomRule(f"l.surname = r.surname and {near}"),
            CustomRule("l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2"),
            CustomRule("l.email = r.email"),
        ),
        recall=0.7,
        u_pairs=1e6,
        training=(block_on("dob"), block_on("email"), block_on("first_name", "surname")),
    )


def _retail() -> Setup:
    return Setup(
        table="select * from retail",
        retail=True,
        blocking=(
            block_on("email"),
            block_on("phones", arrays_to_explode=["phones"]),
            block_on("loyalty_id"),
            block_on("tax_id"),
            block_on("given_name", "family_name"),
            CustomRule("l.given_name = r.family_name and l.family_name = r.given_name"),
            block_on("family_name", "birth_date"),
            block_on("given_name", "birth_date"),
            block_on("family_name", "postal_code"),
            block_on("given_name", "postal_code", "house_number"),
            block_on("birth_date", "postal_code"),
            block_on("substr(given_name, 1, 2)", "substr(family_name, 1, 3)", "city"),
        ),
        comparisons=lambda: [
            cl.NameComparison("given_name"),
            cl.NameComparison("family_name"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.EmailComparison("email"),
            cl.ArrayIntersectAtSizes("phones", [1]),
            cl.LevenshteinAtThresholds("postal_code", [1]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("loyalty_id", [1]),
        ],
        deterministic=(
            block_on("given_name", "family_name", "birth_date"),
            block_on("given_name", "family_name", "email"),
            block_on("given_name", "family_name", "phone"),
            block_on("given_name", "family_name", "postal_code", "street"),
            block_on("loyalty_id", "family_name"),
        ),
        recall=0.9,
        u_pairs=1e7,
        training=(block_on("given_name", "family_name"), block_on("birth_date", "postal_code")),
    )


def setup(family: str) -> Setup:
    """Raises ``KeyError`` for a family that there is no set-up for."""
    makers: dict[str, Callable[[], Setup]] = {
        "febrl3": lambda: _febrl(link=False),
        "febrl4": lambda: _febrl(link=True),
        "historical": _historical,
        "fake": _fake,
        "retail": _retail,
    }
    return makers[family]()
