"""Cancel at SMSLINK what a person wants cancelled."""

from jobs.worker import in_application
from webapp.services import cancelling, smslink_account
from webapp.services.office import load_office


@in_application
def cancel_due() -> None:
    """Every reservation whose cancellation is asked for."""
    try:
        client = smslink_account.make_client(load_office())
    except smslink_account.NotConnectable:
        return  # nothing can be asked; the hold that sending puts in place tells everyone
    with client:
        cancelling.cancel_due(client)
