from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0019_policies_and_pins"),
    ]

    operations = [
        migrations.AddField(
            model_name="apiclient",
            name="region",
            field=models.CharField(
                blank=True,
                help_text="Where it is: the release section of the policy says what it may be told.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="region",
            field=models.CharField(
                blank=True,
                help_text="Where it is: the release section of the policy says what it may be told.",
                max_length=8,
            ),
        ),
    ]
