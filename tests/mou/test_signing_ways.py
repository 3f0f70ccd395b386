"""Ways to a signature and away from it: declined, too late, more time, passed on, on paper, reminded, three parties."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from mou.agreement import actions, delegating, paper, stopping
from mou.agreement.remind import to_sign
from mou.changes import actions as changes
from mou.models import Agreement, Delegation, Plan, Signature
from mou.reminders import send_all, send_reminder
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.referrals.uploads import CheckedFile
from tests.factories import grant, make_person
from tests.mou.world import add_supplier, make_world, past_its_last_day, send_mou, sign_both, signing

pytestmark = pytest.mark.django_db
A = Agreement.State
SCAN = CheckedFile("scan.pdf", "application/pdf", b"%PDF-1.4\n%%EOF")


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def three(world):
    add_supplier(world)
    return world


def told():
    return {to for email in Email.objects.all() for to in email.to}


def fresh(agreement):
    return Agreement.objects.get(pk=agreement.pk)


def test_everyone_concerned_is_told_who_declined_and_why(three):
    agreement = send_mou(three)
    actions.sign_for_practice(**signing(agreement, three.manager))
    Email.objects.all().delete()
    with pytest.raises(Denied, match="Say why"):
        stopping.decline(by=three.partner, agreement=fresh(agreement), why=" ")
    stopping.decline(by=three.partner, agreement=fresh(agreement), why="No <capacity>.")
    assert told() >= {three.manager.email, three.partner.email, three.approver.email}
    assert all("No <capacity>." in email.message for email in Email.objects.all())
    agreement = fresh(agreement)
    assert (agreement.state, agreement.declined_side, agreement.stopped_by) == (
        A.DECLINED,
        "supplier",
        three.partner,
    )
    with pytest.raises(Denied):
        actions.sign_for_supplier(**signing(agreement, three.partner))
    assert actions.send(by=three.officer, referral=three.referral).state == A.SENT


def test_past_the_last_day_nobody_signs_before_the_worker_or_after(world):
    agreement = past_its_last_day(send_mou(world))
    for refused in (
        lambda: actions.sign_for_practice(**signing(agreement, world.manager)),
        lambda: stopping.decline(by=world.manager, agreement=agreement, why="No."),
        lambda: stopping.postpone_signing(
            by=world.officer, agreement=agreement, sign_by=today() + dt.timedelta(9), why="x"
        ),
    ):
        with pytest.raises(Denied, match="The last day to sign this MoU was"):
            refused()
    Email.objects.all().delete()
    call_command("expire_mous")
    call_command("expire_mous")
    assert fresh(agreement).state == A.EXPIRED
    assert world.manager.email in told()
    assert Email.objects.filter(to=world.manager.email).count() == 1
    with pytest.raises(Denied):
        actions.sign_for_practice(**signing(fresh(agreement), world.manager))
    assert actions.send(by=world.officer, referral=world.referral).state == A.SENT


def test_a_new_one_is_sent_although_the_worker_has_not_run(world):
    agreement = past_its_last_day(send_mou(world))
    anew = actions.send(by=world.officer, referral=world.referral)
    assert (fresh(agreement).state, anew.state) == (A.EXPIRED, A.SENT)


def test_on_its_last_day_it_is_signed(world):
    agreement = send_mou(world)
    Agreement.objects.filter(pk=agreement.pk).update(sign_by=today())
    actions.sign_for_practice(**signing(agreement, world.manager))
    assert stopping.expire(by=None, agreement=agreement) is None


def test_more_time_is_given_with_a_reason_and_the_reminder_follows(world):
    agreement = send_mou(world)
    Agreement.objects.filter(pk=agreement.pk).update(sign_by=today() + dt.timedelta(days=2))
    Email.objects.all().delete()
    assert (send_all(), send_all()) == (1, 0)
    assert world.manager.email in told()
    assert world.approver.email not in told()
    later = today() + dt.timedelta(days=3)
    for sign_by, why in ((today(), "x"), (later, " ")):
        with pytest.raises(Denied):
            stopping.postpone_signing(by=world.officer, agreement=agreement, sign_by=sign_by, why=why)
    stopping.postpone_signing(by=world.officer, agreement=agreement, sign_by=later, why="A holiday.")
    stopping.postpone_signing(by=world.officer, agreement=agreement, sign_by=later, why="A holiday.")
    assert Email.objects.filter(subject__startswith="There is more time", to=world.manager.email).count() == 1
    assert (send_all(), send_all()) == (1, 0)


def test_who_signs_while_the_reminders_go_out_is_not_reminded(world, monkeypatch):
    agreement = send_mou(world)
    monkeypatch.setattr("mou.agreement.remind.today", lambda: today() + dt.timedelta(days=7))
    found = list(to_sign())
    actions.sign_for_practice(**signing(agreement, world.manager))
    assert [send_reminder(by=None, reminder=each) for each in found] == [None]
    assert not Email.objects.filter(subject__startswith="Reminder").exists()


def test_after_a_week_whoever_it_waits_for_is_reminded(world, monkeypatch):
    send_mou(world)
    Email.objects.all().delete()
    assert send_all() == 0
    monkeypatch.setattr("mou.agreement.remind.today", lambda: today() + dt.timedelta(days=7))
    assert (send_all(), send_all()) == (1, 0)
    assert world.manager.email in told()
    assert world.approver.email not in told()


def test_a_request_is_passed_to_a_colleague_and_gives_no_right(world):
    agreement = send_mou(world)
    colleague = make_person(Role.PRACTICE_USER, world.practice, name="Col League")
    stranger = make_person(Role.PRACTICE_USER, name="Stran Ger")
    with pytest.raises(Denied, match="Choose somebody from the list"):
        delegating.delegate(by=world.manager, agreement=agreement, person=stranger)
    with pytest.raises(Denied):
        delegating.delegate(by=world.approver, agreement=agreement, person=colleague)
    Email.objects.all().delete()
    delegating.delegate(by=world.manager, agreement=agreement, person=colleague, why="I am away.")
    delegating.delegate(by=world.manager, agreement=agreement, person=colleague, why="I am away.")
    assert Delegation.objects.count() == 1
    delegating.delegate(by=world.manager, agreement=agreement, person=colleague, why="Until Monday.")
    assert Delegation.objects.first().why == "Until Monday.", (
        "other words are sent, not dropped as a second click"
    )
    assert told() >= {world.manager.email, colleague.email}
    colleague.holdings.update(ended_at=timezone.now(), ended_by=world.officer)
    colleague = type(colleague).objects.get(pk=colleague.pk)
    with pytest.raises(Denied):
        actions.sign_for_practice(**signing(agreement, colleague))
    actions.sign_for_practice(**signing(agreement, world.manager))


def test_with_nobody_else_the_page_says_whom_to_ask(world, client):
    agreement = send_mou(world)
    others = world.practice.holdings.exclude(person=world.manager)
    others.update(ended_at=timezone.now(), ended_by=world.officer)
    client.force_login(world.manager)
    shown = client.get(reverse("mou:delegate", kwargs={"agreement": agreement.pk})).content.decode()
    assert "Nobody else can sign for the practice yet" in shown
    assert world.year.contact_email in shown


def on_paper(agreement, by, **other):
    return paper.record_paper_signature(
        **{
            "by": by, "agreement": fresh(agreement), "scan": SCAN, "signed_by": "Dr Ann Other", "role": "Partner",
            "signed_on": today(), "received_by": "Reception", "confirmed": agreement.document.sha256[:8],
        } | other
    )  # fmt: skip


def test_a_signature_on_paper_is_recorded_in_order_and_both_download_the_scan(world, client):
    agreement = send_mou(world)
    for wrong, sentence in (
        ({"confirmed": "00000000"}, "first 8 characters"),
        ({"signed_on": today() + dt.timedelta(days=1)}, "when it was sent, and today"),
        ({"signed_by": " "}, "Say who signed"),
        ({"received_by": ""}, "who received the paper"),
        ({"signed_by": world.officer.name}, "your own signature"),
    ):
        with pytest.raises(Denied, match=sentence):
            on_paper(agreement, world.officer, **wrong)
    assert not Signature.objects.exists()
    on_paper(agreement, world.officer)
    signature = Signature.objects.get()
    assert (fresh(agreement).state, signature.person, signature.is_on_paper) == (
        A.PRACTICE_SIGNED,
        None,
        True,
    )
    with pytest.raises(Denied, match="A colleague must record this one"):
        on_paper(agreement, world.officer, person=world.approver)
    second = make_person(Role.PROGRAMME_OFFICER, world.ccg, name="Second Officer")
    with pytest.raises(Denied, match="of those who have the authority"):
        on_paper(agreement, second, person=world.manager)
    on_paper(agreement, second, person=world.approver)
    agreement = fresh(agreement)
    assert (agreement.state, agreement.signatures.last().person) == (A.SIGNED, world.approver)
    for person in (world.manager, world.approver):
        client.force_login(person)
        got = client.get(reverse("mou:scan", kwargs={"signature": signature.pk}))
        assert got.content == SCAN.content
        assert (
            "Signed on paper on"
            in client.get(reverse("mou:case", kwargs={"referral": world.referral.pk})).content.decode()
        )


def test_a_variation_is_signed_on_paper_too(world):
    mou = sign_both(world, send_mou(world))
    proposal = changes.propose(by=world.manager, mou=mou, what="The end", why="A partner stays.")
    changes.change_part(by=world.officer, proposal=proposal, exit_strategy="Carried on by two partners.")
    sent = changes.send_variation(by=world.officer, proposal=proposal)
    on_paper(sent, world.officer)
    on_paper(sent, make_person(Role.PROGRAMME_OFFICER, world.ccg, name="Second"), person=world.approver)
    assert fresh(sent).state == A.SIGNED
    assert Plan.objects.get(referral=world.referral).exit_strategy == "Carried on by two partners."


def test_one_person_never_gives_both_signatures_on_paper_or_screen(world):
    agreement = send_mou(world)
    on_paper(agreement, world.officer, signed_by=f"Dr {world.approver.name.upper()}")
    with pytest.raises(Denied, match="on paper for the other side"):
        actions.sign_for_commissioner(**signing(fresh(agreement), world.approver))
    grant(world.officer, Role.APPROVER, world.ccg)
    officer = type(world.officer).objects.get(pk=world.officer.pk)
    with pytest.raises(Denied, match="You recorded another side"):
        actions.sign_for_commissioner(**signing(fresh(agreement), officer))


def test_what_is_no_scan_is_refused_and_what_was_typed_stays(world, client):
    agreement = send_mou(world)
    client.force_login(world.officer)
    data = {
        "signed_by": "Ann Other", "role": "Partner", "signed_on": str(today()), "received_by": "Reception",
        "confirmed": agreement.document.sha256[:8], "scan": SimpleUploadedFile("scan.pdf", b"MZ"),
    }  # fmt: skip
    address = reverse("mou:record_paper", kwargs={"agreement": agreement.pk})
    answer = client.post(address, data).content.decode()
    assert "is not a whole PDF" in answer
    assert "Ann Other" in answer
    assert (
        client.post(address, data | {"scan": SimpleUploadedFile("scan.pdf", SCAN.content)}).status_code == 302
    )
    assert fresh(agreement).state == A.PRACTICE_SIGNED


def test_a_link_in_an_email_never_signs_nor_lets_a_stranger_in(world, client):
    agreement = send_mou(world)
    address = reverse("mou:sign", kwargs={"agreement": agreement.pk})
    for method in (client.get, client.head, client.post):
        assert "/account/login/" in method(address)["Location"]
    client.force_login(world.manager)
    query = {"agreed": "on", "typed_name": world.manager.name, "document_sha256": agreement.document.sha256}
    for method in (client.get, client.head):
        assert method(address, query, HTTP_PURPOSE="prefetch").status_code == 200
    assert not Signature.objects.exists()


def test_the_suppliers_people_see_the_mou_they_sign_and_nothing_else_of_the_case(three, client):
    agreement = send_mou(three)
    client.force_login(three.partner)
    assert (
        "The practice signs first"
        in client.get(reverse("mou:sign", kwargs={"agreement": agreement.pk})).content.decode()
    )
    for name in ("case", "plan"):
        got = client.get(reverse(f"mou:{name}", kwargs={"referral": three.referral.pk}))
        assert got.status_code in (403, 404)
    actions.sign_for_practice(**signing(agreement, three.manager))
    data = {"document_sha256": agreement.document.sha256, "role": "Manager", "agreed": "on"}
    address = reverse("mou:sign", kwargs={"agreement": agreement.pk})
    assert client.post(address, data | {"typed_name": three.partner.name}).status_code == 302
    assert fresh(agreement).state == A.SUPPLIER_SIGNED
    three.supplier.assignments.update(ended_on=today() - dt.timedelta(days=1))
    assert client.get(reverse("mou:read", kwargs={"agreement": agreement.pk})).status_code == 404


def test_each_of_three_gets_the_sealed_copy(three):
    agreement = send_mou(three)
    Email.objects.all().delete()
    sign_both(three, agreement)
    assert actions.seal_now(fresh(agreement))
    copies = Email.objects.filter(subject__contains="is signed")
    assert {three.manager.email, three.partner.email, three.approver.email} <= {
        to for email in copies for to in email.to
    }
    assert three.supplier.name in {each.organisation for each in agreement.signatures.all()}
