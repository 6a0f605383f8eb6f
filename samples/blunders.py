"""What goes wrong with a value between a person and a system: typing, hearing, folding, cutting."""

from __future__ import annotations

from samples.dice import Draw, pick

_NEAR = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl",
    "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi",
    "v": "cb",
    "w": "qe", "x": "zc", "y": "tu", "z": "xs",
}  # fmt: skip
_HEARD = (
    ("ei", "ey"), ("ey", "ei"), ("ai", "ay"), ("ck", "k"), ("ph", "f"), ("th", "t"), ("ss", "s"), ("ll", "l"), ("nn",
    "n"),
    ("tt", "t"), ("mm", "m"), ("rr", "r"), ("dt", "t"), ("ie", "y"), ("y", "i"), ("ine", "een"), ("eau", "o"), ("au",
    "o"),
    ("sch", "sh"), ("tz", "z"), ("ks", "x"), ("ough", "off"), ("k", "ck"), ("f", "ff"), ("l", "ll"), ("n", "nn"),
    ("s", "ss"),
)  # fmt: skip
_SPELT_OUT = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "é": "e", "è": "e", "ê": "e",
    "ë": "e", "É": "E",
    "à": "a", "â": "a", "ç": "c", "ï": "i", "î": "i", "ô": "o", "û": "u", "ù": "u", "ñ": "n", "á": "a", "í": "i",
    "ó": "o", "ı": "i",
    "ş": "s", "Ş": "S", "ğ": "g", "ć": "c",
})  # fmt: skip
_STRIPPED = {**_SPELT_OUT, **str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U"})}

DUMMY_EMAILS = ("test@test.com", "test@test.com", "noemail@noemail.com", "none@none.com", "na@na.com",
    "kasse@shop.example.com",
                "no@email.com", "unknown@example.com")  # fmt: skip
DUMMY_PHONES = ("0000000000", "0000000000", "9999999999", "1234567890", "1111111111", "000")


def typo(r: Draw, word: str) -> str:
    """One slip: heard wrongly, a neighbouring key, a letter lost, doubled or swapped. Seldom the first letter."""
    if len(word) < 3:
        return word
    if r() < 0.4:
        start = int(r() * len(_HEARD))
        for step in range(len(_HEARD)):
            sound, spelling = _HEARD[(start + step) % len(_HEARD)]
            at = word.find(sound, 1)
            if at > 0:
                return word[:at] + spelling + word[at + len(sound) :]
    at = int(r() * len(word)) if r() < 0.1 else 1 + int(r() * (len(word) - 1))
    kind = r()
    if kind < 0.3:
        return word[:at] + word[at + 1 :]
    if kind < 0.6:
        near = _NEAR.get(word[at].lower(), "e")
        return word[:at] + pick(r, near) + word[at + 1 :]
    if kind < 0.8 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] + word[at:]


def digit_slip(r: Draw, digits: str) -> str:
    """One digit mistyped, or two neighbours swapped; text without digits stays."""
    places = [i for i, c in enumerate(digits) if c.isdigit()]
    if len(places) < 2:
        return digits
    at = places[1 + int(r() * (len(places) - 1))]
    if r() < 0.35 and at + 1 < len(digits) and digits[at + 1].isdigit() and digits[at + 1] != digits[at]:
        return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    return digits[:at] + str((int(digits[at]) + 1 + int(r() * 9)) % 10) + digits[at + 1 :]


def folded(r: Draw, value: str) -> str:
    """Without diacritics: spelt out (``ue``) or stripped (``u``)."""
    return value.translate(_SPELT_OUT if r() < 0.65 else _STRIPPED)


def garbled(value: str) -> str:
    """UTF-8 read as Latin-1 once too often, as old interfaces do."""
    return value.encode().decode("latin-1").replace("\x9f", "Ÿ").replace("\x8a", "Š")


def wrong_day(r: Draw, birth: str) -> str:
    """A birth date with day and month swapped, a digit off, or only the year right."""
    year, month, day = birth[:4], birth[5:7], birth[8:]
    kind = r()
    if kind < 0.4 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if kind < 0.6:
        return f"{year}-01-01"
    if kind < 0.8:
        return f"{int(year) + (1 if r() < 0.5 else -1)}-{month}-{day}"
    return f"{year}-{month}-{1 + (int(day) + int(r() * 9)) % 28:02d}"


_SHORT = {
    "Street": ("St", "St.", "Str"), "Avenue": ("Ave", "Ave.", "Av"), "Road": ("Rd", "Rd."), "Drive": ("Dr", "Dr."),
    "Lane": ("Ln", "La"),
    "Court": ("Ct",), "Boulevard": ("Blvd",), "Place": ("Pl",), "Close": ("Cl",), "Gardens": ("Gdns",),
    "Terrace": ("Terr",),
    "Crescent": ("Cres",),
}  # fmt: skip


def street_spelling(r: Draw, street: str, country: str) -> str:
    """The street as somebody else would write it."""
    if country == "DE":
        if street.endswith("straße"):
            return street[:-6] + pick(r, ("str.", "str.", "strasse", "str", " Straße"))
        return street
    if country == "FR":
        head, _, rest = street.partition(" ")
        short = {
            "rue": ("r.", "Rue"),
            "avenue": ("av.", "Av"),
            "boulevard": ("bd", "Bd"),
            "place": ("pl.",),
            "chemin": ("ch.",),
        }
        return f"{pick(r, short.get(head, (head.capitalize(),)))} {rest}"
    head, _, kind = street.rpartition(" ")
    return f"{head} {pick(r, _SHORT.get(kind, (kind,)))}"


def phone_spelling(r: Draw, number: str) -> str:
    """An E.164 number as people of its country write it, in national or international form."""
    style = r()
    if number.startswith("+1"):
        a, b, c = number[2:5], number[5:8], number[8:]
        forms = (f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", a + b + c, f"+1 {a} {b} {c}", f"1-{a}-{b}-{c}")
        return forms[int(style * 6)]
    code, rest = number[:3], number[3:]
    cut = 3 if rest[:1] in "17" else 2
    if code == "+33":
        pairs = " ".join(rest[i : i + 2] for i in range(1, len(rest), 2))
        return (
            f"0{rest[0]} {pairs}",
            f"+33 {rest[0]} {pairs}",
            f"0{rest}",
            f"0033{rest}",
            f"0{rest[0]}.{pairs.replace(' ', '.')}",
        )[int(style * 5)]
    if code == "+44":
        cut = 4 if rest[0] in "17" else 2
        return (
            f"0{rest[:cut]} {rest[cut:]}",
            f"+44 {rest[:cut]} {rest[cut:]}",
            f"0{rest}",
            f"+44 (0){rest}",
            f"0{rest[:cut]} {rest[cut:-3]} {rest[-3:]}",
        )[int(style * 5)]
    return (f"0{rest[:cut]} {rest[cut:]}", f"+49 {rest[:cut]} {rest[cut:]}", f"0{rest[:cut]}/{rest[cut:]}",
        f"0049{rest}", f"0{rest}",
            f"+49 (0){rest[:cut]} {rest[cut:]}")[int(style * 6)]  # fmt: skip
