"""The templates that come with the product, for offices that let and sell."""

from sqlalchemy import select

from webapp.extensions import db, writing
from webapp.models import SmsTemplate
from webapp.services.office import lock_office
from webapp.services.sms_templates import TemplateValues, add_template

# Most are one part of every carrier, filled with names and dates of usual length. ● is what the person
# writes in. Whoever cannot reply by SMS is asked to telephone.
_GREETING = "[[%氏名%]]様\n[[%会社名%]]の[[%担当者%]]です。"

STARTERS = (
    TemplateValues(
        "内見日時のご案内",
        "内見日時のご案内",
        f"{_GREETING}ご内見は●月●日(●)●時に現地でお待ちしております。ご変更の際はお電話ください。",
    ),
    TemplateValues(
        "来店予約の確認",
        "ご来店予約の確認",
        f"{_GREETING}ご来店のご予約を●月●日(●)●時に承りました。ご変更の際はお電話ください。",
    ),
    TemplateValues(
        "来店のお礼",
        "ご来店のお礼",
        f"{_GREETING}本日はご来店いただき、ありがとうございました。ご不明な点はお気軽にお電話ください。",
    ),
    TemplateValues(
        "内見のお礼",
        "ご内見のお礼",
        f"{_GREETING}本日はご内見いただき、ありがとうございました。お申し込みのご相談はお電話ください。",
    ),
    TemplateValues(
        "書類のご案内",
        "必要書類のご案内",
        f"{_GREETING}お手続きに、本人確認書類・住民票・収入証明書を●月●日(●)までにご用意ください。",
    ),
    TemplateValues(
        "家賃のご確認(賃貸)",
        "お家賃のご確認",
        f"{_GREETING}●月分のお家賃が確認できておりません。ご確認ください。行き違いの際はご容赦ください。",
    ),
    TemplateValues(
        "更新のご案内(賃貸)",
        "契約更新のご案内",
        f"{_GREETING}ご契約が●月●日に更新を迎えます。お送りした書類を●月●日までにご返送ください。",
    ),
    TemplateValues(
        "火災保険の更新",
        "火災保険の更新のご案内",
        f"{_GREETING}火災保険が●月●日に満期を迎えます。●月●日までに更新のお手続きをお願いします。",
    ),
    TemplateValues(
        "契約日のご案内(売買)",
        "ご契約日のご案内",
        f"{_GREETING}ご契約は●月●日(●)●時に当社にて行います。実印・本人確認書類・手付金・印紙代をご用意ください。ご不明な点はお電話ください。",
    ),
    TemplateValues(
        "査定結果のご案内(売買)",
        "査定結果のご案内",
        f"{_GREETING}査定の結果がまとまりました。ご説明に伺いますので、ご都合をお電話でお知らせください。",
    ),
    TemplateValues(
        "お電話のお願い",
        "お電話のお願い",
        f"{_GREETING}先ほどのお電話がつながらなかったため、SMSで失礼します。折り返しお電話ください。",
    ),
    TemplateValues(
        "オンライン接客のご案内",
        "オンライン接客のご案内",
        f"{_GREETING}オンライン接客は、お時間になりましたら次のURLからご参加ください。\n[[%オンライン接客URL%]]\nどうぞよろしくお願いいたします。",
        for_online_meeting=True,
    ),
    TemplateValues(
        "オンライン接客のご案内(Zoom)",
        "オンライン接客のご案内",
        f"{_GREETING}オンライン接客は、お時間になりましたら次のURLからご参加ください。\n[[%オンライン接客URL%]]\nミーティングID:[[%ミーティングID%]]\nパスワード:[[%ミーティングパスワード%]]",
    ),
)


def load() -> bool:
    """Give a new office its templates, all or none; False when there is one already, archived or not."""
    with writing():
        lock_office()
        if db.session.scalar(select(SmsTemplate.id).limit(1)) is not None:
            return False
        for values in STARTERS:
            add_template(values, None)
    return True
