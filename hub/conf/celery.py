"""Celery is a doorbell: a message says that a lane has work, and carries nothing else."""

import os

from celery import Celery

from hub.conf import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.conf.settings")
broker.install()
app = Celery("concord")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["hub", "connectors"])
