"""The templates that come with the product, for offices that let and sell."""

from sqlalchemy import select

from webapp.extensions import db, writing
from webapp.models import SmsTemplate
from webapp.services.office import lock_office
from webapp.services.sms_templates import TemplateValues, add_template

# Most stay within two parts of every carrier, filled with names of usual length. ● is what the person
# writes in. Whoever cannot reply by SMS is asked to telephone.
_GREETING = "[[%氏名%]]様\n[[%会社名%]]の[[%担当者%]]です。"

STARTERS = (
    TemplateValues(
        "内見日時のご案内",
        "内見日時のご案内",
        f"{_GREETING}ご内見は●月●日(●)●時に、現地でお待ちしております。ご都合が変わりましたら、お電話でお知らせください。どうぞお気をつけてお越しください。",
    ),
    TemplateValues(
        "来店予約の確認",
        "ご来店予約の確認",
        f"{_GREETING}ご来店のご予約を●月●日(●)●時に承りました。ご変更の際は、お電話でお知らせください。お会いできることを楽しみにしております。",
    ),
    TemplateValues(
        "来店のお礼",
        "ご来店のお礼",
        f"{_GREETING}本日はご来店いただき、誠にありがとうございました。ご不明な点やご希望がございましたら、いつでもお気軽にお電話ください。",
    ),
    TemplateValues(
        "内見のお礼",
        "ご内見のお礼",
        f"{_GREETING}本日はご内見いただき、誠にありがとうございました。気になる点やお申し込みのご相談は、お気軽にお電話ください。",
    ),
    TemplateValues(
        "書類のご案内",
        "必要書類のご案内",
        f"{_GREETING}お手続きに必要な書類は、本人確認書類・住民票・収入証明書です。●月●日(●)までにご用意をお願いいたします。ご不明な点はお電話ください。",
    ),
    TemplateValues(
        "家賃のご確認(賃貸)",
        "お家賃のご確認",
        f"{_GREETING}●月分のお家賃のご入金が、本日の時点で確認できておりません。お手数ですがご確認をお願いいたします。行き違いの際はご容赦ください。",
    ),
    TemplateValues(
        "更新のご案内(賃貸)",
        "契約更新のご案内",
        f"{_GREETING}ご契約が●月●日に更新を迎えます。お送りした書類にご記入のうえ、●月●日までにご返送ください。ご不明な点はお電話ください。",
    ),
    TemplateValues(
        "火災保険の更新",
        "火災保険の更新のご案内",
        f"{_GREETING}ご加入の火災保険が●月●日に満期を迎えます。お手数ですが、●月●日までに更新のお手続きをお願いいたします。ご不明な点はお電話ください。",
    ),
    TemplateValues(
        "契約日のご案内(売買)",
        "ご契約日のご案内",
        f"{_GREETING}ご契約は●月●日(●)●時に当社で承ります。実印・本人確認書類・手付金・印紙代をご用意ください。ご不明な点はお電話ください。",
    ),
    TemplateValues(
        "査定結果のご案内(売買)",
        "査定結果のご案内",
        f"{_GREETING}ご依頼の査定の結果がまとまりました。ご説明に伺いたく存じますので、ご都合のよい日時をお電話でお知らせいただけますと幸いです。",
    ),
    TemplateValues(
        "お電話のお願い",
        "お電話のお願い",
        f"{_GREETING}先ほどお電話いたしましたが、お出にならなかったためSMSで失礼いたします。お手すきの際に折り返しお電話をお願いいたします。",
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
