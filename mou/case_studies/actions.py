"""The life of a case study: written, consented to word for word, published; and taken down at once."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils import timezone

from mou.case_studies import letters, publishing, rules, texts
from mou.case_studies.giveaways import unsettled
from mou.case_studies.states import NONE, STUDY_ACTS
from mou.models import (
    CaseStudy,
    CaseStudyCategory,
    CaseStudyConsent,
    CaseStudyText,
    KeptWords,
    Naming,
    PublishedStudy,
)
from mou.people import is_for_practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Referral

S = CaseStudy.State
PDF = "application/pdf"


class ChangedMeanwhile(Denied):
    """Somebody else saved other words in the same part; ``theirs`` is what they left."""

    def __init__(self, theirs: CaseStudyText) -> None:
        super().__init__(
            f"{theirs.written_by} changed this part while you were writing. Nothing of yours is saved yet. "
            "Read their words below, put together what should stand, and save again."
        )
        self.theirs = theirs


def _locked(referral: Referral) -> tuple[Referral, CaseStudy | None]:
    """The referral, then its case study: everyone locks in this order."""
    referral = lock(referral)
    found = texts.study_of(referral)
    study = lock(found) if found else None
    if study is not None:
        study.referral = referral
    return referral, study


def _started(study: CaseStudy | None) -> CaseStudy:
    if study is None:
        raise Denied("Nobody has started this case study yet.")
    return study


def _move(study: CaseStudy, act: str) -> tuple[str, str]:
    """Move as the table says, and save; a consent stands only while it may be published."""
    before, after = study.state, STUDY_ACTS[act].moves[study.state]
    if after != before:
        study.state, study.state_since = after, timezone.now()
    if after not in (S.CONSENTED, S.PUBLISHED):
        study.consent = None
    study.save()
    return before, after


# --- written -----------------------------------------------------------------------------------


def _write(study: CaseStudy, by: Any, said: Mapping[str, Any], number: int) -> CaseStudyText:
    text = CaseStudyText.objects.create(
        study=study,
        number=number,
        is_of_practice=is_for_practice(by, study.referral),
        written_by=by,
        **{name: said[name] for name in texts.WRITTEN if name in said},
    )
    items = MenuItem.objects.filter(year=study.referral.year_id, pk__in=said["categories"])
    CaseStudyCategory.objects.bulk_create(CaseStudyCategory(text=text, item=item) for item in items)
    return text


@action("Started the case study")
def start_case_study(*, by: Any, referral: Referral) -> CaseStudy:
    """Begin it with what is known: the issues of the referral, and the categories of what was committed or wanted."""
    referral, study = _locked(referral)
    rules.check_can_write(by, referral, study, "mou.start_case_study")
    study = CaseStudy.objects.create(referral=referral, started_by=by)
    committed = referral.commitments.values_list("item", flat=True)
    wanted = referral.wanted.values_list("item", flat=True)
    _write(study, by, {"problem": referral.issues, "categories": set(committed) or set(wanted)}, 1)
    record(by=by, on=study, case=referral, before=NONE, after=study.state)
    return study


@action("Changed the case study")
def save_case_study(*, by: Any, referral: Referral, seen: int, **values: Any) -> CaseStudyText:
    """Save some of its fields as a new text, unless they are as they were. Takes back what was consented to.

    ``seen`` is the number of the text that the person began from: raises ChangedMeanwhile when somebody has
    since changed one of these fields to something else.
    """
    referral, found = _locked(referral)
    rules.check_can_write(by, referral, found)
    study = _started(found)
    unknown = set(values) - {*texts.WRITTEN, "categories"}
    if unknown:
        raise TypeError(f"a case study has no {', '.join(sorted(unknown))}")
    last = texts.latest(study)
    now = texts.values(last)
    if "categories" in values:
        values["categories"] = [
            item.pk for item in sorted(values["categories"], key=lambda item: item.position)
        ]
    changed = sorted(name for name, value in values.items() if now[name] != value)
    if changed and last.number != seen:
        began = texts.values(CaseStudyText.objects.get(study=study, number=min(seen, last.number)))
        if any(began[name] != now[name] for name in changed):
            raise ChangedMeanwhile(last)
    before = after = study.state
    if changed:
        last = _write(study, by, now | values, last.number + 1)
        before, after = _move(study, "mou.save_case_study")
    record(by=by, on=study, case=referral, before=before, after=after, changed=changed, text=last.number)
    return last


@action("Said that the case study is ready")
def hand_in_case_study(*, by: Any, referral: Referral) -> CaseStudy:
    """The practice has written it: the office reads it next, and is told."""
    referral, found = _locked(referral)
    rules.check_can_hand_in(by, referral, found)
    study = _started(found)
    study.handed_in_at, study.handed_in_by = timezone.now(), by
    before, after = _move(study, "mou.hand_in_case_study")
    record(by=by, on=study, case=referral, before=before, after=after)
    letters.handed_in(study)
    return study


@action("Kept words in the case study")
def keep_words(*, by: Any, referral: Referral, reasons: Mapping[str, str]) -> CaseStudy:
    """Keep words that might give the practice away, each by its mark with the reason. None that certainly do."""
    referral, found = _locked(referral)
    rules.check_can_keep(by, referral, found)
    study = _started(found)
    text = texts.latest(study)
    open_now = {hit.mark: hit for hit in unsettled(study, text, is_named=False)}
    open_now |= {hit.mark: hit for hit in unsettled(study, text, is_named=True)}
    for mark, reason in reasons.items():
        hit = open_now.get(mark)
        if hit is None:
            raise Denied("The text was changed in the meantime. Look at what is left, and say why again.")
        if hit.is_certain:
            raise Denied(f"“{hit.words}” is {hit.tells}. It cannot stay: change the text.")
        if not reason.strip():
            raise Denied(f"Say why “{hit.words}” may stay.")
        KeptWords.objects.create(study=study, mark=mark, words=hit.words[:200], reason=reason, kept_by=by)
    before, after = _move(study, "mou.keep_words")
    record(by=by, on=study, case=referral, internal=True, before=before, after=after, kept=len(reasons))
    return study


# --- consent -----------------------------------------------------------------------------------


@action("Asked the practice for consent to the case study")
def ask_for_consent(*, by: Any, referral: Referral) -> CaseStudy:
    """Show the practice exactly what would be published, named or not, and ask."""
    referral, found = _locked(referral)
    rules.check_can_ask(by, referral, found)
    study = _started(found)
    study.asked_at, study.asked_by = timezone.now(), by
    before, after = _move(study, "mou.ask_for_consent")
    record(by=by, on=study, case=referral, before=before, after=after, text=texts.latest(study).number)
    letters.asked(study)
    return study


def statement(*, is_named: bool) -> str:
    """What the practice ticks."""
    how = "with the name of our practice" if is_named else "without the name of our practice"
    return f"We consent to this text being published, exactly as it is shown here, {how}."


@action("Consented to the case study")
def consent_to_case_study(
    *, by: Any, referral: Referral, is_named: bool, agreed: bool, sha256: str
) -> CaseStudy:
    """Consent to the copy that was shown, by its hash. Raises Denied when it would be another."""
    referral, found = _locked(referral)
    rules.check_can_consent(by, referral, found)
    study = _started(found)
    if not agreed:
        raise Denied("Tick the box to give the practice’s consent.")
    text = texts.latest(study)
    if sha256 != texts.digest(publishing.content_of(referral, text, is_named=is_named)):
        raise Denied("The text was changed while you were reading it. Read it again, then consent.")
    rules.check_tells_nothing(study, text, is_named=is_named)
    study.naming = Naming.NAMED if is_named else Naming.UNNAMED
    study.consent = CaseStudyConsent.objects.create(
        study=study,
        text=text,
        is_named=is_named,
        sha256=sha256,
        statement=statement(is_named=is_named),
        given_by=by,
    )
    before, after = _move(study, "mou.consent_to_case_study")
    record(by=by, on=study, case=referral, before=before, after=after, named=is_named, content_sha256=sha256)
    letters.consented(study)
    return study


def _send_back(study: CaseStudy, by: Any, why: str, act: str) -> None:
    if not why.strip():
        raise Denied("Say what should change.")
    study.sent_back_at, study.sent_back_by, study.sent_back_reason = timezone.now(), by, why
    before, after = _move(study, act)
    record(by=by, on=study, case=study.referral, why=why, before=before, after=after)


@action("Asked for changes to the case study")
def ask_for_changes(*, by: Any, referral: Referral, why: str) -> CaseStudy:
    """The practice does not consent to this text, and says what should change."""
    referral, found = _locked(referral)
    rules.check_can_ask_for_changes(by, referral, found)
    study = _started(found)
    _send_back(study, by, why, "mou.ask_for_changes")
    letters.changes_wanted(study, why)
    return study


@action("Sent the case study back")
def send_back_case_study(*, by: Any, referral: Referral, why: str) -> CaseStudy:
    """Who might publish it says why not yet. The consent does not stand any more; both sides are told."""
    referral, found = _locked(referral)
    rules.check_can_send_back(by, referral, found)
    study = _started(found)
    _send_back(study, by, why, "mou.send_back_case_study")
    letters.sent_back(study, why)
    return study


def _end_copy(study: CaseStudy, by: Any, why: str) -> None:
    """Nobody reads the published copy from this moment on."""
    copy = PublishedStudy.objects.filter(study=study, taken_down_at__isnull=True).first()
    if copy is not None:
        copy.taken_down_at, copy.taken_down_by, copy.taken_down_reason = timezone.now(), by, why
        copy.save()


@action("Opted out of being named in the case study")
def opt_out_of_being_named(*, by: Any, referral: Referral, why: str = "") -> CaseStudy:
    """The practice is not to be named. A named copy is withdrawn at once; the text is checked and asked for anew."""
    referral, found = _locked(referral)
    rules.check_can_opt_out(by, referral, found)
    study = _started(found)
    study.naming = Naming.UNNAMED
    before, after = _move(study, "mou.opt_out_of_being_named")
    _end_copy(study, by, why or "The practice opted out of being named.")
    record(by=by, on=study, case=referral, why=why, before=before, after=after, naming=study.naming)
    letters.opted_out(study, was_published=before == S.PUBLISHED)
    return study


@action("Took back the consent to the case study")
def withdraw_consent(*, by: Any, referral: Referral, why: str = "") -> CaseStudy:
    """The practice does not consent any more; a copy that is published is withdrawn at once. It need not say why."""
    referral, found = _locked(referral)
    rules.check_can_withdraw_consent(by, referral, found)
    study = _started(found)
    before, after = _move(study, "mou.withdraw_consent")
    _end_copy(study, by, why or "The practice took back its consent.")
    record(by=by, on=study, case=referral, why=why, before=before, after=after)
    letters.consent_withdrawn(study, was_published=before == S.PUBLISHED)
    return study


# --- published ---------------------------------------------------------------------------------


@action("Published the case study")
def publish_case_study(*, by: Any, referral: Referral, sha256: str) -> PublishedStudy:
    """Publish exactly what the practice consented to, shown by its hash. The bytes are kept."""
    referral, found = _locked(referral)
    rules.check_can_publish(by, referral, found)
    study = _started(found)
    consent = study.consent
    if consent is None:
        raise Denied("The practice has not consented to this text.")
    text = texts.latest(study)
    content = publishing.content_of(referral, text, is_named=consent.is_named)
    if consent.text_id != text.pk or consent.sha256 != texts.digest(content):
        raise Denied(
            "What would be published is not what the practice consented to any more. Send it back, and ask again."
        )
    if sha256 != consent.sha256:
        raise Denied("The case study was changed while you were reading it. Read it again, then publish.")
    rules.check_tells_nothing(study, text, is_named=consent.is_named)
    html = publishing.render(content)
    pdf = StoredFile.keep(
        name="case-study.pdf", content_type=PDF, content=publishing.to_pdf(content, html), by=by
    )
    last = PublishedStudy.objects.filter(study=study).aggregate(last=Max("number"))["last"] or 0
    published = PublishedStudy.objects.create(
        study=study,
        number=last + 1,
        consent=consent,
        year=referral.year,
        place=publishing.place_of(referral, is_named=consent.is_named),
        is_named=consent.is_named,
        title=text.title,
        content=content,
        html=html,
        document=pdf,
        published_by=by,
    )
    published.categories.set(texts.items_of(text))
    before, after = _move(study, "mou.publish_case_study")
    record(
        by=by,
        on=study,
        case=referral,
        before=before,
        after=after,
        published=published.pk,
        named=consent.is_named,
        content_sha256=sha256,
        document_sha256=pdf.sha256,
    )
    letters.published(study)
    return published


@action("Withdrew the case study from publication")
def take_down_case_study(*, by: Any, referral: Referral, why: str) -> CaseStudy:
    """The office withdraws the copy, with the reason that the practice reads."""
    referral, found = _locked(referral)
    rules.check_can_take_down(by, referral, found)
    study = _started(found)
    if not why.strip():
        raise Denied("Say why it is withdrawn.")
    before, after = _move(study, "mou.take_down_case_study")
    _end_copy(study, by, why)
    record(by=by, on=study, case=referral, why=why, before=before, after=after)
    letters.taken_down(study, why)
    return study
