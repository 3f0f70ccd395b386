from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "resilience.demo"
    label = "demo"
