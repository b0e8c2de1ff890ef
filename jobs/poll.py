"""Ask SMSLINK what became of what was sent."""

import time
from datetime import timedelta

from jobs.worker import in_application
from webapp import clock
from webapp.services import results, settlement, smslink_account
from webapp.services.office import load_office

SHORT_WAIT_S = 2.0
"""A question due this soon is waited for: RQ's scheduler works in whole seconds."""
GOES_ON_FOR = timedelta(seconds=10)
"""The sweep waits behind this job."""


@in_application
def check_due() -> None:
    """Everything that is due; then ring for what is due next."""
    try:
        client = smslink_account.make_client(load_office())
    except smslink_account.NotConnectable:
        return  # nothing can be asked; the hold that sending puts in place tells everyone
    stop_at = clock.now() + GOES_ON_FOR
    with client:
        while results.check_due(client) and settlement.settle_due(client):
            due_at = results.next_due_at()
            wait_s = (due_at - clock.now()).total_seconds() if due_at is not None else SHORT_WAIT_S + 1
            if wait_s > SHORT_WAIT_S or clock.now() >= stop_at:
                results.ring_for_next()
                return
            time.sleep(max(0.0, wait_s))
    # SMSLINK gives no answers: the sweep asks again, so that it is not asked by everyone at once.
