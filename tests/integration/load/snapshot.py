"""All that a hub holds, without ids and times, by the addresses of its records: two hubs are compared by it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from hub import keyring
from hub.sealing import CANONICAL, EVENT, GOLDEN, PAYLOAD, PREPARED, PROVENANCE
from hub.sql import rows
from tests import opened

TABLES = (
    "inboxmessage", "loadprogress", "sourcerecord", "recordversion", "consentstatement", "prepared", "blockingkey",
    "suppressedkey", "edge", "goldenrecord", "goldenterm", "crosswalk", "review", "outboxevent", "lanehold",
    "goldenversion", "pastlink", "pin", "suppression",
)  # fmt: skip


def empty() -> None:
    rows(f"TRUNCATE {', '.join(f'hub_{name}' for name in TABLES)} RESTART IDENTITY CASCADE")


def snapshot() -> dict[str, Any]:
    address = {r: ":".join(named) for r, named in opened.addresses().items()}
    at = {record: bytes(a) for record, a in rows("SELECT id, address FROM hub_sourcerecord")}
    members: dict[int, list[str]] = defaultdict(list)
    for record, golden in rows("SELECT record_id, golden_id FROM hub_crosswalk WHERE golden_id IS NOT NULL"):
        members[golden].append(address[record])
    home = {golden: tuple(sorted(found)) for golden, found in members.items()}
    public = {p: home[g] for g, p in rows("SELECT id, public_id FROM hub_goldenrecord")}
    said = {
        p: (a, _clear(a, b, PAYLOAD)) for p, a, b in rows("SELECT public_id, address, payload FROM hub_inboxmessage")
    }
    review = {p: (home[a], home[b]) for p, a, b in rows("SELECT public_id, golden_a_id, golden_b_id FROM hub_review")}
    return {
        "messages": Counter(
            (a, _clear(a, b, PAYLOAD), part, status, attempts, address.get(record), str(problem))
            for a, b, part, status, attempts, record, problem in rows(
                "SELECT address, payload, part, status, attempts, record_id, problem FROM hub_inboxmessage")
        ),
        "records": {
            address[r]: (kind, bytes(digest), _clear(at[r], canonical, CANONICAL), deleted)
            for r, kind, digest, canonical, deleted in rows(
                "SELECT id, kind, content_hash, canonical, deleted FROM hub_sourcerecord")
        },
        "messages of records": {
            address[r]: said[p]
            for r, p in rows(
                "SELECT r.id, m.public_id FROM hub_sourcerecord r JOIN hub_inboxmessage m ON m.id = r.message_id")
        },
        "versions": Counter(
            (address[r], bytes(digest), said[p])
            for r, digest, p in rows(
                "SELECT v.record_id, v.content_hash, m.public_id FROM hub_recordversion v "
                "JOIN hub_inboxmessage m ON m.id = v.message_id")
        ),
        "statements": Counter(
            (address[r], *rest) for r, *rest in rows(
                "SELECT record_id, fingerprint, point, purpose, channel, state, brand, jurisdiction, legal_basis, "
                "text_version, double_opt_in, captured_at, effective_from, effective_to, actor "
                "FROM hub_consentstatement")
        ),
        "prepared": {
            address[r]: (rev, key_data, data and _clear(at[r], data, PREPARED), tuple(keys), tuple(gone), tuple(moved),
                         tuple(rules))
            for r, rev, key_data, data, keys, gone, moved, rules in rows(
                "SELECT record_id, rev, key_data, data, keys, gone, moved, moved_rules FROM hub_prepared")
        },
        "keys": Counter((key, address[r]) for key, r in rows("SELECT key, record_id FROM hub_blockingkey")),
        "suppressed": set(rows("SELECT key, rule FROM hub_suppressedkey")),
        "edges": Counter(
            (frozenset([(address[a], a_rev), (address[b], b_rev)]), weight, conflict, tuple(keys))
            for a, b, a_rev, b_rev, weight, conflict, keys in rows(
                "SELECT a_id, b_id, a_rev, b_rev, weight, conflict, keys FROM hub_edge")
        ),
        "crosswalk": {address[r]: home.get(g) for r, g in rows("SELECT record_id, golden_id FROM hub_crosswalk")},
        "golden": {
            home[g]: (kind, scope, state, version, sequence, _told(_joint(who, body, GOLDEN)),
                      _why(_joint(who, why, PROVENANCE)), tuple(address[r] for r in who), tuple(last))
            for g, kind, scope, state, version, sequence, who, body, why, last in rows(
                "SELECT id, kind, scope, state, version, sequence, holders, body, provenance, last_members "
                "FROM hub_goldenrecord")
        },
        # The public id of the statement that decided is part of what is hashed.
        "hashes": {
            home[g]: bytes(digest)
            for g, digest, who, body in rows("SELECT id, content_hash, holders, body FROM hub_goldenrecord")
            if not _joint(who, body, GOLDEN)["consents"] and not any("untimed" in member for member in home[g])
        },
        "terms": Counter((home[g], token) for g, token in rows("SELECT golden_id, token FROM hub_goldenterm")),
        "reviews": Counter(
            (home[a], home[b], state, address[x], address[y], weight, conflict, priority)
            for a, b, state, x, y, weight, conflict, priority in rows(
                "SELECT golden_a_id, golden_b_id, state, record_a_id, record_b_id, weight, conflict, priority "
                "FROM hub_review")
        ),
        "events": {
            (home[g], sequence): (kind, public[subject], tuple(home[x] for x in after),
                                  tuple(address[r] for r in who),
                                  _event(_joint(who, data, EVENT), public, said, review))
            for g, sequence, kind, subject, after, who, data in rows(
                "SELECT golden_id, sequence, type, subject, after, holders, data FROM hub_outboxevent")
        },
    }  # fmt: skip


def _clear(address: bytes, sealed: bytes, what: bytes) -> bytes | None:
    return keyring.opened([(bytes(address), bytes(sealed))], what)[0]


def _joint(holders: list[int], sealed: bytes, what: bytes) -> Any:
    (said,) = keyring.unsealed([(holders, bytes(sealed))], what)
    assert said is not None
    return json.loads(said)


def _told(data: dict[str, Any]) -> dict[str, Any]:
    """Without ids and times."""
    out = {key: value for key, value in data.items() if key not in ("golden_id", "updated_at")}
    if "consents" in out:
        out["consents"] = [{k: v for k, v in c.items() if k != "decided_by"} for c in out["consents"]]
    return out


def _why(provenance: dict[str, Any]) -> dict[str, Any]:
    """Without the receipt times, which stand for the source times of some."""
    return {
        key: {k: v for k, v in found.items() if k != "since" or "untimed" not in (found["record"] or "")}
        for key, found in provenance.items()
    }


def _event(data: dict[str, Any], public: Any, said: Any, review: Any) -> dict[str, Any]:
    out = _told(data)
    out["cause"] = (data["cause"]["type"], said[data["cause"]["ref"]])
    for name in ("golden_ids", "merged_from", "split_into"):
        if name in out:
            out[name] = [public[p] for p in out[name]]
    if "review_id" in out:
        out["review_id"] = review[out["review_id"]]
    return out
