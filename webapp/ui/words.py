"""Every reason, state and code in plain Japanese that says what to do next.

Codes come from the domain and from SMSLINK; numbers come from the rules, never from prose.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.domain.charge import POSSIBLE_LENGTHS
from webapp.domain.message_status import NEVER_SENT, MessageStatus
from webapp.domain.phone import format_number
from webapp.domain.refusals import Reason, Refusal
from webapp.models import Customer
from webapp.ui.dates import format_moment
from webapp.ui.reasons import REASONS

Detail = Mapping[str, str | int]


def _moment(iso: str | int) -> str:
    return format_moment(datetime.fromisoformat(str(iso)))


def _by(detail: Detail) -> str:
    return f"{detail['person']} さんにより" if detail["person"] else ""


def _where(detail: Detail) -> str:
    """「2行目の5文字目」, where the position is known."""
    if "line" not in detail:
        return ""
    return f"({detail['line']}行目の{detail['column']}文字目)"


def _character(detail: Detail) -> str:
    source = f"([[%{detail['placeholder']}%]] の内容)" if detail.get("placeholder") else _where(detail)
    return f"「{detail.get('shown', detail['character'])}」{source}"


def _instead(detail: Detail) -> str:
    """What to do about a character that cannot be sent."""
    suggestion = detail.get("suggestion")
    return f"「{suggestion}」に置き換えるか、削除してください。" if suggestion else "削除してください。"


_FILL_IN = {
    "担当者": "カルテで担当者を選んでください。",
    "会社名": "管理者が会社情報の会社名を登録してください。",
    "オンライン接客URL": "オンライン接客の予定がないため入れられません。",
    "ミーティングID": "オンライン接客の予定がないため入れられません。",
    "ミーティングパスワード": "オンライン接客の予定がないため入れられません。",
}

_SENTENCES: dict[Reason, Callable[[Detail], str]] = {
    Reason.BODY_EMPTY: lambda _: "本文を入力してください。",
    Reason.BODY_TOO_LONG: lambda d: (
        f"本文は{d['limit']}文字以内で入力してください(現在{d['characters']}文字。"
        f"あと{d['excess']}文字減らしてください)。改行は2文字と数えます。"
    ),
    Reason.CHARACTER_UNSENDABLE: lambda d: f"SMSで送れない文字があります:{_character(d)}。{_instead(d)}",
    Reason.PLACEHOLDER_EMPTY: lambda d: (
        f"[[%{d['placeholder']}%]] に入る内容がまだありません。{_FILL_IN.get(str(d['placeholder']), '')}"
    ),
    Reason.PLACEHOLDER_UNKNOWN: lambda d: (
        f"{d['mark']} という固定キーはありません。"
        + (
            f"[[%{d['suggestion']}%]] の間違いではありませんか。"
            if d.get("suggestion")
            else "削除してください。"
        )
    ),
    Reason.MARK_FOREIGN: lambda d: (
        f"{d['mark']} は使えません。{{{{ }}}} で囲めるのは {{{{配信停止URL}}}} だけです。削除してください。"
    ),
    Reason.OPT_OUT_REPEATED: lambda _: (
        "{{配信停止URL}} は1つだけ入れられます。余分なものを削除してください。"
    ),
    Reason.PLACEHOLDER_UNCLOSED: lambda d: f"{d['mark']} は閉じられていないため、そのまま送られます。",
    Reason.PLACEHOLDER_IN_VALUE: lambda d: (
        f"[[%{d['placeholder']}%]] の内容に固定キーの記号が含まれています。そのまま送られます。"
    ),
    Reason.BLANK_LEFT: lambda d: (
        f"「{d['mark']}」が{d['count']}か所残っています。日付などに書き換えてください。"
    ),
    Reason.URL_TOUCHES_TEXT: lambda d: (
        f"URL「{d['url']}」が前後の文字とつながっています{_where(d)}。"
        "このままではリンクにならず、クリックも数えられません。前後に半角スペースか改行を入れてください。"
    ),
    Reason.OPT_OUT_TOUCHES_TEXT: lambda d: (
        f"配信停止URLが前後の文字とつながっています{_where(d)}。"
        "リンクとして開けないことがあるため、前後に半角スペースか改行を入れてください。"
    ),
    Reason.CHARACTER_INVISIBLE: lambda d: (
        f"目に見えない文字があります:{_character(d)}。不要なら削除してください。"
    ),
    Reason.CHARACTER_MAY_NOT_SHOW: lambda d: f"機種により表示されないことがある文字です:{_character(d)}。",
    Reason.PHONE_EMPTY: lambda _: "携帯番号を入力してください。",
    Reason.PHONE_CHARACTER: lambda d: (
        f"携帯番号に使えない文字「{d['character']}」があります。数字とハイフンで入力してください。"
    ),
    Reason.PHONE_FOREIGN: lambda _: "海外の電話番号にはSMSを送れません。日本の携帯番号を入力してください。",
    Reason.PHONE_LENGTH: lambda d: (
        f"携帯番号の桁数が違います(現在{d['digits']}桁)。"
        f"{str(d['expected']).replace(',', '桁または')}桁で入力してください。"
    ),
    Reason.PHONE_LEADING_ZERO: lambda d: (
        f"先頭の0が抜けているようです。「{d['suggestion']}」でよければ入力し直してください。"
    ),
    Reason.PHONE_LANDLINE: lambda _: (
        "固定電話にはSMSを送れません。固定電話の番号は「固定電話」に入力してください。"
    ),
    Reason.PHONE_TOLL_FREE: lambda d: f"{d['prefix']}で始まるフリーダイヤルにはSMSを送れません。",
    Reason.PHONE_SERVICE: lambda d: f"{d['prefix']}で始まる番号にはSMSを送れません。",
    Reason.PHONE_IP: lambda d: f"{d['prefix']}で始まるIP電話にはSMSを送れません。",
    Reason.PHONE_060: lambda _: "060で始まる番号には、まだSMSを送れません(SMSLINKが対応していません)。",
    Reason.PHONE_PREFIX: lambda _: (
        "SMSを送れるのは070・080・090・020で始まる番号です。番号を確認してください。"
    ),
    Reason.NUMBER_MISSING: lambda _: (
        "携帯番号が登録されていないため、SMSを送れません。カルテに登録してください。"
    ),
    Reason.NUMBER_NOT_DELIVERABLE: lambda _: (
        "登録されている番号ではSMSを受け取れません。番号を確認してください。"
    ),
    Reason.OPTED_OUT: lambda _: (
        "この番号は配信停止の手続きがされているため、SMSは届きません。電話など別の方法でご連絡ください。"
    ),
    Reason.OWN_NUMBER_MISSING: lambda _: (
        "自分の携帯番号がまだ登録されていません。番号を入力して、もう一度押してください。"
    ),
    Reason.OWN_NUMBER_LANDLINE: lambda _: "固定電話にはSMSを送れません。携帯電話の番号を入力してください。",
    Reason.OWN_NUMBER_CHANGED: lambda d: (
        f"この画面を開いた後に、自分の携帯番号が{format_number(str(d['number']))}に変わりました。"
        "確かめて、もう一度押してください。"
    ),
    Reason.OWN_NUMBER_OPTED_OUT: lambda d: (
        f"自分の携帯番号({format_number(str(d['number']))})は配信停止の手続きがされているため、SMSは届きません。"
        "別の番号へテスト送信するには、「自分の設定」の番号を変えてください。"
    ),
    Reason.CUSTOMER_UNKNOWN: lambda _: "顧客が見つかりません。一覧から選び直してください。",
    Reason.STAFF_UNKNOWN: lambda _: "担当者が見つかりません。選び直してください。",
    Reason.RECIPIENT_CHANGED: lambda d: (
        f"この画面を開いた後に、携帯番号が{format_number(str(d['number']))}に変わりました。"
        "宛先を確かめて、もう一度「送信」を押してください。"
    ),
    Reason.ALREADY_SUBMITTED: lambda _: (
        "この画面の内容はすでに送信を受け付けています。書き換えた内容をもう1通送る場合は、"
        "宛先と本文を確かめて、もう一度「送信」を押してください。"
    ),
    Reason.RESERVATION_PAST: lambda d: (
        f"送信予定日時は、これから先の日時を指定してください(いちばん早くて{_moment(d['earliest'])})。"
    ),
    Reason.RESERVATION_TOO_FAR: lambda d: (
        f"送信予定日時は、1年以内で指定してください({_moment(d['latest'])}まで)。"
    ),
    Reason.CANCEL_TOO_LATE: lambda _: (
        "予約時刻の10分前を過ぎたため、取り消せません。お急ぎの場合は、お客様に電話でお知らせください。"
    ),
    Reason.CANCEL_SENT: lambda _: "すでにSMSLINKから送られているため、取り消せません。",
    Reason.CANCEL_OVER: lambda _: "送信が終わっているため、取り消すものはありません。",
    Reason.RESEND_NOT_OVER: lambda _: (
        "このSMSはまだ送信の途中です。二重に送らないよう、結果が出るまでお待ちください。"
    ),
    Reason.RESEND_ARRIVED: lambda _: (
        "このSMSはお客様に届いています。もう一度知らせるときは、カルテの「携帯」から新しいSMSを書いてください。"
    ),
    Reason.RESEND_TEST: lambda _: (
        "テスト送信は、ここからは送り直せません。SMSを書く画面で、もう一度「テスト送信」を押してください。"
    ),
    Reason.REPLY_IMPOSSIBLE: lambda d: (
        f"「{d['word']}」を求めていますが、いまの契約(双方向なし)では、お客様はこのSMSに返信できません。"
        "電話番号など、別の連絡先を書いてください。"
    ),
    Reason.TEMPLATE_CHANGED: lambda d: (
        f"この雛形は、{_by(d)}{_moment(d['saved_at'])}に書き換えられています。入力した内容はこのまま残っています。"
        "下の変更履歴で新しい内容を確かめ、置き換えてよければ、もう一度「保存」を押してください。"
    ),
    Reason.PROPOSAL_CHANGED: lambda _: (
        "この画面を開いた後に、設定か送信結果が変わりました。"
        "「概算と実際の通数」に今の内容を表示しています。確かめて、もう一度選んでください。"
    ),
    Reason.LOGIN_ID_TAKEN: lambda _: "このログインIDはすでに使われています。別のIDにしてください。",
    Reason.LAST_ADMINISTRATOR: lambda _: (
        "管理者が1人もいなくなるため変更できません。先に別のスタッフを管理者にしてください。"
    ),
    Reason.PASSWORD_WRONG: lambda _: "現在のパスワードが違います。",
    Reason.PASSWORD_UNCHANGED: lambda _: "現在と同じパスワードです。別のパスワードにしてください。",
}


def sentence(refusal: Refusal) -> str:
    """The refusal in words."""
    return _SENTENCES[refusal.reason](refusal.detail)


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A state's name, and what the person sees and can do."""

    label: str
    explanation: str


STATUS_WORDS: dict[MessageStatus, StatusWords] = {
    MessageStatus.QUEUED: StatusWords("送信待ち", "まもなくSMSLINKへ送ります。そのままお待ちください。"),
    MessageStatus.SUBMITTING: StatusWords("送信中", "SMSLINKへ登録しています。"),
    MessageStatus.UNCONFIRMED: StatusWords(
        "確認中",
        "SMSLINKが受け付けたかどうかを確認しています。二重に送らないよう、確認が済むまで送り直しません。",
    ),
    MessageStatus.HELD: StatusWords("保留", "SMSLINKの設定を直すと送信できます。"),
    MessageStatus.RESERVED: StatusWords("予約中", "予約した日時に送られます。"),
    MessageStatus.SENDING: StatusWords("配信中", "携帯電話会社へ配信しています。"),
    MessageStatus.DELIVERED: StatusWords("配信成功", "端末に届きました。"),
    MessageStatus.CANCELLED: StatusWords("配信取消", "取り消したため、送られません。"),
    MessageStatus.FAILED: StatusWords("配信失敗", "届きませんでした。"),
    MessageStatus.REJECTED: StatusWords("配信不可", "SMSLINKが受け付けなかったため、送られていません。"),
    MessageStatus.ERROR: StatusWords("エラー", "送信していません。"),
}

_CARRIERS = {10: "docomo", 20: "au", 30: "SoftBank", 40: "不明", 50: "楽天モバイル"}

CARRIER_LABELS = {"docomo": "docomo", "au": "au", "rakuten": "楽天モバイル", "softbank": "SoftBank"}

CUSTOMER_KINDS = {
    "tenant": "借主",
    "buyer": "買主",
    "owner": "オーナー",
    "guarantor": "保証人",
    "other": "その他",
}
CUSTOMER_STATES = {"active": "対応中", "closed": "成約", "lost": "他決", "dormant": "休眠"}
LOGIN_ID_RULE = "ログインIDは半角の英数字と . _ @ - で、64文字以内で入力してください。"
ROLES = {"administrator": "管理者", "staff": "スタッフ"}
ATTEMPT_OUTCOMES = {
    "accepted": "受け付けられました",
    "refused": "受け付けられませんでした",
    "not_sent": "届きませんでした",
    "unknown": "不明(確認中)",
    "adopted": "受け付けられていました",
    "absent": "届いていませんでした",
}
INTERACTION_KINDS = {
    "sms_sent": "SMS送信",
    "sms_reserved": "SMS予約",
    "sms_cancelled": "SMS予約の取消",
    "sms_received": "SMS受信",
}


_MAX_CARDS = 3


def missing_segments(status: MessageStatus) -> str:
    """What stands in the place of the parts charged while SMSLINK has told none."""
    if status in NEVER_SENT:
        return "なし(送られていません)"
    return "SMSLINKから課金の知らせはありません" if status.is_final else "まだ分かりません"


def text_title(status: MessageStatus) -> str:
    """The heading over the text: it has left, will leave, or never did."""
    if status in NEVER_SENT:
        return "送られなかった文章"
    return "送った文章" if status.is_final or status == MessageStatus.SENDING else "送る文章"


def link_lengths(lengths: range) -> str:
    """What charges tell about a length; at the ends of what is possible it is open."""
    if lengths[0] == POSSIBLE_LENGTHS[0]:
        return f"{lengths[-1]}文字以下"
    if lengths[-1] == POSSIBLE_LENGTHS[-1]:
        return f"{lengths[0]}文字以上"
    return f"{lengths[0]}文字" if len(lengths) == 1 else f"{lengths[0]}〜{lengths[-1]}文字"


def number_on_cards(cards: Sequence[Customer]) -> str:
    """That an own number stands on customers' cards: what is tried on it reaches them."""
    names = "、".join(f"{card.name} {card.honorific}" for card in cards[:_MAX_CARDS])
    more = f"など{len(cards)}件" if len(cards) > _MAX_CARDS else ""
    return (
        f"この番号は、{names}{more}のカルテにも登録されています。"
        "お客様の番号であれば、テスト送信はお客様に届きます。番号を確かめてください。"
    )


def explain(code: str | None) -> str | None:
    """A code of SMSLINK or of our engine in words; None for one we do not know."""
    return REASONS.get(code) if code else None


def carrier_label(code: int | None) -> str:
    """The carrier's name; a number we do not know is shown as it is."""
    if code is None:
        return ""
    return _CARRIERS.get(code, f"不明(コード{code})")
