"""The routes of ``/api/v1/``. What a route holds apart from ids of ours is never logged: see ``Door``."""

from __future__ import annotations

from django.urls import path, register_converter

from hub.api.consents import ConsentCheckDoor, ConsentsDoor, SuppressionDoor
from hub.api.crosswalk import CrosswalkDoor, CrosswalkLookupDoor
from hub.api.deadletters import DeadLettersDoor, DeadLettersOfCauseDoor, ReplayDoor
from hub.api.feed import EventSchemaDoor, EventsDoor
from hub.api.golden import GoldenDoor, GoldenListDoor, GoldenSearchDoor
from hub.api.history import HistoryDoor
from hub.api.ingest import BatchDoor, MessageDoor, RecordsDoor
from hub.api.judgements import JudgementDoor, JudgementsDoor, ReviewDecisionDoor, ReviewsDoor
from hub.api.pins import PinDoor, PinsDoor
from hub.api.privacy import (
    AcknowledgementsDoor,
    BundleDoor,
    ExtensionDoor,
    LiftingDoor,
    PrivacyRequestDoor,
    PrivacyRequestsDoor,
    ReadableBundleDoor,
    RefusalDoor,
)
from hub.api.resolve import GoldenExplanationDoor, PairExplanationDoor, ResolveDoor
from hub.api.schema import SchemaDoor


class AnythingConverter:
    """The rest of the path, whatever it holds: a source id may have slashes and line breaks."""

    regex = r"(?s:.+)"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AnythingConverter, "anything")

urlpatterns = [
    path("sources/<str:system>/records", RecordsDoor.as_view(), name="records"),
    path("sources/<str:system>/records/batch", BatchDoor.as_view(), name="records-batch"),
    path("messages/<str:message_id>", MessageDoor.as_view(), name="message"),
    path("golden", GoldenListDoor.as_view(), name="golden-list"),
    path("golden/search", GoldenSearchDoor.as_view(), name="golden-search"),
    path("golden/<str:golden_id>", GoldenDoor.as_view(), name="golden"),
    path("golden/<str:golden_id>/explanation", GoldenExplanationDoor.as_view(), name="golden-explanation"),
    path("golden/<str:golden_id>/history", HistoryDoor.as_view(), name="golden-history"),
    path("golden/<str:golden_id>/pins", PinsDoor.as_view(), name="golden-pins"),
    path("golden/<str:golden_id>/pins/<str:pin_id>", PinDoor.as_view(), name="golden-pin"),
    path("golden/<str:golden_id>/consents", ConsentsDoor.as_view(), name="golden-consents"),
    path("golden/<str:golden_id>/consents/check", ConsentCheckDoor.as_view(), name="golden-consents-check"),
    path("suppression/check", SuppressionDoor.as_view(), name="suppression-check"),
    path("crosswalk/lookup", CrosswalkLookupDoor.as_view(), name="crosswalk-lookup"),
    path("crosswalk/<str:system>/<anything:source_id>", CrosswalkDoor.as_view(), name="crosswalk"),
    path("resolve", ResolveDoor.as_view(), name="resolve"),
    path("explanation", PairExplanationDoor.as_view(), name="explanation"),
    path("events", EventsDoor.as_view(), name="events"),
    path("judgements", JudgementsDoor.as_view(), name="judgements"),
    path("judgements/<str:judgement_id>", JudgementDoor.as_view(), name="judgement"),
    path("reviews", ReviewsDoor.as_view(), name="reviews"),
    path("reviews/<str:review_id>/decision", ReviewDecisionDoor.as_view(), name="review-decision"),
    path("privacy-requests", PrivacyRequestsDoor.as_view(), name="privacy-requests"),
    path("privacy-requests/<str:request_id>", PrivacyRequestDoor.as_view(), name="privacy-request"),
    path(
        "privacy-requests/<str:request_id>/acknowledgements",
        AcknowledgementsDoor.as_view(),
        name="privacy-acknowledgements",
    ),
    path("privacy-requests/<str:request_id>/extension", ExtensionDoor.as_view(), name="privacy-extension"),
    path("privacy-requests/<str:request_id>/refusal", RefusalDoor.as_view(), name="privacy-refusal"),
    path("privacy-requests/<str:request_id>/lifting", LiftingDoor.as_view(), name="privacy-lifting"),
    path("privacy-requests/<str:request_id>/bundle.json", BundleDoor.as_view(), name="privacy-bundle"),
    path("privacy-requests/<str:request_id>/bundle.html", ReadableBundleDoor.as_view(), name="privacy-bundle-page"),
    path("dead-letters", DeadLettersDoor.as_view(), name="dead-letters"),
    path("dead-letters/replay", ReplayDoor.as_view(), name="dead-letters-replay"),
    path("dead-letters/<str:cause>", DeadLettersOfCauseDoor.as_view(), name="dead-letters-of-cause"),
    path("schema/", SchemaDoor.as_view(), name="schema"),
    path("schema/events/<str:event_type>/<str:version>", EventSchemaDoor.as_view(), name="event-schema"),
]
