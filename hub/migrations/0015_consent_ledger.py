"""The consent ledger as it is sealed. Nothing is lost: a database that holds records in clear was refused before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0014_sealed")]

    operations = [
        migrations.RemoveField(model_name="consentstatement", name="contact_point"),
        migrations.RemoveField(model_name="consentstatement", name="proof"),
        migrations.AlterField(
            model_name="consentstatement",
            name="fingerprint",
            field=models.BinaryField(
                help_text="Keyed hash of the statement: the same one is kept once.", max_length=16
            ),
        ),
        migrations.AddField(
            model_name="consentstatement",
            name="actor",
            field=models.TextField(
                blank=True, default="", help_text="Who wrote it into the hub, where no source system sent it."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consentstatement", name="double_opt_in", field=models.BooleanField(default=False)
        ),
        migrations.AddField(
            model_name="consentstatement", name="effective_from", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(model_name="consentstatement", name="effective_to", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="consentstatement",
            name="point",
            field=models.BinaryField(
                default=b"", help_text="Blind token of the contact point; empty: the whole person.", max_length=16
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consentstatement",
            name="sealed",
            field=models.BinaryField(
                default=b"",
                help_text="Contact point, proof, source and what else was said, under the record's key.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consentstatement",
            name="text_version",
            field=models.TextField(blank=True, default="", help_text="Of the wording that was agreed to."),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="consentstatement",
            index=models.Index(
                condition=models.Q(("point", b""), _negated=True), fields=["point"], name="consent_point"
            ),
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("point", models.BinaryField(help_text="Blind token of the contact point.", max_length=16)),
                ("statement", models.CharField(help_text="Public id of the statement, which is gone.", max_length=40)),
                ("purpose", models.TextField()),
                ("channel", models.TextField()),
                ("brand", models.TextField(blank=True)),
                ("captured_at", models.DateTimeField()),
                ("effective_from", models.DateTimeField(null=True)),
                ("effective_to", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.UniqueConstraint(fields=("point", "statement"), name="suppression_once"),
        ),
    ]
