"""What the office writes for itself leaves in no email to a practice, at the moment it is written."""

import pytest
from django.urls import reverse
from post_office.models import Email

from resilience.core.access import Role
from resilience.referrals.states import State
from tests.discovery.test_access import client_of
from tests.discovery.world import make_corner, referral_in

pytestmark = pytest.mark.django_db

MARK = "Only for the office Zofficeonlyz"


def test_no_email_to_a_practice_carries_it():
    corner = make_corner()
    referral = referral_in(corner, State.UNDER_ASSESSMENT)
    officer = client_of(corner.people[Role.PROGRAMME_OFFICER])
    texts = {
        "referrals:messages": {"text": MARK},
        "assessments:escalate": {"why": MARK},
        "referrals:state_support": {"statement": MARK, "priority": "high"},
    }
    for name, typed in texts.items():
        response = officer.post(reverse(name, kwargs={"referral": referral.pk}), typed)
        assert response.status_code == 302, name
    page = reverse("referrals:follow", kwargs={"referral": referral.pk})
    practice = client_of(corner.people[Role.PRACTICE_USER])
    answer = officer.post(reverse("referrals:ask", kwargs={"referral": referral.pk}), {"text": "How many?"})
    assert answer.status_code == 302

    theirs = {referral.contact_email, corner.people[Role.PRACTICE_USER].email}
    sent = [each for each in Email.objects.all() if theirs & set(each.to)]
    assert sent
    for each in sent:
        assert MARK not in f"{each.subject} {each.message} {each.context}"
    assert MARK not in practice.get(page).content.decode()
    assert "How many?" in practice.get(page).content.decode()


def test_a_name_with_a_line_break_adds_no_header():
    corner = make_corner()
    referral = referral_in(corner, State.RECEIVED, contact_name="Pat\r\nBcc: evil@example.org")
    officer = client_of(corner.people[Role.PROGRAMME_OFFICER])
    address = reverse("referrals:acknowledge", kwargs={"referral": referral.pk})
    typed = {
        "subject": "Yours\r\nBcc: evil@example.org",
        "body": "{% load x %} <b>",
        "step": "send",
    }
    assert officer.post(address, typed).status_code == 302
    sent = Email.objects.latest("pk")
    message = sent.prepare_email_message()
    assert message.bcc == []
    assert message.recipients() == [referral.contact_email]
    assert "\n" not in message.subject
    assert message.body.strip() == typed["body"]
    assert not getattr(message, "alternatives", None)
    assert b"\nBcc:" not in message.message().as_bytes().partition(b"\n\n")[0]
