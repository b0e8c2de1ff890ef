"""What customers replied."""

from flask import Blueprint, render_template, request

from webapp.services import receiving, receptions
from webapp.services.office import load_office
from webapp.ui.ids import row_id

blueprint = Blueprint("receptions", __name__, url_prefix="/receptions")


@blueprint.get("/")
def list_() -> str:
    """All replies, newest first; with `unknown` those that stand on no card."""
    is_unknown = request.args.get("unknown") == "1"
    office = load_office()
    return render_template(
        "receptions/list.html",
        page=receptions.list_receptions(
            is_unknown=is_unknown, older_than=request.args.get("older_than", type=row_id)
        ),
        is_unknown=is_unknown,
        unknown_count=receptions.count_unknown(),
        office=office,
        is_late=receiving.is_late(office),
    )
