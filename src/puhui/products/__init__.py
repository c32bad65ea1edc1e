"""What can be lent: product files, repayment schedules, all-in cost and the cap test.

Terms. A *product* is a dated, reviewed file: amounts, terms, repayment methods, fees and who receives them. A
*schedule* is the table of instalments that a principal, a rate, a term and a method make from a value date. The
*all-in cost* is what the borrower pays beyond the principal, as an amount and as an APR on both bases.

Invariants. A schedule repays exactly the principal. No schedule that leaves this stage costs more than the cap that
it was fitted under, on the exact rounded cash flows. Everything here is integer arithmetic in minor units.
"""
