"""The secrets that webhooks are signed with are sealed. What stood in clear may be in old backups and in free space of
the database still: rotating gives an endpoint a new one."""

from typing import Any

from django.db import migrations, models

from hub import secrets


def seal_them(apps: Any, schema_editor: Any) -> None:
    endpoints = apps.get_model("hub", "Endpoint").objects
    for pk, name, text in endpoints.exclude(in_clear="").values_list("pk", "public_id", "in_clear"):
        endpoints.filter(pk=pk).update(secret=secrets.keep(text.split()[0], of=f"endpoint {name}"), in_clear="")


class Migration(migrations.Migration):
    dependencies = [("hub", "0024_rate_limits")]
    operations = [
        migrations.RenameField(model_name="endpoint", old_name="secret", new_name="in_clear"),
        migrations.AddField(
            model_name="endpoint",
            name="secret",
            field=models.BinaryField(default=b"", help_text="That its webhooks are signed with: sealed."),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="secret_before",
            field=models.BinaryField(default=b"", help_text="The one that it replaced: sealed."),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="secret_until",
            field=models.DateTimeField(blank=True, help_text="How long that one signs beside it.", null=True),
        ),
        migrations.RunPython(seal_them),
        migrations.RemoveField(model_name="endpoint", name="in_clear"),
    ]
