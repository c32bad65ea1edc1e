"""Collect msgids into the Chinese catalogues of each part of the web layer, and compile them. Needs no outside program."""

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
django.setup()
call_command("messages")
