"""One borrower's way through the pages, step by step, as a browser test drives it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from puhui.facts.domain import BureauHit
from puhui.lab.people import InventedPerson, invent_person
from tests.browser.pictures import shrink

BETWEEN = 1200  # the narrow desk: looked at for its layout; axe runs at 390 and 1440
CAMERA = "Applying inline style"  # what taking a picture makes the browser log, under a policy without inline styles
SHOTS = Path(__file__).resolve().parents[2] / "docs/screenshots"
KEEP = os.environ.get("PUHUI_SCREENSHOTS") == "1"
HEIGHTS = {390: 844, 320: 640, 1440: 900}
LARGEST_SHOT = 150_000  # bytes
# Whether a click asks for a page: not where a script answers it in place, and not where the browser refuses the form.
LEADS_ON = """one => {
    const form = one.form, inPlace = one.closest("[hx-get], [hx-post]");
    if ((inPlace && !inPlace.hasAttribute("hx-trigger")) || (form && (form.dataset.passkey || form.method === "dialog")))
        return false;
    if (one.tagName === "A") return !(one.getAttribute("href") || "#").startsWith("#");
    return Boolean(form) && one.type === "submit" && (form.noValidate || one.formNoValidate || form.checkValidity());
}"""
_people = count(1)
TRIES = 10_000  # people looked at before a bureau counts as one that knows no good file


def begin_anew() -> None:
    """Invent people from the first again, as the first test of a process does."""
    global _people
    _people = count(1)


def safe_person() -> InventedPerson:
    """Return the next invented person whose sandbox bureau report leads to an approval."""
    from puhui.journeys.parties import bureau

    for _ in range(TRIES):
        person = invent_person(seed=20261101, index=next(_people))
        answer = bureau().report(
            number=person.resident_number, consent_id="browser-test", now=datetime.now(UTC)
        )
        seen = answer.fields
        if (
            answer.hit is BureauHit.HIT
            and seen["inq_last_6mths"]
            == seen["open_il_12m"]
            == seen["acc_now_delinq"]
            == seen["delinq_2yrs"]
            == 0
            and int(seen["inq_last_12m"]) < 4
            and int(seen["all_util_percent"]) < 50
        ):
            return person
    raise AssertionError(
        f"none of {TRIES} people has a file that leads to an approval: which bureau is this?"
    )


class Walk:
    """A signed-out borrower with a browser of her own."""

    def __init__(
        self,
        *,
        browser: Browser,
        server: str,
        language: str,
        width: int,
        script: bool = True,
        dark: bool = False,
    ) -> None:
        self.server, self.language, self.width, self.script = server, language, width, script
        self.person = safe_person()
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            device_scale_factor=1,
            locale="en-GB" if language == "en" else "zh-CN",
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(60_000)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)

    def close(self) -> None:
        """End the browser of this walk."""
        self.context.close()

    @property
    def english(self) -> bool:
        """Whether the pages are in English."""
        return self.language == "en"

    def say(self, en: str, zh: str) -> str:
        """Return the words of this walk's language."""
        return en if self.english else zh

    def go(self, path: str) -> None:
        """Open a page."""
        answer = self.page.goto(self.server + path)
        assert answer is not None and answer.status < 400, f"{path}: {answer and answer.status}"

    def heading(self) -> str:
        """Return the page's one heading; that there is one only is part of the contract."""
        headings = self.page.locator("h1").all_inner_texts()
        assert len(headings) == 1, headings
        return headings[0]

    def press(self, en: str, zh: str) -> None:
        """Press the button or link with these words."""
        words = self.say(en, zh)
        button = self.page.get_by_role("button", name=words, exact=True)
        link = self.page.get_by_role("link", name=words, exact=True)
        button.or_(link).first.wait_for(state="attached")
        self.follow(button if button.count() else link)

    def follow(self, found: Locator) -> None:
        """Click what was found; where it leads to another page, return when that one is there and not this one still."""
        if found.first.evaluate(LEADS_ON):
            with self.page.expect_navigation():
                found.first.click()
        else:
            found.first.click()

    def work(self, seconds: int = 0) -> None:
        """Do what a worker would, as if `seconds` had passed."""
        from puhui.journeys.handlers import HANDLERS
        from puhui.runtime.clock import utc_now
        from puhui.runtime.worker import drain

        for _ in range(4):
            drain(handlers=HANDLERS, now=utc_now() + timedelta(seconds=seconds))

    def code(self, template: str) -> str:
        """Return the newest one-time code that the sandbox delivered for a purpose."""
        from puhui.contact.queries import list_inbox

        self.work()
        message = next(one for one in list_inbox(limit=20) if template in one.template)
        found = re.search(r"\d{6}", message.text)
        assert found is not None, message.text
        return found[0]

    def check(self, name: str, *, shot: bool = False, whole: bool = True) -> None:
        """Check what holds for every page: accessible, no sideways scroll, help there; and keep a picture."""
        page = self.page
        noted = [line for line in self.errors if not (KEEP and line.startswith(CAMERA))]
        assert not noted, noted
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: {wide} px sideways"
        language = page.evaluate("document.documentElement.lang")
        assert language == ("en" if self.english else "zh-Hans"), language
        self.heading()
        if self.width != BETWEEN:
            self.accessible(name)
        if shot:
            self.shoot(name, whole=whole)

    def accessible(self, name: str) -> None:
        """Run axe and fail with what it found (it is a script itself, so not where scripts are off)."""
        if not self.script:
            return
        found = Axe().run(
            self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        )
        said = [
            f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0].get('failureSummary', '')[:200]}"
            for one in found.response["violations"]
        ]
        assert not said, f"{name}: " + "\n".join(said)

    def shoot(self, name: str, *, whole: bool = True) -> None:
        """Write the page as a picture, whole with its bar at its foot or its first screen, when pictures are asked for."""
        if not KEEP:
            return
        tall = max(self.page.evaluate("document.documentElement.scrollHeight"), HEIGHTS[self.width])
        if whole:
            self.page.set_viewport_size({"width": self.width, "height": int(tall)})
        tongue = "en" if self.english else "zh"
        SHOTS.mkdir(parents=True, exist_ok=True)
        target = SHOTS / f"{name}-{tongue}-{self.width}.png"
        target.write_bytes(shrink(self.page.screenshot()))
        self.page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})
        assert target.stat().st_size <= LARGEST_SHOT, f"{target.name} has {target.stat().st_size} bytes"

    # Steps of the journey -------------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Register with phone and code."""
        self.go("/sign-in")
        self.page.get_by_label(self.say("Mobile number", "手机号")).fill(self.person.phone)
        self.press("Send me a code", "发送验证码")
        self.page.locator("#f-code").fill(self.code("sign_in"))
        self.press("Continue", "继续")

    def apply(self, *, amount: str = "20000", income: str = "8600") -> None:
        """Fill the five steps and send."""
        page = self.page
        self.go("/apply/1")
        page.fill("#f-amount", amount)
        page.locator("label", has=page.locator("input[name=months][value='12']")).click()
        page.locator("label", has=page.locator("input[name=purpose][value=education]")).click()
        self.press("Continue", "继续")
        page.fill("#f-name", self.person.name)
        page.fill("#f-number", self.person.resident_number)
        page.check("#f-identity")
        self.press("Continue", "继续")
        month = {
            "income": income,
            "rent": "2200",
            "living": "2400",
            "other_instalments": "680",
            "other_lenders": "2",
        }
        for field, value in month.items():
            page.fill(f"#f-{field}", value)
        self.press("Continue", "继续")
        for purpose in ("service", "automated_decision", "contact_service", "credit_report"):
            box = page.locator(f"#f-{purpose}")
            assert not box.is_checked(), f"{purpose} was ticked for her"
            box.check()
        self.press("Continue", "继续")
        self.press("Send my application", "提交申请")

    def answer(self) -> None:
        """Let the bureau answer, and read the verdict (the page polls; without script it is opened again)."""
        self.work()
        if not self.script:
            self.go("/apply/wait")
        self.page.wait_for_url("**/verdict/**")
        self.page.wait_for_load_state()

    def quote(self, amount: str = "3000") -> None:
        """Choose an amount inside the line and get the binding quote."""
        self.go("/draw")
        self.page.fill("#f-amount", amount)
        self.page.locator("#f-amount").press("Tab")
        self.press("Get the binding quote", "就要这份报价")
        self.page.wait_for_url("**/quote/*")

    def bind(self) -> None:
        """Bind the person's account on the way to signing."""
        self.press("Sign this quote", "签这份报价")
        self.page.wait_for_url("**/accounts**")
        self.page.fill("#f-bank_name", self.person.bank_name)
        self.page.fill("#f-account_number", self.person.account_number)
        self.press("Confirm this account", "核对这个账户")
        self.check("accounts", shot=True)
        self.page.check("#f-mandate")
        self.press("Switch autopay on", "开通自动还款")
        self.press("Continue", "继续")
        self.page.wait_for_url("**/sign")

    def sign(self) -> None:
        """Tick, type the code, sign."""
        page = self.page
        self.press("Send me a code", "发送验证码")
        code = self.code("sign_quote")
        page.check("#f-contract")
        for box in page.locator("input[name=consent]:not(#f-contract)").all():
            box.check()
        page.fill("#f-code", code)
        page.locator("[data-gate-button]").click()
        page.wait_for_url("**/loans/*")

    def pay_out(self) -> None:
        """Let the rail pay out and call back."""
        for seconds in (0, 60, 120):
            self.work(seconds)
        self.page.reload()
