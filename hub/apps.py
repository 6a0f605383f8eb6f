from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Concord"

    def ready(self) -> None:
        from hub import ports, tasks

        ports.on_ring(tasks.ring)
