"""All pages and endpoints. Ids in paths are opaque; no personal data ever stands in an address."""

from __future__ import annotations

from django.urls import include, path
from django.urls.converters import register_converter

from puhui.web import health, policy_reports
from puhui.web.borrower import (
    accounts,
    apply,
    card,
    cases,
    change,
    devices,
    draw,
    help,
    home,
    lessons,
    letters,
    loan,
    me,
    papers,
    pay,
    proofs,
    public,
    quote,
    relief,
    sign,
    sign_in,
    talk,
    verdict,
)
from puhui.web.callbacks import views as callbacks
from puhui.web.sandbox import views as sandbox


class IdConverter:
    """An id of ours: 26 characters of base32."""

    regex = "[a-z2-7]{26}"

    def to_python(self, value: str) -> str:
        """Return the id as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return the id as it is."""
        return value


class StepConverter(IdConverter):
    """A step of the application."""

    regex = "[1-5]"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        """Return the step as a number."""
        return int(value)

    def to_url(self, value: int | str) -> str:
        """Return the step as text."""
        return str(value)


class WordConverter(IdConverter):
    """A short word of ours, such as the kind of a letter: it has no digits, so nothing about a person fits into it."""

    regex = "[a-z_]{3,20}"


register_converter(IdConverter, "id")
register_converter(WordConverter, "word")
register_converter(StepConverter, "step")

urlpatterns = [
    path("", home.home_page, name="home"),
    path("sign-in", sign_in.phone_page, name="sign_in"),
    path("sign-in/code", sign_in.code_page, name="sign_in_code"),
    path("sign-in/passkey", devices.passkey_page, name="sign_in_passkey"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("language", public.language, name="language"),
    path("look", public.look, name="look"),
    path("how-it-works", public.how, name="how"),
    path("house-key", public.house_key, name="house_key"),
    path("apply/<step:step>", apply.step_page, name="apply"),
    path("apply/<step:step>/save", apply.save, name="apply_save"),
    path("apply/wait", apply.wait_page, name="apply_wait"),
    path("verdict/<id:application_id>", verdict.verdict_page, name="verdict"),
    path("draw", draw.draw_page, name="draw"),
    path("draw/preview", draw.preview_part, name="draw_preview"),
    path("talk", talk.talk_page, name="talk"),
    path("quote/<id:quote_id>", quote.quote_page, name="quote"),
    path("quote/<id:quote_id>/signed", quote.signed_text, name="quote_signed_text"),
    path("quote/<id:quote_id>/contract", sign.draft_page, name="contract_draft"),
    path("quote/<id:quote_id>/sign", sign.sign_page, name="sign"),
    path("contract/<id:contract_id>", sign.contract_page, name="contract"),
    path("contract/<id:contract_id>/text", sign.contract_text, name="contract_text"),
    path("letters/<word:letter>/<id:about_id>.pdf", letters.letter, name="letter"),
    path("accounts", accounts.accounts_page, name="accounts"),
    path("loans", loan.list_page, name="loans"),
    path("loans/<id:loan_id>", loan.loan_page, name="loan"),
    path("loans/<id:loan_id>/pay", pay.pay_page, name="pay"),
    path("loans/<id:loan_id>/pay/preview", pay.preview_part, name="pay_preview"),
    path("loans/<id:loan_id>/what-if", papers.what_if_page, name="what_if"),
    path("loans/<id:loan_id>/change", change.change_page, name="change"),
    path("loans/<id:loan_id>/change/<id:change_id>", change.sign_page, name="change_sign"),
    path("loans/<id:loan_id>/change/<id:change_id>/text", change.text_page, name="change_text"),
    path("loans/<id:loan_id>/statement", papers.statement_page, name="statement"),
    path("loans/<id:loan_id>/payoff-letter", papers.payoff_letter, name="payoff_letter"),
    path("loans/<id:loan_id>/receipts/<id:event_id>", loan.receipt_page, name="receipt"),
    path("help", help.help_page, name="help"),
    path("relief/<id:request_id>", relief.relief_page, name="relief"),
    path("relief/<id:request_id>/budget", relief.budget_page, name="relief_budget"),
    path("relief/<id:request_id>/sign", relief.sign_page, name="relief_sign"),
    path("relief/<id:request_id>/text", relief.text_page, name="relief_text"),
    path("relief/<id:request_id>/forgot", relief.forgot_page, name="relief_forgot"),
    path("lessons", lessons.list_page, name="lessons"),
    path("lessons/<word:lesson>", lessons.lesson_page, name="lesson"),
    path("cases/new", cases.new_page, name="case_new"),
    path("cases/<id:case_id>", cases.case_page, name="case"),
    path("proofs", proofs.proofs_page, name="proofs"),
    path("proofs/<word:kind>", proofs.give_page, name="proof_give"),
    path("me/identity-card", card.card_page, name="identity_card"),
    path("me/devices", devices.devices_page, name="devices"),
    path("me", me.me_page, name="me"),
    path("me/data", me.data_page, name="my_data"),
    path("me/record.json", me.credit_record_file, name="credit_record"),
    path("sandbox/inbox", sandbox.inbox, name="inbox"),
    path("sandbox/clock", sandbox.clock_page, name="clock"),
    path("staff/", include("puhui.web.staff.urls")),
    path("callbacks/rail", callbacks.rail, name="rail_callback"),
    path("api/v1/", include("puhui.web.partner_api.urls")),
    path("policy-reports", policy_reports.receive, name="policy_reports"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
]
