"""Send what is due."""

from jobs.worker import in_application
from webapp.services import submission


@in_application
def submit_due() -> None:
    """Every message that is due, row by row, in one job."""
    submission.submit_due()
