"""One text in the two languages of the interface."""

from __future__ import annotations

from dataclasses import dataclass

from puhui.protection.domain.strict import StrictTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilingual:
    """The same thing said twice; neither is a translation that may lag behind."""

    zh: str  # simplified Chinese
    en: str  # English

    def say(self, language: str) -> str:
        """Return the text in a language of the interface ("zh-hans", "zh", "en"); Chinese is the default."""
        return self.en if language.startswith("en") else self.zh


def take_bilingual(table: StrictTable, key: str) -> Bilingual:
    """This function will take `<key>_zh` and `<key>_en` of a row. Raises: PolicyInvalid when one is missing."""
    return Bilingual(zh=table.text(f"{key}_zh"), en=table.text(f"{key}_en"))
