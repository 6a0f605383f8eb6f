"""Tax numbers and other identifiers: their characters, and whether a check digit vouches for them."""

# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from matching.cleaning.text import characters, one_character, plain

# The numbers that a country gives a person or a company, as python-stdnum names them.
_SCHEMES = {
    "US": "ssn itin ein", "GB": "vat utr nhs", "DE": "idnr vat stnr", "FR": "nif tva siren siret nir",
    "ES": "nif cif dni nie", "NL": "bsn btw", "IT": "codicefiscale iva", "AT": "uid tin vnr", "BE": "vat nn bis",
    "CH": "uid vat ssn", "LI": "peid", "PT": "nif cc", "PL": "nip pesel regon", "IE": "vat pps", "AU": "tfn abn acn",
    "CA": "sin bn", "NZ": "ird", "SE": "personnummer orgnr vat", "DK": "cpr cvr", "NO": "fodselsnummer orgnr mva",
    "FI": "hetu alv ytunnus", "IS": "kennitala vsk", "CZ": "rc dic", "SK": "rc dph", "HU": "anum", "RO": "cnp cui",
    "BG": "egn vat pnf", "GR": "vat amka", "HR": "oib", "SI": "ddv emso", "EE": "ik kmkr", "LV": "pvn",
    "LT": "asmens pvm", "LU": "tva", "MT": "vat", "CY": "vat", "TR": "tckimlik vkn", "BR": "cpf cnpj", "MX": "rfc curp",
    "AR": "cuit dni", "CL": "rut", "CO": "nit", "PE": "ruc cui", "IN": "pan gstin", "JP": "cn", "CN": "ric uscc",
    "KR": "rrn brn", "SG": "uen", "ZA": "idnr tin", "IL": "idnr hp", "UA": "rntrc edrpou", "RU": "inn", "TW": "ubn",
    "EC": "ruc ci", "UY": "rut", "PY": "ruc", "VE": "rif", "TH": "pin", "ID": "npwp", "MY": "nric", "RS": "pib",
}  # fmt: skip
# Modules of stdnum whose names Python could not import as they are.
_MODULES = {"IN": "in_", "IS": "is_"}
_NOTHING = frozenset(
    "na none null nil unknown unbekannt inconnu desconocido onbekend test tbd pending keine aucun ninguno geen "
    "notapplicable notavailable applied appliedfor exempt foreign".split()
)
# Numbers printed on samples and in adverts, and what fingers type to get past a form.
_SAMPLES = frozenset(("078051120", "219099999", "457555462", "123121234", "001010001", "112233445", "121212121"))
_LABEL = re.compile(
    r"^(?:ust[- .]*id(?:[- .]*nr)?|vat(?:[- .]*(?:no|number|reg))?|tva|iva|btw|nif|cif|dni|nie|ssn|itin|ein|tin|"
    r"tax[- ]*id|steuer-?(?:id|nr|nummer)|siren|siret|bsn|"
    r"cpf|cnpj|codice fiscale|cf)[- .:#]+(?=[a-z]{0,2} ?\d|[a-z]{6}\d)"
)
_RISING, _FALLING = "01234567890123456789", "98765432109876543210"


def identifier(text: str) -> str:
    """Letters and digits of ``text``, lower case; ``""`` where it stands for nothing. Idempotent.

    >>> identifier(' DE-123/456 '), identifier('n/a'), identifier('000-000')
    ('de123456', '', '')
    """
    value = characters(text)
    return "" if value in _NOTHING or one_character(value) else value


def tax_id(text: str, country: str) -> str:
    """A tax number as ``identifier`` gives it, without a label and its country's letters; ``""`` for a dummy.

    ``country`` is an ISO 3166-1 alpha-2 code or ``""``.

    >>> tax_id('USt-IdNr. DE 136 695 976', 'DE'), tax_id('136695976', 'DE'), tax_id('123-45-6789', 'US')
    ('136695976', '136695976', '')
    """
    value = identifier(text)
    if not value.isdigit():
        value = identifier(_LABEL.sub("", plain(text)))
        land = {"GR": "el"}.get(country, country.lower())
        if land and value.startswith(land) and len(value) >= len(land) + 8 and any(c.isdigit() for c in value[2:4]):
            value = value[len(land) :]
    return "" if is_dummy(value) else value


def is_dummy(value: str) -> bool:
    """Whether the digits of ``value`` count up or down, repeat, or are those of a well-known sample."""
    if value in _SAMPLES:
        return True
    if len(value) < 5 or not value.isdigit():
        return False
    return value in _RISING or value in _FALLING or one_character(value)


def tax_id_holds(value: str, country: str) -> bool:
    """Whether ``value`` is a tax number of ``country`` with a right check digit or form.

    Of an unknown country nothing is said: such a number is evidence, but no veto; nor is a dummy.
    """
    checks = _checks(country)
    if not checks or is_dummy(value):
        return False
    value = value.upper()
    return any(check(value) for check in checks)


@lru_cache(maxsize=256)
def _checks(country: str) -> tuple[Callable[[str], bool], ...]:
    package = _MODULES.get(country, country.lower())
    names = _SCHEMES.get(country, "").split()
    return tuple(import_module(f"stdnum.{package}.{name}").is_valid for name in names)
