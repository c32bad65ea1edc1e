"""Write verbs of offers: issue a quote, sign it once."""

from __future__ import annotations

import json
from datetime import datetime

from puhui.core.canonical import canonical_bytes
from puhui.core.refusals import Refusal
from puhui.offers.domain import Quote, SignedQuote, quote_sha256, quote_to_plain
from puhui.offers.domain.signed_text import signed_text
from puhui.offers.domain.standing import Commitment
from puhui.offers.models import CommitmentRow, QuoteRow, SignatureRow
from puhui.offers.queries import QuoteNotFound
from puhui.runtime.rows import find_row, insert_row
from puhui.runtime.signing import sign_bytes
from puhui.runtime.transactions import require_transaction


class QuoteNotYours(Refusal):
    """The quote was made to another customer. Answered like one that does not exist."""

    field = "quote"
    status = 404


class QuoteAlreadySigned(Refusal):
    """The quote was signed before; a quote is signed once."""

    field = "quote"
    status = 409


class QuoteExpired(Refusal):
    """The last instant at which the quote could be signed has passed."""

    field = "quote"
    status = 409


class QuoteAltered(Refusal):
    """What is stored of the quote is not what the house signed."""

    field = "quote"
    status = 409


def issue_quote(*, quote: Quote, now: datetime, held_by: str = "", policy_sha256: str = "") -> Quote:
    """This function will sign a quote for the house and record it as issued; recording it again changes nothing.

    `policy_sha256` is the credit policy behind its decision. Raises: AssertionError where the id names another quote, or the quote was not built for `now` (bugs).
    """
    require_transaction()
    assert quote.issued_at == now, "a quote is recorded at the instant it was built for"
    sha256 = quote_sha256(quote)
    earlier = find_row(QuoteRow, id=quote.id)
    if earlier is not None:
        assert earlier.sha256 == sha256, "a quote never changes"
        return quote
    body = quote_to_plain(quote)
    row = QuoteRow(
        id=quote.id,
        number=quote.number,
        customer_id=quote.customer_id,
        line_id=quote.line_id,
        decision_id=quote.decision_id,
        amount_minor=quote.amount_minor,
        currency=quote.currency,
        issued_at=quote.issued_at,
        valid_until=quote.valid_until,
        sha256=sha256,
        body=canonical_bytes(body).decode(),
        held_by=held_by or None,
        policy_sha256=policy_sha256 or None,
        house_signature=sign_bytes(signed_text(body, policy_sha256=policy_sha256)),
    )
    insert_row(row)
    return quote


def sign_quote(
    *,
    quote_id: str,
    signer_customer_id: str,
    code_id: str | None,
    language: str,
    contract_sha256: str,
    now: datetime,
) -> SignedQuote:
    """This function will sign a quote: lock it, refuse, write the one signature. At most three queries.

    `contract_sha256` is the hash of the text that she read, in `language`. Of two signers, or two clicks, exactly one
    signs. Raises, in this order: QuoteNotFound, QuoteNotYours, QuoteAltered, QuoteAlreadySigned, QuoteExpired.
    """
    require_transaction()
    row = find_row(QuoteRow, lock=True, id=quote_id)
    if row is None:
        raise QuoteNotFound()
    if row.customer_id != signer_customer_id:
        raise QuoteNotYours()
    if not row.is_genuine:
        raise QuoteAltered(number=row.number)
    if find_row(SignatureRow, quote_id=quote_id) is not None:
        raise QuoteAlreadySigned(number=row.number)
    if now > row.valid_until:
        raise QuoteExpired(number=row.number, valid_until=row.valid_until)
    signature = SignatureRow(
        quote=row,
        signer_customer_id=signer_customer_id,
        code_id=code_id,
        language=language,
        contract_sha256=contract_sha256,
        quote_sha256=row.sha256,
        signed_at=now,
    )
    insert_row(signature)
    return signature.to_domain()


def record_commitment(*, commitment: Commitment, now: datetime) -> Commitment:
    """This function will record a conditional promise; recording the same one again changes nothing.

    Raises: AssertionError where the id names another promise (a bug).
    """
    require_transaction()
    assert commitment.made_at == now, "a commitment is recorded at the instant it was made for"
    earlier = find_row(CommitmentRow, id=commitment.id)
    if earlier is not None:
        assert earlier.to_domain() == commitment, "a commitment never changes"
        return commitment
    insert_row(
        CommitmentRow(
            id=commitment.id,
            customer_id=commitment.customer_id,
            kind=commitment.kind,
            fact=commitment.fact,
            at_least=commitment.at_least,
            base_rate_ppm=commitment.base_rate_ppm,
            made_at=commitment.made_at,
            until=commitment.until,
            proof_ids=json.dumps(sorted(commitment.proof_ids)),
            input_hash=commitment.input_hash,
        )
    )
    return commitment
