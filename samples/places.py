"""Addresses and telephone numbers of four countries.

Streets are composed; towns, postal codes and dialling codes are real, so that formats and their checks
are the real ones. A number may thus belong to somebody: ranges kept for fiction are too small for a
million people. Nothing in this project ever calls or writes to one.
"""

from __future__ import annotations

from dataclasses import dataclass

from samples.dice import Draw, pick, zipf


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives: ``house`` is the number, ``unit`` the flat (may be empty)."""

    street: str
    house: str
    unit: str
    city: str
    region: str
    postal_code: str
    country: str
    dial: str


# town, region, postal prefix, dialling code (without the leading 0)
_TOWNS = {
    "US": "New York,NY,100,212|Los Angeles,CA,900,213|Chicago,IL,606,312|Houston,TX,770,713|Phoenix,AZ,850,602|Philadelphia,PA,191,215|"
    "San Antonio,TX,782,210|San Diego,CA,921,619|Dallas,TX,752,214|Austin,TX,787,512|Jacksonville,FL,322,904|Fort Worth,TX,761,817|"
    "San Jose,CA,951,408|Columbus,OH,432,614|Charlotte,NC,282,704|Indianapolis,IN,462,317|San Francisco,CA,941,415|Seattle,WA,981,206|"
    "Denver,CO,802,303|Oklahoma City,OK,731,405|Nashville,TN,372,615|El Paso,TX,799,915|Washington,DC,200,202|Boston,MA,021,617|"
    "Las Vegas,NV,891,702|Portland,OR,972,503|Detroit,MI,482,313|Memphis,TN,381,901|Louisville,KY,402,502|Milwaukee,WI,532,414|"
    "Baltimore,MD,212,410|Albuquerque,NM,871,505|Tucson,AZ,857,520|Fresno,CA,937,559|Sacramento,CA,958,916|Kansas City,MO,641,816|"
    "Mesa,AZ,852,480|Atlanta,GA,303,404|Omaha,NE,681,402|Colorado Springs,CO,809,719|Raleigh,NC,276,919|Miami,FL,331,305|"
    "Oakland,CA,946,510|Minneapolis,MN,554,612|Tulsa,OK,741,918|Tampa,FL,336,813|New Orleans,LA,701,504|Wichita,KS,672,316|"
    "Cleveland,OH,441,216|St. Louis,MO,631,314|Pittsburgh,PA,152,412|Cincinnati,OH,452,513|Saint Paul,MN,551,651|Buffalo,NY,142,716|"
    "Richmond,VA,232,804|Boise,ID,837,208|Des Moines,IA,503,515|Spokane,WA,992,509|Burlington,VT,054,802|Cheyenne,WY,820,307",
    "GB": "London,,SW,207|London,,SE,208|London,,N,208|London,,E,203|Birmingham,,B,121|Manchester,,M,161|Glasgow,,G,141|Leeds,,LS,113|"
    "Liverpool,,L,151|Sheffield,,S,114|Edinburgh,,EH,131|Bristol,,BS,117|Leicester,,LE,116|Cardiff,,CF,292|Nottingham,,NG,115|"
    "Newcastle upon Tyne,,NE,191|Coventry,,CV,247|Belfast,,BT,289|Brighton,,BN,1273|Plymouth,,PL,1752|Derby,,DE,1332|Southampton,,SO,238|"
    "Portsmouth,,PO,239|Aberdeen,,AB,1224|Swansea,,SA,1792|Norwich,,NR,1603|Oxford,,OX,1865|Cambridge,,CB,1223|York,,YO,1904|Exeter,,EX,1392|"
    "Ipswich,,IP,1473|Gloucester,,GL,1452|Bath,,BA,1225|Chester,,CH,1244|Lincoln,,LN,1522|Dundee,,DD,1382|Inverness,,IV,1463|Reading,,RG,118",
    "DE": "Berlin,BE,10,30|Berlin,BE,12,30|Berlin,BE,13,30|Hamburg,HH,20,40|Hamburg,HH,22,40|München,BY,80,89|München,BY,81,89|Köln,NW,50,221|"
    "Frankfurt am Main,HE,60,69|Stuttgart,BW,70,711|Düsseldorf,NW,40,211|Leipzig,SN,04,341|Dortmund,NW,44,231|Essen,NW,45,201|Bremen,HB,28,421|"
    "Dresden,SN,01,351|Hannover,NI,30,511|Nürnberg,BY,90,911|Duisburg,NW,47,203|Bochum,NW,448,234|Wuppertal,NW,42,202|Bielefeld,NW,33,521|"
    "Bonn,NW,53,228|Münster,NW,48,251|Karlsruhe,BW,76,721|Mannheim,BW,68,621|Augsburg,BY,86,821|Wiesbaden,HE,65,611|Kiel,SH,24,431|"
    "Chemnitz,SN,09,371|Aachen,NW,52,241|Halle (Saale),ST,06,345|Magdeburg,ST,39,391|Freiburg im Breisgau,BW,79,761|Lübeck,SH,23,451|"
    "Erfurt,TH,99,361|Rostock,MV,18,381|Mainz,RP,55,6131|Kassel,HE,34,561|Saarbrücken,SL,66,681|Göttingen,NI,37,551|Würzburg,BY,97,931",
    "FR": "Paris,IDF,750,1|Marseille,PAC,130,4|Lyon,ARA,690,4|Toulouse,OCC,31,5|Nice,PAC,06,4|Nantes,PDL,44,2|Montpellier,OCC,34,4|"
    "Strasbourg,GES,67,3|Bordeaux,NAQ,33,5|Lille,HDF,59,3|Rennes,BRE,35,2|Reims,GES,51,3|Saint-Étienne,ARA,42,4|Le Havre,NOR,76,2|"
    "Toulon,PAC,83,4|Grenoble,ARA,38,4|Dijon,BFC,21,3|Angers,PDL,49,2|Nîmes,OCC,30,4|Clermont-Ferrand,ARA,63,4|Aix-en-Provence,PAC,13,4|"
    "Brest,BRE,29,2|Limoges,NAQ,87,5|Tours,CVL,37,2|Amiens,HDF,80,3|Metz,GES,57,3|Besançon,BFC,25,3|Orléans,CVL,45,2|Rouen,NOR,76,2|"
    "Mulhouse,GES,68,3|Caen,NOR,14,2|Nancy,GES,54,3|Poitiers,NAQ,86,5|Pau,NAQ,64,5|La Rochelle,NAQ,17,5|Colmar,GES,68,3|Évreux,NOR,27,2",
}  # fmt: skip
TOWNS = {
    country: zipf([tuple(town.split(",")) for town in towns.split("|")], exponent=0.6)
    for country, towns in _TOWNS.items()
}

_HEADS = {
    "US": "Maple Oak Cedar Pine Elm Washington Lake Hill Park Walnut Spring Ridge Church Willow Meadow Forest River Highland Jackson Sunset "
    "Jefferson Cherry Dogwood Birch Lincoln Hickory Franklin Madison Chestnut Mill Valley Prospect Magnolia Juniper Heron Quail Fox Deer Eagle "
    "Stone Bridge Canyon Mesa Laurel Sycamore Poplar Aspen Cypress Harbor Orchard",
    "GB": "Church Station Victoria Green Manor Park Queens New Grange Kings Mill Highfield Windsor York Albert Chapel School Springfield George "
    "Stanley North Alexandra London Albion Castle Orchard Beech Cedar Elm Ashfield Rosemary Bramley Hawthorn Larch Priory Abbey Meadow Willow "
    "Primrose Warwick Lancaster Tudor Clarence Bridge Hillside Woodland Cromwell Nelson Wellington Cavendish",
    "DE": "Linden Haupt Schul Garten Bahnhof Berg Dorf Birken Kirch Wald Ring Buchen Wiesen Goethe Schiller Mozart Beethoven Kastanien Eichen "
    "Rosen Tannen Ahorn Mühlen Feld Amsel Drossel Burg Brunnen Sonnen Flieder Blumen Erlen Fichten Schloss Markt Post Hafen Königs Kaiser "
    "Friedrich Wilhelm Bismarck Lessing Heine Uhland Röntgen Siemens Nord Süd Ost",
    "FR": "de la République;de l'Église;Victor Hugo;de la Gare;Pasteur;Jean Jaurès;des Écoles;du Château;de la Mairie;des Lilas;du Moulin;des Tilleuls;"
    "Émile Zola;Gambetta;de la Paix;des Rosiers;Jules Ferry;du Général Leclerc;Voltaire;de la Liberté;des Acacias;Molière;du Stade;de la Fontaine;"
    "des Jardins;Saint-Michel;de Verdun;du Lavoir;des Cerisiers;de Bretagne;Anatole France;des Peupliers;du Port;Claude Monet;des Vignes;"
    "de la Forêt;Saint-Jean;Lamartine;du Marché;de Provence",
}  # fmt: skip
_KINDS = {
    "US": ("Street", "Avenue", "Road", "Drive", "Lane", "Court", "Boulevard", "Place", "Way"),
    "GB": ("Road", "Street", "Lane", "Avenue", "Close", "Drive", "Gardens", "Terrace", "Crescent"),
    "DE": ("straße", "straße", "straße", "weg", "allee", "gasse", "platz", "ring"),
    "FR": ("rue", "rue", "rue", "avenue", "boulevard", "impasse", "place", "chemin"),
}
_MORE = ("", "", "", "wood", "view", "field", "brook", "side", "crest", "mont")
_HEAD = {c: tuple(h.split(";") if c == "FR" else h.split()) for c, h in _HEADS.items()}
_GB_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def place(r: Draw, country: str) -> Place:
    city, region, prefix, dial = pick(r, TOWNS[country])
    head, kind = pick(r, _HEAD[country]), pick(r, _KINDS[country])
    unit = ""
    if country == "US":
        street = f"{head}{pick(r, _MORE)} {kind}" if r() > 0.12 else f"{1 + int(r() * 90)}th {kind}"
        house, postal = str(1 + int(r() ** 2 * 9800)), f"{prefix}{int(r() * 60):02d}"
        if r() < 0.27:
            unit = f"Apt {1 + int(r() * 30)}{pick(r, ('', '', 'A', 'B', 'C'))}"
    elif country == "GB":
        street = f"{head} {kind}" if r() > 0.15 else f"{head}{pick(r, _MORE)} {kind}"
        house = str(1 + int(r() ** 1.7 * 190))
        postal = f"{prefix}{1 + int(r() * 20)} {1 + int(r() * 9)}{pick(r, _GB_LETTERS)}{pick(r, _GB_LETTERS)}"
        if r() < 0.2:
            unit = f"Flat {1 + int(r() * 12)}"
    elif country == "DE":
        street = head + kind if r() > 0.1 else f"Am {head}{pick(r, ('berg', 'hof', 'feld', 'tor', 'bach'))}"
        house = f"{1 + int(r() ** 1.7 * 140)}{pick(r, ('', '', '', '', 'a', 'b'))}"
        postal = prefix + f"{int(r() * 10 ** (5 - len(prefix))):0{5 - len(prefix)}d}"
    else:
        street, house = f"{kind} {head}", f"{1 + int(r() ** 1.7 * 140)}{pick(r, ('', '', '', '', '', ' bis'))}"
        postal = f"{prefix}{1 + int(r() * 16):02d}" if len(prefix) == 3 else f"{prefix}{int(r() * 10)}{int(r() * 3)}0"
    return Place(street, house, unit, city, region, postal, country, dial)


def mobile(r: Draw, home: Place) -> str:
    """An E.164 number of a mobile phone (in the US, of the town's area code)."""
    if home.country == "US":
        return landline(r, home)
    if home.country == "GB":
        return f"+447{4 + int(r() * 2)}{int(r() * 1e8):08d}"
    if home.country == "DE":
        prefix = pick(r, ("151", "152", "157", "160", "170", "171", "172", "173", "175", "176", "179"))
        digits = 8 if prefix < "160" else 7
        return f"+49{prefix}{int((0.1 + r() * 0.9) * 10**digits):0{digits}d}"
    return f"+336{10 + int(r() * 80)}{int(r() * 1e6):06d}"


def landline(r: Draw, home: Place) -> str:
    """An E.164 number under the town's dialling code."""
    if home.country == "US":
        return f"+1{home.dial}{2 + int(r() * 8)}{2 + int(r() * 8)}{int(r() * 10)}{int(r() * 10_000):04d}"
    if home.country == "GB":
        digits = 10 - len(home.dial)
        return f"+44{home.dial}{2 + int(r() * 7)}{int(r() * 10 ** (digits - 1)):0{digits - 1}d}"
    if home.country == "DE":
        return f"+49{home.dial}{2 + int(r() * 7)}{int(r() * 1e6):06d}"
    return f"+33{home.dial}{20 + int(r() * 70)}{int(r() * 1e6):06d}"
