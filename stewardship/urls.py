"""The desk's pages. Ids in them are public ids: no personal data is ever part of an address."""

from __future__ import annotations

from django.urls import path

from stewardship.views import golden, pins, policy, privacy, queue, review

app_name = "stewardship"
urlpatterns = [
    path("", queue.show, name="queue"),
    path("count", queue.count, name="count"),
    path("preferences", queue.preferences, name="preferences"),
    path("undo", review.undo, name="undo"),
    path("reviews/<str:public_id>/", review.show, name="review"),
    path("reviews/<str:public_id>/decision", review.decide, name="decide"),
    path("reviews/<str:public_id>/reveal", review.reveal, name="reveal"),
    path("reviews/<str:public_id>/evidence", review.evidence, name="evidence"),
    path("reviews/<str:public_id>/hold", review.hold, name="hold"),
    path("reviews/<str:public_id>/next", review.neighbour, {"direction": "next"}, name="next"),
    path("reviews/<str:public_id>/previous", review.neighbour, {"direction": "previous"}, name="previous"),
    path("golden/<str:public_id>/", golden.show, name="golden"),
    path("golden/<str:public_id>/reveal", golden.reveal, name="reveal_golden"),
    path("golden/<str:public_id>/why", golden.why, name="why_golden"),
    path("golden/<str:public_id>/seen", golden.seen, name="seen_golden"),
    path("golden/<str:public_id>/timeline", golden.past, name="timeline_golden"),
    path("golden/<str:public_id>/pin", pins.put, name="pin"),
    path("golden/<str:public_id>/pin/choose", pins.choose, name="pin_choose"),
    path("golden/<str:public_id>/pin/preview", pins.preview, name="pin_preview"),
    path("golden/<str:public_id>/unpin", pins.unpin, name="unpin"),
    path("golden/<str:public_id>/request", privacy.make, name="make_request"),
    path("requests/", privacy.show_all, name="requests"),
    path("requests/<str:request_id>/", privacy.show, name="request"),
    path("requests/<str:request_id>/acknowledge", privacy.acknowledge, name="request_acknowledge"),
    path("requests/<str:request_id>/confirm", privacy.confirm, name="request_confirm"),
    path("requests/<str:request_id>/extend", privacy.extend, name="request_extend"),
    path("requests/<str:request_id>/refuse", privacy.refuse, name="request_refuse"),
    path("requests/<str:request_id>/lift", privacy.lift, name="request_lift"),
    path("requests/<str:request_id>/bundle.<str:form>", privacy.download, name="request_bundle"),
    path("policy/", policy.show, name="policy"),
    path("policy/<str:name>/", policy.show, name="policy_version"),
]
