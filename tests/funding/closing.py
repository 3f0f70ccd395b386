"""A year with money in every account that has ended, and the one after it."""

import datetime as dt

from django.db import transaction

from funding import actions as money
from funding import ledger, transfers
from funding.closing import actions
from funding.models import Kind
from resilience.core.access import Role
from resilience.core.calendar import today
from tests import factories as make
from tests.funding.test_ledger import commit, key, supported

DAY = dt.timedelta(days=1)


class World:
    """A year that ended yesterday with £1,000: £300 committed, £200 payable, £100 paid; and the year after."""

    def __init__(self):
        self.office = make.make_local_office()
        self.ccg = make.make_ccg(self.office, name="North")
        self.other = make.make_ccg(self.office, name="South")
        end = today() - DAY
        self.year = make.make_year(self.office, name="Old", starts_on=end - 300 * DAY, ends_on=end)
        self.after = make.make_year(self.office, name="New", starts_on=today(), ends_on=today() + 364 * DAY)
        type(self.after).objects.filter(pk=self.after.pk).update(programme=self.year.programme)
        self.after.refresh_from_db()
        self.finance = make.make_person(Role.FINANCE_LEAD, self.office)
        self.referral = supported(year=self.year, commissioner=self.ccg)
        self.allocation = self.allocate(1_000_00)
        self.commitment = commit(self.referral, 600_00, by=self.finance)
        stage = self.year.stages.get()
        for kind, pence in ((Kind.MAKE_PAYABLE, 300_00), (Kind.PAY, 100_00)):
            more = {"stage": stage} if kind == Kind.MAKE_PAYABLE else {}
            with transaction.atomic():
                transfers.transfer_of(
                    kind, self.commitment, pence, by=self.finance, why="x", key=key(), **more
                )

    def allocate(self, pence, **more):
        given = {"by": self.finance, "year": self.year, "commissioner": self.ccg} | more
        return money.set_allocation(**given, amount=pence, why="Letter", key=key())

    def close(self, **more):
        return actions.close_year(
            **{"by": self.finance, "year": self.year, "why": "Books agreed", "into": self.after} | more
        )

    def figures(self, year):
        return ledger.total(ledger.of_allocations(year.allocations.all()).values())
