"""Links: which are shortened, that they lead and count, and that the opt-out link opts out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

FIELDS = {
    "shorten1": "shorten_url1_click_count",
    "shorten2": "shorten_url2_click_count",
    "insertion1": "insertion_url1_click_count",
    "insertion2": "insertion_url2_click_count",
}


def counts(contact: dict[str, Any]) -> dict[str, int | None]:
    return {kind: contact[field] for kind, field in FIELDS.items()}


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("https://a.jp/x", ["https://a.jp/x"]),
        ("地図 https://a.jp/x?b=1&c=2#d です", ["https://a.jp/x?b=1&c=2#d"]),
        ("一\nhttp://a.jp\n二", ["http://a.jp"]),
        ("https://a.jp https://a.jp", ["https://a.jp", "https://a.jp"]),
        ("地図https://a.jp", []),
        ("https://a.jpです", []),
        ("https://a.jp\u3000全角", []),
        ("\u3000https://a.jp", []),
        ("www.a.jp ftp://a.jp https://", []),
        ("なし", []),
    ],
)
def test_it_recognises_urls_that_stand_alone(simulator: SimulatorProcess, text: str, urls: list[str]) -> None:
    assert simulator.deliver(text_message=text, click_count=True).json()["click_count_urls"] == urls
    assert simulator.deliver(text_message=text).json()["click_count_urls"] == []


def test_a_short_link_leads_and_counts_for_its_recipient_and_place(simulator: SimulatorProcess) -> None:
    simulator.deliver(
        text_message="https://a.example/1?x=1&y=%20 と https://a.example/2",
        click_count=True,
        contacts=[{"phone_number": "09001111101"}, {"phone_number": "09001111102"}],
    )
    simulator.settle()
    first, second = simulator.contacts()
    assert counts(first) == {"shorten1": 0, "shorten2": 0, "insertion1": None, "insertion2": None}

    for _ in range(2):
        answer = requests.get(second["links"]["shorten2"], allow_redirects=False, timeout=5)
    requests.head(second["links"]["shorten2"], allow_redirects=False, timeout=5)
    led = requests.get(first["links"]["shorten1"], allow_redirects=False, timeout=5)

    assert (answer.status_code, answer.headers["Location"]) == (302, "https://a.example/2")
    assert led.headers["Location"] == "https://a.example/1?x=1&y=%20"
    first, second = simulator.results()["contacts"]
    assert counts(first) == {"shorten1": 1, "shorten2": 0, "insertion1": None, "insertion2": None}
    assert counts(second) == {"shorten1": 0, "shorten2": 2, "insertion1": None, "insertion2": None}


def test_the_text_that_arrives_has_the_links_in_it(simulator: SimulatorProcess) -> None:
    simulator.deliver(
        text_message="{{insertion_item1}}様\n{{insertion_url1}} https://a.example/x {{配信停止URL}}",
        click_count=True,
        contacts=[
            {
                "phone_number": "09001111102",
                "insertion_item1": "<佐藤> {{insertion_url1}}",
                "insertion_url1": "https://b.example/",
            }
        ],
    )

    [contact] = simulator.contacts()

    links = contact["links"]
    assert set(links) == {"insertion1", "shorten1", "opt_out"}
    assert contact["text"] == (
        f"<佐藤> {{{{insertion_url1}}}}様\r\n{links['insertion1']} {links['shorten1']} {links['opt_out']}"
    )
    assert counts(contact) == {"shorten1": 0, "shorten2": None, "insertion1": 0, "insertion2": None}
    led = requests.get(links["insertion1"], allow_redirects=False, timeout=5)
    assert led.headers["Location"] == "https://b.example/"
    assert counts(simulator.contacts()[0])["insertion1"] == 1


def test_links_are_as_long_as_the_public_address_makes_them_but_charged_alike(
    simulator: SimulatorProcess,
) -> None:
    simulator.deliver(text_message="あ" * 44 + " https://a.example/", click_count=True)

    [contact] = simulator.contacts()

    assert contact["characters"] == 70
    assert contact["links"]["shorten1"].startswith(simulator.url + "s/")


@pytest.mark.parametrize("path", ["s/unknown", "o/unknown", "s/", "o/"])
def test_an_unknown_link_leads_nowhere(simulator: SimulatorProcess, path: str) -> None:
    assert requests.get(simulator.url + path, timeout=5).status_code == 404


def test_the_opt_out_link_asks_first_and_stops_every_later_sms(simulator: SimulatorProcess) -> None:
    simulator.deliver(text_message="停止は {{配信停止URL}} から")
    simulator.deliver(text_message="リンクなし")
    simulator.settle()
    link = simulator.contacts()[0]["links"]["opt_out"]

    page = requests.get(link, timeout=5)
    before = simulator.results()["contacts"]
    done = requests.post(link, timeout=5)
    requests.post(link, timeout=5)
    simulator.advance(1)
    simulator.deliver(text_message="まだ届きますか {{配信停止URL}}")
    simulator.settle()
    after = simulator.results()["contacts"]

    assert "090-0111-1102" in page.text
    assert [one["opted_out"] for one in before] == [False, None]
    assert "停止しました" in done.text
    assert [one["opted_out"] for one in after] == [True, None, True]
    assert [(one["status"], one["detail"]) for one in after] == [
        (200, "DTL000001"),
        (200, "DTL000001"),
        (900, "DTL000017"),
    ]
    assert after[2]["transmission_count"] is None


def test_an_opt_out_before_its_time_stops_a_reservation(simulator: SimulatorProcess) -> None:
    simulator.deliver(reserved_at=simulator.later(1200))
    simulator.control("POST", "opt_outs", {"phone_number": "09001111102"})
    simulator.advance(3600)

    [contact] = simulator.results()["contacts"]

    assert (contact["status"], contact["detail"]) == (900, "DTL000017")


def test_short_links_never_lead_to_anything_but_the_web(simulator: SimulatorProcess) -> None:
    answer = simulator.deliver(text_message="javascript:alert(1) file:///etc/passwd", click_count=True)

    assert answer.json()["click_count_urls"] == []
    assert simulator.contacts()[0]["links"] == {}
