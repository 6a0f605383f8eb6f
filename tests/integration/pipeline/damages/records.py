"""Damages to messages, versions and what matching keeps of records: the breaches of invariants 1 and 3."""

from __future__ import annotations

from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks, one, record


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
