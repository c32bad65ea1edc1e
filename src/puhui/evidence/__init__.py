"""What a customer proves: which documents may be shown, what is read of them, and what was shown and withdrawn.

Terms. An *evidence kind* says what is read, why, for how long it counts, when it is deleted, and which dial it can move.
A *proof* is one record of a kind that a customer gave. *Trust* says how we know that the record is genuine.

Invariants. A proof yields only the facts that its kind names. What is withdrawn or out of date yields none. Beside several
proofs of one fact the best value counts, so that one more proof never takes anything away (guarantee G1). That somebody did
not give a proof is stored nowhere (guarantee G2).
"""
