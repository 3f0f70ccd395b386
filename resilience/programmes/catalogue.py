"""The published national criteria, support matrix and menu (NHS England guidance 2018-19; domain 3.1).

Functions publish them as rows; a programme year points at the version it uses.
"""

from django.utils import timezone

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

CRITERIA = (
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


def publish_matrix(name: str = "National support matrix", version: int = 1) -> MatrixVersion:
    """Write the national 5×5 matrix as a new version. Raises IntegrityError if the version exists."""
    matrix = MatrixVersion.objects.create(name=name, version=version, published_at=timezone.now())
    MatrixCell.objects.bulk_create(
        MatrixCell(matrix=matrix, scope=scope, impact=impact, rating=rating)
        for impact, row in RATINGS_BY_IMPACT.items()
        for scope, rating in enumerate(row, start=1)
    )
    MatrixScore.objects.bulk_create(
        MatrixScore(matrix=matrix, axis=axis, score=score, name=title, meaning=meaning)
        for axis, titles in SCORES.items()
        for score, (title, meaning) in enumerate(titles, start=1)
    )
    RatingMeaning.objects.bulk_create(
        RatingMeaning(matrix=matrix, rating=rating, meaning=meaning) for rating, meaning in MEANINGS.items()
    )
    return matrix


def publish_criteria(name: str = "National criteria", version: int = 1) -> CriteriaSet:
    """Write the 16 national criteria as a new version. Raises IntegrityError if the version exists."""
    criteria_set = CriteriaSet.objects.create(name=name, version=version, published_at=timezone.now())
    Criterion.objects.bulk_create(
        Criterion(
            criteria_set=criteria_set,
            number=number,
            domain=domain,
            name=title,
            what_tells=what_tells,
            is_key=number == KEY_CRITERION,
            indicators=indicators,
        )
        for number, (domain, title, what_tells, indicators) in enumerate(CRITERIA, start=1)
    )
    return criteria_set
