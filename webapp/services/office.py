"""The office's own data."""

from webapp.extensions import db, writing
from webapp.models import Office
from webapp.models.office import OFFICE_ID


def load_office(*, fresh: bool = False) -> Office:
    """The one row, which the first migration makes; `fresh` asks the database again."""
    return db.session.get_one(Office, OFFICE_ID, populate_existing=fresh)


def lock_office() -> Office:
    """The row as it is now, kept from others until the unit that writes ends."""
    return db.session.get_one(Office, OFFICE_ID, populate_existing=True, with_for_update=True)


def edit_company(company_name: str, short_names: list[str]) -> None:
    """Set the company name that `[[%会社名%]]` is filled with, and its short forms."""
    with writing():
        office = db.session.get_one(Office, OFFICE_ID, populate_existing=True)
        office.company_name = company_name
        office.short_names = short_names
