from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StewardshipConfig(AppConfig):
    name = "stewardship"
    verbose_name = "Stewardship"

    def ready(self) -> None:
        from hub.roles import create_roles

        # This app comes after the hub, so that the hub's content types are there when the roles are made.
        post_migrate.connect(create_roles, sender=self, dispatch_uid="stewardship.roles")
