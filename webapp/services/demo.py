"""Sample data for a first look, loaded only together with the simulator."""

from datetime import timedelta

from sqlalchemy import func, select

from webapp import clock
from webapp.extensions import db
from webapp.models import Customer, Staff
from webapp.models.staff import Role
from webapp.services import customers, office, smslink_account, staff
from webapp.services.customers import CustomerValues
from webapp.services.staff import StaffValues

_COMPANY = "みなと不動産株式会社"
_PEOPLE = (("sato", "佐藤 健一"), ("suzuki", "鈴木 美咲"))

# Name, kana, number, kind, property, room, state, note. The numbers are the ones that SMSLINK's own
# sandbox and our simulator answer in a known way.
_CUSTOMERS = (
    ("山田 太郎", "ヤマダ タロウ", "09001111102", "tenant", "コーポみなと", "203", "active", "内見希望。土日の午前が都合よい。"),
    ("髙橋 花子", "タカハシ ハナコ", "09001111103", "tenant", "サンハイツ港", "101", "active", "更新は来年3月。"),
    ("渡邊 一郎", "ワタナベ イチロウ", "09001111101", "buyer", "港南マンション", "804", "active", "住宅ローンの事前審査待ち。"),
    ("伊藤 さくら", "イトウ サクラ", "09001111104", "owner", "伊藤第2ビル", "", "active", "家賃の送金日は毎月10日。"),
    ("小林 誠", "コバヤシ マコト", "09001111202", "tenant", "コーポみなと", "305", "active", "電波の届きにくい場所で働いている。"),
    ("中村 由美", "ナカムラ ユミ", "09002222001", "guarantor", "コーポみなと", "203", "dormant", "山田 太郎様の保証人。"),
    ("加藤 健", "カトウ ケン", "09007010001", "tenant", "グリーンテラス", "5A", "active", "返信をくれることが多い。"),
)  # fmt: skip
_WITHOUT_MOBILE = ("吉田 ヨシ", "ヨシダ ヨシ", "03-1234-5678", "owner", "吉田荘")


def load(token: str | None) -> bool:
    """The sample office; False when there are customers already. `token` is the simulator's."""
    if token and not smslink_account.has_stored_token(office.load_office()):
        smslink_account.store_token(smslink_account.PROVIDER_DOMAINS[0], token)
    if db.session.scalar(select(func.count()).select_from(Customer)):
        return False
    if not office.load_office().company_name:
        office.edit_company(_COMPANY, ["みなと不動産"])
    people = [_person(login_id, name) for login_id, name in _PEOPLE]
    acquired_on = clock.today() - timedelta(days=40)
    for number, (name, kana, mobile, kind, building, room, state, note) in enumerate(_CUSTOMERS):
        customers.create_customer(
            CustomerValues(
                name=name,
                name_kana=kana,
                mobile_number=mobile,
                kind=kind,
                property_name=building,
                room=room,
                state=state,
                note=note,
                staff_id=people[number % len(people)].id,
                acquired_on=acquired_on,
            )
        )
    name, kana, landline, kind, building = _WITHOUT_MOBILE
    customers.create_customer(
        CustomerValues(
            name=name,
            name_kana=kana,
            mobile_number="",
            landline_number=landline,
            kind=kind,
            property_name=building,
            staff_id=people[0].id,
        )
    )
    return True


def _person(login_id: str, name: str) -> Staff:
    """Nobody knows the password: an administrator issues one when it is wanted."""
    known = db.session.scalar(select(Staff).where(Staff.login_id == login_id))
    return known or staff.create_staff(
        StaffValues(login_id, name, Role.STAFF, is_active=True), password=staff.random_password()
    )
