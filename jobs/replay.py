"""The sweep: what guarantees progress, whatever became of Redis, workers, or a ring."""

from jobs.worker import in_application
from webapp import queue
from webapp.services import cancelling, missed, rechecking, results, settlement, submission


@in_application
def sweep() -> None:
    """Find what dead workers left behind, and ring for everything that is due."""
    settlement.find_stale_claims()
    missed.mark_missed()
    rechecking.withdraw_unwanted()
    if submission.has_due():
        queue.ring_submit()
    if cancelling.has_due():
        queue.ring_cancel()
    if rechecking.has_due():
        queue.ring_poll()
    results.ring_if_due()
