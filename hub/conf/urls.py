"""Every door of the hub. The other apps' URL modules are named as strings: the hub imports neither."""

from django.contrib import admin
from django.urls import include, path

from hub.api.health import healthz, readyz
from hub.api.problems import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("django_prometheus.urls")),
    path("oauth/", include("hub.api.oauth_urls")),
    path("api/v1/", include("hub.api.urls")),
    path("api/v1/", include("connectors.urls")),
    path("stewardship/", include("stewardship.urls")),
    path("deliveries/", include("connectors.desk.urls")),
    path("admin/", admin.site.urls),
]
