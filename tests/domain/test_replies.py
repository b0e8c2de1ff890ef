"""Texts that ask for an answer, and texts that say none is needed."""

import time

import pytest

from webapp.domain.replies import find_reply_request


@pytest.mark.parametrize(
    "text",
    [
        "ご都合をご返信ください。",
        "このSMSに返信してください",
        "お返事をお待ちしております。",
        "お返事お待ち申し上げます",
        "ご返答いただけますか",
        "ご返答いただけますでしょうか",
        "ご返信いただけませんか。",
        "ご返信いただけませんでしょうか",
        "ご返信いただけないでしょうか",
        "ご返信頂ければ幸いです。",
        "ご返信いただけますと助かります。",
        "お返事をいただけましたら、すぐに手配します。",
        "お返事をいただきたく存じます。",
        "お忙しいところ恐れ入りますが、ご返信をお願いいたします。",
        "11月30日(日)までにご返答願います。",
        "ご返信またはお電話を下さい。",
        "都合がつかない日があればご返信くださいませ。",
        "返信は不要です。変更のときは、お返事ください。",
        "先日はご返信ありがとうございました。今回もお返事をお待ちしています。",
    ],
)
def test_a_request_is_found(text: str) -> None:
    assert find_reply_request(text) in {"返信", "返事", "返答"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明日10時に伺います。",
        "ご返信は不要です。",
        "このSMSには返信できません。",
        "本SMSへの返信はできませんのでご了承ください。",
        "返信はご遠慮ください。",
        "返信はお控えくださいますようお願いいたします。",
        "返信しないでください。",
        "返信されないようお願いいたします。",
        "返信いただけません。",
        "返信されても届きません。",
        "返信しても届かないためご注意ください。",
        "お返事はお電話でいただけないでしょうか。返信不可。",
        "お返事はお電話でお願いいたします。",
        "ご返信は受け付けておりません",
        "ご返信は受け付けておりませんので、お電話ください。",
        "先日はご返信ありがとうございました",
        "ご返信ありがとうございました、当日はお気をつけてお越しください。",
        "お返事が遅くなり申し訳ございません",
        "お返事が遅くなりましたことをお許しください。",
        "ご返答は結構です",
        "ご返答は結構ですので、当日お越しください。",
        "返信専用",
        "返信専用の番号ではありませんので、お電話ください。",
        "返信用封筒をご利用ください。",
        "お返事は少々お待ちください。",
        "ご返信。お越しください。",
        "ご返信\nお越しください",
    ],
)
def test_a_text_without_one_is_left_alone(text: str) -> None:
    assert find_reply_request(text) is None


@pytest.mark.parametrize("text", ["返信" * 2500, "返信はお" * 1250, "返信" + "あ" * 4998])
def test_the_longest_text_is_read_in_no_time(text: str) -> None:
    before = time.process_time()
    assert find_reply_request(text) is None
    assert time.process_time() - before < 0.5
