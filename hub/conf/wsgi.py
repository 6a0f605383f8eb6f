"""The web process: ``granian --interface wsgi hub.conf.wsgi:application``."""

import logging
import os
import threading

from django.core.wsgi import get_wsgi_application

from hub.api.arrival import in_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.conf.settings")
application = in_time(get_wsgi_application(), behind_proxy=os.environ.get("HUB_BEHIND_PROXY") == "1")


def _warm() -> None:
    from hub.inquiry import warm
    from hub.models.inbox import Lane
    from hub.ports import ring

    try:
        warm()
        ring(Lane.INTERACTIVE)  # opens the way to the broker; a bell too many is looked after and forgotten
    except Exception as error:  # whatever is away now is looked for again by the first request
        logging.getLogger("hub.wsgi").warning("not warmed up: %s", type(error).__name__)


def _watch() -> None:
    from hub.pressure.watch import start

    start()


_watch()
# Beside the first requests: those of a till do not wait for the model to be read, nor /healthz for the database.
threading.Thread(target=_warm, name="warm", daemon=True).start()
