"""Who may make and export payment runs, record what was paid, and take payments out or back."""

from typing import Any

from django.db.models import QuerySet

from funding.models import PaymentRow, PaymentRun, PaymentsUpload, RunLine
from funding.runs.states import check_line_result, check_run_state
from practices.models import Organisation
from resilience.core import access
from resilience.core.access import Denied, P

PAYERS = (Organisation.Kind.LOCAL_OFFICE, *Organisation.COMMISSIONERS)


def payers(user: Any) -> QuerySet[Organisation]:
    """The commissioners and local offices for which ``user`` pays."""
    return Organisation.objects.visible_to(user, P.PAY).filter(kind__in=PAYERS)


def exported_runs(user: Any) -> QuerySet[PaymentRun]:
    """The runs that ``user`` pays and that the finance system has."""
    return PaymentRun.objects.visible_to(user, P.PAY).filter(exported_at__isnull=False)


def runs_waiting(user: Any) -> QuerySet[PaymentRun]:
    """Those of them that wait for the days of their payments."""
    return exported_runs(user).filter(state=PaymentRun.State.EXPORTED)


def check_can_make_run(user: Any, commissioner: Organisation) -> None:
    """Finance, for a commissioner in their scope."""
    if not payers(user).filter(pk=commissioner.pk).exists():
        raise Denied(f"Your role does not let you pay for {commissioner.name}.")


def check_can_export_run(user: Any, run: PaymentRun) -> None:
    """Once: what was exported stays as it was. Not when every payment was taken out."""
    access.check(user, P.PAY, run)
    check_run_state("funding.export_run", run.state)


def check_can_take_out(user: Any, line: RunLine) -> None:
    """Until it is paid."""
    access.check(user, P.PAY, line)
    check_line_result("funding.take_out_of_run", line.result)


def check_can_return(user: Any, line: RunLine) -> None:
    """What was paid, and the bank sent back."""
    access.check(user, P.PAY, line)
    check_line_result("funding.return_payment", line.result)


def check_can_upload(user: Any, organisation: Organisation) -> None:
    """Whoever may make its runs."""
    check_can_make_run(user, organisation)


def check_can_confirm(user: Any, upload: PaymentsUpload) -> None:
    """Once, by whoever pays for the organisation."""
    access.check(user, P.PAY, upload)
    if upload.confirmed_at:
        raise Denied("The payments of this file are recorded already.")


def check_can_settle(user: Any, row: PaymentRow) -> None:
    """What did not match is settled once, by finance, in words."""
    access.check(user, P.PAY, row)
    if row.finding is None:
        raise Denied("Record the payments of this file first.")
    if row.finding in PaymentRow.IN_ORDER:
        raise Denied("This payment matched: there is nothing to settle.")
    if row.settled_at:
        raise Denied("This payment is settled already.")


def check_reason(why: str, said: str) -> None:
    """Raises Denied with ``said`` where no reason is given."""
    if not why.strip():
        raise Denied(said)
