"""Objects for tests: a small world of one local office, two CCGs, practices and people in every role.

Each ``make_…`` writes rows directly; acts are done through actions by the tests themselves.
"""

import datetime as dt
import itertools
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from mou.agreement.rules import money_of
from mou.models import Agreement, Template
from practices.models import ListSize, Membership, Organisation, Person, Practice, RoleHolding
from resilience.core.access import Role
from resilience.core.calendar import add_working_days, today
from resilience.core.models import StoredFile
from resilience.programmes import catalogue
from resilience.programmes.models import (
    CriteriaSet,
    MatrixVersion,
    MenuItem,
    PaymentStage,
    Programme,
    ProgrammeYear,
)
from resilience.referrals.models import Referral, ReferralPractice
from resilience.referrals.states import State

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_organisation(kind: str = "ccg", parent: Organisation | None = None, **fields: Any) -> Organisation:
    n = next(_numbers)
    defaults = {"code": f"Q{n:04d}", "name": f"{Organisation.Kind(kind).label.split(' (')[0]} {n}"}
    return Organisation.objects.create(kind=kind, parent=parent, **{**defaults, **fields})


def make_local_office(**fields: Any) -> Organisation:
    return make_organisation("local_office", make_organisation("region"), **fields)


def make_ccg(parent: Organisation | None = None, **fields: Any) -> Organisation:
    return make_organisation("ccg", parent or make_local_office(), **fields)


def make_practice(commissioner: Organisation | None = None, **fields: Any) -> Practice:
    n = next(_numbers)
    values: dict[str, Any] = {
        "ods_code": f"Y{n:05d}",
        "name": f"Harbour Street Surgery {n}",
        "address": "1 Harbour Street\nNorthvale",
        "postcode": "NV1 1AA",
        "list_size": 8000 + n,
        "list_size_on": dt.date(2018, 1, 1),
        "commissioner": commissioner or make_ccg(),
    } | fields
    practice = Practice.objects.create(**values)
    if practice.commissioner:
        Membership.objects.create(practice=practice, organisation=practice.commissioner)
    if practice.list_size is not None:
        ListSize.objects.create(
            practice=practice, on=practice.list_size_on, patients=practice.list_size, source="test register"
        )
    return practice


def make_person(
    role: str | None = None, over: Organisation | Practice | None = None, **fields: Any
) -> Person:
    """A person who can sign in with ``PASSWORD``; with ``role`` over ``over`` (everything when empty)."""
    n = next(_numbers)
    person = Person.objects.create_user(
        **{"email": f"person{n}@example.nhs.uk", "password": PASSWORD, "name": f"Person {n}"} | fields
    )
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    if role:
        grant(person, role, over)
    return person


def grant(person: Person, role: str, over: Organisation | Practice | None = None) -> RoleHolding:
    for kept in ("current_holdings", "_reaches", "_allowed"):
        person.__dict__.pop(kept, None)
    return RoleHolding.objects.create(
        person=person,
        role=role,
        practice=over if isinstance(over, Practice) else None,
        organisation=over if isinstance(over, Organisation) else None,
        over_everything=over is None,
    )


def make_year(owner: Organisation | None = None, **fields: Any) -> ProgrammeYear:
    """An open, assessed programme year with the national matrix, criteria and menu."""
    n = next(_numbers)
    programme = Programme.objects.create(
        name=f"Resilience programme {n}", owner=owner or make_local_office(), purpose="To help."
    )
    day = today()
    year = ProgrammeYear.objects.create(
        **{
            "programme": programme,
            "name": "2026/27",
            "starts_on": day - dt.timedelta(days=200),
            "ends_on": day + dt.timedelta(days=165),
            "opens_at": timezone.now() - dt.timedelta(days=200),
            "closes_at": timezone.now() + dt.timedelta(days=100),
            "criteria_set": CriteriaSet.objects.first() or catalogue.publish_criteria(),
            "matrix": MatrixVersion.objects.first() or catalogue.publish_matrix(),
            "contact_name": "Resilience team",
            "contact_email": "team@example.nhs.uk",
            "acknowledgement_subject": "We have your referral {reference}",
            "acknowledgement_body": "Dear {contact_name}\n\nWe have your referral for {practice}. "
            "We will tell you our decision by {decide_by}.\n\n{programme_contact}",
            "decision_subject": "Our decision on {reference}",
            "decision_body": "Dear {contact_name}\n\n{decision}\n\n{reason}\n\n{programme_contact}",
        }
        | fields
    )
    MenuItem.objects.bulk_create(
        MenuItem(year=year, position=position, name=name)
        for position, name in enumerate(catalogue.MENU, start=1)
    )
    PaymentStage.objects.create(
        year=year, position=1, name="On signature of the MoU", per_cent=100, opens="mou_signed"
    )
    return year


def make_referral(
    practice: Practice | None = None,
    year: ProgrammeYear | None = None,
    state: str = State.RECEIVED,
    *,
    others: tuple[Practice, ...] = (),
    received_on: dt.date | None = None,
    **fields: Any,
) -> Referral:
    """A referral in ``state`` as its row would be; written directly, without the acts that lead there."""
    n = next(_numbers)
    practice = practice or make_practice()
    year = year or make_year(owner=practice.commissioner.parent)
    author = fields.pop("by", None) or make_person(Role.PRACTICE_USER, practice)
    referral = Referral.objects.create(
        **{
            "year": year,
            "lead_practice": practice,
            "started_by": author,
            "contact_name": "Pat Manager",
            "contact_email": "pat@example.nhs.uk",
            "contact_phone": "01632 960000",
            "is_group": bool(others),
            "commissioner_supports": "yes",
            "issues": "Two of our four GPs have left.",
            "support_wanted": "Help with recruitment.",
            "content_digest": f"test-{n}",
        }
        | fields
    )
    ReferralPractice.objects.bulk_create(
        ReferralPractice(
            referral=referral,
            practice=each,
            is_lead=each == practice,
            ods_code=each.ods_code,
            name=each.name,
            list_size=each.list_size,
            commissioner_name=each.commissioner.name,
        )
        for each in (practice, *others)
    )
    referral.wanted.create(item=year.menu.first())
    if state != State.DRAFT:
        day = received_on or today()
        referral.reference = f"T{n:03d}-{n:04d}"[:12]
        referral.state = state
        referral.commissioner = practice.commissioner
        referral.received_at = timezone.now()
        referral.received_on = day
        referral.submitted_by = author
        referral.acknowledge_by = add_working_days(day, year.acknowledge_within)
        referral.decide_by = add_working_days(day, year.decide_within)
        referral.list_size_total = sum(each.list_size or 0 for each in (practice, *others))
        if state not in (State.RECEIVED, State.WITHDRAWN):
            referral.acknowledged_at = timezone.now()
            referral.acknowledged_by = author
        referral.save()
    return referral


def make_template(year: ProgrammeYear, version: int = 1, **fields: Any) -> Template:
    """A published wording of the MoU that says nothing."""
    moment = timezone.now()
    return Template.objects.create(
        **{"year": year, "version": version, "title": "MoU", "published_at": moment} | fields,
        published_by=make_person(),
    )


def leave(person: Any) -> Person:
    """Who held roles and holds none any more, as they would be read now."""
    person.holdings.update(ended_at=timezone.now(), ended_by=person)
    return Person.objects.get(pk=person.pk)


def client_of(person: Any) -> Client:
    """A browser in which this person has signed in; nobody, for None."""
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def sign_mou(referral: Referral) -> Agreement:
    """Every side has signed what is committed now: the MoU or, once it is signed, a variation; written directly."""
    mou = Agreement.objects.filter(referral=referral, kind="mou", signed_at__isnull=False).first()
    by, moment = make_person(), timezone.now()
    more: dict[str, Any] = {"template": mou.template if mou else _template(referral.year)}
    if mou:
        more |= {"kind": "variation", "varies": mou, "number": mou.variations.count() + 1}
    agreement = Agreement.objects.create(
        referral=referral,
        state="signed",
        signed_at=moment,
        html="<p>MoU</p>",
        document=StoredFile.keep(
            name="mou.pdf", content_type="application/pdf", content=uuid.uuid4().bytes, by=by
        ),
        money=money_of(referral),
        sent_by=by,
        **more,
    )
    Referral.objects.filter(pk=referral.pk).update(state=State.AGREED)
    referral.refresh_from_db()
    return agreement


def _template(year: ProgrammeYear) -> Template:
    return Template.objects.filter(year=year).order_by("-version").first() or make_template(year)
