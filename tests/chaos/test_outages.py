"""Outages with a person at the browser: what was asked for meanwhile is out within a minute."""

import time
from contextlib import closing

from tests.chaos.conftest import Start
from tests.chaos.product import Person
from tests.chaos.test_chaos import add_customers, shown_status
from tests.servers import RedisServer
from tests.services.outbox import wait_for

OUTAGE_S = 20
OUT_BY_S = 60


def send(person: Person, customer: str) -> str:
    answer = person.post(
        f"{customer}/messages/new",
        submission_key=f"outage-{time.monotonic_ns()}",
        subject="",
        body="内見です。",
    )
    assert answer.status_code == 303, answer.text[:2000]
    return answer.headers["Location"]


def test_what_is_sent_while_redis_is_away_is_out_within_a_minute_of_its_return(start_product: Start) -> None:
    with RedisServer() as server:
        product = start_product(REDIS_URL=server.url)
        customer = add_customers(product)[1]
        with closing(Person(product)) as person:
            server.stop()
            path = send(person, customer)
            time.sleep(OUTAGE_S)
            assert shown_status(person, path) == "queued"
            server.start()
            with server.connect() as connection:
                connection.flushall()  # it comes back with nothing of what it knew
            wait_for(lambda: shown_status(person, path) == "delivered", OUT_BY_S)
            product.launch.close()
