"""The pages of the plan and the MoU: what they show, what they refuse, and what they keep when it is wrong."""

import datetime as dt

import pytest
from django.urls import reverse

from mou.agreement import actions, stopping
from mou.models import Agreement, Draft, Objective, Signature
from mou.plan import actions as plan_actions
from mou.plan import plans
from mou.plan.states import PlanState, plan_state
from mou.wording import publish
from resilience.core.access import Denied, Role
from tests.factories import make_ccg, make_person, make_practice
from tests.mou.world import agree_plan, commit_money, fill_plan, make_world, send_mou, signing

pytestmark = pytest.mark.django_db


def page(client, name, **kwargs):
    return client.get(reverse(f"mou:{name}", kwargs=kwargs)).content.decode()


def post(client, name, data=None, **kwargs):
    return client.post(reverse(f"mou:{name}", kwargs=kwargs), data or {})


@pytest.fixture
def world():
    return make_world()


def test_the_practice_drafts_its_plan_page_by_page(world, client):
    client.force_login(world.manager)
    case = world.referral.pk
    assert "Start the plan" in page(client, "plan", referral=case)
    post(client, "start_plan", referral=case)
    post(client, "start_plan", referral=case)
    assert "Add at least one objective" in page(client, "plan", referral=case)
    wrong = {"heading": "stability", "objective": "Two GPs", "measure": "", "due_on": "2001-01-01"}
    answer = post(client, "add_objective", wrong, referral=case).content.decode()
    assert "must be in the future" in answer
    assert "Two GPs" in answer
    assert not Objective.objects.exists()
    right = wrong | {"measure": "Signed", "due_on": f"{plans.today().year + 1}-01-01"}
    assert post(client, "add_objective", right, referral=case).status_code == 302
    objective = Objective.objects.get()
    post(client, "change_objective", right | {"objective": "Three GPs"}, objective=objective.pk)
    objective.refresh_from_db()
    assert objective.objective == "Three GPs"
    assert "Take this objective out" in page(client, "remove_objective", objective=objective.pk)
    post(client, "remove_objective", objective=objective.pk)
    assert not Objective.objects.exists()


def test_the_page_says_before_that_a_change_takes_back_an_agreement(world, client):
    plan = fill_plan(world)
    client.force_login(world.manager)
    mark = plans.fingerprint(plan)
    post(client, "agree_for_practice", {"fingerprint": mark}, referral=world.referral.pk)
    assert plan_state(plans.plan_of(world.referral)) == PlanState.PRACTICE_AGREED
    client.force_login(world.officer)
    warning = "that agreement is taken back"
    assert warning in page(client, "plan", referral=world.referral.pk)
    assert warning in page(client, "plan_ending", referral=world.referral.pk)
    assert warning in page(client, "change_objective", objective=plan.objectives.get().pk)
    client.force_login(world.approver)
    answer = post(client, "agree_for_commissioner", {"fingerprint": "0" * 64}, referral=world.referral.pk)
    assert "changed while you were reading" in answer.content.decode()


def test_out_of_scope_there_is_no_such_page(world, client):
    agreement = send_mou(world)
    plan = world.referral.plan
    client.force_login(make_person(Role.PRACTICE_USER, make_practice(make_ccg())))
    for name, kwargs in (
        ("plan", {"referral": world.referral.pk}),
        ("plan_leads", {"referral": world.referral.pk}),
        ("change_objective", {"objective": plan.objectives.get().pk}),
        ("remove_plan_action", {"plan_action": plan.actions.get().pk}),
        ("change_contribution", {"contribution": plan.contributions.first().pk}),
        ("case", {"referral": world.referral.pk}),
        ("read", {"agreement": agreement.pk}),
        ("document", {"agreement": agreement.pk}),
        ("sealed", {"agreement": agreement.pk}),
        ("sign", {"agreement": agreement.pk}),
        ("signed", {"agreement": agreement.pk}),
    ):
        assert client.get(reverse(f"mou:{name}", kwargs=kwargs)).status_code == 404, name
    client.force_login(make_person(Role.PROGRAMME_OFFICER, make_ccg()))
    for name, kwargs in (
        ("make_draft", {"referral": world.referral.pk}),
        ("withdraw", {"agreement": agreement.pk}),
    ):
        assert client.get(reverse(f"mou:{name}", kwargs=kwargs)).status_code == 404, name
    assert post(client, "send", referral=world.referral.pk).status_code == 404
    foreign = {"mou_draft": agreement.draft.pk}
    assert client.get(reverse("mou:read_draft", kwargs=foreign)).status_code == 404


def test_an_observer_reads_and_changes_nothing(world, client):
    agreement = send_mou(world)
    client.force_login(make_person(Role.OBSERVER, world.ccg))
    assert "Waiting for the practice" in page(client, "case", referral=world.referral.pk)
    assert "Read and sign" not in page(client, "case", referral=world.referral.pk)
    for name in ("sign", "withdraw"):
        got = client.get(reverse(f"mou:{name}", kwargs={"agreement": agreement.pk}))
        assert got.status_code == 403, name


def test_the_office_previews_sends_and_withdraws(world, client):
    agree_plan(world)
    client.force_login(world.officer)
    case = world.referral.pk
    assert "Commit the money" in page(client, "case", referral=case)
    commit_money(world)
    assert "Draft it" in page(client, "case", referral=case)
    answer = client.post(reverse("mou:make_draft", kwargs={"referral": case}), follow=True)
    shown, (draft,) = answer.content.decode(), Draft.objects.all()
    assert world.manager.email in shown
    assert '<h2 id="section-17">17. Contact points</h2>' in shown
    assert client.get(reverse("mou:draft_pdf", kwargs={"mou_draft": draft.pk})).content.startswith(b"%PDF")
    day = plans.today() + dt.timedelta(days=20)
    form = {"draft": draft.pk, "sign_by": str(day)}
    assert (
        "the future" in post(client, "send", form | {"sign_by": "2001-01-01"}, referral=case).content.decode()
    )
    assert post(client, "send", form, referral=case).status_code == 302
    assert "Withdraw it before you send another" in post(client, "send", form, referral=case).content.decode()
    agreement = Agreement.objects.get()
    assert "Give the reason" in post(client, "withdraw", {"why": ""}, agreement=agreement.pk).content.decode()
    post(client, "withdraw", {"why": "The wrong <lead>."}, agreement=agreement.pk)
    assert "The wrong &lt;lead&gt;." in page(client, "case", referral=case)


def test_the_signing_page_shows_the_document_before_it_asks(world, client):
    agreement = send_mou(world)
    client.force_login(world.manager)
    shown = page(client, "sign", agreement=agreement.pk)
    assert shown.index("17. Contact points") < shown.index("I have read this Memorandum")
    assert agreement.html in shown
    assert f'value="{agreement.document.sha256}"' in shown
    assert "Has authority to sign this Memorandum of Understanding for Harbour Street Surgery." in shown


def test_a_wrong_signature_is_said_beside_the_box_and_keeps_what_was_typed(world, client):
    agreement = send_mou(world)
    client.force_login(world.manager)
    good = {
        "document_sha256": agreement.document.sha256,
        "role": "Senior partner",
        "agreed": "on",
        "typed_name": world.manager.name,
    }
    for wrong, sentence in (
        ({"agreed": ""}, "Tick the box to confirm"),
        ({"typed_name": "Some Body"}, "which is Dr Siân O’Brien"),
        ({"document_sha256": "0" * 64}, "not the one on record"),
    ):
        answer = post(client, "sign", good | wrong, agreement=agreement.pk).content.decode()
        assert sentence in answer
        assert "Senior partner" in answer
    assert not Signature.objects.exists()
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": 1_700_000_000.5},
        {"method": "mfa", "type": "totp", "at": 1_700_000_030.5},
    ]
    session.save()
    answer = client.post(
        reverse("mou:sign", kwargs={"agreement": agreement.pk}), good, HTTP_USER_AGENT="A browser"
    )
    assert answer["Location"] == reverse("mou:signed", kwargs={"agreement": agreement.pk})
    assert "Northvale CCG signs next" in client.get(answer["Location"]).content.decode()
    signature = Signature.objects.get()
    assert (signature.ip_address, signature.user_agent) == ("127.0.0.1", "A browser")
    assert signature.sign_in_method == "password, totp"
    assert signature.signed_in_at.timestamp() == 1_700_000_030.5
    again = client.get(reverse("mou:sign", kwargs={"agreement": agreement.pk}))
    assert again["Location"] == answer["Location"]


def test_the_approver_is_told_that_the_practice_signs_first(world, client):
    agreement = send_mou(world)
    client.force_login(world.approver)
    shown = page(client, "sign", agreement=agreement.pk)
    assert "The practice signs first. It has not signed yet." in shown
    assert 'name="typed_name"' not in shown


def test_a_withdrawn_mou_is_not_signed(world, client):
    agreement = send_mou(world)
    stopping.withdraw_agreement(by=world.officer, agreement=agreement, why="A date.")
    client.force_login(world.manager)
    assert "There is nothing to sign" in page(client, "sign", agreement=agreement.pk)
    with pytest.raises(Denied, match="not possible now"):
        actions.sign_for_practice(**signing(Agreement.objects.get(), world.manager))


def test_an_mou_that_was_sent_keeps_its_wording(world):
    agreement = send_mou(world)
    publish(world.year, "local", world.administrator)
    agreement.refresh_from_db()
    assert agreement.template.version == 1
    assert "three months’ notice" in agreement.html


def test_who_may_change_the_plan_is_asked_again_when_the_form_comes_back(world, client):
    agree_plan(world)
    client.force_login(world.manager)
    row = world.referral.plan.objectives.get()
    answer = post(client, "change_objective", {"objective": "Other"}, objective=row.pk)
    assert answer.status_code == 403
    assert "nothing in it changes any more" in answer.content.decode()
    assert (
        plan_actions.reopen_plan(by=world.manager, referral=world.referral, why="A date.").agreed_at is None
    )


def test_after_a_no_both_sides_read_that_the_draft_came_back(world, client):
    stopping.decline(by=world.manager, agreement=send_mou(world), why="We have a new address.")
    said = "Draft 1 was sent for signature: declined"
    client.force_login(world.manager)
    shown = page(client, "case", referral=world.referral.pk)
    assert said in shown
    assert "ready to read" not in shown
    client.force_login(world.officer)
    shown = page(client, "case", referral=world.referral.pk)
    assert said in shown
    assert "Change it, or send it anew as it is." in shown
    assert "Open draft 1" in shown
