"""After the last signature, everyone in a browser: the MoU is varied; and it is ended early, and its money follows."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from funding import ledger
from mou.agreement import actions as agreement_actions
from mou.models import Agreement
from resilience.core.calendar import add_months, today
from tests.journeys.conftest import PHONE
from tests.journeys.steps import signs
from tests.mou.after import on
from tests.mou.world import agree_plan, commit_money, make_world, sign_both

pytestmark = pytest.mark.django_db(transaction=True)


def signed(committed=200_000, opens="progress"):
    """An MoU signed by both and sealed; of what is committed nothing is payable before progress is shown."""
    world = make_world()
    world.year.stages.all().update(opens=opens)

    def sign():
        try:
            agree_plan(world)
            commit_money(world, committed)
            mou = agreement_actions.send(by=world.officer, referral=world.referral)
            return sign_both(world, mou).pk
        finally:
            connection.close()

    # The seal needs a loop of its own, and the browser's runs in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        mou = elsewhere.submit(sign).result()
    return world, Agreement.objects.get(pk=mou)


def comes_to_the_mou(someone, world):
    someone.opens(reverse("mou:case", kwargs={"referral": world.referral.pk}))


def checks(someone, content, name="copy.pdf"):
    someone.opens("/check-a-document/")
    someone.attaches("The PDF to check", name, content)
    someone.clicks("Check this document")


def test_an_mou_is_varied_from_the_asking_to_the_seal(comes):
    world, mou = signed()
    original = bytes(mou.sealed.content)
    sian = comes(world.manager, **PHONE)
    olu, amara = comes(world.officer), comes(world.approver)

    # Siân asks for a change on her telephone; she must say why.
    sian.signs_in()
    comes_to_the_mou(sian, world)
    sian.clicks("Ask for a change of it")
    sian.fills("What should change?", "A third GP")
    sian.clicks("Continue")
    sian.is_told_of_a_problem("Say why it should change")
    sian.sees_in("What should change?", "A third GP")
    sian.fills("Why?", "One of the two has left again.")
    sian.clicks("Continue")
    sian.sees("Your request is sent", "Being drafted")
    sian.finds_the_page_sound()

    # Olu drafts it: nothing can be sent while nothing changes, nor an end in the past.
    olu.signs_in()
    comes_to_the_mou(olu, world)
    olu.sees("One of the two has left again.")
    olu.clicks("Draft it and send it for signature")
    olu.sees("Nothing changes yet. Say what changes, then send it.")
    olu.clicks("Change the end date, exit strategy or case study")
    olu.dates("When does the plan end?", today() - dt.timedelta(days=1))
    olu.clicks("Save")
    olu.is_told_of_a_problem("must be in the future")
    olu.dates("When does the plan end?", today() + dt.timedelta(days=150))
    olu.clicks("Save")
    olu.clicks("Change Recruitment plan")
    olu.fills("Owner", "Olu Officer")
    olu.clicks("Save the action")
    olu.clicks("Change the words of a clause")
    olu.clicks("Save the change")
    olu.is_told_of_a_problem("Choose the clause that changes")
    olu.page.get_by_label("Which clause?").select_option("3.1")
    olu.fills("How should it read?", "The practice will recruit three GPs.")
    olu.clicks("Save the change")
    olu.sees("The practice will recruit three GPs.")
    olu.clicks("Preview it")
    olu.sees("Variation 1 of the Memorandum of Understanding", "The money does not change.")
    olu.clicks("Send it for signature")
    olu.sees("Waiting for the practice's signature")

    # Siân reads and signs it first, then Amara; until then nothing has changed.
    sian.goes_home()
    sian.sees("Variation 1 of your agreement is ready for your signature.")
    sian.clicks("Read and sign it")
    sian.sees("The practice will recruit three GPs.")
    signs(sian, "GP partner", "Variation 1 of the Memorandum of Understanding")
    amara.signs_in()
    comes_to_the_mou(amara, world)
    amara.does_not_see("Read it as it stands now")
    amara.clicks("Read and sign it")
    signs(amara, "Associate director", "Variation 1 of the Memorandum of Understanding")

    # The MoU reads with it worked in; the original is as it was, and the check says that it is superseded.
    comes_to_the_mou(sian, world)
    sian.clicks("Read it as it stands now, with every variation worked in")
    sian.sees("Consolidated version.", "The practice will recruit three GPs.", "Olu Officer")
    sian.finds_the_page_sound()
    assert sian.downloads("Download it as a PDF").startswith(b"%PDF-")
    stranger = comes(name="A stranger", email="nobody@example.org")
    checks(stranger, original)
    stranger.sees("This document is genuine, and superseded", "It was superseded by variation 1 of")
    stranger.does_not_see("Harbour Street")
    varied = Agreement.objects.get(varies=mou)
    checks(stranger, bytes(varied.sealed.content))
    stranger.sees("This document is genuine")
    stranger.does_not_see("superseded")


def test_money_is_added_by_a_variation_and_becomes_payable(comes):
    world, _ = signed(committed=150_000, opens="mou_signed")
    olu, amara, sian = comes(world.officer), comes(world.approver), comes(world.manager, **PHONE)

    # Olu commits £500 more on the Money tab of the signed MoU, and is told what it waits for.
    olu.signs_in()
    olu.opens(reverse("funding:case", kwargs={"referral": world.referral.pk}))
    olu.does_not_see("that the MoU does not name")
    olu.clicks("Commit more money")
    olu.sees(
        "The MoU is signed. What you commit now pays once both sides have signed a variation that names it."
    )
    olu.fills("What is it for?", "Locum cover")
    olu.clicks("Commit this money")
    olu.sees("£500 is committed that the MoU does not name.", "This money is not in the MoU yet.")
    olu.finds_the_page_sound()

    # One link on, and one more: the variation says so already; he says why, reads it and sends it.
    olu.clicks("Propose a variation")
    olu.clicks("Propose a variation that names it")
    what_for = f"Locum cover, in “{world.year.menu.first().name}”"
    olu.sees_in("What should change?", f"£500 more for Harbour Street Surgery: {what_for}.")
    olu.fills("Why?", "A third GP comes sooner.")
    olu.clicks("Continue")
    olu.sees("As signed", "As committed now", "£500")
    olu.finds_the_page_sound()
    olu.clicks("Preview it")
    olu.sees("All the money that was signed before is £1,500. From now on it is £2,000.")
    olu.clicks("Send it for signature")

    # Siân signs; the money waits. Amara signs; it is payable.
    added = world.referral.commitments.last()
    sian.signs_in()
    sian.clicks("Read and sign it")
    sian.sees("£500")
    signs(sian, "GP partner", "Variation 1 of the Memorandum of Understanding")
    assert ledger.of_commitment(added).payable == 0
    amara.signs_in()
    comes_to_the_mou(amara, world)
    amara.clicks("Read and sign it")
    signs(amara, "Associate director", "Variation 1 of the Memorandum of Understanding")
    olu.opens(reverse("funding:case", kwargs={"referral": world.referral.pk}))
    olu.does_not_see("that the MoU does not name")
    assert ledger.of_commitment(added).payable == 50_000


def test_an_mou_is_ended_early_and_its_money_is_released(comes, monkeypatch):
    world, mou = signed()
    commitment = world.referral.commitments.get()
    sian, amara = comes(world.manager, **PHONE), comes(world.approver)

    # Amara would end it for failure to cooperate, but has not talked with the LMC; she leaves it.
    amara.signs_in()
    comes_to_the_mou(amara, world)
    amara.clicks("Give shorter notice, for failure to cooperate")
    amara.fills("In what did the practice fail to cooperate?", "It does not answer.")
    amara.dates("When did you talk with the Local Medical Committee?", today() + dt.timedelta(days=2))
    amara.fills("With whom did you talk there?", "Dr Chair")
    amara.clicks("Give notice")
    amara.is_told_of_a_problem("Talk with the Local Medical Committee first")

    # Siân gives notice on her telephone, and reads what follows for the money.
    sian.signs_in()
    comes_to_the_mou(sian, world)
    sian.clicks("Give notice to end it")
    ends_on = add_months(today(), 3)
    sian.sees("£2,000 is committed and not payable yet.", "You can withdraw the notice before that day.")
    sian.finds_the_page_sound()
    sian.fills("Reason (optional)", "We merge with our neighbours.")
    sian.clicks("Give notice")
    sian.sees("Notice given", "We merge with our neighbours.")

    # Only her side may take it back; the day comes, and the service ends the MoU.
    comes_to_the_mou(amara, world)
    amara.sees("Withdraw the notice: The practice gave this notice, and only it can withdraw it.")
    on(monkeypatch, ends_on)
    call_command("end_mous")
    comes_to_the_mou(sian, world)
    sian.sees("Terminated", "£2,000 that was committed and not payable yet was released.")
    assert ledger.of_commitment(commitment).promised == 0

    # What a stranger is told of a copy: that it ended, and nothing else.
    stranger = comes(name="A stranger", email="nobody@example.org")
    checks(stranger, bytes(mou.sealed.content))
    stranger.sees("This document is genuine, and was terminated on", "What it records is no longer in force.")
    checks(stranger, b"no pdf", "copy.pdf")
    stranger.sees("This document is unknown")
    checks(stranger, bytes(mou.sealed.content).replace(b"/M (D", b"/M (E", 1))
    stranger.does_not_see("This document is genuine")
