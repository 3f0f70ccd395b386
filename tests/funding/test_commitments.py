"""Commitments: pooled money to the penny, routes and suppliers, what is excluded, parts released, the list."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from funding import actions, ledger
from funding.allocations.shares import fair_shares
from funding.commitments import pools
from funding.models import Commitment, Kind
from funding.transfers import transfer_of
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.referrals.states import State
from tests import factories as make
from tests.funding.groups import allocate, group, key, practices


class TestSplits:
    @given(st.integers(0, 10**9), st.lists(st.integers(0, 50_000), min_size=1, max_size=12).filter(any))
    def test_the_parts_sum_to_the_whole_and_each_is_within_a_penny(self, pence, weights):
        shares = fair_shares(pence, dict(enumerate(weights)))
        assert sum(shares.values()) == pence
        for at, weight in enumerate(weights):
            assert abs(shares[at] * sum(weights) - pence * weight) < sum(weights)

    @given(st.integers(0, 10**6), st.integers(1, 12))
    def test_equally_differs_by_a_penny_at_most_and_the_first_has_it(self, pence, count):
        shares = list(fair_shares(pence, dict.fromkeys(range(count), 1)).values())
        assert sum(shares) == pence
        assert max(shares) - min(shares) <= 1
        assert shares == sorted(shares, reverse=True)

    @pytest.mark.parametrize("weights", [{}, {"a": 0}])
    def test_nobody_to_share_with(self, weights):
        with pytest.raises(ValueError):
            fair_shares(100, weights)


@pytest.mark.django_db
class TestPools:
    def test_by_list_size_and_equally(self):
        referral = group()
        shares = pools.by_list_size(referral, 100_01)
        assert [shares[each] for each in practices(referral)] == [50_00, 33_34, 16_67]
        shares = pools.equally(referral, 100_01)
        assert sorted(shares.values()) == [33_33, 33_34, 33_34]
        assert shares[referral.lead_practice] == 33_34

    def test_without_a_list_size_it_says_whose(self):
        referral = group(sizes=(3000, None))
        with pytest.raises(Denied, match=practices(referral)[1].name):
            pools.by_list_size(referral, 100)
        assert sorted(pools.default_split(referral, 101).values()) == [50, 51]

    def test_whose_part_is_nothing_gets_no_commitment(self):
        referral = group(sizes=(50_000, 1))
        assert list(pools.by_list_size(referral, 10).values()) == [10]


def typed(referral, **changes):
    return {
        "item": referral.year.menu.first().pk,
        "amount": "1,000.01",
        "purpose": "A shared planner",
        "shared": "list_size",
        "route": "direct",
        "key": "page-key",
        "step": "commit",
    } | changes


@pytest.mark.django_db
class TestCommitPage:
    @pytest.fixture
    def referral(self, client):
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER))
        return group()

    def page(self, referral):
        return reverse("funding:commit", args=[referral.pk])

    def amounts(self):
        return [ledger.of_commitment(each).promised for each in Commitment.objects.order_by("pk")]

    def test_pooled_by_list_size_unless_said_otherwise(self, client, referral):
        assert client.get(self.page(referral)).context["form"]["shared"].value() == "list_size"
        for _ in range(2):
            answer = client.post(self.page(referral), typed(referral), follow=True)
        assert "£1,000.01 is committed in" in answer.content.decode()
        assert "pooled by 3 practices" in answer.content.decode()
        assert sorted(self.amounts()) == [166_67, 333_34, 500_00]
        first, *others = Commitment.objects.order_by("pk")
        assert first.pooled_with is None
        assert {each.pooled_with for each in others} == {first}
        tab = client.get(reverse("funding:case", args=[referral.pk]))
        assert [len(pool.lines) for pool in tab.context["pools"]] == [3]
        text = tab.content.decode()
        assert "£1,000.01 pooled by 3 practices" in text
        for practice in practices(referral):
            assert practice.name in text

    def test_the_split_is_worked_out_into_boxes_and_nothing_is_committed(self, client, referral):
        page = client.post(self.page(referral), typed(referral, step="split", purpose=""))
        form = page.context["form"]
        boxes = [form[f"share_{each.pk}"].value() for each in practices(referral)]
        assert boxes == ["500", "333.34", "166.67"]
        assert form["shared"].value() == "own"
        assert form["key"].value() == "page-key"
        assert not Commitment.objects.exists()

    def test_a_split_of_ones_own_must_come_to_the_amount(self, client, referral):
        lead, second, third = practices(referral)
        own = {"shared": "own", f"share_{lead.pk}": "900", f"share_{second.pk}": "100"}
        text = client.post(self.page(referral), typed(referral, **own)).content.decode()
        assert "The parts come to £1,000, and the amount is £1,000.01" in text
        assert 'value="900"' in text
        assert not Commitment.objects.exists()
        client.post(self.page(referral), typed(referral, **own, **{f"share_{third.pk}": "0.01"}))
        assert self.amounts() == [900_00, 100_00, 1]

    def test_for_one_practice_of_the_group(self, client, referral):
        second = practices(referral)[1]
        text = client.post(self.page(referral), typed(referral, shared="one")).content.decode()
        assert "Choose the practice" in text
        stranger = make.make_practice()
        client.post(self.page(referral), typed(referral, shared="one", practice=stranger.pk))
        assert not Commitment.objects.exists()
        client.post(self.page(referral), typed(referral, shared="one", practice=second.pk))
        assert Commitment.objects.get().practice == second

    def test_the_supplier_route_names_one_of_the_place(self, client, referral):
        near = make.make_organisation("supplier", referral.commissioner.parent)
        far = make.make_organisation("supplier", make.make_local_office())
        for wrong in ("", far.pk):
            page = client.post(self.page(referral), typed(referral, route="supplier", supplier=wrong))
            assert "supplier" in page.context["form"].errors
        assert not Commitment.objects.exists()
        client.post(
            self.page(referral),
            typed(referral, route="supplier", supplier=near.pk, cost_centre="E04Y", shared="equal"),
        )
        made = Commitment.objects.all()
        assert {(each.route, each.supplier, each.cost_centre) for each in made} == {
            ("supplier", near, "E04Y")
        }
        text = client.get(reverse("funding:case", args=[referral.pk])).content.decode()
        assert f"Supplier: {near.name}" in text
        assert "cost centre E04Y" in text

    @pytest.mark.parametrize("wrong", ["of elsewhere", "closed meanwhile"])
    def test_the_act_asks_for_the_supplier_too(self, referral, wrong):
        elsewhere = wrong == "of elsewhere"
        over = make.make_local_office() if elsewhere else referral.commissioner.parent
        supplier = make.make_organisation("supplier", over)
        if not elsewhere:
            supplier.closed_on = today()
            supplier.save()
        with pytest.raises(Denied, match=supplier.name):
            committed(referral, 300_00, route="supplier", supplier=supplier)
        assert not Commitment.objects.exists()

    def test_a_supplier_left_in_the_box_of_another_route_is_dropped(self, client, referral):
        near = make.make_organisation("supplier", referral.commissioner.parent)
        client.post(self.page(referral), typed(referral, route="backfill", supplier=near.pk))
        assert {each.supplier for each in Commitment.objects.all()} == {None}

    def test_an_excluded_kind_is_refused_with_the_reason(self, client, referral):
        excluded = referral.year.excluded_spend.get()
        page = client.get(self.page(referral)).content.decode()
        assert "Recruitment agencies" in page
        assert excluded.reason in page
        answer = client.post(self.page(referral), typed(referral, excluded=excluded.pk))
        assert f"The practice will read: {excluded.reason}" in str(answer.context["form"].errors)
        assert "A shared planner" in answer.content.decode()
        assert not Commitment.objects.exists()

    def test_the_category_of_spend_is_chosen_with_what_each_has_left(self, client):
        referral = group(allocated=0)
        a, b = (
            referral.year.spend_categories.create(position=n, name=name, indicative_share=50)
            for n, name in enumerate(("Continuing support", "New practices"))
        )
        allocate(referral, 700_00, a)
        second = allocate(referral, 5_000_00, b)
        client.force_login(make.make_person(Role.FINANCE_LEAD))
        text = client.get(self.page(referral)).content.decode()
        assert "Continuing support: £700 left" in text
        assert "New practices: £5,000 left" in text
        missing = client.post(self.page(referral), typed(referral))
        assert "allocation" in missing.context["form"].errors
        client.post(self.page(referral), typed(referral, allocation=second.pk))
        assert {each.allocation for each in Commitment.objects.all()} == {second}
        assert ledger.of_allocation(second).uncommitted == 3_999_99

    def test_all_or_none_when_the_money_does_not_reach(self, client):
        referral = group(allocated=600_00)
        client.force_login(make.make_person(Role.FINANCE_LEAD))
        page = client.post(self.page(referral), typed(referral))
        assert "uncommitted" in page.content.decode()
        assert not Commitment.objects.exists()


def committed(referral, pence=600_00, **more):
    return actions.commit(
        by=make.make_person(Role.FINANCE_LEAD),
        referral=referral,
        item=referral.year.menu.first(),
        amount=pence,
        purpose="Training",
        key=key(),
        **more,
    )


@pytest.mark.django_db
class TestReleaseOfAPart:
    def test_the_referral_waits_for_money_again_only_when_nothing_is_left(self):
        referral = group()
        commitment = committed(referral)
        by = make.make_person(Role.FINANCE_LEAD)
        for _ in range(2):
            actions.release(by=by, commitment=commitment, amount=200_00, why="Cheaper", key="one")
        referral.refresh_from_db()
        assert referral.state == State.COMMITTED
        assert ledger.of_commitment(commitment).committed == 400_00
        actions.release(by=by, commitment=commitment, amount=400_00, why="Not needed", key="two")
        referral.refresh_from_db()
        assert referral.state == State.SUPPORTED

    @pytest.mark.parametrize("pence", [0, -1, 600_01])
    def test_no_more_than_there_is(self, pence):
        commitment = committed(group())
        with pytest.raises(Denied):
            actions.release(
                by=make.make_person(Role.FINANCE_LEAD), commitment=commitment, amount=pence, why="x", key="k"
            )
        assert ledger.of_commitment(commitment).committed == 600_00

    def test_the_same_page_with_another_amount_is_refused(self):
        commitment = committed(group())
        by = make.make_person(Role.FINANCE_LEAD)
        actions.release(by=by, commitment=commitment, amount=1_00, why="x", key="k")
        with pytest.raises(Denied, match="already used"):
            actions.release(by=by, commitment=commitment, amount=2_00, why="x", key="k")


@pytest.mark.django_db
class TestTheList:
    def test_filters_find_each_commitment_and_figures_are_the_ledgers(self, client):
        referral = group()
        supplier = make.make_organisation("supplier", referral.commissioner.parent)
        plain = committed(referral)
        by_supplier = committed(
            referral, 300_00, route="supplier", supplier=supplier, practice=practices(referral)[1],
            cost_centre="E04Y",
        )  # fmt: skip
        transfer_of(Kind.MAKE_PAYABLE, plain, 100_00, by=None, why="Health check", key="p")
        client.force_login(make.make_person(Role.OBSERVER))

        def found(**query):
            page = client.get(reverse("funding:commitments"), query).context["list"]
            assert not page.ignored
            return [row.thing for row in page.rows]

        assert {each.pk for each in found()} == {plain.pk, by_supplier.pk}
        assert found(payable="yes") == [plain]
        assert found(route="supplier") == [by_supplier]
        assert found(supplier=supplier.pk) == [by_supplier]
        assert found(cost_centre="e04y") == [by_supplier]
        assert found(q=practices(referral)[1].ods_code) == [by_supplier]
        assert found(commissioner=referral.commissioner_id, year=referral.year_id, payable="yes") == [plain]
        (row,) = found(payable="yes")
        assert row.figures == ledger.of_commitment(plain)
        assert "£500" in client.get(reverse("funding:commitments"), {"payable": "yes"}).content.decode()
