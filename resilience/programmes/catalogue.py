"""The published national criteria, support matrix and menu (NHS England guidance 2018-19; domain 3.1).

Functions publish them as rows; a programme year points at the version it uses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from practices.importing.indicators import LABELS
from resilience.programmes.models import (
    CriteriaSet,
    Criterion,
    MatrixCell,
    MatrixScore,
    MatrixVersion,
    RatingMeaning,
)

RATINGS_BY_IMPACT = {
    5: ("A", "A/G", "G", "G", "G"),
    4: ("A", "A", "A/G", "A/G", "G"),
    3: ("A/R", "A", "A", "A", "A/G"),
    2: ("R", "A/R", "A/R", "A", "A"),
    1: ("B", "R", "R", "R", "R"),
}

SCORES = {
    "scope": (
        ("Rare", "No evidence of need for support"),
        ("Unlikely", "Support is not expected to be needed now, though it may be later"),
        ("Possible", "The evidence suggests that support might be needed"),
        ("Likely", "Support is likely to be needed, because of specific issues not expected to last"),
        ("Very likely", "Support is very likely to be needed, because of lasting or urgent circumstances"),
    ),
    "impact": (
        ("Very low", "Minimal effect for the practice, its staff and patients"),
        ("Low", "A single issue: low effect for practice and staff, negligible for patients"),
        ("Moderate", "Moderate effect, reaching several patients"),
        ("High", "Significant effect for practice and staff, moderate for patients"),
        ("Very high", "Very significant effect for practice, staff and patients"),
    ),
}

MEANINGS = {
    "G": "Support first: the need is clear and support would make a great difference.",
    "A/G": "High priority: support soon, after those rated G.",
    "A": "Medium priority: support if the money allows after higher ratings.",
    "A/R": "Low priority: little need now, or little that support would change.",
    "R": "Little to gain: support would change little. Look again if things change.",
    "B": "No case for support: no evidence of need and minimal effect.",
}

CRITERIA: tuple[tuple[str, str, str, list[str]], ...] = (
    ("Safety", "CQC rating: inadequate", "CQC overall rating", ["cqc_overall"]),
    ("Safety", "CQC rating: requires improvement", "CQC overall rating", ["cqc_overall"]),
    ("Safety", "Individual professional performance issues", "Local knowledge", []),
    (
        "Workforce",
        "Patients per whole-time GP or practice nurse",
        "Compared with other practices",
        ["patients_per_gp_fte", "patients_per_nurse_fte"],
    ),
    (
        "Workforce",
        "Vacancies, long-term illness included",
        "Local knowledge; also the share of staff aged 55 and over",
        ["share_aged_55"],
    ),
    (
        "External perspective",
        "Concerns of other bodies (LMC, commissioner, NHS England)",
        "Rises with how many bodies are concerned; a self-referral counts here",
        [],
    ),
    ("External perspective", "Primary Care Web Tool", "5 or more outlier indicators", ["web_tool_outliers"]),
    ("Organisational issues", "Practice leadership and partner relationships", "Local, to be justified", []),
    ("Organisational issues", "Significant practice changes (mergers, splits)", "Local knowledge", []),
    ("Organisational issues", "Professional isolation (single-handed)", "Number of GPs", ["gp_fte"]),
    (
        "Efficiency",
        "QOF achievement",
        "Most score over 90%, the average is 94%; few are under 80%",
        ["qof_achievement"],
    ),
    (
        "Efficiency",
        "Referral or prescribing against the CCG average",
        "Outlier: top or bottom 5%",
        ["referral_outlier"],
    ),
    ("Patient experience and access", "List closure, application to close included", "List status", []),
    (
        "Patient experience and access",
        "GP Patient Survey: would not recommend",
        "Per cent of patients",
        ["gpps_not_recommend"],
    ),
    (
        "Patient experience and access",
        "GP Patient Survey: not at all easy to get through by phone",
        "Per cent of patients",
        ["gpps_phone"],
    ),
    (
        "Patient experience and access",
        "GP Patient Survey: could not get an appointment",
        "Per cent of patients",
        ["gpps_no_appointment"],
    ),
)
KEY_CRITERION = 6

MENU = (
    "Rapid intervention and management support for practices at risk of closure",
    "Diagnostic services to quickly identify areas for improvement support",
    "Specialist advice and guidance (operational HR, IT, management, finance)",
    "Coaching, supervision or mentorship",
    "Practice management capacity support",
    "Coordinated support for practices struggling with workforce issues",
    "Change management and improvement support, to one practice or a group",
    "Personal resilience training",
    "Other (must be tied to an agreed resilience plan)",
)


INDICATORS = LABELS | {
    "share_aged_55": "Staff aged 55 and over, %",
    "web_tool_outliers": "Primary Care Web Tool: outlier indicators",
    "referral_outlier": "Referral or prescribing against the CCG average",
    "gpps_not_recommend": "GP Patient Survey: would not recommend, %",
    "gpps_phone": "GP Patient Survey: not at all easy to get through by phone, %",
    "gpps_no_appointment": "GP Patient Survey: could not get an appointment, %",
}
"""Figures that may stand beside a criterion, by the key of ``practices.Indicator``."""


@dataclass(frozen=True)
class MatrixContent:
    """A matrix before it is published: ``cells`` by (scope, impact), five (name, meaning) an axis, all meanings."""

    cells: Mapping[tuple[int, int], str]
    scores: Mapping[str, Sequence[tuple[str, str]]]
    meanings: Mapping[str, str]

    @classmethod
    def of(cls, matrix: MatrixVersion) -> "MatrixContent":
        """What a published version says."""
        scores: dict[str, list[tuple[str, str]]] = {axis: [] for axis in MatrixScore.Axis.values}
        for each in matrix.scores.order_by("score"):
            scores[each.axis].append((each.name, each.meaning))
        return cls(
            {(cell.scope, cell.impact): cell.rating for cell in matrix.cells.all()},
            {axis: tuple(words) for axis, words in scores.items()},
            {each.rating: each.meaning for each in matrix.meanings.all()},
        )


@dataclass(frozen=True)
class CriterionContent:
    """One criterion before it is published; its number is its place among the others."""

    domain: str
    name: str
    what_tells: str = ""
    is_key: bool = False
    indicators: tuple[str, ...] = ()

    @classmethod
    def of(cls, criterion: Criterion) -> "CriterionContent":
        """What a published criterion says."""
        return cls(
            criterion.domain,
            criterion.name,
            criterion.what_tells,
            criterion.is_key,
            tuple(criterion.indicators),
        )


NATIONAL_MATRIX = MatrixContent(
    {
        (scope, impact): rating
        for impact, row in RATINGS_BY_IMPACT.items()
        for scope, rating in enumerate(row, start=1)
    },
    SCORES,
    MEANINGS,
)
NATIONAL_CRITERIA = tuple(
    CriterionContent(domain, name, what_tells, number == KEY_CRITERION, tuple(indicators))
    for number, (domain, name, what_tells, indicators) in enumerate(CRITERIA, start=1)
)
MATRIX_NAME, CRITERIA_NAME = "National support matrix", "National criteria"


def publish_matrix(
    name: str = MATRIX_NAME, version: int = 1, content: MatrixContent = NATIONAL_MATRIX
) -> MatrixVersion:
    """Write a 5×5 matrix as a new version. Raises IntegrityError if the version exists."""
    matrix = MatrixVersion.objects.create(name=name, version=version, published_at=timezone.now())
    MatrixCell.objects.bulk_create(
        MatrixCell(matrix=matrix, scope=scope, impact=impact, rating=rating)
        for (scope, impact), rating in content.cells.items()
    )
    MatrixScore.objects.bulk_create(
        MatrixScore(matrix=matrix, axis=axis, score=score, name=title, meaning=meaning)
        for axis, titles in content.scores.items()
        for score, (title, meaning) in enumerate(titles, start=1)
    )
    RatingMeaning.objects.bulk_create(
        RatingMeaning(matrix=matrix, rating=rating, meaning=meaning)
        for rating, meaning in content.meanings.items()
    )
    return matrix


def publish_criteria(
    name: str = CRITERIA_NAME, version: int = 1, criteria: Iterable[CriterionContent] = NATIONAL_CRITERIA
) -> CriteriaSet:
    """Write criteria, numbered as they come, as a new version. Raises IntegrityError if the version exists."""
    criteria_set = CriteriaSet.objects.create(name=name, version=version, published_at=timezone.now())
    Criterion.objects.bulk_create(
        Criterion(
            criteria_set=criteria_set,
            number=number,
            domain=each.domain,
            name=each.name,
            what_tells=each.what_tells,
            is_key=each.is_key,
            indicators=list(each.indicators),
        )
        for number, each in enumerate(criteria, start=1)
    )
    return criteria_set
