from collections.abc import Callable
from typing import Any, cast

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"
    verbose_name = "Connectors"

    def ready(self) -> None:
        from connectors import metrics, tasks
        from connectors.inbound import registry
        from connectors.outbound import retention
        from hub import ports

        registry.register_all(cast(Callable[[Any], None], ports.register_mapping))
        ports.on_sealed(tasks.sealed)
        ports.on_sweep(tasks.ensure)
        ports.on_sweep(retention.sweep)
        ports.on_sweep(tasks.look_for_notices)
        metrics.register()
