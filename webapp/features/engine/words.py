"""The engine in words: what each line of its page is called, and what it asks of whom."""

from collections.abc import Callable

from webapp.domain.message_status import MessageStatus
from webapp.services.engine import Engine, Line, LineState, Need
from webapp.ui.dates import format_moment
from webapp.ui.words import STATUS_WORDS, explain

_STATES = (Line.QUEUED, Line.SUBMITTING, Line.UNCONFIRMED, Line.HELD, Line.RESERVED, Line.SENDING)
LABELS = {line: STATUS_WORDS[MessageStatus(line)].label for line in _STATES} | {
    Line.CANCELLING: "取り消し待ち",
    Line.OVERDUE: "結果が分からない",
    Line.SMSLINK: "SMSLINK",
    Line.REDIS: "順番待ちの置き場",
    Line.SENDER: "送信の担当",
    Line.ASKER: "結果の担当",
    Line.SCHEDULER: "見回りの担当",
}

_NOTHING = dict.fromkeys((*_STATES, Line.CANCELLING, Line.OVERDUE), "ありません。") | {
    Line.SMSLINK: "送信できる状態です。"
}
_GOES_ON = {
    Line.QUEUED: "順に送っています。そのままお待ちください。",
    Line.SUBMITTING: "SMSLINKへ登録しています。そのままお待ちください。",
    Line.UNCONFIRMED: "SMSLINKが受け付けたかを確かめています。送り直さずにお待ちください。",
    Line.RESERVED: "予約した日時に、SMSLINKから送られます。",
    Line.SENDING: "携帯電話会社からの結果を待っています。",
    Line.CANCELLING: "SMSLINKで予約を取り消しています。そのままお待ちください。",
}
_STANDS_STILL = {
    Line.UNCONFIRMED: "SMSLINKに確かめられない状態が続いています。送り直さずにお待ちください。",
    Line.CANCELLING: (
        "SMSLINKでの取り消しに時間がかかっています。お急ぎの場合は、お客様に電話でお知らせください。"
    ),
}
_SLOW = "いつもより時間がかかっています。送り直さずにお待ちください。"
_TELL = "管理者に知らせてください。"


def sentence_of(state: LineState, engine: Engine, *, is_administrator: bool) -> str:
    """What the line says: its state, and who does what next."""
    return _SENTENCES[state.need](state.line, engine, is_administrator)


def _wait_for_pause(line: Line, engine: Engine, _is_administrator: bool) -> str:  # noqa: FBT001 - see _SENTENCES
    until = f"{format_moment(engine.paused_until)}に" if engine.paused_until else "まもなく"
    todo = "続くときは、インターネット接続を確かめてください。" if line == Line.SMSLINK else ""
    return f"SMSLINKに送れなかったため休んでいます。{until}自動でもう一度試します。{todo}"


def _mend(_line: Line, engine: Engine, is_administrator: bool) -> str:  # noqa: FBT001
    reason = explain(engine.hold_reason) or "SMSLINKの設定か契約を直す必要があります。"
    return f"{reason}{'直したら「送信を再開する」を押してください。' if is_administrator else _TELL}"


def _restart(_line: Line, _engine: Engine, is_administrator: bool) -> str:  # noqa: FBT001
    todo = "サーバーを再起動してください。" if is_administrator else _TELL
    return f"止まっています。自動で立ち上がり直します。1分たっても変わらないときは、{todo}"


def _stands_still(line: Line, _engine: Engine, is_administrator: bool) -> str:  # noqa: FBT001
    todo = "サーバーを再起動してください。" if is_administrator else _TELL
    return f"{_STANDS_STILL.get(line, _SLOW)}5分たっても変わらないときは、{todo}"


_SENTENCES: dict[Need, Callable[[Line, Engine, bool], str]] = {
    Need.NOTHING: lambda line, *_: _NOTHING.get(line, "動いています。"),
    Need.GOES_ON: lambda line, *_: _GOES_ON[line],
    Need.UNTIL_RESUMED: lambda *_: "保留が解けると、自動で進みます。送り直さずにお待ちください。",
    Need.UNTIL_PAUSE_ENDS: _wait_for_pause,
    Need.UNTIL_ENGINE_RUNS: lambda *_: (
        "送信の仕組みが動きだすと、自動で進みます。送り直さずにお待ちください。"
    ),
    Need.STANDS_STILL: _stands_still,
    Need.MEND: _mend,
    Need.CONFIGURE: lambda *_: "接続先かトークンキーが未設定です。管理者がSMS送信設定で入力してください。",
    Need.LOOK: lambda *_: (
        "1日たっても結果が分かりません。「今日」から開いて、お客様に届いたかを確かめてください。"
    ),
    Need.UNKNOWN: lambda *_: (
        "順番待ちの置き場が止まっているため、確かめられません。動きだすと、また確かめます。"
    ),
    Need.RESTART: _restart,
}
