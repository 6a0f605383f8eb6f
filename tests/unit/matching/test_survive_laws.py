"""What holds for every policy and every cluster: order, ownership, provenance, pins."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from matching import pins
from matching.canonical import from_nested
from matching.jsontext import dumps
from matching.offers import MANY, SINGLE, Speaker
from matching.pins import Ignore, Pin
from matching.policy import SOURCE_KINDS, WORDS, Policy
from matching.records import CanonicalRecord
from matching.survive import DEFAULT, Member, Survived, survive

START = datetime(2026, 1, 1, tzinfo=UTC)
SYSTEMS = ("crm", "erp", "pos", "web")
_text = st.sampled_from(["Alice", "ALICE", "A.", "N/A", "Müller", "Anne Marie", "x"])
_values = st.sampled_from(["gold", "silver", 3, 12.5, "7", "2026-01-01", True, ["a"], {"k": 1}, "", None])
_said = st.fixed_dictionaries({}, optional={
    "name": st.fixed_dictionaries({}, optional={"given": _text, "family": _text, "middle": _text, "full": _text}),
    "organisation": st.fixed_dictionaries({"name": st.sampled_from(["Acme", "ACME Ltd", "Acme Ltd", "Other"])}),
    "birth_date": st.sampled_from(["1984-03-12", "1985-01-01", "1900-01-01", "12.03.1984"]),
    "emails": st.lists(st.fixed_dictionaries({"value": st.sampled_from(["a@b.de", "B@b.de", "c@d.org"])},
                                             optional={"verified": st.booleans(), "type": _text}), max_size=2),
    "phones": st.lists(st.fixed_dictionaries({"value": st.sampled_from(["+49 151 23455994", "0151 23455994"])}),
                       max_size=2),
    "addresses": st.lists(st.fixed_dictionaries({"city": _text}, optional={
        "country": st.sampled_from(["DE", "FR", "US"]), "street": _text,
        "type": st.sampled_from(["home", "billing"])}), max_size=2),
    "identifiers": st.lists(st.fixed_dictionaries({"type": st.sampled_from(["tax_id", "loyalty_id"]),
                                                   "value": st.sampled_from(["136695976", "12", "12345"])}),
                            max_size=2),
    "attributes": st.dictionaries(st.sampled_from(["tier", "vat", "payment_terms", "z"]), _values, max_size=3),
})  # fmt: skip


@st.composite
def clusters(draw: st.DrawFn, least: int = 1) -> list[Member]:
    kind = draw(st.sampled_from(["person", "organisation"]))
    said = draw(st.lists(_said, min_size=least, max_size=5))
    return [
        Member(
            from_nested({"source_id": str(i), "kind": kind, **one}, source_system=draw(st.sampled_from(SYSTEMS))),
            draw(st.sampled_from(SOURCE_KINDS)),
            START + timedelta(days=draw(st.integers(0, 3))),
            draw(st.integers(0, 2**20)) * 8 + i,
        )
        for i, one in enumerate(said)
    ]


_source = st.sampled_from(["crm", "erp", "pos", "kind:crm", "system:web"])
_sources = st.lists(_source, min_size=1, max_size=2, unique=True)
_kinds = st.sampled_from(["person", "organisation"])
_when = st.fixed_dictionaries({}, optional={"kind": _kinds, "country": st.just("DE"), "source": _source}).filter(bool)


def _steps(words: tuple[str, ...], more: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    plain = [w for w in words if w not in ("source_ranking", "most_trusted")]
    kept = {"rule": st.lists(st.sampled_from(plain), min_size=1, max_size=3, unique=True), **more}
    return st.fixed_dictionaries(kept, optional={
        "when": _when, "from": _sources, "sources": st.permutations(["crm", "erp", "pos"]),
        "trust": st.dictionaries(st.sampled_from(["crm", "pos", "others"]), st.floats(0.1, 1), min_size=1),
    }) | st.fixed_dictionaries({**kept, "owner": _sources}, optional={"when": _when})  # fmt: skip


_any = tuple(w for w in WORDS if w not in ("minimum", "maximum"))
_birth = tuple(w for w in WORDS if w not in ("longest", "most_complete"))
_many = _steps(_any, {"rule": st.just("collect")}) | _steps(_any, {})
_documents = st.fixed_dictionaries({}, optional={
    "name": _steps(_any, {}), "birth_date": _steps(_birth, {}), "organisation": _steps(_any, {}),
    "emails": _many, "phones": _many, "addresses": _many, "identifiers": _many, "identifiers.tax_id": _many,
    "attributes.tier": _steps(WORDS, {}),
    "attributes.*": _steps(WORDS, {}) | _steps(_any, {"rule": st.just("collect")}),
    "attributes.z": st.just({"rule": "ignore"}),
})  # fmt: skip
_groups = st.sampled_from([{}, {"account": {"attributes": ["attributes.vat", "attributes.payment_terms"],
                                            "rule": ["most_complete", "most_recent"]}}])  # fmt: skip


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Of those that can be written, the ones that the reader takes: a ranking of whom nobody looks at is refused."""
    attributes, groups = draw(_documents), draw(_groups)
    for steps in attributes.values():
        if "from" in steps:
            steps.pop("sources", None)
    text = dumps({"format": 1, "name": "drawn", "attributes": attributes, "groups": groups}).decode()
    return Policy.read(text)


def _written(survived: Survived) -> bytes:
    return dumps([survived.profile, survived.provenance])


@given(clusters(), policies(), st.randoms())
def test_neither_order_nor_repetition_changes_anything(cluster: list[Member], policy: Policy, dice: Any) -> None:
    first = _written(survive(cluster, policy))
    shuffled = list(cluster)
    dice.shuffle(shuffled)
    assert _written(survive(shuffled, policy)) == first
    assert _written(survive(cluster, policy)) == first


def _values_of(profile: dict[str, Any]) -> dict[str, Any]:
    """Every value with its name in the provenance."""
    found = {name: profile[name] for name in SINGLE if name in profile}
    for name in MANY:
        for place, item in enumerate(profile[name]):
            found[f"{name}[{place}]"] = {k: v for k, v in item.items() if k != "primary"}
    return {**found, **{f"attributes.{key}": value for key, value in profile["attributes"].items()}}


@given(clusters(), policies())
def test_provenance_names_a_record_that_says_the_value(cluster: list[Member], policy: Policy) -> None:
    survived = survive(cluster, policy)
    by_address = {m.record.address: m for m in cluster}
    for name, value in _values_of(survived.profile).items():
        whence = survived.provenance.get(name) or survived.provenance[f"{name}[0]"]
        member = by_address[whence["record"]]
        assert whence["source"] == member.record.source_system
        of = pins.named(name.partition("[")[0])
        said = of.said(Speaker(member.record, member.source_kind, member.occurred_at, member.order))
        if of.many:
            assert value in said
        else:
            assert said == (value[0] if f"{name}[0]" in survived.provenance else value)
    for whence in survived.provenance.values():
        assert len(whence["runners_up"]) <= 5
        assert all(runner["lost_because"] for runner in whence["runners_up"])
        assert whence["record"] is None or whence["record"] in by_address


@given(clusters(), _sources)
def test_only_an_owner_sets_what_has_one(cluster: list[Member], owner: list[str]) -> None:
    rule = {"owner": owner}
    names = [*SINGLE, *MANY, "attributes.*"]
    text = dumps({"format": 1, "name": "t", "attributes": dict.fromkeys(names, rule)}).decode()
    policy = Policy.read(text)
    survived = survive(cluster, policy)
    owners = [m for m in cluster if any(n in (m.record.source_system, m.source_kind) or n in (
        f"system:{m.record.source_system}", f"kind:{m.source_kind}") for n in owner)]  # fmt: skip
    allowed = {m.record.address for m in owners}
    assert {w["record"] for w in survived.provenance.values()} <= {*allowed, None}
    if owners:  # what the others say changes no value
        kept = survive(owners, policy).profile
        assert {**kept, "emails": 0} == {**survived.profile, "emails": 0}


@given(clusters(), policies(), st.integers(0, 2**40), st.integers(-5, 5))
def test_a_record_that_says_nothing_changes_nothing(
    cluster: list[Member], policy: Policy, order: int, day: int
) -> None:
    empty = CanonicalRecord("nobody", "", kind=cluster[0].record.kind)
    other = Member(empty, "other", START + timedelta(days=day), order * 8 + 7)
    assert _written(survive([*cluster, other], policy)) == _written(survive(cluster, policy))


_pinned = {
    "name": {"given": "Zoe", "family": "Pinned"}, "organisation": {"name": "Pinned Ltd"}, "birth_date": "1970-05-05",
    "emails": {"value": "pinned@x.org"}, "phones": {"value": "+49 30 5550123"}, "addresses": {"city": "Pinned"},
    "identifiers": {"type": "tax_id", "value": "999888"}, "attributes.tier": "platinum", "attributes.new": [1],
}  # fmt: skip


@given(clusters(), policies(), st.sampled_from(sorted(_pinned)), st.integers(0, 4))
def test_a_pin_wins_and_is_gone_without_a_trace(cluster: list[Member], policy: Policy, name: str, who: int) -> None:
    before = _written(survive(cluster, policy))
    value = pins.shown(name, _pinned[name])
    member = cluster[who % len(cluster)]
    older = Pin("pin_0", name, "older", START)
    pin = Pin("pin_1", name, value, START + timedelta(days=1))
    pinned = [dataclasses.replace(m, pins=(pin, older)) if m is member else m for m in cluster]
    survived = survive(pinned, policy)
    assert _written(survive(pinned[::-1], policy)) == _written(survived)
    values = _values_of(survived.profile)
    where = f"{name}[0]" if name in MANY else name
    assert values[where] == value
    whence = survived.provenance[where]
    assert (whence["rule"], whence["pin"], whence["record"]) == ("pin", "pin_1", member.record.address)
    others = {k: v for k, v in values.items() if not k.startswith(name)}
    untouched = {k: v for k, v in _values_of(survive(cluster, policy).profile).items() if not k.startswith(name)}
    assert others == untouched
    if name in MANY:
        kept = [v for k, v in values.items() if k.startswith(name)]
        assert len({MANY[name].same(v) for v in kept}) == len(kept) or name in ("addresses", "identifiers")
    assert {k.partition("[")[0] for k in values} <= {k.partition("[")[0] for k in survived.provenance}
    assert _written(survive(cluster, policy)) == before


@given(clusters(), policies(), st.data())
def test_an_ignored_value_is_as_if_its_record_had_not_said_it(
    cluster: list[Member], policy: Policy, data: st.DataObject
) -> None:
    profile = survive(cluster, policy).profile
    single = [name for name in _values_of(profile) if "[" not in name and not isinstance(profile.get(name), list)]
    assume(single)
    name = data.draw(st.sampled_from(single))
    whence = survive(cluster, policy).provenance.get(name)
    assume(whence is not None)
    member = next(m for m in cluster if whence and m.record.address == whence["record"])
    value = _values_of(profile)[name]
    ignoring = [dataclasses.replace(m, ignored=(Ignore("ig_1", name, value),)) if m is member else m for m in cluster]
    silent = [dataclasses.replace(m, record=_silent(m.record, name)) if m is member else m for m in cluster]
    survived = survive(ignoring, policy)
    assert survived.profile == survive(silent, policy).profile
    runners = [r for w in survived.provenance.values() for r in w["runners_up"] if "ignore" in r]
    assert [(r["record"], r["value"]) for r in runners] == [(member.record.address, value)]
    # The record says something else now: what was ignored is not said, and nothing else is ignored.
    other = [
        dataclasses.replace(m, ignored=(Ignore("ig_1", name, "never said"),)) if m is member else m for m in cluster
    ]
    if name.startswith("attributes."):
        assert _written(survive(other, policy)) == _written(survive(cluster, policy))


def _silent(record: CanonicalRecord, name: str) -> CanonicalRecord:
    return pins._with(record, name, None)


@given(clusters())
def test_a_policy_read_again_says_the_same(cluster: list[Member]) -> None:
    from matching.policy import shipped_text

    again = Policy.read(shipped_text())
    assert again is not DEFAULT
    assert _written(survive(cluster, again)) == _written(survive(cluster))
