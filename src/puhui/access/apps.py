"""The access app: its tables stand in this package and in those of partners and of the staff's desk."""

from importlib import import_module

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "puhui.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Load the tables of the inner packages, too: they import the user, so the user's module cannot import them."""
        super().import_models()
        for inner in ("partners", "staff"):
            import_module(f"puhui.access.{inner}.models")
