from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "puhui.site"
    label = "puhui_site"
