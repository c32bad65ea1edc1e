"""The refusal of a scoring run."""


class ScoringDataInvalid(ValueError):
    """The file cannot be scored; the message names column, line and remedy. Nothing was written."""
