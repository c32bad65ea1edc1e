"""The WSGI application that granian serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
django.setup(set_prefix=False)

from puhui.web.partner_api.straight import Handler  # noqa: E402  # needs the settings

application = Handler()
