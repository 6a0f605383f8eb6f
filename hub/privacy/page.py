"""A bundle as a page that a person can read: plain HTML, with nothing to load and nothing to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem;border-bottom:1px solid #bbb}
h3{font-size:1rem;margin:1.5rem 0 .3rem}
dl{margin:0;display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.15rem 1rem}
dt{color:#555}dd{margin:0;overflow-wrap:anywhere}ul{margin:0;padding-left:1.2rem}
"""


def page(bundle: Mapping[str, Any]) -> bytes:
    """The bundle of ``hub.privacy.bundle`` as an HTML document, UTF-8."""
    about: Mapping[str, Any] = bundle["about"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>What is held about you</title>",
        f"<style>{_STYLE}</style><h1>What is held about you</h1>",
        _value({key: value for key, value in about.items() if key != "sections"}),
        "<h2>In this document</h2><ul>",
    ]
    told: Mapping[str, str] = about["sections"]
    parts += [
        f"<li><a href='#{escape(name)}'>{escape(_words(name))}</a>: {escape(text)}</li>" for name, text in told.items()
    ]
    parts.append("</ul>")
    for name, text in told.items():
        parts.append(f"<h2 id='{escape(name)}'>{escape(_words(name))}</h2><p>{escape(text)}</p>")
        parts.append(_section(bundle[name]))
    return "".join(parts).encode("utf-8", "replace")


def _section(value: Any) -> str:
    if isinstance(value, list):
        if not value:
            return "<p>Nothing.</p>"
        return "".join(f"<h3>{number}</h3>{_value(item)}" for number, item in enumerate(value, 1))
    return _value(value) or "<p>Nothing.</p>"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = "".join(
            f"<dt>{escape(_words(str(key)))}</dt><dd>{_value(item)}</dd>" for key, item in value.items() if _said(item)
        )
        return f"<dl>{inside}</dl>" if inside else ""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "<ul>" + "".join(f"<li>{_value(item)}</li>" for item in value) + "</ul>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


def _said(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _words(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()
