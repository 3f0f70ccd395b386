"""The page that divides a group's referral."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mou.groups import actions, rules
from mou.groups.forms import DivideForm
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.words import plural
from resilience.decisions.carrying import granted
from resilience.referrals import case as cases
from resilience.referrals.dividing import places_of
from resilience.referrals.following import open_questions
from resilience.referrals.receipt import title


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def divide(request: HttpRequest, referral: int) -> HttpResponse:
    """What will happen, then a contact and an amount for each practice; once done, the group's page answers."""
    group = cases.find(request, referral, P.WORK_REFERRALS)
    decision = granted(group)
    places = places_of(group)
    form = DivideForm(
        request.POST if request.method == "POST" else None,
        group=group,
        places=places,
        granted=decision.amount if decision else 0,
    )
    form.keep = f"divide-{group.pk}"
    refused = why_not(rules.check_can_divide, request.user, group)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.divide(
                by=request.user, referral=group, practices=form.practices, why=form.cleaned_data["why"]
            )
        except rules.AlreadyDivided as denied:
            messages.info(request, str(denied))
            return redirect("referrals:case", referral=group.pk)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request,
                f"{plural(len(made), 'practice')} have a case each. Their contacts are told by email.",
            )
            return redirect("referrals:case", referral=group.pk)
    context = {
        "title": "Give each practice a case of its own",
        "caption": f"Referral {group.reference}, {title(group)}",
        "group": group,
        "places": places,
        "granted": decision.amount if decision else 0,
        "questions": len(open_questions(group)),
        "form": form if form.is_bound or not refused else None,
        "why_not": refused,
        "back": reverse("mou:case", kwargs={"referral": group.pk}),
    }
    return render(request, "mou/groups/divide.html", context)
