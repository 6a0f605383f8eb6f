from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keystore", "0001_keys")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
                ("noted_at", models.DateTimeField()),
            ],
        ),
    ]
