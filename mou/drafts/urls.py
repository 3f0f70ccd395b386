"""Addresses of the drafts."""

from django.urls import path

from mou.drafts import views

urlpatterns = [
    path("referrals/<int:referral>/mou/new-draft/", views.make_draft, name="make_draft"),
    path("referrals/<int:referral>/mou/send/", views.send, name="send"),
    path("mou/drafts/<int:mou_draft>/", views.draft, name="read_draft"),
    path("mou/drafts/<int:mou_draft>/draft.pdf", views.draft_pdf, name="draft_pdf"),
    path("mou/drafts/<int:mou_draft>/changes/", views.compare_drafts, name="compare_drafts"),
    path("mou/drafts/<int:mou_draft>/comment/", views.comment_on_draft, name="comment_on_draft"),
    path("mou/drafts/<int:mou_draft>/agree/", views.agree_draft, name="agree_draft"),
    path("mou/comments/<int:draft_comment>/answer/", views.answer_comment, name="answer_comment"),
]
