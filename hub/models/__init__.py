"""The store. Hot tables hold bytes that stages read and write set-wise; see ``hub.stages``."""

from hub.models.access import ApiClient, SignInTry, User
from hub.models.audit import AuditEntry
from hub.models.blocking import BlockingKey, Edge, SuppressedKey
from hub.models.consent import ConsentStatement, Suppression
from hub.models.golden import GoldenRecord, GoldenTerm
from hub.models.history import GoldenVersion, PastLink
from hub.models.inbox import IdempotencyKey, InboxMessage
from hub.models.link import Crosswalk, Judgement, NativeLink, Review, SpareId
from hub.models.load import LaneHold, LoadProgress
from hub.models.match_model import MatchModelVersion
from hub.models.outbox import Attempt, Delivery, Endpoint, EndpointHealth, OutboxEvent
from hub.models.policy import Pin, PolicyVersion
from hub.models.privacy import LedgerPosition, PrivacyRequest, PrivacyStep, Restriction
from hub.models.source import Prepared, RecordVersion, SourceRecord, SourceSystem

__all__ = [
    "ApiClient",
    "Attempt",
    "AuditEntry",
    "BlockingKey",
    "ConsentStatement",
    "Crosswalk",
    "Delivery",
    "Edge",
    "Endpoint",
    "EndpointHealth",
    "GoldenRecord",
    "GoldenTerm",
    "GoldenVersion",
    "IdempotencyKey",
    "InboxMessage",
    "Judgement",
    "LaneHold",
    "LedgerPosition",
    "LoadProgress",
    "MatchModelVersion",
    "NativeLink",
    "OutboxEvent",
    "PastLink",
    "Pin",
    "PolicyVersion",
    "Prepared",
    "PrivacyRequest",
    "PrivacyStep",
    "RecordVersion",
    "Restriction",
    "Review",
    "SignInTry",
    "SourceRecord",
    "SourceSystem",
    "SpareId",
    "SuppressedKey",
    "Suppression",
    "User",
]
