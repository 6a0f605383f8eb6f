"""What is wrong with a policy document, and where."""

from __future__ import annotations

Path = tuple[str | int, ...]


class PolicyError(ValueError):
    """A policy cannot be taken: ``path`` is the way of keys and places from the document's root to what is wrong,
    ``reason`` says what to do. Whoever has the document's text finds the line by the path."""

    def __init__(self, path: Path, reason: str):
        self.path = path
        self.reason = reason
        super().__init__(f"{written(path)}: {reason}")


def written(path: Path) -> str:
    """The path as people write it.

    >>> written(("consent", "purposes", "marketing", "jurisdictions", 0))
    'consent.purposes.marketing.jurisdictions[0]'
    """
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "policy"
