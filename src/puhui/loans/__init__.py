"""Contracts, append-only events, and the position as a pure function of both and a date.

Terms. A *contract* is what was signed; a *loan* is its one disbursed draw. An *event* is an append-only happening
with a value date (from when it counts) and a booking instant (since when we know it). A *position* is what the
contract and its events mean on a date, at the knowledge of an instant.

Invariants. No job mutates a loan. What was lent = what is outstanding + what was repaid, on every date. What a
payment is allocated to adds up to the payment to the minor unit. A preview is the position with one event more.
"""
