"""Documents: contracts as they were signed, found by the SHA-256 of their bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router

from puhui.loans.domain import Contract
from puhui.loans.queries import get_contract, list_loans
from puhui.runtime.queries import get_blob
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import own
from puhui.web.partner_api.act import reply
from puhui.web.partner_api.fields import Id, Language, Out, Sha256, language_of
from puhui.web.partner_api.operations import operation

router = Router(tags=["Documents"])
READ = "documents:read"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class DocumentOut(Out):
    """One document of a customer."""

    sha256: Sha256
    kind: Literal["contract"]
    number: str
    contract_id: Id
    loan_id: Id
    language: Language
    signed_at: datetime


class DocumentList(Out):
    """Her documents, newest first."""

    items: list[DocumentOut]


def html(content: bytes, kind: str = "text/html; charset=utf-8") -> HttpResponse:
    """This function will answer with a document of ours, byte for byte."""
    return HttpResponse(content, content_type=kind, headers={"Content-Security-Policy": POLICY})


def _contracts(customer_id: str) -> list[tuple[str, Contract]]:
    return [(loan.id, get_contract(id=loan.contract_id)) for loan in list_loans(customer_id=customer_id)]


@operation(
    router, "GET", "/customers/{customer_id}/documents", scope=READ,
    says=("List her documents", "列出她的文件"), answers=DocumentList,
)  # fmt: skip
def list_documents(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Each named by the SHA-256 of its bytes."""
    own.check(request, customer_id)
    items = [
        DocumentOut(
            sha256=contract.text_sha256,
            kind="contract",
            number=contract.number,
            contract_id=contract.id,
            loan_id=loan_id,
            language=language_of(contract.language),
            signed_at=contract.signed_at,
        )
        for loan_id, contract in _contracts(customer_id)
    ]
    return reply(DocumentList(items=items))


@operation(
    router, "GET", "/customers/{customer_id}/documents/{sha256}", scope=READ, media_type="text/html",
    says=("Read a document", "读取文件"), answers=None,
)  # fmt: skip
def get_document(request: HttpRequest, customer_id: Id, sha256: Sha256) -> HttpResponse:
    """The very bytes that were signed: their SHA-256 is the name, so anybody can check them."""
    own.check(request, customer_id)
    if sha256 not in [contract.text_sha256 for _, contract in _contracts(customer_id)]:
        raise NotFoundHere()
    content, kind = get_blob(sha256)
    return html(content, kind)
