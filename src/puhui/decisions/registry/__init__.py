"""Which models may score whom: admitted by two people, watched as a shadow, tried as a challenger, champion, retired.

Invariants: at most one champion and one challenger; every move has its event row and its two people; a model's texts
never change after admission; without a registered champion the scorecard that the credit policy names is the champion.
"""
