"""Word lists about names of people and companies, from knowledge of the languages.

None comes from a data set or a generator: a word is here because a speaker of the language would say
so. Lists are lower case, without diacritics.
"""

# ruff: noqa: SIM905 - lists of words read best as words, and a name's variants as one line
from __future__ import annotations

TITLES = frozenset(
    "mr mrs ms miss mx master messrs dr drs prof professor sir dame lady lord rev reverend revd hon rabbi imam capt "
    "captain col colonel maj major lt sgt gen fr father "
    "rt bt baronet countess viscount viscountess duchess marquess freiherr graf grafin "
    "herr herrn frau fraulein frl hr fr dipl ing mag dkfm med jur phil rer nat habil hc univ priv doz pd ra "
    "mme mlle mmes mm monsieur madame mademoiselle maitre me docteur veuve vve "
    "sr sra srta srs don dona senor senora senorita lic licenciado licenciada arq ingeniero abogado doctor doctora dra "
    "dhr mevr mw mej heer mevrouw meneer ir mr bc "
    "sig signor signora signorina dott dottore dottoressa avv rag geom "
    "pan pani mgr inz sra exmo bay bayan sayin shri smt sri kumari haji hajji sheikh".split()
)
# A title where it opens a name, a suffix, an initial or a name elsewhere ("Sr. Lopez", "Jim Smith Sr").
LEADING_ONLY = frozenset(
    "sr don hon col fr md ing major me ra pd ir bc lt mag med phil nat pan bay "
    "sri sig maitre veuve univ haji sheikh imam rabbi herr heer".split()
)
# Words that are a name of their own too, and open a name as a title only where two words follow.
NAMES_TOO = frozenset("don mag phil nat pan major sri sheikh imam haji bay".split())
TRAILING_ONLY = frozenset(
    "md phd esq esquire obe mbe cbe kbe dds dvm cpa msc bsc ba ma mba llb llm jd rn frcs mp qc kc ret rtd "
    "msci beng meng bed ms dphil".split()
)
# What clerks write behind a name.
NOTES = frozenset(
    "deceased verstorben decede decedee fallecido fallecida overleden vip dup duplicate duplikat doublon doppelt "
    "dubbel duplicado inactive inaktiv inactif gesperrt old alt neu new test kunde customer client cliente".split()
)

SUFFIXES = {
    "jr": "jr", "jnr": "jr", "junior": "jr", "jun": "jr", "fils": "jr", "hijo": "jr", "filho": "jr",
    "sr": "sr", "snr": "sr", "senior": "sr", "sen": "sr", "pere": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip
# Names of their own as well: no suffix where nothing but one word would be left.
SUFFIX_OR_NAME = frozenset("sen jun fils pere hijo junior senior filho".split())

PARTICLES = frozenset(
    "de del della delle dello dei degli dela delos delas di da das dos do du des la le les los las lo van von vom "
    "vander vanden vander vanden vd der den dem ten ter te zu zum zur of al el bin ibn ben bint abu af av y e und et "
    "o d l st saint san santa mc mac t s ap ab auf aus op in het tho thor uit vande vant bei am im an".split()
)
# Particles that say nothing: people and systems keep, drop and sort by them as they like.
DROPPED_PARTICLES = frozenset(
    "de del della delle dello dei degli dela delos delas da das dos do las los van von vom vander vanden "
    "vd der den dem ten ter te zu zum zur of al el y e und et t s auf aus op het tho thor uit vande vant af av".split()
)
# Particles that are written together with the name as often as not ("Le Roux", "Leroux").
GLUED_PARTICLES = frozenset(("o", "d", "l", "mc", "mac", "st", "saint", "sainte", "le", "la", "du", "di", "fitz", "ap"))
# The same written together, where what follows is a name: "Vanderberg" is "van der Berg".
WRITTEN_TOGETHER = ("vander", "vanden", "vonder", "delos", "delas", "dela")
# What the English of O'Brien write after a blank.
IRISH = frozenset(
    "brien connor conor neill neil donnell reilly sullivan hara grady leary malley rourke keefe keeffe toole "
    "shea dwyer "
    "donoghue donovan callaghan hagan kane mahony mahoney meara flaherty dowd gorman driscoll halloran flynn dea "
    "doherty farrell hanlon loughlin mara regan riordan rorke shaughnessy hare banion carroll".split()
)

FORMER_MARKS = frozenset(
    "nee ne geb geborene geborener geborne geboren gebortig gebuertig formerly born fka aka ex vormals fruher "
    "anciennement nacida nacido nata nato antes verw gesch geschiedene epouse ep epse verh verheiratet".split()
)
# Between two people on one line: "John and Mary Smith", "Herr und Frau Meyer".
COUPLES = frozenset(("and", "und", "et", "en", "y", "e", "plus", "u", "o", "oder", "or"))
# Here people bear two surnames, so that two words in a surname's field are no given name and surname.
TWO_SURNAMES = frozenset("ES MX AR CO PE CL VE EC GT CU BO DO HN PY SV NI CR PA UY PR".split())
# Here the family name comes first in speech and in writing.
FAMILY_FIRST = frozenset(("HU", "CN", "TW", "HK", "KR", "KP", "VN", "JP", "SG"))

# By what a company's name ends or begins, and what tells no two apart.
LEGAL_FORMS = frozenset(
    "inc incorporated corp corporation co company companies ltd limited llc llp lp plc pllc pc cic dba ta "
    "gmbh mbh ag kg ohg ug gbr se kgaa ev eg ek ekfm ekfr egbr partg partgmbb haftungsbeschrankt gesellschaft ggmbh "
    "sa sas sasu sarl eurl sci snc scop scp selarl cie compagnie ets etablissements ste societe "
    "sl slu slp sau sc scoop cb slne sociedad limitada anonima "
    "bv nv vof cv bvba srl spa sapa sas sprl oy oyj ab as asa aps zoo sp z oo sro kft zrt doo ltda eireli "
    "pty pte holding holdings group groupe gruppe grupo und and et y e the".split()
)
COMPANY_MARKS = frozenset(
    "inc ltd limited llc llp plc pllc gmbh mbh ggmbh ohg ug gbr kgaa partg sarl sas sasu eurl selarl slu bv nv "
    "vof srl sprl bvba corp corporation incorporated company pty oyj aps sro kft spzoo ltda kg ag ev ek sl".split()
)
# A name field with one of these words holds a business or an institution, not a person.
BUSINESS_WORDS = frozenset(
    "gesellschaft stiftung verein apotheke backerei metzgerei autohaus werkstatt praxis kanzlei gasthaus gaststatte "
    "handel handels vertrieb vertriebs dienstleistungen versicherung sparkasse volksbank stadtwerke gemeindeamt "
    "boulangerie pharmacie garage societe etablissements association mairie boucherie imprimerie librairie "
    "farmacia restaurante panaderia ferreteria asociacion ayuntamiento fundacion talleres muebles inmobiliaria "
    "bakkerij slagerij apotheek stichting vereniging gemeente aannemersbedrijf "
    "restaurant hotel pharmacy university hospital foundation association solutions services consulting "
    "technologies enterprises industries logistics plumbing construction insurance trading bakery".split()
)
COMPANY_WORDS = {
    "brothers": "bros", "brother": "bros", "gebruder": "gebr", "gebrueder": "gebr", "gebroeders": "gebr",
    "freres": "frs", "hermanos": "hnos", "international": "intl", "internationale": "intl",
    "services": "service", "systems": "system", "systeme": "system", "solutions": "solution", "technologies": "tech",
    "technology": "tech", "technologie": "tech", "technik": "tech", "manufacturing": "mfg", "associates": "assoc",
    "association": "assoc", "department": "dept", "university": "univ", "universitat": "univ", "center": "centre",
    "centrum": "centre", "zentrum": "centre", "products": "product", "industries": "industry", "partners": "partner",
    "enterprises": "enterprise", "consultants": "consulting", "beratung": "consulting", "management": "mgmt",
}  # fmt: skip

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january januar janner jaenner janvier enero jan janv ene januari gennaio gen janeiro",
        "february februar feber fevrier febrero feb febr fev fevr februari febbraio fevereiro",
        "march marz mars marzo mar mrz maart mrt maerz marco",
        "april avril abril apr avr abr aprile",
        "may mai mayo mei maggio mag maj maio",
        "june juni juin junio jun giugno giu junho",
        "july juli juillet julio jul juil luglio lug julho",
        "august aout agosto aug ago augustus aou",
        "september septembre septiembre sep sept setembre settembre set setembro",
        "october oktober octobre octubre oct okt ottobre ott outubro out",
        "november novembre noviembre nov novembro",
        "december dezember decembre diciembre dec dez dic dicembre dezembro",
    ),
    start=1,
):
    for _name in _names.split():
        MONTHS[_name] = _number
