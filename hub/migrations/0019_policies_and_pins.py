import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

import hub.ids


def take_shipped(apps, editor):
    from matching.policy import shipped, shipped_text

    apps.get_model("hub", "PolicyVersion").objects.create(
        name=shipped().name, document=shipped_text(), active=True, activated_at=timezone.now()
    )


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0018_idempotency_keys_hashed"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80, unique=True)),
                ("document", models.TextField()),
                ("active", models.BooleanField(default=False)),
                (
                    "swept_to",
                    models.BigIntegerField(
                        help_text="Null: all golden records follow it, or it is not active.", null=True
                    ),
                ),
                ("sweep_end", models.BigIntegerField(null=True)),
                ("activated_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("active", True)), fields=("active",), name="policy_active"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Pin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", hub.ids.PublicIdField("pin", default=None, editable=False, max_length=32, unique=True)),
                ("kind", models.CharField(choices=[("pin", "Pin"), ("ignore", "Ignore")], max_length=6)),
                ("attribute", models.CharField(max_length=120)),
                ("sealed", models.BinaryField()),
                ("client", models.TextField(blank=True, help_text="The OAuth2 client, where no person signed in.")),
                ("made_at", models.DateTimeField()),
                ("until", models.DateTimeField(help_text="When the hub ends it by itself.", null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.TextField(blank=True, help_text="An actor as the audit names it; expired, or superseded."),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pins",
                        to="hub.sourcerecord",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["record"], name="pin_by_record"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["until"], name="pin_expires"),
                ],
            },
        ),
        # Before anybody follows it: who took it first would hold up all others until they commit.
        migrations.RunPython(take_shipped, migrations.RunPython.noop),
    ]
