from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from puhui.site.checks import check_parties


class SiteConfig(AppConfig):
    name = "puhui.site"
    label = "puhui_site"

    def ready(self) -> None:
        """This function will make the folder of collected files, which need not have been filled: files are found where
        they lie, too.
        """
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        checks.register(check_parties)


class RawTablesConfig(AdminConfig):
    default_site = "puhui.web.staff.raw_tables.RawTables"
