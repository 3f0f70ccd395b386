"""The life of a wording: every state × act × role, what the database refuses, and two who publish at once."""

import dataclasses

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from mou.models import Appendix, Section, Template
from mou.plan import plans
from mou.wording import publish, standard
from mou.wording.actions import (
    change_draft,
    discard_draft,
    publish_draft,
    publish_wording,
    start_draft,
)
from mou.wording.states import NONE, WORDING_ACTS, WordingState
from mou.wording.words import AppendixText, fingerprint, wording_of
from resilience.core.access import ROLE_PERMISSIONS, Denied, Role
from resilience.core.models import TrailEntry
from tests.factories import make_ccg, make_local_office, make_person, make_practice, make_year
from tests.mou.together import done, together
from tests.mou.world import wording_of_clauses

S = WordingState


@pytest.fixture
def office(db):
    return make_local_office()


@pytest.fixture
def administrator(office):
    return make_person(Role.ADMINISTRATOR, office)


@pytest.fixture
def draft(office, administrator):
    return start_draft(by=administrator, year=make_year(office), wording=standard("national"))


def seen(template):
    return fingerprint(wording_of(Template.objects.get(pk=template.pk)))


def attempt(name, by, year, template):
    """Do the act; the state it leaves behind."""
    if name == "mou.start_draft":
        start_draft(by=by, year=year, wording=standard("national"))
        return S.DRAFT
    if name == "mou.change_draft":
        change_draft(by=by, draft=template, wording=standard("local"), seen=seen(template))
    elif name == "mou.discard_draft":
        discard_draft(by=by, draft=template)
        return NONE
    else:
        publish_draft(by=by, draft=template, seen=seen(template))
    return S.DRAFT if Template.objects.get(pk=template.pk).is_draft else S.PUBLISHED


def test_every_state_act_and_role(office, administrator):
    ccg = make_ccg(office)
    scopes = {Role.PRACTICE_USER: make_practice(ccg), Role.ADMINISTRATOR: office}
    people = {role: make_person(role, scopes.get(Role(role), ccg)) for role in Role.values}
    wrong = []
    for state in (NONE, S.DRAFT, S.PUBLISHED):
        year = make_year(office)
        template = None
        if state:
            template = start_draft(by=administrator, year=year, wording=standard("national"))
        if state == S.PUBLISHED:
            template = publish_draft(by=administrator, draft=template, seen=seen(template))
        for name, act in WORDING_ACTS.items():
            if template is None and name != "mou.start_draft":
                continue  # there is nothing to do it to
            for role, person in people.items():
                # Beside a published version, the next draft is started.
                from_state = NONE if name == "mou.start_draft" and state == S.PUBLISHED else state
                may = act.permission in ROLE_PERMISSIONS[role] and from_state in act.moves
                before, did = TrailEntry.objects.count(), ""
                try:
                    with transaction.atomic():
                        did = attempt(name, person, year, template)
                        assert TrailEntry.objects.filter(act=name, by=person).exists()
                        raise KeyboardInterrupt  # undo it
                except KeyboardInterrupt:
                    pass
                except Denied:
                    did = "denied"
                if did != (act.moves[from_state] if may else "denied"):
                    wrong.append(f"{role}, {name} in {state!r}: {did}")
                assert TrailEntry.objects.count() == before
    assert not wrong, "\n".join(wrong)


def test_the_database_lets_nothing_published_change(draft, administrator):
    publish_draft(by=administrator, draft=draft, seen=seen(draft))
    for change in (
        lambda: Template.objects.filter(pk=draft.pk).update(title="x"),
        lambda: Template.objects.filter(pk=draft.pk).update(
            published_at=None, published_by=None, version=None
        ),
        lambda: Template.objects.filter(pk=draft.pk).delete(),
        lambda: draft.sections.update(clauses="x"),
        lambda: draft.appendices.update(title="x"),
        lambda: Section.objects.create(template=draft, number=99, heading="x", clauses="x"),
        lambda: Appendix.objects.create(template=draft, position=9, kind="sources"),
        lambda: draft.sections.first().delete(),
        lambda: draft.appendices.first().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_form_has_one_draft_and_versions_of_its_own(draft, administrator):
    with pytest.raises(IntegrityError), transaction.atomic():
        Template.objects.create(year=draft.year, title="Another")
    three = publish(draft.year, "national-three", administrator)
    two = publish_draft(by=administrator, draft=draft, seen=seen(draft))
    assert (two.version, three.version) == (1, 1)
    assert plans.current_template(draft.year).pk == two.pk
    assert plans.current_template(draft.year, has_supplier=True).pk == three.pk
    assert publish(draft.year, "local", administrator).version == 2


def test_a_draft_says_who_started_it_and_nothing_of_it_counts(draft, administrator):
    assert draft.started_by == administrator
    assert plans.current_template(draft.year) is None
    assert plans.layout_of(draft.year) == plans.Layout()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "Give the wording a title"),
        ({"sections": ()}, "Write at least one section"),
        ({"appendices": standard("local").appendices[:1]}, "refers to {see objectives}"),
        ({"has_supplier": True}, "must name the supplier"),
        ({"notice_months": 13}, "from 1 to 12 months"),
        ({"notice_months_failure": None}, "has nothing to stand for"),
    ],
)
def test_what_is_incomplete_is_not_published(office, administrator, wrong, sentence):
    wording = dataclasses.replace(standard("national"), **wrong)
    with pytest.raises(Denied, match=sentence):
        publish_wording(by=administrator, year=make_year(office), wording=wording)
    assert not Template.objects.exists()


@pytest.mark.parametrize(
    ("clauses", "sentence"),
    [
        (("",), "Section 1 has no clauses"),
        (("[optional a] Words.",), "Section 1 could be left with nothing"),
        (("[note: say which]",), "Section 1 could be left with nothing"),
        (("One.\n[optional a] {signatories}",), "Say where each side signs"),
        (("With {supplier_name}.",), "stands for nothing in a wording of two parties"),
        (("{signatories} #here",), "has no number, so nothing can refer to #here"),
        (("One. #x", "Two. #x"), "Section 2, line 1: another place is named #x already"),
        (("One. #objectives",), "#objectives is the name of an appendix"),
        (
            ("[optional a, in] One.\n[optional a] Two.\nThree.",),
            "in by default at one place and out at another",
        ),
        (("[optional a] One. #x\nSee {see x}.",), "may be left out of an MoU"),
        (("[optional case study] One.\nTwo.",), "Write .case study. alone"),
        (("[optional !!] One.\nTwo.",), "name the optional clause in words"),
        (("[case study]\nTwo.",), "has a mark and no words"),
        (("By {ends on}.",), "cannot fill in “{ends on}”"),
        (("A } brace.",), "cannot fill in “}”"),
        (("[note: x] and more",), "a drafting note is a line alone"),
        (("[Note] and more",), "a mark that the service does not know"),
        (("A\x00B",), "cannot be shown"),
        (("x" * 20_001,), "too long"),
        (("x\n" * 101,), "the most is 100 lines"),
    ],
)
def test_what_cannot_be_followed_is_refused_where_it_stands(office, administrator, clauses, sentence):
    sections = [each if "signatories" in each else f"{each}\n" for each in clauses]
    with pytest.raises(Denied, match=sentence):
        publish_wording(by=administrator, year=make_year(office), wording=wording_of_clauses(*sections))


@pytest.mark.parametrize(
    ("appendices", "sentence"),
    [
        ((), "Add an appendix that shows the plan"),
        ((AppendixText("actions"),), "Give the first appendix a title"),
        ((AppendixText("actions", "Plan"), AppendixText("sources")), "List the sources of support"),
        ((AppendixText("actions", "Plan"), AppendixText("actions", "Plan")), "may stand once"),
    ],
)
def test_the_appendices_show_the_plan_under_a_title(office, administrator, appendices, sentence):
    wording = wording_of_clauses("One.", appendices=appendices)
    with pytest.raises(Denied, match=sentence):
        publish_wording(by=administrator, year=make_year(office), wording=wording)


def test_a_clause_may_refer_to_one_of_the_same_choice(office, administrator):
    wording = wording_of_clauses("One.\n[optional a] Two. #x\n[optional a] See {see x}.")
    assert publish_wording(by=administrator, year=make_year(office), wording=wording).version == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [publish_draft, change_draft])
def test_of_two_who_publish_or_change_at_once_one_does(act):
    office = make_local_office()
    administrator = make_person(Role.ADMINISTRATOR, office)
    draft = start_draft(by=administrator, year=make_year(office), wording=standard("national"))
    mark = seen(draft)
    more = {"wording": standard("local")} if act is change_draft else {}
    said = together(*[lambda: act(by=administrator, draft=draft, seen=mark, **more)] * 2)
    assert len(done(said)) == 1, said
    because = "is published: it never changes" if act is publish_draft else "was changed since you opened"
    assert any(because in str(each) for each in said.values())
    assert list(Template.objects.values_list("version", flat=True)) == [1 if act is publish_draft else None]
