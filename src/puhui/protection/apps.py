"""The protection app: its tables stand in this package and in that of the policy texts."""

from importlib import import_module

from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "puhui.protection"
    label = "protection"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Load the tables of the inner package, too."""
        super().import_models()
        import_module("puhui.protection.texts.models")
