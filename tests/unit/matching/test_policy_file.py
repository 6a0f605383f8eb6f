"""Policy documents: what is wrong is named with line, place and reason, and all of it at once."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from matching.policy import WORDS, Policy, shipped, shipped_text
from matching.policyfile import PolicyRefused, parse

ROOT = Path(__file__).parents[3]
HEAD = "format: 1\nname: test-1\n"


def refused(text: str, *, sources: tuple[str, ...] | None = None) -> list[str]:
    with pytest.raises(PolicyRefused) as caught:
        Policy.read(text, sources=sources)
    return [str(fault) for fault in caught.value.faults]


def rule(text: str) -> str:
    """What is wrong with the rule of a birth date, line 4, written in one line."""
    (found,) = refused(f"{HEAD}attributes:\n  birth_date: {text}\n")
    assert found.startswith("line 4, attributes.birth_date")
    return found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("- a", 1, "mapping"),
        ("format: 1\nname: x\nattributes: {name: longest}\nname: y", 4, "twice (first in line 2)"),
        ("format: 2\nname: x\nattributes: {}", 1, "format must be 1"),
        ("format: true\nname: x\nattributes: {}", 1, "format must be 1"),
        ("format: 1\nattributes: {}", 1, "name must be"),
        ("format: 1\nname: 'a b'\nattributes: {}", 2, "name must be"),
        ("format: 1\nname: x", 1, "needs `attributes`"),
        ("format: 1\nname: x\nattributes: []", 3, "must be a mapping"),
        ("format: 1\nname: x\nattribute: {}\nattributes: {}", 3, "did you mean attributes?"),
        (HEAD + "attributes:\n  shoe_size: longest", 4, "is no attribute: did you mean attributes.shoe_size?"),
        (HEAD + "attributes:\n  email: collect", 4, "did you mean emails?"),
        (HEAD + "attributes:\n  emails.home: collect", 4, "emails.home is no attribute"),
        (HEAD + "attributes:\n  attributes.a*b: longest", 4, "stands at the end"),
        (HEAD + "attributes:\n  name: collect", 4, "name has one value"),
        (HEAD + "attributes:\n  name: minimum", 4, "minimum could never give a value of name"),
        (HEAD + "attributes:\n  emails: maximum", 4, "maximum could never give a value of emails"),
        (HEAD + "attributes:\n  emails:\n    order: [newest]", 5, "newest is no rule"),
        (HEAD + "attributes:\n  emails:\n    rule: collect\n    limit: 0", 6, "limit is a whole number"),
        (HEAD + "attributes:\n  emails: &x collect\n  phones: *x", 4, "Anchors"),
        (HEAD + "attributes:\n  emails: !!python/name:os.system collect", 4, "Tags"),
        (HEAD + "attributes:\n\temails: collect", 4, "neither YAML nor JSON"),
        (HEAD + "attributes: {}\nconsent:\n  purposes:\n    marketing: {double_opt_in: 2}", 6, "true or false"),
        (HEAD + "attributes: {}\nrelease: all", 4, "must be a mapping"),
        (HEAD + "attributes: {}\npersons: {attributes: {name: {when: {kind: organisation}, rule: longest}}}", 4,
         "This can never be"),
        (HEAD + "attributes: {}\ngroups:\n  account:\n    attributes: [organisation]\n    owner: erp", 6,
         "of one attribute"),
        (HEAD + "attributes: {organisation: longest}\ngroups:\n  account:\n    attributes: [organisation, birth_date]\n"
         "    owner: erp", 6, "organisation has a rule of its own"),
        (HEAD + "attributes: {}\ngroups:\n  a: {attributes: [name, birth_date], owner: erp}\n"
         "  b: {attributes: [name, organisation], owner: erp}", 6, "name is in the group a too"),
        (HEAD + "attributes: {}\ngroups:\n  a: {attributes: [name, emails], owner: erp}", 5, "has several values"),
        (HEAD + "attributes: {}\ngroups:\n  a: {attributes: [name, birth_date], rule: minimum}", 5, "survives whole"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line(text: str, line: int, words: str) -> None:
    found = refused(text)
    assert any(said.startswith(f"line {line}") and words in said for said in found), found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("newest", "newest is no rule"),
        ("[]", "at least one"),
        ("3", "A rule is a word"),
        ("{}", "There is no `rule`"),
        ("longest", "could never give a value"),
        ("[most_recent, most_recent]", "twice"),
        ("[ignore, most_recent]", "stands alone"),
        ("{rule: ignore, owner: erp}", "keeps no value"),
        ("{rule: most_recent, limit: 3}", "belong to rule: collect"),
        ("source_ranking", "needs `sources`"),
        ("most_trusted", "needs `trust`"),
        ("{trust: {erp: 0}}", "above 0 and up to 1"),
        ("{trust: {erp: 1.5}}", "above 0 and up to 1"),
        ("{trust: []}", "a mapping from sources"),
        ("{rule: most_recent, half_life: 30 days}", "half_life needs `trust`"),
        ("{trust: {erp: 1}, half_life: soon}", "half_life is a time"),
        ("{trust: {erp: 1}, half_life: -3}", "half_life is a time"),
        ("{owner: []}", "at least one"),
        ("{owner: erp, from: crm}", "contradict each other"),
        ("{owner: erp, except: erp}", "every source that it looks at is under `except`"),
        ("{owner: erp, sources: [erp, crm]}", "crm is ranked but not looked at"),
        ("{sources: [erp, crm], except: crm}", "under `except` too"),
        ("{sources: [erp, erp]}", "ranked twice"),
        ("{owner: kind:bank}", "no kind of source named bank"),
        ("{owner: sort:erp}", "before the colon"),
        ("{rule: most_recent, when: {}}", "when is a mapping"),
        ("{rule: most_recent, when: {country: Germany}}", "is no country"),
        ("{rule: most_recent, when: {kind: firm}}", "firm is no kind"),
        ("{rule: most_recent, when: {weather: fine}}", "weather means nothing here"),
        ("[{owner: erp}, most_recent]", "the step before has an owner"),
        ("[{rule: most_recent}, {from: crm}]", "takes any that there is"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_reason(text: str, words: str) -> None:
    assert words in rule(text)


def test_a_source_that_the_hub_does_not_have_is_refused_where_it_is_known() -> None:
    text = f"{HEAD}attributes:\n  name: longest\n  birth_date:\n    owner: [erp, erp_eu]\n"
    assert Policy.read(text).persons.attributes["birth_date"][0].owner == ("erp", "erp_eu")
    assert Policy.read(text, sources=("erp_eu",))
    (found,) = refused(text, sources=("crm", "erp_us"))
    assert found.startswith(
        "line 6, attributes.birth_date.owner: There is no source named erp_eu: did you mean erp_us?"
    )


def test_all_faults_come_at_once_and_in_order() -> None:
    found = refused(f"{HEAD}attributes:\n  email: collect\n  name: newest\nfoo: 1\n")
    assert [said.split(",")[0] for said in found] == ["line 4", "line 5", "line 6"]


@pytest.mark.parametrize(
    "text", ["[" * 300_000, "a:\n " + "- " * 100_000, "{" * 1000, "a: " * 1000, "\0", "﻿%", "&a [*a]"]
)
def test_what_would_break_a_parser_is_refused(text: str) -> None:
    assert refused(text)


@given(st.text(max_size=80) | st.text("[]{}:,-&*!|>'\"%@ \n\tab1", max_size=60))
def test_no_text_is_read_with_anything_but_an_answer(text: str) -> None:
    # Texts of these letters hold no policy: each is refused, and nothing else happens.
    assert refused(text)


def test_yaml_and_json_say_the_same() -> None:
    data = yaml.safe_load(shipped_text())
    tabbed = json.dumps(data, indent="\t")
    for text in (tabbed, json.dumps(data)):
        read = Policy.read(text)
        assert (read.persons, read.organisations) == (shipped().persons, shipped().organisations)


def test_text_is_taken_as_it_is_written() -> None:
    found = parse("countries: [NO, ON]\nday: 2026-01-01\nn: 12\nq: '12'\nt: true\nnone: ~\nf: 0.5\nlong: 1e999").data
    assert found == {"countries": ["NO", "ON"], "day": "2026-01-01", "n": 12, "q": "12", "t": True, "none": None,
                     "f": 0.5, "long": "1e999"}  # fmt: skip
    policy = Policy.read(f"{HEAD}attributes:\n  name: {{rule: longest, when: {{country: [NO]}}}}\n")
    when = policy.persons.attributes["name"][0].when
    assert when is not None
    assert when.country == ("NO",)


def test_what_a_kind_says_stands_before_what_is_said_of_both() -> None:
    policy = Policy.read(
        f"{HEAD}attributes: {{name: longest, birth_date: most_recent}}\n"
        "groups: {account: {attributes: [organisation, attributes.legal_form], owner: erp}}\n"
        "persons: {attributes: {name: most_recent}}\n"
        "organisations: {attributes: {birth_date: ignore, organisation: longest}}\n"
    )
    assert policy.persons.attributes["name"][0].words == ("most_recent",)
    assert policy.organisations.attributes["name"][0].words == ("longest",)
    assert policy.organisations.attributes["birth_date"][0].ignore
    assert [group.name for group in policy.persons.groups] == ["account"]
    assert policy.organisations.groups == ()


SCHEMA = json.loads(files("matching").joinpath("policies/policy.schema.json").read_text(encoding="utf-8"))


def fits(text: str) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(parse(text).data)


def test_the_schema_takes_what_the_reader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {*SCHEMA["$defs"]["word"]["enum"]} == {*WORDS, "collect", "ignore"}
    for text in (shipped_text(), (ROOT / "docs/policies/retail-eu.yaml").read_text(encoding="utf-8")):
        assert Policy.read(text)
        assert fits(text)


@pytest.mark.parametrize(
    "wrong", ["newest", "[]", "{limit: 0}", "{rul: longest}", "{trust: {erp: 2}}", "{when: {}}", "3"]
)
def test_the_schema_refuses_what_it_can(wrong: str) -> None:
    assert fits(f"{HEAD}attributes: {{birth_date: most_recent}}")
    assert not fits(f"{HEAD}attributes: {{birth_date: {wrong}}}")
    assert not fits(f"{HEAD}attributes: {{birthdate: most_recent}}")
