"""Accounts and logins."""

import hashlib
import re
import secrets
from dataclasses import dataclass, fields
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, delete, func, select

from webapp import clock
from webapp.config import SESSION_LONGEST
from webapp.domain.refusals import Reason, Refusal
from webapp.extensions import db, writing
from webapp.lookups import Lookup
from webapp.models import Staff, StaffSession
from webapp.models.staff import Person, Role
from webapp.services import RefusedByRule

FIRST_NAME = "管理者"
"""What the first administrator is called until somebody enters a name: no name to sign an SMS with."""
MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 256

_LOGIN_ID = re.compile(r"[A-Za-z0-9._@-]{1,64}")

_hasher = PasswordHasher()

# Every request asks this: made once, because making it takes as long as asking it.
_PERSON_OF_SESSION = Lookup(
    select(*(getattr(Staff, field.name) for field in fields(Person) if field.name != "session_token"))
    .join(StaffSession, StaffSession.staff_id == Staff.id)
    .where(StaffSession.token_hash == bindparam("token_hash"), StaffSession.expires_at > bindparam("now"))
    .where(Staff.is_active)
)


@dataclass(frozen=True, slots=True)
class StaffValues:
    """What the form of an account says."""

    login_id: str
    name: str
    role: Role
    is_active: bool
    mobile_number: str = ""
    """Normalised, or empty: where the person's test sends go."""


def is_login_id(text: str) -> bool:
    """Plain characters: it is typed on any keyboard."""
    return _LOGIN_ID.fullmatch(text) is not None


def hash_password(password: str) -> str:
    """Argon2id with the library's current parameters."""
    return _hasher.hash(password)


def list_staff(*, active_only: bool = False) -> list[Staff]:
    """All accounts by name, those in use first."""
    query = select(Staff).order_by(Staff.is_active.desc(), Staff.name, Staff.id)
    if active_only:
        query = query.where(Staff.is_active)
    return list(db.session.scalars(query))


def find_staff(staff_id: int) -> Staff | None:
    """One account, or None."""
    return db.session.get(Staff, staff_id)


def log_in(login_id: str, password: str) -> Person | None:
    """The person with a new session, or None when login or password is wrong.

    An unknown login costs the same hashing as a wrong password, so neither can be told apart.
    """
    person = db.session.scalar(select(Staff).where(Staff.login_id == login_id.strip().lower()))
    known = person is not None and person.is_active
    stored = person.password_hash if person is not None and known else _unknown_hash()
    try:
        _hasher.verify(stored, password[:MAX_PASSWORD_LENGTH])
    except (VerificationError, InvalidHashError):
        return None
    if person is None or not known:
        return None
    with writing():
        if _hasher.check_needs_rehash(stored):
            person.password_hash = hash_password(password[:MAX_PASSWORD_LENGTH])
        _delete_ended_sessions()
        token = _start_session(person)
    return load_by_session(token)


def load_by_session(token: str) -> Person | None:
    """The person of a session that has not ended; one query."""
    row = _PERSON_OF_SESSION.find(token_hash=_hash_token(token), now=clock.now())
    return None if row is None else Person(**row._asdict(), session_token=token)


def log_out(session_token: str) -> None:
    """End this session: a copied cookie is worth nothing afterwards."""
    with writing():
        db.session.execute(delete(StaffSession).where(StaffSession.token_hash == _hash_token(session_token)))


def create_staff(values: StaffValues, *, password: str, must_change_password: bool = True) -> Staff:
    """A new account. Refuses a login that is taken."""
    password_hash = hash_password(password)  # 100 ms: not while the others wait to write
    with writing():
        _refuse_taken_login(values.login_id, except_id=None)
        person = Staff(
            login_id=values.login_id.lower(),
            name=values.name,
            role=values.role,
            is_active=values.is_active,
            mobile_number=values.mobile_number or None,
            password_hash=password_hash,
            must_change_password=must_change_password,
            created_at=clock.now(),
        )
        db.session.add(person)
        db.session.flush()
    return person


def edit_staff(staff_id: int, values: StaffValues) -> Staff:
    """Change an account; the last administrator cannot lose the role. Disabling ends its sessions."""
    with writing():
        person = db.session.get_one(Staff, staff_id, populate_existing=True)
        _refuse_taken_login(values.login_id, except_id=staff_id)
        stays_administrator = values.is_active and values.role == Role.ADMINISTRATOR
        if person.is_active and person.is_administrator and not stays_administrator:
            _refuse_last_administrator(person)
        person.login_id = values.login_id.lower()
        person.name = values.name
        person.role = values.role
        person.is_active = values.is_active
        person.mobile_number = values.mobile_number or None
        if not values.is_active:
            _end_sessions(person, except_token=None)
    return person


def change_own_password(staff_id: int, session_token: str, current: str, new: str) -> None:
    """Set the person's password and end every other session."""
    person = db.session.get_one(Staff, staff_id)
    try:
        _hasher.verify(person.password_hash, current[:MAX_PASSWORD_LENGTH])
    except (VerificationError, InvalidHashError):
        raise RefusedByRule([Refusal(Reason.PASSWORD_WRONG, "current_password")]) from None
    if current == new:
        raise RefusedByRule([Refusal(Reason.PASSWORD_UNCHANGED, "new_password")])
    password_hash = hash_password(new)
    with writing():
        person.password_hash = password_hash
        person.must_change_password = False
        _end_sessions(person, except_token=session_token)


def reset_password(staff_id: int) -> str:
    """A random password, to be changed at the next login; ends every session. Returned once."""
    password = random_password()
    password_hash = hash_password(password)
    with writing():
        person = db.session.get_one(Staff, staff_id, populate_existing=True)
        person.password_hash = password_hash
        person.must_change_password = True
        _end_sessions(person, except_token=None)
    return password


def choose_confirmation(staff_id: int, *, confirm: bool) -> None:
    """The person's own choice whether to be asked before sending."""
    with writing():
        db.session.get_one(Staff, staff_id).confirm_before_sending = confirm


def change_own_number(staff_id: int, mobile_number: str) -> None:
    """Where the person's test sends go; normalised, or empty for none."""
    with writing():
        db.session.get_one(Staff, staff_id).mobile_number = mobile_number or None


def has_staff() -> bool:
    """Whether any account exists yet."""
    return bool(db.session.scalar(select(func.count()).select_from(Staff)))


def random_password() -> str:
    """Easy to read aloud: no characters that look alike."""
    return "-".join(
        "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4)) for _ in range(4)
    )


def _refuse_taken_login(login_id: str, except_id: int | None) -> None:
    taken = db.session.scalar(select(Staff.id).where(Staff.login_id == login_id.lower()))
    if taken is not None and taken != except_id:
        raise RefusedByRule([Refusal(Reason.LOGIN_ID_TAKEN, "login_id")])


def _refuse_last_administrator(person: Staff) -> None:
    others = db.session.scalar(
        select(func.count())
        .select_from(Staff)
        .where(Staff.role == Role.ADMINISTRATOR, Staff.is_active, Staff.id != person.id)
    )
    if not others:
        raise RefusedByRule([Refusal(Reason.LAST_ADMINISTRATOR, "role")])


def _start_session(person: Staff) -> str:
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        StaffSession(
            token_hash=_hash_token(token),
            staff_id=person.id,
            created_at=now,
            expires_at=now + SESSION_LONGEST,
        )
    )
    return token


def _end_sessions(person: Staff, *, except_token: str | None) -> None:
    query = delete(StaffSession).where(StaffSession.staff_id == person.id)
    if except_token:
        query = query.where(StaffSession.token_hash != _hash_token(except_token))
    db.session.execute(query)


def _delete_ended_sessions(now: datetime | None = None) -> None:
    db.session.execute(delete(StaffSession).where(StaffSession.expires_at <= (now or clock.now())))


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _unknown_hash() -> str:
    global _unknown  # noqa: PLW0603 - hashed once, with the parameters in force
    if not _unknown:
        _unknown = hash_password(secrets.token_urlsafe())
    return _unknown


_unknown = ""
