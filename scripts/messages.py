"""Collect msgids into the Chinese catalogues of each part of the web layer, and compile them. Needs gettext."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
if shutil.which("msgfmt") is None:
    sys.exit("msgfmt is missing; install it with: apt-get install gettext")
for part in ("borrower", "staff", "shared"):
    folder = ROOT / "src/puhui/web" / part
    for catalogue in sorted(folder.glob("locale/*/LC_MESSAGES/django.po")):
        subprocess.run(
            ["msgfmt", "--check", "-o", str(catalogue.with_suffix(".mo")), str(catalogue)], check=True
        )
        print(f"compiled {catalogue.relative_to(ROOT)}")
