"""Addresses of the practice's side of the referrals room."""

from django.urls import path

from resilience.referrals import views_entry, views_follow, views_parts, views_practice

urlpatterns = [
    path("refer/", views_practice.start, name="start"),
    path("enter/", views_entry.enter, name="enter"),
    path("<int:referral>/draft/", views_practice.draft, name="draft"),
    path("<int:referral>/draft/group/", views_parts.group, name="group"),
    path("<int:referral>/draft/check/", views_practice.check, name="check"),
    path("<int:referral>/draft/delete/", views_practice.discard, name="discard"),
    path("<int:referral>/draft/part/<slug:part>/", views_parts.part, name="part"),
    path("<int:referral>/sent/", views_practice.done, name="done"),
    path("<int:referral>/follow/", views_follow.follow, name="follow"),
    path("<int:referral>/form/", views_follow.form, name="form"),
    path("<int:referral>/copy/", views_follow.copy, name="copy"),
    path("<int:referral>/withdraw/", views_follow.withdraw, name="withdraw"),
    path("answer/<int:message>/", views_follow.answer, name="answer"),
    path("attachments/<int:attachment>/", views_follow.attachment, name="attachment"),
]
