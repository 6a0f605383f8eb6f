"""Company names: legal forms apart, abbreviations as one."""

from __future__ import annotations

import re

from matching.cleaning.lexicon import BUSINESS_WORDS, COMPANY_MARKS, COMPANY_WORDS, LEGAL_FORMS
from matching.cleaning.text import folded, plain, words

_TRADING = re.compile(r"\b(?:t/a|d/b/a|dba|trading as|doing business as|firmierend als|nom commercial)\b[:\s]*")
_CARE_OF = re.compile(r"\s*(?:\bc/o\b|\bp/a\b|\bz\.?\s?hd?\.|\battn\b|\bfao\b|\bchez\b|\ba l'attention\b).*$")
# "Smith & Sons", "Müller & Söhne", "Martin et Fils", "García e Hijos"
_AND_KIN = re.compile(
    r"(?:&|\+|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b)\s*(?:sons?|sohne?|soehne|fils|hijos|zonen|zoon|co|cie|partners?|associates)\b"
)


def company(text: str) -> str:
    """A company's name without legal form; ``""`` where nothing is left.

    >>> company('Müller & Söhne GmbH & Co. KG'), company('J. P. Martin S.A.R.L.')
    ('muller sohne', 'jp martin')
    """
    if "/" in text or not text.isascii() or " as " in text or "dba" in text:
        text = plain(text)
        text = _CARE_OF.sub("", text) or text
        parts = _TRADING.split(text, maxsplit=1)
        text = parts[-1] if parts[-1].strip() else parts[0]
    parts = _glued(words(text))
    kept = [COMPANY_WORDS.get(w) or (folded(w) if len(w) > 3 else w) for w in parts if w not in LEGAL_FORMS]
    return " ".join(kept or parts)


def is_company(text: str) -> bool:
    """Whether a name field holds a company: it bears a legal form, kin ("& Sons") or a kind of business."""
    parts = words(text)
    if len(parts) < 2:
        return False
    if not BUSINESS_WORDS.isdisjoint(parts) or not COMPANY_MARKS.isdisjoint(parts[1:]):
        return True
    if len(parts) > 3 and len(parts[-1]) == 1 and not COMPANY_MARKS.isdisjoint(_glued(parts)[1:]):
        return True
    if "&" in text or "+" in text or "/" in text or " e" in text or " y " in text or "nd " in text:
        line = plain(text)
        return bool(_AND_KIN.search(line, 1) or _TRADING.search(line, 1))
    return False


def _glued(parts: list[str]) -> list[str]:
    """Runs of single letters as one word: "S.A.R.L." is "sarl", "J. P. Morgan" is "JP Morgan"."""
    if not any(len(w) == 1 for w in parts):
        return parts
    found: list[str] = []
    run = ""
    for word in parts:
        if len(word) == 1:
            run += word
            continue
        if run:
            found.append(run)
            run = ""
        found.append(word)
    if run:
        found.append(run)
    return found
