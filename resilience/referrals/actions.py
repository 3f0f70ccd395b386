"""What a practice does with its referral, and the entry of one that came on paper."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from practices.models import Practice
from resilience.core import outbox
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.core.words import day
from resilience.programmes.models import MenuItem, ProgrammeYear
from resilience.referrals import answers as saved
from resilience.referrals import rules
from resilience.referrals.models import Attachment, Message, PastSupport, Referral, ReferralPractice
from resilience.referrals.moves import move
from resilience.referrals.parts import PARTS, is_blank
from resilience.referrals.receipt import receive, send_confirmation, title
from resilience.referrals.uploads import CheckedFile


@action("Started a self-referral")
def start(*, by: Any, practice: Practice, year: ProgrammeYear) -> Referral:
    """A draft for ``practice`` in ``year``; clicked twice, the draft still blank is the answer to both."""
    practice = lock(practice)
    rules.check_can_start(by, practice, year)
    drafts = Referral.objects.filter(lead_practice=practice, year=year, received_at=None, started_by=by)
    for draft in drafts.order_by("pk"):
        if is_blank(draft):
            record(by=by, on=draft, year=year.pk)
            return draft
    referral = _draft(by, practice, year)
    record(by=by, on=referral, year=year.pk, practice=practice.pk)
    return referral


def _draft(by: Any, practice: Practice, year: ProgrammeYear, **fields: Any) -> Referral:
    if not year.allows_groups:
        fields["is_group"] = False
    referral = Referral.objects.create(year=year, lead_practice=practice, started_by=by, **fields)
    place = ReferralPractice(referral=referral, practice=practice, is_lead=True)
    saved.copy_register(place).save()
    return referral


@action("Saved part of the form")
def save_part(
    *, by: Any, referral: Referral, part: str, answers: dict[str, Any], version: str = ""
) -> Referral:
    """Save the answers of one part, complete or not. ``version``: of the part when it was opened.

    Raises ChangedMeanwhile when someone saved it since, and writes nothing.
    """
    referral = lock(referral)
    rules.check_can_save(by, referral)
    if version and version != saved.version(referral, part):
        raise rules.ChangedMeanwhile("Someone else saved this part after you opened it.")
    _write(referral, part, answers)
    record(by=by, on=referral, part=part)
    return referral


def _write(referral: Referral, part: str, answers: dict[str, Any]) -> None:
    simple = {key: answers[key] for key in saved.answers(referral, part) if key not in ("categories", "past")}
    for key, value in simple.items():
        setattr(referral, key, value)
    referral.save()
    if part == "practices" and referral.is_group is not True:
        referral.practices.filter(is_lead=False).delete()
    if "categories" in answers:
        _write_categories(referral, answers["categories"])
    if "past" in answers:
        _write_past(referral, answers["past"])


def _write_categories(referral: Referral, chosen: Iterable[int]) -> None:
    items = MenuItem.objects.filter(year=referral.year, is_offered=True, pk__in=list(chosen))
    referral.wanted.all().delete()
    for item in items:
        referral.wanted.create(item=item)


def _write_past(referral: Referral, past: dict[str, dict[str, Any]]) -> None:
    referral.past_support.all().delete()
    for scheme in PastSupport.Scheme.values:
        answer = past.get(scheme) or {}
        if answer.get("had") is not None:
            years = answer.get("years", "") if answer["had"] else ""
            referral.past_support.create(scheme=scheme, had=answer["had"], years=years)


@action("Added a practice to the group")
def add_practice(*, by: Any, referral: Referral, practice: Practice) -> None:
    """Add another practice; the referral becomes one of a group."""
    referral = lock(referral)
    rules.check_can_add_practice(by, referral, practice)
    saved.copy_register(ReferralPractice(referral=referral, practice=practice)).save()
    if referral.is_group is not True:
        referral.is_group = True
        referral.save()
    record(by=by, on=referral, practice=practice.pk)


@action("Took a practice off the group")
def remove_practice(*, by: Any, referral: Referral, practice: Practice) -> None:
    """Take one of the other practices off; taken off already, nothing changes."""
    referral = lock(referral)
    rules.check_can_save(by, referral)
    referral.practices.filter(practice=practice, is_lead=False).delete()
    record(by=by, on=referral, practice=practice.pk)


@action("Added files to the form")
def attach(*, by: Any, referral: Referral, files: list[CheckedFile]) -> None:
    """Keep checked files with the draft."""
    referral = lock(referral)
    rules.check_can_attach(by, referral, len(files))
    _keep(by, referral, files)
    record(by=by, on=referral, files=len(files))


def _keep(by: Any, referral: Referral, files: Iterable[CheckedFile], **fields: Any) -> None:
    for each in files:
        file = StoredFile.keep(name=each.name, content_type=each.content_type, content=each.content, by=by)
        Attachment.objects.create(referral=referral, file=file, attached_by=by, **fields)


@action("Took a file off the form")
def detach(*, by: Any, referral: Referral, attachment: Attachment) -> None:
    """Take a file off the draft; its bytes go too."""
    referral = lock(referral)
    rules.check_can_save(by, referral)
    _forget(referral.attachments.filter(pk=attachment.pk))
    record(by=by, on=referral, attachment=attachment.pk)


def _forget(attachments: Any) -> None:
    files = list(attachments.values_list("file", flat=True))
    attachments.delete()
    StoredFile.objects.filter(pk__in=files).delete()


@action("Deleted the draft")
def discard(*, by: Any, referral: Referral) -> None:
    """Delete a draft and its files; the trail keeps, on the practice, that it was there."""
    referral = lock(referral)
    rules.check_can_save(by, referral)
    record(by=by, on=referral.lead_practice, draft=referral.pk, year=referral.year_id)
    _forget(referral.attachments.all())
    referral.delete()


@action("Sent the referral")
def submit(*, by: Any, referral: Referral, knows_of_open: bool = False) -> Referral:
    """Send a complete draft: the clock starts today. ``knows_of_open``: the warning was read and ticked.

    Raises AlreadySent when it was sent before, and Denied for anything that stands in the way.
    """
    referral = lock(referral)
    rules.check_can_submit(by, referral)
    rules.check_knows_of_open(rules.open_elsewhere(by, referral), knows_of_open)
    receive(referral, by=by, received_on=today(), channel=Referral.Channel.ONLINE)
    _record_receipt(by, referral)
    send_confirmation(referral)
    return referral


def _record_receipt(by: Any, referral: Referral) -> None:
    record(
        by=by,
        on=referral,
        reference=referral.reference,
        channel=referral.channel,
        received_on=referral.received_on,
        acknowledge_by=referral.acknowledge_by,
        digest=referral.content_digest,
        before="draft",
        after=referral.state,
    )


@action("Entered a referral that came on paper or by email")
def enter(
    *,
    by: Any,
    practice: Practice,
    year: ProgrammeYear,
    others: Iterable[Practice],
    answers: dict[str, dict[str, Any]],
    received_on: dt.date,
    channel: str,
    original: CheckedFile,
    knows_it_is_late: bool = False,
    knows_of_open: bool = False,
) -> Referral:
    """Receive a form that did not come online, on its true date; ``answers`` by part; the original is kept."""
    practice = lock(practice)
    others = [each for each in others if each != practice]
    rules.check_can_enter(by, practice, year, received_on)
    for other in others:
        rules.check_can_be_entered_with(other, year)
    rules.check_knows_it_is_late(year, received_on, knows_it_is_late)
    ids = [practice.pk, *(each.pk for each in others)]
    already = rules.sentences_about(by, rules.open_referrals_of(year, ids), ids)
    rules.check_knows_of_open(already, knows_of_open)
    referral = _draft(by, practice, year)
    for part in PARTS:
        if part in answers:
            _write(referral, part, answers[part])
    referral.is_group = bool(others)
    for other in others:
        saved.copy_register(ReferralPractice(referral=referral, practice=other)).save()
    _keep(by, referral, [original], is_original=True)
    receive(referral, by=by, received_on=received_on, channel=channel)
    _record_receipt(by, referral)
    send_confirmation(referral)
    return referral


@action("Answered a question")
def answer(*, by: Any, question: Message, text: str, files: Iterable[CheckedFile] = ()) -> Message:
    """Answer a question from the office, with files; whoever deals with the referral is told."""
    referral = lock(question.referral)
    rules.check_can_answer(by, question)
    files = list(files)
    rules.check_number_of_files(0, len(files))
    message = Message.objects.create(
        referral=referral,
        kind=Message.Kind.ANSWER,
        is_internal=False,
        subject=question.subject,
        text=text,
        answers=question,
        written_by=by,
    )
    _keep(by, referral, files, message=message)
    record(by=by, on=message, case=referral, question=question.pk, files=len(files))
    _tell_office(
        referral,
        f"Answer on referral {referral.reference}: {title(referral)}",
        f"{by.name} answered the question of {day(question.written_at)}.",
        "referrals:messages",
    )
    return message


@action("Withdrew the referral")
def withdraw(*, by: Any, referral: Referral, reason: str) -> Referral:
    """End the referral at the practice's wish; what was sent stays on record."""
    referral = lock(referral)
    rules.check_can_withdraw(by, referral)
    referral.withdrawn_at = timezone.now()
    referral.withdrawn_by = by
    referral.withdrawn_reason = reason
    before, after = move(referral, "referrals.withdraw")
    record(by=by, on=referral, why=reason, before=before, after=after)
    name = title(referral)
    outbox.queue(
        to=list(dict.fromkeys((referral.contact_email, by.email))),
        subject=f"Referral {referral.reference} is withdrawn: {name}",
        body=(
            f"{by.name} withdrew the referral {referral.reference} of {name} on {day(referral.withdrawn_at)}.\n\n"
            f"The reason given: {reason}\n\nNothing more happens with it. You can refer yourself again "
            f"while the programme is open.\n\n{referral.year.contact_name}\n{referral.year.contact_email}\n"
        ),
        about=referral,
    )
    _tell_office(
        referral,
        f"Referral {referral.reference} is withdrawn: {name}",
        f"The reason given: {reason}",
        "referrals:case",
    )
    return referral


def _tell_office(referral: Referral, subject: str, sentence: str, page: str) -> None:
    officer = referral.assigned_to
    outbox.queue(
        to=[officer.email if officer else referral.year.contact_email],
        subject=subject,
        body=f"{sentence}\n\n{outbox.link(reverse(page, args=[referral.pk]))}\n",
        about=referral,
    )
