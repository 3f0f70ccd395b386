"""Addresses of the office's side of a referral."""

from django.urls import path

from resilience.referrals import views_case, views_chosen, views_office

urlpatterns = [
    path("worklist/", views_office.worklist, name="worklist"),
    path("worklist/chosen/", views_chosen.chosen, name="chosen"),
    path("worklist/acknowledgement-times/", views_office.clock, name="clock"),
    path("<int:referral>/case/", views_case.case, name="case"),
    path("<int:referral>/messages/", views_case.messages_page, name="messages"),
    path("<int:referral>/timeline/", views_case.timeline, name="timeline"),
    path("<int:referral>/acknowledge/", views_case.acknowledge, name="acknowledge"),
    path("<int:referral>/assign/", views_case.assign, name="assign"),
    path("<int:referral>/ask/", views_case.ask, name="ask"),
    path("<int:referral>/correct/", views_case.correct, name="correct"),
    path("<int:referral>/statement/", views_case.state_support, name="state_support"),
]
