"""All routes, by audience."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("puhui.web.urls")),
]

handler400 = "puhui.web.errors.bad_request"
handler403 = "puhui.web.errors.forbidden"
handler404 = "puhui.web.errors.not_found"
handler500 = "puhui.web.errors.server_error"
