"""Optional clauses and drafting notes: what a drafter is asked, and what the document then says."""

import pytest

from mou.agreement import actions, documents
from mou.models import Agreement
from mou.wording.choices import Choices, questions_of, unresolved
from resilience.core.access import Denied
from tests.factories import make_organisation
from tests.mou.world import agree_plan, commit_money, make_world, publish_clauses

pytestmark = pytest.mark.django_db

TEXT = """Always {reference}.
[optional shared premises] The landlord agrees.
[note: name the other premises {ends_on}]
[optional shared premises] The landlord is told.
[optional peer visits, in] Peers visit.
[note: name the other premises {ends_on}]
[case study] A case study is written.
The last.
{signatories}"""


@pytest.fixture
def world():
    made = make_world()
    publish_clauses(made, "One.", TEXT)
    agree_plan(made)
    commit_money(made)
    return made


def test_a_drafter_is_asked_each_choice_once_and_each_note(world):
    template = documents.template_for(world.referral)
    premises, first, peers, second = questions_of(template)
    assert (premises.key, premises.name, premises.is_in) == ("shared-premises", "shared premises", False)
    assert premises.words == "The landlord agrees.\nThe landlord is told."
    assert (peers.key, peers.is_in, peers.where) == ("peer-visits", True, "section 2, Section of test 2")
    assert all(each.is_note for each in (first, second))
    assert first.key != second.key
    assert first.words == "name the other premises {ends_on}"


def test_without_choices_the_defaults_stand_and_notes_are_open(world):
    html = documents.render(world.referral)
    assert "landlord" not in html
    assert '<div class="clause" id="clause-2-3"><span class="clause-number">2.3</span> <span>Peers' in html
    assert html.count("Drafting note, to be answered") == 2
    assert '<h2 id="section-2">2. Section of test 2</h2>' in html
    template = documents.template_for(world.referral)
    assert len(unresolved(template, Choices())) == 2
    with pytest.raises(
        Denied, match="Answer the drafting note in section 2, Section of test 2: “name the other"
    ):
        actions.send(by=world.officer, referral=world.referral)
    assert not Agreement.objects.exists()


def test_what_was_chosen_stands_and_answers_take_the_place_of_notes(world):
    template = documents.template_for(world.referral)
    _, first, _, second = questions_of(template)
    choices = Choices(
        optional={"shared-premises": True, "peer-visits": False},
        notes={first.key: "The <barn> at {reference}.", second.key: None},
    )
    assert unresolved(template, choices) == []
    assert Choices.from_json(choices.as_json()) == choices
    html = documents.render(world.referral, choices)
    for number, words in enumerate(
        [
            f"Always {world.referral.reference}.",
            "The landlord agrees.",
            "The &lt;barn&gt; at {reference}.",
            "The landlord is told.",
            "A case study is written.",
            "The last.",
        ],
        start=1,
    ):
        assert f'<span class="clause-number">2.{number}</span> <span>{words}</span>' in html
    assert "Drafting note" not in html


@pytest.mark.parametrize("said", ["", "   "])
def test_an_empty_answer_is_none(world, said):
    template = documents.template_for(world.referral)
    notes = {each.key: said for each in questions_of(template) if each.is_note}
    assert len(unresolved(template, Choices(notes=notes))) == 2


def test_the_form_of_three_parties_is_another_wording(world):
    supplier = make_organisation("supplier", world.office, name="Change & Co")
    with pytest.raises(Denied, match="for three parties"):
        documents.render(world.referral, None, supplier)
    publish_clauses(world, "With {supplier_name}.\n{parties}\n{signatories}", has_supplier=True)
    html = documents.render(world.referral, None, supplier)
    assert html.count("Change &amp; Co") == 4
    assert "For the supplier" in html
    assert documents.template_for(world.referral).version == 2
    assert documents.template_for(world.referral, supplier).version == 1


def test_the_notice_is_stated_once_and_printed():
    world = make_world("local")
    agree_plan(world)
    commit_money(world)
    template = documents.template_for(world.referral)
    assert (template.notice_months, template.notice_months_failure, template.may_extend) == (1, None, False)
    assert "giving the other one month’s notice in writing" in documents.render(world.referral)
