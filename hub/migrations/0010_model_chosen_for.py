from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0009_keys_beside_the_record")]

    operations = [
        migrations.AddField("matchmodelversion", "chosen_for", models.IntegerField(
            help_text="How many records the hub held when a person activated it; null: nobody did.", null=True)),
    ]  # fmt: skip
