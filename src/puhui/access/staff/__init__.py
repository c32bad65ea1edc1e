"""Staff: what each role may see and do, who has which item in hand, and acts that need a second person.

Terms: a permission is one thing a role may do; a claim says who has an item of the queue in hand; an approval is an act
that one person asks for and another agrees to.
Invariants: nobody answers an approval that she asked for; what was asked and answered is never changed; a claim moves
only from the version that its reader saw.
"""
