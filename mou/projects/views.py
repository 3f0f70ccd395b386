"""Pages of projects: the tracker, clusters, one project, and adding and changing one."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from mou.models import HighImpactAction, Plan, Project, ProjectAction, ProjectProgress, ProjectRequirement
from mou.plan import page as plan_page
from mou.plan import plans
from mou.projects import actions, projects, rules
from mou.projects.filters import TrackerFilters
from mou.projects.forms import ProgressForm, ProjectForm, RequirementForm
from mou.sections import sections
from practices.models import Organisation, Practice
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import day
from resilience.programmes.models import ProgrammeYear
from resilience.referrals import case

Status = ProjectProgress.Status
COLOURS = {
    Status.PLANNED: "grey",
    Status.ON_TRACK: "blue",
    Status.DELAYED: "yellow",
    Status.DONE: "green",
    Status.STOPPED: "white",
}


def _page_of(project: int) -> str:
    return reverse("mou:project", kwargs={"project": project})


def said_status(status: str) -> Any:
    """The status as a tag."""
    return tag(Status(status).label, COLOURS[Status(status)])


# --- the tracker and the clusters --------------------------------------------------------------


TRACKER = (
    Column("High impact action", "action.name", sort=("action__number", "pk"), heading=True),
    Column("Locality", "project.locality.name", sort=("project__locality__name", "pk")),
    Column("CCG", "project.commissioner.name", sort=("project__commissioner__name", "pk"), on_screen=False),
    Column(
        "Project",
        "project.name",
        sort=("project__name", "pk"),
        link=lambda row: _page_of(row.project_id),
    ),
    Column("Lead practice", "project.lead_practice.name", sort=("project__lead_practice__name", "pk")),
    Column(
        "Status",
        lambda row: Status(row.status).label,
        show=lambda row: said_status(row.status),
        sort=("status", "pk"),
    ),
    Column("Next steps", "next_steps"),
    Column("Horizon", lambda row: row.project.get_horizon_display(), sort=("project__horizon", "pk")),
    Column("Starts", "project.starts_on", kind="date", sort=("project__starts_on", "pk")),
    Column("Ends", "project.ends_on", kind="date", sort=("project__ends_on", "pk")),
    Column("Last said", "said_at", kind="date", sort=("said_at", "pk"), on_screen=False),
)


@require_GET
@requires(P.VIEW_MOU)
def tracker(request: SignedInRequest) -> HttpResponse:
    """The 10 high impact actions per locality: projects that serve them, their status, next steps, timescale."""
    seen = ProjectAction.objects.visible_to(request.user)
    rows = projects.with_status(seen, "project").select_related(
        "action", "project__locality", "project__commissioner", "project__lead_practice"
    )
    listed = ListPage(
        request,
        rows,
        name="mou:projects",
        title="Projects by high impact action",
        noun="line",
        columns=TRACKER,
        filters=TrackerFilters,
        default_sort="high-impact-action",
        empty="Projects of groups are added on the page of their plan, projects of clusters on the page of clusters.",
    )
    unserved = HighImpactAction.objects.exclude(pk__in=seen.order_by().values("action"))
    return listed.response("mou/projects/tracker.html", **sections(request), unserved=list(unserved))


def _clusters(request: SignedInRequest) -> Any:
    practices = Practice.objects.visible_to(request.user)
    return Organisation.objects.filter(
        kind=Organisation.Kind.LOCALITY, pk__in=practices.order_by().values("locality")
    )


@require_GET
@requires(P.VIEW_MOU)
def clusters(request: SignedInRequest) -> HttpResponse:
    """Localities in reach: their patients together, and their projects by horizon."""
    seen = Project.objects.visible_to(request.user)

    def prepare(rows: list[Any]) -> None:
        members: dict[int, list[Practice]] = {each.pk: [] for each in rows}
        for practice in Practice.objects.visible_to(request.user).filter(locality__in=rows):
            if practice.is_open and practice.locality_id:
                members[practice.locality_id].append(practice)
        counts = {
            each["locality"]: each
            for each in seen.filter(locality__in=rows, plan=None)
            .order_by()
            .values("locality")
            .annotate(
                short=Count("pk", filter=Q(horizon="short")),
                medium=Count("pk", filter=Q(horizon="medium")),
                long=Count("pk", filter=Q(horizon="long")),
            )
        }
        for each in rows:
            each.members = len(members[each.pk])
            each.patients = projects.patients_of(members[each.pk])
            each.by_horizon = counts.get(each.pk, {"short": 0, "medium": 0, "long": 0})

    def enough(row: Any) -> str:
        few = row.patients < projects.CLUSTER_PATIENTS
        return f"Fewer than {projects.CLUSTER_PATIENTS:,}" if few else "Enough"

    may_add = any(request.user.may(each) for each in rules.BOTH_SIDES)
    columns = [
        Column("Cluster", "name", sort=("name", "pk"), heading=True),
        Column("CCG", "parent.name", sort=("parent__name", "pk")),
        Column("Practices", "members", kind="number"),
        Column("Patients", "patients", kind="number"),
        Column("Large enough", enough),
        Column("Short", lambda row: row.by_horizon["short"], kind="number"),
        Column("Medium", lambda row: row.by_horizon["medium"], kind="number"),
        Column("Long", lambda row: row.by_horizon["long"], kind="number"),
    ]
    if may_add:
        columns.append(
            Column(
                "Add",
                lambda row: f"Add a project of {row.name}",
                link=lambda row: reverse("mou:add_cluster_project", kwargs={"organisation": row.pk}),
                export=False,
            )
        )
    return ListPage(
        request,
        _clusters(request).select_related("parent"),
        name="mou:clusters",
        title="Clusters and their projects",
        noun="cluster",
        columns=columns,
        default_sort="cluster",
        prepare=prepare,
        empty="Clusters are the localities of the register.",
    ).response(**sections(request))


# --- adding and changing -----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*rules.BOTH_SIDES)
def add_to_plan(request: SignedInRequest, referral: int) -> HttpResponse:
    """A project of a group's or a practice's plan."""
    found = case.find(request, referral, P.VIEW_MOU)
    plan = plans.plan_of(found)
    if plan is None:
        raise Denied("The improvement plan is not started yet.")
    rules.check_can_add_to_plan(request.user, plan)
    back = f"{reverse('mou:plan', kwargs={'referral': found.pk})}#projects"
    return _edit(request, back, plan=plan)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*rules.BOTH_SIDES)
def add_to_cluster(request: SignedInRequest, organisation: int) -> HttpResponse:
    """A project of a cluster, in a programme year of its area."""
    locality = get_object_or_404(_clusters(request).select_related("parent"), pk=organisation)
    rules.check_can_add_to_cluster(request.user, locality)
    return _edit(request, reverse("mou:clusters"), locality=locality)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*rules.BOTH_SIDES)
def change(request: SignedInRequest, project: int) -> HttpResponse:
    """Change what a project says."""
    found = _find(request, project)
    rules.check_can_change(request.user, found)
    return _edit(request, _page_of(found.pk), plan=found.plan, locality=found.locality, project=found)


def _years(locality: Organisation) -> Any:
    above: list[int] = []
    node: Organisation | None = locality
    while node is not None:
        above.append(node.pk)
        node = node.parent
    return ProgrammeYear.objects.filter(programme__owner__in=above, closing__isnull=True).select_related(
        "programme"
    )


def _edit(
    request: SignedInRequest,
    back: str,
    *,
    plan: Plan | None = None,
    locality: Organisation | None = None,
    project: Project | None = None,
) -> HttpResponse:
    of_cluster = plan is None and locality is not None
    form = ProjectForm(
        request.POST if request.method == "POST" else None,
        practices=projects.practices_of(plan, locality),
        years=_years(locality) if locality and of_cluster and project is None else None,
        initial=ProjectForm.start(project) if project else {},
    )
    owner = plan.referral_id if plan else f"cluster-{locality.pk if locality else 0}"
    form.keep = f"project-{owner}-{project.pk if project else 'new'}"
    if request.method == "POST" and form.is_valid():
        try:
            if project is not None:
                made = actions.change_project(by=request.user, project=project, values=form.values)
            elif of_cluster:
                made = actions.add_project(
                    by=request.user, locality=locality, year=form.cleaned_data["year"], values=form.values
                )
            else:
                made = actions.add_project(by=request.user, plan=plan, values=form.values)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The project “{made.name}” is saved.")
            return redirect(_page_of(made.pk))
    context = {
        "title": "Change the project" if project else "Add a project",
        "caption": str(plan.referral.lead_practice if plan else locality),
        "form": form,
        "warning": projects.too_small(locality) if locality and of_cluster else "",
        "intro": plan_page.takes_back(plan) if plan else "",
        "back": back,
    }
    return render(request, "mou/projects/edit.html", context)


# --- one project -------------------------------------------------------------------------------


def _find(request: HttpRequest, pk: int) -> Project:
    rows = Project.objects.visible_to(request.user).select_related(
        "plan__referral__lead_practice", "locality__parent", "commissioner", "lead_practice", "year__programme",
        "added_by",
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_MOU)
def project(request: SignedInRequest, project: int) -> HttpResponse:
    """What it says, how it went on, and the form to say how it stands."""
    found = _find(request, project)
    form = ProgressForm(request.POST if request.method == "POST" else None)
    form.keep = f"project-progress-{found.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_project_progress(by=request.user, project=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The progress is on record.")
            return redirect(_page_of(found.pk))
    entries = list(found.progress.select_related("made_by"))
    status = entries[-1].status if entries else Status.PLANNED
    context = {
        **sections(request, "mou:projects"),
        "title": found.name,
        "caption": str(found.locality or found.lead_practice),
        "project": found,
        "status": said_status(status),
        "facts": _facts(found),
        "entries": [(each, said_status(each.status)) for each in reversed(entries)],
        "warning": projects.too_small(found.locality) if found.locality and found.plan is None else "",
        "form": form,
        "may_record": not why_not(rules.check_can_record, request.user, found),
        "may_change": not why_not(rules.check_can_change, request.user, found),
        "may_remove": not why_not(rules.check_can_change, request.user, found, "mou.remove_project"),
        "back": _way_back(found),
    }
    return render(request, "mou/projects/project.html", context)


def _way_back(found: Project) -> str:
    if found.plan:
        return f"{reverse('mou:plan', kwargs={'referral': found.plan.referral_id})}#projects"
    return reverse("mou:projects")


def _facts(found: Project) -> list[dict[str, Any]]:
    rows = [
        ("Programme year", str(found.year)),
        ("Horizon", found.get_horizon_display()),
        ("Aim", found.aim),
        ("What will change", found.change),
        ("From", day(found.starts_on)),
        ("To", day(found.ends_on)),
        ("Lead practice", str(found.lead_practice)),
        (
            "Takes part",
            ", ".join(str(each.practice) for each in found.taking_part.select_related("practice")),
        ),
        (
            "High impact actions",
            ", ".join(str(each.action) for each in found.serves.select_related("action")),
        ),
    ]
    return [{"key": {"text": key}, "value": {"text": value}} for key, value in rows]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*rules.BOTH_SIDES)
def remove(request: SignedInRequest, project: int) -> HttpResponse:
    """Asks before a project without any progress is taken out."""
    found = _find(request, project)
    denied = why_not(rules.check_can_change, request.user, found, "mou.remove_project")
    if request.method == "POST":
        back = _way_back(found)
        try:
            actions.remove_project(by=request.user, project=found)
        except Denied as refused:
            denied = str(refused)
        else:
            messages.success(request, "The project was taken out.")
            return redirect(back)
    context = {
        "title": "Take out this project?",
        "sentences": [found.name],
        "denied": denied,
        "confirm": "Take out the project",
        "variant": "warning",
        "back": _page_of(found.pk),
    }
    return render(request, "confirm.html", context)


# --- what a year asks --------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MANAGE_PROGRAMMES)
def requirement(request: SignedInRequest, year: int) -> HttpResponse:
    """Which projects a plan of the year must have."""
    rows = ProgrammeYear.objects.visible_to(request.user).select_related("programme")
    found = get_object_or_404(rows, pk=year)
    setting = ProjectRequirement.objects.filter(year=found).first() or ProjectRequirement(year=found)
    start = {name: getattr(setting, name) for name in ("short", "medium", "long")}
    form = RequirementForm(request.POST if request.method == "POST" else None, initial=start)
    back = reverse("programmes:year", kwargs={"year": found.pk})
    if request.method == "POST" and form.is_valid():
        try:
            actions.require_projects(by=request.user, year=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "It is on record which projects a plan needs.")
            return redirect(back)
    context = {
        "title": "Projects that a plan needs",
        "caption": str(found),
        "intro": "A plan that is not agreed yet needs a project of each of these before anyone may agree it. "
        "A project of the cluster that one of its practices takes part in counts.",
        "form": form,
        "back": back,
    }
    return render(request, "form.html", context)
