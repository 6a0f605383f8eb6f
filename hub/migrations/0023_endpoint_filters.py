import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import hub.models.outbox


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0022_health_of_endpoints"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="replayed_at",
            field=models.DateTimeField(help_text="When somebody last asked for it once more.", null=True),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="hidden",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="masked",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="only",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                default=list,
                help_text="Empty: all that is not hidden.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="purpose",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="within",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), blank=True, default=hub.models.outbox.everywhere, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["time"], name="event_time"),
        ),
    ]
