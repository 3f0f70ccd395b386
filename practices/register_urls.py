"""Addresses of the register: the list, a practice, search as you type, imports."""

from django.urls import path

from practices import import_views, register_views

app_name = "practices"
urlpatterns = [
    path("", register_views.practices, name="list"),
    path("find/", register_views.find_practices, name="find"),
    path("import/", import_views.upload, name="import"),
    path("import/<int:data_import>/", import_views.preview, name="import_preview"),
    path("import/<int:data_import>/discard/", import_views.discard, name="import_discard"),
    path("<str:ods_code>/", register_views.practice, name="practice"),
]
