"""Training of a scorecard from a file of past loans: `puhui lab train`.

Terms: a row is a past loan, the target says whether it went bad. Features are binned monotonically (isotonic
regression over quantile bins), each bin's weight of evidence (WOE) is compared with the cohort, and a logistic
regression weighs the features. The result is a points table that a person can read, and a model card that says what
it is good for and what it is not. Needs the extra `train`; nothing here runs when a decision is made.

Invariants: the same command on the same file writes the same bytes; with `--missing neutral`, which a credit policy
requires, what is absent scores 0 (G2); age, sex, marital
status, race and religion are never used, nor a price (it already contains another lender's opinion), nor a region.
"""
