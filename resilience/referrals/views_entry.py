"""An officer enters a referral that came on paper or by email."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from practices.models import Practice
from resilience.core.access import Denied, P, requires
from resilience.core.forms import add_denied
from resilience.programmes.models import ProgrammeYear
from resilience.referrals import actions, forms, rules
from resilience.referrals.entry_forms import EntryForm
from resilience.referrals.openings import line_of


def years_for(user: Any) -> list[ProgrammeYear]:
    """Programme years that have opened and cover a practice whose referrals ``user`` works on."""
    mine = Practice.objects.visible_to(user, P.WORK_REFERRALS).exclude(commissioner=None)
    owners: set[int] = set()
    commissioners = {
        each.commissioner_id: each.commissioner for each in mine.order_by().select_related("commissioner")
    }
    for commissioner in commissioners.values():
        owners.update(line_of(commissioner))
    years = ProgrammeYear.objects.filter(programme__owner__in=owners, opens_at__lte=timezone.now())
    return list(years.select_related("programme"))


@requires(P.WORK_REFERRALS)
def enter(request: HttpRequest) -> HttpResponse:
    """Which programme, then the whole form on one page."""
    years = years_for(request.user)
    given = request.GET.get("year")
    year = next((each for each in years if str(each.pk) == given), years[0] if len(years) == 1 else None)
    title = "Enter a referral that did not come online"
    if year is None:
        label = "Which programme is the referral for?"
        choices = [(each.pk, str(each)) for each in years]
        form: Any = forms.ChooseForm(
            request.GET if "year" in request.GET else None, name="year", label=label, choices=choices
        )
        if years:
            return render(request, "referrals/practice/choose.html", {"title": label, "form": form})
        context = {"title": title, "sentences": ["No programme that you work for has opened yet."]}
        return render(request, "referrals/practice/closed.html", context)
    posted = request.method == "POST"
    form = EntryForm(request.POST if posted else None, request.FILES if posted else None, year=year)
    form.keep = f"enter-{year.pk}"
    if posted and form.is_valid():
        referral = _enter(request, form)
        if referral is not None:
            messages.success(request, f"Referral {referral.reference} was entered.")
            return redirect("referrals:case", referral=referral.pk)
    # The ticks are shown only once the answers called for them.
    for name in ("known_late", "known_open"):
        if name not in form.errors and not (posted and request.POST.get(name)):
            del form.fields[name]
    context = {"title": title, "caption": str(year), "form": form, "back": reverse("referrals:worklist")}
    return render(request, "referrals/practice/enter.html", context)


def _enter(request: HttpRequest, form: EntryForm) -> Any:
    data = form.cleaned_data
    others = data.get("others", [])
    ids = [data["practice"].pk, *(each.pk for each in others)]
    already = rules.sentences_about(request.user, rules.open_referrals_of(form.year, ids), ids)
    if already and not data["known_open"]:
        form.add_error("known_open", f"{' '.join(already)} Tick the box to enter this one as well")
        return None
    try:
        return actions.enter(
            by=request.user,
            practice=data["practice"],
            year=form.year,
            others=others,
            answers=form.answers(),
            received_on=data["received_on"],
            channel=data["channel"],
            original=data["original"][0],
            knows_it_is_late=data["known_late"],
            knows_of_open=data["known_open"],
        )
    except Denied as denied:
        add_denied(form, denied)
        return None
