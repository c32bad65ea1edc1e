"""Tables of offers: quotes and their signatures, both append-only. Whether a quote is open follows from them and the time."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import F, Q

from puhui.offers.domain import Quote, SignedQuote, quote_from_plain, quote_sha256
from puhui.offers.domain.signed_text import signed_text
from puhui.offers.domain.standing import Commitment
from puhui.runtime.signing import is_signed


class QuoteRow(models.Model):
    """A quote as it was issued. The columns beside the body are for look-up; the body is what binds."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=20)
    customer_id = models.CharField(max_length=26)
    line_id = models.CharField(max_length=26)
    decision_id = models.CharField(max_length=26)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    body = models.TextField()
    held_by = models.CharField(
        max_length=40, null=True
    )  # earlier promise that set its price, NULL for its decision
    policy_sha256 = models.CharField(max_length=64, null=True)  # credit policy behind its decision
    house_signature = models.CharField(
        max_length=160, null=True
    )  # of the body and the policy, by the house's key

    class Meta:
        db_table = "offers_quote"
        verbose_name = "quote"
        constraints = [
            models.CheckConstraint(name="offers_quote_amount", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="offers_quote_validity", condition=Q(valid_until__gt=F("issued_at"))),
        ]
        indexes = [models.Index(name="offers_quote_customer", fields=["customer_id", "issued_at"])]

    def to_domain(self) -> Quote:
        """This function will return the row as a value."""
        return quote_from_plain(json.loads(self.body))

    @property
    def signed_bytes(self) -> bytes:
        """What the house signed of it, as the row has it now."""
        return signed_text(json.loads(self.body), policy_sha256=self.policy_sha256 or "")

    @property
    def is_genuine(self) -> bool:
        """Whether the body is what the house signed, and every column beside it says the same."""
        try:
            quote, content = self.to_domain(), self.signed_bytes
        except (ValueError, KeyError, TypeError, AssertionError):  # edited beyond reading
            return False
        columns = ("id", "number", "customer_id", "line_id", "decision_id", "amount_minor", "currency")
        same = all(
            getattr(self, name) == getattr(quote, name) for name in (*columns, "issued_at", "valid_until")
        )
        return same and self.sha256 == quote_sha256(quote) and is_signed(content, self.house_signature or "")


class SignatureRow(models.Model):
    """The one signature of a quote: the primary key is the quote, so there is never a second."""

    quote = models.OneToOneField(
        QuoteRow, primary_key=True, on_delete=models.PROTECT, related_name="signature"
    )
    signer_customer_id = models.CharField(max_length=26)
    code_id = models.CharField(max_length=64, null=True)
    language = models.CharField(max_length=10)
    contract_sha256 = models.CharField(max_length=64)
    quote_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "offers_signature"
        verbose_name = "signature"

    def to_domain(self) -> SignedQuote:
        """This function will return the row as a value, with its quote."""
        return SignedQuote(
            quote=self.quote.to_domain(),
            quote_sha256=self.quote_sha256,
            signer_customer_id=self.signer_customer_id,
            code_id=self.code_id,
            language=self.language,
            contract_sha256=self.contract_sha256,
            signed_at=self.signed_at,
        )


class CommitmentRow(models.Model):
    """A conditional promise, append-only: if a proof shows at least this by then, the base rate is at most that."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    kind = models.CharField(max_length=24)
    fact = models.CharField(max_length=40)
    at_least = models.BigIntegerField()
    base_rate_ppm = models.BigIntegerField()
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    proof_ids = models.TextField()
    input_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "offers_commitment"
        verbose_name = "commitment"
        constraints = [
            models.CheckConstraint(name="offers_commitment_rate", condition=Q(base_rate_ppm__gte=0)),
            models.CheckConstraint(name="offers_commitment_validity", condition=Q(until__gt=F("made_at"))),
        ]
        indexes = [models.Index(name="offers_commitment_whose", fields=["customer_id", "until"])]

    def to_domain(self) -> Commitment:
        """This function will return the row as a value."""
        return Commitment(
            id=self.id,
            customer_id=self.customer_id,
            kind=self.kind,
            fact=self.fact,
            at_least=self.at_least,
            base_rate_ppm=self.base_rate_ppm,
            made_at=self.made_at,
            until=self.until,
            proof_ids=frozenset(json.loads(self.proof_ids)),
            input_hash=self.input_hash,
        )
