"""Forms of invoices and of approval limits."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from funding.forms import KeyedForm
from funding.invoices.claims import Claim
from funding.models import Commitment
from practices.models import Organisation
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, PoundsField
from resilience.core.words import money
from resilience.referrals.forms import FilesField
from resilience.referrals.uploads import KINDS

_FILE_HINT = f"{KINDS}. A photograph of it will do."


class InvoiceForm(KeyedForm):
    """An invoice: an amount for each commitment that something can be asked of, then what is printed on it."""

    submit = "Send the invoice"
    number = forms.CharField(label="Invoice number", max_length=40, help_text="As printed on the invoice")
    invoice_date = DateField(label="Date of the invoice")
    file = FilesField(label="The invoice itself", many=False, help_text=_FILE_HINT)
    looks = {"number": {"width": "20"}}
    marks_optional = False

    def __init__(self, *args: Any, claims: list[Claim], **options: Any) -> None:
        super().__init__(*args, **options)
        self.claims = [claim for claim in claims if claim.left]
        amounts: dict[str, forms.Field] = {}
        for claim in self.claims:
            amount = PoundsField(
                label=label_of(claim.commitment),
                help_text=f"{claim.commitment.item.name}. {money(claim.left)} can be invoiced now.",
                required=len(self.claims) == 1,
                min_pence=1,
            )
            amount.error_messages["required"] = "Enter how much you ask for"
            if len(self.claims) == 1:
                amount.initial = claim.left
            name = _name(claim)
            amounts[name] = amount
            self._dress(name, amount)
        self.fields = {**amounts, **self.fields}

    @property
    def amounts(self) -> list[Any]:
        """The fields of the amounts."""
        return [self[_name(claim)] for claim in self.claims]

    def clean_invoice_date(self) -> dt.date:
        day = self.cleaned_data["invoice_date"]
        if day > today():
            raise ValidationError("The date of the invoice cannot be in the future")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for claim in self.claims:
            if (cleaned.get(_name(claim)) or 0) > claim.left:
                self.add_error(_name(claim), f"The most that can be invoiced now is {money(claim.left)}")
        if not self.errors and not self.lines:
            raise ValidationError("Enter an amount beside at least one of what can be invoiced")
        return cleaned

    @property
    def lines(self) -> dict[Commitment, int]:
        """Pence by commitment; what was left empty is not asked for."""
        asked = {claim.commitment: self.cleaned_data.get(_name(claim)) for claim in self.claims}
        return {commitment: pence for commitment, pence in asked.items() if pence}


def _name(claim: Claim) -> str:
    return f"amount_{claim.commitment.pk}"


def label_of(commitment: Commitment) -> str:
    """What a commitment is for and, of a supplier's, for whom, in a line."""
    said = commitment.purpose
    return f"{commitment.practice.name}: {said}" if commitment.supplier_id else said


class QueryForm(Form):
    submit = "Send the question"
    keep = "invoice-query"
    question = forms.CharField(
        label="Your question",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The payee reads it in an email.",
    )


class AnswerForm(Form):
    submit = "Send the answer"
    keep = "invoice-answer"
    answer = forms.CharField(label="Your answer", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))
    file = FilesField(
        label="A corrected invoice",
        many=False,
        required=False,
        help_text=f"{_FILE_HINT} It takes the place of the file sent before, which is kept.",
    )


class ApproveForm(Form):
    """Nothing to fill in: the button is the approval."""

    def __init__(self, *args: Any, submit: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.submit = submit  # type: ignore[misc]


class RejectForm(Form):
    submit = "Reject the invoice"
    submit_variant = "warning"
    keep = "invoice-reject"
    reason = forms.CharField(
        label="Why is it rejected?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The payee reads it in an email, and may send a new invoice.",
    )


class LimitForm(Form):
    """How much a person may approve alone."""

    submit = "Set the limit"
    pence = PoundsField(
        label="Approval limit",
        help_text="The largest invoice that this person may approve alone. £0: never alone.",
    )
    starts_on = DateField(label="From")
    why = forms.CharField(label="Why?", max_length=300, help_text="Such as: scheme of delegation of 1 April")

    def clean_starts_on(self) -> dt.date:
        day = self.cleaned_data["starts_on"]
        if day < today():
            raise ValidationError("The limit starts today or later")
        return day


class PayeeForm(Form):
    """For whom the office enters an invoice."""

    submit = "Continue"
    payee = forms.ChoiceField(label="Whose invoice is it?", widget=forms.RadioSelect)

    _MOST_RADIOS = 12

    def __init__(self, *args: Any, payees: list[tuple[Any, int]], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [
            (address_of(payee), f"{payee.name}: {money(pence)} can be invoiced") for payee, pence in payees
        ]
        if len(choices) > self._MOST_RADIOS:
            choices = [("", "Choose one"), *choices]
            self.fields["payee"].widget = forms.Select()
        self.field("payee", forms.ChoiceField).choices = choices


def address_of(payee: Any) -> str:
    """A payee as a choice names it: its kind and its key in an address."""
    return f"supplier {payee.pk}" if isinstance(payee, Organisation) else f"practice {payee.ods_code}"
