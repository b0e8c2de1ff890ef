"""The office's own data."""

from webapp.extensions import db, writing
from webapp.models import Office
from webapp.models.office import OFFICE_ID


def load_office() -> Office:
    """The one row; the first migration makes it."""
    return db.session.get_one(Office, OFFICE_ID)


def edit_company(company_name: str, short_names: list[str]) -> None:
    """Set the company name that `[[%会社名%]]` is filled with, and its short forms."""
    with writing():
        office = db.session.get_one(Office, OFFICE_ID, populate_existing=True)
        office.company_name = company_name
        office.short_names = short_names
