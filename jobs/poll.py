"""Ask SMSLINK what became of what was sent."""

import time
from datetime import timedelta

from jobs.worker import in_application
from webapp import clock, queue
from webapp.services import cancelling, rechecking, results, settlement, smslink_account
from webapp.services.office import load_office
from webapp.smslink.client import SmslinkClient

SHORT_WAIT_S = 2.0
"""A question due this soon is waited for: RQ's scheduler works in whole seconds."""
GOES_ON_FOR = timedelta(seconds=10)
"""The sweep waits behind this job."""
READ_TIMEOUT_S = 6.0
"""Shorter than a send's: a question that was given up is asked again, and does no harm."""


@in_application
def check_due() -> None:
    """Everything that is due; then ring for what is due next.

    What a dead worker left is looked for between the questions as well: the sweep waits until this ends.
    """
    try:
        client = smslink_account.make_client(load_office(), READ_TIMEOUT_S)
    except smslink_account.NotConnectable:
        return  # nothing can be asked; the hold that sending puts in place tells everyone
    stop_at = clock.now() + GOES_ON_FOR
    with client:
        while _ask(client):
            if cancelling.has_due():
                queue.ring_cancel()  # a reservation that was looked up, or is withdrawn
            due_at = results.next_due_at()
            wait_s = (due_at - clock.now()).total_seconds() if due_at is not None else SHORT_WAIT_S + 1
            if wait_s > SHORT_WAIT_S or clock.now() >= stop_at:
                results.ring_for_next()
                return
            time.sleep(max(0.0, wait_s))
    # SMSLINK gives no answers: the sweep asks again, so that it is not asked by everyone at once.


def _ask(client: SmslinkClient) -> bool:
    for ask in (settlement.settle_due, rechecking.ask_due, results.check_due):
        is_answered = ask(client)
        settlement.find_stale_claims()
        if not is_answered:
            return False
    return True
