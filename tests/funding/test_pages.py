"""Money on screen: every figure leads to its entries, every act says why not, and a page moves money once."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from funding import actions, ledger
from funding.models import Allocation, Commitment, Transfer
from funding.stages.actions import open_stages
from funding.standing.bars import Bar
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.programmes.models import Milestone
from resilience.referrals.states import State
from tests import factories as make
from tests.assessments import cases

pytestmark = pytest.mark.django_db


def url(name, **thing):
    return reverse(f"funding:{name}", kwargs={kind: each.pk for kind, each in thing.items()} or None)


def allocate(referral, pence, key="allocation"):
    return actions.set_allocation(
        by=make.make_person(Role.FINANCE_LEAD),
        year=referral.year,
        commissioner=referral.commissioner,
        amount=pence,
        why="Allocation letter",
        key=f"{key}-{referral.pk}",
    )


@pytest.fixture
def referral(client):
    """A supported referral (£5,000) with £10,000 in its allocation, and a finance lead signed in."""
    found = cases.supported().referral
    found.refresh_from_db()
    allocate(found, 10_000_00)
    client.force_login(make.make_person(Role.FINANCE_LEAD))
    return found


def committed(referral, pence=3_000_00, key="commit"):
    return actions.commit(
        by=make.make_person(Role.FINANCE_LEAD),
        referral=referral,
        item=referral.year.menu.first(),
        amount=pence,
        purpose="Recruitment",
        key=f"{key}-{pence}",
    )


def payable(referral):
    commitment = committed(referral)
    make.sign_mou(referral)
    open_stages(by=None, referral=referral, opens="mou_signed")
    return commitment


def key_of(client, page_url):
    return client.get(page_url).context["form"]["key"].value()


def sent(referral, key="page-key", **changes):
    item = referral.year.menu.first()
    typed = {"item": item.pk, "amount": "£1,200.50", "purpose": "Locum cover", "route": "direct", "key": key}
    return typed | changes


class TestMoneyPage:
    def test_the_bar_and_the_same_per_ccg_with_every_number_linked(self, client, referral):
        committed(referral)
        page = client.get(url("money"))
        text = page.content.decode()
        assert text.count("£3,000") >= 2
        assert text.count("£7,000") >= 2
        assert "(30%)" in text
        assert "(70%)" in text
        assert referral.commissioner.name in text
        for bar in [page.context["overall"], *page.context["bars"]]:
            for part, href in bar.links.items():
                shown = client.get(href)
                expected = (
                    {"left": bar.figures.uncommitted}.get(part)
                    if part == "left"
                    else getattr(bar.figures, part)
                )
                assert shown.context["stands"] == expected
                assert href.replace("&", "&amp;") in text

    def test_the_next_milestone_is_marked_and_said(self, client, referral):
        year = referral.year
        for days, name, target in ((-3, "Past one", 50), (40, "All committed", 100), (90, "Spent", 75)):
            Milestone.objects.create(
                year=year,
                name=name,
                due_at=timezone.now() + dt.timedelta(days=days),
                measure="committed" if target != 75 else "spent",
                target=target,
            )
        committed(referral)
        text = client.get(url("money")).content.decode()
        assert "All committed" in text
        assert "100% committed by" in text
        assert "Now: 30%" in text
        assert "app-money__mark" in text
        assert "Past one" not in text

    def test_the_parts_sum_to_the_whole(self, client, referral):
        committed(referral)
        bars = client.get(url("money")).context["bars"]
        figures = bars[0].figures
        assert figures.allocated == figures.paid + figures.payable + figures.committed + figures.uncommitted

    def test_only_the_persons_scope(self, client, referral):
        practice = make.make_practice(make.make_ccg(referral.year.programme.owner))
        other = cases.supported(
            make.make_referral(practice=practice, year=referral.year, state=State.ACKNOWLEDGED)
        ).referral
        other.refresh_from_db()
        allocate(other, 99_000_00)
        client.force_login(make.make_person(Role.FINANCE_LEAD, referral.commissioner))
        text = client.get(url("money")).content.decode()
        assert "£99,000" not in text
        assert "£109,000" not in text
        assert "£10,000" in text
        rows = client.get(url("ledger")).context["list"].rows
        assert {row.thing.allocation.commissioner for row in rows} == {referral.commissioner}

    def test_nothing_yet(self, client):
        client.force_login(make.make_person(Role.OBSERVER))
        assert "No allocation is set yet" in client.get(url("money")).content.decode()

    @pytest.mark.parametrize("asked", ["999999", "abc", ""])
    def test_a_year_that_is_none_shows_the_latest(self, client, referral, asked):
        assert client.get(url("money"), {"year": asked}).context["year"] == referral.year

    def test_a_practice_sees_no_money(self, client, referral):
        client.force_login(referral.started_by)
        for page in (
            url("money"),
            url("ledger"),
            url("case", referral=referral),
            url("commit", referral=referral),
        ):
            assert client.get(page).status_code == 403


class TestLedgerPage:
    def test_filters_and_what_stands(self, client, referral):
        commitment = committed(referral)
        actions.release(
            by=make.make_person(Role.FINANCE_LEAD), commitment=commitment, why="Wrong", key="release"
        )
        page = client.get(url("ledger"), {"account": "committed"})
        assert (page.context["came"], page.context["left"], page.context["stands"]) == (3_000_00, 3_000_00, 0)
        assert len(client.get(url("ledger"), {"kind": "release"}).context["list"].rows) == 1
        assert len(client.get(url("ledger"), {"commitment": commitment.pk}).context["list"].rows) == 2
        assert (
            len(client.get(url("ledger"), {"referral": referral.reference.lower()}).context["list"].rows) == 2
        )
        assert client.get(url("ledger"), {"commissioner": make.make_ccg().pk}).context["list"].ignored

    def test_the_file_holds_pounds_and_all_pages(self, client, referral):
        for n in range(1, 31):
            committed(referral, pence=n * 101)
        sheet = load_workbook(io.BytesIO(client.get(url("ledger"), {"export": "xlsx"}).content)).active
        rows = list(sheet.values)
        assert len(rows) == 1 + 31
        column = rows[0].index("Amount")
        assert sum(round(row[column] * 100) for row in rows[1:]) == 10_000_00 + sum(
            n * 101 for n in range(1, 31)
        )

    def test_the_same_number_of_queries_for_one_entry_and_for_twenty(self, client, referral):
        def count(page):
            with CaptureQueriesContext(connection) as queries:
                client.get(page)
            return len(queries)

        committed(referral, pence=1)
        count(url("ledger"))
        few = count(url("ledger")), count(url("money"))
        for n in range(2, 20):
            committed(referral, pence=n)
        assert (count(url("ledger")), count(url("money"))) == few


class TestSetAllocation:
    def data(self, referral, **changes):
        return {
            "commissioner": referral.commissioner_id,
            "amount": "12,000",
            "why": "Second letter",
            "key": "one-page",
        } | changes

    def test_sets_the_whole_amount_and_shows_it(self, client, referral):
        page = client.post(url("set_allocation", year=referral.year), self.data(referral), follow=True)
        assert "£12,000" in page.content.decode()
        assert Transfer.objects.latest("id").amount == 2_000_00

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"amount": "lots"}, "Enter an amount in pounds"),
            ({"amount": ""}, "Enter allocation in all"),
            ({"why": ""}, "Answer the question: Why?"),
            ({"commissioner": "999999"}, "There is a problem"),
            ({"key": ""}, "There is a problem"),
            ({"amount": "2,999.99"}, "£3,000 of this allocation is already promised"),
        ],
    )
    def test_wrong_input_moves_nothing(self, client, referral, wrong, sentence):
        committed(referral)
        before = Transfer.objects.count()
        page = client.post(url("set_allocation", year=referral.year), self.data(referral, **wrong))
        assert sentence in page.content.decode()
        assert Transfer.objects.count() == before

    def test_the_same_page_twice_and_the_same_page_with_another_amount(self, client, referral):
        page = url("set_allocation", year=referral.year)
        client.post(page, self.data(referral))
        client.post(page, self.data(referral))
        assert ledger.of_allocation(Allocation.objects.get()).allocated == 12_000_00
        text = client.post(page, self.data(referral, amount="15,000")).content.decode()
        assert "already used" in text
        assert ledger.of_allocation(Allocation.objects.get()).allocated == 12_000_00

    def test_only_for_finance_in_scope(self, client, referral):
        page = url("set_allocation", year=referral.year)
        client.force_login(make.make_person(Role.FINANCE_LEAD, make.make_ccg()))
        assert client.get(page).status_code == 404
        client.force_login(cases.approver())
        assert client.get(page).status_code == 403

    def test_a_commissioner_of_another_office_is_not_offered(self, client, referral):
        stranger = make.make_ccg()
        page = client.get(url("set_allocation", year=referral.year))
        assert stranger not in page.context["form"].fields["commissioner"].queryset
        text = client.post(
            url("set_allocation", year=referral.year), self.data(referral, commissioner=stranger.pk)
        ).content.decode()
        assert "There is a problem" in text


class TestCommit:
    def test_from_the_page_to_the_ledger(self, client, referral):
        page = client.get(url("commit", referral=referral))
        assert "£10,000" in page.content.decode()
        answer = client.post(
            url("commit", referral=referral), sent(referral, page.context["form"]["key"].value()), follow=True
        )
        assert "£1,200.50 is committed" in answer.content.decode()
        assert ledger.of_allocation(Allocation.objects.get()).committed == 1_200_50

    def test_clicked_twice_it_commits_once(self, client, referral):
        for _ in range(2):
            client.post(url("commit", referral=referral), sent(referral))
        assert Commitment.objects.count() == 1

    def test_the_same_page_with_another_amount_is_refused_in_words(self, client, referral):
        client.post(url("commit", referral=referral), sent(referral))
        text = client.post(url("commit", referral=referral), sent(referral, amount="7")).content.decode()
        assert "already used to move money" in text
        assert Commitment.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"amount": ""}, "Enter amount"),
            ({"amount": "0"}, "must be £0.01 or more"),
            ({"amount": "1,20"}, "Enter an amount in pounds"),
            ({"amount": "5,000.01"}, "more than the decision leaves to commit: £5,000"),
            ({"purpose": ""}, "What is it for?"),
            ({"purpose": "<b>" + "x" * 300}, "There is a problem"),
            ({"item": ""}, "There is a problem"),
            ({"item": "last"}, "There is a problem"),
        ],
    )
    def test_wrong_input_commits_nothing_and_loses_nothing(self, client, referral, wrong, sentence):
        if wrong.get("item") == "last":
            wrong = {"item": referral.year.menu.last().pk}
        page = client.post(url("commit", referral=referral), sent(referral, **wrong))
        assert sentence in page.content.decode()
        assert "purpose" in wrong or "Locum cover" in page.content.decode()
        assert page.context["form"]["key"].value() == "page-key"
        assert not Commitment.objects.exists()

    def test_more_than_is_left_says_what_is(self, client, referral):
        allocate(referral, 100_00, key="less")
        text = client.post(url("commit", referral=referral), sent(referral)).content.decode()
        assert "£100 uncommitted" in text
        assert not Commitment.objects.exists()

    def test_before_the_decision_it_says_why_not(self, client):
        placement = cases.placed()
        client.force_login(make.make_person(Role.FINANCE_LEAD))
        text = client.get(url("commit", referral=placement.referral)).content.decode()
        assert "not possible now" in text
        client.post(url("commit", referral=placement.referral), sent(placement.referral))
        assert not Commitment.objects.exists()

    @pytest.mark.parametrize("role", [Role.OBSERVER, Role.APPROVER])
    def test_who_may_not(self, client, referral, role):
        client.force_login(make.make_person(role))
        assert client.post(url("commit", referral=referral), sent(referral)).status_code == 403
        assert client.get(url("case", referral=referral)).status_code == 200


class TestReleaseAndPay:
    def test_release_gives_back_with_its_reason(self, client, referral):
        commitment = committed(referral)
        page = url("release", commitment=commitment)
        assert (
            "Why is the money released?"
            in client.post(page, {"amount": "3,000", "why": "", "key": "k"}).content.decode()
        )
        client.post(page, {"amount": "3,000", "why": "Wrong category", "key": "k"})
        assert ledger.of_allocation(commitment.allocation).uncommitted == 10_000_00
        text = client.get(url("case", referral=referral)).content.decode()
        assert "Wrong category" in text

    def test_payment_up_to_what_is_payable(self, client, referral):
        commitment = payable(referral)
        page, day = url("pay", commitment=commitment), {"paid_on": f"{today()}"}
        assert (
            "more than is payable"
            in client.post(page, {"amount": "3,000.01", "why": "BACS 1", "key": "a", **day}).content.decode()
        )
        client.post(page, {"amount": "1,000", "why": "BACS 1", "key": "a", **day})
        client.post(page, {"amount": "1,000", "why": "BACS 1", "key": "a", **day})
        assert ledger.of_commitment(commitment).paid == 1_000_00
        assert (
            "already used"
            in client.post(page, {"amount": "2,000", "why": "B", "key": "a", **day}).content.decode()
        )
        assert ledger.of_commitment(commitment).paid == 1_000_00

    def test_the_tab_says_why_a_button_cannot_be_used(self, client, referral):
        commitment = committed(referral)
        text = client.get(url("case", referral=referral)).content.decode()
        assert "Nothing of this commitment is payable yet" in text
        assert (
            "Nothing of this commitment is payable yet"
            in client.get(url("pay", commitment=commitment)).content.decode()
        )
        make.sign_mou(referral)
        text = client.get(url("release", commitment=commitment)).content.decode()
        assert "the MoU must end first" in text

    def test_scope_and_roles(self, client, referral):
        commitment = committed(referral)
        client.force_login(make.make_person(Role.FINANCE_LEAD, make.make_ccg()))
        for name in ("release", "pay"):
            assert client.get(url(name, commitment=commitment)).status_code == 404
        assert client.get(url("case", referral=referral)).status_code == 404
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER))
        assert client.get(url("pay", commitment=commitment)).status_code == 403
        assert client.get(url("release", commitment=commitment)).status_code == 200
        client.force_login(make.make_person(Role.OBSERVER))
        assert client.get(url("release", commitment=commitment)).status_code == 403


def test_the_money_tab_has_every_figure(client, referral):
    committed(referral, 3_000_00)
    text = client.get(url("case", referral=referral)).content.decode()
    for figure in ("£5,000", "£2,000", "£3,000", "£7,000"):
        assert figure in text


def test_a_bars_links_carry_its_cut_of_the_ledger():
    bar = Bar("x", ledger.Figures(), {"year": 7, "commissioner": 3})
    assert bar.links["paid"].endswith("?year=7&commissioner=3&account=paid")


def test_what_is_payable_is_counted_and_leads_to_its_list(client, referral):
    payable(referral)
    page = client.get(url("money") + f"?year={referral.year_id}")
    assert page.context["payable"] == 1
    href = f"{reverse('funding:commitments')}?year={referral.year_id}&payable=yes"
    assert href.replace("&", "&amp;") in page.content.decode()
    assert client.get(href).context["list"].total == 1
