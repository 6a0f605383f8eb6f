"""How people of a language are named: heads of the frequency lists, and tails put together from syllables."""

from __future__ import annotations

from random import Random

from bench.second.words import Choice, Skewed, groups, pick, words

# Share of people whose family name is in the list; the rest have rare names made of syllables.
HEAD = {"us": 0.42, "gb": 0.46, "de": 0.42, "fr": 0.36, "es": 0.74, "nl": 0.48}
HEAD |= {"tr": 0.75, "ar": 0.7, "pl": 0.62, "vi": 0.97, "zh": 0.96, "in": 0.78}
RARE_GIVEN = 0.09
GENERATION = 1971  # people born before draw from the older list of given names, most of the time

# Who lives where. Names of migrants appear in every country, in shares of its own.
SHARES: dict[str, Choice[str]] = {
    "US": Choice({"us": 66, "es": 15, "in": 4, "zh": 4, "vi": 3, "ar": 2, "pl": 2, "de": 2, "fr": 1, "gb": 1}),
    "GB": Choice({"gb": 80, "in": 7, "ar": 4, "pl": 4, "zh": 1.5, "tr": 1, "vi": 0.5, "fr": 1, "es": 1}),
    "DE": Choice({"de": 78, "tr": 9, "pl": 5, "ar": 4, "vi": 1, "nl": 1, "es": 1, "zh": 0.5, "in": 0.5}),
    "FR": Choice({"fr": 82, "ar": 10, "es": 2, "vi": 1.5, "pl": 1.5, "tr": 1.5, "zh": 1, "de": 0.5}),
    "ES": Choice({"es": 89, "ar": 4, "zh": 2, "fr": 1, "gb": 2, "de": 1, "pl": 1}),
    "NL": Choice({"nl": 80, "tr": 5, "ar": 6, "pl": 3, "zh": 1.5, "vi": 0.7, "in": 1.8, "de": 2}),
}


class Culture:
    """Draws of names of one language; ``code`` is one of ``HEAD``."""

    def __init__(self, code: str) -> None:
        self.code = code
        file = f"names_{'en' if code in ('us', 'gb') else code}.txt"
        family = f"family_{code}" if code in ("us", "gb") else "family"
        self._family = Skewed(words(file, family), steepness=0.85, shift=3)
        self._start = Skewed(words(file, "family_start"), steepness=0.5)
        self._mid = words(file, "family_mid") or [""]
        self._end = Skewed(words(file, "family_end"), steepness=0.5)
        self._particle = Skewed(words(file, "particle"), steepness=1.0) if code == "nl" else None
        self._given: dict[tuple[str, bool], Skewed] = {}
        for sex in "mf":
            for old, suffix in ((True, "_old"), (False, "_new")):
                listed = words(file, f"given_{sex}{suffix}") or words(file, f"given_{sex}")
                self._given[sex, old] = Skewed(listed, steepness=0.95, shift=4)
        self._given_start = words(file, "given_start")
        self._given_end = {sex: words(file, f"given_end_{sex}") for sex in "mf"}
        self.nicknames = groups(file, "nick")
        self.variants = groups(file, "variant")

    def family(self, rng: Random) -> str:
        """A family name as its bearers write it."""
        if rng.random() < HEAD[self.code]:
            return self._family.draw(rng)
        middle = pick(rng, self._mid) if rng.random() < 0.35 else ""
        name = self._start.draw(rng) + middle + self._end.draw(rng)
        if self._particle is not None and rng.random() < 0.25:
            return f"{self._particle.draw(rng)} {name}"
        return name

    def given(self, rng: Random, sex: str, born: int) -> str:
        """A given name for somebody of this sex (``m``, ``f``) born in that year."""
        if rng.random() < RARE_GIVEN:
            return pick(rng, self._given_start) + pick(rng, self._given_end[sex])
        old = (born < GENERATION) != (rng.random() < 0.15)
        return self._given[sex, old].draw(rng)

    def for_sex(self, family: str, sex: str) -> str:
        """The family name in the form that a man or a woman bears: Polish has two."""
        if self.code != "pl":
            return family
        if sex == "f" and family.endswith("ki"):
            return family[:-1] + "a"
        if sex == "m" and family.endswith("ka") and family[-3:-2] in "sc":
            return family[:-1] + "i"
        return family


CULTURES = {code: Culture(code) for code in HEAD}
