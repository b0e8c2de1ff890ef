"""Drafts: one a page, their writer's alone, never written over unseen, gone when sent, forgotten in time."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import make_customer, make_staff
from tests.features.rows import everything
from webapp import clock
from webapp.extensions import db
from webapp.models import Customer, Staff, StoredDraft
from webapp.services import RefusedByRule, drafts, sending
from webapp.services.drafts import TypedForm
from webapp.services.sending import Draft

KEY = "key-of-the-first-tab"


def typed(
    body: str = "明日の内見は", *, key: str = KEY, customer_id: int = 1, **changes: object
) -> TypedForm:
    """A form with a text, of the page 「one」."""
    fields = {"subject": "", "body": body, "timing": "now"}
    return TypedForm(customer_id, key, fields, **({"tab": "one", "serial": 1} | changes))  # type: ignore[arg-type]


def writer() -> Staff:
    return db.session.scalars(select(Staff).where(Staff.login_id == "admin")).one()


def stored() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(StoredDraft).order_by(StoredDraft.id))
    return [(row.submission_key, row.fields["body"]) for row in rows]


def test_saving_again_is_one_row_with_the_latest_text(context: Flask, customer: Customer) -> None:
    drafts.save_draft(writer(), typed(), is_left=True)
    kept = drafts.save_draft(writer(), typed("明日の内見は10時です", serial=2))
    assert stored() == [(KEY, "明日の内見は10時です")]
    assert kept is not None
    assert kept.left_at is None


def test_a_save_that_was_overtaken_is_not_written(context: Flask, customer: Customer) -> None:
    drafts.save_draft(writer(), typed("前半と後半", serial=2), is_left=True)
    before = everything()
    drafts.save_draft(writer(), typed("前半だけ", serial=1))
    assert everything() == before


def test_a_page_that_goes_marks_no_draft_that_another_shows(context: Flask, customer: Customer) -> None:
    kept = drafts.save_draft(writer(), typed())
    assert kept is not None
    assert drafts.take_up(writer(), typed(tab="two", version=kept.version))
    before = everything()
    # A reload: the old page says good-bye after the new one was made.
    drafts.save_draft(writer(), typed(serial=2, version=kept.version), is_left=True)
    assert everything() == before
    drafts.save_draft(writer(), typed(tab="two", serial=2), is_left=True)
    assert db.session.scalars(select(StoredDraft.left_at)).one() is not None


def test_two_keys_are_two_drafts(context: Flask, customer: Customer) -> None:
    drafts.save_draft(writer(), typed())
    drafts.save_draft(writer(), typed("別の文", key="key-of-the-second-tab", tab="two"))
    assert [draft.fields["body"] for draft in drafts.list_drafts(writer(), customer.id)] == [
        "別の文",
        "明日の内見は",
    ]


def test_a_page_that_knows_an_older_state_writes_a_draft_of_its_own(
    context: Flask, customer: Customer
) -> None:
    first = drafts.save_draft(writer(), typed("PCで書いた文"))
    assert first is not None
    known = first.version
    taken = drafts.save_draft(writer(), typed("タブレットで続けた文", tab="two", version=known))
    assert taken is not None
    assert stored() == [(KEY, "タブレットで続けた文")]
    apart = drafts.save_draft(writer(), typed("PCで続けた文", serial=2, version=known))
    assert apart is not None
    assert apart.submission_key != KEY
    assert [text for _, text in stored()] == ["タブレットで続けた文", "PCで続けた文"]
    # Both pages go on with what they hold.
    drafts.save_draft(writer(), typed("PCで", key=apart.submission_key, serial=3, version=apart.version))
    drafts.save_draft(writer(), typed("タブレットで", tab="two", serial=2, version=taken.version))
    assert [text for _, text in stored()] == ["タブレットで", "PCで"]


def test_taking_up_asks_for_the_latest_state(context: Flask, customer: Customer) -> None:
    kept = drafts.save_draft(writer(), typed(), is_left=True)
    assert kept is not None
    known = kept.version
    assert not drafts.take_up(writer(), typed(tab="two", version="2020-01-01T00:00:00+00:00"))
    assert not drafts.take_up(writer(), typed(key="key-of-nothing", tab="two", version=known))
    assert db.session.scalars(select(StoredDraft.left_at)).one() is not None
    assert drafts.take_up(writer(), typed("anything", tab="two", version=known))
    row = db.session.scalars(select(StoredDraft)).one()
    assert (row.left_at, row.tab, row.fields["body"]) == (None, "two", "明日の内見は")


def test_an_emptied_form_leaves_nothing(context: Flask, customer: Customer) -> None:
    drafts.save_draft(writer(), typed())
    assert drafts.save_draft(writer(), typed("\n\u3000", serial=2)) is None
    assert stored() == []
    chosen = TypedForm(1, KEY, {"body": "", "timing": "later", "scheduled_on": "2026-12-01"}, "one", 3)
    assert drafts.save_draft(writer(), chosen) is not None


def test_drafts_are_their_writers_alone(context: Flask, customer: Customer) -> None:
    other = make_staff("sato")
    kept = drafts.save_draft(writer(), typed())
    assert kept is not None
    assert drafts.list_drafts(other) == []
    before = everything()
    drafts.discard_draft(other, customer.id, KEY)
    assert not drafts.take_up(other, typed(version=kept.version))
    assert everything() == before
    drafts.save_draft(other, typed("佐藤の文", tab="two"))
    assert stored() == [(KEY, "明日の内見は"), (KEY, "佐藤の文")]


def test_what_is_sent_is_no_draft(context: Flask, customer: Customer) -> None:
    other = make_customer(name="別 花子", mobile_number="09011112222")
    drafts.save_draft(writer(), typed())
    drafts.save_draft(writer(), typed(customer_id=other.id))
    sending.send(Draft(customer.id, "", "明日の内見は", count_clicks=False, submission_key=KEY), writer())
    assert [draft.customer_id for draft in drafts.list_drafts(writer())] == [other.id]
    # The page that is being left saves once more, after it was sent.
    before = everything()
    assert drafts.save_draft(writer(), typed("明日の内見は\r\n", serial=2), is_left=True) is None
    assert everything() == before


def test_another_text_under_a_sent_key_is_a_draft_of_its_own(context: Flask, customer: Customer) -> None:
    sending.send(Draft(customer.id, "", "明日の内見は", count_clicks=False, submission_key=KEY), writer())
    kept = drafts.save_draft(writer(), typed("もう1通"))
    assert kept is not None
    assert kept.submission_key != KEY
    assert [draft.fields["body"] for draft in drafts.list_drafts(writer())] == ["もう1通"]


def test_a_refused_send_keeps_the_draft(context: Flask, customer: Customer) -> None:
    drafts.save_draft(writer(), typed("[[%名前%]]"))
    with pytest.raises(RefusedByRule):
        sending.send(Draft(customer.id, "", "[[%名前%]]", count_clicks=False, submission_key=KEY), writer())
    assert stored() == [(KEY, "[[%名前%]]")]


def test_old_drafts_of_anybody_go_with_the_next_save(context: Flask, customer: Customer) -> None:
    other = make_staff("sato")
    with time_machine.travel(clock.now() - drafts.KEEP_DRAFTS_FOR - timedelta(hours=1), tick=False):
        drafts.save_draft(writer(), typed(key="key-of-long-ago"))
        drafts.save_draft(other, typed(key="key-of-long-ago"))
    drafts.save_draft(writer(), typed())
    assert stored() == [(KEY, "明日の内見は")]
