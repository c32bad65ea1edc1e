"""Scores, policy, price, affordability, limit, verdict, trace and replay.

Terms: an application is a request, from draft to decided; a decision is a value: everything it saw, everything that
came out, and the hashes of the texts that decided. Invariants: the same input gives the same bytes (G6); what is absent
scores nothing (G2); a price rises with risk only and keeps the house's cap; what a month cannot bear is not lent (G3);
a policy that leaves a case open does not compile. Age, sex and marital status are no input of anything here.
"""
