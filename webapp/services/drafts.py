"""What people have begun to write: kept while they type, gone when it is sent, nobody else's to see."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.extensions import db, writing
from webapp.models import Message, Staff, StoredDraft

KEEP_DRAFTS_FOR = timedelta(days=30)
"""They hold personal data: what was not touched for so long is removed at the next save."""
TEXTS = ("subject", "body")


def save_draft(
    writer: Staff, customer_id: int, submission_key: str, fields: Mapping[str, str], *, is_left: bool = False
) -> StoredDraft | None:
    """Keep the form as it is now, valid or not; one without a text is no draft, and its row goes.

    `is_left`: its tab says good-bye, so that the next one may take the draft up at once.
    """
    if not any(fields.get(name, "").strip() for name in TEXTS):
        discard_draft(writer, customer_id, submission_key)
        return None
    try:
        return _write(writer, customer_id, submission_key, fields, is_left=is_left)
    except IntegrityError:
        # Two first saves of one tab at once, on a database that lets both look before either writes.
        return _write(writer, customer_id, submission_key, fields, is_left=is_left)


def find_draft(writer: Staff, customer_id: int, submission_key: str) -> StoredDraft | None:
    """One draft of the person's own, unless it was sent meanwhile."""
    return db.session.scalar(
        _unsent(writer).where(
            StoredDraft.customer_id == customer_id, StoredDraft.submission_key == submission_key
        )
    )


def list_drafts(writer: Staff, customer_id: int | None = None) -> list[StoredDraft]:
    """The person's own, latest first; of one customer or of all. One query."""
    query = _unsent(writer).order_by(StoredDraft.saved_at.desc(), StoredDraft.id.desc()).limit(20)
    if customer_id is not None:
        query = query.where(StoredDraft.customer_id == customer_id)
    return list(db.session.scalars(query))


def discard_draft(writer: Staff, customer_id: int, submission_key: str) -> None:
    """Remove one of the person's own; one that is gone already is gone."""
    with writing():
        remove_draft(writer, customer_id, submission_key)


def remove_draft(writer: Staff, customer_id: int, submission_key: str) -> None:
    """The same within a unit that is open: what is sent is no draft any more."""
    db.session.execute(
        delete(StoredDraft).where(
            StoredDraft.staff_id == writer.id,
            StoredDraft.customer_id == customer_id,
            StoredDraft.submission_key == submission_key,
        )
    )


def _write(
    writer: Staff, customer_id: int, submission_key: str, fields: Mapping[str, str], *, is_left: bool
) -> StoredDraft:
    now = clock.now()
    with writing():
        db.session.execute(
            delete(StoredDraft).where(
                StoredDraft.staff_id == writer.id, StoredDraft.saved_at < now - KEEP_DRAFTS_FOR
            )
        )
        draft = db.session.scalar(
            select(StoredDraft).where(
                StoredDraft.staff_id == writer.id,
                StoredDraft.customer_id == customer_id,
                StoredDraft.submission_key == submission_key,
            )
        ) or StoredDraft(staff_id=writer.id, customer_id=customer_id, submission_key=submission_key)
        draft.fields, draft.saved_at = dict(fields), now
        draft.left_at = now if is_left else None
        db.session.add(draft)
    return draft


def _unsent(writer: Staff) -> Select[StoredDraft]:
    """A save can arrive after the message it became, from the page that is just being left."""
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
