"""Invented people for the demo and the tests: a name, a phone, a resident number and a bank account from (seed, index).

Nothing here can be somebody's:

- Phones begin with 154. The ministry had given 154 to no operator (a press list of July 2022 of numbers not yet
  allocated: 142, 143, 154, 161, 164, 194; secondary, check before a real messenger is plugged in). Mainland China
  reserves no numbers for fiction as far as we found.
- Resident numbers have a right check digit (or no form would take them) and a real province and city, so that the
  essential-spending floor of a region applies, but the county digits 99, which no prefecture of GB/T 2260 uses as far
  as we know (counties are numbered from 01, 21, 51 and 81 upwards).
- Bank accounts begin with 999900 and end with a Luhn digit. In ISO/IEC 7812 a first digit 9 is followed by a country
  code of ISO 3166-1, and 999 is reserved for private use: no country, no bank.

Two indexes below ten thousand million never share a phone, and two below one million never share a resident number.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from puhui.customers.domain import check_character

PHONE_PREFIX = "154"
COUNTY = "99"
ACCOUNT_PREFIX = "999900"
ACCOUNT_DIGITS = 19
PHONES = 10**8  # numbers below the prefix
PHONE_STEP = 61_803_399  # odd and not a multiple of 5: stepping by it visits every number once
NUMBERS = 10**6  # indexes that have a resident number of their own
BORN_FIRST = date(1964, 1, 1)
BORN_BLOCKS = 15  # of a thousand days each: birthdays from 1964 to early 2005
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟")
GIVEN = "安宝斌波博灿昌超晨成程诚川春聪达丹德东栋恩帆方飞峰芳菲福刚歌光国海涵翰浩禾和恒红虹鸿华欢辉慧佳嘉建健江杰洁捷瑾锦京晶景静娟君俊凯康可乐磊蕾黎力立丽莲良亮林琳玲凌龙璐露萌梦敏明娜楠宁鹏平萍琪奇倩强青清庆琼秋然仁荣蓉如瑞润珊尚莎诗世书舒爽思松涛婷彤薇维伟文雯武希溪夏祥翔小晓欣新鑫星雄秀旭雪雅妍岩阳瑶怡艺英颖永勇友宇雨玉钰元媛远月云泽珍真振正志智中珠竹卓子紫"
REGIONS = (
    "1101", "1201", "1301", "1401", "2101", "2102", "2201", "2301", "3101", "3201", "3205", "3301", "3302", "3401",
    "3501", "3502", "3601", "3701", "3702", "4101", "4113", "4201", "4301", "4401", "4403", "4406", "4501", "4601",
    "5001", "5101", "5107", "5113", "5201", "5301", "6101", "6201", "6301", "6401", "6501",
)  # fmt: skip
BANKS = ("浦江银行", "云岭银行", "蜀川银行", "北辰银行", "海港银行")  # invented


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedPerson:
    """Somebody who does not exist."""

    name: str  # two to four Chinese characters
    phone: str  # 11 digits
    resident_number: str  # 18 characters, check digit right
    birth_date: date  # as in the number
    region_code: str  # six digits, as in the number
    account_number: str  # 19 digits, Luhn digit right
    bank_name: str  # invented


def invent_person(
    *, seed: int, index: int, birth_date: date | None = None, region: str | None = None
) -> InventedPerson:
    """This function will return the person of (seed, index), always the same one.

    `birth_date` and `region` (four digits of a city) may be given where a data row knows them; numbers are then unique
    as long as the same birthday and city do not come more than a thousand times. Raises: AssertionError for an index
    outside 0…999,999.
    """
    assert 0 <= index < NUMBERS
    born = birth_date or _birth_date(seed, index)
    city = region or REGIONS[_draw(seed, index, "region", len(REGIONS))]
    assert len(city) == 4 and city.isdigit()
    return InventedPerson(
        name=invent_name(seed=seed, index=index),
        phone=invent_phone(seed=seed, index=index),
        resident_number=make_test_resident_number(
            region_code=city + COUNTY, birth_date=born, sequence=index % 1000
        ),
        birth_date=born,
        region_code=city + COUNTY,
        account_number=invent_account_number(seed=seed, index=index),
        bank_name=BANKS[_draw(seed, index, "bank", len(BANKS))],
    )


def _draw(seed: int, index: int, what: str, below: int) -> int:
    """Return 0 … below-1, spread evenly, the same for the same input."""
    digest = hashlib.sha256(f"people\x1f{seed}\x1f{index}\x1f{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def _birth_date(seed: int, index: int) -> date:
    """Return a birthday; indexes that share the three sequence digits differ in it, so no number comes twice."""
    block = _draw(seed, index, "block", BORN_BLOCKS)
    within = (index // 1000 + _draw(seed, index % 1000, "shift", 1000)) % 1000
    return BORN_FIRST + timedelta(days=block * 1000 + within)


def invent_name(*, seed: int, index: int) -> str:
    """This function will return an invented Chinese name: one or two characters after the surname."""
    rare = _draw(seed, index, "compound", 100) < 2
    surname = (
        COMPOUND[_draw(seed, index, "surname", len(COMPOUND))]
        if rare
        else SURNAMES[_draw(seed, index, "surname", len(SURNAMES))]
    )
    given = GIVEN[_draw(seed, index, "given", len(GIVEN))]
    if _draw(seed, index, "length", 100) < 72:
        given += GIVEN[_draw(seed, index, "second", len(GIVEN))]
    return surname + given


def invent_phone(*, seed: int, index: int) -> str:
    """This function will return a phone below 154, another one for each index below a hundred million."""
    start = _draw(seed, 0, "phone", PHONES)
    return f"{PHONE_PREFIX}{(start + index * PHONE_STEP) % PHONES:08d}"


def make_test_resident_number(*, region_code: str, birth_date: date, sequence: int) -> str:
    """This function will return a resident number with a right check digit (GB 11643-1999).

    `region_code` has six digits, `sequence` is 0…999.
    """
    first = f"{region_code}{birth_date:%Y%m%d}{sequence:03d}"
    assert len(first) == 17 and first.isdigit()
    return first + check_character(first)


def luhn_digit(digits: str) -> str:
    """This function will return the digit that makes `digits` plus it pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def invent_account_number(*, seed: int, index: int, nth: int = 0) -> str:
    """This function will return the `nth` bank account of a person, 19 digits with a Luhn digit."""
    middle = _draw(seed, index, f"account{nth}", 10 ** (ACCOUNT_DIGITS - len(ACCOUNT_PREFIX) - 7))
    first = f"{ACCOUNT_PREFIX}{index:06d}{middle:06d}"
    assert len(first) == ACCOUNT_DIGITS - 1
    return first + luhn_digit(first)
