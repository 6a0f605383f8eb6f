"""Damages to a hub, one for each breach that ``verify`` can name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from hub.models import GoldenRecord, Judgement, Review
from hub.sealing import PROVENANCE
from hub.sql import rows
from tests import opened

Damage = Callable[[], str]
# Damage, the invariant that it breaks, and a part of what is said of it.
DAMAGES: list[tuple[Damage, int, str]] = []


def breaks(invariant: int, says: str) -> Callable[[Damage], Damage]:
    """The damage must be named under ``invariant``, with ``says`` in the text and its answer as the subject."""

    def add(damage: Damage) -> Damage:
        DAMAGES.append((damage, invariant, says))
        return damage

    return add


def one(sql: str, *params: Any) -> Any:
    return rows(sql, *params)[0][0]


def record(sql: str) -> str:
    """The address of a breach at the record whose id ``sql`` returns."""
    return f"record {one(sql)}"


def live(number: int = 0) -> GoldenRecord:
    return GoldenRecord.objects.filter(state=0).order_by("id")[number]


def retired() -> GoldenRecord:
    found = GoldenRecord.objects.filter(state=1, last_members__len__gt=0).order_by("id")
    return next(g for g in found if rows("SELECT 1 FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
                                         "AND golden_id IS NOT NULL", g.last_members))  # fmt: skip


@breaks(1, "its record is not held")
def resolve_without_a_record() -> str:
    return str(one("UPDATE hub_inboxmessage SET record_id = NULL WHERE id = (SELECT min(id) FROM hub_inboxmessage) "
                   "RETURNING public_id"))  # fmt: skip


@breaks(1, "without a reason")
def give_up_without_a_reason() -> str:
    return str(one("UPDATE hub_inboxmessage SET status = 3, problem = NULL WHERE id = (SELECT min(id) FROM "
                   "hub_inboxmessage) RETURNING public_id"))  # fmt: skip


@breaks(1, "not among its versions")
def forget_a_version() -> str:
    record_id = one("SELECT min(record_id) FROM hub_recordversion")
    rows("DELETE FROM hub_recordversion WHERE record_id = %s", record_id)
    return f"record {record_id}"


@breaks(3, "A newer version")
def let_an_older_version_stand() -> str:
    record_id = one("SELECT min(record_id) FROM hub_recordversion")
    rows("INSERT INTO hub_recordversion (record_id, occurred_at, content_hash, message_id, recorded_at) "
         "SELECT record_id, occurred_at + interval '1 day', content_hash, message_id, now() FROM hub_recordversion "
         "WHERE record_id = %s LIMIT 1", record_id)  # fmt: skip
    return f"record {record_id}"


@breaks(2, "in no golden record")
def lose_a_record() -> str:
    record_id = one("UPDATE hub_crosswalk SET golden_id = NULL WHERE record_id = (SELECT min(record_id) FROM "
                 "hub_crosswalk WHERE golden_id IS NOT NULL) RETURNING record_id")  # fmt: skip
    return f"record {record_id}"


@breaks(2, "without a source record")
def empty_a_golden_record() -> str:
    first, second = live(0), live(1)
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE golden_id = %s", second.pk, first.pk)
    return first.public_id


@breaks(2, "still counts it")
def keep_a_deleted_record() -> str:
    record_id = one("SELECT id FROM hub_sourcerecord WHERE deleted LIMIT 1")
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE record_id = %s", live().pk, record_id)
    return f"record {record_id}"


@breaks(2, "which is not live")
def put_a_record_into_a_retired_id() -> str:
    record_id = one("SELECT min(record_id) FROM hub_crosswalk WHERE golden_id IS NOT NULL")
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE record_id = %s", retired().pk, record_id)
    return f"record {record_id}"


def _join_two(judged: bool) -> str:
    """Two live golden records put together whose records no judgement names, or does."""
    named = {r for row in rows("SELECT a_id, b_id FROM hub_judgement") for r in row}
    homes = [
        g for g in GoldenRecord.objects.filter(state=0).order_by("id")
        if judged != named.isdisjoint(g.members.values_list("record_id", flat=True))
    ]  # fmt: skip
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE golden_id = %s", homes[0].pk, homes[1].pk)
    return homes[0].public_id


@breaks(3, "A batch run puts records")
def join_two_clusters() -> str:
    return _join_two(judged=False)


def past(sql: str) -> str:
    """The golden record whose id ``sql`` returns."""
    return GoldenRecord.objects.get(pk=one(sql)).public_id


@breaks(4, "told of as past")
def forget_a_past_version() -> str:
    return past("DELETE FROM hub_goldenversion WHERE (golden_id, version) = (SELECT golden_id, version FROM "
                "hub_goldenversion ORDER BY 1, 2 LIMIT 1) RETURNING golden_id")  # fmt: skip


@breaks(4, "out of time")
def let_a_version_end_before_it_began() -> str:
    return past("UPDATE hub_goldenversion SET until = since - interval '1 day' WHERE (golden_id, version) = (SELECT "
                "golden_id, version FROM hub_goldenversion ORDER BY 1, 2 LIMIT 1) RETURNING golden_id")  # fmt: skip


@breaks(4, "does not name a message of each record")
def point_a_version_at_another_record() -> str:
    first = "(SELECT golden_id, version FROM hub_goldenversion ORDER BY 1, 2 LIMIT 1)"
    return past("UPDATE hub_goldenversion SET holders = ARRAY[holders[1] + 1] || holders[2:] "
                f"WHERE (golden_id, version) = {first} RETURNING golden_id")  # fmt: skip


@breaks(4, "lacks a cause")
def let_nothing_have_caused_a_version() -> str:
    g = live()
    rows("UPDATE hub_goldenrecord SET cause_type = '' WHERE id = %s", g.pk)
    return g.public_id


@breaks(4, "of two golden records at once")
def let_a_past_link_last_too_long() -> str:
    return record("UPDATE hub_pastlink p SET until = c.linked_at + interval '1 day' FROM hub_crosswalk c WHERE "
                  "p.id = (SELECT min(l.id) FROM hub_pastlink l JOIN hub_crosswalk h ON h.record_id = l.record_id "
                  "WHERE h.golden_id IS NOT NULL) AND c.record_id = p.record_id RETURNING p.record_id")  # fmt: skip


@breaks(6, "A batch run puts records")
def join_two_clusters_that_were_judged() -> str:
    return _join_two(judged=True)


@breaks(6, "A batch run puts records")
def retract_a_judgement_behind_the_hub_s_back() -> str:
    merged = Judgement.objects.filter(judgement="same", retracted_at=None)[0]
    rows("UPDATE hub_judgement SET retracted_at = now() WHERE id = %s", merged.pk)
    return str(one("SELECT g.public_id FROM hub_crosswalk c JOIN hub_goldenrecord g ON g.id = c.golden_id "
                   "WHERE c.record_id = %s", merged.a_id))  # fmt: skip


@breaks(6, "that two records are different")
def join_what_was_judged_different() -> str:
    apart = Judgement.objects.filter(judgement="different")[0]
    rows("UPDATE hub_crosswalk SET golden_id = (SELECT golden_id FROM hub_crosswalk WHERE record_id = %s) "
         "WHERE record_id = %s", apart.a_id, apart.b_id)  # fmt: skip
    return apart.public_id


@breaks(6, "not in order")
def turn_a_judgement_round() -> str:
    rows("UPDATE hub_judgement SET a_id = b_id, b_id = a_id WHERE judgement = 'different'")
    return Judgement.objects.filter(judgement="different")[0].public_id


@breaks(6, "judgement.retracted is missing")
def forget_who_retracted() -> str:
    rows("SET LOCAL session_replication_role = replica")  # the database itself refuses it otherwise
    rows("DELETE FROM hub_auditentry WHERE action = 'judgement.retracted'")
    return Judgement.objects.exclude(retracted_at=None)[0].public_id


def _tamper(sql: str) -> str:
    """What somebody with the database's own rights can do to the audit: its guard is switched off first."""
    rows("SET LOCAL session_replication_role = replica")
    return f"audit entry {one(sql)}"


@breaks(11, "does not say what it said")
def change_an_audit_entry() -> str:
    return _tamper("UPDATE hub_auditentry SET actor = 'user:1' WHERE position = 2 RETURNING id")


@breaks(11, "does not say what it said")
def take_the_words_without_saying_so() -> str:
    return _tamper("UPDATE hub_auditentry SET salt = NULL WHERE position = 2 RETURNING id")


@breaks(11, "2 is missing")
def take_an_audit_entry_out() -> str:
    _tamper("DELETE FROM hub_auditentry WHERE position = 2 RETURNING id")
    return f"audit entry {one('SELECT id FROM hub_auditentry WHERE position = 3')}"


@breaks(11, "does not follow")
def take_an_audit_entry_out_and_close_the_gap() -> str:
    _tamper("DELETE FROM hub_auditentry WHERE position = 2 RETURNING id")
    rows("UPDATE hub_auditentry SET position = -position WHERE position > 2")
    rows("UPDATE hub_auditentry SET position = -position - 1 WHERE position < 0")
    return f"audit entry {one('SELECT id FROM hub_auditentry WHERE position = 2')}"


@breaks(11, "does not follow")
def put_an_audit_entry_in_between() -> str:
    _tamper("SELECT 0")
    rows("UPDATE hub_auditentry SET position = -position WHERE position > 1")
    rows("UPDATE hub_auditentry SET position = 1 - position WHERE position < 0")
    return _tamper("INSERT INTO hub_auditentry (at, actor, action, subject, detail, salt, commitment, position, hash) "
                   "SELECT at, actor, action, subject, detail, salt, commitment, 2, hash FROM hub_auditentry "
                   "WHERE position = 1 RETURNING id")  # fmt: skip


@breaks(11, "does not follow")
def swap_two_audit_entries() -> str:
    _tamper("SELECT 0")
    for old, new in ((1, -1), (2, 1), (-1, 2)):
        rows("UPDATE hub_auditentry SET position = %s WHERE position = %s", new, old)
    return f"audit entry {one('SELECT id FROM hub_auditentry WHERE position = 1')}"


@breaks(3, "prepared form is not")
def change_a_prepared_record() -> str:
    return record("UPDATE hub_prepared SET rev = rev + 1 WHERE record_id = (SELECT min(record_id) FROM "
                         "hub_prepared WHERE rev <> 0) RETURNING record_id")  # fmt: skip


@breaks(3, "blocking keys are not")
def lose_a_key() -> str:
    return record("DELETE FROM hub_blockingkey WHERE (key, record_id) = (SELECT key, record_id FROM "
                         "hub_blockingkey ORDER BY 1, 2 LIMIT 1) RETURNING record_id")  # fmt: skip


@breaks(3, "but prepared, or has keys to settle")
def keep_the_prepared_form_of_a_deleted_record() -> str:
    record_id = one("SELECT id FROM hub_sourcerecord WHERE deleted LIMIT 1")
    rows(
        "UPDATE hub_prepared SET record_id = %s WHERE record_id = (SELECT max(record_id) FROM hub_prepared)", record_id
    )
    return f"record {record_id}"


@breaks(3, "but prepared, or has keys to settle")
def leave_a_lost_key_unsettled() -> str:
    return record("UPDATE hub_prepared SET gone = '{42}' WHERE record_id = (SELECT min(record_id) FROM hub_prepared) "
                  "RETURNING record_id")  # fmt: skip


@breaks(3, "belong to no present version")
def keep_a_key_that_was_lost() -> str:
    rows("INSERT INTO hub_blockingkey (model_id, key, record_id) SELECT model_id, 42, record_id FROM hub_prepared "
         "LIMIT 1")  # fmt: skip
    return "blocking keys"


@breaks(3, "and not suppressed")
def free_a_crowded_key() -> str:
    rows("DELETE FROM hub_suppressedkey WHERE key = (SELECT min(key) FROM hub_suppressedkey)")
    return "suppressed keys"


@breaks(3, "not over their cap")
def suppress_a_rare_key() -> str:
    rows("UPDATE hub_suppressedkey SET key = 42 WHERE key = (SELECT min(key) FROM hub_suppressedkey)")
    return "suppressed keys"


def _body(change: Callable[[dict[str, Any]], Any]) -> str:
    golden = live()
    body = opened.body(golden)
    change(body)
    rows("UPDATE hub_goldenrecord SET body = %s WHERE id = %s", opened.sealed(golden, body), golden.pk)
    return golden.public_id


@breaks(4, "stored profile")
def change_a_value() -> str:
    return _body(lambda body: body["profile"].update(name={"given": "Zebulon"}))


@breaks(4, "stored crosswalk")
def change_the_crosswalk_of_a_profile() -> str:
    return _body(lambda body: body["crosswalk"].pop())


@breaks(4, "stored version")
def change_the_version_of_a_profile() -> str:
    return _body(lambda body: body.update(version=99))


@breaks(4, "provenance")
def change_where_a_value_came_from() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET provenance = %s WHERE id = %s", opened.sealed(golden, {}, PROVENANCE), golden.pk)
    return golden.public_id


@breaks(4, "content hash")
def change_a_hash() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET content_hash = '\\x00' WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(4, "kind or scope")
def change_a_scope() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET scope = 'elsewhere' WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(4, "found by")
def forget_a_term() -> str:
    golden = live()
    rows("DELETE FROM hub_goldenterm WHERE golden_id = %s", golden.pk)
    return golden.public_id


@breaks(7, "says not where")
def retire_without_a_redirect() -> str:
    gone = retired()
    rows("UPDATE hub_goldenrecord SET last_members = '{}' WHERE id = %s", gone.pk)
    return gone.public_id


@breaks(7, "still says where")
def leave_a_redirect_on_a_live_id() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET last_members = '{1}' WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(7, "does not answer")
def put_an_id_into_no_state() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET state = 9 WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(7, "which is not held")
def redirect_to_a_record_unknown() -> str:
    gone = retired()
    rows("UPDATE hub_goldenrecord SET last_members = '{999999999}' WHERE id = %s", gone.pk)
    return gone.public_id


@breaks(7, "It redirects by record")
def let_a_redirect_dangle() -> str:
    gone = retired()
    rows("UPDATE hub_crosswalk SET golden_id = NULL WHERE record_id = ANY(%b::bigint[])", gone.last_members)
    return gone.public_id


@breaks(7, "not known any more")
def forget_an_id() -> str:
    gone = retired()
    rows("DELETE FROM hub_goldenrecord WHERE id = %s", gone.pk)
    return gone.public_id


@breaks(7, "no row in the crosswalk")
def lose_a_row_of_the_crosswalk() -> str:
    return record("DELETE FROM hub_crosswalk WHERE record_id = (SELECT min(record_id) FROM hub_crosswalk) "
                         "RETURNING record_id")  # fmt: skip


@breaks(7, "golden record unknown")
def point_the_crosswalk_nowhere() -> str:
    return record("UPDATE hub_crosswalk SET golden_id = 999999999 WHERE record_id = (SELECT min(record_id) "
                         "FROM hub_crosswalk) RETURNING record_id")  # fmt: skip


@breaks(7, "is not held")
def invent_a_row_of_the_crosswalk() -> str:
    rows("INSERT INTO hub_crosswalk (record_id) VALUES (999999999)")
    return "record 999999999"


def _review(a: int, b: int, records: tuple[int, int], state: str = "open") -> str:
    rows("DELETE FROM hub_review")
    return Review.objects.create(
        golden_a_id=a, golden_b_id=b, record_a_id=records[0], record_b_id=records[1], weight=0, state=state,
        opened_at=timezone.now(),
    ).public_id  # fmt: skip


def _member(golden: GoldenRecord) -> int:
    return golden.members.values_list("record_id", flat=True)[0]


@breaks(7, "asks about a golden record that is not live")
def ask_about_a_retired_id() -> str:
    home, gone = live(), retired()
    return _review(*sorted((home.pk, gone.pk)), (_member(home), gone.last_members[0]))


@breaks(7, "out of order")
def ask_the_wrong_way_round() -> str:
    return _review(live(1).pk, live(0).pk, (_member(live(0)), _member(live(1))))


@breaks(7, "not known")
def have_asked_about_nobody() -> str:
    return _review(live().pk, 999999999, (_member(live(0)), _member(live(1))), "obsolete")


@breaks(7, "that raised the review")
def ask_by_records_of_others() -> str:
    return _review(live(0).pk, live(1).pk, (_member(live(0)), _member(live(2))))
