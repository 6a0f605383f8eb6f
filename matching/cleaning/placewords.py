"""Word lists about streets, towns and countries, from knowledge of the languages.

Lists are lower case, without diacritics.
"""

# ruff: noqa: SIM905 - lists of words read best as words
from __future__ import annotations

STREET_TYPES = {
    "street": "st", "str": "st", "strt": "st", "strasse": "st", "straat": "st", "avenue": "ave", "av": "ave",
    "aven": "ave", "avn": "ave", "avda": "ave", "avd": "ave", "avenida": "ave", "road": "rd", "drive": "dr",
    "drv": "dr", "lane": "ln", "boulevard": "blvd", "bd": "blvd", "boul": "blvd", "bld": "blvd",
    "bvd": "blvd", "blv": "blvd", "bulevar": "blvd", "court": "ct", "crt": "ct", "cour": "ct", "crescent": "cres",
    "cr": "cres", "crs": "cres", "circuit": "cct", "crct": "cct", "place": "pl", "plc": "pl", "plaza": "pl",
    "pza": "pl", "plza": "pl", "placa": "pl", "platz": "pl", "plein": "pl", "piazza": "pl", "square": "sq",
    "sqr": "sq", "terrace": "tce", "terr": "tce", "ter": "tce", "parkway": "pkwy", "pky": "pkwy", "pkway": "pkwy",
    "highway": "hwy", "hgwy": "hwy", "hiway": "hwy", "expressway": "expy", "freeway": "fwy", "turnpike": "tpke",
    "close": "cl", "clo": "cl", "gardens": "gdns", "garden": "gdns", "gdn": "gdns", "grove": "gr", "grv": "gr",
    "gro": "gr", "chemin": "ch", "che": "ch", "chem": "ch", "allee": "all", "alle": "all", "alley": "aly",
    "calle": "c", "carretera": "ctra", "crta": "ctra", "camino": "cno", "paseo": "po", "pso": "po",
    "passeig": "po", "ronda": "rda", "travesia": "trva", "traversera": "trva", "glorieta": "gta", "urbanizacion": "urb",
    "poligono": "pol", "impasse": "imp", "route": "rte", "rue": "rue", "r": "rue", "faubourg": "fbg", "fg": "fbg",
    "quai": "qu", "passage": "pass", "psg": "pass", "residence": "res", "lotissement": "lot", "hameau": "ham",
    "sentier": "sen", "esplanade": "esp", "via": "via", "viale": "vle", "corso": "cso", "largo": "lgo",
    "trail": "trl", "circle": "cir", "circ": "cir", "mews": "mews", "rise": "rise", "way": "way", "walk": "wlk",
    "wk": "wlk", "point": "pt", "heights": "hts", "ridge": "rdg", "valley": "vly", "view": "vw", "village": "vlg",
    "station": "sta", "springs": "spgs", "junction": "jct", "extension": "ext", "estate": "est", "park": "pk",
    "hill": "hl", "green": "grn", "bridge": "brg", "crossing": "xing", "loop": "loop", "run": "run", "path": "path",
    "mount": "mt", "mountain": "mtn", "fort": "ft", "saint": "st", "sainte": "st", "ste": "st", "sankt": "st",
    "sint": "st",
    "santa": "sta", "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw", "nord": "n", "sud": "s", "ost": "o", "norte": "n", "sur": "s", "este": "e",
    "oeste": "w", "doctor": "dr", "doktor": "dr", "general": "gen", "gral": "gen", "marechal": "mal",
    "president": "pres", "professor": "prof", "burgermeister": "bgm", "burgerm": "bgm", "burgemeester": "bgm",
    "county": "co", "weg": "weg", "wg": "weg", "laan": "ln",
    "gracht": "gr", "kade": "kade", "dreef": "dreef", "singel": "singel", "steenweg": "stwg",
}  # fmt: skip
# German and Dutch compounds: "Lindenstr." and "Lindenstrasse" are one street.
STREET_ENDINGS = (
    ("strasse", "st"), ("straat", "st"), ("str", "st"), ("platz", "pl"), ("plein", "pl"), ("allee", "all"),
    ("gasse", "gasse"), ("weg", "weg"), ("laan", "ln"), ("gracht", "gr"), ("kade", "kade"), ("steenweg", "stwg"),
)  # fmt: skip
# Street types behind which a number is no flat but the street's own ("Highway 12").
NUMBERED = frozenset("hwy rte rd co ctra sr us fm cr i state loop".split())
# Left out of a street's name, as people do: "Calle de Alcala", "rue de la Paix", "Laan van Meerdervoort".
STREET_FILLERS = frozenset("de du des del la las los les le der den dem the of d l el van von und et y and".split())

# A unit within a house and what names it: "Apt 4B", "Flat 3", "Whg. 12".
UNIT_WORDS = frozenset(
    "apt apartment appartment apmt unit suite ste flat flt fl floor room rm bldg building blg block blk appt app "
    "appartement apto apartamento bat batiment bt etage etg et escalier porte hall entree wohnung whg wohn we top "
    "stiege stock stockwerk og eg dg ug hinterhaus vorderhaus hh vh sf aufgang esc escalera piso pis planta pta puerta "
    "local lot bus box bte boite trlr trailer spc space dept department level lvl lvl studio maisonette basement "
    "penthouse ph tower twr portal bloque blq interior int scala verdieping kamer hoog huis kantoor".split()
)
# These follow their number: "2. OG", "3rd floor", "2e etage", "3 hoog".
FLOORS_AFTER = frozenset("og stock stockwerk etage etg floor fl piso planta verdieping hoog dg".split())
# What stands behind a number and names a flat by its side: "2 links", "1 izq".
SIDES = frozenset(
    "links rechts li re mitte mi izq izda izquierda dcha drcha derecha ctro centro bajo bj atico rear front "
    "upper lower "
    "left right gauche droite rdc hs boven beneden zwart rood sn".split()
)
ORDINAL_FLOORS = frozenset("ground first second third fourth fifth top basement lower upper garden".split())
# A line that begins with one of these names a person or a firm, not a street.
CARE_OF = ("c/o", "co/", "z.hd", "z. hd", "zhd", "attn", "att:", "fao", "chez ", "p/a", "a/c ", "care of", "bei ")

COUNTRIES = {
    "usa": "US", "us": "US", "u s a": "US", "u s": "US", "america": "US", "etats unis": "US", "estados unidos": "US",
    "ee uu": "US", "eeuu": "US", "verenigde staten": "US", "vereinigte staaten": "US", "united states of america": "US",
    "united states": "US", "uk": "GB", "u k": "GB", "united kingdom": "GB", "great britain": "GB", "britain": "GB",
    "gb": "GB", "gbr": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "cymru": "GB", "northern ireland": "GB",
    "grossbritannien": "GB", "grande bretagne": "GB", "royaume uni": "GB", "angleterre": "GB", "reino unido": "GB",
    "gran bretana": "GB", "inglaterra": "GB", "schottland": "GB", "ecosse": "GB", "vereinigtes konigreich": "GB",
    "verenigd koninkrijk": "GB", "engeland": "GB", "germany": "DE", "deutschland": "DE", "allemagne": "DE",
    "alemania": "DE", "duitsland": "DE", "germania": "DE", "brd": "DE", "d": "DE", "bundesrepublik deutschland": "DE",
    "france": "FR", "frankreich": "FR", "francia": "FR", "frankrijk": "FR", "f": "FR", "spain": "ES", "espana": "ES",
    "spanien": "ES", "espagne": "ES", "spanje": "ES", "spagna": "ES", "e": "ES", "netherlands": "NL",
    "the netherlands": "NL", "nederland": "NL", "niederlande": "NL", "die niederlande": "NL", "pays bas": "NL",
    "paises bajos": "NL", "holland": "NL", "hollande": "NL", "holanda": "NL", "italy": "IT", "italia": "IT",
    "italien": "IT", "italie": "IT", "i": "IT", "austria": "AT", "osterreich": "AT", "oesterreich": "AT",
    "autriche": "AT", "oostenrijk": "AT", "a": "AT", "switzerland": "CH", "schweiz": "CH", "suisse": "CH",
    "svizzera": "CH", "suiza": "CH", "zwitserland": "CH", "belgium": "BE", "belgie": "BE", "belgique": "BE",
    "belgien": "BE", "belgica": "BE", "b": "BE", "ireland": "IE", "irland": "IE", "irlande": "IE", "irlanda": "IE",
    "ierland": "IE", "eire": "IE", "republic of ireland": "IE", "poland": "PL", "polska": "PL", "polen": "PL",
    "pologne": "PL", "portugal": "PT", "p": "PT", "canada": "CA", "kanada": "CA", "australia": "AU", "luxembourg": "LU",
    "luxemburg": "LU", "l": "LU", "denmark": "DK", "danmark": "DK", "danemark": "DK", "dk": "DK", "sweden": "SE",
    "sverige": "SE", "schweden": "SE", "suede": "SE", "norway": "NO", "norge": "NO", "norwegen": "NO", "finland": "FI",
    "suomi": "FI", "finnland": "FI", "czech republic": "CZ", "ceska republika": "CZ", "tschechien": "CZ", "cesko": "CZ",
    "hungary": "HU", "magyarorszag": "HU", "ungarn": "HU", "greece": "GR", "hellas": "GR", "ellada": "GR", "el": "GR",
    "griechenland": "GR", "turkiye": "TR", "turkey": "TR", "turkei": "TR", "turquie": "TR", "russia": "RU",
    "rossiya": "RU", "russland": "RU", "rusia": "RU", "south korea": "KR", "korea": "KR", "vietnam": "VN",
    "viet nam": "VN", "china": "CN", "prc": "CN", "zhongguo": "CN", "japan": "JP", "nippon": "JP", "taiwan": "TW",
    "mexico": "MX", "mejico": "MX", "brasil": "BR", "brazil": "BR", "hrvatska": "HR", "romania": "RO", "srbija": "RS",
    "uae": "AE", "emirates": "AE", "new zealand": "NZ", "nz": "NZ", "aotearoa": "NZ", "jersey": "JE", "guernsey": "GG",
}  # fmt: skip

# Names of one town: other languages', old and short ones.
TOWNS = {
    "new york city": "new york", "nyc": "new york", "new york ny": "new york", "l a": "los angeles",
    "washington dc": "washington", "washington d c": "washington", "cologne": "koln", "munich": "munchen",
    "muenchen": "munchen", "nuremberg": "nurnberg", "hanover": "hannover", "brunswick": "braunschweig",
    "francfort": "frankfurt", "hambourg": "hamburg", "hamburgo": "hamburg", "vienna": "wien", "vienne": "wien",
    "geneva": "geneve", "genf": "geneve", "zurigo": "zurich", "basle": "basel", "bale": "basel", "berne": "bern",
    "lucerne": "luzern", "brussels": "bruxelles", "brussel": "bruxelles", "brusel": "bruxelles",
    "antwerp": "antwerpen", "anvers": "antwerpen", "ghent": "gent", "gand": "gent", "bruges": "brugge",
    "luttich": "liege", "luik": "liege", "the hague": "den haag", "s gravenhage": "den haag", "sgravenhage": "den haag",
    "s hertogenbosch": "den bosch", "shertogenbosch": "den bosch", "la haye": "den haag", "lisbon": "lisboa",
    "lisbonne": "lisboa", "rome": "roma", "milan": "milano", "mailand": "milano", "florence": "firenze",
    "florenz": "firenze", "turin": "torino", "venice": "venezia", "venedig": "venezia", "naples": "napoli",
    "genoa": "genova", "seville": "sevilla", "saragossa": "zaragoza", "la coruna": "a coruna", "coruna": "a coruna",
    "palma de mallorca": "palma", "donostia": "san sebastian", "donostia san sebastian": "san sebastian",
    "donosti": "san sebastian", "gasteiz": "vitoria", "vitoria gasteiz": "vitoria", "alacant": "alicante",
    "elx": "elche", "iruna": "pamplona", "strassburg": "strasbourg", "marseilles": "marseille", "lyons": "lyon",
    "nizza": "nice", "copenhagen": "kobenhavn", "kopenhagen": "kobenhavn", "prague": "praha", "prag": "praha",
    "warsaw": "warszawa", "warschau": "warszawa", "moscow": "moskva", "moskau": "moskva", "athens": "athina",
    "athen": "athina", "gothenburg": "goteborg", "duisbourg": "duisburg", "treves": "trier", "ratisbon": "regensburg",
}  # fmt: skip
# German towns whose districts are written behind a hyphen: "Berlin-Mitte".
WITH_DISTRICTS = frozenset(
    "berlin hamburg munchen koln frankfurt stuttgart dusseldorf leipzig dortmund essen bremen dresden hannover "
    "nurnberg "
    "duisburg bochum wuppertal bielefeld bonn munster mannheim karlsruhe augsburg wiesbaden wien zurich graz".split()
)
# Words that name a unit even where theirs is the only number.
STRONG_UNITS = frozenset(
    "apt apartment appartment apmt unit suite flat flt appt appartement apto apartamento wohnung whg room rm piso "
    "puerta pta etage porte escalier trlr trailer bldg studio".split()
)
NUMBER_WORDS = frozenset("no nr num numero number nummer hausnr hausnummer nro n numer".split())
TOWN_WORDS = {"saint": "st", "sainte": "st", "ste": "st", "sankt": "st", "sint": "st", "fort": "ft", "mount": "mt"}
# Behind these a German or French town says where it lies, and most people leave it out.
WHERE = frozenset("am an a im i ob in bei b vor v uber ueber auf o".split())
