"""Over-indebted and multi-lender customers, planted in a simulated crowd, and what the second scan makes of them.

A world is a file; difficulty runs from 0 (they look as they are) to 1 (they hide among the others, and the sources see
little). The scan under test is the house's own policy text, run by the house's own evaluator; it never sees who was planted.
"""
