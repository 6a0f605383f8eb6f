"""Time: what the hub showed of a customer at any instant, and what changed it.

    GoldenRecord, GoldenVersion   which records, by which messages, since when, why      (pointers)
      └─ messages, sealed ─► source records ─► survive ─► the profile as it was           (render)
    Crosswalk, PastLink           of which golden record a source record was, since when

Nothing is kept twice: a version is worked out again from what its messages say, so that what was erased is gone from
it. Instants are those at which the hub knew something, not those at which it was true.
"""

from hub.history.timeline import Moment, timeline
from hub.history.views import AsOf, compared, consents_at, crosswalk_at, golden_at, history

__all__ = [
    "AsOf", "Moment", "compared", "consents_at", "crosswalk_at", "golden_at", "history", "timeline",
]  # fmt: skip
