"""Why something is refused or warned of: a code and its numbers here, the words at the edge."""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """One code per reason; the comment behind it names the keys of its `detail`."""

    # In a text: these stop the send.
    BODY_EMPTY = "body_empty"
    BODY_TOO_LONG = "body_too_long"  # limit, characters (the larger of the two), charged, registered, excess
    CHARACTER_UNSENDABLE = "character_unsendable"  # see characters.check_characters
    PLACEHOLDER_EMPTY = "placeholder_empty"  # placeholder, count
    PLACEHOLDER_UNKNOWN = "placeholder_unknown"  # placeholder, mark, count, suggestion?
    MARK_FOREIGN = "mark_foreign"  # mark, count, placeholder? (the one whose value brought it in)
    OPT_OUT_REPEATED = "opt_out_repeated"  # mark, count
    # In a text, and only said.
    PLACEHOLDER_UNCLOSED = "placeholder_unclosed"  # mark, count
    PLACEHOLDER_IN_VALUE = "placeholder_in_value"  # placeholder
    BLANK_LEFT = "blank_left"  # mark, count
    URL_TOUCHES_TEXT = "url_touches_text"  # url, before ("" when fine), after, line, column
    OPT_OUT_TOUCHES_TEXT = "opt_out_touches_text"  # mark, before, after, line, column
    CHARACTER_INVISIBLE = "character_invisible"  # as CHARACTER_UNSENDABLE
    CHARACTER_MAY_NOT_SHOW = "character_may_not_show"  # as CHARACTER_UNSENDABLE
    # In a number.
    PHONE_EMPTY = "phone_empty"
    PHONE_CHARACTER = "phone_character"  # character, code_point, name, position
    PHONE_FOREIGN = "phone_foreign"  # number
    PHONE_LENGTH = "phone_length"  # number, digits, expected ("11" or "11,14")
    PHONE_LEADING_ZERO = "phone_leading_zero"  # number, suggestion
    PHONE_LANDLINE = "phone_landline"  # number
    PHONE_TOLL_FREE = "phone_toll_free"  # number, prefix
    PHONE_SERVICE = "phone_service"  # number, prefix
    PHONE_IP = "phone_ip"  # number, prefix
    PHONE_060 = "phone_060"  # number, prefix
    PHONE_PREFIX = "phone_prefix"  # number, prefix
    # Of a customer, told by services that know the record.
    NUMBER_MISSING = "number_missing"
    NUMBER_NOT_DELIVERABLE = "number_not_deliverable"
    OPTED_OUT = "opted_out"
    # Of the sender's own number, for a test send.
    OWN_NUMBER_MISSING = "own_number_missing"
    OWN_NUMBER_LANDLINE = "own_number_landline"  # number
    OWN_NUMBER_CHANGED = "own_number_changed"  # number
    OWN_NUMBER_OPTED_OUT = "own_number_opted_out"  # number
    CUSTOMER_UNKNOWN = "customer_unknown"
    STAFF_UNKNOWN = "staff_unknown"
    CANCEL_TOO_LATE = "cancel_too_late"
    CANCEL_SENT = "cancel_sent"
    CANCEL_OVER = "cancel_over"
    RESEND_NOT_OVER = "resend_not_over"
    RESEND_ARRIVED = "resend_arrived"
    RESEND_TEST = "resend_test"
    RECIPIENT_CHANGED = "recipient_changed"  # number
    ALREADY_SUBMITTED = "already_submitted"  # message_id
    # Of the contract: a warning.
    REPLY_IMPOSSIBLE = "reply_impossible"  # word
    # Of a template.
    TEMPLATE_CHANGED = "template_changed"  # saved_at (ISO 8601), person ("" when nobody's)
    # Of a setting.
    PROPOSAL_CHANGED = "proposal_changed"
    # Of an account.
    LOGIN_ID_TAKEN = "login_id_taken"
    LAST_ADMINISTRATOR = "last_administrator"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 - a code
    PASSWORD_UNCHANGED = "password_unchanged"  # noqa: S105 - a code
    # In a reservation; times in ISO 8601, Asia/Tokyo, to the minute
    RESERVATION_PAST = "reservation_past"  # earliest
    RESERVATION_TOO_FAR = "reservation_too_far"  # latest


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """One reason at one form field; `detail` holds what the sentence at the edge needs."""

    reason: Reason
    field: str
    detail: Mapping[str, str | int] = dataclasses.field(default_factory=dict)
