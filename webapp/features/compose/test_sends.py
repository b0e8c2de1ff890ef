"""The compose page's test send: the text as this customer would get it, to one's own number."""

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.domain.placeholders import OPT_OUT_MARK
from webapp.features.compose.forms import ComposeForm
from webapp.features.compose.page import load_customer, show_page
from webapp.models import Customer
from webapp.services import RefusedByRule, drafts, test_sends
from webapp.services.sending import Accepted
from webapp.ui.errors import put_refusals
from webapp.ui.fields import TextField
from webapp.ui.htmx import is_fragment_request, varies


def add_routes(blueprint: Blueprint) -> None:
    """The one address."""
    path = "/customers/<int:customer_id>/messages/test"
    blueprint.add_url_rule(path, view_func=send_test, methods=["POST"])


class TestSendForm(ComposeForm):
    """The compose form as it stands; a test send leaves at once, so its time is not looked at."""

    def validate_scheduled_on(self, _field: TextField) -> None:
        """Not needed."""

    def validate_scheduled_time(self, _field: TextField) -> None:
        """Not needed."""


def send_test(customer_id: int) -> BaseResponse | tuple[str, int]:
    """Send it to the person's own number; htmx gets the region `#test-send`, the form stays as it is."""
    customer = load_customer(customer_id)
    form = TestSendForm()
    if form.validate():
        try:
            accepted = test_sends.send_test(form.to_draft(customer.id), current_user)
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            if is_fragment_request():
                return _sent(customer, accepted)
            _keep_draft(customer, form)
            return redirect(url_for("history.message", message_id=accepted.message.id), code=303)
    if is_fragment_request():
        return _region(customer, 422, refused=form)
    return show_page(customer, form), 422


def _keep_draft(customer: Customer, form: TestSendForm) -> None:
    """Without JavaScript the page is left: what was written is taken up again when it is opened next."""
    if form.has_usable_key():
        key, typed = form.submission_key.data, form.to_stored()
        drafts.save_draft(current_user, customer.id, key, typed, is_left=True)
        flash("書いている文章は、下書きに残してあります。", "info")


def _sent(customer: Customer, accepted: Accepted) -> Response:
    message = accepted.message
    has_opt_out_link = OPT_OUT_MARK in message.text
    return _region(customer, sent=message, is_rung=accepted.is_rung, has_opt_out_link=has_opt_out_link)


def _region(customer: Customer, status: int = 200, **shown: object) -> Response:
    return varies(render_template("compose/_test_send.html", customer=customer, **shown), status)
