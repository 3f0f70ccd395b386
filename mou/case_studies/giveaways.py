"""Where a text gives a practice away, and what of it the editor has kept on record."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mou.case_studies.clues import Clue, clues_of, clues_of_others, normal
from mou.case_studies.texts import WRITTEN, part_of
from mou.models import CaseStudy, CaseStudyText
from resilience.referrals.models import Referral

_ENDS = re.compile(r"[.!?\n]")


@dataclass(frozen=True)
class Hit:
    """Words of one field that tell who it is; ``mark`` is of them in just this sentence."""

    field: str
    words: str
    tells: str
    is_certain: bool
    sentence: str

    @property
    def mark(self) -> str:
        said = "\0".join((self.field, normal(self.words)[0], normal(self.sentence)[0]))
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def part(self) -> str:
        return part_of(self.field)


def hits_in(clues: Iterable[Clue], said: Mapping[str, str]) -> list[Hit]:
    """Every place of these texts that a clue fits, once, the certain ones first where two overlap."""
    clues = sorted(clues, key=lambda clue: not clue.is_certain)
    found: list[tuple[int, int, Hit]] = []
    for order, (field, text) in enumerate(said.items()):
        plain, at = normal(text)
        taken: list[tuple[int, int]] = []
        for clue in clues:
            for match in clue.pattern.finditer(plain):
                start, end = at[match.start()], at[match.end() - 1] + 1
                if any(start < there[1] and there[0] < end for there in taken):
                    continue
                taken.append((start, end))
                sentence = _sentence(text, start, end)
                found.append(
                    (order, start, Hit(field, text[start:end], clue.tells, clue.is_certain, sentence))
                )
    return [hit for _, _, hit in sorted(found, key=lambda each: each[:2])]


def _sentence(text: str, start: int, end: int) -> str:
    before = [match.end() for match in _ENDS.finditer(text, 0, start)]
    after = _ENDS.search(text, end)
    return " ".join(text[before[-1] if before else 0 : after.end() if after else len(text)].split())


def hits_of(referral: Referral, text: CaseStudyText, *, is_named: bool) -> list[Hit]:
    """Of a study that does not name the practice, all that tells who it is; of one that does, the other practices."""
    clues = clues_of_others(referral) if is_named else clues_of(referral)
    return hits_in(clues, {name: getattr(text, name) for name in WRITTEN})


def kept(study: CaseStudy) -> dict[str, str]:
    """The reason for which words were kept, by mark."""
    return dict(study.kept_words.values_list("mark", "reason"))


def unsettled(study: CaseStudy, text: CaseStudyText, *, is_named: bool) -> list[Hit]:
    """What must be changed, or kept with a reason, before the study can be published so."""
    reasons = kept(study)
    return [
        hit
        for hit in hits_of(study.referral, text, is_named=is_named)
        if hit.is_certain or hit.mark not in reasons
    ]
