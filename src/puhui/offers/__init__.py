"""Binding quotes and their signing.

Terms. A *quote* fixes amount, rate, fees, dates rule and rounding as a function of the value date of disbursement
(guarantee G4); it is a value with a canonical hash. A *signature* is the one acceptance of a quote. A *contract
text* is the versioned bilingual template filled with a quote.

Invariants. A quote never changes and is signed at most once, by its own customer, while it is valid; the last day
counts. The lines of its cost add up to its total cost to the minor unit.
"""
