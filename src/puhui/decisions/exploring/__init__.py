"""Exploration below the cut-off: a few people who would be refused for risk alone are financed, so that we can learn.

Terms: the budget says for whom, how many and how much a month; the bucket is where a hash places a person, once and for ever;
the propensity is the chance with which she was chosen, logged with every answer.

Invariants: only refusals for risk are explored, never a stop for what she owes, fraud, identity or affordability; no month
exceeds its count or its money; the same person is never drawn again by applying again; a text that is off chooses nobody.
"""
