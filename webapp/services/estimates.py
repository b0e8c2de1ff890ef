"""What a text to a customer costs as the rows are now: shown while one types, kept with the message."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, literal_column, select

from webapp.domain.estimate import (
    CarrierEstimate,
    LengthRules,
    PreparedText,
    estimate_segments,
    prepare_text,
)
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.replies import find_reply_request
from webapp.domain.segments import Carrier
from webapp.lookups import Lookup
from webapp.models import Customer, Message, Office, Staff
from webapp.models.office import LENGTH_RULE_COLUMNS, OFFICE_ID, OfficeTerms, length_rules
from webapp.services.customers import opted_out_query, why_no_sms_to

# SMSLINK's numbers of the carriers that the table knows.
CARRIER_BY_CODE = {10: Carrier.DOCOMO, 20: Carrier.AU, 30: Carrier.SOFTBANK, 50: Carrier.RAKUTEN}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the draft would cost: the text as it leaves, and parts by carrier."""

    prepared: PreparedText
    carriers: tuple[CarrierEstimate, ...]
    refusals: tuple[Refusal, ...]
    """Why it could not be sent as it stands; empty: it could."""
    rules: LengthRules
    """What the lengths were counted with."""
    unit_price: Decimal | None
    """Yen a part."""
    known_carrier: Carrier | None = None
    """The customer's, as an earlier result told it."""


def estimate_draft(body: str, customer_id: int | None, *, count_clicks: bool) -> Estimate:
    """The estimate for a draft; one query. A customer that does not exist is a refusal."""
    row = _ESTIMATE_ROW.find(customer_id=customer_id)
    if row is None:
        raise LookupError("the office's row is made by the first migration")
    values: Mapping[str, str | None] = {}
    refusal: Refusal | None = Refusal(Reason.CUSTOMER_UNKNOWN, "customer_id")
    if row.customer_id:
        values = _values(row.name, row.staff_name, row.company_name)
        refusal = why_no_sms_to(row.mobile_number, opted_out=bool(row.opted_out))
    known_carrier = CARRIER_BY_CODE.get(row.last_carrier)
    others = (refusal,) if refusal else ()
    return _estimate(body, values, row, count_clicks=count_clicks, others=others, known_carrier=known_carrier)


def estimate_message(body: str, customer: Customer, office: Office, *, count_clicks: bool) -> Estimate:
    """The same from rows at hand; its refusals are the text's alone."""
    values = _values(customer.name, customer.staff.name if customer.staff else None, office.company_name)
    return _estimate(body, values, office, count_clicks=count_clicks)


def _estimate(
    body: str,
    values: Mapping[str, str | None],
    office: Office | OfficeTerms,
    *,
    count_clicks: bool,
    others: tuple[Refusal, ...] = (),
    known_carrier: Carrier | None = None,
) -> Estimate:
    rules = length_rules(office)
    prepared = prepare_text(body, values, count_clicks=count_clicks, rules=rules)
    asked = None if office.has_two_way else find_reply_request(prepared.text)
    if asked is not None:
        warning = Refusal(Reason.REPLY_IMPOSSIBLE, "body", {"word": asked})
        prepared = prepared._replace(warnings=(*prepared.warnings, warning))
    return Estimate(
        prepared,
        estimate_segments(prepared, rules),
        (*others, *prepared.problems),
        rules,
        office.unit_price,
        known_carrier,
    )


def _values(name: str, staff_name: str | None, company_name: str) -> Mapping[str, str | None]:
    """What each placeholder is filled with; None where there is nothing to fill in."""
    return {
        "氏名": name,
        "担当者": staff_name,
        "会社名": company_name or None,
        "オンライン接客URL": None,
        "ミーティングID": None,
        "ミーティングパスワード": None,
    }


def _select_estimate_row() -> Select[*tuple[Any, ...]]:
    """The office's terms, the customer `:customer_id`, and what results have told of their number."""
    opted_out = opted_out_query(Customer.mobile_number).limit(None).correlate(Customer).exists()
    # As part of the statement: parameters in a list would be written into it anew each time.
    codes: list[ColumnElement[int]] = [literal_column(str(code)) for code in CARRIER_BY_CODE]
    last_carrier = (
        select(Message.carrier)
        .where(Message.phone_number == Customer.mobile_number, Message.carrier.in_(codes))
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return (
        select(
            Office.company_name,
            Office.unit_price,
            Office.has_two_way,
            *LENGTH_RULE_COLUMNS,
            Customer.id.label("customer_id"),
            Customer.name,
            Customer.mobile_number,
            Staff.name.label("staff_name"),
            opted_out.label("opted_out"),
            last_carrier.label("last_carrier"),
        )
        .select_from(Office)
        .outerjoin(Customer, Customer.id == bindparam("customer_id", type_=Integer))
        .outerjoin(Staff, Staff.id == Customer.staff_id)
        .where(Office.id == OFFICE_ID)
    )


# Asked at every pause of the typing hand: made once, because making it takes as long as asking it.
_ESTIMATE_ROW = Lookup(_select_estimate_row())
