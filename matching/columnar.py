"""Normalise by the column: a frame of flat rows as a table, each distinct value cleaned once.

The cleaning is that of ``matching.normalise``; only what goes round it is other, so that a million rows take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.frames import Column, Frame, distinct, recoded
from matching.model import MatchModel
from matching.normalise import (
    attribute_of,
    birth_of,
    city_of,
    country_of,
    email_of,
    ident_of,
    names_of,
    phone_of,
    postal_code_of,
    region_of,
    said,
    street_of,
)
from matching.parallel import each
from matching.table import PLACE, SINGLE, Table, Vocabulary, domain_of, ident_text

NAMES = ("given_name", "middle_name", "family_name", "full_name", "company_name")
# Distinct values that one process takes at a time.
_AT_ONCE = 100_000


@dataclass(frozen=True)
class _Job:
    """``clean`` of each distinct combination of ``inputs`` gives the texts of the ``outputs``."""

    inputs: tuple[Column, ...]
    outputs: tuple[str, ...]
    clean: Callable[..., Sequence[str]]


def prepare(frame: Frame, model: MatchModel, workers: int = 1) -> Table:
    """The rows of ``frame`` as ``Table.of`` of their normalised records would hold them."""
    dummies = model.placeholder_sets
    get = frame.column
    country = get("country").mapped(lambda v: country_of(v, dummies))
    jobs = [
        _Job(
            (get("kind"), *(get(n).mapped(lambda v: said(v, dummies)) for n in NAMES), country),
            ("given", "middle", "family", "suffix", "company", "former", "former", "former"),
            lambda kind, *texts: _names(names_of(kind, *(text or "" for text in texts))),
        ),
        _Job((get("street"),), ("street", "number"), lambda v: street_of(v, dummies)),
        _Job((get("city"),), ("city",), lambda v: (city_of(v, dummies),)),
        _Job((get("region"),), ("region",), lambda v: (region_of(v, dummies),)),
        _Job((get("postal_code"), country), ("postal",), lambda v, land: (postal_code_of(v, land or "", dummies),)),
        _Job((get("birth_date"), country), ("birth",), lambda v, land: (birth_of(v, land or "", dummies),)),
    ]  # fmt: skip
    jobs += [
        _Job((get(name),), ("email", "user"), lambda v: _mailbox(email_of(v, model) if v else ""))
        for name in ("email", "email2")
    ]
    jobs += [
        _Job((get(name), country), ("phone",), lambda v, land: (phone_of(v, land or "", model) if v else "",))
        for name in ("phone", "phone2")
    ]
    jobs += [_Job((get(name), country), (name,), _ident(name, dummies)) for name in ("tax_id", "loyalty_id")]
    jobs += [
        _Job((frame.attributes[name],), (f"attribute:{name}",), lambda v: (attribute_of(v, dummies),))
        for name in model.attributes
        if name in frame.attributes
    ]
    found: dict[str, list[Column]] = {
        "kind": [get("kind")],
        "source": [get("source_system")],
        "country": [country],
    }
    for job, columns in zip(jobs, _cleaned(jobs, workers), strict=True):
        for output, column in zip(job.outputs, columns, strict=True):
            found.setdefault(output, []).append(column)
    return _table(frame, found)


def _names(name: Any) -> tuple[str, ...]:
    return (name.given, name.middle, name.family, name.suffix, name.company, *(*name.former, "", "", "")[:3])


def _mailbox(address: str) -> tuple[str, str]:
    return address, address.partition("@")[0]


def _ident(name: str, dummies: Any) -> Callable[..., Sequence[str]]:
    def clean(value: str | None, land: str | None) -> Sequence[str]:
        found = ident_of(name, None, value, land or "", dummies) if value else None
        return (ident_text(found)[1] if found else "",)

    return clean


def _cleaned(jobs: Sequence[_Job], workers: int) -> list[list[Column]]:
    """The output columns of every job, the work cut into pieces that any process may take."""
    numbered = [distinct(job.inputs) for job in jobs]
    pieces = [
        (which, start)
        for which, (_, examples) in enumerate(numbered)
        for start in range(0, max(len(examples[0]), 1), _AT_ONCE)
    ]

    def clean(piece: tuple[int, int]) -> list[tuple[np.ndarray, list[str]]]:
        which, start = piece
        job, examples = jobs[which], numbered[which][1]
        values = [
            [column.values[code] if code >= 0 else None for code in codes[start : start + _AT_ONCE].tolist()]
            for column, codes in zip(job.inputs, examples, strict=True)
        ]
        outputs = [job.clean(*row) for row in zip(*values, strict=True)]
        numbers = np.arange(len(outputs), dtype=np.int32)
        columns = [recoded(numbers, [row[place] for row in outputs]) for place in range(len(job.outputs))]
        return [(c.codes, c.values) for c in columns]

    done = each(clean, pieces, workers)
    out = []
    for which, (numbers, _) in enumerate(numbered):
        parts = [found for (job, _), found in zip(pieces, done, strict=True) if job == which]
        columns = [Column.concat([Column(*part[k]) for part in parts]) for k in range(len(jobs[which].outputs))]
        out.append([column[numbers] for column in columns])
    return out


def _table(frame: Frame, found: dict[str, list[Column]]) -> Table:
    """The columns under the vocabularies of their domains, several values of a row side by side."""
    vocabularies: dict[str, Vocabulary] = {}
    columns: dict[str, np.ndarray] = {}
    for name, parts in found.items():
        vocabulary = vocabularies.setdefault(domain_of(name), Vocabulary())
        sides = []
        for part in parts:
            to = np.array([*(vocabulary.code(v) for v in part.values), -1], dtype=np.int32)
            sides.append(to[part.codes])
        columns[name] = np.stack(sides, axis=1)
    for name in [n for n in found if n not in SINGLE and n not in PLACE and not n.startswith("attribute:")]:
        if name != "user":
            _compact(columns, ("email", "user") if name == "email" else (name,))
    return Table(frame.order, columns, vocabularies)


def _compact(columns: dict[str, np.ndarray], names: tuple[str, ...]) -> None:
    """Values side by side without gaps and repetitions, in no more places than needed."""
    block = columns[names[0]].copy()
    for place in range(1, block.shape[1]):
        block[(block[:, :place] == block[:, place : place + 1]).any(axis=1), place] = -1
    order = np.argsort(block < 0, axis=1, kind="stable")
    width = max(1, int((block >= 0).sum(axis=1).max(initial=0)))
    for name in names:
        columns[name] = np.take_along_axis(np.where(block < 0, -1, columns[name]), order, axis=1)[:, :width]
