from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0012_audit_chain")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="urgent",
            field=models.BooleanField(default=False, help_text="Goes first: what a customer allows changed."),
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_due"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", 0)), fields=["endpoint", "-urgent", "position"], name="delivery_next"
            ),
        ),
    ]
