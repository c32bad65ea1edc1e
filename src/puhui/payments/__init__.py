"""Money that moves between the lender and a customer's own bank account, through one outside payment rail.

Terms: a *bank account* is bound by its customer; a *mandate* lets us debit it; a *payment order* is one movement that we
ask the rail for, and its id is the key that the rail knows it by; a *callback* is the rail's signed news of an order; the
daily *statement* is the rail's file of everything that moved; *suspense* holds cash that no order explains; a
*discrepancy* is an order on which the rail and we do not agree.

Invariants: one key, one effect, whatever is repeated or lost. "Unknown" is a state and is left only by the rail's own
word (a query, a callback, the statement). Nothing is ever resent under a new key; a new attempt is a new order, opened
only after the rail said that the one before it failed. News of the rail is never dropped: it changes the order, or was
known, or came too early (and is told again), or stands in the list of discrepancies. Account numbers are sealed.
"""
