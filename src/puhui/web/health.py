"""Whether the deployment is well: for probes, for `make run`'s last line, and for a Prometheus scraper."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from puhui import __version__
from puhui.loans import queries as loans
from puhui.runtime import queries as runtime
from puhui.web import clock
from puhui.web.counting import counters


def demo_state() -> str:
    """This function will return "loading" until the demo's loader has left its mark, "ready" outside the demo."""
    if not settings.DEMO:
        return "ready"
    mark = settings.VAR_DIR / "demo.state"
    return mark.read_text(encoding="utf-8").strip() if mark.exists() else "loading"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever is wrong with it, it is not well
        return "down"
    return "ok"


@require_safe
def healthz(request: HttpRequest) -> HttpResponseBase:
    """This function will answer the state of demo, database and worker; 503 when the database does not answer."""
    request.bare = True  # type: ignore[attr-defined]
    if _database() == "down":
        body: dict[str, Any] = {"demo": "loading", "loans": 0, "database": "down", "worker": "unknown"}
        return JsonResponse({**body, "version": __version__}, status=503)
    try:
        status = runtime.get_worker_status(now=clock.now(request))
        body = {
            "demo": demo_state(),
            "loans": loans.count_loans(),
            "database": "ok",
            "worker": "ok" if status.alive else "silent",
            "overdue": status.overdue,
            "dead": status.dead,
        }
    except Exception:  # the tables may not be there yet while the first run migrates
        body = {"demo": "loading", "loans": 0, "database": "migrating", "worker": "unknown"}
    return JsonResponse({**body, "version": __version__})


@require_safe
def metrics(request: HttpRequest) -> HttpResponseBase:
    """This function will write the counters in Prometheus' text format; no personal data, no paths with ids."""
    counts = runtime.work_counts()
    lines = ["# TYPE puhui_requests_total counter"]
    for (method, route, status), count in sorted(counters().items()):
        lines.append(f'puhui_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}')
    lines.append("# TYPE puhui_work gauge")
    lines += [f'puhui_work{{state="{state}"}} {getattr(counts, state)}' for state in counts.__slots__]
    lines += ["# TYPE puhui_loans gauge", f"puhui_loans {loans.count_loans()}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; version=0.0.4; charset=utf-8")
