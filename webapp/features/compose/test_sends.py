"""The compose page's test send: the text as this customer would get it, to one's own number."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.domain.placeholders import OPT_OUT_MARK
from webapp.features.compose.forms import ComposeForm
from webapp.features.compose.page import load_customer, show_page
from webapp.models import Customer
from webapp.services import RefusedByRule, customers, drafts, staff, test_sends
from webapp.services.sending import Accepted, Draft
from webapp.ui.errors import put_refusals
from webapp.ui.fields import MobileNumberField, TextField
from webapp.ui.htmx import is_fragment_request, varies
from webapp.ui.login import current_user
from webapp.ui.words import number_on_cards

OWN_NUMBER = "own_number"
"""The hidden field that carries the number the page showed; what a script leaves out is not compared."""


def add_routes(blueprint: Blueprint) -> None:
    """The one address."""
    path = "/customers/<int:customer_id>/messages/test"
    blueprint.add_url_rule(path, view_func=send_test, methods=["POST"])


class TestSendForm(ComposeForm):
    """The compose form as it stands, less what a test send does not look at: its time and its key.

    Whoever has no own number yet types it here; it is kept for the next time.
    """

    mobile_number = MobileNumberField("自分の携帯番号")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own signature
        """Drop what is not asked of this person."""
        super().__init__(*args, **kwargs)
        self.timing.validate_choice = False
        if current_user.mobile_number:
            del self.mobile_number

    def validate_scheduled_on(self, _field: TextField) -> None:
        """Not needed."""

    def validate_scheduled_time(self, _field: TextField) -> None:
        """Not needed."""

    def validate_submission_key(self, _field: TextField) -> None:
        """Not needed: without a key the text alone tells one test from another."""

    def to_draft(self, customer_id: int) -> Draft:
        """With the number that was seen or typed here, and only a key that can be one."""
        typed = self.mobile_number.normalised if self.mobile_number else ""
        return replace(
            super().to_draft(customer_id),
            submission_key=(self.submission_key.data or "") if self.has_usable_key() else "",
            shown_number=typed or request.form.get(OWN_NUMBER),
        )


def send_test(customer_id: int) -> BaseResponse | tuple[str, int]:
    """Send it to the person's own number; htmx gets the region `#test-send`, the form stays as it is."""
    customer = load_customer(customer_id)
    form = TestSendForm()
    if form.validate():
        if doubt := _keep_own_number(form):
            form.form_errors.append(doubt)
            return _refuse(customer, form)
        try:
            accepted = test_sends.send_test(form.to_draft(customer.id), current_user)
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            if is_fragment_request():
                return _sent(customer, accepted)
            _keep_draft(customer, form)
            return redirect(url_for("history.message", message_id=accepted.message.id), code=303)
    return _refuse(customer, form)


def _keep_own_number(form: TestSendForm) -> str | None:
    """Keep the number that was typed here; what to ask before anything goes to a number on a card."""
    number = form.mobile_number.normalised if form.mobile_number else ""
    if not number:
        return None
    staff.change_own_number(current_user.id, number)
    current_user.mobile_number = number  # the person of this request is a copy of the row
    cards = customers.others_with_number(number)
    return (
        f"{number_on_cards(cards)}まだ送っていません。自分の番号でよければ、もう一度押してください。"
        if cards
        else None
    )


def _refuse(customer: Customer, form: TestSendForm) -> BaseResponse | tuple[str, int]:
    if is_fragment_request():
        return _region(customer, 422, refused=form)
    if not form.has_usable_key():
        form.renew_key()
    return show_page(customer, form), 422


def _keep_draft(customer: Customer, form: TestSendForm) -> None:
    """Without JavaScript the page is left: what was written is taken up again when it is opened next."""
    if form.has_usable_key():
        drafts.save_draft(current_user, form.to_typed(customer.id), is_left=True)
        flash("書いている文章は、下書きに残してあります。", "info")


def _sent(customer: Customer, accepted: Accepted) -> Response:
    message = accepted.message
    has_opt_out_link = OPT_OUT_MARK in message.text
    return _region(customer, sent=message, is_rung=accepted.is_rung, has_opt_out_link=has_opt_out_link)


def _region(customer: Customer, status: int = 200, **shown: object) -> Response:
    return varies(render_template("compose/_test_send.html", customer=customer, **shown), status)
