"""Bids: sent, taken back, gone through line by line in one sitting, all or nothing, and told to the practice."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from post_office.models import Email

from funding import ledger
from funding.bids import actions, waiting
from funding.bids.rules import Asked, Said
from funding.bids.sums import sums, supported
from funding.models import Bid, BidOutcome, Commitment
from funding.stages.actions import open_what_is_due
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from resilience.referrals.models import Message
from resilience.referrals.states import State
from tests import factories as make
from tests.funding.groups import bid, group, key, practices

RESULTS = ["in_full", "in_part", "not_supported", ""]


@given(
    st.lists(st.tuples(st.integers(1, 10**8), st.sampled_from(RESULTS), st.integers(0, 10**8) | st.none())),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_the_sums_of_a_sitting(lines, to_commit, held):
    made = sums(((asked, supported(result, asked, part)) for asked, result, part in lines), to_commit, held)
    naive = 0
    for asked, result, part in lines:
        naive += {"in_full": asked, "in_part": part or 0}.get(result, 0)
    assert made.supported == naive
    assert made.asked == made.supported + made.not_supported == sum(each[0] for each in lines)
    assert made.is_too_much == (naive > to_commit or naive > held)


def full(line):
    return Said("in_full", line.amount, item=line.item)


def no(reason="Your own responsibility.", **more):
    return Said("not_supported", reason=reason, **more)


def settle(made, *said, by=None, **more):
    lines = list(made.lines.all())
    return actions.settle_bid(
        by=by or make.make_person(Role.PROGRAMME_OFFICER),
        bid=made,
        said={line.pk: each for line, each in zip(lines, said, strict=True)},
        **more,
    )


@pytest.mark.django_db
class TestSending:
    def test_it_is_on_record_and_the_office_is_told(self):
        made = bid(group(), 500_00, 250_50)
        assert [line.amount for line in made.lines.all()] == [500_00, 250_50]
        assert "team@example.nhs.uk" in Email.objects.get().to
        assert TrailEntry.objects.get(act="funding.send_bid").facts == {"pence": 750_50, "lines": 2}

    def test_the_same_page_sent_twice_is_one_bid(self):
        referral = group()
        by = make.make_person(Role.PRACTICE_USER, referral.lead_practice)
        line = Asked("Training", referral.year.menu.first(), 1_00, referral.lead_practice)
        both = [actions.send_bid(by=by, referral=referral, lines=[line], key="page") for _ in range(2)]
        assert both[0] == both[1]
        assert Bid.objects.count() == 1

    def test_one_bid_waits_at_a_time_and_what_is_taken_back_stays(self):
        referral = group()
        made = bid(referral, 1_00)
        with pytest.raises(Denied, match="waits for an answer"):
            bid(referral, 2_00)
        by = make.make_person(Role.PRACTICE_USER, referral.lead_practice)
        actions.withdraw_bid(by=by, bid=made)
        bid(referral, 2_00)
        assert Bid.objects.count() == 2
        with pytest.raises(Denied, match="took this bid back"):
            settle(Bid.objects.get(pk=made.pk), no())

    def test_a_year_that_takes_none(self):
        referral = group()
        referral.year.takes_bids = False
        referral.year.save()
        with pytest.raises(Denied, match="takes no bids"):
            bid(referral, 1_00)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"amount": 0}, "how much"),
            ({"what": " "}, "what each line is for"),
            ({"practice": "x"}, "not part"),
        ],
    )
    def test_lines_that_make_no_sense(self, change, sentence):
        referral = group()
        if "practice" in change:
            change = {"practice": make.make_practice()}
        line = {"what": "x", "item": referral.year.menu.first(), "amount": 1} | change
        by = make.make_person(Role.PRACTICE_USER, referral.lead_practice)
        with pytest.raises(Denied, match=sentence):
            actions.send_bid(by=by, referral=referral, lines=[Asked(**line)], key=key())
        assert not Bid.objects.exists()

    def test_what_was_sent_never_changes(self):
        made = bid(group(), 1_00)
        for attempt in (
            lambda: made.lines.update(amount=5),
            lambda: Bid.objects.filter(pk=made.pk).update(key="other"),
            lambda: Bid.objects.filter(pk=made.pk).delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                attempt()


@pytest.mark.django_db
class TestTheSitting:
    def test_each_line_has_its_answer_and_the_practice_reads_it(self):
        referral = group()
        made = bid(referral, 500_00, 800_00, 300_00)
        lines = list(made.lines.all())
        excluded = referral.year.excluded_spend.get()
        part = Said("in_part", 200_00, "Two days are enough.", item=lines[1].item)
        settle(made, full(lines[0]), part, no(excluded.reason, excluded=excluded))
        referral.refresh_from_db()
        assert referral.state == State.COMMITTED
        assert ledger.total(ledger.of_commitments(Commitment.objects.all()).values()).committed == 700_00
        assert [each.purpose for each in Commitment.objects.all()] == ["Training day 1", "Training day 2"]
        letter = Message.objects.get(kind="email").text
        assert "1. Training day 1" in letter
        assert "Supported in full, £500." in letter
        assert "Supported in part, £200 of £800.\nOur reason: Two days are enough." in letter
        assert f"Not supported.\nOur reason: {excluded.reason}" in letter
        assert "We support £700 in all." in letter
        assert {"pat@example.nhs.uk", made.sent_by.email} <= {
            address for email in Email.objects.all() for address in email.to
        }

    def test_pooled_lines_are_split_by_list_size(self):
        referral = group()
        made = bid(referral, pooled=600_00)
        settle(made, full(made.lines.get()))
        assert {each.practice: ledger.of_commitment(each).committed for each in Commitment.objects.all()} == (
            dict(zip(practices(referral), (300_00, 200_00, 100_00), strict=True))
        )
        assert BidOutcome.objects.get().commitment.pooled.count() == 2

    def test_twice_is_once(self):
        made = bid(group(), 500_00)
        for _ in range(2):
            settle(Bid.objects.get(pk=made.pk), full(made.lines.get()))
        assert Commitment.objects.count() == BidOutcome.objects.count() == 1
        assert Message.objects.filter(kind="email").count() == 1
        with pytest.raises(Denied, match="gone through"):
            settle(Bid.objects.get(pk=made.pk), no())

    def test_all_or_nothing_beyond_what_the_decision_leaves(self):
        made = bid(group(granted=700_00), 500_00, 300_00)
        with pytest.raises(Denied, match="£800 is more than the decision leaves to commit: £700"):
            settle(made, *map(full, made.lines.all()))
        self._nothing_happened(made)

    def test_all_or_nothing_beyond_what_the_allocation_holds(self):
        made = bid(group(allocated=700_00), 500_00, 300_00)
        with pytest.raises(Denied, match="£200 uncommitted"):
            settle(made, *map(full, made.lines.all()))
        self._nothing_happened(made)

    def _nothing_happened(self, made):
        assert not Commitment.objects.exists()
        assert not BidOutcome.objects.exists()
        assert not Message.objects.exists()
        assert Bid.objects.get(pk=made.pk).waits

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [
            (Said("in_full", 1), "in full means all of it"),
            (Said("in_part", 500_00, "x"), "a part is more than £0"),
            (Said("in_part", 0, "x"), "a part is more than £0"),
            (Said("in_part", 1_00, " "), "give the reason"),
            (Said("not_supported", 0, ""), "give the reason"),
            (Said("not_supported", 5, "x"), "no money goes to it"),
            (Said(""), "no answer yet"),
        ],
    )
    def test_what_cannot_be_said_of_a_line(self, said, sentence):
        made = bid(group(), 500_00)
        with pytest.raises(Denied, match=sentence):
            settle(made, said)
        self._nothing_happened(made)

    def test_an_excluded_kind_is_not_supported_whatever_is_chosen(self):
        referral = group()
        excluded = referral.year.excluded_spend.get()
        made = bid(referral, 500_00)
        line = made.lines.get()
        with pytest.raises(Denied, match="your own responsibility"):
            settle(made, Said("in_full", line.amount, excluded=excluded, item=line.item))
        with pytest.raises(DatabaseError), transaction.atomic():
            BidOutcome.objects.create(
                line=line, result="in_part", amount=1, reason="x", excluded=excluded, commitment_id=1
            )

    def test_every_line_is_answered(self):
        made = bid(group(), 500_00, 300_00)
        first = made.lines.first()
        with pytest.raises(Denied, match="every line"):
            actions.settle_bid(by=make.make_person(Role.FINANCE_LEAD), bid=made, said={first.pk: full(first)})

    def test_what_is_supported_after_the_signature_waits_for_a_variation_that_names_it(self):
        referral = group()
        made = bid(referral, 500_00, pooled=600_00)
        make.sign_mou(referral)
        settle(made, *(full(each) for each in made.lines.all()))
        referral.refresh_from_db()
        found = Commitment.objects.filter(referral=referral)
        assert (referral.state, found.count()) == (State.AGREED, 4)
        for payable in (0, 1_100_00):
            open_what_is_due(by=None, referral=referral)
            stands = ledger.of_commitments(found).values()
            assert (sum(each.payable for each in stands), sum(each.promised for each in stands)) == (
                payable,
                1_100_00,
            )
            make.sign_mou(referral)


def typed(made, *lines, step="settle", **more):
    """What the page sends: of each line what is given, and the rest as the page has it."""
    sent = {"route": "direct", "step": step}
    for line, said in zip(made.lines.all(), lines, strict=True):
        sent |= {f"{name}_{line.pk}": value for name, value in ({"item": line.item_id} | said).items()}
    return sent | more


@pytest.mark.django_db
class TestTheSittingsPage:
    @pytest.fixture
    def made(self, client):
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER))
        return bid(group(), 500_00, 800_00)

    def page(self, made):
        return reverse("funding:settle_bid", args=[made.pk])

    def test_from_the_page_to_the_ledger_and_back_to_the_practice(self, client, made):
        text = client.get(self.page(made)).content.decode()
        assert "Recruiting is your own responsibility." in text
        sent = typed(
            made, {"result": "in_full"}, {"result": "in_part", "amount": "£200", "reason": "Two days."}
        )
        for _ in range(2):
            answer = client.post(self.page(made), sent, follow=True)
        assert answer.status_code == 200
        assert ledger.total(ledger.of_commitments(Commitment.objects.all()).values()).committed == 700_00
        client.force_login(made.sent_by)
        text = client.get(reverse("funding:bid", args=[made.pk])).content.decode()
        assert "Supported in part, £200 of £800" in text
        assert "Two days." in text
        followed = client.get(reverse("referrals:follow", args=[made.referral_id])).content.decode()
        assert reverse("funding:bid", args=[made.pk]) in followed
        assert "We support £700 in all." in followed

    def test_the_sums_are_worked_out_and_nothing_is_settled_or_lost(self, client, made):
        excluded = made.referral.year.excluded_spend.get()
        sent = typed(
            made, {"result": "in_full", "reason": "half typed"}, {"excluded": excluded.pk}, step="sums"
        )
        page = client.post(self.page(made), sent)
        assert page.context["sums"].supported == 500_00
        assert page.context["sums"].left_of_decision == 8_500_00
        first, second = (page.context["form"].rows()[at] for at in (0, 1))
        assert first.reason.value() == "half typed"
        assert second.reason.value() == excluded.reason
        assert second.result.value() == "not_supported"
        assert not page.context["form"].errors
        assert made.referral.bids.get().waits

    def test_an_excluded_kind_alone_answers_the_line_with_its_reason(self, client, made):
        excluded = made.referral.year.excluded_spend.get()
        client.post(self.page(made), typed(made, {"result": "in_full"}, {"excluded": excluded.pk}))
        assert [each.result for each in BidOutcome.objects.order_by("line__position")] == [
            "in_full",
            "not_supported",
        ]
        assert BidOutcome.objects.get(result="not_supported").reason == excluded.reason

    @pytest.mark.parametrize(
        ("second", "sentence"),
        [
            ({}, "Choose answer to line 2"),
            ({"result": "in_part", "reason": "kept"}, "Enter how much of line 2"),
            ({"result": "in_part", "amount": "letters", "reason": "kept"}, "Enter an amount in pounds"),
            ({"result": "in_part", "amount": "800", "reason": "kept"}, "a part is more than £0"),
            ({"result": "not_supported"}, "Give the reason for line 2"),
            ({"result": "in_full", "item": ""}, "Choose the category in which line 2 is committed"),
            ({"result": "in_full", "excluded": "it", "reason": "kept"}, "which is not supported"),
        ],
    )
    def test_wrong_input_settles_nothing_and_loses_nothing(self, client, made, second, sentence):
        if "excluded" in second:
            second = second | {"excluded": made.referral.year.excluded_spend.get().pk}
        text = client.post(
            self.page(made), typed(made, {"result": "in_full", "reason": "first kept"}, second)
        ).content.decode()
        assert sentence in text
        assert "first kept" in text
        assert "reason" not in second or "kept</textarea>" in text
        assert made.referral.bids.get().waits
        assert not Commitment.objects.exists()

    def test_things_of_another_place_are_refused(self, client, made):
        elsewhere = group()
        allocation = elsewhere.year.allocations.get()
        supplier = make.make_organisation("supplier", elsewhere.commissioner.parent)
        line = made.lines.first()
        wrong = {
            f"item_{line.pk}": elsewhere.year.menu.first().pk,
            f"excluded_{line.pk}": elsewhere.year.excluded_spend.get().pk,
            "supplier": supplier.pk,
        }
        for name, value in wrong.items():
            sent = typed(made, {"result": "in_full"}, {"result": "in_full"}, allocation=allocation.pk)
            sent |= {"route": "supplier" if name == "supplier" else "direct", name: value}
            assert name in client.post(self.page(made), sent).context["form"].errors
        assert not Commitment.objects.exists()

    def test_too_much_says_so_and_keeps_what_was_typed(self, client):
        client.force_login(make.make_person(Role.FINANCE_LEAD))
        made = bid(group(granted=600_00), 500_00, 800_00)
        sent = typed(made, {"result": "in_full", "reason": "first kept"}, {"result": "in_full"})
        text = client.post(self.page(made), sent).content.decode()
        assert "more than the decision leaves to commit: £600" in text
        assert "first kept" in text
        assert client.post(self.page(made), sent | {"step": "sums"}).context["sums"].is_too_much

    def test_refusing_everything_needs_no_route_and_no_allocation(self, client):
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER))
        made = bid(group(allocated=0), 500_00)
        client.post(self.page(made), typed(made, {"result": "not_supported", "reason": "No."}, route=""))
        assert not made.referral.bids.get().waits

    def test_one_after_another(self, client, made):
        second = bid(group(), 100_00)
        first_page = client.get(self.page(made)).content.decode()
        assert self.page(second) in first_page
        answer = client.post(
            self.page(made),
            typed(made, *[{"result": "not_supported", "reason": "No."}] * 2),
            follow=True,
        ).content.decode()
        assert "Go through the next bid" in answer
        assert self.page(second) in answer
        assert list(waiting.to_go_through(make.make_person(Role.PROGRAMME_OFFICER))) == [second]

    @pytest.mark.parametrize("role", [Role.OBSERVER, Role.APPROVER, Role.PRACTICE_USER])
    def test_who_may_not(self, client, made, role):
        over = made.referral.lead_practice if role == Role.PRACTICE_USER else None
        client.force_login(make.make_person(role, over))
        assert client.post(self.page(made), typed(made, {}, {})).status_code == 403

    def test_another_place_is_not_found(self, client, made):
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()))
        assert client.get(self.page(made)).status_code == 404
        assert client.get(reverse("funding:bid", args=[made.pk])).status_code == 404

    def test_as_many_queries_for_two_lines_as_for_twelve(self, client, made, django_assert_max_num_queries):
        many = bid(group(), *[100_00] * 12)
        bid(group(), 100_00)
        client.get(self.page(made))
        with django_assert_max_num_queries(400) as few:
            client.get(self.page(made))
        with django_assert_max_num_queries(400) as more:
            client.get(self.page(many))
        assert len(few) == len(more)


@pytest.mark.django_db
class TestWritingABid:
    @pytest.fixture
    def referral(self, client):
        found = group()
        client.force_login(make.make_person(Role.PRACTICE_USER, found.lead_practice))
        return found

    def page(self, referral):
        return reverse("funding:write_bid", args=[referral.pk])

    def sent(self, referral, **more):
        item = referral.year.menu.first().pk
        first = {"what_1": "HR training", "item_1": item, "amount_1": "£1,000", "practice_1": ""}
        return {"rows": 3, "key": "page-key", "step": "send"} | first | more

    def test_lines_left_empty_are_no_part_of_it(self, client, referral):
        text = client.get(reverse("referrals:follow", args=[referral.pk])).content.decode()
        assert self.page(referral) in text
        for _ in range(2):
            client.post(self.page(referral), self.sent(referral))
        (line,) = Bid.objects.get().lines.all()
        assert (line.what, line.amount, line.practice) == ("HR training", 1_000_00, None)

    def test_room_for_more_keeps_what_was_typed(self, client, referral):
        page = client.post(self.page(referral), self.sent(referral, step="more", amount_1="ten"))
        assert len(page.context["form"].lines_fields) == 6
        assert page.context["form"]["amount_1"].value() == "ten"
        assert page.context["form"]["key"].value() == "page-key"
        assert not Bid.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"amount_1": ""}, "Enter the amount of line 1"),
            ({"amount_1": "ten"}, "Enter an amount in pounds"),
            ({"item_1": ""}, "Choose the category of support of line 1"),
            ({"what_2": "Only words"}, "Enter the amount of line 2"),
            ({"what_1": "", "item_1": "", "amount_1": ""}, "Write at least one line"),
        ],
    )
    def test_wrong_input_sends_nothing_and_loses_nothing(self, client, referral, wrong, sentence):
        text = client.post(self.page(referral), self.sent(referral, **wrong)).content.decode()
        assert sentence in text
        assert "HR training" in text or "what_1" in wrong
        assert not Bid.objects.exists()

    def test_what_was_taken_back_is_there_to_be_written_anew(self, client, referral):
        client.post(self.page(referral), self.sent(referral))
        made = Bid.objects.get()
        assert "waits for an answer" in client.get(self.page(referral)).content.decode()
        client.post(reverse("funding:withdraw_bid", args=[made.pk]))
        assert "HR training" in client.get(self.page(referral)).content.decode()

    def test_an_officer_enters_one_for_the_practice(self, client, referral):
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER))
        client.post(self.page(referral), self.sent(referral))
        assert TrailEntry.objects.filter(act="funding.enter_bid").exists()
        made = Bid.objects.get()
        client.force_login(make.make_person(Role.FINANCE_LEAD))
        rows = client.get(reverse("funding:bids"), {"standing": "to_go_through"}).context["list"].rows
        assert [row.thing for row in rows] == [made]
