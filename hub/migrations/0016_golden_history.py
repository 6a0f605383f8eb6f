import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def bigints(**more):
    return django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None, **more)


class Migration(migrations.Migration):
    dependencies = [("hub", "0015_consent_ledger")]

    operations = [
        migrations.AddField("goldenrecord", "messages", bigints(
            default=list, help_text="Of each holder the message that this version has it from.")),
        migrations.AddField("goldenrecord", "cause_type", models.CharField(
            default="", help_text="Of this version: see hub.flow.Cause.", max_length=12)),
        migrations.AddField("goldenrecord", "cause_ref", models.TextField(default="")),
        migrations.AddField("goldenrecord", "policy", models.IntegerField(
            help_text="The survivorship policy of this version.", null=True)),
        migrations.CreateModel(
            name="GoldenVersion",
            fields=[
                ("pk", models.CompositePrimaryKey("golden_id", "version", blank=True, editable=False,
                                                  primary_key=True, serialize=False)),
                ("golden", models.ForeignKey(db_constraint=False, db_index=False,
                                             on_delete=django.db.models.deletion.CASCADE, related_name="versions",
                                             to="hub.goldenrecord")),
                ("version", models.IntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("holders", bigints(help_text="Ids of its records, ascending.")),
                ("messages", bigints(help_text="The message of each.")),
                ("cause_type", models.CharField(max_length=12)),
                ("cause_ref", models.TextField()),
                ("policy", models.IntegerField(null=True)),
                ("content_hash", models.BinaryField(max_length=16)),
                ("end_type", models.CharField(default="", help_text="What retired the golden record then.",
                                              max_length=12)),
                ("end_ref", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="PastLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record_id", models.BigIntegerField()),
                ("golden_id", models.BigIntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["record_id", "until"], name="past_link_of_record"),
                    models.Index(fields=["golden_id", "until"], name="past_link_of_golden"),
                ],
            },
        ),
    ]  # fmt: skip
