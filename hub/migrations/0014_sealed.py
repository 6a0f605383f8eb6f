"""What is personal is sealed from here on, and source ids stand as keyed hashes. What an older hub holds in clear
cannot be turned into that by the statements of a migration alone: it is exported and loaded again."""

from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def refuse_what_is_in_clear(apps: Any, schema_editor: Any) -> None:
    if apps.get_model("hub", "InboxMessage").objects.exists() or apps.get_model("hub", "SourceRecord").objects.exists():
        raise RuntimeError(
            "This database holds records of a version that did not encrypt them. Export them with that version "
            "(`manage.py export`), make an empty database, migrate that one and load them again."
        )


class Migration(migrations.Migration):
    dependencies = [("hub", "0013_consent_first")]
    operations = [
        migrations.RunPython(refuse_what_is_in_clear, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="sourcerecord", name="source_record_address"),
        migrations.RemoveField(model_name="sourcerecord", name="source_id"),
        migrations.RemoveField(model_name="inboxmessage", name="source_id"),
        migrations.AddField(
            model_name="sourcerecord",
            name="address",
            field=models.BinaryField(
                default=b"",
                help_text="Keyed hash of source system and source id: see hub.keyring.",
                max_length=16,
                unique=True,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="inboxmessage",
            name="address",
            field=models.BinaryField(default=b"", help_text="Of the source record that it is about.", max_length=16),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="inboxmessage",
            name="payload",
            field=models.BinaryField(help_text="Sealed under the key of the record at this address."),
        ),
        migrations.AddField(
            model_name="goldenrecord",
            name="holders",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="Record ids of this version, ascending: body and provenance are sealed under their joint key.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="goldenrecord",
            name="body",
            field=models.BinaryField(help_text="The golden profile as the API sends it, UTF-8 JSON, sealed."),
        ),
        migrations.AlterField(
            model_name="goldenrecord",
            name="provenance",
            field=models.BinaryField(help_text="Where each value came from, UTF-8 JSON, sealed."),
        ),
        migrations.AddField(
            model_name="outboxevent",
            name="holders",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="Ids of the records that data speak of.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="outboxevent",
            name="data",
            field=models.BinaryField(
                help_text="UTF-8 JSON, sealed under the joint key of the holders where there are any."
            ),
        ),
        migrations.RemoveField(model_name="judgement", name="reason"),
        migrations.AddField(
            model_name="judgement",
            name="reason",
            field=models.BinaryField(
                default=b"", help_text="Typed by a person: sealed under the joint key of both records."
            ),
        ),
        migrations.DeleteModel(name="GoldenTerm"),
        migrations.CreateModel(
            name="GoldenTerm",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "golden_id", "token", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token", models.BigIntegerField()),
                (
                    "golden",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="hub.goldenrecord",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["token", "golden"], name="golden_term")]},
        ),
    ]
