"""The granted limit (授信): a line with grade and expiry; draws use it (用信), repaid principal restores it.

A line is a state row and an append-only history written together. Invariants, kept by the database as well: used is
never negative; a use never exceeds what is available; one source (an order, an event) changes a line once. The limit
may fall below what is used (a reduction after a draw): then nothing is available, and nothing is called back.
"""
