"""Addresses of the MoU and of the public check."""

from django.urls import path

from mou.agreement import other_views, sign_views, views

urlpatterns = [
    path("referrals/<int:referral>/mou/", views.mou_case, name="case"),
    path("mou/<int:agreement>/", views.read, name="read"),
    path("mou/<int:agreement>/document.pdf", views.document, name="document"),
    path("mou/<int:agreement>/sealed.pdf", views.sealed, name="sealed"),
    path("mou/<int:agreement>/sign/", sign_views.sign, name="sign"),
    path("mou/<int:agreement>/signed/", sign_views.signed, name="signed"),
    path("mou/<int:agreement>/withdraw/", sign_views.withdraw, name="withdraw"),
    path("mou/<int:agreement>/decline/", sign_views.decline, name="decline"),
    path("mou/<int:agreement>/more-time/", sign_views.postpone, name="postpone"),
    path("mou/<int:agreement>/pass-on/", other_views.delegate, name="delegate"),
    path("mou/<int:agreement>/on-paper/", other_views.record_paper, name="record_paper"),
    path("mou/signatures/<int:signature>/scan/", other_views.scan, name="scan"),
    path("check-a-document/", views.check_document, name="check_document"),
]
