"""Forms of payment runs, of the files that say what was paid, and of money that goes the other way."""

from typing import Any

from django import forms

from funding.forms import KeyedForm
from funding.runs.ready import Ready
from practices.models import Organisation
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, PoundsField
from resilience.core.words import money


class RunForm(KeyedForm):
    """What is ready to pay, each with a box to tick; all are ticked at first."""

    submit = None
    chosen = forms.MultipleChoiceField(
        label="Payments",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one payment",
            "invalid_choice": "One of the payments changed, or somebody else put it in a run. "
            "Look at the list again, then make the run",
        },
    )

    def __init__(self, *args: Any, rows: list[Ready], **options: Any) -> None:
        options["initial"] = {"chosen": [each.key for each in rows], **options.get("initial", {})}
        super().__init__(*args, **options)
        self.field("chosen", forms.MultipleChoiceField).choices = [
            (each.key, f"{each.payee.name}, {money(each.pence)}") for each in rows
        ]

    @property
    def ticked(self) -> set[str]:
        """The keys that are ticked now."""
        return set(self["chosen"].value() or ())


class TakeOutForm(Form):
    submit = "Take this payment out of the run"
    submit_variant = "warning"
    why = forms.CharField(
        label="Why is it taken out?",
        max_length=300,
        help_text="If there is an invoice, the payee reads it.",
    )


class ReturnForm(Form):
    """The bank sent a payment back, as a whole."""

    submit = "Record that it came back"
    submit_variant = "warning"
    came_back_on = DateField(label="When did it come back?")
    why = forms.CharField(
        label="Why did it come back?", max_length=300, help_text="Such as: the account is closed"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {"came_back_on": today(), **options.get("initial", {})}
        super().__init__(*args, **options)


class PaymentsFileForm(Form):
    """The file in which the finance system says what was paid."""

    submit = "Upload and check"
    organisation = forms.ModelChoiceField(
        label="Whose payments are in it?", queryset=Organisation.objects.none(), empty_label=None
    )
    file = forms.FileField(
        label="File of payments",
        help_text="An .xlsx or .csv of up to 10 MB, with columns for the line reference (such as R0012-003), the "
        "amount, the paid date and the payment reference. Nothing is recorded until you have seen what matches.",
    )

    def __init__(self, *args: Any, organisations: list[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        if len(organisations) == 1:
            del self.fields["organisation"]
        else:
            rows = Organisation.objects.filter(pk__in=[each.pk for each in organisations])
            self.field("organisation", forms.ModelChoiceField).queryset = rows


class ConfirmForm(Form):
    """What the preview promised to record."""

    shown = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, submit: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.submit = submit  # type: ignore[misc]


class SettleRowForm(Form):
    submit = "Settle this payment"
    why = forms.CharField(
        label="How was it settled?",
        max_length=300,
        help_text="Such as: paid by another scheme; the bank recalled the second payment on 3 July",
    )


class BackForm(KeyedForm):
    """Money that goes the other way: how much, why, when and by which reference."""

    amount = PoundsField(label="Amount", min_pence=1)
    why = forms.CharField(label="Why?", max_length=200)
    reference = forms.CharField(
        label="Reference", max_length=80, help_text="Of the finance system, so that both can be matched"
    )
    happened_on = DateField(label="When did it happen?")

    def __init__(self, *args: Any, submit: str, most: int, said: str, **options: Any) -> None:
        options["initial"] = {"amount": most, "happened_on": today(), **options.get("initial", {})}
        super().__init__(*args, **options)
        self.submit = submit  # type: ignore[misc]
        self.fields["amount"].help_text = f"{money(most)} {said}"


class WithholdForm(KeyedForm):
    """What became payable by mistake."""

    submit = "Withhold this money"
    submit_variant = "warning"
    amount = PoundsField(label="How much should not be payable?", min_pence=1)
    why = forms.CharField(label="Why?", max_length=300)

    def __init__(self, *args: Any, most: int, **options: Any) -> None:
        options["initial"] = {"amount": most, **options.get("initial", {})}
        super().__init__(*args, **options)
        self.fields["amount"].help_text = f"{money(most)} is payable and in no payment run."
