"""Every address of the partner API, each behind the gate. What is not here is answered with a problem document."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path
from ninja.operation import PathView

from puhui.web.partner_api import docs, token
from puhui.web.partner_api.api import api
from puhui.web.partner_api.gate import guarded, nothing_here
from puhui.web.partner_api.run import running


def _operations() -> list[URLPattern]:
    """Django-ninja's own patterns, each view behind the gate; `ninja_view` leads a reader of the router to it."""
    found: list[URLPattern] = []
    for router in api._get_bound_routers():
        for address, view in router.path_operations.items():
            found.append(_behind(address, view))
    return found


def _behind(address: str, view: PathView) -> URLPattern:
    entered = guarded(running(view))
    entered.operations = view.operations  # type: ignore[attr-defined]  # methods, scopes: for the access matrix
    name = view.operations[0].url_name
    return path(address.lstrip("/").replace("{", "<str:").replace("}", ">"), entered, name=name)


app_name = "partner_api"
urlpatterns = [
    *_operations(),
    path("oauth/token", guarded(token.get_token, kind=token.FORM), name="get_token"),
    path("oauth/revoke", guarded(token.revoke_token, kind=token.FORM), name="revoke_token"),
    path("openapi.json", guarded(docs.openapi_json), name="openapi"),
    path("docs", guarded(docs.page), name="docs"),
    re_path(r"^.*$", guarded(nothing_here), name="nothing"),
]
