"""Tables of relief: requests and agreements as they stand with their append-only histories, offers, the waiver pool.

Budgets and what was worked out from them are sealed. An offer is never changed: a later one takes its place.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from puhui.relief.domain import (
    AgreementState,
    ProgrammeMember,
    ReliefAgreement,
    ReliefRequest,
    RequestState,
)

OPEN = [RequestState.ASKED.value, RequestState.OFFERED.value]
LIVE = [AgreementState.RUNNING.value, AgreementState.BROKEN.value]


class RequestRow(models.Model):
    """One request for relief for one loan, as it stands."""

    id = models.CharField(max_length=26, primary_key=True)
    case_id = models.CharField(max_length=26)
    customer_id = models.CharField(max_length=26)
    loan_id = models.CharField(max_length=26)
    cause = models.CharField(max_length=16)
    state = models.CharField(max_length=8)
    opened_at = models.DateTimeField()
    last_seq = models.IntegerField()

    class Meta:
        db_table = "relief_request"
        verbose_name = "relief request"
        constraints = [
            models.CheckConstraint(
                name="relief_request_state", condition=Q(state__in=[one.value for one in RequestState])
            ),
            models.UniqueConstraint(
                name="relief_request_one_open", fields=["loan_id"], condition=Q(state__in=OPEN)
            ),
        ]
        indexes = [
            models.Index(name="relief_request_whose", fields=["customer_id", "opened_at"]),
            models.Index(name="relief_request_when", fields=["opened_at", "id"]),
        ]

    def to_domain(self) -> ReliefRequest:
        """This function will return the row as a value."""
        return ReliefRequest(
            id=self.id,
            case_id=self.case_id,
            customer_id=self.customer_id,
            loan_id=self.loan_id,
            cause=self.cause,
            state=RequestState(self.state),
            opened_at=self.opened_at,
        )


class RequestEventRow(models.Model):
    """One transition of a request; append-only."""

    request = models.ForeignKey(RequestRow, on_delete=models.PROTECT, related_name="+")
    seq = models.IntegerField()
    act = models.CharField(max_length=8)
    said = models.CharField(max_length=26)
    at = models.DateTimeField()

    class Meta:
        db_table = "relief_request_event"
        verbose_name = "relief request event"
        constraints = [models.UniqueConstraint(name="relief_request_event_once", fields=["request", "seq"])]


class OfferRow(models.Model):
    """Options as they were worked out; append-only. `body_sealed` holds budget and answer."""

    id = models.CharField(max_length=26, primary_key=True)
    request = models.ForeignKey(RequestRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.IntegerField()
    customer_id = models.CharField(max_length=26)
    loan_id = models.CharField(max_length=26)
    on_date = models.DateField()
    event_count = models.IntegerField()
    cause = models.CharField(max_length=16)
    card_count = models.IntegerField()
    because = models.CharField(max_length=16)
    body_sealed = models.TextField()
    policy_version = models.CharField(max_length=10)
    policy_sha256 = models.CharField(max_length=64)
    granted_by = models.CharField(max_length=26, default="")
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        db_table = "relief_offer"
        verbose_name = "relief offer"
        constraints = [
            models.UniqueConstraint(name="relief_offer_once", fields=["request", "seq"]),
            models.CheckConstraint(name="relief_offer_validity", condition=Q(valid_until__gt=F("made_at"))),
        ]


class AgreementRow(models.Model):
    """One signed plan as it stands. One request has one at most."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=20)
    request = models.OneToOneField(RequestRow, on_delete=models.PROTECT, related_name="+")
    offer = models.OneToOneField(OfferRow, on_delete=models.PROTECT, related_name="+")
    customer_id = models.CharField(max_length=26)
    loan_id = models.CharField(max_length=26)
    card = models.IntegerField()
    total_minor = models.BigIntegerField()
    draw_minor = models.BigIntegerField()
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=8)
    signed_at = models.DateTimeField()
    last_seq = models.IntegerField()

    class Meta:
        db_table = "relief_agreement"
        verbose_name = "relief agreement"
        constraints = [
            models.CheckConstraint(
                name="relief_agreement_state", condition=Q(state__in=[one.value for one in AgreementState])
            ),
            models.CheckConstraint(
                name="relief_agreement_figures",
                condition=Q(total_minor__gte=0, draw_minor__gte=0, card__gte=0),
            ),
            models.UniqueConstraint(
                name="relief_agreement_one_live", fields=["loan_id"], condition=Q(state__in=LIVE)
            ),
        ]
        indexes = [
            models.Index(name="relief_agreement_whose", fields=["customer_id", "signed_at"]),
            models.Index(name="relief_agreement_live", fields=["state", "id"]),
        ]

    def to_domain(self) -> ReliefAgreement:
        """This function will return the row as a value."""
        return ReliefAgreement(
            id=self.id,
            number=self.number,
            request_id=self.request_id,
            offer_id=self.offer_id,
            customer_id=self.customer_id,
            loan_id=self.loan_id,
            card=self.card,
            total_minor=self.total_minor,
            draw_minor=self.draw_minor,
            text_sha256=self.text_sha256,
            language=self.language,
            state=AgreementState(self.state),
            signed_at=self.signed_at,
        )


class AgreementEventRow(models.Model):
    """One transition of an agreement; append-only."""

    agreement = models.ForeignKey(AgreementRow, on_delete=models.PROTECT, related_name="+")
    seq = models.IntegerField()
    act = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        db_table = "relief_agreement_event"
        verbose_name = "relief agreement event"
        constraints = [
            models.UniqueConstraint(name="relief_agreement_event_once", fields=["agreement", "seq"])
        ]


class PoolRow(models.Model):
    """A waiver pool: what a calendar year has for waivers that lose against no action, and what is left of it."""

    name = models.CharField(max_length=16, primary_key=True)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    left_minor = models.BigIntegerField()

    class Meta:
        db_table = "relief_pool"
        verbose_name = "waiver pool"
        constraints = [
            models.CheckConstraint(
                name="relief_pool_left", condition=Q(left_minor__gte=0, left_minor__lte=F("total_minor"))
            )
        ]


class DrawRow(models.Model):
    """What an agreement took from a waiver pool; append-only, once for each agreement."""

    agreement = models.OneToOneField(
        AgreementRow, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    pool = models.ForeignKey(PoolRow, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "relief_draw"
        verbose_name = "waiver draw"
        constraints = [models.CheckConstraint(name="relief_draw_amount", condition=Q(amount_minor__gt=0))]


class PreparedRow(models.Model):
    """All plans of a loan, worked out ahead while she states her budget. Made anew at any time; never read for money."""

    loan_id = models.CharField(max_length=26, primary_key=True)
    on_date = models.DateField()
    event_count = models.IntegerField()
    policy_sha256 = models.CharField(max_length=64)
    body = models.TextField()

    class Meta:
        db_table = "relief_prepared"
        verbose_name = "prepared relief plans"


class MemberRow(models.Model):
    """A loan that a programme found eligible, and in which group it fell; append-only. Groups are fixed once."""

    id = models.CharField(max_length=26, primary_key=True)
    programme = models.CharField(max_length=24)
    version = models.CharField(max_length=10)
    customer_id = models.CharField(max_length=26)
    loan_id = models.CharField(max_length=26)
    arm = models.CharField(max_length=8)
    on_date = models.DateField()
    dpd_days = models.IntegerField()
    late_minor = models.BigIntegerField()
    given_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "relief_member"
        verbose_name = "programme member"
        constraints = [
            models.UniqueConstraint(name="relief_member_once", fields=["programme", "loan_id"]),
            models.CheckConstraint(name="relief_member_arm", condition=Q(arm__in=["treated", "control"])),
            models.CheckConstraint(name="relief_member_given", condition=Q(given_minor__gte=0)),
        ]

    def to_domain(self) -> ProgrammeMember:
        """This function will return the row as a value."""
        return ProgrammeMember(
            id=self.id,
            programme=self.programme,
            version=self.version,
            customer_id=self.customer_id,
            loan_id=self.loan_id,
            arm=self.arm,
            on_date=self.on_date,
            dpd_days=self.dpd_days,
            late_minor=self.late_minor,
            given_minor=self.given_minor,
            at=self.at,
        )


class QuizRow(models.Model):
    """A quiz that she took after a lesson; append-only."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    lesson = models.CharField(max_length=20)
    version = models.CharField(max_length=10)
    right_count = models.IntegerField()
    question_count = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "relief_quiz"
        verbose_name = "quiz"
        indexes = [models.Index(name="relief_quiz_whose", fields=["customer_id", "lesson"])]
