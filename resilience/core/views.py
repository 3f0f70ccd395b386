"""Small things every page needs: saved views, and staying signed in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from resilience.core.access import public, signed_in
from resilience.core.forms import Form
from resilience.core.models import SavedView


class SaveViewForm(Form):
    name = forms.CharField(label="Name of the view", max_length=60)
    page = forms.SlugField(max_length=100, widget=forms.HiddenInput)
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list the person came from; never to another host."""
    wanted = request.POST.get("next", "")
    hosts = {request.get_host()}
    return redirect(wanted if url_has_allowed_host_and_scheme(wanted, hosts, request.is_secure()) else "/")


@require_POST
@signed_in
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a list's filters under a name; the same name again replaces them."""
    person: Any = request.user
    form = SaveViewForm(request.POST)
    if form.is_valid():
        kept = form.cleaned_data
        SavedView.objects.update_or_create(
            person=person, page=kept["page"], name=kept["name"], defaults={"query": kept["query"]}
        )
        messages.success(request, f"The view “{kept['name']}” is saved. It stands above this list.")
    else:
        for errors in form.errors.values():
            messages.error(request, f"The view was not saved: {' '.join(map(str, errors))}")
    return _back(request)


@require_POST
@signed_in
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of the person's own views."""
    view = get_object_or_404(SavedView, person=request.user, pk=pk)
    view.delete()
    messages.success(request, f"The view “{view.name}” is deleted.")
    return _back(request)


@public
@require_GET
def stay_signed_in(request: HttpRequest) -> JsonResponse:
    """Asked by the page before a session ends; answering it keeps the session alive. 401 when it has ended."""
    return JsonResponse({}, status=200 if request.user.is_authenticated else 401)
