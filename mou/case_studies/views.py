"""The pages of a case study within its case: read, written in parts, consented to, published, withdrawn."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mou.agreement.forms import WhyForm
from mou.case_studies import actions, page, publishing, rules, texts
from mou.case_studies.forms import ConsentForm, KeepForm, OptionalWhyForm, PartForm, PublishForm
from mou.case_studies.giveaways import hits_of, kept, unsettled
from mou.case_studies.states import EITHER, OFFICER, PRACTICE, PUBLISHER
from mou.models import CaseStudy, CaseStudyText, Naming
from mou.people import is_for_practice
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.referrals import case
from resilience.referrals.models import Referral

_READERS = (P.PLAN_FOR_PRACTICE, P.VIEW_INTERNAL)


def _find(request: HttpRequest, pk: int) -> tuple[Referral, CaseStudy | None]:
    """The case in the person's reach, with its case study; 404 or Denied."""
    referral = case.find(request, pk, P.VIEW_MOU)
    rules.check_can_read(request.user, referral)
    study = texts.study_of(referral)
    if study is not None:
        study.referral = referral
    return referral, study


def _find_started(request: HttpRequest, pk: int) -> tuple[Referral, CaseStudy]:
    referral, study = _find(request, pk)
    if study is None:
        raise Http404
    return referral, study


@requires(*_READERS)
@require_GET
def case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """Where it stands, the text as it would be published, and what this person may do."""
    found, study = _find(request, referral)
    context: dict[str, Any] = {
        **case.page(request, found, "mou:delivery"),
        "promised": page.is_promised(found),
        "is_own": is_for_practice(request.user, found),
    }
    if study is None:
        context["why_not_start"] = why_not(
            rules.check_can_write, request.user, found, None, "mou.start_case_study"
        )
    else:
        context |= page.shown(request.user, found, study)
    return render(request, "mou/case_studies/case.html", context)


@requires(*EITHER)
@require_POST
def start_case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """Begin it, and go to its first part. A second click finds it begun."""
    found, study = _find(request, referral)
    if study is None:
        try:
            actions.start_case_study(by=request.user, referral=found)
        except Denied:
            if texts.study_of(found) is None:  # else somebody began it at the same moment
                raise
    return redirect(page.part_address(found, "story"))


# --- written -----------------------------------------------------------------------------------


def _theirs(form: PartForm, part: str, theirs: CaseStudyText) -> dict[str, Any]:
    """What somebody else saved in the meantime, beside what was typed."""
    rows: list[dict[str, Any]] = []
    for name in texts.PARTS[part][1]:
        if name == "categories":
            rows.append(
                {
                    "label": "Categories of support",
                    "text": "; ".join(item.name for item in texts.items_of(theirs)),
                }
            )
        else:
            text = getattr(theirs, name)
            changes = page.differences(text, form.cleaned_data.get(name, ""))
            rows.append({"label": texts.FIELDS[name].label, "text": text, "changes": changes})
    return {"who": theirs.written_by.name, "at": theirs.written_at, "rows": rows}


@requires(*EITHER)
@require_http_methods(["GET", "POST"])
def write_case_study(request: HttpRequest, referral: int, study_part: str) -> HttpResponse:
    """One part of it, saved by itself."""
    if study_part not in texts.PARTS:
        raise Http404
    found, study = _find_started(request, referral)
    title, names = texts.PARTS[study_part]
    rules.check_can_write(request.user, found, study)
    text = texts.latest(study)
    now = texts.values(text)
    form = PartForm(
        request.POST or None,
        part=study_part,
        menu=found.year.menu.all(),
        initial={name: now[name] for name in names} | {"seen_text": text.number},
    )
    form.keep = f"case-study-{found.pk}-{study_part}"
    theirs = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_case_study(
                by=request.user, referral=found, seen=form.cleaned_data["seen_text"], **form.said
            )
        except actions.ChangedMeanwhile as changed:
            add_denied(form, changed)
            form.data = request.POST.copy()
            form.data["seen_text"] = str(changed.theirs.number)
            theirs = _theirs(form, study_part, changed.theirs)
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(page.address(found))
    context = {
        "title": f"{title}: {found.reference}",
        "form": form,
        "theirs": theirs,
        "takes_back": study.state in (CaseStudy.State.ASKED, CaseStudy.State.CONSENTED),
        "is_own": is_for_practice(request.user, found),
        "back": page.address(found),
    }
    return render(request, "mou/case_studies/write.html", context)


@requires(*OFFICER)
@require_http_methods(["GET", "POST"])
def keep_words(request: HttpRequest, referral: int) -> HttpResponse:
    """Words that might give the practice away and may stay, each with the reason."""
    found, study = _find_started(request, referral)
    is_named = study.naming == Naming.NAMED
    hits = {
        hit.mark: hit
        for hit in unsettled(study, texts.latest(study), is_named=is_named)
        if not hit.is_certain
    }
    form = KeepForm(request.POST or None, hits=list(hits.values()))
    form.keep = f"case-study-words-{found.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            actions.keep_words(by=request.user, referral=found, reasons=form.reasons)
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(page.address(found))
    context = {
        "title": f"Words that may stay: {found.reference}",
        "form": form,
        "hits": hits,
        "why_not": why_not(rules.check_can_keep, request.user, found, study),
        "back": page.address(found),
    }
    return render(request, "mou/case_studies/keep.html", context)


# --- consent -----------------------------------------------------------------------------------


@requires(*PRACTICE)
@require_http_methods(["GET", "POST"])
def consent_to_case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """The copy itself, what was changed since the practice wrote, then named or not, and the consent."""
    found, study = _find_started(request, referral)
    text = texts.latest(study)
    copies = {key: publishing.content_of(found, text, is_named=key == "yes") for key in ("yes", "no")}
    form = ConsentForm(
        request.POST or None,
        about={key: publishing.about(content) for key, content in copies.items()},
        initial={
            "named_sha256": texts.digest(copies["yes"]),
            "unnamed_sha256": texts.digest(copies["no"]),
            "is_named": {Naming.NAMED: "yes", Naming.UNNAMED: "no"}.get(Naming(study.naming)),
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.consent_to_case_study(by=request.user, referral=found, **form.said)
        except rules.TellsTooMuch as tells:
            if form.said["is_named"] or study.naming == Naming.UNNAMED:
                add_denied(form, tells)
            else:
                actions.opt_out_of_being_named(by=request.user, referral=found)
                messages.success(
                    request,
                    "Your practice will not be named. The text still holds words that would give it away: "
                    "the office changes them and asks you again.",
                )
                return redirect(page.address(found))
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "You have given consent. You can take it back at any time.")
            return redirect(page.address(found))
    reasons = kept(study)
    stays = page.told(hits_of(found, text, is_named=False), reasons, found)
    context = {
        "title": f"Do you consent to the case study of {found.reference}?",
        "form": form,
        "document": page.html_of(copies["yes" if study.naming == Naming.NAMED else "no"]),
        "changes": page.changes_since_practice(study, text),
        "kept": [each for each in stays if each["kept"]],
        "why_not": why_not(rules.check_can_consent, request.user, found, study),
        "ask_for_changes": reverse("mou:ask_for_changes", kwargs={"referral": found.pk}),
        "back": page.address(found),
    }
    return render(request, "mou/case_studies/consent.html", context)


def _act(
    request: HttpRequest,
    referral: int,
    *,
    title: str,
    sentences: list[str],
    rule: Callable[..., None],
    act: Callable[..., Any],
    done: str,
    form: Any = None,
    variant: str = "",
) -> HttpResponse:
    """A page that asks before an act is done, with a form for its reason."""
    found, study = _find_started(request, referral)
    denied = why_not(rule, request.user, found, study) if request.method == "GET" else ""
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            act(by=request.user, referral=found, **(form.cleaned_data if form else {}))
        except Denied as refused:
            if form is None:
                denied = str(refused)
            else:
                add_denied(form, refused)
        else:
            messages.success(request, done)
            return redirect(page.address(found))
    return render(
        request,
        "confirm.html",
        {
            "title": f"{title}: {found.reference}",
            "sentences": sentences,
            "form": form,
            "denied": denied,
            "confirm": title,
            "variant": variant,
            "back": page.address(found),
        },
    )


@requires(*PRACTICE)
@require_http_methods(["GET", "POST"])
def hand_in_case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """The practice has written it."""
    return _act(
        request,
        referral,
        title="Tell the office that it is ready",
        sentences=[
            "The office reads it, may edit it, and then asks you for your consent to the exact words."
        ],
        rule=rules.check_can_hand_in,
        act=actions.hand_in_case_study,
        done="The office has been told.",
    )


@requires(*OFFICER)
@require_http_methods(["GET", "POST"])
def ask_for_consent(request: HttpRequest, referral: int) -> HttpResponse:
    """Send it to the practice."""
    return _act(
        request,
        referral,
        title="Ask the practice for consent",
        sentences=[
            "The practice reads exactly what would be published, and what you have changed in its words.",
            "It chooses whether it is named. If you change the text after this, you must ask again.",
        ],
        rule=rules.check_can_ask,
        act=actions.ask_for_consent,
        done="The practice has been asked for its consent.",
    )


@requires(*PRACTICE)
@require_http_methods(["GET", "POST"])
def ask_for_changes(request: HttpRequest, referral: int) -> HttpResponse:
    """The practice does not consent to this text."""
    return _act(
        request,
        referral,
        title="Ask for changes",
        sentences=["Say what should change. You can also change the words yourself."],
        rule=rules.check_can_ask_for_changes,
        act=actions.ask_for_changes,
        done="The office has been told what should change.",
        form=WhyForm(request.POST or None),
    )


@requires(*EITHER)
@require_http_methods(["GET", "POST"])
def opt_out_of_being_named(request: HttpRequest, referral: int) -> HttpResponse:
    """The practice is not to be named."""
    return _act(
        request,
        referral,
        title="Opt out of being named",
        sentences=[
            "The case study will say only the region or local office and how large the practice is.",
            "If a copy that names the practice is published, it is withdrawn at once, everywhere. "
            "The practice is asked again before anything is published without its name.",
        ],
        rule=rules.check_can_opt_out,
        act=actions.opt_out_of_being_named,
        done="The practice will not be named.",
        form=OptionalWhyForm(request.POST or None),
        variant="warning",
    )


@requires(*PRACTICE)
@require_http_methods(["GET", "POST"])
def withdraw_consent(request: HttpRequest, referral: int) -> HttpResponse:
    """The practice does not consent any more."""
    return _act(
        request,
        referral,
        title="Take back the consent",
        sentences=["If the case study is published, it is withdrawn at once. You need not say why."],
        rule=rules.check_can_withdraw_consent,
        act=actions.withdraw_consent,
        done="Your consent is taken back.",
        form=OptionalWhyForm(request.POST or None),
        variant="warning",
    )


# --- published ---------------------------------------------------------------------------------


@requires(*PUBLISHER)
@require_http_methods(["GET", "POST"])
def publish_case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """Exactly what would be published, then the button."""
    found, study = _find_started(request, referral)
    is_named = study.naming == Naming.NAMED
    content = publishing.content_of(found, texts.latest(study), is_named=is_named)
    form = PublishForm(request.POST or None, initial={"sha256": texts.digest(content)})
    if request.method == "POST" and form.is_valid():
        try:
            actions.publish_case_study(by=request.user, referral=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The case study is published.")
            return redirect(page.address(found))
    context = {
        "title": f"Publish the case study of {found.reference}",
        "form": form,
        "document": page.html_of(content),
        "is_named": is_named,
        "denied": why_not(rules.check_can_publish, request.user, found, study),
        "confirm": "Publish it",
        "back": page.address(found),
    }
    return render(request, "mou/case_studies/publish.html", context)


@requires(*PUBLISHER)
@require_http_methods(["GET", "POST"])
def send_back_case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """Not published yet, with the reason."""
    return _act(
        request,
        referral,
        title="Send it back",
        sentences=[
            "The practice’s consent does not stand any more: it is asked again when the text is changed."
        ],
        rule=rules.check_can_send_back,
        act=actions.send_back_case_study,
        done="The case study was sent back.",
        form=WhyForm(request.POST or None),
    )


@requires(*PUBLISHER)
@require_http_methods(["GET", "POST"])
def take_down_case_study(request: HttpRequest, referral: int) -> HttpResponse:
    """Withdrawn from publication, with the reason."""
    return _act(
        request,
        referral,
        title="Withdraw it from publication",
        sentences=["Nobody can read the published copy any more. It can be changed, and published anew."],
        rule=rules.check_can_take_down,
        act=actions.take_down_case_study,
        done="The case study was withdrawn.",
        form=WhyForm(request.POST or None),
        variant="warning",
    )
