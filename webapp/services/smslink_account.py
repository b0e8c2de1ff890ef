"""The office's contract with SMSLINK: where it is, with which token, and whether sending is held."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

import structlog
from cryptography.fernet import InvalidToken
from flask import current_app

from webapp import queue
from webapp.config import Configuration
from webapp.extensions import db, writing
from webapp.models import Office
from webapp.services import holding, pace
from webapp.services.office import load_office, lock_office
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import InvalidSetting, SmslinkError
from webapp.smslink.wire import PRODUCTION_DOMAIN, SANDBOX_DOMAIN

log = structlog.get_logger(__name__)

PROVIDER_DOMAINS = (PRODUCTION_DOMAIN, SANDBOX_DOMAIN)
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
CHECK_READ_TIMEOUT_S = 6.0
"""The person waits for it, and a web worker with them."""
START_WITHIN_S = 5
"""A worker that has not begun its call this long after its claim must not begin it any more."""
# The client gives up on a call after twice its read time-out (webapp/smslink/client.py); with the
# connection before it, no call of ours is under way longer than this after its claim.
LONGEST_CALL_S = START_WITHIN_S + CONNECT_TIMEOUT_S + 2 * READ_TIMEOUT_S
ABSENT_AFTER_S = LONGEST_CALL_S
"""Nothing is declared absent sooner after its claim, however short `UNKNOWN_SETTLE_S` is."""
TAKEN_LATE_S = 35
"""Nor sooner after a time-out: the provider was seen to take a request half a minute later all the same."""

NOT_CONFIGURED = "not_configured"
TOKEN_UNREADABLE = "token_unreadable"  # noqa: S105 - a reason, not a secret
SETTING_INVALID = "setting_invalid"


class EnvironmentKind(StrEnum):
    """Which service a message would really go to."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    SIMULATOR = "simulator"
    OTHER = "other"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Environment:
    """What the banner on every page says."""

    kind: EnvironmentKind
    host: str
    url: str


@dataclass(frozen=True, slots=True)
class AccountValues:
    """What the page SMS送信設定 says. An empty token keeps the one in the database."""

    api_domain: str
    token: str
    show_results: bool
    notify_by_email: bool
    notification_emails: list[str]
    confirm_before_sending: bool
    has_two_way: bool
    has_fixed_number: bool
    has_alphanumeric_sender: bool
    has_safe_delivery: bool
    unit_price: Decimal | None
    shortened_url_length: int
    requests_per_minute: int


@dataclass(frozen=True, slots=True)
class Connection:
    """The address and token in force; the environment wins over the settings page."""

    domain: str
    token: str


class NotConnectable(Exception):
    """Domain or token is missing, or the token cannot be decrypted."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a trial call found: `reason` is None when all is well."""

    reason: str | None
    code: str | None = None
    message: str | None = None


def configuration() -> Configuration:
    """The process's configuration."""
    current: Configuration = current_app.config["CONFIGURATION"]
    return current


def environment(office: Office) -> Environment:
    """The service in force, for the banner."""
    domain = configuration().smslink_api_domain or office.api_domain
    if not domain:
        return Environment(EnvironmentKind.UNSET, "", "")
    host = urlsplit(domain).netloc
    # The provider's own hosts first: no setting can make them look like the simulator.
    if domain == PRODUCTION_DOMAIN:
        kind = EnvironmentKind.PRODUCTION
    elif domain == SANDBOX_DOMAIN:
        kind = EnvironmentKind.SANDBOX
    elif domain == configuration().simulator_url:
        kind = EnvironmentKind.SIMULATOR
    else:
        kind = EnvironmentKind.OTHER
    return Environment(kind, host, domain)


def connection(office: Office) -> Connection:
    """Domain and token in force; raises NotConnectable."""
    domain = configuration().smslink_api_domain or office.api_domain
    token = configuration().smslink_token or _decrypt(office)
    if not domain or not token:
        raise NotConnectable(NOT_CONFIGURED)
    return Connection(domain, token)


def is_simulated() -> bool:
    """Whether messages go to the simulator, where sample data does no harm."""
    return environment(load_office()).kind == EnvironmentKind.SIMULATOR


def is_connectable(office: Office) -> bool:
    """Whether there is a domain and a token to try."""
    try:
        connection(office)
    except NotConnectable:
        return False
    return True


def has_stored_token(office: Office) -> bool:
    """Whether the settings page has a token to keep."""
    return bool(office.token_encrypted)


def make_client(office: Office, read_timeout: float | None = None) -> SmslinkClient:
    """A client for the connection in force, whose requests count towards the pace; raises NotConnectable."""
    in_force = connection(office)
    try:
        return SmslinkClient(
            domain=in_force.domain,
            token=in_force.token,
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout or READ_TIMEOUT_S,
            before_request=partial(pace.count_request, office),
        )
    except InvalidSetting as error:
        raise NotConnectable(SETTING_INVALID) from error


def edit_account(values: AccountValues) -> None:
    """Save the page. A new domain or token lifts a hold: the next attempt shows whether it helps."""
    with writing():
        office = lock_office()
        is_new_connection = bool(values.token) or office.api_domain != values.api_domain
        if values.shortened_url_length != office.shortened_url_length:
            office.shortened_url_is_known = False  # no charge has shown this one
        for name, value in asdict(values).items():
            if name != "token":
                setattr(office, name, value)
        if values.token:
            office.token_encrypted = encrypt(values.token)
        if is_new_connection:
            holding.lift_hold(office)
    if is_new_connection:
        queue.ring_submit()


def store_token(domain: str, token: str) -> None:
    """Set the connection alone (the command `smslink configure`, and the sample data)."""
    with writing():
        office = lock_office()
        office.api_domain = domain
        office.token_encrypted = encrypt(token)
        holding.lift_hold(office)
    queue.ring_submit()


def encrypt(token: str) -> str:
    """The token as the database holds it."""
    return configuration().fernet().encrypt(token.encode()).decode()


def check_connection() -> CheckResult:
    """One harmless call with the connection in force; a success lifts a hold."""
    try:
        with make_client(load_office(), CHECK_READ_TIMEOUT_S) as client:
            db.session.commit()  # no transaction stays open while SMSLINK is called
            client.check()
    except NotConnectable as error:
        return CheckResult(error.reason)
    except SmslinkError as error:
        return CheckResult(
            reason_of(error),
            error.answer.code if error.answer else None,
            error.answer.message if error.answer else None,
        )
    holding.note_contact()
    holding.resume_sending()
    return CheckResult(None)


def reason_of(error: SmslinkError) -> str:
    """The code under which the history and the settings page explain an error: the most exact one."""
    return next(iter(error.listed_codes), str(error.reason))


def _decrypt(office: Office) -> str | None:
    if not office.token_encrypted:
        return None
    try:
        return configuration().fernet().decrypt(office.token_encrypted.encode()).decode()
    except InvalidToken as error:
        raise NotConnectable(TOKEN_UNREADABLE) from error
