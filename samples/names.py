"""Names as they fall in four countries: lists by frequency, and a tail composed of morphemes.

Common names follow a Zipf-like law. A list alone would make a million people share a few hundred family
names, so a share of them is put together from parts, as family names once were.
"""

from __future__ import annotations

from samples.dice import Draw, pick, zipf

COUNTRIES = ("US", "GB", "DE", "FR")

_GIVEN = {
    ("US", "m"): "James Michael Robert John David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony "
    "Mark Steven Donald Andrew Joshua Paul Kenneth Kevin Brian Timothy Ronald Jason George Edward Jeffrey Ryan Jacob "
    "Nicholas Gary Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Jack "
    "Raymond Dennis Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy Christian Walter Keith "
    "Austin Roger Terry Sean Gerald Carl Dylan Harold Jordan Jesse Bryan Lawrence Arthur Gabriel Bruce Logan Billy Joe Alan "
    "Juan Elijah Willie Albert Wayne Randy Mason Vincent Liam Roy Bobby Caleb Bradley Russell Lucas Luis Carlos Miguel Luke "
    "Isaac Jesus Hector Trevor Marcus Theodore Leonard Diego Omar Darnell Malik Tyrone Javier Raj Wei Minh Kenji",
    ("US", "f"): "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Karen Sarah Lisa Nancy Sandra Betty Ashley Emily "
    "Kimberly Margaret Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen "
    "Angela Shirley Emma Brenda Pamela Nicole Anna Samantha Katherine Christine Helen Debra Rachel Carolyn Janet Maria Catherine "
    "Heather Diane Olivia Julie Joyce Victoria Ruth Virginia Lauren Kelly Christina Joan Evelyn Judith Andrea Hannah Megan Cheryl "
    "Jacqueline Martha Madison Teresa Gloria Sara Janice Ann Kathryn Abigail Sophia Frances Jean Alice Judy Isabella Julia Grace "
    "Amber Denise Danielle Marilyn Beverly Charlotte Natalie Theresa Diana Brittany Doris Kayla Alexis Lori Guadalupe Rosa Carmen "
    "Ximena Latoya Keisha Priya Mei Yolanda Esperanza Noelle Zoe",
    ("GB", "m"): "David John Peter Michael James Andrew Robert Stephen Paul William Mark Richard Thomas Christopher Anthony Daniel "
    "George Ian Matthew Simon Alan Kevin Philip Jack Brian Gary Joseph Martin Neil Benjamin Samuel Oliver Harry Adam Stuart Alexander "
    "Graham Colin Nicholas Edward Luke Ryan Jonathan Lee Craig Joshua Charles Keith Roger Timothy Ronald Barry Trevor Derek Kenneth "
    "Nigel Malcolm Raymond Patrick Geoffrey Dean Liam Callum Lewis Connor Jamie Scott Gareth Rhys Owen Hamish Angus Duncan Fraser "
    "Alistair Rory Ewan Mohammed Imran Ali Hassan Arjun Sanjay Rajesh Tariq Freddie Alfie Archie Theo Leo Toby Dominic Hugo Piotr Krzysztof",
    ("GB", "f"): "Susan Margaret Sarah Patricia Elizabeth Karen Christine Julie Emma Helen Jane Mary Jacqueline Linda Deborah Claire "
    "Rebecca Amanda Janet Alison Laura Tracey Rachel Nicola Sharon Charlotte Jennifer Catherine Carol Michelle Louise Barbara Lisa "
    "Samantha Hannah Katherine Jessica Angela Sophie Lucy Ann Amy Gillian Joanne Lauren Victoria Emily Olivia Kelly Hazel Lesley "
    "Fiona Kirsty Megan Georgia Chloe Bethany Gemma Natalie Wendy Dawn Sheila Maureen Jean Joan Dorothy Pauline Sian Rhiannon Eilidh "
    "Ailsa Isla Freya Poppy Daisy Imogen Harriet Beatrice Fatima Aisha Zainab Priya Anjali Nadia Siobhan Niamh Agnieszka Katarzyna",
    ("DE", "m"): "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst Frank Dieter Manfred Hans "
    "Matthias Jörg Bernd Martin Markus Alexander Ralf Karl Heinz Rainer Helmut Daniel Sebastian Florian Jan Tobias Philipp Lukas Felix "
    "Maximilian Jonas Tim Paul Leon Finn Björn Sören Götz Jürg Gerhard Rolf Norbert Joachim Ulrich Holger Sven Torsten Carsten Dirk Oliver "
    "Kai Marcel Patrick Dennis Kevin Christoph Johannes Benjamin Simon David Moritz Niklas Julian Fabian Friedrich Wilhelm Otto Walter Erich "
    "Kurt Heiko Ingo Lars Detlef Hartmut Reinhard Gerd Mehmet Mustafa Ahmet Ali Murat Emre Tomasz Dmitri Sergej Giuseppe Hans-Peter Karl-Heinz",
    ("DE", "f"): "Ursula Renate Monika Karin Petra Sabine Andrea Birgit Angelika Gabriele Claudia Susanne Helga Christa Heike Martina "
    "Gisela Brigitte Ingrid Anja Nicole Stefanie Katrin Barbara Silke Julia Christine Ute Anna Katharina Sandra Melanie Tanja Kerstin "
    "Sarah Laura Lena Lisa Maria Elisabeth Jutta Marion Jana Nadine Daniela Vanessa Jessica Sophie Emma Mia Hannah Leonie Charlotte Franziska "
    "Theresa Johanna Cornelia Anke Bärbel Käthe Jördis Heidemarie Margarete Hildegard Edith Waltraud Rosemarie Anneliese Doris Elke Regina "
    "Simone Bettina Sonja Silvia Marie Antje Wiebke Frauke Maren Svenja Ayşe Fatma Emine Elif Zeynep Agnieszka Olga Swetlana Anne-Kathrin Ann-Kristin",
    ("FR", "m"): "Jean Michel Philippe Pierre Alain Nicolas Christophe Patrick Daniel Laurent Bernard Christian Frédéric Stéphane Julien "
    "Thomas Éric David Sébastien Alexandre Olivier Pascal Jacques Thierry Vincent Gérard Bruno François Antoine Guillaume Maxime Jérôme "
    "Anthony Romain Franck Didier Denis Benoît Mathieu Gilles Hervé Dominique Serge Arnaud Rémi Lucas Hugo Louis Gabriel Arthur Jules Adam "
    "Raphaël Paul Léo Théo Clément Quentin Florian Kevin Loïc Yann Fabrice Régis Marc Xavier Joël Cédric Ludovic Damien Grégory Mickaël "
    "Étienne René Roger André Henri Marcel Georges Lucien Émile Mohamed Karim Rachid Youssef Mamadou Jean-Pierre Jean-Claude Jean-Luc Jean-François",
    ("FR", "f"): "Marie Nathalie Isabelle Sylvie Catherine Martine Christine Françoise Valérie Sandrine Stéphanie Véronique Sophie Céline "
    "Chantal Patricia Anne Brigitte Julie Monique Aurélie Nicole Laurence Annie Émilie Dominique Virginie Corinne Élodie Christelle Camille "
    "Caroline Léa Sarah Florence Laetitia Audrey Hélène Laura Manon Michèle Cécile Christiane Béatrice Claire Nadine Delphine Pauline Karine "
    "Mélanie Marion Chloé Jacqueline Élisabeth Evelyne Marine Claudine Anaïs Lucie Danielle Carole Fanny Mathilde Charlotte Emma Jade Louise "
    "Alice Inès Lina Zoé Noémie Juliette Agnès Geneviève Thérèse Simone Odette Solène Maëlle Gaëlle Fatima Khadija Samira Aïcha Marie-Claude Anne-Sophie",
}  # fmt: skip

_FAMILY = {
    "US": "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor "
    "Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres "
    "Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz "
    "Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos "
    "Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long "
    "Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez Simmons Romero Jordan Patterson "
    "Schmidt Schneider O'Brien O'Connor McDonald Washington Chen Wong Singh Muñoz Peña Núñez Castañeda Cohen Goldberg Kowalski Olson Larsen",
    "GB": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson "
    "Clarke Patel Khan Lewis James Phillips Mason Mitchell Rose Davis Cox Rodgers Harris Martin Cooper King Lee Baker Harrison Morgan Allen Moore "
    "Turner Clark Hill Scott Ward Young Morris Watson Hughes Edwards Green Bell Murphy Parker Shaw Cook Bennett Collins Price Kelly Begum Ali "
    "Singh Hussain Ahmed Griffiths Richardson Marshall Carter Bailey Simpson Murray Gray Reid Stewart Campbell Fraser MacDonald Ross Henderson "
    "Ellis Owen Llewellyn Pritchard Rees Gallagher O'Neill Doyle Byrne Fletcher Barker Chapman Knight Webb Rogers Lloyd Palmer Stevens Hunt Mills "
    "Holmes Dixon Hunter Fisher Andrews Ford Grant Elliott Spencer Payne Pearson Kowalska Nowak Okafor Adeyemi Featherstone Smythe Ainsworth",
    "DE": "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann "
    "Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Schmitz Krause Meier Lehmann Schmid Schulze Maier Köhler Herrmann "
    "König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler "
    "Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß "
    "Seidel Heinrich Brandt Haas Schreiber Graf Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer "
    "Yılmaz Kaya Demir Şahin Öztürk Yıldız Nowak Kowalski Wójcik Ivanov Großmann Strauß Rößler Lüdtke Hübner Blümel Göbel Büchner Nguyen Rossi",
    "FR": "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefèvre Leroy Roux David Bertrand Morel Fournier "
    "Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Lefebvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François "
    "Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire "
    "Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy "
    "Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet "
    "Benali Haddad Diallo Traoré Nguyen Da-Silva Ferreira Lopez Sánchez Désiré Béranger Crépin Hébert Thévenot Poincaré Lévêque Château Prévost Séguin",
}  # fmt: skip

_PARTS = {
    "EN": ("Ash Black Brad Brook Burn Carl Chad Clif Crom Dal Den East Ell Fair Far Gold Green Had Hal Hart Hather Haw Hazel Hol Hor "
           "Hunt Kings Lang Law Lin Long Mans Mar May Mid Mil Nor Oak Old Pem Pres Rad Red Rock Ros Row Shel Stan Sto Sut Thorn Wake "
           "Wal War Wells West Whit Win Wood Wor",
           "ton ley ford field worth ham wood well more shaw stone croft land by wick bury man grove bridge den combe hurst water "
           "gate son cott dale burn smith lock"),
    "DE": ("Acker Alt Bach Baum Berg Birken Blumen Brand Braun Brunn Buchen Burg Dorn Eber Ehren Eichel Eisen Engel Falken Feld Finken "
           "Frei Gold Grün Haber Hammer Hart Hasel Heiden Hinter Hirsch Hoch Holz Kalten Kirch Klein Königs Krütz Linden Löwen Mühl Neu "
           "Ober Oster Rosen Roth Sand Schön Schwarz Silber Sonnen Stein Stroh Tannen Unter Vogel Wald Weiden Weiß Winter Wolf",
           "bauer meier mann müller hofer berger huber bach brunner dorf stein feld huth inger kamp lechner macher rieder schläger "
           "thaler weber wieser bäcker reuter schmid hauer egger vogt haus händler"),
    "FR": ("Beau Bel Bois Bonne Bour Cham Chan Char Clair Cour Dan Del Des Du Fon Gaul Gran Haute La Lan Le Mar Mont Mor Nor Pré Per "
           "Quin Ray Ri Roche Ros Sau Tour Val Vau Ver Vil Cor Bar",
           "mont champs bois tier geron lier nier vigne pré font court ville din bert dier gneau let rand sier tet val veau zet mard "
           "nay quet reau sard ton ché"),
    "ES": ("Alv Bald Ben Cald Cam Card Cast Cer Dom Est Fern Fig Gald Gut Her Iban Jim Lar Led Mart Mel Men Nav Olv Ord Pac Quint Ram "
           "Riv Sal Sant Val Vel Villal Zam", "ez arez era ado eros ales ana erdo illo ondo ueva ino osa ero anes"),
}  # fmt: skip

NICKNAMES = {
    full: tuple(nick.split("/"))
    for full, nick in (
        pair.split("=")
        for pair in (
            "William=Bill/Will/Billy Robert=Bob/Rob James=Jim/Jimmy John=Jack/Johnny Richard=Rick/Dick Michael=Mike/Micha Thomas=Tom/Tommy "
            "Christopher=Chris Charles=Chuck/Charlie Daniel=Dan/Danny Matthew=Matt Anthony=Tony Steven=Steve Stephen=Steve Andrew=Andy/Drew "
            "Joshua=Josh Kenneth=Ken Timothy=Tim Edward=Ed/Ted/Eddie Jeffrey=Jeff Nicholas=Nick Jonathan=Jon Benjamin=Ben Samuel=Sam Gregory=Greg "
            "Alexander=Alex/Sandy Patrick=Pat/Paddy Raymond=Ray Zachary=Zach Douglas=Doug Lawrence=Larry Gabriel=Gabe Joseph=Joe Jacob=Jake "
            "Philip=Phil Ronald=Ron Leonard=Len Theodore=Ted Elizabeth=Liz/Beth/Betty/Lizzie Jennifer=Jen/Jenny Patricia=Pat/Patty/Trish Susan=Sue "
            "Margaret=Peggy/Maggie/Meg Katherine=Kate/Kathy/Katie Catherine=Cathy/Kate Kathleen=Kathy Deborah=Debbie Rebecca=Becky Barbara=Barb "
            "Jessica=Jess Kimberly=Kim Amanda=Mandy Stephanie=Steph Samantha=Sam Christine=Chris/Tina Christina=Tina Victoria=Vicky/Tori Jacqueline=Jackie "
            "Dorothy=Dot/Dottie Abigail=Abby Virginia=Ginny Cynthia=Cindy Pamela=Pam Sandra=Sandy Nicole=Nikki Rachel=Rach Emily=Em Theresa=Terry "
            "Hannah=Han Charlotte=Lottie/Charlie Olivia=Liv Isabella=Bella Natalie=Nat Madison=Maddie Frances=Fran Harriet=Hattie Gillian=Gill "
            "Wolfgang=Wolf Klaus=Nik Günter=Günni Stefan=Steff Christian=Chris Matthias=Matze/Matt Sebastian=Basti Maximilian=Max Johannes=Hannes "
            "Joachim=Jochen/Achim Ulrich=Uli Manfred=Manni Andreas=Andi Tobias=Tobi Florian=Flo Philipp=Phil Benedikt=Bene Friedrich=Fritz Wilhelm=Willi "
            "Alexandra=Alex Katharina=Kathi/Käthe Elisabeth=Elli/Lisa/Sissi Gabriele=Gabi Susanne=Susi Ursula=Uschi Angelika=Geli Stefanie=Steffi "
            "Brigitte=Gitti Franziska=Franzi Johanna=Hanna Theresa=Resi Margarete=Grete/Gretel Cornelia=Conny Heidemarie=Heidi Rosemarie=Rosi "
            "Frédéric=Fred Alexandre=Alex Nicolas=Nico Christophe=Chris Guillaume=Guigui Maxime=Max Sébastien=Seb Laurent=Lolo Stéphane=Steph "
            "Isabelle=Isa Catherine=Cathy Valérie=Val Stéphanie=Steph Véronique=Véro Aurélie=Aurel Émilie=Mimi Élisabeth=Babeth Françoise=Fanfan "
            "Caroline=Caro Delphine=Delph Mathilde=Math Jean-Pierre=JP/Jean Jean-Claude=Claude Jean-Luc=Luc Marie-Claude=Marie Anne-Sophie=Sophie "
            "Mohammed=Mo Mohamed=Mo Guadalupe=Lupe Hans-Peter=Hans/Peter Karl-Heinz=Kalle/Karl Anne-Kathrin=Anne Ann-Kristin=Ann Jean-François=Jef"
        ).split()
    )
}  # fmt: skip

GIVEN = {key: zipf(names.split(), exponent=0.75) for key, names in _GIVEN.items()}
GIVEN_BY_INITIAL = {
    key: {initial: tuple(n for n in names.split() if n[0] == initial) for initial in {n[0] for n in names.split()}}
    for key, names in _GIVEN.items()
}
FAMILY = {
    country: zipf([n.replace("Da-Silva", "Da Silva") for n in names.split()]) for country, names in _FAMILY.items()
}
_HEADS = {key: tuple(heads.split()) for key, (heads, _) in _PARTS.items()}
_TAILS = {key: tuple(tails.split()) for key, (_, tails) in _PARTS.items()}
# How often a family name comes from the list of common names; the rest is composed.
_LISTED = {"US": 0.52, "GB": 0.50, "DE": 0.42, "FR": 0.34}
_LANGUAGE = {"US": "EN", "GB": "EN", "DE": "DE", "FR": "FR"}


def given_name(r: Draw, country: str, sex: str) -> str:
    return pick(r, GIVEN[country, sex])


def family_name(r: Draw, country: str) -> str:
    """A family name; about half are common ones, the rest composed of two parts, a few double-barrelled."""
    chance = r()
    if chance < _LISTED[country]:
        return pick(r, FAMILY[country])
    language = _LANGUAGE[country]
    if country == "US":
        language = ("EN", "EN", "DE", "ES")[int(r() * 4)]
    name = pick(r, _HEADS[language]) + pick(r, _TAILS[language])
    if language == "EN" and chance > 0.94:
        name = ("Mc", "Mac", "O'", "Fitz")[int(r() * 4)] + name
    elif language == "DE" and chance > 0.985:
        name = "von " + name
    elif language == "FR" and chance > 0.97:
        name = "de " + name
    elif chance > 0.92 and language in ("EN", "FR"):
        name += ("s", "er", "ing", "e")[int(r() * 4)] if language == "EN" else "-" + pick(r, FAMILY[country])
    return name
