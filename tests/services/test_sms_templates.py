"""Templates: order, versions, the one default for meetings, two people at once; those that come along."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.conftest import make_staff
from tests.features.rows import everything, make_template
from webapp.domain.estimate import LengthRules, estimate_segments, prepare_text
from webapp.domain.placeholders import PLACEHOLDERS
from webapp.domain.refusals import Reason
from webapp.domain.template import (
    SAMPLE_COMPANY,
    needs_meeting,
    prepare_template,
    sample_values,
    template_refusals,
)
from webapp.extensions import db, writing
from webapp.models import SmsTemplate, SmsTemplateVersion, Staff
from webapp.services import RefusedByRule, sms_templates, starter_templates
from webapp.services.sms_templates import TemplateValues
from webapp.services.starter_templates import STARTERS

VALUES = TemplateValues("内見のご案内", "内見", "[[%氏名%]]様\n明日10時です。")
VECTORS = {0: (0, 0, 0, 0), 70: (1, 1, 1, 1), 71: (2, 2, 2, 1), 132: (2, 2, 2, 1), 134: (3, 2, 2, 1)} | {
    201: (4, 3, 3, 1),
    202: (4, 4, 4, 1),
    660: (10, 10, 10, 1),
}


@pytest.fixture
def author(context: Flask) -> Staff:
    return make_staff("sato")


def names(**options: bool) -> list[str]:
    return [template.name for template in sms_templates.list_templates(**options)]


def numbers(template: SmsTemplate) -> list[int]:
    return [version.number for version in sms_templates.list_versions(template.id)]


def defaults() -> list[str]:
    return list(db.session.scalars(select(SmsTemplate.name).where(SmsTemplate.for_online_meeting)))


def refused(
    template: SmsTemplate, values: TemplateValues, author: Staff, version: int | None = None
) -> Reason:
    """Why it was not saved; nothing was written."""
    before = everything()
    with pytest.raises(RefusedByRule) as caught:
        sms_templates.edit_template(template.id, values, author, version=version)
    assert everything() == before
    return caught.value.refusals[0].reason


def test_create_makes_the_first_version(author: Staff) -> None:
    template = sms_templates.create_template(VALUES, author)
    assert (template.name, template.subject, template.body) == (VALUES.name, VALUES.subject, VALUES.body)
    assert (template.version, template.position, template.archived_at) == (1, 1, None)
    (version,) = sms_templates.list_versions(template.id)
    assert (version.number, version.name, version.subject, version.body) == (
        1,
        VALUES.name,
        VALUES.subject,
        VALUES.body,
    )
    assert version.staff == author
    assert not version.for_online_meeting


def test_edit_adds_a_version_and_keeps_the_old_ones(author: Staff) -> None:
    template = make_template()
    changed = TemplateValues("内見", "", "明後日です。")
    sms_templates.edit_template(template.id, changed, author, version=1)
    assert (template.version, template.name, template.subject, template.body) == (
        2,
        "内見",
        "",
        "明後日です。",
    )
    newest, oldest = sms_templates.list_versions(template.id)
    assert (newest.number, newest.body, newest.staff) == (2, "明後日です。", author)
    assert (oldest.number, oldest.body, oldest.name) == (1, VALUES.body, VALUES.name)


def test_edit_that_changes_nothing_writes_nothing(author: Staff) -> None:
    template = make_template()
    before = everything()
    for version in (1, None, 99):
        sms_templates.edit_template(template.id, VALUES, author, version=version)
    assert everything() == before


def test_second_save_over_a_newer_version_is_refused(author: Staff) -> None:
    template = make_template()
    sms_templates.edit_template(template.id, TemplateValues("A", "", "先"), author, version=1)
    mine = TemplateValues("B", "", "後")
    with pytest.raises(RefusedByRule) as caught:
        sms_templates.edit_template(template.id, mine, author, version=1)
    (refusal,) = caught.value.refusals
    assert (refusal.reason, refusal.field) == (Reason.TEMPLATE_CHANGED, "version")
    assert refusal.detail["person"] == author.name
    assert str(refusal.detail["saved_at"]).endswith("+09:00")
    assert refused(template, mine, author, 99) == Reason.TEMPLATE_CHANGED
    sms_templates.edit_template(template.id, mine, author, version=2)
    assert numbers(template) == [3, 2, 1]


def test_bodies_that_could_never_be_sent_are_not_saved(author: Staff) -> None:
    template = make_template()
    for body, reason in {
        "": Reason.BODY_EMPTY,
        " \n\u3000": Reason.BODY_EMPTY,
        "あ" * 661: Reason.BODY_TOO_LONG,
        "あ" * 655 + "[[%氏名%]]様": Reason.BODY_TOO_LONG,
        "[[%名前%]]": Reason.PLACEHOLDER_UNKNOWN,
        "{{insertion_url1}}": Reason.MARK_FOREIGN,
        "{{配信停止URL}} {{配信停止URL}}": Reason.OPT_OUT_REPEATED,
        "😀": Reason.CHARACTER_UNSENDABLE,
        "a\0": Reason.CHARACTER_UNSENDABLE,
    }.items():
        assert refused(template, TemplateValues("x", "", body), author) == reason, body[:20]


def test_what_comes_in_through_todays_values_is_no_fault_of_the_template(author: Staff) -> None:
    author.name = "𠮷田 {{一}}"
    for body in ("[[%担当者%]]です。", "".join(f"[[%{name}%]] " for name in PLACEHOLDERS)):
        assert sms_templates.estimate_template(body, author.name).refusals == ()
        sms_templates.create_template(TemplateValues("x", "", body), author)


def test_copy_stands_at_the_end_and_is_no_default(author: Staff) -> None:
    original = make_template(for_online_meeting=True)
    make_template(name="二つ目")
    copy = sms_templates.copy_template(original.id, author)
    assert names() == ["内見のご案内", "二つ目", "内見のご案内 のコピー"]
    assert (copy.subject, copy.body, copy.version) == (original.subject, original.body, 1)
    assert defaults() == ["内見のご案内"]
    assert numbers(original) == [1]


def test_copy_of_a_long_name_fits(author: Staff) -> None:
    copy = sms_templates.copy_template(make_template(name="あ" * 100).id, author)
    assert len(copy.name) == 100
    assert copy.name.endswith(" のコピー")


def test_ticking_moves_the_default_for_meetings(author: Staff) -> None:
    first = make_template(name="一", for_online_meeting=True)
    second = make_template(name="二")
    sms_templates.edit_template(second.id, TemplateValues("二", "", "a", for_online_meeting=True), author)
    assert defaults() == ["二"]
    assert sms_templates.find_meeting_template() == second
    # Who still has the form of the first open is told, rather than taking the default back unseen.
    assert numbers(first) == [2, 1]
    assert refused(first, TemplateValues("一", "", "b", for_online_meeting=True), author, 1)
    third = make_template(name="三", for_online_meeting=True)
    assert defaults() == ["三"]
    sms_templates.edit_template(third.id, TemplateValues("三", "", "a"), author)
    assert defaults() == []
    assert sms_templates.find_meeting_template() is None


def test_archived_default_opens_nowhere_and_is_moved_like_any(author: Staff) -> None:
    first = make_template(name="一", for_online_meeting=True)
    sms_templates.archive_template(first.id, archived=True)
    assert sms_templates.find_meeting_template() is None
    sms_templates.archive_template(first.id, archived=False)
    assert sms_templates.find_meeting_template() == first
    sms_templates.archive_template(first.id, archived=True)
    make_template(name="二", for_online_meeting=True)
    assert defaults() == ["二"]


def test_database_allows_one_default(author: Staff) -> None:
    make_template(for_online_meeting=True)
    other = make_template()
    with pytest.raises(IntegrityError), writing():
        other.for_online_meeting = True


def test_archive_and_restore(author: Staff) -> None:
    first, *_ = (make_template(name=name) for name in "一二三")
    sms_templates.archive_template(first.id, archived=True)
    archived_at = first.archived_at
    sms_templates.archive_template(first.id, archived=True)
    assert first.archived_at == archived_at
    assert (names(), names(archived=True)) == (["二", "三"], ["一"])
    sms_templates.archive_template(first.id, archived=False)
    assert (names(), names(archived=True)) == (["二", "三", "一"], [])
    assert numbers(first) == [1]


def test_move(author: Staff) -> None:
    one, two, three = [make_template(name=name) for name in "一二三"]
    sms_templates.move_template(three.id, up=True)
    assert names() == ["一", "三", "二"]
    sms_templates.move_template(one.id, up=False)
    assert names() == ["三", "一", "二"]
    before = everything()
    sms_templates.move_template(three.id, up=True)
    sms_templates.move_template(two.id, up=False)
    assert everything() == before
    sms_templates.archive_template(one.id, archived=True)
    sms_templates.move_template(one.id, up=True)
    sms_templates.move_template(two.id, up=True)
    assert names() == ["二", "三"]
    assert [numbers(template) for template in (one, two, three)] == [[1]] * 3


def test_place(author: Staff) -> None:
    one, two, three, four = [make_template(name=name) for name in "一二三四"]
    for template, place, order in (
        (four, 1, "四一二三"),
        (four, 3, "一二四三"),
        (one, 99, "二四三一"),
        (one, 10**30, "二四三一"),
        (one, -5, "一二四三"),
        (two, 2, "一二四三"),
    ):
        sms_templates.place_template(template.id, place)
        assert "".join(names()) == order
    sms_templates.archive_template(two.id, archived=True)
    before = everything()
    sms_templates.place_template(two.id, 1)
    assert everything() == before
    sms_templates.place_template(three.id, 2)
    assert names() == ["一", "三", "四"]
    assert [numbers(template) for template in (one, two, three, four)] == [[1]] * 4


def test_move_puts_equal_places_right(author: Staff) -> None:
    one, two, three = [make_template(name=name) for name in "一二三"]
    with writing():
        one.position = two.position = three.position = 1
    sms_templates.move_template(three.id, up=True)
    assert names() == ["一", "三", "二"]


def test_search_by_name_subject_and_text(author: Staff) -> None:
    for name in ("内見のご案内", "オンライン接客(Zoom)", "家賃のご確認"):
        make_template(name=name, subject="件名" if "家賃" in name else "", body="鍵は\n管理室で" + name[:2])
    for query, found in {
        "": ["内見のご案内", "オンライン接客(Zoom)", "家賃のご確認"],
        "の": ["内見のご案内", "家賃のご確認"],
        "ｵﾝﾗｲﾝ": ["オンライン接客(Zoom)"],
        "おんらいん ＺＯＯＭ": ["オンライン接客(Zoom)"],
        "内見 家賃": [],
        "%": [],
        "明日": [],
        "件名 カギ": [],
        "件名 鍵": ["家賃のご確認"],
        "管理室 おん": ["オンライン接客(Zoom)"],
        "鍵は管理室": ["内見のご案内", "オンライン接客(Zoom)", "家賃のご確認"],
        # Half in the name and half in the subject is neither.
        "確認件": [],
    }.items():
        assert [row.name for row in sms_templates.list_templates(query)] == found, query
    assert sms_templates.list_templates("内見", archived=True) == []


def test_estimate_vectors() -> None:
    for length, segments in VECTORS.items():
        prepared = prepare_template("あ" * length, "", "", LengthRules())
        assert prepared.characters == length
        assert tuple(row.segments for row in estimate_segments(prepared, LengthRules())) == segments
    assert template_refusals(prepare_template("あ" * 661, "", "", LengthRules()))


def test_sample_fills_every_placeholder() -> None:
    values = sample_values(" ", "")
    assert set(values) == set(PLACEHOLDERS)
    assert all(values.values())
    assert values["会社名"] == SAMPLE_COMPANY
    assert sample_values("みなと", "鈴木") | {} == values | {"会社名": "みなと", "担当者": "鈴木"}


def test_what_nobody_could_be_sent_as_things_stand_is_said() -> None:
    for company, found in (
        ("", [Reason.PLACEHOLDER_EMPTY]),
        ("\u3000", [Reason.PLACEHOLDER_EMPTY]),
        ("A", []),
    ):
        prepared = prepare_template("[[%会社名%]] ● [[%会社名%]]", company, "", LengthRules())
        assert [warning.reason for warning in prepared.warnings] == found
        assert [warning.detail["count"] for warning in prepared.warnings] == [2] * len(found)
        assert template_refusals(prepared) == ()
    assert prepare_template("[[%氏名%]]", "", "", LengthRules()).warnings == ()
    assert needs_meeting("a [[%ミーティングID%]]")
    assert not needs_meeting("[[%氏名%]][[%会社名%]][[%担当者%]]ミーティングID")


def test_starters_are_loaded_once(author: Staff) -> None:
    assert starter_templates.load()
    before = everything()
    assert not starter_templates.load()
    assert everything() == before
    assert names() == [values.name for values in STARTERS]
    assert len(defaults()) == 1
    assert db.session.scalar(select(func.count()).select_from(SmsTemplateVersion)) == len(STARTERS)


def test_starters_are_for_offices_that_never_had_a_template(author: Staff) -> None:
    sms_templates.archive_template(make_template().id, archived=True)
    assert not starter_templates.load()
    assert names() == []


@pytest.mark.parametrize("values", STARTERS, ids=[values.name for values in STARTERS])
def test_starters_can_be_sent(values: TemplateValues) -> None:
    filled = sample_values("みなと不動産販売株式会社", "佐々木 健一郎")
    prepared = prepare_text(values.body, filled, count_clicks=True, rules=LengthRules())
    assert prepared.is_sendable
    blanks = [Reason.BLANK_LEFT] if "●" in values.body else []
    assert [warning.reason for warning in prepared.warnings] == blanks
    segments = [row.segments for row in estimate_segments(prepared, LengthRules())]
    assert max(segments) <= (3 if "オンライン接客URL" in values.body else 2)
    assert 0 < len(values.name) <= sms_templates.MAX_NAME_LENGTH
    assert 0 < len(values.subject) <= 30


@pytest.mark.parametrize("values", STARTERS, ids=[values.name for values in STARTERS])
def test_starters_are_one_part_where_they_can(values: TemplateValues) -> None:
    # Dates of two digits, as most are.
    body = values.body.replace("●月", "12月").replace("●日", "24日").replace("●時", "10時")
    prepared = prepare_template(body, "", "", LengthRules())
    most = max(row.segments for row in estimate_segments(prepared, LengthRules()))
    longer = {"契約日のご案内(売買)": 2, "オンライン接客のご案内": 3, "オンライン接客のご案内(Zoom)": 3}
    assert most <= longer.get(values.name, 1)
    if values.name not in longer:
        assert prepared.characters <= 70


def test_starters_are_what_an_office_needs() -> None:
    assert 10 <= len(STARTERS) <= 15
    assert len({values.name for values in STARTERS}) == len(STARTERS)
    (meeting,) = [values for values in STARTERS if values.for_online_meeting]
    # Whatever the tool: an ID and a password are Zoom's alone.
    assert "[[%オンライン接客URL%]]" in meeting.body
    assert "[[%ミーティング" not in meeting.body
    for word in ("内見", "書類", "家賃", "更新", "火災保険", "オンライン接客", "来店のお礼", "売買"):
        assert any(word in values.name for values in STARTERS), word
