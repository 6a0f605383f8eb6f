"""Two values side by side: what is the same stays masked, what differs is shown, character by character.

Showing only where two values differ costs a reviewer almost nothing and keeps most personal data unseen
(Kum, Ragan et al., "Enhancing privacy through an interactive on-demand incremental information disclosure
interface", 2019). A value is never shown by its differences alone: when more than half of it differs, all
of it stays masked.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

DOT = "•"
SIMILAR = 0.7  # share of equal characters: one slip in a date is .88, two are .75
_LONGEST_COMPARED = 300  # characters; what is longer is shown as different without looking for pieces


class Relation(StrEnum):
    """How the values of two sides stand to each other."""

    SAME = "same"  # equal but for case, accents and punctuation
    SIMILAR = "similar"  # mostly the same characters
    DIFFERENT = "different"
    ONE_SIDED = "one-sided"  # only one side says something: no evidence


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """A run of characters as it may be shown. ``changed`` marks where the other side differs."""

    text: str
    changed: bool = False


def fold(text: str) -> str:
    """Lower case without accents, punctuation and spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def mask(text: str) -> str:
    """Letters and digits become dots; what separates them stays, so that the shape of a value can be seen."""
    return "".join(DOT if c.isalnum() else c for c in text)


def initials(text: str) -> str:
    """Each word's first letter and dots for the rest: enough to tell rows of a list apart."""
    return " ".join(word[0].upper() + DOT * min(len(word) - 1, 7) for word in text.split() if word)


def relation(left: str, right: str, *, digits: bool = False) -> Relation:
    """How two values stand to each other. ``digits``: phone numbers, of which the last nine digits count."""
    one, two = fold(left), fold(right)
    if digits:
        one, two = one[-9:], two[-9:]
    if one == two:
        return Relation.SAME
    if max(len(left), len(right)) > _LONGEST_COMPARED:
        return Relation.DIFFERENT
    short, long = sorted((one, two), key=len)
    if len(short) == 1 and long.startswith(short):
        return Relation.SIMILAR  # an initial
    ratio = SequenceMatcher(None, one, two, autojunk=False).ratio()
    return Relation.SIMILAR if ratio >= SIMILAR else Relation.DIFFERENT


def pieces(text: str, other: str | None, *, revealed: bool) -> tuple[Piece, ...]:
    """``text`` cut where it differs from ``other`` (None: nothing to compare it with); masked unless ``revealed``."""
    if other is None or max(len(text), len(other)) > _LONGEST_COMPARED:
        return (Piece(text if revealed else mask(text)),)
    cut = _cut(text, other)
    if revealed:
        return cut
    told = sum(c.isalnum() for piece in cut if piece.changed for c in piece.text)
    if told * 2 > sum(c.isalnum() for c in text):
        return (Piece(mask(text)),)
    return tuple(piece if piece.changed else Piece(mask(piece.text)) for piece in cut)


def _cut(text: str, other: str) -> tuple[Piece, ...]:
    # Casefolding may lengthen a text (ß), which would shift the cuts: such characters are compared as they are.
    one = "".join(f if len(f := c.casefold()) == 1 else c for c in text)
    two = "".join(f if len(f := c.casefold()) == 1 else c for c in other)
    cut = []
    for tag, start, end, _, _ in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if start < end:
            # Punctuation alone is no difference that anybody decides on.
            cut.append(Piece(text[start:end], changed=tag != "equal" and any(c.isalnum() for c in text[start:end])))
    return tuple(cut)
