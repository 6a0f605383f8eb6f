"""What is held about a customer, table by table, opened for the one who asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from hub import events as cloud
from hub import keyring, ledger, selectors
from hub.models import InboxMessage, OutboxEvent, PrivacyRequest
from hub.privacy import requests, targets
from hub.sealing import CANONICAL, PAYLOAD, PIN, REASON
from hub.sql import rows
from matching.jsontext import loads

Told = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """A customer: ``golden`` and ``goldens`` are database ids of the golden record now, and of those that retired
    into it; ``records`` the source records asked about."""

    golden_id: str | None
    golden: int | None
    goldens: tuple[int, ...]
    records: tuple[int, ...]

    @classmethod
    def of(cls, request: PrivacyRequest) -> Self:
        """Whom the request is about, as of now. Raises ``Gone`` where the records were erased."""
        golden_id = request.golden.public_id if request.golden is not None else None
        found = targets.Subject(request.golden_id, golden_id, tuple(request.records))
        if golden_id and not request.of_record:
            found = targets.of_golden(golden_id)
        records = [r for (r,) in rows("SELECT id FROM hub_sourcerecord WHERE id = ANY(%b::bigint[])", _ids(found))]
        if not records:
            raise targets.Gone
        before = rows("SELECT id FROM hub_goldenrecord WHERE state = 1 AND last_members && %b::bigint[]", records)
        golden = [] if found.golden is None else [found.golden]
        # Of one record alone the bundle tells nothing that is of the others of its golden record.
        goldens = () if request.of_record else tuple(sorted({*golden, *(g for (g,) in before)}))
        return cls(found.golden_id, None if request.of_record else found.golden, goldens, tuple(sorted(records)))

    def golden_record(self) -> dict[str, Any]:
        """The golden profile and where each value is from; empty where the request is about one record alone."""
        if self.golden is None or self.golden_id is None:
            return {}
        ((created, retired),) = rows(
            "SELECT g.created_at, array(SELECT public_id::text FROM hub_goldenrecord r WHERE r.id = ANY(%b::bigint[]) "
            "AND r.state = 1 ORDER BY 1) FROM hub_goldenrecord g WHERE g.id = %s",
            list(self.goldens), self.golden,
        )  # fmt: skip
        view = selectors.golden(self.golden_id)
        if view.body is None:
            return {"golden_id": self.golden_id, "state": view.state}
        return {
            **loads(view.body),
            "provenance": selectors.provenance(self.golden_id),
            "first_put_together_at": _time(created),
            "earlier_golden_ids": retired,
        }

    def source_records(self) -> Told:
        """Each source record with all its versions, as they came."""
        found = rows(
            """
            SELECT r.id, s.code, r.kind, r.deleted, r.first_seen_at, r.updated_at, r.address, r.canonical
            FROM hub_sourcerecord r JOIN hub_sourcesystem s ON s.id = r.system_id
            WHERE r.id = ANY(%b::bigint[]) ORDER BY s.code, r.id
            """,
            list(self.records),
        )
        canonical = keyring.opened([(row[-2], row[-1]) for row in found], CANONICAL)
        versions = self._versions()
        return [
            {
                "source_system": code, "kind": kind, "deleted_at_its_source": deleted, "first_seen_at": _time(first),
                "updated_at": _time(updated), "as_it_stands": loads(said) if said else None,
                "versions": versions.get(record, []),
            }
            for (record, code, kind, deleted, first, updated, *_), said in zip(found, canonical, strict=True)
        ]  # fmt: skip

    def _versions(self) -> dict[int, Told]:
        found = rows(
            """
            SELECT v.record_id, v.occurred_at, v.recorded_at, m.public_id, m.address, m.payload FROM hub_recordversion v
            LEFT JOIN hub_inboxmessage m ON m.id = v.message_id
            WHERE v.record_id = ANY(%b::bigint[]) ORDER BY v.record_id, v.occurred_at, v.id
            """,
            list(self.records),
        )
        payloads = keyring.opened([(row[-2] or b"", row[-1] or b"") for row in found], PAYLOAD)
        out: dict[int, Told] = {}
        for (record, occurred, recorded, message, *_), payload in zip(found, payloads, strict=True):
            out.setdefault(record, []).append(
                {"occurred_at": _time(occurred), "recorded_at": _time(recorded), "message_id": message,
                 "as_received": loads(payload) if payload else None}
            )  # fmt: skip
        return out

    def messages(self) -> Told:
        """Every inbox message about the records; those that led to no version with what they held."""
        found = rows(
            """
            SELECT m.public_id, s.code, m.status, m.received_at, m.resolved_at, m.problem,
                   EXISTS (SELECT 1 FROM hub_recordversion v WHERE v.message_id = m.id), m.address, m.payload
            FROM hub_inboxmessage m JOIN hub_sourcesystem s ON s.id = m.system_id
            WHERE m.address = ANY(SELECT address FROM hub_sourcerecord WHERE id = ANY(%b::bigint[])) ORDER BY m.id
            """,
            list(self.records),
        )
        payloads = keyring.opened([(row[-2], row[-1]) for row in found], PAYLOAD)
        return [
            {
                "message_id": public_id, "source_system": code, "status": InboxMessage.Status(status).label,
                "received_at": _time(received), "resolved_at": _time(resolved), "problem": problem,
                **({"as_received": loads(payload)} if payload and not told else {}),
            }
            for (public_id, code, status, received, resolved, problem, told, *_), payload in zip(
                found, payloads, strict=True
            )
        ]  # fmt: skip

    def consents(self) -> Told:
        """Every statement of the consent ledger, as it was said."""
        found = ledger.held(self.records, keys=keyring.keys_of(self.records))
        return [
            {
                **{k: (_time(v) if isinstance(v, datetime) else v) for k, v in asdict(one.statement).items()},
                **one.rest, "recorded_at": _time(one.recorded_at),
            }
            for one in found
        ]  # fmt: skip

    def history(self) -> Told:
        """Every version of the golden record with what caused it; not which other records came and went, for some may
        have been of somebody else."""
        found = rows(
            """
            SELECT g.public_id, v.version, v.since, v.until, v.cause_type, v.holders FROM hub_goldenversion v
            JOIN hub_goldenrecord g ON g.id = v.golden_id WHERE v.golden_id = ANY(%b::bigint[])
            UNION ALL
            SELECT public_id, version, updated_at, NULL, cause_type, holders FROM hub_goldenrecord
            WHERE id = ANY(%b::bigint[]) AND state = 0 ORDER BY 3
            """,
            list(self.goldens),
            list(self.goldens),
        )
        own = set(self.records)
        return [
            {"golden_id": public_id, "version": version, "since": _time(since), "until": _time(until), "cause": cause,
             "of_your_records": len(own & set(holders))}
            for public_id, version, since, until, cause, holders in found
        ]  # fmt: skip

    def events(self) -> Told:
        """What was told, with every receiver that it went to."""
        events = list(OutboxEvent.objects.filter(golden_id__in=self.goldens).order_by("id"))
        sent = self._deliveries()
        return [
            {
                "event_id": event.public_id, "type": event.type, "time": _time(event.time), "data": data,
                "receivers": sent.get(event.pk, []),
            }
            for event, data in zip(events, cloud.opened(events), strict=True)
        ]  # fmt: skip

    def _deliveries(self) -> dict[int, Told]:
        out: dict[int, Told] = {}
        for event, url, state, at, tries in rows(
            """
            SELECT d.event_id, p.url, d.state, d.delivered_at,
                   (SELECT count(*) FROM hub_attempt t WHERE t.delivery_id = d.id)
            FROM hub_delivery d JOIN hub_endpoint p ON p.id = d.endpoint_id
            WHERE d.golden_id = ANY(%b::bigint[]) ORDER BY d.id
            """,
            list(self.goldens),
        ):
            words = ("waiting", "delivered", "given up")[state]
            out.setdefault(event, []).append({"url": url, "state": words, "delivered_at": _time(at), "tries": tries})
        return out

    def judgements(self) -> Told:
        """What stewards decided, with the reason that they gave."""
        found = rows(
            """
            SELECT j.public_id, j.judgement, j.created_at, j.retracted_at, j.a_id, j.b_id, j.reason FROM hub_judgement j
            WHERE j.a_id = ANY(%b::bigint[]) OR j.b_id = ANY(%b::bigint[]) ORDER BY j.id
            """,
            list(self.records),
            list(self.records),
        )
        own = set(self.records)
        reasons = keyring.unsealed([((a, b), reason) for *_, a, b, reason in found], REASON)
        return [
            {
                "judgement_id": public_id, "judgement": verdict, "made_at": _time(made), "retracted_at": _time(back),
                # Of another customer nothing is told, not even what somebody wrote about the two.
                "about": "two of your records" if {a, b} <= own else "one of your records and one of somebody else",
                "reason": reason.decode() if reason and {a, b} <= own else None,
            }
            for (public_id, verdict, made, back, a, b, _), reason in zip(found, reasons, strict=True)
        ]  # fmt: skip

    def pins(self) -> Told:
        """What stewards set over the records, in force or not."""
        found = rows(
            """
            SELECT p.public_id, p.kind, p.attribute, p.made_at, p.until, p.ended_at, r.address, p.sealed FROM hub_pin p
            JOIN hub_sourcerecord r ON r.id = p.record_id WHERE p.record_id = ANY(%b::bigint[]) ORDER BY p.id
            """,
            list(self.records),
        )
        opened = keyring.opened([(address, sealed) for *_, address, sealed in found], PIN)
        return [
            {
                "pin_id": public_id, "kind": kind, "attribute": attribute, "made_at": _time(made),
                "until": _time(until), "ended_at": _time(ended), **(loads(said) if said else {}),
            }
            for (public_id, kind, attribute, made, until, ended, *_), said in zip(found, opened, strict=True)
        ]  # fmt: skip

    def reviews(self) -> Told:
        found = rows(
            """
            SELECT public_id, state, opened_at, closed_at FROM hub_review
            WHERE record_a_id = ANY(%b::bigint[]) OR record_b_id = ANY(%b::bigint[])
               OR golden_a_id = ANY(%b::bigint[]) OR golden_b_id = ANY(%b::bigint[]) ORDER BY id
            """,
            *[list(self.records)] * 2,
            *[list(self.goldens)] * 2,
        )
        return [
            {"review_id": public_id, "state": state, "opened_at": _time(opened), "closed_at": _time(closed)}
            for public_id, state, opened, closed in found
        ]

    def privacy_requests(self) -> Told:
        found = PrivacyRequest.objects.filter(records__overlap=list(self.records)).select_related("golden")
        return [requests.shown(request) for request in found.order_by("id")]

    def restrictions(self) -> Told:
        found = rows(
            """
            SELECT DISTINCT q.public_id, r.since, r.lifted_at FROM hub_restriction r
            JOIN hub_privacyrequest q ON q.id = r.request_id WHERE r.record_id = ANY(%b::bigint[]) ORDER BY 2
            """,
            list(self.records),
        )
        return [
            {"request_id": public_id, "since": _time(since), "lifted_at": _time(lifted)}
            for public_id, since, lifted in found
        ]

    def audit(self) -> Told:
        """Who saw or changed the golden record, its records, reviews, judgements and requests."""
        found = rows(
            """
            WITH golden AS (SELECT public_id::text FROM hub_goldenrecord WHERE id = ANY(%b::bigint[]))
            SELECT e.at, e.actor, e.action, e.subject FROM hub_auditentry e
            WHERE e.detail->'golden_ids' ?| ARRAY(SELECT public_id FROM golden) OR e.subject IN (
                SELECT public_id FROM golden
                UNION SELECT 'record:' || x FROM unnest(%b::bigint[]) AS u(x)
                UNION SELECT public_id FROM hub_judgement WHERE a_id = ANY(%b::bigint[]) OR b_id = ANY(%b::bigint[])
                UNION SELECT public_id FROM hub_pin WHERE record_id = ANY(%b::bigint[])
                UNION SELECT public_id FROM hub_review WHERE golden_a_id = ANY(%b::bigint[])
                                                          OR golden_b_id = ANY(%b::bigint[])
                UNION SELECT public_id FROM hub_privacyrequest WHERE records && %b::bigint[]) ORDER BY e.id
            """,
            list(self.goldens),
            *[list(self.records)] * 4,
            *[list(self.goldens)] * 2,
            list(self.records),
        )
        return [
            {"at": _time(at), "who": actor, "action": action, "subject": subject}
            for at, actor, action, subject in found
        ]

    def matching(self) -> Told:
        """The stored weights of pairs that are both the customer's own; what else they were compared with is of
        others."""
        found = rows(
            """
            SELECT m.name, a.code, b.code, e.weight FROM hub_edge e JOIN hub_matchmodelversion m ON m.id = e.model_id
            JOIN hub_sourcerecord x ON x.id = e.a_id JOIN hub_sourcesystem a ON a.id = x.system_id
            JOIN hub_sourcerecord y ON y.id = e.b_id JOIN hub_sourcesystem b ON b.id = y.system_id
            WHERE e.a_id = ANY(%b::bigint[]) AND e.b_id = ANY(%b::bigint[]) ORDER BY e.a_id, e.b_id
            """,
            list(self.records),
            list(self.records),
        )
        return [{"model": model, "records_of": [a, b], "weight": weight} for model, a, b, weight in found]


def _ids(found: targets.Subject) -> Sequence[int]:
    return list(found.records)


def _time(moment: datetime | None) -> str | None:
    return cloud.rfc3339(moment) if moment else None
