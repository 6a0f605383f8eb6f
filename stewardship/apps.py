from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class StewardshipConfig(AppConfig):
    name = "stewardship"
    verbose_name = "Stewardship"

    def ready(self) -> None:
        from hub.roles import create_roles

        # Sent for apps that have models: the hub's, whose content types the permissions hang on.
        post_migrate.connect(create_roles, sender=apps.get_app_config("hub"), dispatch_uid="stewardship.roles")
