"""A template before it has a customer: filled with sample values, so that its length can be judged."""

from webapp.domain.estimate import LengthRules, PreparedText, prepare_text
from webapp.domain.placeholders import placeholder_mark
from webapp.domain.refusals import Reason, Refusal

SAMPLE_NAME = "山田 太郎"
SAMPLE_COMPANY = "見本不動産株式会社"
SAMPLE_STAFF = "佐藤 健一"
_COMPANY = "会社名"
# As long as those that Zoom makes.
SAMPLE_MEETING = {
    "オンライン接客URL": "https://us02web.zoom.us/j/81234567890?pwd=c2FtcGxlLXNhbXBsZS1zYW1wbGUtc2E.1",
    "ミーティングID": "812 3456 7890",
    "ミーティングパスワード": "482913",
}


def sample_values(company_name: str, staff_name: str) -> dict[str, str | None]:
    """A value for each placeholder: the office's own where it has one, else the sample's."""
    return {
        "氏名": SAMPLE_NAME,
        "担当者": staff_name.strip() or SAMPLE_STAFF,
        _COMPANY: company_name.strip() or SAMPLE_COMPANY,
        **SAMPLE_MEETING,
    }


def prepare_template(body: str, company_name: str, staff_name: str, rules: LengthRules) -> PreparedText:
    """The text as a customer would get it, were the sample values theirs."""
    values = sample_values(company_name, staff_name)
    prepared = prepare_text(body, values, count_clicks=False, rules=rules)
    # A blank to fill in is what a template is for: it is pointed out when a message is written.
    warnings = tuple(warning for warning in prepared.warnings if warning.reason != Reason.BLANK_LEFT)
    count = body.count(placeholder_mark(_COMPANY))
    if count and not company_name.strip():
        # The one value that no customer brings along: as things stand, nobody could send it.
        warnings += (Refusal(Reason.PLACEHOLDER_EMPTY, "body", {"placeholder": _COMPANY, "count": count}),)
    return prepared._replace(warnings=warnings)


def needs_meeting(body: str) -> bool:
    """Whether it can go only to a customer with an online meeting ahead."""
    return any(placeholder_mark(name) in body for name in SAMPLE_MEETING)


def template_refusals(prepared: PreparedText) -> tuple[Refusal, ...]:
    """Why it cannot be saved: what is wrong with the template itself, not with a value of today's."""
    brought = {Reason.CHARACTER_UNSENDABLE, Reason.MARK_FOREIGN}
    return tuple(
        problem
        for problem in prepared.problems
        if not (problem.reason in brought and problem.detail.get("placeholder"))
    )
