from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "resilience.decisions"
    label = "decisions"
