"""The estimate beside the charge, and the length of a shortened link that charges narrow down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.charge import (
    NARROW,
    POSSIBLE_LENGTHS,
    Agreement,
    ChargedText,
    Learned,
    Observation,
    Outcome,
    Proposal,
    compare,
    explain_charge,
    explain_text,
    learn,
    propose,
)
from webapp.domain.estimate import LengthRules, arrives_half_width, estimate_segments, prepare_text
from webapp.domain.placeholders import OPT_OUT_MARK
from webapp.domain.segments import CARRIERS, Carrier, count_segments

ESTIMATED = {"docomo": 2, "au": 2, "rakuten": 2, "softbank": 1}
OPTIONS = (
    {},
    {"alphanumeric_sender": True},
    {"alphanumeric_sender": True, "half_width_only": True},
)
NOTHING = Learned(POSSIBLE_LENGTHS, 0, Agreement.FULL)

lengths = st.sampled_from(POSSIBLE_LENGTHS)
carriers = st.sampled_from(CARRIERS)


@st.composite
def sent_texts(draw, true_length, assumed_length=lengths):
    """A text as it was typed and estimated, charged with links of the true length."""
    assumed, alphanumeric = draw(assumed_length), draw(st.booleans())
    urls = ["https://example.jp/" + "a" * draw(st.integers(0, 40)) for _ in range(draw(st.integers(1, 3)))]
    links = [*urls, *([OPT_OUT_MARK] if draw(st.booleans()) else [])]
    filler = draw(st.sampled_from("あa")) * draw(st.integers(0, 200))
    body = f"{filler}\n" + "\n".join(links)
    shown = LengthRules(assumed, alphanumeric_sender=alphanumeric)
    prepared = prepare_text(body, {}, count_clicks=draw(st.booleans()), rules=shown)
    charged_as = LengthRules(true_length, alphanumeric_sender=alphanumeric)
    charged = prepare_text(body, {}, count_clicks=prepared.counted_urls != (), rules=charged_as)
    carrier = draw(carriers)
    return ChargedText(
        characters=prepared.characters,
        links=prepared.shortened_links,
        assumed_length=assumed,
        half_width_only=arrives_half_width(prepared.text),
        estimated={row.carrier.value: row.segments for row in estimate_segments(prepared, shown)},
        carrier=carrier,
        charged={row.carrier: row.segments for row in estimate_segments(charged, charged_as)}[carrier],
    )


@pytest.mark.parametrize(
    ("carrier", "charged", "outcome", "estimated"),
    [
        (Carrier.DOCOMO, 2, Outcome.EQUAL, 2),
        (Carrier.DOCOMO, 3, Outcome.DEARER, 2),
        (Carrier.AU, 1, Outcome.CHEAPER, 2),
        (Carrier.SOFTBANK, 2, Outcome.DEARER, 1),
        (Carrier.UNKNOWN, 2, Outcome.CARRIER_UNKNOWN, None),
        (Carrier.DOCOMO, None, Outcome.NOT_COMPARABLE, None),
        (Carrier.UNKNOWN, None, Outcome.NOT_COMPARABLE, None),
        # Nothing was charged for: that is no better an estimate.
        (Carrier.DOCOMO, 0, Outcome.NOT_COMPARABLE, None),
        (Carrier.DOCOMO, -1, Outcome.NOT_COMPARABLE, None),
    ],
)
def test_a_charge_beside_its_estimate(carrier, charged, outcome, estimated):
    found = compare(ESTIMATED, carrier, charged)
    assert (found.outcome, found.estimated) == (outcome, estimated)
    assert found.is_miss is (outcome in {Outcome.DEARER, Outcome.CHEAPER})
    assert found.is_compared is (estimated is not None)


def test_a_row_without_the_carrier_is_not_compared():
    assert compare({"docomo": 1}, Carrier.AU, 1).outcome == Outcome.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("fixed", "links", "carrier", "charged", "expected"),
    [
        (44, 1, Carrier.DOCOMO, 2, range(27, 89)),  # 71 to 132
        (43, 1, Carrier.DOCOMO, 1, range(10, 28)),  # at most 70
        (44, 1, Carrier.AU, 2, range(27, 91)),  # 71 to 134
        (20, 2, Carrier.DOCOMO, 1, range(10, 26)),
        (20, 2, Carrier.DOCOMO, 2, range(26, 57)),
        (40, 1, Carrier.SOFTBANK, 1, POSSIBLE_LENGTHS),
        (40, 0, Carrier.DOCOMO, 1, POSSIBLE_LENGTHS),
        (40, 1, Carrier.UNKNOWN, 2, POSSIBLE_LENGTHS),
    ],
)
def test_what_a_charge_tells(fixed, links, carrier, charged, expected):
    assert explain_charge(fixed, links, carrier, charged) == expected


@pytest.mark.parametrize(
    ("fixed", "links", "carrier", "charged"),
    [
        (44, 1, Carrier.DOCOMO, 7),
        (44, 1, Carrier.DOCOMO, 0),
        (44, 1, Carrier.DOCOMO, -1),
        (44, 1, Carrier.DOCOMO, 10**30),
        (40, 1, Carrier.SOFTBANK, 2),
        (40, 0, Carrier.DOCOMO, 2),
    ],
)
def test_a_charge_that_no_length_explains(fixed, links, carrier, charged):
    assert not explain_charge(fixed, links, carrier, charged)


@given(st.integers(0, 660), st.integers(0, 3), carriers, st.integers(0, 15), st.sampled_from(OPTIONS))
def test_the_inverse_agrees_with_the_table_for_every_length(fixed, links, carrier, charged, options):
    by_trying = [
        length
        for length in POSSIBLE_LENGTHS
        if count_segments(fixed + links * length, carrier, **options) == charged
    ]
    assert list(explain_charge(fixed, links, carrier, charged, **options)) == by_trying


ONE = dict.fromkeys(CARRIERS, 1)
TWO = dict.fromkeys(CARRIERS, 2)


@pytest.mark.parametrize(
    ("characters", "estimated", "carrier", "charged", "half_width_only", "expected"),
    [
        # The estimate tells the contract: SoftBank alike, or always one part.
        (99, TWO, Carrier.SOFTBANK, 2, False, range(10, 61)),
        (99, TWO, Carrier.DOCOMO, 2, False, range(10, 61)),
        (99, ESTIMATED, Carrier.DOCOMO, 2, False, range(10, 59)),
        (99, ESTIMATED, Carrier.SOFTBANK, 1, False, POSSIBLE_LENGTHS),
        # It may have been either: what one of them explains is explained.
        (69, ONE, Carrier.DOCOMO, 2, False, range(27, 91)),
        (69, ONE, Carrier.DOCOMO, 1, True, range(10, 97)),
        (69, ONE, Carrier.SOFTBANK, 1, False, POSSIBLE_LENGTHS),
        (69, ONE, Carrier.SOFTBANK, 2, False, range(27, 91)),
        # Another table.
        (69, TWO, Carrier.DOCOMO, 2, False, POSSIBLE_LENGTHS),
        (69, {}, Carrier.DOCOMO, 2, False, POSSIBLE_LENGTHS),
    ],
)
def test_the_estimate_tells_the_contract(characters, estimated, carrier, charged, half_width_only, expected):
    text = ChargedText(characters, 1, 25, half_width_only, estimated, carrier, charged)
    assert explain_text(text) == expected


def test_a_charge_that_neither_contract_explains():
    assert not explain_text(ChargedText(99, 1, 25, False, ESTIMATED, Carrier.DOCOMO, 12))
    assert not explain_text(ChargedText(69, 1, 25, False, ONE, Carrier.DOCOMO, 12))


@given(st.data(), lengths)
def test_the_true_length_is_among_those_that_explain_a_text(data, true_length):
    assert true_length in explain_text(data.draw(sent_texts(true_length)))


@given(st.data(), st.integers(1, 150))
def test_all_texts_together_never_lose_the_true_length(data, true_length):
    texts = data.draw(st.lists(sent_texts(true_length), max_size=30))
    learned = learn([Observation(explain_text(text)) for text in texts])
    if true_length in POSSIBLE_LENGTHS:
        assert true_length in learned.lengths
        assert learned.agreement == Agreement.FULL
    if learned.is_exact:
        assert list(learned.lengths) == [true_length]


@given(lengths, st.integers(0, 60))
def test_two_texts_at_the_edge_tell_the_length_exactly(true_length, shift):
    """One that just fits into a part, and one with a character more."""
    true_length = max(11, min(99, true_length))
    fixed = 132 - true_length
    told = [
        Observation(explain_charge(fixed + more, 1, Carrier.DOCOMO, charged))
        for more, charged in (
            (0, 2),
            (1, 3),
            (-min(shift, fixed), 2 if fixed - shift + true_length > 70 else 1),
        )
    ]
    learned = learn(told)
    assert (learned.is_exact, list(learned.lengths), learned.charges) == (True, [true_length], 3)


@pytest.mark.parametrize("end", [POSSIBLE_LENGTHS[0], POSSIBLE_LENGTHS[-1]])
def test_at_the_ends_the_real_length_may_lie_beyond(end):
    assert not learn([Observation(range(end, end + 1))]).is_exact


def test_what_tells_nothing_is_left_out():
    told = Observation(range(20, 31))
    assert learn([]) == NOTHING
    assert learn([Observation(POSSIBLE_LENGTHS), Observation(range(0)), told]) == Learned(
        range(20, 31), 1, Agreement.FULL
    )


def test_the_newest_count_where_the_provider_changed_its_links():
    new, old = Observation(range(26, 40)), Observation(range(10, 26))
    learned = learn([new, Observation(range(20, 30)), old, Observation(range(27, 28))])
    assert learned == Learned(range(26, 30), 2, Agreement.NEWEST_ONLY)
    assert not learn([Observation(range(27, 28)), old]).is_exact


def test_links_of_two_lengths_are_told_apart_and_the_longer_counts():
    counted = [Observation(range(20, 26)), Observation(range(22, 30))]
    opt_out = [Observation(range(30, 33), has_opt_out_link=True), Observation(range(28, 40), True)]
    for mixed in (
        [counted[0], opt_out[0], counted[1], opt_out[1]],
        [opt_out[1], counted[0], opt_out[0], counted[1]],
    ):
        learned = learn(mixed)
        assert learned == Learned(range(30, 33), 2, Agreement.BY_KIND)
        assert not learned.is_exact


@pytest.mark.parametrize(
    ("told", "current", "is_known", "expected"),
    [
        (range(26, 31), 25, False, Proposal(30, is_exact=False)),
        (range(26, 26 + NARROW), 25, False, Proposal(25 + NARROW, is_exact=False)),
        # A wide range: no further than the charges demand.
        (range(26, 27 + NARROW), 25, False, Proposal(26, is_exact=False)),
        (range(26, 101), 25, True, Proposal(26, is_exact=False)),
        (range(10, 23), 25, False, Proposal(22, is_exact=False)),
        (range(27, 28), 25, False, Proposal(27, is_exact=True)),
        (range(25, 26), 25, False, Proposal(25, is_exact=True)),
        (range(25, 26), 25, True, None),
        (range(20, 31), 25, False, None),
        (range(20, 31), 25, True, None),
    ],
)
def test_what_is_proposed(told, current, is_known, expected):
    assert propose(Learned(told, 3, Agreement.FULL), current, is_known=is_known) == expected


def test_nothing_is_proposed_where_nothing_is_told():
    assert all(
        propose(NOTHING, length, is_known=known) is None for length in (10, 25, 100) for known in (0, 1)
    )


def test_doubtful_charges_never_make_a_length_known():
    for agreement in (Agreement.BY_KIND, Agreement.NEWEST_ONLY):
        learned = Learned(range(27, 28), 3, agreement)
        assert propose(learned, 25, is_known=False) == Proposal(27, is_exact=False)
        assert propose(learned, 27, is_known=False) is None


@given(st.data(), lengths, lengths, st.booleans())
def test_who_accepts_has_an_estimate_that_explains_every_charge(data, true_length, current, is_known):
    assumed = st.just(current)
    texts = data.draw(st.lists(sent_texts(true_length, assumed), min_size=1, max_size=10))
    learned = learn([Observation(explain_text(text)) for text in texts])
    proposal = propose(learned, current, is_known=is_known)
    accepted = proposal.length if proposal else current
    assert all(accepted in explain_text(text) for text in texts)
    assert propose(learned, accepted, is_known=proposal.is_exact if proposal else is_known) is None
    if proposal and proposal.is_exact:
        assert proposal.length == true_length
