"""From a wrong estimate to a right one: the real workers, the simulator, and an administrator's click."""

from flask import Flask

from tests.conftest import Browser
from tests.features.markup import by_id, form_with, having
from tests.jobs.conftest import Starter
from tests.services.outbox import message, office, send, wait_for
from tests.smslink.simulator_server import SimulatorProcess
from webapp import queue
from webapp.domain.message_status import MessageStatus
from webapp.models import Customer

URL = "https://example.jp/bukken/1"
LONG = "あ" * 43 + f" {URL}"  # 69 as estimated, 71 as charged
SHORT = "あ" * 42 + f" {URL}"  # 68 and 70


def test_the_length_of_links_is_learned_from_charges(
    app: Flask,
    browser: Browser,
    recipient: Customer,
    provider: SimulatorProcess,
    start_worker: Starter,
) -> None:
    provider.options(shortened_url_length=27)
    start_worker(queue.SEND)
    start_worker(queue.SWEEP)

    def deliver(body: str) -> int:
        message_id = send(recipient, body, count_clicks=True)
        wait_for(lambda: message(message_id).status == MessageStatus.DELIVERED, 30)
        return message_id

    def estimated() -> tuple[str, bool]:
        """Parts for docomo, and whether they are called an estimate."""
        fields = {"body": LONG, "customer_id": str(recipient.id), "count_clicks": "y"}
        found = browser.fragment("/messages/estimate", **fields).text
        (row,) = having(found, "data-carrier", "docomo")
        return row["data-segments"], "概算" in found

    assert estimated() == ("1", True)
    miss, hit = deliver(LONG), deliver(SHORT)
    assert (message(miss).segments, message(hit).segments) == (2, 1)
    page = browser.get(f"/messages/{miss}").text
    assert "2通(概算は1通でした)" in page
    assert "短縮されたリンクの長さが、見込みの25文字とは違ったようです。" in page
    assert "1通(概算どおり)" in browser.get(f"/messages/{hit}").text

    settings = browser.get("/settings/sms").text
    assert "直近の2件のうち1件が概算どおりでした" in by_id(settings, "charges").text
    assert (office().shortened_url_length, office().shortened_url_is_known) == (25, False), "not by itself"
    browser.post("/settings/sms/shortened-length", **form_with(settings, "length"))
    assert (office().shortened_url_length, office().shortened_url_is_known) == (27, True)

    assert estimated() == ("2", False)
    again = deliver(LONG)
    assert (message(again).characters, message(again).segments) == (71, 2)
    assert "2通(概算どおり)" in browser.get(f"/messages/{again}").text
