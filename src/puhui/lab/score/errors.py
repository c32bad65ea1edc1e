"""The refusal of a scoring run."""


class ScoringDataInvalid(ValueError):
    """The file cannot be scored; the message names column, line and remedy, in English and Chinese. Nothing was written."""

    def __init__(self, english: str, chinese: str) -> None:
        """This function will join both languages, as the command prints them."""
        super().__init__(f"{english} / {chinese}")
