"""Pages of receivers. Ids in them are public ids of endpoints."""

from __future__ import annotations

from django.urls import path

from connectors.desk import views

app_name = "deliveries"
_ONE = "<str:endpoint_id>/"
urlpatterns = [
    path("", views.show_all, name="receivers"),
    path(_ONE, views.show, name="receiver"),
    path(f"{_ONE}pause", views.pause, name="receiver_pause"),
    path(f"{_ONE}resume", views.resume, name="receiver_resume"),
    path(f"{_ONE}rotate", views.rotate, name="receiver_rotate"),
    path(f"{_ONE}test", views.test, name="receiver_test"),
    path(f"{_ONE}replay", views.replay, name="receiver_replay"),
]
