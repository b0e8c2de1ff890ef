"""Today: what needs a person first, then what was sent and what it cost."""

from flask import Blueprint, render_template

from webapp import clock
from webapp.services import drafts, history, receptions
from webapp.ui.login import current_user

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/")
def today() -> str:
    """The first page after the login."""
    return render_template(
        "dashboard/today.html",
        today=history.summarise_today(),
        replies=receptions.list_recent(),
        drafts=drafts.list_drafts(current_user),
        date=clock.today(),
    )
