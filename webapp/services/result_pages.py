"""The pages of one question for results, as long as there is time and room in the limit of requests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from webapp import clock
from webapp.extensions import db
from webapp.services import holding
from webapp.services.results import may_ask
from webapp.smslink.answers import ResultsPage
from webapp.smslink.client import SmslinkClient
from webapp.smslink.wire import ResultsQuery

MAX_PAGES = 20
"""A total that grows with every page must not hold a worker."""


def read_pages(
    query: ResultsQuery, client: SmslinkClient, stop_at: datetime
) -> Iterator[tuple[ResultsPage, bool]]:
    """Each page, and whether it is the last: without a last one SMSLINK has not told everything."""
    offset = 0
    is_last = False
    for _ in range(MAX_PAGES):
        if is_last or clock.now() >= stop_at or not may_ask():
            return
        db.session.commit()  # no transaction stays open while SMSLINK is called
        page = client.fetch_results(replace(query, offset=offset))
        holding.note_contact()
        offset += page.entries
        is_last = not page.entries or offset >= page.total
        yield page, is_last
