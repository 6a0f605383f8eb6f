"""The five source systems of the demo, and the match model that ships with the project."""

from django.db import migrations

FIVE = [
    ("crm", "crm", "salesforce"),
    ("loyalty", "loyalty", "loyaltylion"),
    ("ecommerce", "ecommerce", "shopify"),
    ("pos", "pos", "square"),
    ("erp", "erp", "sap"),
]


def create_sources(apps, schema_editor):
    source_system = apps.get_model("hub", "SourceSystem")
    for code, kind, connector in FIVE:
        source_system.objects.get_or_create(
            code=code, defaults={"name": code.upper(), "kind": kind, "connector": connector}
        )


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_the_house")]
    operations = [migrations.RunPython(create_sources, migrations.RunPython.noop)]
