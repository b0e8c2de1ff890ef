"""The provider's error bodies: every code with its HTTP status and literal message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MESSAGES: dict[str, tuple[int, str]] = {
    "ERR400001": (400, "リクエストパラメータに誤りがあります。"),
    "ERR400002": (400, "不明なリクエストパラメータです。"),
    "ERR400004": (400, "対象件数が多く検索を中止しました。期間を指定して絞り込んでください。"),
    "ERR400005": (400, "配信登録の予約件数が上限に達しましたので中止しました。"),
    "ERR400006": (400, "配信登録の宛先件数が上限に達しましたので中止しました。"),
    "ERR401002": (401, "認証に失敗したため、アクセスできません。"),
    "ERR403001": (403, "リクエスト元のIPが不正のため、利用できません。"),
    "ERR403003": (403, "誤送信防止機能の契約が無効なため、利用できません。"),
    "ERR404002": (404, "配信「ID:{}」が存在しません。"),
    "ERR404004": (404, "指定したエンドポイントが存在しません。"),
    "ERR405001": (405, "指定したHTTPリクエストメソッドがサポートされていません。"),
    "ERR406003": (406, "受付期間が過ぎたため、キャンセルできませんでした。"),
    "ERR415001": (415, "指定したHTTPヘッダーのメディアタイプがサポートされていません。"),
    "ERR429001": (429, "API呼び出し回数の上限に達しました。"),
    "ERR500001": (500, "システムエラーが発生しました。"),
    "ERR000000": (503, "現在メンテナンス中のため、しばらくの間ご利用いただけません。"),
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One fault of a request: `suffix` follows ERR400001 ("" where the reference names no detail code)."""

    suffix: str
    message: str
    parameter: str

    def as_json(self) -> dict[str, object]:
        """The entry of `details[]`."""
        return {"code": f"ERR400001{self.suffix}", "message": self.message, "parameter": self.parameter}


class ApiError(Exception):
    """An answer other than 200, raised anywhere below a view of the API."""

    def __init__(self, code: str, details: Sequence[dict[str, object]] = (), *, about: str = "") -> None:
        self.code = code
        self.status, message = MESSAGES[code]
        self.message = message.format(about)
        self.details = list(details)
        super().__init__(code)

    def as_json(self) -> dict[str, object]:
        """The three fields of every error body."""
        return {"code": self.code, "message": self.message, "details": self.details}


def refuse(details: Sequence[Detail]) -> ApiError:
    """ERR400001 with all its details."""
    return ApiError("ERR400001", [detail.as_json() for detail in details])


def unknown_parameters(names: Sequence[str]) -> ApiError:
    """ERR400002, one detail for each name the reference does not know."""
    message = MESSAGES["ERR400002"][1]
    return ApiError(
        "ERR400002", [{"code": "ERR400002", "message": message, "parameter": name} for name in names]
    )


def missing(label: str, parameter: str) -> Detail:
    """A required value is absent."""
    return Detail("_001", f'"{label}"は必須です', parameter)


def malformed(label: str, parameter: str) -> Detail:
    """A value of the wrong type; the reference names no code for it."""
    return Detail("", f'"{label}"の形式が正しくありません', parameter)


def too_many(label: str, limit: int, parameter: str) -> Detail:
    """More entries than the reference allows."""
    return Detail("_004", f'"{label}"は"{limit:,}"件以下にしてください', parameter)


def too_long(label: str, limit: int, parameter: str) -> Detail:
    """More characters than the reference allows."""
    return Detail("_002", f'"{label}"は"{limit}"文字以下にしてください', parameter)
