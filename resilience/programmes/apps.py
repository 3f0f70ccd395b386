from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "resilience.programmes"
    label = "programmes"
