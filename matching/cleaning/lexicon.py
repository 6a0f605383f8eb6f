"""Word lists about names, streets and companies, from knowledge of the languages.

None comes from a data set or a generator: a word is here because a speaker of the language would say
so. Lists are lower case, without diacritics.
"""

# ruff: noqa: SIM905 - lists of words read best as words, and a name's variants as one line
from __future__ import annotations

TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame lady lord rev reverend herr frau fraulein hr fr dipl ing "
    "mme mlle monsieur madame mademoiselle sr sra srta don dona senor senora senorita dhr mevr mw drs "
    "md phd esq obe mbe cbe dds cpa msc bsc capt col hon".split()
)
# A title where it opens a name, a suffix or an initial elsewhere ("Sr. Lopez", "Jim Smith Sr").
LEADING_ONLY = frozenset(("sr", "don", "hon", "col", "fr", "md", "ing"))
TRAILING_ONLY = frozenset("md phd esq obe mbe cbe dds cpa msc bsc".split())

SUFFIXES = {
    "jr": "jr", "jnr": "jr", "junior": "jr", "jun": "jr", "fils": "jr", "hijo": "jr",
    "sr": "sr", "snr": "sr", "senior": "sr", "sen": "sr", "pere": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip

PARTICLES = frozenset(
    "de del della delle dela di da dos das do du des la le les los las lo van von vom vander vanden vander der "
    "den dem ten ter te zu zum zur of al el bin ibn ben bint abu af av y e und et o d l st saint san mc mac "
    "t s".split()
)
# Particles that mean nothing on their own; the others stay part of the surname when glued.
DROPPED_PARTICLES = frozenset(
    "de del della delle dela di da dos das do du des la le les los las lo van von vom vander vanden der den dem "
    "ten ter te zu zum zur of al el y e und et t s".split()
)
GLUED_PARTICLES = frozenset(("o", "d", "l", "mc", "mac", "st", "saint"))
FORMER_MARKS = frozenset(("nee", "ne", "geb", "geborene", "geborener", "formerly", "born", "fka", "aka", "ex"))

STREET_TYPES = {
    "street": "st", "str": "st", "strasse": "st", "avenue": "ave", "av": "ave", "avda": "ave", "avenida": "ave",
    "road": "rd", "drive": "dr", "lane": "ln", "boulevard": "blvd", "bd": "blvd", "boul": "blvd", "bld": "blvd",
    "court": "ct", "crt": "ct", "crescent": "cres", "cr": "cres", "crs": "cres", "circuit": "cct", "crct": "cct",
    "place": "pl", "plaza": "pl", "pza": "pl", "platz": "pl", "plein": "pl", "square": "sq", "terrace": "tce",
    "terr": "tce", "ter": "tce", "parkway": "pkwy", "pky": "pkwy", "highway": "hwy", "close": "cl",
    "gardens": "gdns", "garden": "gdns", "gdn": "gdns", "grove": "gr", "grv": "gr", "chemin": "ch", "che": "ch",
    "allee": "all", "calle": "c", "carretera": "ctra", "impasse": "imp", "route": "rte", "faubourg": "fbg",
    "weg": "weg", "gasse": "gasse", "ring": "ring", "damm": "damm", "ufer": "ufer", "straat": "st",
    "laan": "ln", "trail": "trl", "mount": "mt", "saint": "st", "sainte": "ste", "north": "n", "south": "s",
    "east": "e", "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
    "rise": "rise", "way": "way", "walk": "walk", "circle": "cir", "mews": "mews", "paseo": "po", "quai": "qu",
}  # fmt: skip
# German and Dutch compounds: "Lindenstr." and "Lindenstrasse" are one street.
STREET_ENDINGS = (("strasse", "st"), ("straat", "st"), ("str", "st"))
UNIT_WORDS = frozenset(
    "apt apartment unit suite ste flat fl floor room rm bldg building appt appartement bat batiment etage "
    "wohnung whg top stock og esc piso planta puerta local lot bus box".split()
)

LEGAL_FORMS = frozenset(
    "inc incorporated corp corporation co company ltd limited llc llp lp plc gmbh mbh ag kg ohg ug gbr se kgaa "
    "ev eg ek sa sas sarl sasu eurl sci snc sl slu sau bv nv vof cv spa srl oy ab as aps pty holding group "
    "gesellschaft haftungsbeschrankt und and et y".split()
)
COMPANY_MARKS = frozenset(
    "inc ltd limited llc llp plc gmbh mbh ag kg ohg ug gbr kgaa sarl sas sasu eurl sl slu bv nv vof srl corp "
    "corporation incorporated company pty".split()
)
COMPANY_WORDS = {
    "brothers": "bros", "brother": "bros", "gebruder": "gebr", "international": "intl", "internationale": "intl",
    "services": "service", "systems": "system", "solutions": "solution", "technologies": "tech",
    "technology": "tech", "manufacturing": "mfg", "associates": "assoc", "etablissements": "ets",
}  # fmt: skip

MAIL_TYPOS = {
    "gmial.com": "gmail.com", "gmal.com": "gmail.com", "gamil.com": "gmail.com", "gmai.com": "gmail.com",
    "gmail.co": "gmail.com", "gmail.con": "gmail.com", "gmail.cm": "gmail.com", "gnail.com": "gmail.com",
    "googlemail.com": "gmail.com", "hotmial.com": "hotmail.com", "hotmal.com": "hotmail.com",
    "hotmai.com": "hotmail.com", "hotmail.con": "hotmail.com", "homail.com": "hotmail.com",
    "yaho.com": "yahoo.com", "yahooo.com": "yahoo.com", "yhaoo.com": "yahoo.com", "yahoo.con": "yahoo.com",
    "outlok.com": "outlook.com", "outloook.com": "outlook.com", "outlook.con": "outlook.com",
    "iclould.com": "icloud.com", "icloud.con": "icloud.com", "aol.con": "aol.com", "gmx.ed": "gmx.de",
    "web.ed": "web.de", "orange.f": "orange.fr", "wanado.fr": "wanadoo.fr",
}  # fmt: skip
ROLE_USERS = frozenset(
    "info sales contact office admin support hello service mail post kontakt buero vertrieb accounts billing "
    "webmaster noreply no-reply reception orders buchhaltung comptabilite ventas compras einkauf".split()
)

# Words by which a mailbox says that a family shares it; the second kind only beside the surname.
FAMILY_WORDS = ("family", "familie", "famille", "familia", "famiglia", "famile", "haushalt", "household")
HOME_WORDS = frozenset("the thes s fam home house casa chez les los las die bei foyer clan mrandmrs mrmrs und".split())

COUNTRIES = {
    "usa": "US", "united states": "US", "united states of america": "US", "us": "US", "u s a": "US", "america": "US",
    "uk": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "gb": "GB", "gbr": "GB", "germany": "DE", "deutschland": "DE", "allemagne": "DE",
    "alemania": "DE", "d": "DE", "france": "FR", "frankreich": "FR", "francia": "FR", "f": "FR", "spain": "ES",
    "espana": "ES", "spanien": "ES", "espagne": "ES", "netherlands": "NL", "the netherlands": "NL",
    "nederland": "NL", "niederlande": "NL", "pays bas": "NL", "holland": "NL", "italy": "IT", "italia": "IT",
    "italien": "IT", "austria": "AT", "osterreich": "AT", "switzerland": "CH", "schweiz": "CH", "suisse": "CH",
    "svizzera": "CH", "belgium": "BE", "belgie": "BE", "belgique": "BE", "belgien": "BE", "ireland": "IE",
    "irland": "IE", "poland": "PL", "polska": "PL", "polen": "PL", "portugal": "PT", "canada": "CA",
    "australia": "AU", "turkiye": "TR", "turkei": "TR", "russia": "RU", "south korea": "KR", "vietnam": "VN",
}  # fmt: skip

# The dialling code and the digit put before a number within the country.
DIALLING = {
    "US": ("1", "1"), "CA": ("1", "1"), "GB": ("44", "0"), "DE": ("49", "0"), "FR": ("33", "0"), "ES": ("34", ""),
    "NL": ("31", "0"), "IT": ("39", ""), "AT": ("43", "0"), "CH": ("41", "0"), "BE": ("32", "0"), "IE": ("353", "0"),
    "PL": ("48", ""), "PT": ("351", ""), "DK": ("45", ""), "SE": ("46", "0"), "NO": ("47", ""), "FI": ("358", "0"),
    "AU": ("61", "0"), "NZ": ("64", "0"), "LU": ("352", ""),
}  # fmt: skip

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january januar janvier enero jan janv ene januari",
        "february februar fevrier febrero feb fev fevr februari",
        "march marz mars marzo mar mrz maart maerz",
        "april avril abril apr avr abr",
        "may mai mayo mei",
        "june juni juin junio jun",
        "july juli juillet julio jul juil",
        "august aout agosto aug ago augustus",
        "september septembre septiembre sep sept",
        "october oktober octobre octubre oct okt",
        "november novembre noviembre nov",
        "december dezember decembre diciembre dec dez dic",
    ),
    start=1,
):
    for _name in _names.split():
        MONTHS[_name] = _number
