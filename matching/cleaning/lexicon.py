"""Word lists about names, streets and companies, from knowledge of the languages.

None comes from a data set or a generator: a word is here because a speaker of the language would say
so. Lists are lower case, without diacritics.
"""

# ruff: noqa: SIM905, E501 - lists of words read best as words, and a name's variants as one line
from __future__ import annotations

# Each line: short forms and variants of one given name, English, German, French, Spanish.
_NICKNAMES = """
abigail abby abbie gail
abraham abe bram
adelaide addie heidi
adrian ade
agnes aggie nessie
albert al bert albie albrecht alberto
alexander alex alec al sandy sasha xander lex alejandro alexandre
alexandra alex sandra sandy sasha lexi alejandra
alfred alf alfie fred freddie alfredo
alice ali allie alicia
alison ali allie allison
amanda mandy
amelia amy millie mia
andrew andy drew andreas andre andres
andrea andi andie
angela angie
anne ann anna annie nan nancy anita hanna hannah ana anja
annemarie anne annie
anthony tony ant antonio anton antoine toni
antonia toni tonia
archibald archie
arthur art artie arturo
augustus gus augustin
barbara barb babs bobbie babsi
bartholomew bart
beatrice bea bee trixie beatrix beatriz
benedict ben benedikt
benjamin ben benny benji benni
bernard bernie bernhard bernardo bernd
bernadette bernie
bertram bert
bradley brad
bridget biddy bridie
caleb cal
calvin cal
cameron cam
camille cami
carl charles charlie chuck karl carlos carlo chas chaz charly
caroline carrie carol caro carolyn carolina karoline
catherine cathy kate katie kathy kitty cat katherine kathryn katharina katharine catalina cathryn katrin kathrin kati kat catrin
cecilia cissy celia
charlotte lottie charlie lotte charly
christian chris cristian kristian
christina chris chrissy tina christine kristina kristin christa cristina christel
christopher chris kit topher kris christoph christophe cristobal
clara clare claire klara
claudia claudi
clifford cliff
cornelius neil con cornelis
cynthia cindy
daniel dan danny dani
danielle dani danni
david dave davy davie
deborah deb debbie debra
dennis denny den
derek del
diana di diane
dominic dom nick dominik dominique
donald don donnie
dorothy dot dottie dolly dora dorothea dorothee
douglas doug dougie
edith edie
edmund ed eddie ned
edward ed eddie ned ted teddy eduard eduardo edouard
edwin ed eddie ned
eleanor ellie nell nellie nora leonora ella lenore
elizabeth liz lizzie beth betty betsy eliza elsie lisa libby bess lisbeth elisabeth elise isabel else elsa lise lilibet
ellen nell nellie helen helena lena helene elena ellie
emily em emmy millie emilia
emma em emmy
ernest ernie ernst ernesto
esther essie hester
eugene gene eugen eugenio
evelyn evie eve
ferdinand ferdi fernando
florence flo flossie florrie
frances fran fanny francesca frannie franziska francisca franzi
francis frank fran francisco paco pancho franz francois francesco
franklin frank
frederick fred freddie freddy rick friedrich fritz frederic federico frederik
gabriel gabe gabi
gabrielle gabby gabi gabriele gabriela
geoffrey geoff jeff jeffrey jeffery
george georgie georg jorge georges jurgen
georgina gina georgie georgia
gerald gerry jerry gerhard gerd
gerard gerry jerry gerardo
gertrude gertie trudy gertrud
gilbert gil bert
gregory greg gregor
guillermo william guillaume wilhelm willi memo
gunther gunter
harold harry hal harald
harriet hattie
harrison harry
helmut helmi
henry harry hank hal heinrich heinz henri enrique hendrik henrik
herbert herb bert bertie
hubert hugh bert
howard howie
hugh hughie hugo
ignacio nacho
isaac ike
isabella bella izzy belle isabel isabelle isobel ysabel
jacob jake jakob jack
jacqueline jackie jacqui
james jim jimmy jamie jem jaime jacques
jane janie jenny jan janet jean joan
janet jan
janice jan
jasmine jas
jason jay jase
jeanne jeannette jeanette
jennifer jen jenny jenn
jeremy jerry jem jeremiah
jessica jess jessie
joachim jochen achim
john jack johnny jon johannes johann hans juan jean ian jan jock hannes
jonathan jon jonny johnny nathan
joseph joe joey jo josef jose pepe sepp jupp
josephine jo josie josefine josefina pepa fifi
joshua josh
joyce joy
judith judy judi jude
julia julie jules
julian jules julien
juliana julie
karen kari
katarina kat
kenneth ken kenny
kevin kev
kimberly kim kimberley
kristen kris
laura laurie lori
laurence larry laurie lawrence lars lorenz lorenzo laurent
leo leonard len lenny leon leonardo leonhard leopold
leslie les
lillian lily lil lilian lilli
linda lindy
louis lou louie luis ludwig lewis luigi
louise lou luise luisa lulu
lucas luke luc lukas
lucy lucille lucia lulu luzie
madeline maddie madeleine maddy magdalena lena
manuel manny manolo
manuela manu
marcus marc mark markus marcos
margaret maggie meg peggy marge margie greta rita madge daisy margarete margarita marguerite margot gretchen gretel grete margarethe margret
maria mary marie mia mimi mitzi
marilyn mari lyn
marion mari
martha marty mattie
martin marty martijn
martina tina
mary molly polly mamie may marie maria moll
matilda tilly mattie mathilda mathilde
matthew matt matty matthias mathieu mateo matthieu mathias
maureen mo
maurice mo moritz mauricio
maximilian max maximilien
megan meg
melanie mel
melissa mel lissa missy
melvin mel
michael mike mick micky mikey mickey miguel michel michi mischa
michelle shelly mich michele
mildred millie
mohammed mo mohamed muhammad mohammad mohamad
monica moni monika
nancy nan
natalie nat nathalie
natasha tasha
nathaniel nat nate nathan
nicholas nick nicky nico nicolas niko nikolaus klaus claus nikolas
nicola nicky nikki nicole
norman norm
oliver ollie olli olivier
olivia liv livvy
oscar oskar
pamela pam
patricia pat patty tricia trish patsy paddy
patrick pat paddy patricio
paul paulo pablo pauli
paula paulina pauline
penelope penny
peter pete pedro pierre pit
petra peti
philip phil pip phillip philipp philippe felipe
priscilla cilla
rachel rach rae
rafael rafa raphael rafe
ralph ralf
randall randy randolph
raymond ray raimund ramon
rebecca becky becca beck rebekah
regina gina reggie
reginald reg reggie rex
reinhard reiner
richard rick rich dick richie ricky ricardo
robert rob bob bobby robbie bert rupert roberto robin
roberta bobbie
roderick rod roddy
rodney rod
roger rodge rudiger
roland rolly
ronald ron ronnie
rosemary rose rosie romy
rosa rose rosie rosalie
rudolph rudy rudolf rudi rolf
russell russ
ruth ruthie
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sally sadie sara
sebastian seb bastian basti bastien
sharon shaz
sidney sid
siegfried sigi
simon si
sophia sophie sofia sonja
stanley stan
stephanie steph stefanie steffi
stephen steve steven stevie stefan stephan steffen esteban etienne
stuart stu stewart
susan sue susie suzy susanna suzanne sanna susanne susana suse
sylvia silvia sylvie
tabitha tabby
tamara tammy
terence terry terrence
teresa terry tess tessa theresa tracy therese resi tere
theodore ted teddy theo theodor teodoro
thomas tom tommy tomas thom
timothy tim timmy
tobias toby tobi
tiffany tiff
ursula uschi ulla
valerie val
veronica ronnie vera veronika roni
victor vic viktor
victoria vicky vicki tori viktoria
vincent vince vinnie vinzenz vicente
virginia ginny ginger
vivian viv
walter walt wally
wendy wen
werner vern
wilfred wilf fred
wilhelmina mina minnie wilma helma
william will bill billy willie liam wilhelm willi wim
winifred winnie
wolfgang wolf wolfi
yvonne von
zachary zach zack
concepcion concha conchita
dolores lola
guadalupe lupe lupita
javier javi xavier
jesus chuy
mercedes merche
rosario charo
santiago santi diego
pilar pili
encarnacion encarna
"""

NICKNAMES: dict[str, tuple[int, ...]] = {}
for _root, _line in enumerate(filter(None, map(str.split, _NICKNAMES.strip().splitlines()))):
    for _word in _line:
        NICKNAMES[_word] = (*NICKNAMES.get(_word, ()), _root)

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
