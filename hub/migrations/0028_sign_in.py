"""Tries to sign in, second factors and recovery codes."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0027_traces"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInTry",
            fields=[
                (
                    "key",
                    models.BinaryField(
                        help_text="Keyed hash of what it counts for.", max_length=16, primary_key=True, serialize=False
                    ),
                ),
                ("tries", models.IntegerField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="recovery",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BinaryField(),
                blank=True,
                default=list,
                help_text="Keyed hashes of recovery codes not used yet.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="second_factor",
            field=models.BinaryField(blank=True, default=b"", help_text="Key of one-time codes, sealed; empty: none."),
        ),
        migrations.AddField(
            model_name="user",
            name="second_step",
            field=models.BigIntegerField(
                default=0, help_text="Step of the last code that was used: none counts twice."
            ),
        ),
    ]
