"""Ask SMSLINK what became of what was sent."""

import time

from jobs.worker import in_application
from webapp import clock
from webapp.services import results, settlement, smslink_account
from webapp.services.office import load_office

SHORT_WAIT_S = 1.5
"""A question due this soon is waited for: RQ's scheduler works in whole seconds."""


@in_application
def check_due() -> None:
    """Everything that is due; then ring for what is due next."""
    try:
        client = smslink_account.make_client(load_office())
    except smslink_account.NotConnectable:
        return  # nothing can be asked; the hold that sending puts in place tells everyone
    with client:
        results.check_due(client)
        settlement.settle_due(client)
        due_at = results.next_due_at()
        if due_at is not None and 0 < (due_at - clock.now()).total_seconds() <= SHORT_WAIT_S:
            time.sleep((due_at - clock.now()).total_seconds())
            results.check_due(client)
            settlement.settle_due(client)
    results.ring_for_next()
