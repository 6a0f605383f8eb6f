"""The web process: ``granian --interface wsgi hub.conf.wsgi:application``."""

import logging
import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.conf.settings")
application = get_wsgi_application()


def _warm() -> None:
    from hub.inquiry import warm
    from hub.models.inbox import Lane
    from hub.ports import ring

    try:
        warm()
        ring(Lane.INTERACTIVE)  # opens the way to the broker; a bell too many is looked after and forgotten
    except Exception as error:  # whatever is away now is looked for again by the first request
        logging.getLogger("hub.wsgi").warning("not warmed up: %s", type(error).__name__)


# Beside the first requests: those of a till do not wait for the model to be read, nor /healthz for the database.
threading.Thread(target=_warm, name="warm", daemon=True).start()
