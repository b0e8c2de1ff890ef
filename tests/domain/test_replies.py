"""Texts that ask for an answer, and texts that say none is needed."""

import pytest

from webapp.domain.replies import find_reply_request


@pytest.mark.parametrize(
    "text",
    [
        "ご都合をご返信ください。",
        "このSMSに返信してください",
        "お返事をお待ちしております。",
        "ご返答いただけますか",
        "ご返信いただけませんか。",
        "ご返信いただけませんでしょうか",
        "返信は不要です。変更のときは、お返事ください。",
    ],
)
def test_a_request_is_found(text: str) -> None:
    assert find_reply_request(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明日10時に伺います。",
        "ご返信は不要です。",
        "このSMSには返信できません。",
        "本SMSへの返信はできませんのでご了承ください。",
        "返信はご遠慮ください。",
        "返信いただけません。",
        "返信されても届きません。",
        "返信しても届かないためご注意ください。",
        "お返事はお電話でいただけないでしょうか。返信不可。",
    ],
)
def test_a_text_without_one_is_left_alone(text: str) -> None:
    assert find_reply_request(text) is None
