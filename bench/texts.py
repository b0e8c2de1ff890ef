"""The texts everything is measured with."""

# 200 characters as an office writes them: nothing repeats, so nothing compresses better than in life.
JAPANESE = (
    "お世話になっております。みなと不動産の佐藤でございます。先日はご来店いただき誠にありがとうございました。"
    "ご希望いただいた港南町三丁目の物件につきまして、内見の日程が決まりましたのでお知らせいたします。"
    "十一月二十五日の午後二時に、現地の入口前でお待ちしております。"
    "当日は身分を証明できるものと印鑑をお持ちください。ご都合が変わったときは、"
    "お手数ですがお電話でお知らせくださいますよう、お願い申し上げます。"
)[:200]

# The same length with a key to fill, line breaks to turn into CRLF, and a link to count.
WITH_EVERYTHING = ("[[%氏名%]]様\n" + JAPANESE[:150] + "\nhttps://example.jp/rooms/1203 ")[:200]

VALUES = {"氏名": "山田 太郎", "担当者": "佐藤 健一", "会社名": "みなと不動産"}
