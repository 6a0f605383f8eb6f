"""The project's routes with the handlers that answer in problems outside of the views."""

from hub.api.problems import handler400, handler403, handler404, handler500
from hub.conf.urls import urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
