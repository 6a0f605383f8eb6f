from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Concord"

    def ready(self) -> None:
        from hub import pinning, ports, repolicy, succession, tasks
        from hub.api import idempotency
        from hub.audit import head, signins
        from hub.privacy import work
        from hub.signin import sessions, sweep

        signins.watch()
        sessions.watch()
        ports.on_ring(tasks.ring)
        ports.on_sweep(idempotency.sweep)
        ports.on_sweep(head.keep)
        ports.on_sweep(succession.watch.look)
        ports.on_sweep(work.go_on)
        ports.on_sweep(repolicy.go_on)
        ports.on_sweep(pinning.expire)
        ports.on_sweep(sweep.look)
