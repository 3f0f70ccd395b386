"""What gives a practice away is found, however it is written; and nothing of it is in what is published."""

import csv
import io
import re
import subprocess
from zipfile import ZipFile

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from mou.case_studies import actions, publishing, texts
from mou.case_studies.clues import FEW, clues_of, normal
from mou.case_studies.giveaways import hits_in, hits_of, unsettled
from mou.models import CaseStudy, PublishedStudy
from resilience.core.access import Denied, Role
from resilience.referrals.states import State
from tests.factories import (
    client_of,
    make_ccg,
    make_local_office,
    make_organisation,
    make_person,
    make_practice,
    make_referral,
)
from tests.mou.studies import SAID, consent, make_study_world, publish, study_in, write
from tests.mou.world import fill_plan

S = CaseStudy.State


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """A case that many words can tell, made once."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_study_world()
        other = make_practice(
            made.ccg,
            name="Wilfrid Medical Practice",
            ods_code="K81234",
            postcode="ZX9 8QQ",
            address="14 Tannery Row\nOldcastle",
            phone="01632 960777",
            list_size=22_222,
        )
        make_person(Role.PRACTICE_USER, other, name="Dr Zoë Łuczak", phone="01632 960778")
        made.referral = make_referral(
            made.practice, made.year, State.SUPPORTED, others=(other,), contact_name="Maya Ellis"
        )
        # It has another name, and more patients, since the day of the referral.
        other.name, other.list_size = "St Wilfrid’s Surgery", 23_456
        other.save()
        fill_plan(made)
        yield made
        transaction.set_rollback(True)


def found(world, text):
    return [hit.words for hit in hits_in(clues_of(world.referral), {"problem": text})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We at QUAYSIDE Medical Centre", "QUAYSIDE Medical Centre"),
        ("see quayside-medical-centre", "quayside-medical-centre"),
        ("The Quaysiders are proud", "Quayside"),
        ("at our Quay\u00adside building", "Quay\u00adside"),
        ("the patients of St. Wilfrids", "Wilfrid"),
        ("Wilfrid medical  practice joined", "Wilfrid medical  practice"),
        ("code k81234 was", "k81234"),
        ("code K 8123-4 was", "K 8123-4"),
        ("near ZX98QQ", "ZX98QQ"),
        ("in ZX9 there is", "ZX9"),
        ("along Tannery Row", "Tannery"),
        ("a town like Öldcastle", "Öldcastle"),
        ("call 01632 960777 now", "01632 960777"),
        ("call +44 (0)1632 960 111 now", "+44 (0)1632 960 111"),
        ("write to x.y@example.org today", "x.y@example.org"),
        ("on www.example.org/x today", "www.example.org/x"),
        ("said Zoe Łuczak, who", "Zoe Łuczak"),
        ("said Dr Zoë, who", "Zoë"),
        ("Mrs. Ellis was", "Ellis"),
        ("SIAN OBRIEN was", "SIAN OBRIEN"),
        ("with 23,456 patients", "23,456"),
        ("with 22222 patients", "22222"),
        ("Northvale CCG paid", "Northvale CCG"),
        ("any practice such as B83010", "B83010"),
        ("at SW1A 1AA", "SW1A 1AA"),
    ],
)
def test_it_is_found_however_it_is_written(world, text, words, db):
    assert found(world, text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        *SAID.values(),
        "The practice manager and the partners agreed the plan of the surgery.",
        "Calls fell from 1,200 to 800 in 2018/19, on 5 October 2018, at 10.30am.",
        "123,456 patients of the region, and £23,4567.",
        "A medical centre in the high street of a town.",
    ],
)
def test_what_any_practice_might_say_is_left_alone(world, text, db):
    assert found(world, text) == []


def test_the_reference_is_found(world, db):
    assert found(world, f"see {world.referral.reference}") == [world.referral.reference]


@pytest.mark.django_db
def test_an_organisation_with_many_practices_tells_nothing_and_one_with_few_does():
    world = make_study_world()
    assert "Northvale CCG" in found(world, "Northvale CCG helped")
    for _ in range(FEW):
        make_practice(world.ccg, address="", postcode="")
    type(world.practice).objects.filter(pk=world.practice.pk).update(address="")
    assert found(world, "Northvale CCG helped") == []


@pytest.mark.django_db
def test_a_named_study_names_the_practice_that_consented_and_no_other():
    world = make_study_world(others=1)
    other = world.referral.practices.get(is_lead=False)
    text = texts.latest(write(world, problem=f"Quayside and {other.ods_code} shared a list."))
    assert [hit.words for hit in hits_of(world.referral, text, is_named=True)] == [other.ods_code]
    with pytest.raises(Denied, match="one of the other practices away in 1 place"):
        actions.ask_for_consent(by=world.officer, referral=world.referral)


@pytest.mark.django_db
def test_each_word_is_changed_or_kept_with_a_reason_in_its_sentence():
    world = make_study_world()
    study = study_in(world, S.WRITING, problem="A tannery. Ring 01632 960000. A Harbour of calm.")
    actions.opt_out_of_being_named(by=world.manager, referral=world.referral)
    by = {"by": world.officer, "referral": world.referral}
    study.refresh_from_db()

    def left():
        return {hit.words: hit for hit in unsettled(study, texts.latest(study), is_named=False)}

    assert set(left()) == {"01632 960000", "Harbour"}
    with pytest.raises(Denied, match="gives the practice away in 2 places"):
        actions.ask_for_consent(**by)
    with pytest.raises(Denied, match="It cannot stay"):
        actions.keep_words(**by, reasons={left()["01632 960000"].mark: "They know it."})
    with pytest.raises(Denied, match="Say why “Harbour” may stay"):
        actions.keep_words(**by, reasons={left()["Harbour"].mark: " "})
    with pytest.raises(Denied, match="changed in the meantime"):
        actions.keep_words(**by, reasons={"0" * 64: "x"})
    actions.keep_words(**by, reasons={left()["Harbour"].mark: "An everyday word here."})
    save = {**by, "seen": 2}
    actions.save_case_study(**save, problem="A tannery. Ring us. A Harbour of calm.")
    assert left() == {}
    actions.save_case_study(**{**save, "seen": 3}, problem="We stand at the Harbour of calm.")
    assert set(left()) == {"Harbour"}


@pytest.mark.django_db
def test_a_practice_that_opts_out_by_its_answer_is_not_published_while_words_tell_of_it():
    world = make_study_world()
    study_in(world, S.ASKED, results="Quayside answers in four minutes.")
    with pytest.raises(Denied, match="gives the practice away"):
        consent(world, is_named=False)
    assert CaseStudy.objects.get().state == S.ASKED


# --- the place and the size ----------------------------------------------------------------------


@pytest.mark.django_db
def test_the_place_is_the_smallest_that_hides_it():
    region = make_organisation("region", name="South of England")
    office = make_local_office(name="Wessex local office")
    office.parent = region
    office.save()
    world = make_study_world()
    world.office.parent = region
    world.office.save()
    where = {"is_named": False}
    assert publishing.place_of(world.referral, **where) is None
    elsewhere = make_ccg(office)
    for _ in range(FEW):
        make_practice(elsewhere)
    assert publishing.place_of(world.referral, **where) == region
    for _ in range(FEW):
        make_practice(world.ccg)
    # The office has enough now, but its name holds a word of the practice's address.
    assert publishing.place_of(world.referral, **where) == region
    world.office.name = "Central office"
    world.office.save()
    assert publishing.place_of(world.referral, **where) == world.office


def test_a_size_is_said_in_words():
    sizes = (0, 4999, 5000, 9999, 10_000, 14_999, 15_000, 40_000)
    said = [publishing.band_of(size) for size in sizes]
    assert said == [words for _, words in publishing.BANDS for _ in range(2)]
    assert not re.search(r"\d", "".join(said))
    assert publishing.band_of(None) == ""


# --- nothing of it in what is published ----------------------------------------------------------

NAMES = ("Quayside", "Abbotsford", "Zephyr", "Ormskirk", "Wyvern")
PEOPLE = ("Perpetua Quill", "Ignatius Vane", "Dr Ottoline Frayn")
STREETS = ("Tannery", "Cooperage", "Saltmarsh")


def outputs(client, copy):
    """Everything that a reader of published case studies gets, with its headers, as text."""
    pages = [
        reverse("mou:published_studies"),
        reverse("mou:published_studies") + "?export=csv",
        reverse("mou:published_studies") + "?export=xlsx",
        reverse("mou:published_study", kwargs={"published_study": copy.pk}),
        reverse("mou:published_study_pdf", kwargs={"published_study": copy.pk}),
    ]
    for address in pages:
        response = client.get(address)
        assert response.status_code == 200
        yield address, f"{address} {dict(response.headers)}"
        yield address, _text(response)


def _text(response):
    content, kind = response.content, response.headers["Content-Type"]
    if "pdf" in kind:
        told = [["pdftotext", "-", "-"], ["pdfinfo", "-"], ["pdfinfo", "-meta", "-"]]
        done = [subprocess.run(each, input=content, capture_output=True, check=True) for each in told]
        return " ".join(each.stdout.decode() for each in done)
    if "sheet" in kind:
        with ZipFile(io.BytesIO(content)) as book:
            # The theme is the writer's own: the same in every workbook.
            told = [each for each in book.namelist() if "theme" not in each]
            return " ".join(book.read(each).decode() for each in told)
    if "csv" in kind:
        return " ".join(word for line in csv.reader(io.StringIO(content.decode())) for word in line)
    return content.decode()


@pytest.mark.django_db
@settings(max_examples=8)
@given(data=st.data())
def test_a_study_without_the_name_holds_no_word_of_its_case_in_anything_published(data):
    """Texts with identifying words put in anywhere; the editor cuts what is found; what is published has none."""
    name, person = data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(PEOPLE))
    street, size = data.draw(st.sampled_from(STREETS)), data.draw(st.integers(2_200, 40_000))
    with transaction.atomic():
        world = make_study_world(contact_name=person, contact_email="who@where.example.org")
        practice = world.practice
        practice.name, practice.address, practice.list_size = f"{name} Surgery", f"9 {street} Row", size
        practice.save()
        word = practice.ods_code, practice.postcode, world.referral.reference, f"{size:,}"
        telling = (
            name,
            person,
            street,
            *word,
            *person.removeprefix("Dr ").split(),
            "Siân O’Brien",
            "Northvale",
        )
        said = {}
        for field, text in SAID.items():
            put = data.draw(st.lists(st.sampled_from(telling), max_size=2))
            write_it = data.draw(st.sampled_from((str, str.upper, str.lower)))
            said[field] = " ".join([text, *(f"and {write_it(each)}." for each in put)])[:100]
        study = write(world, **said)
        actions.opt_out_of_being_named(by=world.manager, referral=world.referral)
        while left := unsettled(study, texts.latest(study), is_named=False):
            last = texts.latest(study)
            cut = {hit.field: getattr(last, hit.field).replace(hit.words, "it") for hit in left}
            actions.save_case_study(by=world.officer, referral=world.referral, seen=last.number, **cut)
        actions.ask_for_consent(by=world.officer, referral=world.referral)
        consent(world, is_named=False)
        copy = publish(world, is_named=False)
        reader = client_of(make_person(Role.OBSERVER, name="Reader"))
        more = {
            practice.name,
            world.ccg.name,
            world.practice.phone or "01632",
            world.manager.email,
            f"{size}",
        }
        for address, text in outputs(reader, copy):
            plain = normal(text)[0]
            for each in {*telling, *more, "Quayside Medical"}:
                within = re.search(rf"(?<![\w]){re.escape(normal(each)[0])}(?![\w])", plain)
                assert not within, (
                    f"{each!r} in {address}: {plain[max(0, within.start() - 60) : within.end() + 60]}"
                )
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_test_above_would_find_a_name():
    world = make_study_world()
    study_in(world, S.PUBLISHED)
    reader = client_of(world.finance)
    holds = {address for address, text in outputs(reader, PublishedStudy.objects.get()) if "Quayside" in text}
    assert len(holds) == 5
