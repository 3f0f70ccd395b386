"""Case studies for tests: a case whose practice can be told by many words, and a study in any state."""

from typing import Any

from mou.case_studies import actions, publishing, texts
from mou.models import CaseStudy, PublishedStudy
from tests.mou.world import World, make_world

S = CaseStudy.State

SAID = {
    "title": "Sharing the work of the front desk",
    "problem": "Two of four doctors had left. Telephones rang for an hour.",
    "done": "A change manager worked with the team for a month.",
    "went_well": "The rota was agreed by all.",
    "went_badly": "We began too late, and lost a summer.",
    "results": "Calls are answered in four minutes.",
    "quotation": "We can breathe again.",
    "quoted_as": "A partner",
}


def make_study_world(**fields: Any) -> World:
    """Quayside Medical Centre, of a CCG too small to hide it."""
    return make_world(practice_name="Quayside Medical Centre", **fields)


def write(world: World, by: Any = None, **said: Any) -> CaseStudy:
    """A complete text, by the practice unless somebody else is named; starts the study where there is none."""
    by = by or world.manager
    study = texts.study_of(world.referral) or actions.start_case_study(by=by, referral=world.referral)
    actions.save_case_study(
        by=by,
        referral=world.referral,
        seen=texts.latest(study).number,
        categories=[world.year.menu.first()],
        **SAID | said,
    )
    return CaseStudy.objects.get(pk=study.pk)


def sha256(world: World, *, is_named: bool) -> str:
    """Of the copy as it would be shown now."""
    study = CaseStudy.objects.get(referral=world.referral)
    return texts.digest(publishing.content_of(world.referral, texts.latest(study), is_named=is_named))


def consent(world: World, *, is_named: bool = True, **other: Any) -> CaseStudy:
    given = {"is_named": is_named, "agreed": True, "sha256": sha256(world, is_named=is_named)}
    return actions.consent_to_case_study(by=world.manager, referral=world.referral, **given | other)


def publish(world: World, by: Any = None, *, is_named: bool = True) -> PublishedStudy:
    return actions.publish_case_study(
        by=by or world.approver, referral=world.referral, sha256=sha256(world, is_named=is_named)
    )


def study_in(world: World, state: str, *, is_named: bool = True, **said: Any) -> CaseStudy | None:
    """A study that came into ``state`` by the acts that lead there."""
    if not state:
        return None
    write(world, **said)
    if state != S.WRITING:
        actions.ask_for_consent(by=world.officer, referral=world.referral)
    if state in (S.CONSENTED, S.PUBLISHED, S.TAKEN_DOWN):
        consent(world, is_named=is_named)
    if state in (S.PUBLISHED, S.TAKEN_DOWN):
        publish(world, is_named=is_named)
    if state == S.TAKEN_DOWN:
        actions.take_down_case_study(by=world.officer, referral=world.referral, why="A figure is wrong.")
    return CaseStudy.objects.get(referral=world.referral)
