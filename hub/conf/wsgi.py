"""The web process: ``granian --interface wsgi hub.conf.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.conf.settings")
application = get_wsgi_application()
