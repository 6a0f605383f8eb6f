"""Forms of given names, English, German, French, Spanish and Dutch, from knowledge of the languages."""

from __future__ import annotations

# Between semicolons: short forms and variants of one given name.
_NICKNAMES = """
abigail abby abbie gail; abraham abe bram; adelaide addie heidi; adrian ade; agnes aggie nessie
albert al bert albie albrecht alberto; alexander alex alec al sandy sasha xander lex alejandro alexandre
alexandra alex sandra sandy sasha lexi alejandra; alfred alf alfie fred freddie alfredo; alice ali allie alicia
alison ali allie allison; amanda mandy; amelia amy millie mia; andrew andy drew andreas andre andres
andrea andi andie; angela angie; anne ann anna annie nan nancy anita hanna hannah ana anja; annemarie anne annie
anthony tony ant antonio anton antoine toni; antonia toni tonia; archibald archie; arthur art artie arturo
augustus gus augustin; barbara barb babs bobbie babsi; bartholomew bart; beatrice bea bee trixie beatrix beatriz
benedict ben benedikt; benjamin ben benny benji benni; bernard bernie bernhard bernardo bernd; bernadette bernie
bertram bert; bradley brad; bridget biddy bridie; caleb cal; calvin cal; cameron cam; camille cami
carl charles charlie chuck karl carlos carlo chas chaz charly; caroline carrie carol caro carolyn carolina karoline
catherine cathy kate katie kathy kitty cat katherine kathryn katharina katharine catalina cathryn katrin kathrin kati
kat catrin
cecilia cissy celia; charlotte lottie charlie lotte charly; christian chris cristian kristian
christina chris chrissy tina christine kristina kristin christa cristina christel
christopher chris kit topher kris christoph christophe cristobal; clara clare claire klara; claudia claudi
clifford cliff; cornelius neil con cornelis; cynthia cindy; daniel dan danny dani; danielle dani danni
david dave davy davie; deborah deb debbie debra; dennis denny den; derek del; diana di diane
dominic dom nick dominik dominique; donald don donnie; dorothy dot dottie dolly dora dorothea dorothee
douglas doug dougie; edith edie; edmund ed eddie ned; edward ed eddie ned ted teddy eduard eduardo edouard
edwin ed eddie ned; eleanor ellie nell nellie nora leonora ella lenore
elizabeth liz lizzie beth betty betsy eliza elsie lisa libby bess lisbeth elisabeth elise isabel else elsa lise lilibet
ellen nell nellie helen helena lena helene elena ellie; emily em emmy millie emilia; emma em emmy
ernest ernie ernst ernesto; esther essie hester; eugene gene eugen eugenio; evelyn evie eve; ferdinand ferdi fernando
florence flo flossie florrie; frances fran fanny francesca frannie franziska francisca franzi
francis frank fran francisco paco pancho franz francois francesco; franklin frank
frederick fred freddie freddy rick friedrich fritz frederic federico frederik; gabriel gabe gabi
gabrielle gabby gabi gabriele gabriela; geoffrey geoff jeff jeffrey jeffery; george georgie georg jorge georges jurgen
georgina gina georgie georgia; gerald gerry jerry gerhard gerd; gerard gerry jerry gerardo
gertrude gertie trudy gertrud; gilbert gil bert; gregory greg gregor; guillermo william guillaume wilhelm willi memo
gunther gunter; harold harry hal harald; harriet hattie; harrison harry; helmut helmi
henry harry hank hal heinrich heinz henri enrique hendrik henrik; herbert herb bert bertie; hubert hugh bert
howard howie; hugh hughie hugo; ignacio nacho inaki ignaz ignatius; isaac ike
isabella bella izzy belle isabel isabelle isobel ysabel
jacob jake jakob jack; jacqueline jackie jacqui; james jim jimmy jamie jem jaime jacques
jane janie jenny jan janet jean joan; janet jan; janice jan; jasmine jas; jason jay jase; jeanne jeannette jeanette
jennifer jen jenny jenn; jeremy jerry jem jeremiah; jessica jess jessie; joachim jochen achim
john jack johnny jon jock; johannes johann hans jan hannes john; juan juanito; jean jeannot
jonathan jon jonny johnny nathan; joseph joe joey jo josef jose pepe sepp jupp
josephine jo josie josefine josefina pepa fifi; joshua josh; joyce joy; judith judy judi jude; julia julie jules
julian jules julien; juliana julie; karen kari; katarina kat; kenneth ken kenny; kevin kev; kimberly kim kimberley
kristen kris; laura laurie lori; laurence larry laurie lawrence lars lorenz lorenzo laurent
leo leonard len lenny leon leonardo leonhard leopold; leslie les; lillian lily lil lilian lilli; linda lindy
louis lou louie luis ludwig lewis luigi; louise lou luise luisa lulu; lucas luke luc lukas
lucy lucille lucia lulu luzie; madeline maddie madeleine maddy magdalena lena; manuel manny manolo; manuela manu
marcus marc mark markus marcos
margaret maggie meg peggy marge margie greta rita madge daisy margarete margarita marguerite margot gretchen gretel
grete margarethe margret
maria mary marie mia mimi mitzi; marilyn mari lyn; marion mari; martha marty mattie; martin marty martijn
martina tina; mary molly polly mamie may marie maria moll; matilda tilly mattie mathilda mathilde
matthew matt matty matthias mathieu mateo matthieu mathias; maureen mo; maurice mo moritz mauricio
maximilian max maximilien; megan meg; melanie mel; melissa mel lissa missy; melvin mel
michael mike mick micky mikey mickey miguel michel michi mischa; michelle shelly mich michele; mildred millie
mohammed mo mohamed muhammad mohammad mohamad; monica moni monika; nancy nan; natalie nat nathalie; natasha tasha
nathaniel nat nate nathan; nicholas nick nicky nico nicolas niko nikolaus klaus claus nikolas
nicola nicky nikki nicole; norman norm; oliver ollie olli olivier; olivia liv livvy; oscar oskar; pamela pam
patricia pat patty tricia trish patsy paddy; patrick pat paddy patricio; paul paulo pablo pauli; paula paulina pauline
penelope penny; peter pete pedro pierre pit; petra peti; philip phil pip phillip philipp philippe felipe
priscilla cilla; rachel rach rae; rafael rafa raphael rafe; ralph ralf; randall randy randolph
raymond ray raimund ramon; rebecca becky becca beck rebekah; regina gina reggie; reginald reg reggie rex
reinhard reiner; richard rick rich dick richie ricky ricardo; robert rob bob bobby robbie bert rupert roberto robin
roberta bobbie; roderick rod roddy; rodney rod; roger rodge rudiger; roland rolly; ronald ron ronnie
rosemary rose rosie romy; rosa rose rosie rosalie; rudolph rudy rudolf rudi rolf; russell russ; ruth ruthie
samantha sam sammy; samuel sam sammy; sandra sandy; sarah sally sadie sara; sebastian seb bastian basti bastien
sharon shaz; sidney sid; siegfried sigi; simon si; sophia sophie sofia sonja; stanley stan
stephanie steph stefanie steffi; stephen steve steven stevie stefan stephan steffen esteban etienne
stuart stu stewart; susan sue susie suzy susanna suzanne sanna susanne susana suse; sylvia silvia sylvie
tabitha tabby; tamara tammy; terence terry terrence; teresa terry tess tessa theresa tracy therese resi tere
theodore ted teddy theo theodor teodoro; thomas tom tommy tomas thom; timothy tim timmy; tobias toby tobi
tiffany tiff; ursula uschi ulla; valerie val; veronica ronnie vera veronika roni; victor vic viktor
victoria vicky vicki tori viktoria; vincent vince vinnie vinzenz vicente; virginia ginny ginger; vivian viv
walter walt wally; wendy wen; werner vern; wilfred wilf fred; wilhelmina mina minnie wilma helma
william will bill billy willie liam wilhelm willi wim; winifred winnie; wolfgang wolf wolfi; yvonne von
zachary zach zack; concepcion concha conchita; dolores lola; guadalupe lupe lupita; javier javi xavier; jesus chuy
mercedes merche; rosario charo; santiago santi diego; pilar pili; encarnacion encarna; aaron ron; adam addy
adolf dolf adolfo; agatha aggie agathe; aleida alie; alejandro jandro ale alex; alfonso fonsi poncho; alois loisl luis
ambrose brose; anastasia stacy nastya ana; angelika geli angie angelica; annika ann; antje anna
antonius ton toon anton tony teun; arnold arnie arnd arnaud arno; augusta gussie; aurelie lili; balthasar balz
bartholomeus bart; begona bego; berthold bert bertel; birgit biggi birgitta brigitte gitte gitta brigitta; boris boria
brendan bren; brigitte gitte bri bribri; burkhard burki; carmen carmela carmencita; carsten karsten
cees cornelis kees cor; chloe chlo; clemens clement klemens clemente; consuelo chelo; corinna cora corinne
cornelia conny nelly neeltje cora corrie; cristobal tobal; cyrus cy; damian damien; desmond des; detlef detlev
dimitri dmitri dima mitya; dietrich dieter dirk didi; dominga minga; eberhard ebbo
ekaterina katya katja katia yekaterina; elias eli elijah; elmar elmer; emmanuel manu manny emanuel; emil emile emilio
enrique quique kike rique; erasmus rasmus; erik eric erich rick; estelle stella; eva evi eve evita
fabian fabien fabio; federico fede fico; felicitas feli fee; felix feliks; fernanda nanda; filippo pippo
florian flo florent; francisca paqui paquita paca frasquita fanny; francisco curro kiko pacho patxi cisco fran
franciscus frans; franziska ziska; frederike rike fredi friederike frederique; gaspard kaspar casper jasper gaspar
gemma gem; georgios george giorgos yorgos; gerhardus gerrit gerard; gerlinde linde; gisbert gijs gijsbert bert
giovanni gianni johannes john gian; giuseppe beppe pino peppe joseph; gonzalo gonza chalo; graciela chela
gregorio goyo; guido guy; gustav gustave gustavo gus gustaaf; hannah hanna johanna; hannelore hanne lore hanni
hansjorg hans jorg; heidemarie heidi; hendrika rika hennie henny; hendrikus henk hendrik rik hein
hermann manni herman armand armin; hieronymus jerome jeroen jeronimo; hildegard hilde hilla hildi; hortensia horten
hugues hugo hug; ignatius ignaz nacho inaki ignace; immaculada inma inmaculada macu; ines agnes inez
ingeborg inge inga; ingrid inga; irmgard irmi irma; isidro sidro; ivan john juan iwan vanya
jacobus jaap koos jacob cobus sjaak; jan janus johannes johan hans john; jens johannes; jeremias jeremy jeremiah
joaquin quin chimo quino; johanna hanna jo joke hanneke johanne jana janna
johannes jo jannes johan hanno joop hannes henne joannes; jorg georg jurgen jorge; josephus jos jef joost sjef
jose chema josema; josefa pepa pepi fina; josias josh; juan juanca juancar; juan juanma; judocus joost
julio jules julius
karlheinz heinz karl kalle; karoline line caro; kaspar caspar jasper casper; kirsten kirsty; klaas nicolaas nico klaus
konrad conny conrad kurt radek; krzysztof krzysiek kris christopher; kunigunde gundi; laetitia letitia leticia leti
lambert bert lammert; laurens laurence rens lau lourens; leendert leonard leo; leopoldo polo
liselotte lilo lotte lisa; lodewijk louis lou; lorenza renza; lourdes lurdes; ludovic ludo; lutz ludwig; magnus mans
malgorzata gosia margaret; manuel lolo manolito; manuela lola; margaretha greet gretha griet margriet margreet grietje
marie marijose; maria chus; maria marijo mariajo; maria maite marite; maria maribel; maria marisa
maria maricarmen mamen; marielle mari; marjolein marjo; marlene marie lene marlen; martha marthe martita
mathijs thijs matthias ties matthijs; mechthild mechtild; mehmet mohammed memo; mercedes meche
michael misha mikhail mihail mischa michal maikel mikael; michiel michael giel; miriam myriam mirjam miri
mohammed mhmd mohamad mehdi hamada; monique moniek; montserrat montse; natalia nata talia natalya
nicolaas klaas nico claas; nikolai kolya nicolas nicholas; noelia noe; odile odette; olga olya; ottilie tilli otti
paloma palo; pascal pasquale pascual; pawel paul; petronella nel petra nelly; petrus piet peter pieter peer
philippa pippa pip; piotr peter; quentin quint quin; raimund ray mundi raimondo; raquel rachel kel; raul ralph
reinhold holdi reini; renate reni nate; roberta robbie robin bobbi; rodrigo rodri ruy; roelof roel rudolf
rogelio roge; romain romano roman; rosalind ros roz; rosemarie rosi marie rose romy; rudiger rudi
salvador salva chava; sander alexander; sergio sergi serge sergey sergej; severin sverre; sibylle sybille billa
siegmund sigi sigmund; silvester silvio vester; sofie sophie fie; soledad sole; solange sol
stanislaw stanley stan staszek; stijn augustijn; susana susa susi; sven swen; tatiana tanya tanja tania
thaddaus thaddeus tadeusz; theodora thea dora; theodorus theo dorus; thorsten torsten; tibor tibi; tjeerd tj
trinidad trini; ulrich uli ulli ulric; ulrike ulli rike uli; valentin val tino; vanessa nessa; vicenta vicentica
vladimir vova volodya vlad; vinzent vincent; waldemar waldi; wilhelmus willem wim; willem wim wil pim william
wolfram wolf; xenia ksenia xeni; yusuf joseph youssef yousef josef; yves yvo ivo; yuri yuriy juri; zoe zoey
julia yulia yuliya juliya; aleksandr alexander aleksander alexandre aleksandar; aleksandra alexandra
dmitriy dmitri dmitry dimitri; evgeniy evgeny yevgeny eugene eugen; mikhail michael michail; elena helen yelena helena
aleksey aleksei alexei alexey alexis; nikolay nikolai nicholas; natalya nataliya natalia natalie natasha
tatyana tatiana tatjana; mariya maria mary; ekaterina catherine katharina; pavel paul pawel; petr peter pyotr
iosif joseph; yuriy yuri george; giorgos georgios george; ioannis giannis yannis john; konstantinos kostas constantine
dimitrios dimitris jim; nikolaos nikos nicholas; mehmet muhammad; ahmad ahmed; yusef yusuf joseph; ibrahim abraham
hussein husein huseyin hussain; hasan hassan; omar umar omer; khaled khalid halid; fatima fatma fatemeh
"""

NICKNAMES: dict[str, tuple[int, ...]] = {}
for _root, _line in enumerate(map(str.split, _NICKNAMES.replace("\n", ";").strip(";").split(";"))):
    for _word in _line:
        NICKNAMES[_word] = (*NICKNAMES.get(_word, ()), _root)
