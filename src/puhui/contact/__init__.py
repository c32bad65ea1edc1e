"""How we may speak: the one gate that every message passes.

A *purpose* says what holds a message back (quiet hours, caps, holds). Caps count over the lender and all its agents, in
the debtor's own day. The gate answers when a message is requested and again when it is sent, so that a *hold* outlives
what was deferred before it. Texts come from dated bilingual scripts and are stored sealed.
"""
