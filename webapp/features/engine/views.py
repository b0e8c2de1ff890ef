"""The state of sending: everybody may see it, administrators may act."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.features.engine.words import LABELS, sentence_of
from webapp.services import engine, holding
from webapp.ui.htmx import is_fragment_request, varies
from webapp.ui.login import current_user

blueprint = Blueprint("engine", __name__, url_prefix="/engine")


@blueprint.get("")
def show() -> Response:
    """The page; htmx gets what changes, every five seconds."""
    found = engine.look_at_engine()

    def sentence(state: engine.LineState) -> str:
        return sentence_of(state, found, is_administrator=current_user.is_administrator)

    template = "engine/_state.html" if is_fragment_request() else "engine/page.html"
    return varies(render_template(template, engine=found, labels=LABELS, sentence_of=sentence))


@blueprint.post("/resume")
def resume() -> BaseResponse:
    """End a hold or a pause: what waits is tried at once."""
    if not current_user.is_administrator:
        abort(403)
    holding.resume_sending()
    flash("送信を再開しました。待っていたSMSを順に送ります。", "success")
    return redirect(url_for("engine.show"), code=303)
