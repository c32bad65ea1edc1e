"""Relief (自愈): what a household can pay each month, and the plans that fit it.

Terms. A *household budget* is what a month brings and takes, with what is uncertain as weighted scenarios. A *relief
plan* is a list of loan events with the instalments that they leave. A *relief card* is a plan as it is shown.

Invariants. An option shown is affordable in each month with a chance of at least nine in ten and, over all who would
take it, worth no less to the lender than no action, or paid for by the waiver pool (G8). The cheapest such option for
the household and "no change" are always shown; nothing is ranked by what it is worth to the lender (G9).
"""
