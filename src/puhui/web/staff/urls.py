"""The staff's pages. Each view carries the permissions it needs; the access matrix is read off them."""

from __future__ import annotations

from django.urls import path, re_path

from puhui.web.staff import (
    approvals,
    audit,
    customers,
    file,
    guarantees,
    items,
    loan_events,
    login,
    me,
    models,
    monitoring,
    paper,
    policies,
    portfolio,
    queue,
    relief,
    reports,
    sources,
    webhooks,
)

urlpatterns = [
    path("", queue.start, name="staff"),
    path("login", login.login_page, name="staff_login"),
    path("login/second-factor", login.second_factor_page, name="staff_second_factor"),
    path("logout", login.logout, name="staff_logout"),
    path("me", me.me_page, name="staff_me"),
    path("queue", queue.queue_page, name="staff_queue"),
    path("queue/<slug:kind>/<str:ref>", items.item_page, name="staff_item"),
    path("papers/<id:proof_id>", paper.view, name="staff_paper"),
    path("approvals", approvals.list_page, name="staff_approvals"),
    path("payments/<id:order_id>", approvals.payment_page, name="staff_payment"),
    path("people", approvals.people_page, name="staff_people"),
    path("customers", customers.list_page, name="staff_customers"),
    path("customers/<id:customer_id>", file.file_page, name="staff_customer"),
    path("customers/<id:customer_id>/unmask", file.unmask, name="staff_unmask"),
    re_path(
        r"^customers/(?P<customer_id>[a-z2-7]{26})/documents/(?P<sha256>[0-9a-f]{64})$",
        file.document,
        name="staff_document",
    ),
    path(
        "customers/<id:customer_id>/letters/<word:letter>/<id:about_id>.pdf", file.letter, name="staff_letter"
    ),
    path("loans/<id:loan_id>/events", loan_events.event_page, name="staff_loan_event"),
    path("reports", reports.reports_page, name="staff_reports"),
    path("guarantees", guarantees.guarantees_page, name="staff_guarantees"),
    path("relief", relief.list_page, name="staff_relief"),
    path("relief/<id:request_id>", relief.request_page, name="staff_relief_request"),
    path("portfolio", portfolio.portfolio_page, name="staff_portfolio"),
    re_path(r"^portfolio/(?P<table>[a-z]+)\.(?P<form>csv|parquet)$", portfolio.export, name="staff_export"),
    path("monitoring", monitoring.monitoring_page, name="staff_monitoring"),
    path("sources", sources.sources_page, name="staff_sources"),
    path("intakes/<id:intake_id>", sources.intake_page, name="staff_intake"),
    path("models", models.list_page, name="staff_models"),
    path("models/<id:model_id>", models.card_page, name="staff_model"),
    path("models/<id:model_id>.xlsx", models.workbook, name="staff_model_workbook"),
    path("policies", policies.list_page, name="staff_policies"),
    path("policies/drafts/<id:text_id>", policies.draft_page, name="staff_policy_draft"),
    path("policies/drafts/<id:text_id>.xlsx", policies.draft_workbook, name="staff_policy_draft_workbook"),
    re_path(
        r"^policies/(?P<folder>credit|prices|products|exploration)/(?P<name>[a-z-]{0,40}\d{4}-\d\d-\d\d)\.xlsx$",
        policies.workbook,
        name="staff_policy_workbook",
    ),
    re_path(
        r"^policies/(?P<folder>credit|prices|products|exploration)/(?P<name>[a-z-]{0,40}\d{4}-\d\d-\d\d)$",
        policies.text_page,
        name="staff_policy",
    ),
    path("ledger", audit.ledger_page, name="staff_ledger"),
    path("replay", audit.replay_page, name="staff_replay"),
    path("webhooks", webhooks.list_page, name="staff_webhooks"),
    path("webhooks/<id:delivery_id>", webhooks.delivery_page, name="staff_delivery"),
    path("audit", audit.audit_page, name="staff_audit"),
]
