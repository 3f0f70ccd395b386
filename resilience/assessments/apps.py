from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "resilience.assessments"
    label = "assessments"
