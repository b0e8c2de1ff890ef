"""Rows as the engine would have left them, and copies of the database to compare."""

import secrets
from typing import Any

from sqlalchemy import select

from webapp import clock
from webapp.extensions import Base, db, writing
from webapp.models import Customer, Delivery, Interaction, Message, SmsTemplate, Staff
from webapp.services import sms_templates
from webapp.services.sms_templates import TemplateValues


def make_message(customer: Customer, **columns: Any) -> Message:
    """A message of the first member of staff, delivered unless said otherwise; `subject` names it."""
    now = clock.now()
    subject = columns.pop("subject", "内見のご案内")
    with writing():
        sender = db.session.scalars(select(Staff).order_by(Staff.id)).first()
        assert sender is not None
        message = Message(
            **{
                "delivery": Delivery(
                    key=secrets.token_hex(5), subject=subject, text_message="明日10時です。"
                ),
                "customer_id": customer.id,
                "staff_id": sender.id,
                "submission_key": secrets.token_hex(8),
                "recipient_name": customer.name,
                "phone_number": customer.mobile_number,
                "body": "明日10時です。",
                "text": "明日10時です。",
                "characters": 8,
                "estimated_segments": {"docomo": 1, "au": 1, "rakuten": 1, "softbank": 1},
                "status": "delivered",
                "created_at": now,
                "next_attempt_at": now,
                "clicks": [],
            }
            | columns
        )
        db.session.add(message)
        db.session.flush()
        if message.customer_id is not None:  # a test send is in nobody's log
            db.session.add(
                Interaction(
                    customer_id=customer.id,
                    staff_id=sender.id,
                    message_id=message.id,
                    kind="sms_sent",
                    subject=subject,
                    occurred_at=now,
                )
            )
    return message


def make_template(**values: Any) -> SmsTemplate:
    """A template that the first member of staff wrote."""
    usual = {"name": "内見のご案内", "subject": "内見", "body": "[[%氏名%]]様\n明日10時です。"}
    author = db.session.scalars(select(Staff).order_by(Staff.id)).first()
    assert author is not None
    return sms_templates.create_template(TemplateValues(**usual | values), author)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to show that nothing was written."""
    with db.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }
