"""Common given names and surnames, to tell which of two words is which; from knowledge of the languages.

A name in both lists decides nothing. The forms of ``nicknames`` are given names too.
"""

# ruff: noqa: SIM905 - lists of words read best as words
from __future__ import annotations

from matching.cleaning.nicknames import NICKNAMES
from matching.cleaning.text import folded

_GIVEN = """
aaron adam aidan aiden alan allan allen alistair angus ashley austin barry beau blake brandon brendan brent brett brian
bruce bryan callum carter chad chloe clayton clive clint cody colin connor conor corey courtney craig curtis dale damian
damien darren dean declan dillon dominick duane dustin dwayne dylan earl eamon elaine eliza ellis elliot elmer eric erik
erin ethan evan faith felicity fiona freya gareth garrett gary gavin gemma gillian glen glenn gordon grace graham grant
guy hayden hazel heather hector heidi hope hunter ian imogen irene iris isla ivan ivy jade jared jasper jean jeff jill
jillian joanna joanne jodie jordan joel julius justin kayla keith kelly kelsey kerry kirsten kirsty kristy kyle lance
lauren leah lee leigh leroy levi liam lloyd logan lois lorraine luther lydia lynn lynne mabel malcolm marlene marjorie
mason maxine maya miles miranda mitchell molly morgan muriel naomi neal neil nigel noah noel nora norma owen paige
perry phoebe phyllis poppy preston quentin quincy ray reece rhys riley rita robyn ronan rory ross rowan roy ruby ryan
sabrina sandra scarlett scott sean shane shannon shaun shawn sheila shelby shirley sheri sierra skylar spencer stacy
stacey stella stephan summer tanya tara taylor tina todd tracey travis trevor troy tyler tyrone vernon violet wade
warren wayne wesley whitney yolanda zoe aisha fatima layla yusuf omar hassan ibrahim mustafa abdul amir karim khalid
leila nadia samir tariq yasmin zainab bilal hamza imran

adelheid alois andreas anette angelika anke annegret annette annika antje arne astrid axel beate benno berthold birgit
birte bjorn bodo brigitte britta brunhilde burkhard carina carmen carsten christel christiane conny cornelia dagmar
daniela detlef dierk dieter dietmar dietrich dirk doris eckhard edeltraud egon ekkehard elfriede elke elvira emil
emilia erhard erika erich erwin eva ewald falk felix finn florian franziska frauke friedhelm gerda gernot gisela gitta
gudrun guido gunda gustav hannelore harald hartmut hedwig heike heiko heiner heino helga helge helmut henning hermann
herta hilde hildegard hilke holger horst hugo ilka ilona ilse imke ina inga inge ingeborg ingo ingrid irina irmgard
isolde jana janina jannik jens jorg judit julian jurgen jutta kai karin karla karlheinz karola karsten katja kerstin
kilian klara konrad kurt kathe lara lea leonie liesel lisa lothar lutz maike malte manfred manuel marco margrit
marianne mario marlies marlis mathilda max meike melanie merle mirko monika nadine nele niklas nils norbert oliver
ortwin otto paula peer renate rene ricarda roswitha rosemarie roland rolf rosa ruben rudiger ruprecht sabine sandra
saskia sebastian siegbert sigrid silke silvia simone sonja stefanie steffen susann svenja sven swantje tanja tatjana
thorsten tilo tim timo tobias torben torsten traute udo ulf uli ulrich ulrike urs ursula uta ute uwe valentin vera
verena veronika viktor volker volkmar waldemar waltraud waltraut wilfried wiebke willibald wolfram xaver

adele adrien agathe agnes aime alain alban amandine amelie anais ariane armand arnaud arlette aude audrey aurelie
aurelien aurore axelle baptiste barnabe bastien bertrand blaise brice brigitte bruno cecile cedric celine chantal
charlene chloe christelle christiane claire clarisse claude claudette claudine clement clemence clementine colette
coralie corentin corinne cyril cyrille damien danielle delphine denis denise desire didier dimitri dorian edgar edith
edmond eliane elise elodie eloise emilie emile emilien emmanuel emmanuelle enzo eric erwan estelle eugenie fabien
fabienne fabrice fanny fernand flavie flavien florent florence floriane francine franck gael gaelle gaetan gaspard
gaston genevieve georgette geraldine germain germaine ghislaine gilles ginette gisele giselle gregoire guilhem
guillaume gustave guy gwenaelle hadrien helene henriette herve honore hortense huguette ines isaure jacky jeannine
jeremie jerome joel joelle jordane josette josiane josselin jocelyne judicael juliette justine karine laetitia laure
laurence leopold liliane lionel loic loick lorraine luce lucette lucie lucien lucienne ludivine ludovic lydie mael
maelle magali manon marc marcel marceline marcelle margaux marianne marielle marine marion marius marlene martial
martine maryse mathilde maud maxime maxence melissa mireille morgane muriel myriam nadege nathalie nicole noelle noemie
odette odile olga olivier ophelie oriane pascal pascale patrice paulette perrine philippine pierrick quentin rachid
raphaelle raymonde regis remi remy renaud rene renee roger rolande romain romane roselyne sabine samia sandrine
severine sidonie simone solange solene soline suzanne sylvain sylvestre sylviane tanguy theophile thibault thibaut
thierry tiphaine tristan ulysse valentine valerie vanessa veronique violaine virginie viviane xavier yann yannick yves
yvette zacharie

adolfo adriana agustin aitor alba alberto aldo alfonso alicia alonso alvaro amparo ana anabel andrea angel angeles
antonia araceli armando arturo asuncion aurora beatriz begona belen benito blanca borja bruno carla carlota carmen
carolina celia cesar claudia consuelo cristian cristina cruz dario david delia diego domingo dolores efrain elena elias
elisa eloy elvira emilio encarna enrique ernesto estela esteban estrella eugenia eva fabian fabiola fatima felix
fermin fernanda fernando fidel florencia francisca gabriela gema genoveva gerardo german gloria gonzalo graciela
gregorio guadalupe gustavo hector hilda hugo humberto ignacia ines inmaculada iker irene isidro ismael ivan jacinto
jaime jesus joaquin jordi josefa juana julian julia julio laia laura leandro leire leonor leticia lidia lorena lourdes
lucas luciana luciano luz macarena magdalena maite manuela mar marcela marcelo margarita maribel maricarmen marina
mario marisa marisol marta mateo matias mauricio maximo mercedes miguel milagros miriam mireia monica montserrat
natalia nerea nicolas nieves noelia norma nuria octavio olga omar oriol oscar pablo paloma paola patricia pascual pau
paz pedro pilar rafael ramon ramona raquel raul rebeca reyes ricardo rocio rodolfo rodrigo rogelio rosa rosalia rosana
rosario ruben salvador salome santiago sara saul sergio silvia sofia sonia soledad susana tamara teresa teodoro tomas
trinidad valentina vanesa vicenta victor virginia yolanda xavi

aart adriaan aletta anneke annelies anouk arend arie arjan arjen bart bas bauke berend bianca bob boudewijn bram brecht
carlijn chantal cees coen corrie daan dagmar daphne demi dirk douwe eefje eelco eline ellen els elske emiel erwin esmee
evert femke fenna ferry fleur floor floris frans freek frits geert gerben gerda gerrit gert gijs greet guus hanneke
harm hein henk hendrikje henny herman hetty hidde hilde huib ilse ineke inge jaap jacco jan jannie janneke jasper jelle
jeroen jet jip joep johan jolanda joost jop joris jos jouke juul jurre karel karin kees klaas koen lars leen lennart
lies
liesbeth lieke lisanne loes lotte luuk maaike maarten maud machiel maik mariska marieke marije marijke marjan marjolein
marlies martijn matthijs meindert menno merel michiel mieke nienke niels noor olaf onno pauline piet pieter pim puck
reinier renske rik rinus rob roel roelof rogier ronald roos ruud sander sanne saskia sebastiaan sem siebe sien sjoerd
stijn susanne suze sven sylvia teun thea theo thijs tijn tijs tineke tjeerd toon truus ton ursula vera wessel wilma wim
willem willemijn wouter wietske yvonne

alessandra alessandro alessia alessio andrea angelo annalisa antonella beniamino bianca carlo carmela caterina chiara
claudio cosimo cristiano daniele dario davide domenico donatella edoardo elena eleonora elisabetta emanuele enrica enzo
fabio fabrizio federica federico filippo fiorella francesca francesco gaetano giacomo gianni gianluca giorgia giorgio
giovanna giovanni giulia giuliano giuseppe giuseppina graziella guido ilaria lorenzo luca lucia luciano luigi marcello
marco massimo matteo mattia maurizio michela michele nicolo ornella paola paolo pasquale pierluigi pietro raffaele
renzo riccardo roberta rocco romano rosaria salvatore sergio silvana silvio simona stefania stefano tiziana tommaso
umberto valentina valeria vincenzo vito vittorio

agnieszka aleksandra aleksander andrzej anna barbara bartosz beata bogdan bogumil boguslaw czeslaw danuta dariusz
dorota elzbieta ewa grazyna grzegorz halina henryk iwona jacek jadwiga jakub jan janusz jaroslaw jerzy joanna jolanta
jozef kamil karol katarzyna kazimierz krystyna krzysztof leszek lukasz maciej magda magdalena malgorzata marcin marek
mariusz mateusz michal miroslaw pawel piotr przemyslaw rafal roman ryszard slawomir stanislaw stanislawa szymon tadeusz
teresa tomasz urszula wanda wieslaw witold wlodzimierz wojciech zbigniew zdzislaw zofia zygmunt
aleksandr aleksei aleksey anastasia anatoly boris dmitri dmitriy ekaterina elena evgeny evgeniy galina igor irina ivan
ksenia larisa leonid lyudmila maksim marina mikhail nadezhda natalia natalya nikita nikolai nikolay oksana oleg olga
pavel petr sergei sergey svetlana tatiana tatyana valentina vasily viktoria vladimir vladislav yekaterina yulia yuri
yuriy
ahmet ayse emine emre fatma hakan hasan hatice huseyin ismail kemal mehmet meryem murat ozlem selim serkan yasemin
zeynep
andras attila balazs bela csaba erzsebet ferenc gabor gyorgy gyula imre istvan janos jozsef kalman katalin laszlo lajos
marton miklos peter sandor tamas tibor zoltan zsofia zsuzsanna
anders annika arne astrid bengt birgitta bjorn britt einar elin eskil eva frida goran greta gunnar gustaf hakan halvard
hanne helle henrik ingrid inger jens jesper jorgen kerstin kjell knut lars leif lena lennart linnea magnus maja mats
mette mikael mikkel morten niels nils olof ole per pernille rasmus rune signe sigrid sofie stig stine sven svein terje
thor torsten trine ulf ulla viggo
amit anil anita anjali arjun ashok deepak deepika divya gaurav kavita lakshmi manoj meera mohan neha nikhil pooja
pradeep
prakash priya rahul raj rajesh rakesh ramesh ravi rohit sandeep sanjay shreya sunil sunita suresh vijay vikram vinod
"""

_SURNAMES = """
adams alexander allen allan anderson andrews armstrong arnold atkinson bailey baker barker barnes bates bell bennett
berry black bradley brooks brown bryant burke burns burton butler campbell carpenter carr carroll carter chapman clark
clarke cole coleman collins cook cooper cox crawford cunningham davies davis dawson dean dixon doyle duncan dunn edwards
ellis elliott evans fisher fletcher flynn ford foster fox fraser freeman gallagher gardner gibson gill gordon graham
grant gray green greene griffin griffiths hall hamilton harper harris harrison hart harvey hawkins hayes henderson henry
hicks higgins hill holmes hopkins howard hudson hughes hunt hunter hussain jackson jacobs jacobson james jenkins
jennings
johnson johnston jones jordan joseph kaur kelly kennedy khan king knight lambert lane lawrence lawson lee lewis lloyd
long lynch marsh marshall martin mason matthews may mccarthy mcdonald miller mills mitchell moore morgan morris morrison
murphy murray myers nelson newman nichols nguyen oconnor obrien oneill owen owens palmer parker parsons patel patterson
payne pearson perkins perry peters peterson phillips pierce poole porter powell price ramirez reed reid reynolds rice
richards richardson riley roberts robertson robinson rogers rose ross russell ryan sanders saunders scott shaw simmons
simpson singh smith spencer stevens stephens stevenson stewart stone sullivan taylor thomas thompson thomson tucker
turner
wagner walker wallace walsh walters ward warren washington watkins watson watts webb wells west wheeler white wilkinson
williams williamson willis wilson wood woods wright young

abel adler albrecht arndt bach bauer baumann beck becker behrens berger bergmann bohm bosch brandt braun breuer busch
dietrich ebert eckert engel ernst fiedler fischer frank franke franz friedrich fuchs gross gunther haas hahn hansen
hartmann heinrich heinz hermann herrmann hoffmann hofmann horn huber jager jahn jansen jung kaiser keller klein koch
kohler konig kraft kramer kraus krause kruger kuhn lang lange lehmann lorenz ludwig maier mayer meier meyer meyers
michel moller muller nagel neumann otto peters pfeiffer pohl richter roth sauer schafer scherer schmid schmidt schmitt
schmitz schneider scholz schreiber schroder schubert schulte schultz schulz schulze schumacher schuster schwarz seidel
simon sommer stein steiner thiel vogel vogt voigt wagner walter weber weiss wendt werner winkler winter wolf wolff
zimmermann ziegler

andre arnaud aubert barbier baron bernard bertrand besson blanc blanchard bonnet boucher bourgeois boyer brunet caron
carpentier chevalier clement colin cousin david denis deschamps dubois dufour dumas dumont dupont dupuis durand duval
fabre faure fernandez fleury fontaine fournier francois gaillard garnier gauthier gautier gerard girard giraud guerin
guillaume henry hubert jacquet joly lacroix laurent lebrun leclerc lecomte lefebvre lefevre legrand lemaire lemoine
leroux leroy louis lucas marchand marie martin masson mathieu mercier meunier meyer michel morel moreau morin moulin
muller nicolas noel olivier paris pelletier perez perrin petit philippe picard pierre poirier renard renaud rey richard
riviere robert robin roche rodriguez roger rolland rousseau roussel roux roy royer sanchez schmitt simon thomas vasseur
vidal vincent

aguilar alonso alvarez blanco cabrera calvo campos cano castillo castro contreras cortes cruz delgado diaz diez
dominguez duran escobar espinoza estrada fernandez ferrer flores fuentes gallardo gallego garcia garrido gil gimenez
gomez gonzalez guerrero gutierrez hernandez herrera herrero hidalgo ibanez iglesias jimenez leon lopez lorenzo lozano
marin marquez martinez medina mendez mendoza molina montero mora morales moreno munoz navarro nieto nunez ortega ortiz
pascual pena perez prieto ramirez ramos reyes rios rivera rodriguez rojas romero rubio ruiz salazar sanchez santana
santos sanz serrano silva soto suarez torres valdez vargas vazquez vega velasco vicente vidal zamora

bakker berg boer bos bosch bosman bouwman brink brouwer bruin bruijn dekker dijk dijkstra driessen evers gerritsen graaf
groot haan hendriks heuvel hoekstra hoek huisman jacobs jansen janssen jong jonker kok koning koster kramer kuiper
kuijpers
leeuwen linden maas martens meer meijer mulder molenaar peeters peters postma prins sanders schipper scholten schouten
smit smits timmermans veen velde verbeek verhoeven vermeulen visser vos vries wal willems willemsen wit
bianchi bruno colombo conti costa esposito ferrari fontana gallo giordano greco lombardi mancini marino moretti ricci
rizzo romano rossi russo santoro
kowalski kowalska lewandowski lewandowska nowak wisniewski wisniewska wojcik zielinski kaminski
ivanov ivanova petrov petrova sidorov smirnov smirnova kuznetsov popov popova volkov
yilmaz kaya demir sahin celik yildiz ozturk aydin arslan dogan
andersen andersson christensen eriksson hansen jensen johansen johansson karlsson larsen larsson nielsen nilsson olsen
olsson pedersen persson petersen rasmussen sorensen svensson
nagy kovacs szabo toth horvath varga
kumar sharma gupta verma reddy mehta
"""

# The commonest family names of peoples who put them first, in Latin letters.
_EASTERN = """
nguyen tran pham huynh hoang phan vu vo dang bui ngo duong ly
wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng liang xie song tang deng han
feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren yao
kim park choi jung jeong kang cho yoon jang lim shin kwon hwang ahn hong
sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada sasaki yamaguchi matsumoto
"""
# A middle word by which a Vietnamese name is known: family name, this, given name.
VIETNAMESE_MIDDLE = frozenset(("van", "thi", "duc", "minh", "huu", "thanh", "ngoc", "quoc", "xuan", "dinh", "kim"))
VIETNAMESE = frozenset("nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly".split())

GIVEN = frozenset(map(folded, (*_GIVEN.split(), *(n for n in NICKNAMES if len(n) > 1))))
SURNAMES = frozenset(map(folded, _SURNAMES.split()))
EASTERN = frozenset(_EASTERN.split())

# Two characters of one Chinese or Korean family name; all others have one.
DOUBLE_HAN = frozenset(
    "欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 东方 東方 司徒 南宫 夏侯 皇甫 尉迟 남궁 황보 제갈 선우 독고".split()
)
# Korean family names as their bearers write them in Latin letters.
KOREAN = {
    "김": "kim", "이": "lee", "박": "park", "최": "choi", "정": "jung", "강": "kang", "조": "cho", "윤": "yoon",
    "장": "jang", "임": "lim", "한": "han", "오": "oh", "서": "seo", "신": "shin", "권": "kwon", "황": "hwang",
    "안": "ahn", "송": "song", "유": "yoo", "홍": "hong", "전": "jeon", "고": "ko", "문": "moon", "양": "yang",
    "손": "son", "배": "bae", "백": "baek", "허": "heo", "남": "nam", "심": "shim", "노": "noh", "하": "ha",
}  # fmt: skip


def only_given(word: str) -> bool:
    """Whether ``word`` (folded) is a given name and no common surname."""
    return word in GIVEN and word not in SURNAMES


def only_surname(word: str) -> bool:
    """Whether ``word`` (folded) is a common surname and no given name."""
    return word in SURNAMES and word not in GIVEN
