"""The house writes a new credit policy, price table, product or budget of exploration: drafted by one, published by another, from tomorrow on."""

from __future__ import annotations

from datetime import date, datetime

from puhui.access.staff.domain import Approval, Permission
from puhui.access.staff.operations import SecondPersonNeeded
from puhui.access.staff.queries import refuse_role
from puhui.core.refusals import Refusal
from puhui.decisions.domain.gather import product_terms
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.swaps import SwapSet, find_swaps
from puhui.decisions.exploring.queries import list_exploration_texts, try_exploration
from puhui.decisions.queries import get_rules, list_past, list_rule_texts, try_rules
from puhui.journeys import house
from puhui.products.domain import Product, ProductInvalid
from puhui.products.queries import list_product_texts, try_product
from puhui.protection.domain import PolicyInvalid
from puhui.protection.texts import operations as texts
from puhui.protection.texts.domain import PolicyText, TextAct, TextFolder, TextState, name_of, tidy
from puhui.protection.texts.queries import get_text, list_texts
from puhui.runtime.domain import Effect, WorkItem, no_effect
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.transactions import transaction

WRITE = "policy.write"  # kind of the work that puts a published text where every process finds it
SIMULATED = 500  # newest decisions that a page decides again


class PolicyTextInvalid(Refusal):
    """A text cannot be meant; the compiler says what and where."""

    field = "text"


class FirstDayPast(Refusal):
    """A text holds from a day to come: what was decided stays as it was decided."""

    field = "text"


class TextFolderUnknown(Refusal):
    """Texts belong to the credit policy, the prices, the products or exploration."""

    field = "folder"


def list_standing() -> dict[str, str]:
    """This function will return the texts that the loaders have, by path; drafts are no part of them."""
    rules = {name: text for name, text in list_rule_texts().items() if not name.startswith("credit/reasons-")}
    products = {f"products/{name}": text for name, text in list_product_texts().items()}
    return rules | products | list_exploration_texts()


def draft(*, folder: str, text: str, by: str, now: datetime) -> PolicyText:
    """This function will compile a text beside all others and keep it as a draft.

    Raises: RoleMayNot, TextFolderUnknown, PolicyTextTooLong, PolicyTextInvalid, FirstDayPast, PolicyTextKnown.
    """
    refuse_role(login=by, permission=Permission.POLICIES)
    if folder not in list(TextFolder):
        raise TextFolderUnknown()
    text = tidy(text)
    name, first, _compiled = _compile(TextFolder(folder), text, now)
    with transaction():
        made = texts.record_draft(
            folder=TextFolder(folder), name=name, text=text, valid_from=first, by=by, now=now
        )
        record_audit(
            actor=f"staff:{by}",
            action="text.drafted",
            subject=f"text:{made.id}",
            detail={"path": made.path, "sha256": made.sha256},
            now=now,
        )
    return made


def refuse_publishing(id: str, now: datetime) -> PolicyText:
    """This function will return a draft that may be published now: others may have been since it was written.

    Raises: PolicyTextUnknown, PolicyTextMoveNotAllowed, PolicyTextInvalid, FirstDayPast.
    """
    found = get_text(id)
    if found.state is not TextState.DRAFTED:
        raise texts.PolicyTextMoveNotAllowed()
    _compile(found.folder, found.text, now)
    return found


def carry_out(approval: Approval, now: datetime) -> None:
    """This function will publish the text that the second person agreed to, and have it put where all find it.

    Raises: those of `refuse_publishing`; SecondPersonNeeded where another asked and the drafter would agree.
    """
    found = refuse_publishing(approval.body["text_id"], now)
    if approval.answered_by == found.drafted_by:
        raise SecondPersonNeeded()
    texts.move_text(id=found.id, act=TextAct.PUBLISH, agreed_by=approval.answered_by, now=now)
    put_work(key=f"policy:{found.id}", kind=WRITE, payload={"text_id": found.id}, now=now)


def write_out(item: WorkItem) -> Effect:
    """This function will write the file of a published text; again changes nothing."""
    texts.write_file(get_text(item.payload["text_id"]))
    return no_effect


def write_all() -> list[PolicyText]:
    """This function will write every published text that has no file, on a new machine or after a restore."""
    published = list_texts(state=TextState.PUBLISHED)
    for one in published:
        texts.write_file(one)
    return published


def simulate(text: PolicyText, now: datetime) -> SwapSet | None:
    """This function will decide the newest decisions again by a draft, None for exploration. Raises: PolicyTextInvalid."""
    _name, _first, compiled = _compile(text.folder, text.text, now, drafted=True)
    if compiled is None:  # it changes no decision, only by chance what follows a refusal
        return None
    past = list_past(until=now, limit=SIMULATED)
    if isinstance(compiled, Product):
        today = get_rules(jurisdiction=house.lender().jurisdiction, on_date=house.today(now))
        return find_swaps(past, rules=today, product=product_terms(compiled))
    return find_swaps(past, rules=compiled)


def _compile(
    folder: TextFolder, text: str, now: datetime, *, drafted: bool = False
) -> tuple[str, date, Rules | Product | None]:
    """File name, first day and what a text compiles to beside all others; unless drafted before, from tomorrow on."""
    try:
        name, first = name_of(folder, text)
        if not drafted and first <= house.today(now):
            raise FirstDayPast(first=str(first), today=str(house.today(now)))
        if folder is TextFolder.PRODUCTS:
            return name, first, try_product(name, text)
        own, day = house.lender().jurisdiction, max(first, house.today(now))
        if folder is TextFolder.EXPLORATION:
            try_exploration(f"{folder.value}/{name}", text, jurisdiction=own)
            return name, first, None
        return name, first, try_rules(f"{folder.value}/{name}", text, jurisdiction=own, on_date=day)
    except (PolicyInvalid, ProductInvalid) as error:
        raise PolicyTextInvalid(why=str(error)) from None
