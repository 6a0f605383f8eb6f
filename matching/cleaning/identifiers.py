"""Tax numbers and other identifiers: their characters, and whether a check digit vouches for them."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from matching.cleaning.text import one_character, plain

# The numbers that a country gives a person or a company, as python-stdnum names them.
_SCHEMES = {
    "US": ("us.ssn", "us.itin", "us.ein"),
    "GB": ("gb.vat", "gb.utr"),
    "DE": ("de.idnr", "de.vat", "de.stnr"),
    "FR": ("fr.nif", "fr.tva", "fr.siren", "fr.siret", "fr.nir"),
    "ES": ("es.nif", "es.cif", "es.dni", "es.nie"),
    "NL": ("nl.bsn", "nl.btw"),
    "IT": ("it.codicefiscale", "it.iva"),
    "AT": ("at.uid", "at.tin"),
    "BE": ("be.vat", "be.nn"),
    "CH": ("ch.uid", "ch.vat", "ch.ssn"),
    "PT": ("pt.nif",),
    "PL": ("pl.nip", "pl.pesel"),
    "IE": ("ie.vat", "ie.pps"),
    "AU": ("au.tfn", "au.abn"),
    "CA": ("ca.sin",),
}


@lru_cache(maxsize=200_000)
def identifier(text: str) -> str:
    """Letters and digits of ``text``, lower case; ``""`` where one character is repeated."""
    value = "".join(c for c in plain(text) if c.isalnum())
    return "" if one_character(value) or value in ("na", "none", "null", "unknown") else value


@lru_cache(maxsize=200_000)
def tax_id_holds(value: str, country: str) -> bool:
    """Whether ``value`` is a tax number of ``country`` with a right check digit or form.

    Of an unknown country nothing is said: such a number is evidence, but no veto.
    """
    schemes = _SCHEMES.get(country, ())
    return any(import_module(f"stdnum.{scheme}").is_valid(value.upper()) for scheme in schemes)
