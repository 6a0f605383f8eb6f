"""Mail providers and the words of mailboxes, from knowledge of the providers and the languages."""

# ruff: noqa: SIM905 - lists of words read best as words
from __future__ import annotations

# One mailbox under several domains: the same user part reaches the same person.
ALIASES = {
    "googlemail.com": "gmail.com", "me.com": "icloud.com", "mac.com": "icloud.com", "pm.me": "proton.me",
    "protonmail.com": "proton.me", "protonmail.ch": "proton.me", "ya.ru": "yandex.ru", "yandex.com": "yandex.ru",
    "fastmail.fm": "fastmail.com",
}  # fmt: skip

# The ends that each big provider really has; one edit from such a name is a slip of typing.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "gmail": ("com",), "googlemail": ("com",), "icloud": ("com",), "protonmail": ("com", "ch"), "comcast": ("net",),
    "hotmail": tuple("com co.uk fr de es it nl be ca ch at dk se no".split()),
    "yahoo": tuple("com co.uk fr de es it ca ie com.au com.br com.mx com.ar co.in in at nl".split()),
    "outlook": tuple("com de fr es it at be dk ie pt".split()),
    "live": tuple("com co.uk fr de nl it be ca at".split()),
    "aol": ("com", "co.uk", "de", "fr"), "msn": ("com",), "gmx": tuple("de net at ch com fr".split()),
    "web": ("de",), "freenet": ("de",), "t-online": ("de",), "arcor": ("de",), "posteo": ("de", "net"),
    "orange": ("fr", "es"), "wanadoo": ("fr", "es"), "free": ("fr",), "laposte": ("net",), "neuf": ("fr",),
    "bbox": ("fr",), "numericable": ("fr",), "btinternet": ("com",), "virginmedia": ("com",), "talktalk": ("net",),
    "verizon": ("net",), "sbcglobal": ("net",), "bellsouth": ("net",), "ziggo": ("nl",), "kpnmail": ("nl",),
    "planet": ("nl",), "xs4all": ("nl",), "telefonica": ("net",), "libero": ("it",), "virgilio": ("it",),
    "tiscali": ("it",), "bluewin": ("ch",), "rocketmail": ("com",), "rediffmail": ("com",), "bigpond": ("com",),
}  # fmt: skip
# Real domains that look like a slip of another.
REAL = frozenset("gail.com email.com mail.com ymail.com gmail.de live.fr yahoo.co.jp outlook.jp".split())
# What fingers make of .com
DAMAGED_COM = frozenset(
    "con cmo vom xom cim coom comm om cpm cm c co ocm conm cok come comn cop coml clm ckm dom fom com.com com.con "
    "coma comi como comk".split()
)
# An end whose letters changed places or lost one.
DAMAGED = {
    "ed": "de", "d": "de", "dee": "de", "dde": "de", "rf": "fr", "f": "fr", "frr": "fr", "ffr": "fr", "se": "es",
    "ent": "net", "nte": "net", "ne": "net", "couk": "co.uk", "co.k": "co.uk", "co.u": "co.uk", "cou.k": "co.uk",
    "c.uk": "co.uk", "com.uk": "co.uk", "co.ku": "co.uk", "ln": "nl", "ti": "it",
}  # fmt: skip

# At these a dash in the user part opens a tag; their user names hold none.
DASH_TAGS = ("yahoo.", "ymail.", "rocketmail.")

ROLE_USERS = frozenset(
    "info infos information sales contact contacts contactus office admin administrator support help helpdesk hello "
    "hi service services mail email post postmaster hostmaster webmaster abuse noreply no-reply no.reply donotreply "
    "do-not-reply reception orders order billing accounts accounting invoices invoice payments finance marketing hr "
    "jobs careers press media newsletter shop store booking bookings reservations reservation enquiries enquiry "
    "inquiries customerservice customer.service customercare team staff web website returns warehouse purchasing "
    "kontakt buero buro hallo verkauf vertrieb einkauf bestellung bestellungen rechnung rechnungen buchhaltung "
    "kundenservice kundendienst kundenbetreuung empfang zentrale sekretariat verwaltung praxis kanzlei versand "
    "anfrage anfragen bewerbung personal geschaeftsfuehrung "
    "accueil commande commandes comptabilite compta facturation factures secretariat direction achats boutique "
    "serviceclient contacter administration "
    "contacto informacion ventas compras pedidos facturacion facturas contabilidad administracion recepcion "
    "atencioncliente tienda gerencia oficina "
    "verkoop inkoop administratie bestellingen klantenservice factuur facturen boekhouding receptie winkel "
    "informazioni vendite acquisti ordini amministrazione segreteria".split()
)

# Words by which a mailbox says that a family shares it; the second kind only beside the surname.
FAMILY_WORDS = ("family", "familie", "famille", "familia", "famiglia", "famile", "haushalt", "household", "gezin")
HOME_WORDS = frozenset(
    "the thes s fam home house casa chez les los las die bei foyer clan mrandmrs mrmrs und herrundfrau huis de "
    "maison zuhause household dieses unser our wir team".split()
)
