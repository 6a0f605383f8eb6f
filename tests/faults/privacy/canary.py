"""A customer whose every value can be recognised, and a search for these values in whatever is on the disk."""

from __future__ import annotations

import base64
import contextlib
import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

# Every value holds one of these, in a spelling that normalising keeps or folds.
WORDS = (
    "zephyrine", "quillfeather", "brambletwine", "mossgarden", "fernwhistle",  # names, street, city
    "canarymail", "otterpost", "lanternkey",  # e-mail addresses, source ids
    "8615550147", "7946001337", "9988776655",  # phones, loyalty id
    "marzipanproof", "gooseberryreason", "tamarindletter", "nutmegattribute",  # proof, reason, reference, attribute
    "19330727", "1933-07-27",  # birth date
)  # fmt: skip
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def forms(word: str) -> Iterator[bytes]:
    """The bytes by which a word would be met: plain, as UTF-16, and in the middle of base64 (three alignments)."""
    for cased in {word, word.upper(), word.capitalize()}:
        for encoding in _ENCODINGS:
            yield cased.encode(encoding)
        raw = cased.encode()
        for shift in range(3):
            # Of what stands before and after nothing is known: the characters that depend on it are cut off.
            coded = base64.b64encode(bytes(shift) + raw)
            start = -(-shift * 8 // 6)
            kept = coded[start : len(coded) - 4 if (shift + len(raw)) % 3 else len(coded)]
            if len(kept) >= 8:
                yield kept
                yield kept.translate(bytes.maketrans(b"+/", b"-_"))


FORMS = {form: word for word in WORDS for form in forms(word)}


def found_in(data: bytes) -> set[str]:
    """The words that are met in these bytes, or in what they decompress to."""
    hits = {word for form, word in FORMS.items() if form in data}
    return hits | {word for part in _decompressed(data) for form, word in FORMS.items() if form in part}


def _decompressed(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    # The members of a custom-format dump are zlib streams somewhere inside.
    for head in (b"\x78\x9c", b"\x78\x01", b"\x78\xda"):
        at = data.find(head)
        while at >= 0 and len(data) < 64 * 2**20:
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj().decompress(data[at:])
            at = data.find(head, at + 1)


def search(folders: Iterable[Path], *, but: Iterable[Path] = ()) -> dict[str, set[str]]:
    """Every file below these folders that holds one of the words: path → words. Programs are left out."""
    passed = {path.resolve() for path in but}
    hits: dict[str, set[str]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file() or "pginstall" in path.parts or path.resolve() in passed:
                continue
            words = found_in(path.read_bytes())
            if words:
                hits[str(path)] = words
    return hits
