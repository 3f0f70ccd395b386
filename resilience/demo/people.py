"""People in every role, who all sign in with the demonstration's password."""

from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from practices.models import Organisation, Person, Practice, RoleHolding
from resilience.core.access import Role
from resilience.demo import PASSWORD
from resilience.demo.places import Places


@dataclass
class People:
    """Who is who; ``managers`` by practice id."""

    admin: Person
    officer: Person
    second_officer: Person
    officers: dict[int | None, Person]
    approver: Person
    second_approver: Person
    finance: Person
    practice: Person
    managers: dict[int, Person] = field(default_factory=dict)
    _password: str = ""

    def manager_of(self, practice: Practice) -> Person:
        """The practice manager of a practice, made when first asked for."""
        if practice.pk not in self.managers:
            code = practice.ods_code.lower()
            name = _MANAGERS[len(self.managers) % len(_MANAGERS)]
            self.managers[practice.pk] = make_person(
                f"{name.split()[0].lower()}.{code}@example.nhs.uk",
                name,
                "Practice manager",
                self._password,
                Role.PRACTICE_USER,
                practice,
            )
        return Person.objects.get(pk=self.managers[practice.pk].pk)


_MANAGERS = (
    "Pat Lowe", "Chris Adeyemi", "Sam Whitfield", "Jo Barker", "Alex Mistry", "Robin Clarke", "Lee Hughes",
    "Kim Farrow", "Terry Singh", "Dana Pike", "Morgan Reid", "Ashley Dunn",
)  # fmt: skip


Scope = Organisation | Practice | None


def make_person(
    email: str,
    name: str,
    job_title: str,
    password: str,
    role: str | None = None,
    over: Scope = None,
) -> Person:
    """Someone who can sign in at once; a role without ``over`` is over everything."""
    person = Person.objects.create(
        email=email, name=name, job_title=job_title, password=password, phone="01632 960900"
    )
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    if role:
        RoleHolding.objects.create(
            person=person,
            role=role,
            practice=over if isinstance(over, Practice) else None,
            organisation=over if isinstance(over, Organisation) else None,
            over_everything=over is None,
        )
    return person


def make_people(places: Places) -> People:
    """The office, one practice manager, a supplier's change manager, an observer, and a newcomer."""
    password = make_password(PASSWORD)

    def person(email: str, name: str, title: str, role: str | None = None, over: Scope = None) -> Person:
        return make_person(f"{email}@example.nhs.uk", name, title, password, role, over)

    officers: dict[int | None, Person] = {
        ccg.pk: person(email, name, "Primary care manager", Role.PROGRAMME_OFFICER, ccg)
        for ccg, email, name in zip(
            places.ccgs,
            ("ngozi.bell", "tom.ashe", "irene.cole"),
            ("Ngozi Bell", "Tom Ashe", "Irene Cole"),
            strict=True,
        )
    }
    home = places.practices[places.ccgs[0].name][0]
    people = People(
        admin=person("admin", "Ada Mercer", "System owner", Role.ADMINISTRATOR),
        officer=person("officer", "Olu Martins", "Operational lead", Role.PROGRAMME_OFFICER, places.office),
        second_officer=person(
            "second.officer", "Beth Nolan", "Locality lead", Role.PROGRAMME_OFFICER, places.office
        ),
        officers=officers,
        approver=person("approver", "Grace Holt", "Associate director", Role.APPROVER, places.office),
        second_approver=person(
            "second.approver", "Ivan Petrov", "Programme lead", Role.APPROVER, places.office
        ),
        finance=person("finance", "Fiona Reeve", "Finance lead", Role.FINANCE_LEAD, places.office),
        practice=person("practice", "Maya Ellis", "Practice manager", Role.PRACTICE_USER, home),
        _password=password,
    )
    people.managers[home.pk] = people.practice
    person("supplier", "Dev Kapoor", "Change manager", Role.SUPPLIER_USER, places.supplier)
    person("observer", "Nora Quinn", "LMC secretary", Role.OBSERVER, places.office)
    # Two hats: finance for one CCG, and an officer there.
    both = person("two.hats", "Ray Sutton", "Head of primary care", Role.PROGRAMME_OFFICER, places.ccgs[1])
    RoleHolding.objects.create(person=both, role=Role.APPROVER, organisation=places.ccgs[2])
    return people
