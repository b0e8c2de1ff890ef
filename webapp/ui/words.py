"""Every reason, state and code in plain Japanese that says what to do next.

Codes come from the domain and from SMSLINK; numbers come from the rules, never from prose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal

Detail = Mapping[str, str | int]


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
    Reason.URL_TOUCHES_TEXT: lambda d: (
        f"URL「{d['url']}」が前後の文字とつながっています{_where(d)}。"
        "リンクになるように、前後に半角スペースか改行を入れてください。"
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
    Reason.CUSTOMER_UNKNOWN: lambda _: "顧客が見つかりません。一覧から選び直してください。",
    Reason.STAFF_UNKNOWN: lambda _: "担当者が見つかりません。選び直してください。",
    Reason.ALREADY_SUBMITTED: lambda _: (
        "この画面の内容はすでに送信を受け付けています。書き換えた内容をもう1通送る場合は、"
        "宛先と本文を確かめて、もう一度「送信」を押してください。"
    ),
    Reason.RESERVATION_PAST: lambda _: "送信予定日時は、これから先の日時を指定してください。",
    Reason.RESERVATION_TOO_FAR: lambda _: "送信予定日時は、1年以内で指定してください。",
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
    MessageStatus.DELIVERED: StatusWords("配信成功", "お客様の端末に届きました。"),
    MessageStatus.CANCELLED: StatusWords("配信取消", "取り消したため、送られません。"),
    MessageStatus.FAILED: StatusWords("配信失敗", "届きませんでした。"),
    MessageStatus.REJECTED: StatusWords("配信不可", "SMSLINKが受け付けなかったため、送られていません。"),
    MessageStatus.ERROR: StatusWords("エラー", "送信していません。"),
}

# What stands behind a state: SMSLINK's codes, and the reasons of our own engine.
_REASONS = {
    "DTL000002": "携帯番号がありませんでした。カルテの番号を確認してください。",
    "DTL000003": "携帯番号の桁数が違います。カルテの番号を確認してください。",
    "DTL000004": "同じ番号への送信が重なりました。",
    "DTL000005": "SMSを受け取れない番号です。カルテの番号を確認してください。",
    "DTL000006": "携帯電話会社で配信できませんでした。時間をおいて送り直すか、電話でご連絡ください。",
    "DTL000007": "端末が圏外か、電源が入っていない可能性があります。時間をおいて送り直すか、電話でご連絡ください。",
    "DTL000011": "SMSを受信できない番号の可能性があります。番号をお客様に確認してください。",
    "DTL000012": "差し込む内容が長すぎました。本文を短くしてください。",
    "DTL000013": "差し込む内容に送れない文字がありました。本文を直してください。",
    "DTL000014": "差し込み後の本文が660文字を超えました。本文を短くしてください。",
    "DTL000017": "お客様が配信停止の手続きをされています。電話など別の方法でご連絡ください。",
    "DTL000018": "番号の取得日が正しくありません。カルテの取得日を確認してください。",
    "DTL000019": "番号の持ち主が変わった可能性があるため、送られませんでした。番号をお客様に確認してください。",
    "DTL000020": "番号の持ち主が変わったか判定できなかったため、送られませんでした。番号を確認してください。",
    "DTL000025": "SMSLINKの配信禁止時間帯のため、送られませんでした。時間をおいて送り直してください。",
    "ERR400001": "SMSLINKが内容を受け付けませんでした。詳細を確認して、内容を直してください。",
    "ERR400001_001": "宛先がないため、SMSLINKに登録できませんでした。管理者に連絡してください。",
    "ERR400001_002": "本文が長すぎるため、SMSLINKに登録できませんでした。本文を短くしてください。",
    "ERR400001_003": "クリックを数えるURLが多すぎるため、SMSLINKに登録できませんでした。URLを減らしてください。",
    "ERR400001_004": "宛先が多すぎるため、SMSLINKに登録できませんでした。管理者に連絡してください。",
    "ERR400001_007": "通知先メールアドレスの形が正しくありません。管理者がSMS送信設定で直してください。",
    "ERR400001_008": "予約の日時が過ぎていたため、SMSLINKに登録できませんでした。",
    "ERR400001_009": "予約の日時が1年より先のため、SMSLINKに登録できませんでした。",
    "ERR400001_010": "SMSを受け取れない番号のため、SMSLINKに登録できませんでした。カルテの番号を確認してください。",
    "ERR400001_023": "本文にSMSで送れない文字があるため、SMSLINKに登録できませんでした。本文を直してください。",
    "ERR400001_024": "SMSLINKの検索の範囲が正しくありませんでした。管理者に連絡してください。",
    "ERR400001_025": "SMSLINKの検索の件数が正しくありませんでした。管理者に連絡してください。",
    "ERR400001_027": "SMSLINKの検索の期間が正しくありませんでした。管理者に連絡してください。",
    "ERR400001_041": "本文の差し込みが多すぎるため、SMSLINKに登録できませんでした。本文を直してください。",
    "ERR400001_042": "本文に使えない差し込みがあるため、SMSLINKに登録できませんでした。本文を直してください。",
    "ERR400001_043": "配信停止URLが2つ以上あるため、SMSLINKに登録できませんでした。1つにしてください。",
    "ERR400001_073": "請求明細の分割コードが正しくありません。管理者に連絡してください。",
    "ERR400001_094": "通知先に許可されていないメールアドレスがあります。管理者がSMS送信設定で直してください。",
    "ERR400001_127": "本文のURLの形が正しくないため、SMSLINKに登録できませんでした。URLを直してください。",
    "ERR400001_128": "クリックを数えるURLが多すぎるため、SMSLINKに登録できませんでした。URLを減らしてください。",
    "ERR400002": "SMSLINKが内容を受け付けませんでした。管理者に連絡してください。",
    "ERR400004": "SMSLINKの検索件数が多すぎました。しばらくして自動でもう一度確認します。",
    "ERR400005": "SMSLINKの予約件数が上限のため待っています。空きができしだい自動で送ります。",
    "ERR400006": "SMSLINKの宛先件数が上限のため待っています。空きができしだい自動で送ります。",
    "ERR401002": "SMSLINKのトークンキーが正しくありません。管理者がSMS送信設定で入力し直してください。",
    "ERR403001": (
        "このサーバーのIPアドレスがSMSLINKで許可されていません。SMSLINKの管理画面で許可IPを追加してください。"
    ),
    "ERR403003": "SMSLINKで誤送信防止機能が契約されていません。SMS送信設定で誤送信防止を外し、「送信を再開する」を押してください。",
    "ERR404002": "SMSLINKにこの配信が見つかりませんでした。",
    "ERR404004": "SMSLINKの接続先が正しくありません。管理者がSMS送信設定のAPIドメインを確認してください。",
    "ERR405001": "SMSLINKが要求を受け付けませんでした。管理者に連絡してください。",
    "ERR406003": "予約時刻の10分前を過ぎたため、取り消せませんでした。",
    "ERR415001": "SMSLINKが要求を受け付けませんでした。管理者に連絡してください。",
    "ERR429001": "SMSLINKの1分あたりの呼び出し回数の上限です。自動で間隔をあけて送ります。",
    "ERR500001": "SMSLINKでエラーが起きたため、受け付けられたかを確認しています。",
    "ERR000000": "SMSLINKがメンテナンス中です。終わりしだい自動で送ります。",
    "RST200002": "携帯番号がないため、SMSLINKに登録できませんでした。",
    "RST200003": "携帯番号が11桁か14桁でないため、SMSLINKに登録できませんでした。",
    "RST200004": "携帯番号が重複したため、SMSLINKに登録できませんでした。",
    "RST200005": "SMSを受け取れない番号のため、SMSLINKに登録できませんでした。番号を確認してください。",
    "RST200006": "差し込む内容が255文字を超えたため、SMSLINKに登録できませんでした。",
    "RST200007": "差し込む内容に送れない文字があり、SMSLINKに登録できませんでした。",
    "RST200008": "差し込み後の本文が660文字を超えたため、SMSLINKに登録できませんでした。",
    "RST200011": "番号の取得日が無効のため、SMSLINKに登録できませんでした。カルテの取得日を確認してください。",
    "not_configured": "SMSLINKの接続先かトークンキーが未設定です。管理者がSMS送信設定で入力してください。",
    "token_unreadable": (
        "保存されたトークンキーを復号できません(FIELD_KEYが変わっています)。"
        "管理者がSMS送信設定で入力し直してください。"
    ),
    "setting_invalid": "SMSLINKの接続先かトークンキーに使えない文字があります。SMS送信設定で入力し直してください。",
    "authentication": "SMSLINKが利用を認めませんでした。トークンキーと契約内容を確認してください。",
    "invalid_request": "SMSLINKが内容を受け付けませんでした。管理者に連絡してください。",
    "not_found": "SMSLINKの接続先が正しくありません。管理者がSMS送信設定のAPIドメインを確認してください。",
    "too_late": "受付期間が過ぎていたため、SMSLINKが受け付けませんでした。",
    "limit_reached": "SMSLINKの登録件数が上限のため待っています。空きができしだい自動で送ります。",
    "refused": "SMSLINKが受け付けませんでした。管理者に連絡してください。",
    "name_unresolved": "SMSLINKの接続先の名前を解決できません。インターネット接続を確認してください。自動で送り直します。",
    "not_reachable": "SMSLINKにつながりません。インターネット接続を確認してください。自動で送り直します。",
    "connect_timeout": "SMSLINKにつながりません(時間切れ)。インターネット接続を確認してください。自動で送り直します。",
    "tls_failed": "SMSLINKと安全に通信できませんでした(証明書)。サーバーの時計と証明書を確認してください。",
    "rate_limited": "SMSLINKの1分あたりの呼び出し回数の上限です。自動で間隔をあけて送ります。",
    "maintenance": "SMSLINKがメンテナンス中です。終わりしだい自動で送ります。",
    "unavailable": "SMSLINKが一時的に利用できません。自動で送り直します。",
    "read_timeout": "SMSLINKの返事が時間内にありませんでした。受け付けられたかを確認しています。",
    "connection_lost": "SMSLINKとの通信が途中で切れました。受け付けられたかを確認しています。",
    "unreadable": "SMSLINKの返事を読み取れませんでした。受け付けられたかを確認しています。",
    "too_large": "SMSLINKの返事が大きすぎて読み取れませんでした。受け付けられたかを確認しています。",
    "server_error": "SMSLINKでエラーが起きました。受け付けられたかを確認しています。",
    "redirected": "SMSLINKの接続先が別の場所へ案内されました。受け付けられたかを確認しています。",
    "unexpected_status": "SMSLINKから想定外の返事がありました。受け付けられたかを確認しています。",
    "worker_lost": "送信の途中で処理が中断されました。受け付けられたかを確認しています。",
    "absent": "SMSLINKに届いていなかったことを確認しました。もう一度送ります。",
    "reservation_missed": "予約時刻までにSMSLINKへ登録できませんでした。遅れて送ることはしません。",
    "opted_out": "お客様が配信停止の手続きをされたため、送信しませんでした。電話など別の方法でご連絡ください。",
    "not_writable": "送信内容をSMSLINKの形式にできませんでした。管理者に連絡してください。",
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
INTERACTION_KINDS = {"sms_sent": "SMS送信"}


def explain(code: str | None) -> str | None:
    """A code of SMSLINK or of our engine in words; None for one we do not know."""
    return _REASONS.get(code) if code else None


def carrier_label(code: int | None) -> str:
    """The carrier's name; a number we do not know is shown as it is."""
    if code is None:
        return ""
    return _CARRIERS.get(code, f"不明(コード{code})")
