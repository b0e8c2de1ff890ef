"""What people have begun to write: kept while they type, gone when it is sent, nobody else's to see."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.extensions import db, writing
from webapp.models import Message, StoredDraft
from webapp.models.staff import Author

KEEP_DRAFTS_FOR = timedelta(days=30)
"""They hold personal data: what was not touched for so long is removed at the next save of anybody's."""


@dataclass(frozen=True, slots=True)
class TypedForm:
    """A compose form as it is on a page, valid or not."""

    customer_id: int
    submission_key: str
    fields: Mapping[str, str]
    tab: str | None = None
    """The page that shows it; None: one without JavaScript."""
    serial: int = 0
    """Counts the page's saves."""
    version: str = ""
    """The state of the draft that the page knows; empty: none."""

    @property
    def is_empty(self) -> bool:
        """Nothing written and nothing chosen."""
        has_text = any(self.fields.get(name, "").strip() for name in ("subject", "body"))
        has_choice = self.fields.get("timing") == "later" or self.fields.get("count_clicks") == "y"
        return not has_text and not has_choice

    def is_nothing_new_to(self, draft: StoredDraft) -> bool:
        """Whether the draft says the same, or a later save of this page came first."""
        is_overtaken = self.tab is not None and self.tab == draft.tab and self.serial <= draft.serial
        return is_overtaken or dict(self.fields) == draft.fields


def save_draft(writer: Author, typed: TypedForm, *, is_left: bool = False) -> StoredDraft | None:
    """Keep the form as it is now; None where nothing needs keeping, and the row is gone.

    Nothing is written over that the page has not seen, and nothing is kept under a key that was sent: it
    becomes a draft of its own then, whose key is another than asked for. `is_left`: the page says
    good-bye, so that the next one may take the draft up at once.
    """
    now = clock.now()
    with writing():
        db.session.execute(delete(StoredDraft).where(StoredDraft.saved_at < now - KEEP_DRAFTS_FOR))
        sent = _find_sent(typed)
        if typed.is_empty or (sent is not None and _says_the_same(sent, typed)):
            remove_draft(writer, typed.customer_id, typed.submission_key)
            return None
        draft = _find(writer, typed.customer_id, typed.submission_key)
        if draft is not None and typed.is_nothing_new_to(draft):
            if is_left and draft.tab == typed.tab:
                draft.left_at = now
            return draft
        is_apart = sent is not None or (draft is not None and not draft.is_of(typed.tab, typed.version))
        if draft is None or is_apart:
            key = secrets.token_urlsafe(16) if is_apart else typed.submission_key
            draft = StoredDraft(staff_id=writer.id, customer_id=typed.customer_id, submission_key=key)
        draft.fields, draft.tab, draft.serial = dict(typed.fields), typed.tab, typed.serial
        draft.saved_at, draft.left_at = now, now if is_left else None
        db.session.add(draft)
    return draft


def take_up(writer: Author, typed: TypedForm) -> bool:
    """The page shows the draft now; False where it changed since the page was made, or is gone."""
    with writing():
        draft = _find(writer, typed.customer_id, typed.submission_key)
        if draft is None or not draft.is_of(typed.tab, typed.version):
            return False
        draft.tab, draft.serial, draft.left_at = typed.tab, typed.serial, None
    return True


def list_drafts(writer: Author, customer_id: int | None = None) -> list[StoredDraft]:
    """The person's own, latest first; of one customer or of all. One query."""
    query = _unsent(writer).order_by(StoredDraft.saved_at.desc(), StoredDraft.id.desc()).limit(20)
    if customer_id is not None:
        query = query.where(StoredDraft.customer_id == customer_id)
    return list(db.session.scalars(query))


def discard_draft(writer: Author, customer_id: int, submission_key: str) -> None:
    """Remove one of the person's own; one that is gone already is gone."""
    with writing():
        remove_draft(writer, customer_id, submission_key)


def remove_draft(writer: Author, customer_id: int, submission_key: str) -> None:
    """The same within a unit that is open: what is sent is no draft any more."""
    db.session.execute(
        delete(StoredDraft).where(
            StoredDraft.staff_id == writer.id,
            StoredDraft.customer_id == customer_id,
            StoredDraft.submission_key == submission_key,
        )
    )


def _find(writer: Author, customer_id: int, submission_key: str) -> StoredDraft | None:
    return db.session.scalar(
        select(StoredDraft)
        .where(
            StoredDraft.staff_id == writer.id,
            StoredDraft.customer_id == customer_id,
            StoredDraft.submission_key == submission_key,
        )
        .execution_options(populate_existing=True)
    )


def _find_sent(typed: TypedForm) -> Message | None:
    return db.session.scalar(
        select(Message).where(
            Message.customer_id == typed.customer_id, Message.submission_key == typed.submission_key
        )
    )


def _says_the_same(sent: Message, typed: TypedForm) -> bool:
    """The page that is being left saves once more, after its text was sent."""
    return sent.body.splitlines() == typed.fields.get("body", "").splitlines()


def _unsent(writer: Author) -> Select[StoredDraft]:
    """Its key has no message: a database that lets a save and a send run side by side may keep both."""
    is_sent = (
        select(Message.id)
        .where(
            Message.customer_id == StoredDraft.customer_id,
            Message.submission_key == StoredDraft.submission_key,
        )
        .exists()
    )
    return (
        select(StoredDraft)
        .where(StoredDraft.staff_id == writer.id, ~is_sent)
        .options(joinedload(StoredDraft.customer))
    )
