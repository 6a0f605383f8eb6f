"""A record's blocking keys move beside its prepared form; the key table keeps what is asked of it alone."""

import django.contrib.postgres.fields
from django.db import migrations, models

FILL = """
UPDATE hub_prepared p SET keys = k.live_keys, gone = k.gone_keys
FROM (
    SELECT model_id, record_id, coalesce(array_agg(key) FILTER (WHERE live), '{}') AS live_keys,
           coalesce(array_agg(key) FILTER (WHERE NOT live), '{}') AS gone_keys
    FROM hub_blockingkey GROUP BY model_id, record_id
) k
WHERE p.model_id = k.model_id AND p.record_id = k.record_id;
DELETE FROM hub_blockingkey WHERE NOT live;
UPDATE hub_suppressedkey s SET rule = coalesce((
    SELECT min(k.rule) FROM hub_blockingkey k WHERE k.model_id = s.model_id AND k.key = s.key), 0);
"""


def _keys(name: str) -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.BigIntegerField(), default=list, size=None, help_text=HELP[name]
    )


HELP = {
    "keys": "Its blocking keys.",
    "gone": "Keys that its present version lost.",
    "moved": "Moved across their cap: looked at once more.",
}


class Migration(migrations.Migration):
    dependencies = [("hub", "0008_load_progress")]

    operations = [
        migrations.AddField("prepared", "keys", _keys("keys")),
        migrations.AddField("prepared", "gone", _keys("gone")),
        migrations.AddField("prepared", "moved", _keys("moved")),
        migrations.AddField(
            "prepared",
            "moved_rules",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), default=list, size=None, help_text="The rule of each."
            ),
        ),
        migrations.AddField("suppressedkey", "rule", models.SmallIntegerField(default=0), preserve_default=False),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveIndex("blockingkey", "blocking_key_record"),
        migrations.RemoveField("blockingkey", "rule"),
        migrations.RemoveField("blockingkey", "live"),
    ]
