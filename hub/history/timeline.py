"""How a golden record came to be what it is, step by step, in plain words without values: for the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.history.views import Step, held, steps
from hub.sql import rows


@dataclass(frozen=True, slots=True)
class Moment:
    """One step. ``texts`` are sentences; ``cause`` is (type, ref) and ``why`` says it in words; ``actor`` is who did
    it as the audit names them (``user:ID``), or empty where nobody did."""

    at: datetime
    version: int
    texts: tuple[str, ...]
    cause: tuple[str, str]
    why: str
    actor: str


_NAMES = {
    "name": "name", "organisation": "organisation", "birth_date": "birth date", "emails": "e-mail addresses",
    "phones": "phone numbers", "addresses": "addresses", "identifiers": "identifiers",
}  # fmt: skip
_STATES = {"granted": "granted", "withdrawn": "withdrawn", "pending": "waits for its confirmation", "unknown": "open"}


def timeline(public_id: str, *, limit: int = 50) -> list[Moment]:
    """The newest ``limit`` versions of a golden record and its retirements, the newest first. Raises ``NotFound``,
    and ``Gone`` for one that was erased."""
    found = steps(held(public_id), limit=limit)
    told = _Told.of(found)
    out = []
    for step in found:
        pointer = step.now.pointer
        if pointer.end and pointer.until:
            out.append(_moment(pointer.until, pointer.version, _ending(step), pointer.end, told))
        out.append(_moment(pointer.since, pointer.version, _texts(step, told), pointer.cause, told))
    return out


def _moment(at: datetime, version: int, texts: Iterable[str], cause: tuple[str, str], told: _Told) -> Moment:
    why, actor = told.of_cause(cause, at)
    return Moment(at, version, tuple(texts), cause, why, actor)


def _ending(step: Step) -> list[str]:
    if not step.retired_to:
        return ["Retired: its source systems deleted all its records."]
    return [f"Retired: its records went to {' and '.join(step.retired_to)}."]


def _texts(step: Step, told: _Told) -> list[str]:
    texts = []
    if step.before is None:
        texts.append(f"Created from {told.records(step.joined)}.")
    elif step.before.pointer.until != step.now.pointer.since:
        texts.append(f"Live again, with {told.records(step.now.pointer.members)}.")
    else:
        if step.joined:
            whence = f", until then in {' and '.join(step.came_from)}" if step.came_from else ""
            texts.append(f"Joined by {told.records(step.joined)}{whence}.")
        if step.left:
            whither = f", for {' and '.join(step.went_to)}" if step.went_to else ", deleted at the source"
            texts.append(f"Left by {told.records(step.left)}{whither}.")
    if step.before is not None:
        texts += _values(step.changes)
    if step.now.unreadable:
        texts.append(f"{_number(step.now.unreadable, 'record')} of this version cannot be read any more.")
    return texts or ["Where its values come from changed."]


def _values(changes: Sequence[Mapping[str, Any]]) -> list[str]:
    texts, names = [], []
    for change in changes:
        attribute = change["attribute"]
        if attribute == "consents":
            texts += _consents(change.get("before", []), change.get("after", []))
        elif attribute.startswith("profile."):
            name = attribute.removeprefix("profile.")
            names.append(_NAMES.get(name, name.removeprefix("attributes.").replace("_", " ")))
    if names:
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        texts.insert(0, f"Changed: {listed}.")
    return texts


def _consents(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]) -> list[str]:
    """What is allowed otherwise than before, by use and channel; contact points are values, and are not told."""

    def by_use(entries: Sequence[Mapping[str, str]]) -> dict[tuple[str, str, str], set[str]]:
        found: dict[tuple[str, str, str], set[str]] = {}
        for entry in entries:
            use = entry["purpose"], entry["channel"], entry.get("brand", "")
            found.setdefault(use, set()).add(entry["state"])
        return found

    was, now = by_use(before), by_use(after)
    texts = []
    for use in sorted(now):
        if now[use] != was.get(use):
            purpose, channel, brand = ("all" if part == "*" else part for part in use)
            states = " and ".join(_STATES.get(state, state) for state in sorted(now[use]))
            texts.append(f"Consent to {purpose} by {channel}{f' of {brand}' if brand else ''}: {states}.")
    return texts


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class _Judged:
    """A judgement or a pin, which causes one version when it is made and another when it is taken back."""

    said: str
    retracted_at: datetime | None
    retracted_by: str
    author: str

    def told(self, at: datetime) -> tuple[str, str]:
        """(why, in words; who) of what it caused at this time."""
        if self.retracted_at is not None and at >= self.retracted_at:
            return f"the judgement “{self.said}” was taken back", self.retracted_by
        return f"two records were judged {self.said}", self.author


@dataclass(frozen=True, slots=True)
class _Told:
    """Names of what the steps speak of, read in one go."""

    systems: Mapping[int, str]
    senders: Mapping[str, str]
    judgements: Mapping[str, _Judged]
    models: Mapping[str, str]
    pins: Mapping[str, _Judged]

    @classmethod
    def of(cls, found: Sequence[Step]) -> _Told:
        records = {record for step in found for record in (*step.now.pointer.members, *step.left)}
        causes = [c for step in found for c in (step.now.pointer.cause, step.now.pointer.end) if c]

        def refs(kind: str) -> list[str]:
            return sorted({ref for type_, ref in causes if type_ == kind})

        systems = rows(
            "SELECT r.id, s.code FROM hub_sourcerecord r JOIN hub_sourcesystem s ON s.id = r.system_id "
            "WHERE r.id = ANY(%b::bigint[])",
            sorted(records),
        )
        senders = rows(
            "SELECT m.public_id, s.code FROM hub_inboxmessage m JOIN hub_sourcesystem s ON s.id = m.system_id "
            "WHERE m.public_id = ANY(%b::text[])",
            refs("record"),
        )
        judgements = rows(
            """
            SELECT j.public_id, j.judgement, j.retracted_at, j.retracted_by,
                   coalesce('user:' || j.author_id, nullif('client:' || j.client, 'client:'), '')
            FROM hub_judgement j WHERE j.public_id = ANY(%b::text[])
            """,
            refs("judgement"),
        )
        models = rows(
            """
            SELECT DISTINCT ON (v.name) v.name, a.actor FROM hub_matchmodelversion v
            JOIN hub_auditentry a ON a.subject = 'model:' || v.id AND a.action = 'model.activated'
            WHERE v.name = ANY(%b::text[]) ORDER BY v.name, a.id DESC
            """,
            refs("model"),
        )
        pins = rows(
            """
            SELECT public_id, kind, ended_at, ended_by,
                   coalesce('user:' || author_id, nullif('client:' || client, 'client:'), '')
            FROM hub_pin WHERE public_id = ANY(%b::text[])
            """,
            refs("policy"),
        )
        return cls(
            dict(systems),
            dict(senders),
            {ref: _Judged(*judged) for ref, *judged in judgements},
            dict(models),
            {ref: _Judged(*pinned) for ref, *pinned in pins},
        )

    def records(self, record_ids: Sequence[int]) -> str:
        """``2 records of crm and 1 of pos``: source ids can be personal, and are not told."""
        counted: dict[str, int] = {}
        for record in record_ids:
            system = self.systems.get(record, "a source that is gone")
            counted[system] = counted.get(system, 0) + 1
        (system, number), *others = sorted(counted.items()) or [("", 0)]
        parts = [f"{_number(number, 'record')} of {system}", *(f"{n} of {code}" for code, n in others)]
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

    def of_cause(self, cause: tuple[str, str], at: datetime) -> tuple[str, str]:
        """(why, in words; who)."""
        kind, ref = cause
        if kind == "record":
            sender = self.senders.get(ref)
            return (f"{sender} sent a record" if sender else "a source system sent a record"), ""
        if kind == "judgement":
            judged = self.judgements.get(ref)
            return judged.told(at) if judged else ("two records were judged", "")
        if kind == "model":
            return f"match model {ref} came into force", self.models.get(ref, "")
        if kind == "policy" and ref.startswith("pin_"):
            pinned = self.pins.get(ref)
            if pinned and pinned.retracted_at is not None and at >= pinned.retracted_at:
                return "what a steward had set was taken back", pinned.retracted_by
            return "a steward set or ignored a value", pinned.author if pinned else ""
        if kind == "policy":
            return f"survivorship policy {ref} came into force", ""
        if kind == "erasure":
            return "records were erased", ""
        return kind, ""
