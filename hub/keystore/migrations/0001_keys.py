from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                ("address", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                (
                    "wrapped",
                    models.BinaryField(help_text="AES-256-GCM: nonce, then ciphertext with its tag.", null=True),
                ),
                ("master", models.IntegerField(help_text="Which master key wrapped it: 32 bits of its hash.")),
                ("made_at", models.DateTimeField()),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunSQL(
            "CREATE TABLE keystore_secret (name text PRIMARY KEY, wrapped bytea NOT NULL, master integer NOT NULL)",
            "DROP TABLE keystore_secret",
        ),
    ]
