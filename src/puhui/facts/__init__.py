"""What is known about a person: facts with two times, a source, a purpose and a consent.

Terms: a fact is true at `event_at` and known from `known_at`; a bureau answer is a hit, a thin file or none.
Invariants: facts are only ever added; nobody is judged by what was learnt later; a fact whose consent was not in force
is not seen; the bureau is not asked without the person's own consent to it.
"""
