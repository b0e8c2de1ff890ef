"""Hundreds of sends through the real stack while everything around them breaks.

Workers, their forks, cron, the web server and Redis are killed with -9 or emptied at random, and the
simulator drops, stalls and refuses. At the end its ledger has every message exactly once, and the product
shows of each what is true. `make chaos` is the long form; CHAOS_SEED repeats a run's choices.
"""

import os
import random
import re
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.chaos.conftest import Start
from tests.chaos.product import Misfortune, Person, Product
from webapp.domain.message_status import MessageStatus, from_provider
from webapp.domain.reservation import JST

S = MessageStatus
SENDS = int(os.environ.get("CHAOS_SENDS", "40"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))
PEOPLE = 4
UNKNOWN_SETTLE_S = 20
SETTLED_BY_S = 240
OUT_OF_REACH = "09001111201"
SETTLED = frozenset({S.DELIVERED, S.FAILED, S.CANCELLED, S.RESERVED})


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as the person knows it."""

    key: str
    path: str
    is_cancelled: bool


def add_customers(product: Product) -> list[str]:
    """Their addresses; one of them has a telephone that is always off."""
    with closing(Person(product)) as person:
        numbers = [OUT_OF_REACH, *[f"0905555{position:04}" for position in range(11)]]
        paths = []
        for number in numbers:
            answer = person.post("/customers/new", name="混沌 一郎", mobile_number=number)
            assert answer.status_code == 303, answer.text[:2000]
            paths.append(answer.headers["Location"])
        return paths


def send(person: Person, customers: list[str], chance: random.Random) -> Sent:
    """Now or reserved; now and then posted twice, now and then cancelled."""
    key = uuid.uuid4().hex
    fields = {"subject": "", "body": "内見のご案内です。土曜の10時にお待ちしています。", "timing": "now"}
    is_reserved = chance.random() < 0.15
    if is_reserved:
        at = (datetime.now(UTC) + timedelta(hours=2)).astimezone(JST)
        fields |= {"timing": "later", "scheduled_on": f"{at:%Y-%m-%d}", "scheduled_time": f"{at:%H:%M}"}
    path = f"{chance.choice(customers)}/messages/new"
    answer = person.post(path, submission_key=key, **fields)
    assert answer.status_code == 303, answer.text[:2000]
    address = answer.headers["Location"]
    if chance.random() < 0.1:
        assert person.post(path, submission_key=key, **fields).headers["Location"] == address
    is_cancelled = is_reserved and chance.random() < 0.5
    if is_cancelled:
        time.sleep(chance.uniform(0, 1))
        answer = person.post(f"{address}/cancel")
        # Said again after a connection was lost, it can be over already.
        assert answer.status_code in {303, 422}, answer.text[:2000]
    return Sent(key, address, is_cancelled)


def send_many(product: Product, customers: list[str], count: int, seed: int) -> list[Sent]:
    """Over the time of the trouble, one after the other."""
    chance = random.Random(seed)
    sent = []
    with closing(Person(product)) as person:
        began = time.monotonic()
        for position in range(count):
            time.sleep(max(0.0, began + SECONDS * position / count - time.monotonic()))
            sent.append(send(person, customers, chance))
    return sent


def wait_until_settled(product: Product) -> float:
    """Seconds until nothing moves any more."""
    began = time.monotonic()
    live = "SELECT m.id, m.status, m.reason, m.checks, m.next_check_at, m.next_attempt_at FROM message m"
    states = ", ".join(f"'{status}'" for status in SETTLED)
    waiting = f"cancel_requested_at IS NOT NULL AND cancel_refused IS NULL AND status = '{S.RESERVED}'"
    query = f"{live} WHERE status NOT IN ({states}) OR ({waiting})"
    while left := product.rows(query):
        assert time.monotonic() < began + SETTLED_BY_S, [dict(row) for row in left]
        time.sleep(0.5)
    return time.monotonic() - began


def shown_status(person: Person, path: str) -> str:
    found = re.search(r'data-status="([^"]+)"', person.get(path))
    assert found, path
    return found[1]


def test_every_message_is_registered_once_and_shown_as_it_is(start_product: Start) -> None:
    print(f"CHAOS_SEED={SEED}")  # noqa: T201 - to repeat it with
    product = start_product(UNKNOWN_SETTLE_S=str(UNKNOWN_SETTLE_S))
    customers = add_customers(product)
    misfortune = Misfortune(product, SEED, is_long=SECONDS > 60)
    with ThreadPoolExecutor(PEOPLE) as people, misfortune.at_work():
        asked = [
            people.submit(send_many, product, customers, SENDS // PEOPLE, SEED + 10 + number)
            for number in range(PEOPLE)
        ]
        sent = [one for each in asked for one in each.result()]
    settled_s = wait_until_settled(product)

    registered = Counter[str]()
    truth = {}
    for delivery in product.control("GET", "ledger")["deliveries"]:
        key = delivery["delivery_name"].rpartition(" ")[2].rpartition("-")[0]
        registered[key] += 1
        truth[key] = from_provider(delivery["contacts"][0]["status"])
    assert [key for key, times in registered.items() if times > 1] == []

    rows = product.rows(
        "SELECT m.id, m.submission_key, m.status, d.key FROM message m"
        " JOIN delivery d ON d.id = m.delivery_id"
    )
    by_key = {row["submission_key"]: row for row in rows}
    assert len(by_key) == len(rows)
    assert len({one.path for one in sent}) == len(sent) == SENDS // PEOPLE * PEOPLE
    with closing(Person(product)) as person:
        for one in sent:
            row = by_key[one.key]
            assert one.path == f"/messages/{row['id']}"
            expected = truth.get(row["key"], S.CANCELLED if one.is_cancelled else None)
            assert shown_status(person, one.path) == row["status"] == expected, dict(row)
            assert not one.is_cancelled or expected == S.CANCELLED, dict(row)
    assert product.rows("SELECT * FROM attempt WHERE outcome IS NULL") == []
    statuses = Counter(by_key[one.key]["status"] for one in sent)
    figures = f"{len(sent)} sends, settled {settled_s:.0f} s after the last trouble: {dict(statuses)}"
    print(figures, dict(misfortune.met), sep="\n")  # noqa: T201 - what `make chaos` is for
