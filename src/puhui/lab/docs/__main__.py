"""The command `python -m puhui.lab.docs`: write the reference pages, or with --check name the stale ones."""

from __future__ import annotations

import argparse
import os
import sys

import django


def main() -> int:
    """This function will write or compare the reference pages and return the exit code."""
    parser = argparse.ArgumentParser(prog="puhui.lab.docs", description="write docs/reference from the code")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
    django.setup()
    from puhui.lab.docs.pages import stale_pages, write_pages

    if options.check:
        stale = stale_pages()
        for name in stale:
            print(f"puhui: {name} is stale; run: python -m puhui.lab.docs")
        return 1 if stale else 0
    changed = write_pages()
    print(f"puhui: {len(changed)} pages changed" + "".join(f"\n  {name}" for name in changed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
