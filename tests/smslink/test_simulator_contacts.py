"""What becomes of each contact: numbers, merge items, texts and parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

GOOD = {"phone_number": "09001111101"}
ITEM = {"text_message": "{{insertion_item1}}様"}


def result_of(simulator: SimulatorProcess, contact: dict[str, str], **fields: object) -> str:
    """The result code of a contact that stands before a good one."""
    filled = {"insertion_item1": "佐藤"} if fields else {}
    answer = simulator.deliver(contacts=[contact, GOOD | filled], **fields)
    assert answer.status_code == 200, answer.text
    assert answer.json()["contacts"][1]["result_code"] == "RST200001"
    code: str = answer.json()["contacts"][0]["result_code"]
    return code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("07012345678", "001"),
        ("08012345678", "001"),
        ("09012345678", "001"),
        ("02012345678", "001"),
        ("02012345678901", "001"),
        ("090-1234-5678", "001"),
        ("0901234-5678", "001"),
        ("+819012345678", "001"),
        ("+81-90-1234-5678", "001"),
        ("\uff0b\uff18\uff11\uff19\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "001"),
        ("\uff10\uff19\uff10\uff0d1234\u20125678", "001"),
        ("", "002"),
        ("-", "002"),
        ("0901234567", "003"),
        ("090123456789", "003"),
        ("0312345678", "003"),
        ("0901234567890a", "003"),
        ("819012345678", "003"),
        ("08001234567", "005"),
        ("06012345678", "005"),
        ("05012345678", "005"),
        ("03123456789", "005"),
        ("09012345678901", "005"),
        ("12345678901", "005"),
    ],
)
def test_it_judges_numbers(simulator: SimulatorProcess, number: str, code: str) -> None:
    assert result_of(simulator, {"phone_number": number}) == f"RST200{code}"


def test_it_misses_a_number_that_is_not_there(simulator: SimulatorProcess) -> None:
    assert result_of(simulator, {}) == "RST200002"


def test_it_finds_duplicates_however_they_are_written(simulator: SimulatorProcess) -> None:
    contacts = [GOOD, {"phone_number": "090-0111-1101"}, {"phone_number": "+819001111101"}]

    answer = simulator.deliver(contacts=contacts)

    codes = [contact["result_code"] for contact in answer.json()["contacts"]]
    assert codes == ["RST200001", "RST200004", "RST200004"]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("あ" * 255, "001"),
        ("あ" * 256, "006"),
        ("𠮷田", "007"),
        ("二\n行", "007"),
        ("塚", "001"),
    ],
)
def test_it_judges_merge_items(simulator: SimulatorProcess, item: str, code: str) -> None:
    contact = {"phone_number": "09012345678", "insertion_item1": item}

    assert result_of(simulator, contact, **ITEM) == f"RST200{code}"


def test_it_judges_the_length_after_merging(simulator: SimulatorProcess) -> None:
    text = "あ" * 460 + "{{insertion_item1}}"
    just = {"phone_number": "09012345678", "insertion_item1": "い" * 200}
    over = {"phone_number": "09012345678", "insertion_item1": "い" * 201}

    assert result_of(simulator, just, text_message=text) == "RST200001"
    assert result_of(simulator, over, text_message=text) == "RST200008"


def test_it_lists_rejected_contacts_among_the_results(simulator: SimulatorProcess) -> None:
    simulator.deliver(
        contacts=[
            GOOD,
            {},
            {"phone_number": "123"},
            GOOD,
            {"phone_number": "06012345678"},
            {"phone_number": "09012345678", "insertion_item1": "あ" * 256},
            {"phone_number": "09012345679", "insertion_item1": "😀"},
        ],
    )

    found = [(one["status"], one["detail"]) for one in simulator.results()["contacts"][1:]]

    assert found == [(700, f"DTL0000{suffix}") for suffix in ("02", "03", "04", "05", "12", "13")]


CARRIER_FATES = {
    "09001111101": (30, 200, "DTL000001"),
    "09001111102": (10, 200, "DTL000001"),
    "09001111103": (20, 200, "DTL000001"),
    "09001111104": (50, 200, "DTL000001"),
    "09001111201": (30, 900, "DTL000007"),
    "09001111202": (10, 900, "DTL000007"),
    "09001111203": (20, 900, "DTL000007"),
    "09001111204": (50, 900, "DTL000007"),
    "09001111211": (30, 900, "DTL000007"),
    "09001111212": (10, 900, "DTL000007"),
    "09001111213": (20, 900, "DTL000007"),
    "09001111221": (30, 900, "DTL000007"),
    "09001111222": (10, 900, "DTL000007"),
    "09001111223": (20, 900, "DTL000007"),
    "09001111231": (30, 900, "DTL000007"),
    "09001111232": (10, 900, "DTL000007"),
    "09001111233": (20, 900, "DTL000007"),
    "09002222001": (40, 900, "DTL000011"),
    "09007010001": (10, 200, "DTL000001"),
}


def test_it_answers_for_the_numbers_of_the_sandbox(simulator: SimulatorProcess) -> None:
    simulator.deliver(contacts=[{"phone_number": number} for number in CARRIER_FATES])
    simulator.settle()

    found = {
        one["phone_number"]: (one["carrier"], one["status"], one["detail"])
        for one in simulator.results()["contacts"]
    }

    assert found == CARRIER_FATES


def test_it_spreads_other_numbers_over_the_carriers_and_keeps_to_it(simulator: SimulatorProcess) -> None:
    contacts = [{"phone_number": f"0908000{number:04}"} for number in range(400)]
    for _ in range(2):
        simulator.deliver(contacts=contacts)
    simulator.settle()

    found = [one["carrier"] for one in simulator.results()["contacts"]]

    assert found[:400] == found[400:]
    assert all(found[:400].count(carrier) > 60 for carrier in (10, 20, 30, 50))


# Lengths and parts on docomo, au, Rakuten, SoftBank, from the design's vectors.
VECTORS = [
    (1, 1, 1, 1, 1),
    (70, 1, 1, 1, 1),
    (71, 2, 2, 2, 1),
    (132, 2, 2, 2, 1),
    (133, 3, 2, 2, 1),
    (134, 3, 2, 2, 1),
    (135, 3, 3, 3, 1),
    (198, 3, 3, 3, 1),
    (199, 4, 3, 3, 1),
    (201, 4, 3, 3, 1),
    (202, 4, 4, 4, 1),
    (660, 10, 10, 10, 1),
]
FOUR = [{"phone_number": f"0900111110{last}"} for last in (2, 3, 4, 1)]


def parts_of(simulator: SimulatorProcess, **fields: Any) -> list[int]:
    delivery_id = simulator.deliver(**{"contacts": FOUR, **fields}).json()["delivery_id"]
    simulator.settle()
    contacts = simulator.results(f"delivery_id[]={delivery_id}")["contacts"]
    return [one["transmission_count"] for one in contacts]


@pytest.mark.parametrize(("length", "docomo", "au", "rakuten", "softbank"), VECTORS)
def test_it_charges_parts_by_carrier(
    simulator: SimulatorProcess, length: int, docomo: int, au: int, rakuten: int, softbank: int
) -> None:
    assert parts_of(simulator, text_message="あ" * length) == [docomo, au, rakuten, softbank]


def test_it_counts_a_line_break_as_two_and_trims_outer_lines(simulator: SimulatorProcess) -> None:
    assert parts_of(simulator, text_message=" \t\n\r\n" + "あ" * 68 + "\nい\n \n") == [2, 2, 2, 1]
    assert parts_of(simulator, text_message=" \t\n\r\n" + "あ" * 67 + "\nい\n \n") == [1, 1, 1, 1]
    assert simulator.ledger()[-1]["text_message"] == "あ" * 67 + "\r\nい"


def test_it_keeps_the_spaces_of_a_line_that_holds_more(simulator: SimulatorProcess) -> None:
    simulator.deliver(text_message="\n  頭 \n\n 尾\t\n")

    assert simulator.ledger()[0]["text_message"] == "  頭 \r\n\r\n 尾\t"


def test_it_charges_links_at_their_shortened_length(simulator: SimulatorProcess) -> None:
    long = "https://example.jp/" + "a" * 200
    text = f"{long} {long} " + "あ" * 18
    optional = "あ" * 45 + "{{配信停止URL}}"

    assert parts_of(simulator, text_message=text, click_count=True) == [1, 1, 1, 1]
    assert parts_of(simulator, text_message=text + "い", click_count=True) == [2, 2, 2, 1]
    assert parts_of(simulator, text_message=optional) == [1, 1, 1, 1]
    assert parts_of(simulator, text_message=optional + "い") == [2, 2, 2, 1]
    simulator.options(shortened_url_length=20, opt_out_link_length=30)
    assert parts_of(simulator, text_message=text + "い" * 10, click_count=True) == [1, 1, 1, 1]
    assert parts_of(simulator, text_message=optional) == [2, 2, 2, 1]


def test_it_charges_all_carriers_alike_with_the_alphanumeric_sender(simulator: SimulatorProcess) -> None:
    simulator.options(alphanumeric_sender=True)

    assert parts_of(simulator, text_message="a" * 140) == [1, 1, 1, 1]
    assert parts_of(simulator, text_message="a" * 141) == [2, 2, 2, 2]
    assert parts_of(simulator, text_message="a" * 269) == [3, 3, 3, 3]
    assert parts_of(simulator, text_message="あ" * 71) == [2, 2, 2, 2]
    assert parts_of(simulator, text_message="あ" * 135) == [3, 3, 3, 3]


def test_it_charges_nothing_for_what_did_not_arrive(simulator: SimulatorProcess) -> None:
    assert parts_of(simulator, contacts=[{"phone_number": "09001111202"}]) == [None]
