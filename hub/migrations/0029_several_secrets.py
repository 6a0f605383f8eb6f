import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0028_sign_in")]
    operations = [
        migrations.RemoveField(model_name="endpoint", name="secret_before"),
        migrations.RemoveField(model_name="endpoint", name="secret_until"),
        migrations.AddField(
            model_name="endpoint",
            name="secrets_before",
            field=django.contrib.postgres.fields.ArrayField(
                models.BinaryField(), blank=True, default=list, help_text="Those it replaced: sealed.", size=None
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="secrets_until",
            field=django.contrib.postgres.fields.ArrayField(
                models.DateTimeField(), blank=True, default=list, help_text="How long each signs still.", size=None
            ),
        ),
    ]
