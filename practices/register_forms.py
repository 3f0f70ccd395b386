"""The form that takes files of the register. It validates and never writes."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from resilience.core.forms import Form
from resilience.core.words import plural

MOST_FILES = 10


class _ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class RegisterFilesField(forms.FileField):
    """Up to ten files; what is in them is read by the action."""

    widget = _ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(RegisterFilesField, self).clean(one) for one in data or [None]]
        if len(files) > MOST_FILES:
            raise ValidationError(f"Choose at most {plural(MOST_FILES, 'file')} at once")
        most = settings.MAX_REGISTER_UPLOAD
        if sum(file.size for file in files) > most:
            raise ValidationError(f"The files must be smaller than {most // 1024 // 1024} MB together")
        return files


class RegisterFilesForm(Form):
    submit = "Show what would change"
    register_files = RegisterFilesField(
        label="Files",
        help_text="One or several, as they were published: csv, plain or packed as xz, gz, bz2 or zip. "
        "Nothing is written until you have seen what would change.",
        error_messages={"empty": "The file is empty: choose the csv file as it was published"},
    )
