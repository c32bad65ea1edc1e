"""The decisions app: its tables stand in this package and in that of the registry."""

from importlib import import_module

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "puhui.decisions"
    label = "decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Load the tables of the inner packages, too."""
        super().import_models()
        import_module("puhui.decisions.registry.models")
        import_module("puhui.decisions.exploring.models")
