"""Each kind of field is drawn as its NHS.UK component, says what is wrong, and keeps what was typed."""

import datetime as dt
import re

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from resilience.core.access import Denied
from resilience.core.forms import (
    DateField,
    Form,
    PoundsField,
    WordLimit,
    add_denied,
    refuse_nhs_numbers,
)
from resilience.core.rendering import summary_items


class Everything(Form):
    submit = "Send"
    keep = "everything"
    looks = {"group": {"hints": {"yes": "Two or more practices"}}}
    reveals = {"group": {"yes": ["names"]}, "agree": ["who"]}

    name = forms.CharField(
        label="Practice name", widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    names = forms.CharField(label="Other practices", required=False)
    issues = forms.CharField(label="Issues", widget=forms.Textarea, validators=[WordLimit(3)])
    list_size = forms.IntegerField(label="List size", min_value=1)
    email = forms.EmailField(label="Email address")
    received = forms.DateField(label="Date received")
    amount = PoundsField(label="Amount")
    group = forms.ChoiceField(
        label="Is it for a group?", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect
    )
    support = forms.MultipleChoiceField(
        label="Kinds of support",
        choices=[("1", "Coaching"), ("2", "Advice")],
        widget=forms.CheckboxSelectMultiple,
    )
    priority = forms.ChoiceField(label="Priority", choices=[("", "---------"), ("high", "High")])
    agree = forms.BooleanField(label="I have read it")
    who = forms.CharField(label="Who with", required=False)
    file = forms.FileField(label="Letter")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


WRONG = {
    "name": "Harbour & <b>Street</b>",
    "issues": "\n\tone two\nthree four",
    "list_size": "many",
    "email": "nobody",
    "received_day": "31",
    "received_month": "2",
    "received_year": "2018",
    "amount": "2,00",
    "group": "perhaps",
    "support": ["2"],
    "priority": "",
    "password": "secret",
}


def draw(form):
    return Template("{% load crispy_forms_tags %}{% page_errors %}{% crispy form %}").render(
        Context({"form": form})
    )


def group_of(made, field_id):
    """The form group around the input with this id."""
    start = made.rindex('<div class="nhsuk-form-group', 0, made.index(f'id="{field_id}"'))
    return made[
        start : made.index("nhsuk-form-group", start + 40)
        if "nhsuk-form-group" in made[start + 40 :]
        else None
    ]


@pytest.mark.parametrize(
    ("field_id", "sentence"),
    [
        ("id_issues", "This has 4 words. The most is 3: take out at least 1"),
        ("id_list_size", "Enter a whole number"),
        ("id_email", "Enter a valid email address"),
        ("id_received", "31 February 2018 is not a date: check the day"),
        ("id_amount", "Enter an amount in pounds, such as 2,000 or 2,000.50"),
        ("id_group", "Choose one of the answers shown"),
        ("id_priority", "Choose priority"),
        ("id_agree", "Tick the box: I have read it"),
        ("id_file", "Choose a file: letter"),
    ],
)
def test_each_kind_of_field_says_what_is_wrong(field_id, sentence):
    made = draw(Everything(WRONG))

    error = re.search(
        rf'<span class="nhsuk-error-message" id="{field_id}-error">(.*?)</span>\s*(.*?)\s*</span>', made, re.S
    )
    assert error, field_id
    assert "Error:" in error[1]
    assert error[2] == sentence
    assert f"{field_id}-error" in re.search(rf'aria-describedby="([^"]*{field_id}-error[^"]*)"', made)[1]


def test_the_summary_links_to_every_wrong_field():
    made = draw(Everything(WRONG))
    summary = made[: made.index("<form")]

    for target in re.findall(r'<a href="#([^"]+)"', summary):
        assert f'id="{target}"' in made[made.index("<form") :], target
    assert 'href="#id_received_day"' in summary
    assert "Issues: This has 4 words" in summary
    assert "Priority: Choose priority" not in summary


def test_what_was_typed_comes_back():
    made = draw(Everything(WRONG))

    assert 'value="Harbour &amp; &lt;b&gt;Street&lt;/b&gt;"' in made
    assert ">\n\n\tone two\nthree four</textarea>" in made
    assert 'value="many"' in made
    assert 'value="2,00"' in made
    assert 'id="id_received_month" name="received_month" type="text" value="2"' in made
    assert re.search(r'value="2" checked', made)
    assert "secret" not in made


def test_a_clean_form_has_no_errors_and_says_what_may_stay_empty():
    made = draw(Everything())

    assert "error" not in made
    assert "Other practices (optional)" not in made  # shown under a choice, and asked for by it
    assert "Practice name (optional)" not in made
    assert "novalidate" in made
    assert 'enctype="multipart/form-data"' in made
    assert "data-submit-once" in made
    assert 'data-keep="everything"' in made
    assert "required" not in made
    assert 'autocomplete="organization"' in made
    assert re.search(r'id="id_list_size"[^>]*inputmode="numeric"', made)
    assert 'data-maxlength="3" data-count-type="words"' in made
    assert ">Choose one</option>" in made
    assert re.search(r"<button[^>]*>\s*Send\s*</button>", made)


def test_a_field_is_revealed_under_its_choice_and_drawn_once():
    made = draw(Everything())

    assert made.count('name="names"') == 1
    assert made.index('id="conditional-id_group"') < made.index('name="names"') < made.index('value="no"')
    assert made.index('id="conditional-id_agree"') < made.index('name="who"')


def test_the_title_says_error_only_when_there_is_one():
    def prefix(form):
        return Template("{% error_prefix %}").render(Context({"form": form}))

    assert prefix(Everything(WRONG)) == "Error: "
    assert prefix(Everything()) == ""


def test_a_rule_that_says_no_stands_at_the_top():
    form = Everything(WRONG)

    add_denied(form, Denied("Two findings are missing: finish them first."))

    assert "Two findings are missing: finish them first." in draw(form)[: draw(form).index("<form")]


def test_the_summary_counts_the_rows_of_a_formset():
    class PracticeForm(Form):
        code = forms.CharField(label="Code", max_length=6)

    many = formset_factory(PracticeForm, min_num=2, validate_min=True)
    formset = many(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-code": "Y00001", "form-1-code": ""}
    )
    formset.row_name = "Practice"
    made = Template("{% page_errors %}").render(Context({"formset": formset}))

    assert "Practice 2: Enter code" in made
    assert 'href="#id_form-1-code"' in made


# Dates


class Dated(Form):
    due = DateField(label="Due", required=False)


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        (("5", "", "2018"), "The date must include a month"),
        (("", "", "2018"), "The date must include a day and a month"),
        (("5", "13", "2018"), "The month must be a number from 1 to 12"),
        (("5", "Smarch", "2018"), "The month must be a number from 1 to 12"),
        (("5", "10", "18"), "The year must be 4 numbers, such as 2018"),
        (("5", "10", "20180"), "The year must be 4 numbers, such as 2018"),
        (("five", "10", "2018"), "The day must be a number from 1 to 31"),
        (("30", "2", "2018"), "30 February 2018 is not a date: check the day"),
        (("0", "2", "2018"), "The day must be a number from 1 to 31"),
        (("²", "2", "2018"), "The day must be a number from 1 to 31"),
        (("-1", "2", "2018"), "The day must be a number from 1 to 31"),
        (("9" * 5000, "2", "2018"), "The day must be a number from 1 to 31"),
        (("9", "9" * 5000, "2018"), "The month must be a number from 1 to 12"),
    ],
)
def test_a_wrong_date_gets_a_sentence_and_stays_as_typed(boxes, sentence):
    form = Dated(dict(zip(("due_day", "due_month", "due_year"), boxes, strict=True)))

    assert form.errors["due"] == [sentence]
    made = draw(form)
    for box in boxes:
        assert not box or f'value="{box}"' in made


@pytest.mark.parametrize("boxes", [("5", "10", "2018"), ("05", "Oct", "2018"), (" 5 ", "october", "2018")])
def test_a_date_is_read_as_people_write_it(boxes):
    form = Dated(dict(zip(("due_day", "due_month", "due_year"), boxes, strict=True)))

    assert form.is_valid(), form.errors
    assert form.cleaned_data["due"].isoformat() == "2018-10-05"


def test_no_date_is_no_date_and_a_whole_one_is_understood():
    assert Dated({}).is_valid()
    assert Dated({"due": "2018-10-05"}).fields
    whole = Dated({"due": "2018-10-05"})
    assert whole.is_valid()
    assert whole.cleaned_data["due"].isoformat() == "2018-10-05"


def test_a_date_on_record_fills_the_boxes():
    made = draw(Dated(initial={"due": dt.date(2018, 10, 5)}))

    assert re.findall(r'name="due_(\w+)" type="text" value="(\d+)"', made) == [
        ("day", "5"),
        ("month", "10"),
        ("year", "2018"),
    ]


# Money


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("2000", 200000),
        ("£2,000.50", 200050),
        (" 2 000.5 ", 200050),
        ("0.01", 1),
        ("0", 0),
        ("£1,234,567.89", 123456789),
        ("5.", 500),
    ],
)
def test_pounds_are_read_exactly(typed, pence):
    assert PoundsField().clean(typed) == pence


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2.005", "no more than 2 numbers after the point"),
        ("-5", "cannot be less than £0"),
        ("1,00", "such as 2,000"),
        ("1e3", "such as 2,000"),
        ("nan", "such as 2,000"),
        ("１００", "such as 2,000"),
        ("9" * 40, "or less"),
        ("9" * 100_000, "or less"),
    ],
)
def test_money_that_is_not_money_is_refused(typed, sentence):
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        PoundsField().clean(typed)


def test_negative_money_where_it_is_allowed_and_bounds_in_words():
    assert PoundsField(allow_negative=True).clean("-£5.05") == -505
    with pytest.raises(ValidationError, match="£20 or more"):
        PoundsField(min_pence=2000).clean("19.99")
    with pytest.raises(ValidationError, match="£20 or less"):
        PoundsField(max_pence=2000).clean("20.01")


@given(st.integers(0, 10**12))
def test_an_amount_shown_is_read_back_the_same(pence):
    field = PoundsField()

    assert field.clean(field.prepare_value(pence)) == pence


# NHS numbers


def check_digit(nine):
    """The modulus 11 rule, written another way."""
    total = sum((10 - place) * int(digit) for place, digit in enumerate(nine))
    return {11: 0}.get(11 - total % 11, 11 - total % 11)


@pytest.mark.parametrize(
    "text",
    ["9434765919", "943 476 5919", "see 943-476-5919.", "a\n943 476 5919\nb", "(9434765919)", "x9434765919x"],
)
def test_an_nhs_number_is_refused(text):
    with pytest.raises(ValidationError, match="NHS number"):
        refuse_nhs_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "9434765918",
        "94347659190",
        "19434765919",
        "0000000000",
        "0117 496 0123",
        "07700 900123",
        "+44 7700 900123",
        "+447700900123",
        "00447700900123",
        "0207 946 0958",
        "£9,434,765,919",
        "Y00001, 8,001 patients, 3 September 2018",
    ],
)
def test_other_numbers_are_let_through(text):
    refuse_nhs_numbers(text)


def valid(nine):
    return f"{nine}{check_digit(nine)}"


@pytest.mark.parametrize(
    "text",
    [
        valid("020794601"),
        f"+44 {valid('770090012')}",
        f"+44{valid('770090012')}",
        f"+44 (0) {valid('770090012')}",
        f"0044{valid('770090012')}",
    ],
)
def test_a_telephone_number_that_would_pass_the_check_is_let_through(text):
    refuse_nhs_numbers(text)
    with pytest.raises(ValidationError):
        refuse_nhs_numbers(valid("770090012"))


@given(st.integers(100_000_000, 999_999_999))
def test_every_valid_number_is_caught_and_every_other_is_not(nine):
    digit = check_digit(str(nine))
    for last in range(10):
        number = f"{nine}{last}"
        if last == digit and len(set(number)) > 1:
            with pytest.raises(ValidationError):
                refuse_nhs_numbers(number)
        else:
            refuse_nhs_numbers(number)


def test_every_free_text_field_refuses_them_but_a_telephone_does_not():
    class Contact(Form):
        note = forms.CharField()
        phone = forms.CharField(widget=forms.TextInput(attrs={"type": "tel"}))

    form = Contact({"note": "9434765919", "phone": "9434765919"})

    assert list(form.errors) == ["note"]


def test_the_last_word_allowed_is_allowed():
    WordLimit(5)("one two three four five")
    with pytest.raises(ValidationError, match="take out at least 1"):
        WordLimit(5)("one two three four five six")


@given(st.text(max_size=200))
def test_words_are_counted_by_white_space(text):
    words = len(re.findall(r"\S+", text))
    if words > 5:
        with pytest.raises(ValidationError, match=f"at least {words - 5}"):
            WordLimit(5)(text)
    else:
        WordLimit(5)(text)


def test_the_summary_does_not_repeat_the_words_beside_a_box():
    class Consent(Form):
        read = forms.BooleanField(label="I have read it all.", error_messages={"required": "Tick the box"})

    assert [item["text"] for item in summary_items(Consent({}))] == ["Tick the box"]


def test_the_summary_names_a_field_once():
    """What asks for an answer names the field by itself; of what is wrong in one, the label says where."""

    class Came(Form):
        on = forms.CharField(
            label="When did it arrive?", error_messages={"required": "Enter the day it arrived"}
        )

        def clean_on(self):
            raise ValidationError("The day cannot be in the future")

    assert [item["text"] for item in summary_items(Came({}))] == ["Enter the day it arrived"]
    told = [item["text"] for item in summary_items(Came({"on": "tomorrow"}))]
    assert told == ["When did it arrive: The day cannot be in the future"]
