"""The phones page: what it shows, what it refuses, and a person using it in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

FORMS = ["panel/troubles", "panel/troubles/clear", "panel/options", "panel/clock", "panel/reset"]


def page_of(simulator: SimulatorProcess) -> str:
    return requests.get(simulator.url, timeout=5).text


def test_it_cannot_be_taken_for_the_real_service(simulator: SimulatorProcess) -> None:
    page = page_of(simulator)

    assert "模擬環境" in page
    assert "実際のSMSは送信されません" in page
    assert simulator.token in page


def test_it_shows_what_arrived_and_nothing_else(simulator: SimulatorProcess) -> None:
    simulator.deliver(text_message="届いた文面")
    simulator.deliver(text_message="圏外の文面", contacts=[{"phone_number": "09001111202"}])
    simulator.settle()
    simulator.deliver(
        text_message="予約の文面", reserved_at=simulator.later(3600), delivery_name="更新のご案内"
    )
    simulator.options(delay_s=60)
    simulator.deliver(text_message="配信中の文面")

    page = page_of(simulator)

    assert "届いた文面" in page
    assert "090-0111-1102" in page
    for text in ("圏外の文面", "予約の文面", "配信中の文面"):
        assert text not in page
    assert "更新のご案内" in page


def test_it_escapes_what_people_wrote(simulator: SimulatorProcess) -> None:
    simulator.options(two_way=True)
    evil = "<img src=x onerror=alert(1)>"
    simulator.deliver(text_message=evil, delivery_name=evil, notification_emails=["a@example.jp"])
    simulator.control("POST", "receptions", {"phone_number": "09001111102", "message": evil})
    simulator.settle()

    page = page_of(simulator)

    assert evil not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 3


def test_its_pages_allow_no_foreign_or_inline_code(simulator: SimulatorProcess) -> None:
    for path in ("", "desk", "s/unknown"):
        answer = requests.get(simulator.url + path, timeout=5)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>" not in answer.text
        assert "style=" not in answer.text


@pytest.mark.parametrize("path", [*FORMS, "panel/phones/09001111102/replies", "simulator/reset", "o/x"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_it_refuses_posts_of_other_sites(
    simulator: SimulatorProcess, path: str, headers: dict[str, str]
) -> None:
    simulator.deliver()

    answer = requests.post(simulator.url + path, headers=headers, json={}, timeout=5)

    assert answer.status_code == 403
    assert len(simulator.ledger()) == 1


def test_its_own_forms_work(simulator: SimulatorProcess) -> None:
    def post(address: str, **fields: object) -> int:
        headers = {"Origin": simulator.url.rstrip("/")}
        answer = requests.post(
            simulator.url + address, data=fields, headers=headers, allow_redirects=False, timeout=5
        )
        return answer.status_code

    options = {"delay_s": "0.5", "requests_per_minute": "50", "shortened_url_length": "22"}
    assert post("panel/options", two_way="y", **options) == 303
    assert post("panel/options", **options | {"delay_s": "soon"}) == 422
    assert post("panel/troubles", kind="stall_after", count="2", path="/api/v1/delivery", seconds="3") == 303
    assert post("panel/troubles", kind="fire") == 422
    assert post("panel/clock", advance_s="600") == 303
    state: dict[str, Any] = simulator.control("GET", "state")
    assert state["options"]["two_way"] is True
    assert (state["options"]["delay_s"], state["options"]["shortened_url_length"]) == (0.5, 22)
    assert state["troubles"][0] | {"id": 0} == {
        "id": 0,
        "kind": "stall_after",
        "count": 2,
        "paths": ["/api/v1/delivery"],
        "seconds": 3.0,
        "code": "",
    }
    assert state["offset_s"] == 600
    assert post("panel/phones/09001111102/replies", message="はい") == 303
    assert post("panel/phones/09001111102/replies", message="あ" * 71) == 422
    assert post("panel/troubles/clear") == 303
    assert post("panel/reset") == 303
    assert post("panel/phones/09001111102/replies", message="契約なし") == 409
    assert simulator.control("GET", "state")["troubles"] == []


def test_the_provider_writes_on_reservation_and_on_completion(simulator: SimulatorProcess) -> None:
    addresses = ["a@example.jp", "b@example.jp"]
    simulator.deliver(delivery_name="即時", notification_emails=addresses)
    simulator.deliver(delivery_name="予約", notification_emails=addresses, reserved_at=simulator.later(3600))
    simulator.deliver(delivery_name="無通知")
    canceled = simulator.deliver(
        notification_emails=["c@example.jp"], reserved_at=simulator.later(3600)
    ).json()
    simulator.call("POST", "api/v1/delivery/cancel", json={"delivery_id": canceled["delivery_id"]})

    def written() -> list[tuple[str, str, str]]:
        simulator.settle()
        mails = simulator.control("GET", "mails")["mails"]
        names = {one["delivery_id"]: one["delivery_name"] for one in simulator.ledger()}
        return sorted((names[one["delivery_id"]], one["subject"], one["to"]) for one in mails)

    reservation, completion = "【SMSLINK】配信予約のお知らせ", "【SMSLINK】配信完了のお知らせ"
    expected = [("予約", reservation, to) for to in addresses] + [
        ("即時", completion, to) for to in addresses
    ]
    of_canceled = (canceled["delivery_id"][:14], reservation, "c@example.jp")
    assert written() == sorted([*expected, of_canceled])
    simulator.advance(7200)
    assert written() == sorted([*expected, of_canceled, *(("予約", completion, to) for to in addresses)])


@pytest.fixture
def page(simulator: SimulatorProcess, chromium: Browser) -> Iterator[Page]:
    """A browser on the page, in which nothing may break the content policy."""
    with chromium.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900}) as context:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(simulator.url)
        yield opened
    assert complaints == []


def test_a_person_taps_replies_and_opts_out(simulator: SimulatorProcess, page: Page) -> None:
    simulator.options(two_way=True)
    simulator.deliver(text_message=f"地図 {simulator.url}desk 停止 {{{{配信停止URL}}}} へ", click_count=True)
    simulator.settle()
    phone = page.locator("#phone-09001111102")
    expect(phone).to_contain_text("地図")

    with page.context.expect_page() as tapped:
        phone.locator("a").first.click()
    tapped.value.wait_for_load_state()
    assert tapped.value.url == f"{simulator.url}desk"
    tapped.value.close()
    expect(phone).to_contain_text("リンクのタップ 1回")

    phone.get_by_label("090-0111-1102からの返信").fill("わかりました")
    page.wait_for_timeout(2500)
    expect(phone.get_by_label("090-0111-1102からの返信")).to_have_value("わかりました")
    phone.get_by_role("button", name="返信する").click()
    expect(phone.locator(".reply")).to_contain_text("わかりました")

    with page.context.expect_page() as asked:
        phone.locator("a").nth(1).click()
    asked.value.get_by_role("button", name="配信を停止する").click()
    expect(asked.value.locator("h1")).to_have_text("配信を停止しました")
    asked.value.close()
    expect(phone.locator(".chip")).to_have_text("配信停止中")
    assert simulator.contacts()[0]["opted_out"] is True
    assert simulator.contacts()[0]["shorten_url1_click_count"] == 1


def test_everybody_can_use_it_at_every_width(simulator: SimulatorProcess, page: Page) -> None:
    simulator.options(two_way=True)
    long = "https://example.jp/" + "a" * 300
    simulator.deliver(text_message=f"ながい {long}", notification_emails=["a@example.jp"])
    simulator.deliver(reserved_at=simulator.later(3600), contacts=[{"phone_number": "02012345678901"}])
    simulator.trouble("stall", None, paths=[f"/api/v1/{name}" for name in ("delivery", "receptions")])
    simulator.settle()

    for width in (1280, 800, 375):
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(page).response["violations"] == []
