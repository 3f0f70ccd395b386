"""Who reads what of an assignment: own and foreign suppliers, an ended one, what is confidential, the office."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from mou.models import NeedTag, SupplierFigure
from mou.suppliers import actions, deliveries, needs, pack
from practices.models import Indicator
from resilience.assessments.models import Placement
from resilience.core.access import Role
from resilience.programmes.models import MatrixCell
from tests.factories import client_of, grant, make_person, make_practice, make_referral
from tests.mou.supplying import PDF, Supplied, again, deliverable_of, make_supplied, theme_of, write
from tests.mou.world import commit_money

pytestmark = pytest.mark.django_db
SECRET = "The partners no longer speak"


@pytest.fixture
def supplied() -> Supplied:
    return make_supplied()


def furnished(supplied: Supplied):
    """An assignment with something confidential in every place that holds it."""
    case = supplied.assign()
    review = deliverable_of(case, "diagnostic")
    write(
        review,
        supplied.dev,
        words={section: SECRET if section == "leadership" else "Plain" for section in
               ("leadership", "workforce", "workload", "business")},
        themes={"leadership": [theme_of(case, 5)], "workforce": [theme_of(case, 2)]},
        confidential=["leadership"],
    )  # fmt: skip
    deliveries.hand_in_deliverable(
        by=supplied.dev, deliverable=review, note=SECRET, file=PDF, is_confidential=True
    )
    actions.add_figure(
        by=supplied.dev, case=case, label="Complaints", value="41", period="2018", source=SECRET,
        is_confidential=True,
    )  # fmt: skip
    return case, review


def addresses(case, review) -> list[str]:
    one = {"supplier_case": case.pk}
    return [
        reverse("mou:supplier_case", kwargs=one),
        reverse("mou:data_pack", kwargs=one),
        reverse("mou:data_pack", kwargs=one) + "?as=xlsx",
        reverse("mou:deliverable", kwargs={"deliverable": review.pk}),
        reverse("mou:round_file", kwargs={"deliverable_round": review.deliverablerounds.get().pk}),
    ]


def text_of(response) -> str:
    if "spreadsheet" in response.get("Content-Type", ""):
        sheet = load_workbook(io.BytesIO(response.content)).active
        return " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    return response.content.decode(errors="replace")


def test_a_foreign_supplier_finds_nothing(supplied):
    case, review = furnished(supplied)
    part = review.deliverableparts.first()
    rival = client_of(supplied.rival)
    posts = [
        reverse(name, kwargs={"supplier_case": case.pk})
        for name in ("mou:book_visit", "mou:add_figure")
    ] + [
        reverse("mou:hand_in_deliverable", kwargs={"deliverable": review.pk}),
        reverse("mou:write_sections", kwargs={"deliverable": review.pk}),
        reverse("mou:change_deliverable_row", kwargs={"deliverable_part": part.pk}),
        reverse("mou:withdraw_figure", kwargs={"supplier_figure": SupplierFigure.objects.get().pk}),
    ]  # fmt: skip
    for address in addresses(case, review):
        assert rival.get(address).status_code == 404, address
    for address in posts:
        assert rival.post(address, {}).status_code == 404, address
    for name in ("mou:supplier_cases", "mou:supplier_visits", "mou:shared_needs"):
        page = rival.get(reverse(name))
        assert page.context["list"].total == 0
        assert case.practice.name not in text_of(rival.get(reverse(name), {"export": "xlsx"}))
    home = rival.get("/").content.decode()
    assert case.practice.name not in home


def test_a_supplier_finds_nothing_once_its_assignment_ended(supplied):
    case, review = furnished(supplied)
    dev = client_of(supplied.dev)
    assert dev.get(addresses(case, review)[0]).status_code == 200
    actions.end_case(by=supplied.world.officer, case=case, why="Done")
    dev = client_of(supplied.dev)
    for address in addresses(case, review):
        assert dev.get(address).status_code == 404
    assert dev.get(reverse("mou:supplier_cases")).context["list"].total == 0
    assert dev.get(reverse("practices:practice", args=[case.practice.ods_code])).status_code == 404


def test_no_page_of_the_case_opens_to_its_supplier(supplied):
    furnished(supplied)
    commit_money(supplied.world)
    dev, referral = client_of(supplied.dev), supplied.world.referral.pk
    for name in (
        "referrals:case", "referrals:form", "referrals:messages", "referrals:timeline", "assessments:case",
        "decisions:case", "funding:case", "mou:plan", "mou:case", "mou:delivery",
    ):  # fmt: skip
        assert dev.get(reverse(name, kwargs={"referral": referral})).status_code in (403, 404), name


def test_the_supplier_reads_neither_rating_nor_other_money(supplied):
    case, review = furnished(supplied)
    world = supplied.world
    Placement.objects.create(
        referral=world.referral, cell=MatrixCell.objects.get(matrix=world.year.matrix, scope=5, impact=5),
        scope_justification="Zscope", impact_justification="Zimpact", placed_by=world.officer,
    )  # fmt: skip
    supplied.commit(1_234_00)
    commit_money(world, 45_600, key="direct")
    dev = client_of(supplied.dev)
    read = "".join(text_of(dev.get(address)) for address in addresses(case, review)[:4])
    read += text_of(dev.get(reverse("mou:supplier_visits"), {"export": "xlsx"}))
    read += dev.get(reverse("mou:supplier_visits")).content.decode()
    for hidden in ("support first", "Zscope", "Zimpact", "£456"):
        assert hidden not in read
    assert "£1,234" in read
    assert "support first" in client_of(world.officer).get(reverse("mou:supplier_visits")).content.decode()
    # The practice reads the supplier's work and not its price.
    theirs = client_of(world.manager).get(addresses(case, review)[0]).content.decode()
    assert "£1,234" not in theirs


@pytest.mark.parametrize("role", [Role.PROGRAMME_OFFICER, Role.APPROVER, Role.FINANCE_LEAD, Role.OBSERVER])
def test_the_commissioner_reads_what_is_confidential_by_consent_alone(supplied, role):
    case, review = furnished(supplied)
    person = make_person(role, supplied.world.ccg)

    def read() -> str:
        client = client_of(person)
        answers = [client.get(address) for address in addresses(case, review)]
        assert {answer.status_code for answer in answers[:4]} == {200}
        file = "ZFILE" if answers[4].status_code == 200 else ""
        return file + "".join(text_of(answer) for answer in answers[:4])

    closed = read()
    assert SECRET not in closed
    assert "ZFILE" not in closed
    assert "Complaints" not in closed
    for insider in (supplied.dev, supplied.world.manager):
        client = client_of(insider)
        assert SECRET in client.get(addresses(case, review)[3]).content.decode()
        assert client.get(addresses(case, review)[4]).status_code == 200
    actions.give_consent(by=supplied.world.manager, case=case, what="benchmark")
    assert SECRET not in read()
    actions.give_consent(by=supplied.world.manager, case=case, what="show")
    opened = read()
    assert SECRET in opened
    assert "ZFILE" in opened
    actions.revoke_consent(by=supplied.world.manager, case=case, what="show")
    assert SECRET not in read()
    assert [each.revoked_at is None for each in case.supplierconsents.order_by("pk")] == [True, False]


def test_the_change_manager_in_two_hats_keeps_to_each(supplied):
    """A person of the supplier who reads for another office reads no more of the case by that."""
    case, _ = furnished(supplied)
    other = make_supplied()
    both = make_person(Role.SUPPLIER_USER, supplied.supplier)
    grant(both, Role.OBSERVER, other.world.ccg)
    page = client_of(both).get(reverse("mou:supplier_case", args=[case.pk])).content.decode()
    assert supplied.world.referral.issues not in page


# --- the data pack -----------------------------------------------------------------------------------


def indicators(practice, **values):
    for key, value in values.items():
        Indicator.objects.create(
            practice=practice, key=key, label=key.upper(), value=value, period="2018", source="Published"
        )


def test_figures_stand_beside_nameless_peers_and_only_enough_of_them(supplied):
    case, world = supplied.assign(), supplied.world
    indicators(case.practice, qof="90.5", cqc="Good", lonely="7")
    for number, value in enumerate(("80", "85", "95", "99.5"), start=1):
        indicators(make_practice(world.ccg, name=f"Peer {number}"), qof=value, cqc="Good")

    def lines():
        return {each.label: each for each in pack.pack_of(supplied.dev, case)}

    few = lines()
    assert (few["QOF"].middle, few["QOF"].count) == ("", 0)
    assert "Too few" in few["QOF"].standing
    indicators(make_practice(world.ccg, name="Peer 5"), qof="100", cqc="Inadequate")
    indicators(make_practice(name="Elsewhere"), qof="1", cqc="Good")
    many = lines()
    assert (many["QOF"].count, many["QOF"].lower, many["QOF"].middle, many["QOF"].upper) == (
        5, "85.0", "95.0", "99.5",
    )  # fmt: skip
    assert many["CQC"].middle == "Good (4 of 5)"
    assert "Too few" in many["LONELY"].standing
    assert all(line.period and line.source for line in many.values())
    for suffix in ("", "?as=xlsx"):
        text = text_of(client_of(supplied.dev).get(reverse("mou:data_pack", args=[case.pk]) + suffix))
        assert "Peer" not in text.replace("Peers are", "")
        assert "95.0" in text
    document = client_of(world.manager).get(reverse("mou:data_pack", args=[case.pk]) + "?as=pdf")
    assert document.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1,950", 1950),
        ("94.5%", 94.5),
        (" 7 ", 7),
        ("Good", None),
        ("", None),
        ("NaN", None),
        ("1e999", None),
    ],
)
def test_a_number_is_told_from_words(value, number):
    found = pack.as_number(value)
    assert found is None if number is None else float(found) == number


def test_gathered_figures_are_compared_by_consent_and_without_names(supplied):
    world, own = supplied.world, supplied.assign()
    cases = [own]
    for _ in range(5):
        referral = make_referral(make_practice(world.ccg), world.year, "supported")
        cases.append(supplied.assign(referral=referral, practices=[referral.lead_practice]))
    for number, case in enumerate(cases):
        actions.add_figure(
            by=supplied.dev, case=case, label="Calls a day", value=str(100 + number), period="June",
            source="log", is_confidential=True,
        )  # fmt: skip

    def line():
        return next(each for each in pack.pack_of(supplied.dev, own) if each.label == "Calls a day")

    assert line().count == 0
    for case in cases[1:]:
        manager = make_person(Role.PRACTICE_USER, case.practice)
        actions.give_consent(by=manager, case=case, what="benchmark")
    assert (line().count, line().middle) == (5, "103")
    actions.revoke_consent(by=manager, case=case, what="benchmark")
    assert line().count == 0
    figure = SupplierFigure.objects.get(supplier_case=own)
    actions.withdraw_figure(by=supplied.dev, figure=figure)
    assert all(each.label != "Calls a day" for each in pack.pack_of(supplied.dev, own))


# --- needs that practices share -----------------------------------------------------------------------


def reviewed(supplied, case, themes, confidential=()):
    review = deliverable_of(case, "diagnostic")
    write(review, supplied.dev, themes={"workforce": themes}, confidential=confidential)
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=review)


def test_shared_needs_are_counted_and_named_to_their_own_office_alone(supplied):
    world, first = supplied.world, supplied.assign()
    referral = make_referral(make_practice(world.ccg, name="Second Surgery"), world.year, "supported")
    second = supplied.assign(referral=referral, practices=[referral.lead_practice])
    common, rare = theme_of(first, 2), theme_of(first, 3)
    reviewed(supplied, first, [common, rare])
    reviewed(supplied, second, [common], confidential=["workforce"])
    officer, observer = (make_person(role, world.ccg) for role in (Role.PROGRAMME_OFFICER, Role.OBSERVER))

    def counts(person):
        return {each.name: each.practices for each in needs.themes_of(again(person))}

    assert counts(officer) == {common.name: 1, rare.name: 1}  # one is confidential
    actions.give_consent(by=make_person(Role.PRACTICE_USER, second.practice), case=second, what="benchmark")
    assert counts(officer) == {common.name: 2, rare.name: 1}
    page = text_of(client_of(officer).get(reverse("mou:shared_needs"), {"export": "xlsx"}))
    assert world.practice.name in page
    assert "Second Surgery" not in page  # counted, and not named
    for person in (observer, supplied.dev):
        shown = client_of(person).get(reverse("mou:shared_needs")).content.decode()
        assert "fewer than 3" in shown
        assert world.practice.name not in shown
    assert counts(supplied.rival) == {}
    # What is asked for again counts no more.
    review = deliverable_of(first, "diagnostic")
    deliveries.ask_deliverable_again(by=world.officer, deliverable=review, read=1, words="Which?")
    assert counts(officer) == {common.name: 1}
    assert NeedTag.objects.count() == 3
