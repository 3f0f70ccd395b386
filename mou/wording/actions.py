"""The life of a wording: started as a draft, changed, discarded or published as the next version."""

from typing import Any

from django.utils import timezone

from mou.models import Appendix, Section, Template
from mou.plan import plans
from mou.wording import rules
from mou.wording.checks import check_wording, check_words
from mou.wording.words import SETTINGS, Wording, fingerprint, wording_of
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear


def _write_parts(template: Template, wording: Wording) -> None:
    Section.objects.bulk_create(
        Section(template=template, number=number, heading=each.heading, clauses=each.clauses, name=each.name)
        for number, each in enumerate(wording.sections, start=1)
    )
    Appendix.objects.bulk_create(
        Appendix(template=template, position=position, kind=each.kind, title=each.title, words=each.words)
        for position, each in enumerate(wording.appendices, start=1)
    )


def _settings(wording: Wording) -> dict[str, Any]:
    return {name: getattr(wording, name) for name in SETTINGS}


def _locked(draft: Template) -> Template:
    """The year, then the wording: everyone locks in this order, and who sends an MoU holds the year."""
    year = lock(draft.year)
    draft = lock(draft)
    draft.year = year
    return draft


@action("Started a draft of the wording of the MoU")
def start_draft(*, by: Any, year: ProgrammeYear, wording: Wording, source: str = "") -> Template:
    """A draft that says ``wording``; ``source`` is where that came from, for the trail.

    Raises Denied when that form has a draft already.
    """
    year = lock(year)
    wording = wording.tidy()
    rules.check_can_start(by, year, wording.has_supplier)
    check_words(wording)
    draft = Template.objects.create(year=year, started_by=by, **_settings(wording))
    _write_parts(draft, wording)
    record(by=by, on=draft, year=year.pk, source=source, says=fingerprint(wording))
    return draft


@action("Changed a draft of the wording of the MoU")
def change_draft(*, by: Any, draft: Template, wording: Wording, seen: str) -> Template:
    """Let the draft say ``wording``. ``seen`` is the fingerprint of what it said when the person looked."""
    draft = _locked(draft)
    rules.check_can("mou.change_draft", by, draft)
    rules.check_seen(draft, seen)
    wording = wording.tidy()
    if wording.has_supplier != draft.has_supplier:
        rules.check_can_start(by, draft.year, wording.has_supplier)
    check_words(wording)
    draft.sections.all().delete()
    draft.appendices.all().delete()
    for name, value in _settings(wording).items():
        setattr(draft, name, value)
    draft.save()
    _write_parts(draft, wording)
    record(by=by, on=draft, year=draft.year_id, before=seen, after=fingerprint(wording))
    return draft


@action("Discarded a draft of the wording of the MoU")
def discard_draft(*, by: Any, draft: Template) -> None:
    """Throw the draft away, with all it says."""
    draft = _locked(draft)
    rules.check_can("mou.discard_draft", by, draft)
    record(by=by, on=draft, year=draft.year_id, before=fingerprint(wording_of(draft)))
    draft.sections.all().delete()
    draft.appendices.all().delete()
    draft.delete()


@action("Published a wording of the MoU")
def publish_draft(*, by: Any, draft: Template, seen: str) -> Template:
    """Make the draft the next version of its form; MoUs sent from now on use it, and it never changes again."""
    draft = _locked(draft)
    rules.check_can("mou.publish_draft", by, draft)
    rules.check_seen(draft, seen)
    check_wording(wording_of(draft))
    latest = plans.current_template(draft.year, has_supplier=draft.has_supplier)
    draft.version = (latest.version or 0) + 1 if latest else 1
    draft.published_at, draft.published_by = timezone.now(), by
    draft.save()
    record(by=by, on=draft, year=draft.year_id, version=draft.version, says=seen)
    return draft


def publish_wording(*, by: Any, year: ProgrammeYear, wording: Wording) -> Template:
    """Start a draft that says ``wording`` and publish it. Raises Denied as the two acts do."""
    check_wording(wording.tidy())
    draft = start_draft(by=by, year=year, wording=wording, source="as given")
    return publish_draft(by=by, draft=draft, seen=fingerprint(wording_of(draft)))
