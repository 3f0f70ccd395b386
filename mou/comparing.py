"""What changed between two texts, word by word, for people to read."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\W_]+|[\W_]")


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed, was taken out or was put in: ``kind`` is "same", "out" or "in"."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The pieces in reading order; what was taken out stands before what was put in its place."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(Piece("out", "".join(old[a:b])))
        if c < d:
            pieces.append(Piece("in", "".join(new[c:d])))
    return pieces
