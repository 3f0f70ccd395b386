"""A case study as its page shows it: where it stands, what is missing, what gives it away, what this person may do."""

from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from mou.case_studies import publishing, rules, texts
from mou.case_studies.giveaways import Hit, hits_of, kept
from mou.case_studies.states import STUDY_ACTS
from mou.models import CaseStudy, CaseStudyText, Naming, Plan, PublishedStudy
from mou.people import is_for_practice
from mou.wording.compare import Row, compare_lines
from resilience.core.access import why_not
from resilience.referrals.models import Referral

S = CaseStudy.State
COLOURS: dict[str, str] = {
    S.WRITING: "white",
    S.ASKED: "blue",
    S.CONSENTED: "aqua-green",
    S.PUBLISHED: "green",
    S.TAKEN_DOWN: "grey",
}
_BUTTONS: tuple[tuple[str, str, Any, str], ...] = (
    ("mou.consent_to_case_study", "mou:consent_to_case_study", rules.check_can_consent, ""),
    ("mou.publish_case_study", "mou:publish_case_study", rules.check_can_publish, ""),
    ("mou.ask_for_consent", "mou:ask_for_consent", rules.check_can_ask, ""),
    ("mou.hand_in_case_study", "mou:hand_in_case_study", rules.check_can_hand_in, ""),
    ("mou.ask_for_changes", "mou:ask_for_changes", rules.check_can_ask_for_changes, "secondary"),
    ("mou.send_back_case_study", "mou:send_back_case_study", rules.check_can_send_back, "secondary"),
    ("mou.opt_out_of_being_named", "mou:opt_out_of_being_named", rules.check_can_opt_out, "secondary"),
    ("mou.withdraw_consent", "mou:withdraw_consent", rules.check_can_withdraw_consent, "warning"),
    ("mou.take_down_case_study", "mou:take_down_case_study", rules.check_can_take_down, "warning"),
)
"""Each act with a page of its own, in the order in which they are offered."""


def address(referral: Referral) -> str:
    return reverse("mou:case_study", kwargs={"referral": referral.pk})


def part_address(referral: Referral, part: str) -> str:
    return reverse("mou:write_case_study", kwargs={"referral": referral.pk, "study_part": part})


def is_promised(referral: Referral) -> bool:
    """Does the agreed plan promise one?"""
    return Plan.objects.filter(referral=referral, has_case_study=True, agreed_at__isnull=False).exists()


def html_of(content: dict[str, Any]) -> SafeString:
    """Our own template's output, in which everything typed was escaped."""
    return mark_safe(publishing.render(content))  # nosec B308 B703


def buttons(user: Any, referral: Referral, study: CaseStudy) -> list[dict[str, str]]:
    """What the person may do now; with the reason where a rule beyond the table says no."""
    found = []
    for act, url, rule, variant in _BUTTONS:
        if study.state not in STUDY_ACTS[act].moves or not rules.may(user, referral, act):
            continue
        if act == "mou.opt_out_of_being_named" and study.naming == Naming.UNNAMED:
            continue
        found.append(
            {
                "text": STUDY_ACTS[act].label,
                "href": reverse(url, kwargs={"referral": referral.pk}),
                "variant": variant,
                "refused": why_not(rule, user, referral, study),
            }
        )
    return found


def tasks(referral: Referral, text: CaseStudyText, *, can_write: bool) -> list[dict[str, Any]]:
    """The parts as a task list: a link to each where they can be written, and whether it is complete."""
    missing = {gap.part for gap in texts.gaps(text)}
    return [
        {
            "title": {"text": title},
            **({"href": part_address(referral, part)} if can_write else {}),
            "status": {"tag": {"text": "Incomplete", "classes": "nhsuk-tag--blue"}}
            if part in missing
            else {"text": "Completed"},
        }
        for part, (title, _) in texts.PARTS.items()
    ]


def told(hits: list[Hit], reasons: dict[str, str], referral: Referral) -> list[dict[str, Any]]:
    """What gives the practice away, each with where to change it, or why it was kept."""
    return [
        {
            "hit": hit,
            "field": texts.FIELDS[hit.field].label,
            "kept": "" if hit.is_certain else reasons.get(hit.mark, ""),
            "href": part_address(referral, hit.part),
        }
        for hit in hits
    ]


def differences(before: str, after: str) -> list[Row]:
    """What changed, paragraph by paragraph and word by word."""
    return compare_lines(before.splitlines(), after.splitlines())


def changes_since_practice(study: CaseStudy, text: CaseStudyText) -> list[tuple[str, list[Row]]]:
    """What was changed since the practice last wrote or consented, by field; nothing where it is all its own."""
    theirs = CaseStudyText.objects.filter(study=study, is_of_practice=True).first()
    consent = study.consents.select_related("text").first()
    if consent is not None and (theirs is None or consent.text.number > theirs.number):
        theirs = consent.text
    if theirs is None or theirs.pk == text.pk:
        return []
    found = []
    for name in texts.WRITTEN:
        before, after = getattr(theirs, name), getattr(text, name)
        if before != after:
            found.append((texts.FIELDS[name].label, differences(before, after)))
    before, after = (", ".join(item.name for item in texts.items_of(each)) for each in (theirs, text))
    if before != after:
        found.append(("Categories of support", differences(before, after)))
    return found


def shown(user: Any, referral: Referral, study: CaseStudy) -> dict[str, Any]:
    """Everything on the page of a case study that was started."""
    text = texts.latest(study)
    can_write = not why_not(rules.check_can_write, user, referral, study)
    names = study.naming != Naming.UNNAMED
    hits = told(hits_of(referral, text, is_named=study.naming == Naming.NAMED), kept(study), referral)
    copies = list(PublishedStudy.objects.filter(study=study).select_related("published_by", "taken_down_by"))
    return {
        "study": study,
        "state": "With you for consent"
        if study.state == S.ASKED and is_for_practice(user, referral)
        else study.get_state_display(),
        "colour": COLOURS[study.state],
        "naming": Naming(study.naming).label,
        "text": text,
        "gaps": list(texts.gaps(text)),
        "tasks": tasks(referral, text, can_write=can_write),
        "can_write": can_write,
        "takes_back": can_write and study.state in (S.ASKED, S.CONSENTED),
        "buttons": buttons(user, referral, study),
        "document": html_of(publishing.content_of(referral, text, is_named=study.naming == Naming.NAMED)),
        "hits": hits,
        "is_open": study.naming == Naming.UNDECIDED,
        "may_name": names,
        "keeps": not why_not(rules.check_can_keep, user, referral, study)
        and any(not each["kept"] and not each["hit"].is_certain for each in hits),
        "copies": copies,
        "standing": next((each for each in copies if each.taken_down_at is None), None),
    }
