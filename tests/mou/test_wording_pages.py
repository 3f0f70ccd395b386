"""The pages of the wording: written section by section, refused with nothing lost, read, compared, previewed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mou.models import Template
from mou.plan import plans
from mou.wording import STANDARD, publish, standard
from mou.wording.actions import publish_draft, start_draft
from mou.wording.files import to_file
from mou.wording.words import fingerprint, wording_of
from resilience.core.access import Denied, Role
from resilience.programmes.actions import copy_year
from tests.factories import make_local_office, make_person, make_year
from tests.mou.world import fill_plan, make_world, publish_clauses, wording_of_clauses

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(client):
    made = make_world()
    client.force_login(made.administrator)
    return made


@pytest.fixture
def draft(world):
    return start_draft(by=world.administrator, year=world.year, wording=standard("national"))


def page(client, name, **kwargs):
    return client.get(reverse(f"mou:{name}", kwargs=kwargs)).content.decode()


def post(client, name, data=None, **kwargs):
    return client.post(reverse(f"mou:{name}", kwargs=kwargs), data or {})


def seen(draft):
    return fingerprint(wording_of(Template.objects.get(pk=draft.pk)))


def headings(draft):
    return list(draft.sections.values_list("heading", flat=True))


def section_form(draft, number, **said):
    held = draft.sections.get(number=number)
    return {
        "heading": held.heading,
        "name": held.name,
        "clauses": held.clauses,
        "after": number - 1,
        "pick": "",
        "seen": seen(draft),
    } | said


def test_a_draft_is_started_written_and_published(world, client):
    year = world.year.pk
    assert "the national wording" in page(client, "start_draft", year=year).lower()
    answer = post(client, "start_draft", {"source": "national"}, year=year)
    draft = Template.objects.get(published_at=None)
    assert answer["Location"] == reverse("mou:draft", kwargs={"wording": draft.pk})
    refused = post(client, "start_draft", {"source": "local"}, year=year).content.decode()
    assert "There is a draft for two parties already" in refused
    data = section_form(
        draft, 6, clauses="We help <each> other at {office_name}. #help\n\n  See {see help}. "
    )
    answer = post(client, "draft_section", data, wording=draft.pk, section_number=6)
    assert answer.status_code == 302
    shown = client.get(answer["Location"]).content.decode()
    assert "We help &lt;each&gt; other at {office_name}." in shown
    assert "See clause 6.1." in shown
    assert "{see help}" in shown
    assert plans.current_template(world.year).version == 1
    post(client, "draft_publish", {"seen": seen(draft)}, wording=draft.pk)
    assert plans.current_template(world.year).pk == draft.pk
    assert "In use" in page(client, "templates", year=year)
    assert "We help &lt;each&gt; other" in page(client, "template", template=draft.pk)
    published = reverse("mou:template", kwargs={"template": draft.pk})
    for name in ("draft", "draft_settings", "draft_appendices", "draft_discard"):
        assert client.get(reverse(f"mou:{name}", kwargs={"wording": draft.pk}))["Location"] == published
    assert post(client, "draft_publish", wording=draft.pk)["Location"] == published


def test_sections_move_go_and_come_and_their_references_follow(draft, client):
    order = headings(draft)
    for act, expected in (
        ("up-2", [order[1], order[0], *order[2:]]),
        ("down-1", order),
        ("up-1", order),
        ("down-17", order),
        ("out-5", [*order[:4], *order[5:]]),
    ):
        post(client, "draft_arrange", {"act": act, "seen": seen(draft)}, wording=draft.pk)
        assert headings(draft) == expected
    assert "subject to section 9." in page(client, "draft", wording=draft.pk)
    new = {
        "heading": "Data",
        "name": "#data",
        "clauses": "Kept.",
        "after": 2,
        "pick": "",
        "seen": seen(draft),
    }
    post(client, "draft_section", new, wording=draft.pk, section_number=17)
    assert headings(draft)[2] == "Data"
    assert draft.sections.get(number=3).name == "data"
    assert "subject to section 10." in page(client, "draft", wording=draft.pk)
    for act in ("sideways-1", "up-x", "", "out"):
        answer = post(client, "draft_arrange", {"act": act}, wording=draft.pk)
        assert "Press one of the buttons beside a section" in answer.content.decode()


def test_a_section_that_others_refer_to_is_not_taken_out(draft, client):
    place = headings(draft).index("Confidentiality") + 1
    data = {"act": f"out-{place}", "seen": seen(draft)}
    answer = post(client, "draft_arrange", data, wording=draft.pk).content.decode()
    assert (
        "Section 4, line 3 refers to {see confidentiality}, and nothing is named #confidentiality." in answer
    )
    assert "Confidentiality" in headings(draft)


def test_lines_move_by_their_buttons_as_long_as_nothing_else_is_typed(draft, client):
    lines = draft.sections.get(number=3).clauses.splitlines()
    post(
        client, "draft_section", section_form(draft, 3, arrange="down-1"), wording=draft.pk, section_number=3
    )
    assert draft.sections.get(number=3).clauses.splitlines() == [lines[1], lines[0], *lines[2:]]
    post(client, "draft_section", section_form(draft, 3, arrange="out-1"), wording=draft.pk, section_number=3)
    assert draft.sections.get(number=3).clauses.splitlines() == [lines[0], *lines[2:]]
    typed = section_form(draft, 3, arrange="up-2", clauses="Something else.")
    answer = post(client, "draft_section", typed, wording=draft.pk, section_number=3).content.decode()
    assert "Save first" in answer
    assert "Something else." in answer


def test_a_word_is_picked_without_a_script(draft, client):
    picked = section_form(draft, 3, clauses="The date is", pick="{ends_on}", add="yes")
    answer = post(client, "draft_section", picked, wording=draft.pk, section_number=3).content.decode()
    assert "The date is {ends_on}</textarea>" in answer
    assert "The date is" not in draft.sections.get(number=3).clauses
    picked = section_form(draft, 3, clauses="One.", pick="{leads}", add="yes")
    answer = post(client, "draft_section", picked, wording=draft.pk, section_number=3).content.decode()
    assert "One.\n{leads}</textarea>" in answer


@pytest.mark.parametrize(
    ("clauses", "sentence"),
    [
        ("Fine.\nDear {nobody}", "Section 6, line 2: the service cannot fill in {nobody}."),
        ("See {parties} here", "Section 6, line 1: {parties} must stand on a line of its own"),
        ("See {see nowhere}", "refers to {see nowhere}, and nothing is named #nowhere"),
        ("[optional] Words", "begins with a mark that the service does not know"),
        ("Ring 943 476 5919", "NHS number"),
    ],
)
def test_what_could_not_be_filled_in_is_refused_and_kept_on_the_page(draft, client, clauses, sentence):
    data = section_form(draft, 6, clauses=clauses)
    answer = post(client, "draft_section", data, wording=draft.pk, section_number=6).content.decode()
    assert sentence in answer
    assert clauses in answer
    assert draft.sections.get(number=6).clauses != clauses


def test_two_people_do_not_write_past_each_other(draft, client):
    old = section_form(draft, 6, clauses="Mine.")
    post(
        client, "draft_section", section_form(draft, 6, clauses="Theirs."), wording=draft.pk, section_number=6
    )
    answer = post(client, "draft_section", old, wording=draft.pk, section_number=6).content.decode()
    assert "The draft was changed since you opened this page" in answer
    assert "Mine.</textarea>" in answer
    assert "Theirs." in answer
    assert f'name="seen" value="{seen(draft)}"' in answer
    moved = {"act": "up-2", "seen": old["seen"]}
    assert "was changed since" in post(client, "draft_arrange", moved, wording=draft.pk).content.decode()
    assert "was changed since" in post(client, "draft_publish", moved, wording=draft.pk).content.decode()
    assert draft.sections.get(number=6).clauses == "Theirs."


def test_title_notice_parties_and_appendices(world, draft, client):
    said = {"title": "An agreement", "has_supplier": "0", "notice_months": "2", "notice_months_failure": "0"}
    post(client, "draft_settings", said | {"seen": seen(draft)}, wording=draft.pk)
    draft.refresh_from_db()
    assert (draft.title, draft.notice_months, draft.notice_months_failure) == ("An agreement", 2, None)
    assert not draft.may_extend
    assert "{notice_period_failure} has nothing to stand for" in page(client, "draft", wording=draft.pk)
    appendices = {"seen": seen(draft)}
    for kind, place, title in (
        ("objectives", 3, ""), ("actions", 0, ""), ("sources", 2, "Plan"), ("contributions", 1, "Who brings what"),
    ):  # fmt: skip
        appendices |= {f"{kind}-place": place, f"{kind}-title": title, f"{kind}-words": "Federations"}
    post(client, "draft_appendices", appendices, wording=draft.pk)
    assert list(draft.appendices.values_list("kind", "title")) == [
        ("contributions", "Who brings what"), ("sources", "Plan"), ("objectives", ""),
    ]  # fmt: skip
    shown = page(client, "draft", wording=draft.pk)
    assert "described in Appendix 2," in shown
    assert "set out in Appendix 1." in shown
    start_draft(by=world.administrator, year=world.year, wording=standard("national-three"))
    three = said | {"has_supplier": "1", "seen": seen(draft)}
    answer = post(client, "draft_settings", three, wording=draft.pk).content.decode()
    assert "There is a draft for three parties already" in answer


def test_a_draft_is_discarded_after_asking(draft, client):
    assert "What it says is lost" in page(client, "draft_discard", wording=draft.pk)
    post(client, "draft_discard", wording=draft.pk)
    assert not Template.objects.filter(pk=draft.pk).exists()
    assert post(client, "draft_discard", wording=draft.pk).status_code == 404


def test_a_wording_leaves_as_a_file_and_comes_back_as_a_draft(world, client):
    template = plans.current_template(world.year)
    address = reverse("mou:export_wording", kwargs={"template": template.pk})
    file = SimpleUploadedFile("w.json", client.get(address).content)
    answer = post(client, "import_wording", {"document": file}, year=world.year.pk)
    draft = Template.objects.get(published_at=None)
    assert answer["Location"] == reverse("mou:draft", kwargs={"wording": draft.pk})
    assert wording_of(draft) == wording_of(template)
    bad = SimpleUploadedFile(
        "w.json", to_file(wording_of(template)).replace(b"{see objectives}", b"{see gone}")
    )
    post(client, "draft_discard", wording=draft.pk)
    answer = post(client, "import_wording", {"document": bad}, year=world.year.pk).content.decode()
    assert "nothing is named #gone" in answer
    assert not Template.objects.filter(published_at=None).exists()


def test_a_new_year_starts_from_the_wording_of_the_last(world, client):
    publish_clauses(world, "Of last year.")
    year = copy_year(by=world.administrator, year=world.year)
    assert "No wording is published yet" in page(client, "templates", year=year.pk)
    last = plans.current_template(world.year)
    shown = page(client, "start_draft", year=year.pk)
    assert f"{world.year.name}: Version 2, two parties" in shown
    post(client, "start_draft", {"source": last.pk}, year=year.pk)
    draft = Template.objects.get(published_at=None)
    assert (draft.year, wording_of(draft)) == (year, wording_of(last))


def test_two_versions_are_compared_in_words(world, client):
    first = plans.current_template(world.year)
    text = standard("national")
    sections = [text.sections[1], text.sections[0], *text.sections[2:]]
    changed = text.sections[5].clauses.replace("reasonable", "<best>")
    sections[5] = type(text.sections[5])("Working together", changed, "together")
    second = publish_wording_of(world, sections)
    address = reverse("mou:compare_wordings", kwargs={"template": second.pk})
    shown = client.get(address, {"other": first.pk}).content.decode()
    assert 'taken out: </span>reasonable<span class="nhsuk-u-visually-hidden"> (end)' in shown
    assert "<ins>" in shown
    assert "&lt;best&gt;" in shown.replace("</span>", "")
    assert "It was section 2." in shown
    assert "3. The practice" not in shown
    back = client.get(reverse("mou:compare_wordings", kwargs={"template": first.pk}), {"other": "x"})
    assert back.status_code == 200


def publish_wording_of(world, sections):
    wording = wording_of_clauses("x")
    national = standard("national")
    made = type(wording)(**(vars(national) | {"sections": tuple(sections)}))
    draft = start_draft(by=world.administrator, year=world.year, wording=made)
    return publish_draft(by=world.administrator, draft=draft, seen=seen(draft))


def test_it_is_shown_with_a_real_case_or_with_an_example(world, client):
    fill_plan(world)
    template = plans.current_template(world.year)
    shown = page(client, "preview_wording", template=template.pk)
    assert "Example Surgery" in shown
    assert world.practice.name not in shown
    address = reverse("mou:preview_wording", kwargs={"template": template.pk})
    assert client.get(address, {"case": world.referral.pk}).status_code == 404
    client.force_login(world.officer)
    shown = client.get(address, {"case": world.referral.pk}).content.decode()
    assert "Two GPs recruited" in shown
    assert world.practice.name in shown
    file = client.get(reverse("mou:preview_wording_pdf", kwargs={"template": template.pk}))
    assert file.content.startswith(b"%PDF")


@pytest.mark.parametrize("kind", STANDARD)
def test_each_of_our_wordings_reads_with_an_example(world, client, kind):
    year = make_year(world.office)
    template = publish(year, kind, world.administrator)
    shown = page(client, "preview_wording", template=template.pk)
    article = shown[shown.index("<article") : shown.index("</article>")]
    assert "{" not in article
    assert "Drafting note" not in article
    assert ("Example Change Partners" in article) == (kind == "national-three")


def test_who_may_read_and_who_may_write(world, draft, client):
    published = plans.current_template(world.year)
    reading = [("templates", {"year": world.year.pk})] + [
        (name, {"template": published.pk})
        for name in ("template", "used_by", "compare_wordings", "preview_wording", "export_wording")
    ]
    writing = [("start_draft", {"year": world.year.pk}), ("template", {"template": draft.pk})] + [
        (name, {"wording": draft.pk}) for name in ("draft", "draft_settings", "draft_discard")
    ]

    def answers(pages):
        return {client.get(reverse(f"mou:{name}", kwargs=kwargs)).status_code for name, kwargs in pages}

    client.force_login(world.officer)
    assert answers(reading) == {200}
    assert answers(writing) <= {403, 404}
    assert "Start a draft" not in page(client, "templates", year=world.year.pk)
    assert "Draft" not in page(client, "templates", year=world.year.pk).split("<main")[1]
    client.force_login(world.manager)
    assert answers(reading) == {403}
    client.force_login(make_person(Role.ADMINISTRATOR, make_local_office()))
    assert answers([*reading, *writing]) == {404}
    with pytest.raises(Denied):
        publish(world.year, "local", make_person(Role.ADMINISTRATOR, make_local_office()))


def test_which_mous_use_a_version_is_counted_for_all_and_listed_for_those_who_may_see_them(world, client):
    from mou.models import Agreement
    from resilience.core.models import StoredFile

    file = StoredFile.keep(name="m.pdf", content_type="application/pdf", content=b"%PDF", by=world.officer)
    template = plans.current_template(world.year)
    Agreement.objects.create(
        referral=world.referral, template=template, html="x", document=file, sent_by=world.officer
    )
    assert "1 MoU" in page(client, "templates", year=world.year.pk)
    hidden = page(client, "used_by", template=template.pk)
    assert "1 MoU in all" in hidden
    assert world.practice.name not in hidden
    client.force_login(world.officer)
    assert world.practice.name in page(client, "used_by", template=template.pk)


def test_an_administrator_finds_the_wordings_in_the_one_row_of_words(client):
    made = make_world()
    here = reverse("mou:wordings")
    client.force_login(made.administrator)
    page = client.get(here)
    words = [each["text"] for each in page.context["navigation"]]
    assert words == [
        "Home", "Practices", "Case studies", "People", "Organisations", "Programmes", "Wordings",
    ]  # fmt: skip
    assert [each["href"] for each in page.context["navigation"] if each["current"]] == [here]
    assert page.context["room_sections"] == [], "the word stands in the navigation"
    client.force_login(made.officer)
    page = client.get(here)
    assert "Wordings" not in [each["text"] for each in page.context["navigation"]], "it is within MoUs"
    assert [each["text"] for each in page.context["room_sections"] if each["within"]] == ["Wordings"]
