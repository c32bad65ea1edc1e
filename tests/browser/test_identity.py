"""She shows her identity card, binds her device, and comes back with it: no code, no password."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.kit import Walk
from tests.papers_kit import card_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Walk]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
    "hasResidentKey": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def shows(walk: Walk, content: bytes) -> None:
    """Choose a file on the page of the card and send it."""
    walk.page.set_input_files(
        "#f-file", {"name": "card.pdf", "mimeType": "application/pdf", "buffer": content}
    )
    walk.press("Show it", "出示")
    walk.page.locator("[data-card=asked]").wait_for()  # the house has it, so the worker finds it


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 1440)])
def test_a_card_is_shown_and_a_device_brings_her_back(walks: Make, language: str, width: int) -> None:
    walk = walks(language=language, width=width)
    walk.sign_in()
    walk.apply()
    walk.go("/me/identity-card")
    walk.check("identity-card", shot=True)
    shows(walk, card_of(walk.person.name, "110101199003070003"))
    assert walk.say("being read", "正在读取") in walk.page.locator("[data-card]").inner_text()
    walk.work()
    walk.go("/me/identity-card")
    said = walk.page.locator("[data-card=refused]").inner_text()
    assert walk.say("Take the picture again", "请重拍") in said or walk.say("not the one", "不一致") in said
    shows(walk, card_of(walk.person.name, walk.person.resident_number))
    walk.work()
    walk.go("/me/identity-card")
    assert walk.page.locator("[data-card=matched]").is_visible()
    walk.check("identity-card-matched", shot=True)

    device = walk.context.new_cdp_session(walk.page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    walk.go("/me/devices")
    walk.page.fill("#f-name", "Phone")
    walk.press("Bind it", "绑定")
    walk.page.wait_for_selector("b:has-text('Phone')")
    walk.check("devices", shot=True)
    walk.go("/me")
    walk.press("Sign out", "退出登录")
    walk.go("/sign-in?next=/me/devices")
    walk.press("Sign in with this device", "用这台设备登录")
    walk.page.wait_for_selector("form[data-act=get]")
    walk.check("sign-in-passkey")
    walk.press("Use a passkey", "用通行密钥")
    walk.page.wait_for_url(walk.server + "/me/devices")  # not the page before, which names it
    assert walk.say("last used", "上次使用") in walk.page.locator("main").inner_text()
    walk.press("Unbind", "解绑")
    assert walk.page.locator("button[value=remove]").count() == 0
