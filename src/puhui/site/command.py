"""The command line `puhui`: Django's own commands and ours (worker, demo, lab, …)."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """This function will run `puhui COMMAND …`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
    from django.core.management import execute_from_command_line

    from puhui.site.environment import SettingRefused

    try:
        execute_from_command_line(sys.argv)
    except SettingRefused as refused:
        sys.exit(f"puhui: {refused}")


if __name__ == "__main__":
    main()
