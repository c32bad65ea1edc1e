"""Foundation: rule packs, house policy, consent, complaints and questions with a clock.

A *rule row* is what we know of the law; a *house policy* is what we enforce; only the latter blocks. Every day of a
jurisdiction that we lend in has exactly one house policy, and none of its limits is looser than a row it adopts.
A *consent* is for one purpose under one text, in force from an instant until withdrawn; at most one of a purpose and
subject is in force. A *case* (complaint, question, help) has a number, a clock and an append-only history.
"""
