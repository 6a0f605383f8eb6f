"""The words of explanations: what was seen, and how much it says, without a term of statistics."""

from __future__ import annotations

from collections.abc import Sequence

# Milli-bits that nobody would notice.
_SLIGHT = 100

NAMES = {
    "given_name": "given name", "family_name": "family name", "name_order": "order of names",
    "middle_name": "middle name", "birth_date": "date of birth", "email": "e-mail", "phone": "phone",
    "tax_id": "tax number", "loyalty_id": "loyalty number", "identifier": "identifier", "address": "address",
    "city": "town", "country": "country", "company": "company", "source": "source system", "suffix": "name suffix",
    "identifiers": "identifiers", "kind": "kind of customer",
}  # fmt: skip

LEVELS = {
    ("given_name", "nickname"): "Given names are forms of one name",
    ("given_name", "typo"): "Given names differ by a slip of the pen",
    ("given_name", "lookalike"): "Given names look alike, but both are common names",
    ("given_name", "initial"): "One given name is the other's initial",
    ("given_name", "prefix"): "One given name is part of the other",
    ("family_name", "former"): "One family name is the other's former name",
    ("family_name", "by_email"): "One's e-mail spells the other's family name",
    ("family_name", "compound"): "One family name is part of the other",
    ("family_name", "initial"): "One family name is the other's initial",
    ("name_order", "straight"): "Names in the same order",
    ("name_order", "crossed"): "Given and family name have changed places",
    ("middle_name", "initial"): "Middle names have the same initial",
    ("suffix", "same"): "Same name suffix (such as Jr)",
    ("suffix", "one_sided"): "Only one side has a name suffix (such as Jr)",
    ("suffix", "different"): "Different name suffixes, as of father and son",
    ("birth_date", "slip"): "Dates of birth differ by one digit, or day and month are swapped",
    ("birth_date", "year_slip"): "Dates of birth differ by one, ten or a hundred years alone",
    ("birth_date", "partial"): "Dates of birth agree as far as they are known",
    ("birth_date", "near"): "Dates of birth are similar",
    ("birth_date", "else"): "Different dates of birth",
    ("birth_date", "far"): "Dates of birth a generation or more apart",
    ("email", "family_box"): "Same e-mail, but one that a family shares",
    ("email", "same_user"): "Same e-mail name at another provider",
    ("email", "near_user"): "E-mail names nearly the same",
    ("address", "full"): "Same address",
    ("address", "street_number"): "Same street and house number",
    ("address", "postal_number"): "Same postal code and house number",
    ("address", "postal_street"): "Same street, another house number",
    ("address", "postal"): "Same postal code",
    ("address", "other_street"): "Same postal code, another street",
    ("address", "postal_slip"): "Postal codes one digit apart",
    ("source", "same"): "Both in the same source system",
    ("source", "else"): "In two source systems",
    ("country", "same"): "Same country",
}

OTHERS = {
    "stranger": "two strangers",
    "namesake": "two people who share a name",
    "household": "two people of one household",
    "relative": "two relatives of one name, such as father and son",
    "match": "one person",
}

CONFLICT_TEXTS = {
    "tax_id": "Two valid tax numbers: these cannot be one customer",
    "loyalty_id": "Two numbers of one loyalty programme: these are not joined without a steward",
    "suffix": "Father's and son's name suffix: these are two people",
    "birth_date": "Given names and dates of birth both differ: these are two people",
    "kind": "One is a person, the other an organisation",
}

CHANGES = {
    "equal": "the {} were the same",
    "known": "the {} were known on both sides and the same",
    "gone": "the {} were missing on one side",
    "other": "the {} were different",
    "known_other": "the {} were known on both sides and different",
}
LIMIT_TEXT = "One pair counts for no more than the limit: a single comparison must not decide for a whole group"


def name_of(attribute: str) -> str:
    """The attribute in plain words.

    >>> name_of('birth_date'), name_of('attribute:favourite_shop')
    ('date of birth', 'favourite shop')
    """
    return NAMES.get(attribute) or attribute.partition(":")[2].replace("_", " ") or attribute


def level_text(attribute: str, level: str, weight_mb: int, other: str) -> str:
    """What was seen and how many times likelier it is for one person than otherwise.

    >>> level_text('email', 'exact', 9600, 'stranger')
    'Same e-mail: about 776 times likelier for one person than for two strangers'
    """
    seen = LEVELS.get((attribute, level)) or {
        "exact": f"Same {name_of(attribute)}",
        "same": f"Same {name_of(attribute)}",
        "typo": f"{_capital(attribute)}s differ by a slip of the pen",
        "slip": f"{_capital(attribute)}s differ by one character",
        "similar": f"Similar {name_of(attribute)}",
        "else": f"Different {name_of(attribute)}",
    }.get(level, f"{_capital(attribute)}: {level.replace('_', ' ')}")
    odds = 2 ** (abs(weight_mb) / 1000)
    if odds < 1.1:
        return f"{seen}: tells us nothing"
    one, two = ("one person", OTHERS[other]) if weight_mb > 0 else (OTHERS[other], "one person")
    return f"{seen}: about {_times(odds)} times likelier for {one} than for {two}"


def missing_text(attribute: str, has: tuple[bool, bool], taught_mb: int = 0) -> str | None:
    """What a missing value tells; None where it need not be mentioned (neither side has any)."""
    if not any(has):
        return None
    why = "not compared" if all(has) else "missing on one side"
    if abs(taught_mb) < _SLIGHT:
        return f"{_capital(attribute)} {why}: tells us nothing"
    return f"{_capital(attribute)} {why}: judgements show that this speaks {_side(taught_mb)}"


def taught_text(taught_mb: int) -> str:
    """How judgements moved a comparison, added to its text."""
    return f" (judgements moved this {_side(taught_mb)})" if abs(taught_mb) >= _SLIGHT else ""


def judgements_text(weight_mb: int) -> str:
    """What judgements taught of the pair as a whole."""
    if abs(weight_mb) < _SLIGHT:
        return "Judgements of like pairs: the evidence is worth about what it seems"
    return f"Judgements of like pairs: the evidence taken together says more {_side(weight_mb)} than it seems"


def change_text(changes: Sequence[tuple[str, str]]) -> str:
    """One or more changes (kind, attribute) in a sentence that begins with "if".

    >>> change_text([("equal", "phone"), ("gone", "birth_date")])
    'if the phone were the same and the date of birth were missing on one side'
    """
    return "if " + " and ".join(CHANGES[kind].format(name_of(attribute)) for kind, attribute in changes)


def _side(weight_mb: int) -> str:
    return "for one person" if weight_mb > 0 else "against one person"


def alternative_text(other: str, weight_mb: int) -> str:
    """What the likeliest innocent explanation takes from the weight."""
    if other == "stranger" or weight_mb > -100:
        return "Other explanations than chance: next to nothing"
    odds = 2 ** (abs(weight_mb) / 1000)
    less = f"the evidence counts about {_times(odds)} times less" if odds < 1000 else "most of the evidence falls away"
    return f"But {OTHERS[other]} would look much like this: {less}"


def _capital(attribute: str) -> str:
    text = name_of(attribute)
    return text[:1].upper() + text[1:]


def _times(odds: float) -> str:
    if odds < 10:
        return f"{odds:.1f}".removesuffix(".0")
    return f"{round(odds):,}" if odds < 1000 else f"{float(f'{odds:.2g}'):,.0f}"
