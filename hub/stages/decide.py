"""What stewards decided, added to the store: the one input to *decide* that people make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from hub import audit, keyring
from hub.errors import NotFound, Refused, Stale
from hub.flow import Draft
from hub.models import Judgement, Review
from hub.sealing import REASON, seal
from hub.sql import rows

Address = tuple[str, str]


def record_ids(addresses: Sequence[Address]) -> list[int]:
    """The ids of live source records, in the order of ``(system, source id)``; raises ``NotFound``."""
    known = [keyring.address(system, source_id) for system, source_id in addresses]
    found = dict(
        rows("SELECT address, id FROM hub_sourcerecord WHERE address = ANY(%b::bytea[]) AND NOT deleted", known)
    )
    if missing := [named for named, own in zip(addresses, known, strict=True) if own not in found]:
        raise NotFound(f"No live source record of {missing[0][0]} has this id.")
    return [found[own] for own in known]


def check_versions(versions: Mapping[str, int]) -> None:
    """Raise ``Stale`` where a golden record is not at the version that was shown. Its row stays locked."""
    held = dict(
        rows(
            "SELECT public_id, version FROM hub_goldenrecord WHERE public_id = ANY(%b::text[]) AND state = 0 "
            "ORDER BY id FOR SHARE",
            sorted(versions),
        )
    )
    if any(held.get(public_id) != version for public_id, version in versions.items()):
        raise Stale


def add(
    a: int,
    b: int,
    *,
    judgement: str,
    reason: str,
    author: Any,
    client: str,
    review: Review | None,
    model_id: int,
) -> Judgement:
    """A new judgement about two records; the newest of a pair supersedes the others."""
    if judgement not in Judgement.Verdict.values:
        raise Refused("A judgement is same, different or unsure.")
    if a == b:
        raise Refused("A judgement is about two records: these are one.")
    low, high = sorted((a, b))
    key_data = dict(
        rows(
            "SELECT record_id, key_data FROM hub_prepared WHERE record_id = ANY(%b::bigint[]) AND model_id = %s",
            [low, high],
            model_id,
        )
    )
    if len(key_data) < 2:
        raise Stale("One of the records is not resolved yet or was deleted: look again.")
    made = Judgement.objects.create(
        a_id=low, b_id=high, judgement=judgement, reason=_sealed(reason, [low, high]), author=author,
        client=client, review=review, created_at=timezone.now(), a_key_data=key_data[low], b_key_data=key_data[high],
    )  # fmt: skip
    _audit(made, "judgement.made", f"user:{author.pk}" if author else f"client:{client or 'system'}")
    return made


def _sealed(reason: str, record_ids: Sequence[int]) -> bytes:
    """What a person typed may say anything about the customer."""
    if not reason:
        return b""
    key = keyring.joint_of(record_ids, keyring.keys_of(record_ids))
    if key is None:
        raise Stale("One of the records is being erased: take the next task.")
    return seal(key, reason.encode(), REASON)


def spanning_pairs(a: int, b: int) -> list[tuple[int, int]]:
    """Pairs of records that tie every member of the golden records of ``a`` and ``b`` to the pair itself."""
    found = rows(
        """
        SELECT mine.record_id, other.record_id FROM hub_crosswalk mine
        JOIN hub_crosswalk other ON other.golden_id = mine.golden_id
        WHERE mine.record_id = ANY(%b::bigint[]) AND other.record_id <> mine.record_id ORDER BY 1, 2
        """,
        [a, b],
    )
    return [(other, b if mine == a else a) for mine, other in found if other not in (a, b)]


def of_one_review(judgement: Judgement) -> list[Judgement]:
    """The judgement and the others in force that were made with it, by one decision of one review."""
    if judgement.review_id is None:
        return [judgement]
    return list(Judgement.objects.filter(review_id=judgement.review_id, retracted_at=None).order_by("id"))


def retract(judgement: Judgement, *, by: str) -> bool:
    """Take a judgement back; False where it was taken back before. The one before it is in force again."""
    written = Judgement.objects.filter(pk=judgement.pk, retracted_at=None).update(
        retracted_at=timezone.now(), retracted_by=by
    )
    if written:
        _audit(judgement, "judgement.retracted", by)
    return bool(written)


def _audit(judgement: Judgement, action: str, actor: str) -> None:
    audit.note(action, actor=actor, subject=judgement.public_id, judgement=judgement.judgement,
               records=[judgement.a_id, judgement.b_id])  # fmt: skip


def close(review: Review) -> None:
    """Mark an open review decided; raises ``Stale`` where it is not open any more."""
    if not Review.objects.filter(pk=review.pk, state=Review.State.OPEN).update(
        state=Review.State.DECIDED, closed_at=timezone.now(), holder=None, held_until=None
    ):
        raise Stale("This review is closed already: take the next one.")


def decided_event(review: Review, judgement: Judgement) -> Draft:
    """``review.decided``, told of the golden record that the first of the two records is in now."""
    found = rows(
        """
        SELECT g.id, g.public_id, g.version FROM hub_crosswalk c JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE c.record_id = %s
        """,
        review.record_a_id,
    )
    golden, subject, version = found[0]
    data = {
        "golden_id": subject,
        "version": version,
        "changed": [],
        "cause": {"type": "judgement", "ref": judgement.public_id},
        "review_id": review.public_id,
        "judgement": judgement.judgement,
        "golden_ids": [review.golden_a.public_id, review.golden_b.public_id],
    }
    return Draft(golden, subject, "review.decided", data)
