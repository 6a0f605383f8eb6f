"""The secrets that vendors sign with are sealed. What stood in clear may be in old backups and in free space of the
database still: `source_secret` gives a source system a new one."""

from typing import Any

from django.db import migrations, models

from hub import secrets


def seal_them(apps: Any, schema_editor: Any) -> None:
    systems = apps.get_model("hub", "SourceSystem").objects
    for pk, code, text in systems.exclude(in_clear="").values_list("pk", "code", "in_clear"):
        systems.filter(pk=pk).update(webhook_secret=secrets.keep(text, of=f"source {code}"), in_clear="")


class Migration(migrations.Migration):
    dependencies = [("hub", "0020_release_by_region")]
    operations = [
        migrations.RenameField(model_name="sourcesystem", old_name="webhook_secret", new_name="in_clear"),
        migrations.AddField(
            model_name="sourcesystem",
            name="webhook_secret",
            field=models.BinaryField(blank=True, default=b"", help_text="Of its vendor's signatures: sealed."),
        ),
        migrations.AddField(
            model_name="sourcesystem",
            name="webhook_secret_before",
            field=models.BinaryField(blank=True, default=b"", help_text="The one that it replaced: sealed."),
        ),
        migrations.AddField(
            model_name="sourcesystem",
            name="webhook_secret_until",
            field=models.DateTimeField(blank=True, help_text="How long that one counts still.", null=True),
        ),
        migrations.RunPython(seal_them),
        migrations.RemoveField(model_name="sourcesystem", name="in_clear"),
    ]
