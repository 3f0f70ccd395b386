"""A group's case study: the lead consents for itself alone, and each side reads of itself as "you"."""

import pytest
from django.urls import reverse

from mou.case_studies import actions, texts
from mou.case_studies.giveaways import hits_of
from mou.models import CaseStudy
from resilience.core.access import Denied, Role
from tests.factories import client_of, make_person
from tests.mou.studies import consent, make_study_world, study_in, write

pytestmark = pytest.mark.django_db
S = CaseStudy.State


@pytest.fixture
def group():
    """Quayside leads; the other is told by its address, its telephone and its manager too."""
    world = make_study_world(others=1)
    other = world.referral.practices.get(is_lead=False).practice
    other.address, other.postcode, other.phone = "9 Tannery Lane\nEastcombe", "ZZ9 4QA", "01632 960777"
    other.save()
    make_person(Role.PRACTICE_USER, other, name="Priya Ramachandran")
    return world


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("The tannery flooded.", "tannery"),
        ("They moved to Eastcombe.", "Eastcombe"),
        ("Ring 01632 960777.", "01632 960777"),
        ("Write to ZZ9 4QA.", "ZZ9 4QA"),
        ("Priya Ramachandran ran it.", "Priya Ramachandran"),
    ],
)
def test_a_named_study_gives_no_other_practice_away(group, said, words):
    text = texts.latest(write(group, problem=f"Quayside shared the work. {said}"))
    assert words in [hit.words for hit in hits_of(group.referral, text, is_named=True)]
    with pytest.raises(Denied, match="one of the other practices away"):
        actions.ask_for_consent(by=group.officer, referral=group.referral)


def test_of_the_lead_itself_a_named_study_may_tell(group):
    group.practice.address, group.practice.phone = "1 Quay Street\nMillbrook", "01632 960111"
    group.practice.save()
    said = f"Quayside in Millbrook, 01632 960111, led by {group.manager.name}."
    text = texts.latest(write(group, problem=said))
    assert hits_of(group.referral, text, is_named=True) == []
    actions.ask_for_consent(by=group.officer, referral=group.referral)
    assert consent(group).state == S.CONSENTED


def test_who_works_at_both_is_no_clue_to_the_other(group):
    other = group.referral.practices.get(is_lead=False).practice
    group.manager.holdings.create(role=Role.PRACTICE_USER, practice=other, granted_by=group.administrator)
    text = texts.latest(write(group, problem=f"{group.manager.name} led it."))
    assert hits_of(group.referral, text, is_named=True) == []


def page_of(person, referral) -> str:
    client = client_of(person)
    return client.get(reverse("mou:case_study", kwargs={"referral": referral.pk})).content.decode()


def test_the_practice_reads_you_and_the_office_reads_the_practice():
    world = make_study_world()
    mine, theirs = page_of(world.manager, world.referral), page_of(world.officer, world.referral)
    assert "names your practice only if you say so" in mine
    assert "names the practice only if the practice says so" in theirs
    study_in(world, S.ASKED, problem="Quayside was short of doctors.")
    mine, theirs = page_of(world.manager, world.referral), page_of(world.officer, world.referral)
    for own, other in (
        ("Whether it names your practice", "Whether it names the practice"),
        ("we must ask you for your consent again", "the practice must be asked for its consent again"),
        ("If your practice is not to be named", "If the practice is not to be named"),
        ("With you for consent", "With the practice for consent"),
    ):
        assert own in mine
        assert other not in mine
        assert other in theirs
        assert own not in theirs
