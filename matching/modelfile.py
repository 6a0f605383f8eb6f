"""A match model as JSON: written, read back, and what is wrong with one that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from matching import defaults
from matching.block import RULE_NAMES
from matching.model import CLASSES, FORMAT, BlockingRule, Comparison, Frequencies, Learned, MatchModel, ModelError


def written(model: MatchModel) -> dict[str, Any]:
    """The model as JSON values; ``read`` reads it back."""
    return {
        "format": FORMAT,
        "name": model.name,
        "kind": model.kind,
        "population": model.population,
        "prior": model.prior_mb / 1000,
        "cut_mb": model.cut_mb,
        "potential_mb": model.potential_mb,
        "limit_mb": model.limit_mb,
        "rates": {c: _short(model.rates[c]) for c in CLASSES},
        "rules": [{"name": r.name, "cap": r.cap} for r in model.rules],
        "comparisons": [
            {
                "attribute": c.attribute,
                "levels": list(c.levels),
                "probabilities": {k: [_short(p) for p in c.probabilities[k]] for k in CLASSES},
                "chance": list(c.chance),
            }
            for c in model.comparisons
        ],
        "frequencies": {
            key: {
                "tail": _short(f.tail),
                "collision": _short(f.collision),
                "countries": {
                    country: {v: _short(p) for v, p in sorted(table.items())}
                    for country, table in sorted(f.countries.items())
                },
            }
            for key, f in sorted(model.frequencies.items())
        },
        "placeholders": {key: sorted(values) for key, values in sorted(model.placeholders.items())},
        "shared_contacts": sorted(model.shared_contacts),
        **({"learned": _taught(model.learned)} if model.learned else {}),
        "provenance": dict(model.provenance),
    }


def _taught(learned: Learned) -> dict[str, Any]:
    return {
        "intercept_mb": learned.intercept_mb,
        "slopes_pm": list(learned.slopes_pm),
        "corrections_mb": {name: list(row) for name, row in sorted(learned.corrections_mb.items())},
    }


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def read(data: Any) -> MatchModel:
    """The model in decoded JSON. Raises ``ModelError``."""
    if not isinstance(data, Mapping):
        raise ModelError("the match model must be a JSON object")
    if data.get("format") != FORMAT or isinstance(data.get("format"), bool):
        raise ModelError(f"the match model's format must be {FORMAT}; export it again with this version")
    kind = data.get("kind")
    if kind != "person":
        raise ModelError("kind must be person")
    comparisons = _comparisons(_list(data, "comparisons"))
    return MatchModel(
        name=_name(data.get("name")),
        kind=kind,
        population=_integer(data, "population", 0, 10**11),
        cut_mb=_integer(data, "cut_mb", -60_000, 60_000),
        potential_mb=_integer(data, "potential_mb", -60_000, 60_000),
        limit_mb=_integer(data, "limit_mb", 1, 60_000),
        rates=_rates(data.get("rates")),
        rules=_rules(_list(data, "rules")),
        comparisons=comparisons,
        frequencies={str(k): _frequencies(v, str(k)) for k, v in _mapping(data, "frequencies").items()},
        placeholders={str(k): _texts(v, f"placeholders.{k}") for k, v in _mapping(data, "placeholders").items()},
        shared_contacts=frozenset(
            _within(v, "shared_contacts", -(2**63), 2**63 - 1) for v in _list(data, "shared_contacts")
        ),
        learned=_learned(data.get("learned"), comparisons),
        provenance=_provenance(_mapping(data, "provenance")),
    )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 100 or not value.isprintable():
        raise ModelError("name must be a text of 1 to 100 printable characters")
    return value


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, Mapping):
        raise ModelError(f"{key} must be a JSON object")
    return value


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key, [])
    if not isinstance(value, list):
        raise ModelError(f"{key} must be a list")
    return value


def _whole(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ModelError(f"{where} must be a whole number")
    return value


def _integer(data: Mapping[str, Any], key: str, low: int, high: int) -> int:
    return _within(data.get(key), key, low, high)


def _within(value: Any, where: str, low: int, high: int) -> int:
    number = _whole(value, where)
    if not low <= number <= high:
        raise ModelError(f"{where} must be between {low} and {high}")
    return number


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ModelError(f"{where} must be a number between 0 and 1")
    return float(value)


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ModelError(f"{where} must be a list of texts")
    return tuple(value)


def _rates(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or set(value) != set(CLASSES):
        raise ModelError(f"rates must name exactly the classes {', '.join(CLASSES)}")
    rates = {c: _number(value[c], f"rates.{c}") for c in CLASSES}
    if abs(sum(rates.values()) - 1) > 1e-3 or min(rates.values()) <= 0:
        raise ModelError("rates must be above 0 and sum to 1")
    return rates


def _provenance(value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False).encode("ascii")
    except (ValueError, TypeError, RecursionError):
        raise ModelError("provenance must be JSON without NaN or Infinity") from None
    return dict(value)


def _rules(items: list[Any]) -> tuple[BlockingRule, ...]:
    rules = tuple(_rule(item, i) for i, item in enumerate(items))
    if not rules:
        raise ModelError("rules must name a blocking rule at least: without one no records are compared")
    if len({rule.name for rule in rules}) < len(rules):
        raise ModelError("rules names a blocking rule twice")
    return rules


def _rule(item: Any, i: int) -> BlockingRule:
    if not isinstance(item, Mapping) or item.get("name") not in RULE_NAMES:
        raise ModelError(f"rules[{i}] must name a blocking rule: {', '.join(RULE_NAMES)}")
    return BlockingRule(str(item["name"]), _integer(item, "cap", 1, 10_000))


def _comparisons(items: list[Any]) -> tuple[Comparison, ...]:
    found: dict[str, Comparison] = {}
    for i, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise ModelError(f"comparisons[{i}] must be a JSON object")
        name = item.get("attribute")
        generic = isinstance(name, str) and name.startswith("attribute:") and len(name) > len("attribute:")
        if not isinstance(name, str) or not (generic or name in defaults.LEVELS):
            raise ModelError(f"comparisons[{i}] is of an unknown attribute")
        if name in found:
            raise ModelError(f"{name} is compared twice")
        levels = _texts(item.get("levels"), f"{name}: levels")
        if levels != (defaults.ATTRIBUTE_LEVELS if generic else defaults.LEVELS[name]):
            raise ModelError(f"{name}: the levels are not those of this version")
        tables = _mapping(item, "probabilities")
        probabilities = {}
        for c in CLASSES:
            row = tables.get(c)
            if not isinstance(row, list) or len(row) != len(levels):
                raise ModelError(f"{name}: {c} needs one probability for each of the {len(levels)} levels")
            values = tuple(_number(p, f"{name}: {c}") for p in row)
            if abs(sum(values) - 1) > 1e-3:
                raise ModelError(f"{name}: the levels of {c} sum to {sum(values):.4f}, not to 1")
            probabilities[c] = values
        chance = _texts(item.get("chance", []), f"{name}: chance")
        if not set(chance) <= set(CLASSES) - {"match"}:
            raise ModelError(f"{name}: chance names an unknown class")
        found[name] = Comparison(name, levels, probabilities, chance)
    missing = set(defaults.LEVELS) - set(found)
    if missing:
        raise ModelError(f"no comparison of {', '.join(sorted(missing))}")
    return tuple(found.values())


def _frequencies(value: Any, key: str) -> Frequencies:
    if not isinstance(value, Mapping):
        raise ModelError(f"frequencies.{key} must be a JSON object")
    tail = _number(value.get("tail"), f"frequencies.{key}.tail")
    collision = _number(value.get("collision"), f"frequencies.{key}.collision")
    if not tail or not collision:
        raise ModelError(f"frequencies.{key}: tail and collision must be above 0")
    countries = {}
    for country, table in _mapping(value, "countries").items():
        if not isinstance(table, Mapping):
            raise ModelError(f"frequencies.{key}.{country} must be a JSON object")
        countries[str(country)] = {str(v): _number(p, f"frequencies.{key}.{country}") for v, p in table.items()}
    return Frequencies(tail, collision, countries)


def _learned(value: Any, comparisons: tuple[Comparison, ...]) -> Learned | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ModelError("learned must be a JSON object")
    slopes = value.get("slopes_pm")
    if not isinstance(slopes, list) or len(slopes) != 3:
        raise ModelError("learned.slopes_pm must be a list of three whole numbers")
    below, between, above = (_within(s, "learned.slopes_pm", 1, 4000) for s in slopes)
    levels = {c.attribute: c.levels for c in comparisons}
    corrections = {}
    for name, row in _mapping(value, "corrections_mb").items():
        if name not in levels:
            raise ModelError("learned.corrections_mb is of an attribute that the model does not compare")
        if not isinstance(row, list) or len(row) != len(levels[name]) + 1:
            raise ModelError(
                f"learned: {name} needs a correction for each of the {len(levels[name])} levels and missing"
            )
        corrections[name] = tuple(_within(v, f"learned: {name}", -60_000, 60_000) for v in row)
    return Learned(
        intercept_mb=_integer(value, "intercept_mb", -60_000, 60_000),
        slopes_pm=(below, between, above),
        corrections_mb=corrections,
    )
