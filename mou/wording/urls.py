"""Addresses of the wording."""

from django.urls import path

from mou.wording import views, views_draft

urlpatterns = [
    path("mou/wording/", views.wordings, name="wordings"),
    path("mou/wording/<int:year>/", views.templates, name="templates"),
    path("mou/wording/<int:year>/start/", views_draft.start_draft, name="start_draft"),
    path("mou/wording/<int:year>/import/", views_draft.import_wording, name="import_wording"),
    path("mou/wording/version/<int:template>/", views.template, name="template"),
    path("mou/wording/version/<int:template>/file.json", views.export_wording, name="export_wording"),
    path("mou/wording/version/<int:template>/used/", views.used_by, name="used_by"),
    path("mou/wording/version/<int:template>/compare/", views.compare_wordings, name="compare_wordings"),
    path("mou/wording/version/<int:template>/preview/", views.preview_wording, name="preview_wording"),
    path(
        "mou/wording/version/<int:template>/preview.pdf",
        views.preview_wording_pdf,
        name="preview_wording_pdf",
    ),
    path("mou/wording/writing/<int:wording>/", views_draft.draft, name="draft"),
    path("mou/wording/writing/<int:wording>/sections/", views_draft.draft_arrange, name="draft_arrange"),
    path(
        "mou/wording/writing/<int:wording>/sections/<int:section_number>/",
        views_draft.draft_section,
        name="draft_section",
    ),
    path("mou/wording/writing/<int:wording>/settings/", views_draft.draft_settings, name="draft_settings"),
    path(
        "mou/wording/writing/<int:wording>/appendices/",
        views_draft.draft_appendices,
        name="draft_appendices",
    ),
    path("mou/wording/writing/<int:wording>/discard/", views_draft.draft_discard, name="draft_discard"),
    path("mou/wording/writing/<int:wording>/publish/", views_draft.draft_publish, name="draft_publish"),
]
