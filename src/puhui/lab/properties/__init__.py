"""The guarantees of the open hand as properties: random customers, policies, proofs and orders of giving, case by case.

Every case is made from (seed, number) alone, so a violation is reproduced by `--seed S --first N --cases 1`.
"""
