"""The general loan engine, semantics version 2: every product and event as data over one kernel of integers.

`position(terms, events, as_of)` is the whole interface: a quote is the position of a contract without events, a preview
the position with one event more. The modules below `steps` work on a `Book`, lists of integers, so that one source runs
as plain Python and compiled.
"""

from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.position import BookPosition, BookRow, LoanStatus, StatementLine, position
from puhui.loans.domain.engine.replay import replay
from puhui.loans.domain.engine.terms import AllocationOrder, LoanTerms, TableRow, Tranche

__all__ = [
    "AllocationOrder",
    "BookEvent",
    "BookPosition",
    "BookRow",
    "LoanStatus",
    "LoanTerms",
    "StatementLine",
    "TableRow",
    "Tranche",
    "position",
    "replay",
]
