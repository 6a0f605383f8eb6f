"""The web process: ``granian --interface wsgi hub.conf.wsgi:application``."""

import gc
import logging
import os
import threading
from typing import Any

from django.core.wsgi import get_wsgi_application

from hub.api.arrival import in_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.conf.settings")
application: Any = in_time(get_wsgi_application(), behind_proxy=os.environ.get("HUB_BEHIND_PROXY") == "1")

from django.conf import settings  # noqa: E402

from hub import keyring  # noqa: E402
from hub.api.shortcut import Shortcut, enabled  # noqa: E402 - Django is ready from here on

keyring.remember(settings.HUB_WEB_KEYS)
if enabled():
    application = Shortcut(application)


def _warm() -> None:
    from hub.inquiry import warm
    from hub.models.inbox import Lane
    from hub.ports import ring

    try:
        warm()
        ring(Lane.INTERACTIVE)  # opens the way to the broker; a bell too many is looked after and forgotten
        # What is there now stays: no search for cycles goes through it again, which a batch sets off by the dozen.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
    except Exception as error:  # whatever is away now is looked for again by the first request
        logging.getLogger("hub.wsgi").warning("not warmed up: %s", type(error).__name__)


def _watch() -> None:
    from django.conf import settings

    from hub.pressure.watch import start

    if settings.HUB_PRESSURE_THREAD:
        start()


_watch()
# Beside the first requests: those of a till do not wait for the model to be read, nor /healthz for the database.
threading.Thread(target=_warm, name="warm", daemon=True).start()
