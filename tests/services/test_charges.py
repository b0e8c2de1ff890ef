"""What was charged beside what was estimated, on rows as the engine leaves them."""

import pytest

from tests.conftest import make_customer
from tests.features.rows import everything, make_message
from tests.services.outbox import ask, due_now, message, office, send, submit
from webapp.domain.charge import POSSIBLE_LENGTHS, Agreement, Learned, Outcome, Proposal
from webapp.domain.refusals import Reason
from webapp.extensions import db, writing
from webapp.models import Message
from webapp.services import RefusedByRule, charges, smslink_account
from webapp.services.charges import HitRate, review_charges
from webapp.services.smslink_account import AccountValues

URL = "https://example.jp/bukken/1"
OPT_OUT = "{{配信停止URL}}"
# 44 characters and a link: 69 at the assumed length, more than a part from a length of 27 on.
ROW = {
    "text": "あ" * 43 + " " + URL,
    "characters": 69,
    "shortened_links": 1,
    "shortened_url_length": 25,
    "segments": 1,
    "carrier": 10,
}
LONGER = {**ROW, "segments": 2}  # 27 or more
TWO = {"docomo": 2, "au": 2, "rakuten": 2, "softbank": 1}
FITTING = {**ROW, "text": "あ" * 42 + " " + URL, "characters": 68}  # 27 or less


def set_office(**values: object) -> None:
    row = office()
    with writing():
        for name, value in values.items():
            setattr(row, name, value)


def account_values(**changes: object) -> AccountValues:
    row = office()
    names = [name for name in AccountValues.__dataclass_fields__ if name != "token"]
    return AccountValues(**{"token": "", **{name: getattr(row, name) for name in names}} | changes)


@pytest.mark.parametrize(
    ("body", "count_clicks", "links", "characters"),
    [
        ("明日10時です。", True, 0, 8),
        (f"地図 {URL}", False, 0, 30),
        (f"地図 {URL}", True, 1, 33),
        (f"地図 {URL} {URL} {URL}", True, 2, 92),
        (f"地図 {URL} {OPT_OUT}", True, 2, 64),
    ],
)
def test_a_message_keeps_how_many_links_it_is_charged_for(
    context, recipient, body, count_clicks, links, characters
) -> None:
    set_office(shortened_url_length=30)
    found = message(send(recipient, body, count_clicks=count_clicks))
    assert (found.shortened_links, found.shortened_url_length, found.characters) == (links, 30, characters)


def test_an_office_without_messages(context) -> None:
    found = review_charges(office())
    assert found.rate == found.rate_with_links == HitRate(0, 0)
    assert (found.misses, found.proposal) == ([], None)
    assert found.learned == Learned(POSSIBLE_LENGTHS, 0, Agreement.FULL)


def test_hits_and_misses_of_delivered_messages_alone(context, recipient) -> None:
    make_message(recipient, segments=1, carrier=10)
    # Sent before links were kept.
    older = make_message(recipient, segments=2, carrier=20)
    by_link = make_message(recipient, **LONGER)
    # A test send belongs to no customer, and costs like any other.
    test_send = make_message(recipient, segments=3, carrier=50)
    with writing():
        message(test_send.id).customer_id = None
    make_message(recipient, **ROW | {"carrier": 30, "shortened_url_length": 26})
    for left_out in (
        {"segments": None},
        {"segments": 0},
        {"carrier": None},
        {"carrier": 40},
        {"carrier": 99},
        {"status": "failed"},
        {"status": "sending"},
    ):
        make_message(recipient, **{"segments": 5, "carrier": 10} | left_out)
    before = everything()
    found = review_charges(office())
    assert (found.rate, found.rate_with_links) == (HitRate(5, 2), HitRate(2, 1))
    assert [(miss.message.id, miss.estimated, miss.charged) for miss in found.misses] == [
        (test_send.id, 1, 3),
        (by_link.id, 1, 2),
        (older.id, 1, 2),
    ]
    db.session.rollback()
    assert everything() == before


def test_five_misses_and_two_hundred_messages(context, recipient) -> None:
    for segments in (9, *[2] * 6, *[1] * 194):
        make_message(recipient, segments=segments, carrier=10)
    found = review_charges(office())
    assert found.rate == HitRate(200, 194)
    assert len(found.misses) == 5
    assert {miss.charged for miss in found.misses} == {2}


@pytest.mark.parametrize(
    ("compared", "hits", "percent"),
    [(98, 96, 98), (200, 199, 99), (200, 200, 100), (200, 1, 1), (3, 0, 0), (3, 2, 67), (0, 0, 0)],
)
def test_percent_is_never_all_or_nothing_by_rounding(compared, hits, percent) -> None:
    assert HitRate(compared, hits).percent == percent


def test_charges_tell_the_length_and_it_is_proposed(context, recipient) -> None:
    make_message(recipient, **LONGER)
    found = review_charges(office())
    # One charge leaves a wide range: the smallest step.
    assert found.learned == Learned(range(27, 91), 1, Agreement.FULL)
    assert found.proposal == Proposal(27, is_exact=False)
    make_message(recipient, **FITTING)
    found = review_charges(office())
    assert found.learned == Learned(range(27, 28), 2, Agreement.FULL)
    assert found.proposal == Proposal(27, is_exact=True)


def test_a_length_confirmed_by_charges_is_proposed_as_known(context, recipient) -> None:
    make_message(recipient, **LONGER)
    make_message(recipient, **FITTING)
    set_office(shortened_url_length=27)
    assert review_charges(office()).proposal == Proposal(27, is_exact=True)
    set_office(shortened_url_is_known=True)
    assert review_charges(office()).proposal is None


def test_charges_of_another_table_tell_nothing(context, recipient) -> None:
    make_message(recipient, **LONGER | {"estimated_segments": {"docomo": 1, "carrier_of_mars": 1}})
    assert review_charges(office()).learned.charges == 0


def test_a_charge_is_read_by_the_contract_of_its_time(context, recipient) -> None:
    """101 characters by the table of all carriers: what SoftBank charges tells the length then."""
    row = ROW | {"text": "あ" * 73 + " " + URL, "characters": 99, "carrier": 30, "segments": 2}
    make_message(
        recipient, **row | {"estimated_segments": dict.fromkeys(("docomo", "au", "rakuten", "softbank"), 2)}
    )
    assert review_charges(office()).learned == Learned(range(10, 61), 1, Agreement.FULL)
    set_office(has_alphanumeric_sender=True)
    assert review_charges(office()).learned == Learned(range(10, 61), 1, Agreement.FULL)


@pytest.mark.parametrize("is_exact", [False, True])
def test_accepting_changes_the_setting_alone(context, recipient, is_exact) -> None:
    make_message(recipient, **LONGER)
    if is_exact:
        make_message(recipient, **FITTING)
    before = everything()
    charges.accept_proposal(27)
    row = office()
    assert (row.shortened_url_length, row.shortened_url_is_known) == (27, is_exact)
    set_office(shortened_url_length=25, shortened_url_is_known=False)
    db.session.rollback()
    assert everything() == before


@pytest.mark.parametrize("length", [0, -27, 25, 26, 28, 10**30])
def test_another_length_than_the_proposed_is_refused(context, recipient, length) -> None:
    make_message(recipient, **LONGER)
    before = everything()
    with pytest.raises(RefusedByRule) as refused:
        charges.accept_proposal(length)
    assert [one.reason for one in refused.value.refusals] == [Reason.PROPOSAL_CHANGED]
    assert everything() == before


def test_a_proposal_is_accepted_once(context, recipient) -> None:
    make_message(recipient, **LONGER)
    charges.accept_proposal(27)
    before = everything()
    with pytest.raises(RefusedByRule):
        charges.accept_proposal(27)
    assert everything() == before


def test_a_length_changed_by_hand_is_an_assumption_again(context) -> None:
    set_office(shortened_url_length=27, shortened_url_is_known=True)
    smslink_account.edit_account(account_values(requests_per_minute=60))
    assert office().shortened_url_is_known
    smslink_account.edit_account(account_values(shortened_url_length=28))
    assert (office().shortened_url_length, office().shortened_url_is_known) == (28, False)
    assert not office().length_rules.shortened_url_is_known


@pytest.mark.parametrize(
    ("values", "outcome", "is_by_length"),
    [
        (LONGER, Outcome.DEARER, True),
        (ROW, Outcome.EQUAL, False),
        (ROW | {"segments": 9}, Outcome.DEARER, False),
        (
            ROW | {"segments": 2, "carrier": 30, "estimated_segments": TWO, "characters": 72},
            Outcome.DEARER,
            False,
        ),
        (ROW | {"segments": 2, "shortened_links": None, "shortened_url_length": None}, Outcome.DEARER, False),
        (ROW | {"segments": 2, "shortened_links": 0}, Outcome.DEARER, False),
        (ROW | {"carrier": 40}, Outcome.CARRIER_UNKNOWN, False),
        (ROW | {"segments": None}, Outcome.NOT_COMPARABLE, False),
    ],
)
def test_why_a_charge_differs(context, recipient, values, outcome, is_by_length) -> None:
    found = charges.compare_charge(make_message(recipient, **values))
    assert (found.comparison.outcome, found.is_by_length) == (outcome, is_by_length)


@pytest.mark.parametrize("true_length", [18, 25, 40])
def test_the_simulators_charges_never_exclude_its_own_length(app, context, provider, true_length) -> None:
    provider.options(shortened_url_length=true_length, opt_out_link_length=true_length)
    people = [make_customer(mobile_number=f"0900111110{number}") for number in (1, 2, 3, 4)]
    for number in range(24):
        body = "あ" * (9 * number) + f" {URL}" + (f"\n{OPT_OUT}" if number % 3 == 0 else "")
        send(people[number % 4], body, count_clicks=True)
    submit(app)
    provider.settle()
    due_now(*[row.id for row in db.session.scalars(db.select(Message))])
    assert ask(app)
    found = review_charges(office())
    assert found.rate.compared == 24
    assert true_length in found.learned.lengths
    assert found.learned.charges == 18, "all but SoftBank's"
    assert found.learned.agreement == Agreement.FULL
    # Narrow enough to be of use.
    assert len(found.learned.lengths) <= 15
