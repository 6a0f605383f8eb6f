from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0004_endpoint_position")]

    operations = [
        migrations.AddField("matchmodelversion", "caught_up_to", models.BigIntegerField(
            help_text="The last record version that its rows know of; null: it has none, or is active.", null=True)),
        migrations.AddField("matchmodelversion", "unsettled", ArrayField(
            models.BigIntegerField(), default=list, blank=True,
            help_text="Records whose resolution was under way when it was left.")),
        migrations.AddField("matchmodelversion", "proposed_at", models.DateTimeField(
            null=True, help_text="When the hub estimated it for itself.")),
        migrations.AddField("matchmodelversion", "activated_at", models.DateTimeField(null=True)),
    ]  # fmt: skip
