"""Reads the events of a Fineract case, one after the other, as events of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from puhui.lab.conformance_loans.fineract_terms import UNITS, Case, FeatureUnsupported, day, minor
from puhui.loans.domain.engine import BookEvent, LoanTerms, Tranche, position
from puhui.loans.domain.engine.codes import ChargeBasis, ChargeTime, Kind, ReAgeInterest

PAYMENTS = {
    "repayment": Kind.REPAY,
    "goodwill_credit": Kind.GOODWILL,
    "merchant_issued_refund": Kind.MERCHANT_REFUND,
    "payout_refund": Kind.PAYOUT_REFUND,
    "interest_payment_waiver": Kind.INTEREST_WAIVER,
    "interest_refund": Kind.INTEREST_REFUND,
    "credit_balance_refund": Kind.CREDIT_REFUND,
    "charge_off": Kind.CHARGE_OFF,
    "write_off": Kind.WRITE_OFF,
    "contract_termination": Kind.TERMINATE,
    "capitalized_income": Kind.CAPITALISE,
    "capitalized_income_adjustment": Kind.CAPITALISE_ADJUSTMENT,
    "buy_down_fee": Kind.FEE_BUYDOWN,
    "buy_down_fee_adjustment": Kind.FEE_BUYDOWN_ADJUSTMENT,
}
WITHOUT_EFFECT = {
    "reject", "close_of_business", "config", "accrue", "accrual_activity", "fraud_flag",
    "classify_delinquency", "change_available_amount", "change_approved_amount",
}  # fmt: skip
LINES = {
    "repayment": Kind.REPAY,
    "last_repayment": Kind.REPAY,
    "merchant issued refund": Kind.MERCHANT_REFUND,
    "payout refund": Kind.PAYOUT_REFUND,
    "down payment": Kind.DOWN_PAYMENT,
    "interest payment waiver": Kind.INTEREST_WAIVER,
    "last_disbursal": Kind.DISBURSE,
    "charge_off": Kind.CHARGE_OFF,
    "re_age": Kind.RE_AGE,
    "re_amortize": Kind.RE_AMORTISE,
    "contract_termination": Kind.TERMINATE,
    "capitalized income": Kind.CAPITALISE,
    "capitalized income adjustment": Kind.CAPITALISE_ADJUSTMENT,
    "buy down fee": Kind.FEE_BUYDOWN,
    "buy down fee adjustment": Kind.FEE_BUYDOWN_ADJUSTMENT,
    "charge_adjustment": Kind.CHARGE_ADJUSTMENT,
}
TIMES = {
    "SPECIFIED_DUE_DATE": ChargeTime.DATE,
    "INSTALLMENT": ChargeTime.INSTALMENT,
    "OVERDUE": ChargeTime.OVERDUE,
}
BASES = {
    "FLAT": ChargeBasis.FLAT,
    "PERCENT_AMOUNT": ChargeBasis.AMOUNT,
    "PERCENT_INTEREST": ChargeBasis.INTEREST,
    "PERCENT_AMOUNT_AND_INTEREST": ChargeBasis.AMOUNT_AND_INTEREST,
}
INTEREST = {
    "DEFAULT": ReAgeInterest.DEFAULT,
    "EQUAL_AMORTIZATION_PAYABLE_INTEREST": ReAgeInterest.SPLIT_PAYABLE,
    "EQUAL_AMORTIZATION_FULL_INTEREST": ReAgeInterest.SPLIT_ALL,
    "EQUAL_AMORTIZATION_INTEREST_SPLIT": ReAgeInterest.SPLIT_PAYABLE,
    "WAIVE_INTEREST": ReAgeInterest.DEFAULT,  # the peer names it so and waives nothing
}
PAYMENT_KINDS = (Kind.REPAY, Kind.GOODWILL, Kind.MERCHANT_REFUND, Kind.PAYOUT_REFUND, Kind.INTEREST_WAIVER)


@dataclass(slots=True)
class Reader:
    """What was read of a case so far."""

    terms: LoanTerms
    decimals: int = 2
    events: list[BookEvent] = field(default_factory=list)
    clock: date | None = None  # business day of the last event that worked the loan out
    charges: list[tuple[str, int]] = field(default_factory=list)  # name and number of each charge
    is_rejected: bool = False  # it was applied for and refused

    def read_contract(self, case: Case) -> None:
        """This function will read the charges that the contract begins with. A flat fee of every instalment that the
        case's terms leave out is taken from its own list of charges: total / number of instalments.
        """
        t = case["terms"]
        on = {"on": t["submitted"], "date": t["submitted"]}
        for charge in t.get("charges") or ():
            self.read_charge({**charge, **on})
        known = [row for row in case["events"] if row["type"] == "add_charge"]
        shown: list[dict[str, Any]] = next(
            (entry["charges"] for entry in case["checks"] if "charges" in entry), []
        )
        for row in shown:
            if row["payment_due_at"] == "Installment Fee" and row["calculation_type"] == "Flat" and not known:
                amount = Decimal(str(row["due"])) / t["repayments"]
                flat = {"charge": row["name"], "time": "INSTALLMENT", "calculation": "FLAT", "penalty": False}
                self.read_charge({**flat, **on, "amount": amount})

    def add(self, kind: Kind, row: Mapping[str, Any], **values: Any) -> None:
        """This function will append an event."""
        on = day(row["on"])
        value = day(row.get("date") or row["on"])
        self.events.append(
            BookEvent(seq=len(self.events) + 1, kind=kind, value_date=value, booking_date=on, **values)
        )

    def read(self, row: Mapping[str, Any]) -> None:
        """This function will read one event. Raises: FeatureUnsupported."""
        kind = row["type"]
        self.is_rejected = self.is_rejected or kind == "reject"
        if row.get("on"):
            self.clock = day(row["on"])
        if kind == "approve":
            expected = row.get("expected_disbursement")
            if row.get("amount") and not self.terms.tranches:
                self.terms = replace(self.terms, principal_minor=minor(row["amount"], self.decimals))
            if expected and not self.terms.counts_from_start:
                self.terms = replace(self.terms, start_date=day(expected))
        elif kind in PAYMENTS:
            self.read_payment(row)
        elif kind in READERS:
            READERS[kind](self, row)
        elif kind not in WITHOUT_EFFECT:
            raise FeatureUnsupported(kind)

    def read_payment(self, row: Mapping[str, Any]) -> None:
        """This function will read a payment, a refund or a loss."""
        refunds = row.get("interest_refund")
        amount = minor(row.get("amount") or 0, self.decimals)
        kind = PAYMENTS[row["type"]]
        of = self.refund_of(row) if kind is Kind.INTEREST_REFUND else 0
        self.add(kind, row, amount_minor=amount, refunds_interest=refunds, of_seq=of)

    def refund_of(self, row: Mapping[str, Any]) -> int:
        """This function will return the number of the refund that an interest refund belongs to, 0 if it names none."""
        kind = PAYMENTS.get(str(row.get("for", "")).lower())
        found = [e.seq for e in self.events if e.kind is kind and str(e.value_date) == row.get("for_date")]
        return found[-1] if found else 0

    def take_back(self, row: Mapping[str, Any], seq: int, count: int = 0) -> None:
        """This function will reverse an event, and with a refund the interest that was refunded for it."""
        self.add(Kind.REVERSE, row, of_seq=seq, count=count)
        if count == 0:
            for event in [e for e in self.events if e.kind is Kind.INTEREST_REFUND and e.of_seq == seq]:
                self.add(Kind.REVERSE, row, of_seq=event.seq)

    def read_disburse(self, row: Mapping[str, Any]) -> None:
        """This function will read a payout."""
        down = row.get("auto_down_payment")
        self.add(Kind.DISBURSE, row, amount_minor=minor(row["amount"], self.decimals), pays_down_payment=down)

    def read_payoff(self, row: Mapping[str, Any]) -> None:
        """This function will read a payoff of what we quote."""
        quote = position(terms=self.terms, events=self.events, as_of=day(row["date"])).payoff_minor
        if quote:
            self.add(Kind.REPAY, row, amount_minor=quote)

    def read_charge(self, row: Mapping[str, Any]) -> None:
        """This function will read a charge."""
        self.charges.append((row["charge"], len(self.events) + 1))
        if row["time"] not in TIMES:
            raise FeatureUnsupported(f"a charge at {row['time']}")
        basis = BASES[row["calculation"]]
        value = minor(row["amount"], self.decimals)
        self.add(
            Kind.CHARGE,
            row,
            amount_minor=value if basis is ChargeBasis.FLAT else 0,
            charge_ppm=0 if basis is ChargeBasis.FLAT else int(Decimal(str(row["amount"])) * 10_000),
            due_date=day(row["due"]) if row.get("due") else None,
            is_penalty=row["penalty"],
            charge_time=TIMES[row["time"]],
            charge_basis=basis,
        )

    def read_waive(self, row: Mapping[str, Any]) -> None:
        """This function will read a waiver of the last charge."""
        self.add(Kind.CHARGE_WAIVER, row, of_seq=self.charges[-1][1])

    def read_adjustment(self, row: Mapping[str, Any]) -> None:
        """This function will read a charge adjustment."""
        wanted = [
            n
            for name, n in self.charges
            if name == row["charge"] and self.events[n - 1].due_date == day(row["due"])
        ]
        self.add(
            Kind.CHARGE_ADJUSTMENT, row, amount_minor=minor(row["amount"], self.decimals), of_seq=wanted[-1]
        )

    def read_tranche(self, row: Mapping[str, Any]) -> None:
        """This function will read one more expected payout."""
        more = Tranche(value_date=day(row["date"]), amount_minor=minor(row["amount"], self.decimals))
        self.terms = replace(self.terms, tranches=(*self.terms.tranches, more))

    def read_undo(self, row: Mapping[str, Any]) -> None:
        """This function will read the reversal of an earlier event."""
        gone = {event.of_seq for event in self.events if event.kind is Kind.REVERSE and not event.count}
        live = [event for event in self.events if event.seq not in gone]
        what = row["what"].lower()
        if what == "approval":
            return
        if what in ("waive_charge", "charge_adjustment"):
            wanted = Kind.CHARGE_WAIVER if what == "waive_charge" else Kind.CHARGE_ADJUSTMENT
            self.add(Kind.REVERSE, row, of_seq=[event.seq for event in live if event.kind is wanted][-1])
            return
        if what == "disbursal":
            for event in [e for e in live if e.kind is not Kind.REVERSE and e.kind is not Kind.CHARGE]:
                self.add(Kind.REVERSE, row, of_seq=event.seq)
            return
        found = [event for event in live if event.kind in PAYMENT_KINDS]
        if what in ("any_on_date", "down payment"):
            self.undo_line(row, what)
            return
        if what == "last_refund":
            found = [e for e in live if e.kind in (Kind.MERCHANT_REFUND, Kind.PAYOUT_REFUND)]
        else:
            if what not in LINES:
                raise FeatureUnsupported(f"undo {what}")
            found = [event for event in live if event.kind is LINES[what]]
        if row.get("nth"):
            that_day = [event for event in found if event.value_date == day(row["date"])]
            found = that_day[row["nth"] - 1 :][:1] or that_day[-1:] or found[row["nth"] - 1 :][:1]
        if not found:
            raise FeatureUnsupported(f"undo {what}: none found")
        self.take_back(row, found[-1].seq)

    def undo_line(self, row: Mapping[str, Any], what: str) -> None:
        """This function will read the reversal of the nth line of the statement on a day; a payout's down payment is a
        line of its own.
        """
        gone = {event.of_seq for event in self.events if event.kind is Kind.REVERSE and not event.count}
        taken = {event.of_seq for event in self.events if event.kind is Kind.REVERSE and event.count}
        lines: list[tuple[int, int]] = []
        for event in self.events:
            shown = event.kind in (*PAYMENT_KINDS, Kind.CREDIT_REFUND, Kind.CHARGEBACK, Kind.DISBURSE)
            if event.seq in gone or event.value_date != day(row["date"]) or not shown:
                continue
            lines.append((event.seq, 0))
            if event.kind is Kind.DISBURSE and self.terms.pays_down_payment and event.seq not in taken:
                lines.append((event.seq, 1))
        if what == "down payment":
            lines = [line for line in lines if line[1]]
        chosen = lines[row.get("nth", 1) - 1 :][:1] or lines[-1:]
        if not chosen:
            raise FeatureUnsupported(f"undo {what}: none found")
        self.take_back(row, *chosen[0])

    def read_chargeback(self, row: Mapping[str, Any]) -> None:
        """This function will read a chargeback of a payment."""
        gone = {event.of_seq for event in self.events if event.kind is Kind.REVERSE and not event.count}
        paid = [e for e in self.events if e.kind in PAYMENT_KINDS and e.seq not in gone]
        of = row["of"]
        number = of["nr"] - 1 if "nr" in of else -1
        seq = paid[number].seq if len(paid) > max(number, 0) else 0
        self.add(Kind.CHARGEBACK, row, amount_minor=minor(row["amount"], self.decimals), of_seq=seq)

    def read_reschedule(self, row: Mapping[str, Any]) -> None:
        """This function will read a change of rate, due date, length or grace."""
        plain = {"on": row["on"], "date": row["from"]}
        if row["new_rate"] is not None:
            self.add(Kind.RATE_CHANGE, plain, annual_rate_ppm=int(Decimal(str(row["new_rate"])) * 10_000))
        known = {"on": row["on"], "date": min(row["date"], row["from"])}
        if row["adjusted_due"]:
            self.add(Kind.MOVE_DUE, plain, from_date=day(row["from"]), to_date=day(row["adjusted_due"]))
        if row["extra_terms"]:
            self.add(Kind.EXTEND, known, from_date=day(row["from"]), count=int(row["extra_terms"]))
        if row["grace_principal"] or row["grace_interest"]:
            raise FeatureUnsupported("reschedule with grace")

    def read_pause(self, row: Mapping[str, Any]) -> None:
        """This function will read an interest pause."""
        plain = {"on": row["on"], "date": row["start"]}
        self.add(Kind.INTEREST_PAUSE, plain, from_date=day(row["start"]), to_date=day(row["end"]))

    def read_pause_change(self, row: Mapping[str, Any]) -> None:
        """This function will read the deletion or the change of the last interest pause."""
        pauses = [event for event in self.events if event.kind is Kind.INTEREST_PAUSE]
        self.add(Kind.REVERSE, row, of_seq=pauses[-1].seq)
        if row.get("start"):
            self.read_pause(row)

    def read_re_age(self, row: Mapping[str, Any]) -> None:
        """This function will read a re-age. It counts from its first new due date where that lies before its booking."""
        counts_from = min(row.get("date") or row["on"], row["start"])
        self.add(
            Kind.RE_AGE,
            {"on": row["on"], "date": counts_from},
            from_date=day(row["start"]),
            count=row["installments"],
            every=row["every"],
            unit=UNITS[row["unit"]],
            interest=INTEREST[row["interest_handling"]],
        )

    def read_re_amortise(self, row: Mapping[str, Any]) -> None:
        """This function will read a re-amortisation."""
        self.add(Kind.RE_AMORTISE, row, interest=INTEREST[row["interest_handling"]])

    def read_delinquency_pause(self, row: Mapping[str, Any]) -> None:
        """This function will read a pause of the delinquency count."""
        self.add(Kind.DELINQUENCY_PAUSE, row, from_date=day(row["start"]), to_date=day(row["end"]))

    def read_delinquency_resume(self, row: Mapping[str, Any]) -> None:
        """This function will read the end of a pause of the delinquency count."""
        self.add(Kind.DELINQUENCY_RESUME, row, from_date=day(row["start"]))


READERS = {
    "disburse": Reader.read_disburse,
    "payoff": Reader.read_payoff,
    "add_charge": Reader.read_charge,
    "waive_charge": Reader.read_waive,
    "charge_adjustment": Reader.read_adjustment,
    "add_tranche": Reader.read_tranche,
    "undo": Reader.read_undo,
    "chargeback": Reader.read_chargeback,
    "reschedule": Reader.read_reschedule,
    "interest_pause": Reader.read_pause,
    "interest_pause_delete": Reader.read_pause_change,
    "interest_pause_update": Reader.read_pause_change,
    "re_age": Reader.read_re_age,
    "re_amortize": Reader.read_re_amortise,
    "delinquency_pause": Reader.read_delinquency_pause,
    "delinquency_resume": Reader.read_delinquency_resume,
}

__all__ = ["Case", "FeatureUnsupported", "Reader"]
