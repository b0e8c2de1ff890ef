"""Fetch what customers replied."""

from jobs.worker import in_application
from webapp.services import receiving, smslink_account
from webapp.services.office import load_office


@in_application
def fetch_receptions() -> None:
    """Every reply since the last time, where the contract is two-way."""
    office = load_office()
    if not office.has_two_way:
        return
    try:
        client = smslink_account.make_client(office, receiving.READ_TIMEOUT_S)
    except smslink_account.NotConnectable:
        return  # nothing can be asked; the hold that sending puts in place tells everyone
    with client:
        receiving.fetch_receptions(client)
