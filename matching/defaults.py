"""What is believed of customer files before one was seen: levels, their probabilities, blocking rules.

The figures are rounded judgements; estimation starts from them with a weight of a few hundred pairs, and a
file of thousands of records overrules them. They may be off by a factor of two without harm.
"""

from __future__ import annotations

NAME_LEVELS = ("exact", "nickname", "typo", "lookalike", "initial", "prefix", "similar", "else")
FAMILY_LEVELS = ("exact", "typo", "former", "by_email", "compound", "initial", "similar", "else")
BIRTH_LEVELS = ("exact", "slip", "year_slip", "partial", "near", "else", "far")
ADDRESS_LEVELS = (
    "full", "street_number", "postal_number", "postal_street", "postal", "other_street", "postal_slip", "else",
)  # fmt: skip

LEVELS: dict[str, tuple[str, ...]] = {
    "given_name": NAME_LEVELS,
    "family_name": FAMILY_LEVELS,
    "name_order": ("straight", "crossed"),
    "middle_name": ("exact", "initial", "else"),
    "suffix": ("same", "one_sided", "different"),
    "birth_date": BIRTH_LEVELS,
    "email": ("exact", "family_box", "same_user", "near_user", "else"),
    "phone": ("exact", "slip", "else"),
    "tax_id": ("exact", "slip", "else"),
    "loyalty_id": ("exact", "slip", "else"),
    "identifier": ("exact", "slip", "else"),
    "address": ADDRESS_LEVELS,
    "city": ("exact", "similar", "else"),
    "country": ("same", "else"),
    "company": ("exact", "similar", "else"),
    "source": ("same", "else"),
}
ATTRIBUTE_LEVELS = ("exact", "similar", "else")

STRANGER: dict[str, tuple[float, ...]] = {
    "given_name": (0.006, 0.003, 0.001, 0.003, 0.004, 0.001, 0.01, 0.972),
    "family_name": (0.002, 0.002, 0.0002, 0.0001, 0.002, 0.001, 0.008, 0.9847),
    "name_order": (0.965, 0.035),
    "middle_name": (0.02, 0.06, 0.92),
    "suffix": (0.03, 0.9, 0.07),
    "birth_date": (0.00006, 0.001, 0.0006, 0.0004, 0.018, 0.44, 0.53994),
    "email": (0.00001, 0.000005, 0.0001, 0.0008, 0.999085),
    "phone": (0.00001, 0.00005, 0.99994),
    "tax_id": (0.00001, 0.00005, 0.99994),
    "loyalty_id": (0.00001, 0.0001, 0.99989),
    "identifier": (0.00001, 0.0001, 0.99989),
    "address": (0.00001, 0.00003, 0.00002, 0.00004, 0.0004, 0.001, 0.006, 0.9925),
    "city": (0.01, 0.006, 0.984),
    "country": (0.45, 0.55),
    "company": (0.002, 0.006, 0.992),
    "source": (0.25, 0.75),
}

# A class that is not named for an attribute has it as strangers have.
NAMESAKE: dict[str, tuple[float, ...]] = {
    "given_name": (0.93, 0.02, 0.015, 0.005, 0.012, 0.008, 0.003, 0.007),
    "family_name": (0.95, 0.02, 0.001, 0.001, 0.008, 0.003, 0.007, 0.01),
    "name_order": (0.965, 0.035),
    "email": (0.004, 0.0002, 0.03, 0.04, 0.9258),
    "city": (0.03, 0.008, 0.962),
    "country": (0.8, 0.2),
}
HOUSEHOLD: dict[str, tuple[float, ...]] = {
    "given_name": (0.008, 0.004, 0.002, 0.004, 0.03, 0.002, 0.02, 0.93),
    "family_name": (0.86, 0.03, 0.005, 0.002, 0.02, 0.003, 0.01, 0.07),
    "name_order": (0.965, 0.035),
    "middle_name": (0.04, 0.08, 0.88),
    "suffix": (0.1, 0.8, 0.1),
    "birth_date": (0.012, 0.008, 0.012, 0.002, 0.03, 0.486, 0.45),
    "email": (0.16, 0.09, 0.04, 0.06, 0.65),
    "phone": (0.5, 0.02, 0.48),
    "tax_id": (0.0008, 0.0004, 0.9988),
    "loyalty_id": (0.01, 0.01, 0.98),
    "identifier": (0.02, 0.005, 0.975),
    "address": (0.76, 0.04, 0.04, 0.03, 0.02, 0.03, 0.01, 0.07),
    "city": (0.4, 0.05, 0.55),
    "country": (0.985, 0.015),
    "company": (0.3, 0.05, 0.65),
}
RELATIVE: dict[str, tuple[float, ...]] = {
    "given_name": (0.9, 0.03, 0.017, 0.003, 0.02, 0.01, 0.005, 0.015),
    "family_name": (0.93, 0.02, 0.001, 0.002, 0.02, 0.003, 0.004, 0.02),
    "name_order": (0.965, 0.035),
    "middle_name": (0.35, 0.2, 0.45),
    "suffix": (0.03, 0.5, 0.47),
    "birth_date": (0.001, 0.001, 0.003, 0.002, 0.003, 0.01, 0.98),
    "email": (0.08, 0.04, 0.06, 0.1, 0.72),
    "phone": (0.4, 0.02, 0.58),
    "tax_id": (0.0008, 0.0004, 0.9988),
    "loyalty_id": (0.01, 0.01, 0.98),
    "identifier": (0.02, 0.005, 0.975),
    "address": (0.55, 0.04, 0.03, 0.03, 0.04, 0.06, 0.01, 0.24),
    "city": (0.4, 0.05, 0.55),
    "country": (0.985, 0.015),
    "company": (0.3, 0.05, 0.65),
}
MATCH: dict[str, tuple[float, ...]] = {
    "given_name": (0.73, 0.05, 0.075, 0.005, 0.06, 0.03, 0.02, 0.03),
    "family_name": (0.81, 0.08, 0.01, 0.01, 0.02, 0.01, 0.015, 0.045),
    "name_order": (0.965, 0.035),
    "middle_name": (0.6, 0.32, 0.08),
    "suffix": (0.58, 0.41, 0.01),
    "birth_date": (0.86, 0.06, 0.02, 0.02, 0.012, 0.018, 0.01),
    "email": (0.61, 0.03, 0.08, 0.06, 0.22),
    "phone": (0.68, 0.05, 0.27),
    "tax_id": (0.87, 0.06, 0.07),
    "loyalty_id": (0.93, 0.05, 0.02),
    "identifier": (0.9, 0.05, 0.05),
    "address": (0.5, 0.05, 0.05, 0.05, 0.04, 0.07, 0.03, 0.21),
    "city": (0.35, 0.08, 0.57),
    "country": (0.985, 0.015),
    "company": (0.7, 0.15, 0.15),
    "source": (0.25, 0.75),
}
TABLES = {
    "stranger": STRANGER,
    "namesake": NAMESAKE,
    "household": HOUSEHOLD,
    "relative": RELATIVE,
    "match": MATCH,
}

ATTRIBUTE = {
    "stranger": (0.2, 0.05, 0.75),
    "namesake": (0.2, 0.05, 0.75),
    "household": (0.3, 0.05, 0.65),
    "relative": (0.3, 0.05, 0.65),
    "match": (0.8, 0.05, 0.15),
}

# In these classes two records share a value by chance alone, so a rare value says more than a common one.
CHANCE: dict[str, tuple[str, ...]] = {
    "given_name": ("stranger", "namesake", "household"),
    "family_name": ("stranger", "namesake"),
    "city": ("stranger", "namesake"),
    "company": ("stranger", "namesake"),
}
ATTRIBUTE_CHANCE = ("stranger", "namesake")

# Expected share of a value that is in no table, and the chance that two strangers share any.
TAIL_FREQUENCY = {"given_name": 0.0008, "family_name": 0.0002, "city": 0.001, "company": 0.001}
COLLISION = {"given_name": 0.006, "family_name": 0.002, "city": 0.01, "company": 0.002}

# What estimation may move; a class whose role were free would trade places with another (seen: F1 .10).
FREE = {
    "namesake": ("email", "city", "source", "country"),
    "household": ("family_name", "email", "phone", "address", "city", "country", "company", "source", "identifier"),
    "relative": ("family_name", "email", "phone", "address", "city", "country", "company", "source", "identifier"),
}

RULES: tuple[tuple[str, int], ...] = (
    ("phone", 100),
    ("phone+family", 100),
    ("email", 100),
    ("email+given", 100),
    ("loyalty_id", 100),
    ("tax_id", 100),
    ("identifier", 100),
    ("family+birth", 200),
    ("given+birth", 100),
    ("names+middle", 60),
    ("names", 60),
    ("names+country", 60),
    ("family+postal", 100),
    ("given+postal+number", 100),
    ("family3+given1+postal", 100),
    ("birth+postal", 100),
    ("sounds+year", 100),
    ("attribute+family+given1", 100),
    ("given1+family+city", 60),
    ("given+postal", 60),
    ("sounds", 25),
    ("company+postal", 100),
    ("street+number+given1", 100),
    ("user+given1", 60),
    ("family+given1+region", 60),
    ("birth+city", 60),
    ("birth", 20),
    ("attribute+family", 60),
    ("attribute+given", 60),
    ("attribute+birth", 60),
    ("attribute+postal", 60),
    ("attribute", 10),
)

PLACEHOLDERS = {
    "email": (
        "test@test.com", "test@example.com", "none@none.com", "no@email.com", "noemail@noemail.com", "na@na.com",
        "noreply@example.com", "example@example.com", "a@a.com", "unknown@unknown.com", "nomail@nomail.com",
        "email@email.com", "abc@abc.com", "asdf@asdf.com", "x@x.com", "keine@keine.de", "none@example.com",
        "test@test.de", "test@test.fr", "user@example.com", "customer@example.com", "guest@guest.com",
        "test@gmail.com", "noemail@gmail.com", "none@gmail.com", "nomail@gmail.com", "no@no.com", "no@mail.com",
        "none@none.de", "none@none.fr", "keine@email.de", "keine@mail.de", "kein@email.de", "pasdemail@gmail.com",
        "sansmail@sansmail.fr", "sincorreo@gmail.com", "sin@correo.com", "geen@mail.nl", "customer@gmail.com",
        "asdf@asdf.de", "123@123.com", "aa@aa.com", "abc@gmail.com", "foo@bar.com", "name@domain.com",
        "your@email.com", "user@domain.com", "max@mustermann.de", "john@doe.com",
    ),
    "phone": ("123456789", "234567890", "234567891", "12345678", "1234567", "5550100", "125550100", "987654321",
              "012345678", "345678901", "345678910", "456789012", "456789123", "000000001", "876543210"),
    "birth_date": ("19000101", "19010101", "19700101", "18000101", "17530101", "18991230", "18991231", "99991231",
                   "20000101", "11111111", "19000000", "19010100", "19110101", "19111111", "19690000", "19691231",
                   "19700100", "18991229", "99990101"),
    "text": (
        "n/a", "na", "n.a.", "none", "null", "nil", "unknown", "unbekannt", "inconnu", "desconocido", "test",
        "tester", "customer", "kunde", "client", "cliente", "guest", "gast", "invite", "anonymous", "xxx", "xx",
        "-", "--", "---", ".", "?", "tbd", "not provided", "not available", "no name", "noname", "keine angabe",
        "k.a.", "nan", "undefined", "missing", "dummy", "first name", "last name", "walk-in", "walk in", "cash",
        "barverkauf", "laufkunde", "sin nombre", "default", "same", "void",
        "onbekend", "sconosciuto", "ninguno", "aucun", "aucune", "geen", "keiner", "n.v.t.", "nvt", "n.b.", "s/n",
        "sin apellido", "sin apellidos", "non renseigne", "n.c.", "ohne angabe", "ohne namen", "kein name",
        "familienname", "vorname", "nachname", "prenom", "nombre", "apellido", "apellidos", "achternaam", "voornaam",
        "surname", "name", "firstname", "lastname", "given name", "family name", "full name", "max mustermann",
        "erika mustermann", "john doe", "jane doe", "diversen", "passant", "particulier", "privatkunde", "endkunde",
        "barzahler", "comptoir", "client comptoir", "client de passage", "consumidor final", "mostrador", "testkunde",
        "test test", "asdf", "qwerty", "to be confirmed", "tbc", "pending", "not known", "not stated", "refused",
        "withheld", "cash sale", "cash customer", "counter sale", "no surname", "no last name", "no apellido",
    ),
    "postal_code": ("00000", "99999", "0000", "12345", "11111", "9999", "54321", "123456", "000000", "xxxxx"),
}  # fmt: skip
