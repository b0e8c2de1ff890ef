"""The administrator's commands: `flask --app wsgi …`."""

import json
import os
import sys

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from flask_migrate import Migrate, upgrade
from sqlalchemy import select

from webapp.config import REPOSITORY
from webapp.extensions import db
from webapp.models import Staff
from webapp.models.staff import Role
from webapp.services import RefusedByRule, customers, demo, smslink_account, staff, starter_templates
from webapp.services.staff import StaffValues
from webapp.ui.words import LOGIN_ID_RULE, explain, sentence

FIRST_LOGIN_ID = "admin"

staff_commands = AppGroup("staff", help="スタッフのアカウント")
smslink_commands = AppGroup("smslink", help="SMSLINKとの接続")
demo_commands = AppGroup("demo", help="見本のデータ")


def register(app: Flask) -> None:
    """Add the commands, and the migrations, to an application."""
    Migrate(app, db, directory=str(REPOSITORY / "migrations"), compare_type=True, render_as_batch=True)
    app.cli.add_command(staff_commands)
    app.cli.add_command(smslink_commands)
    app.cli.add_command(demo_commands)
    app.cli.add_command(prepare)


@click.command("prepare")
@with_appcontext
def prepare() -> None:
    """Migrate, make what a new office needs, load the sample data with the simulator; prints JSON."""
    upgrade()
    customers.renew_search_texts()
    password = _first_administrator()
    starter_templates.load()
    if smslink_account.is_simulated():
        demo.load(os.environ.get("SIMULATOR_TOKEN"))
    click.echo(json.dumps({"administrator": {"login_id": FIRST_LOGIN_ID, "password": password}}))


@staff_commands.command("create")
@click.option("--login-id", prompt="ログインID")
@click.option("--name", prompt="氏名")
@click.option("--administrator", is_flag=True, help="管理者にする")
def create_staff(login_id: str, name: str, *, administrator: bool) -> None:
    """Make an account; its first password is printed once."""
    if not staff.is_login_id(login_id):
        sys.exit(LOGIN_ID_RULE)
    password = staff.random_password()
    role = Role.ADMINISTRATOR if administrator else Role.STAFF
    try:
        staff.create_staff(StaffValues(login_id, name, role, is_active=True), password=password)
    except RefusedByRule as refused:
        sys.exit("\n".join(map(sentence, refused.refusals)))
    click.echo(f"最初のパスワード: {password}")


@staff_commands.command("reset-password")
@click.argument("login_id")
def reset_password(login_id: str) -> None:
    """Give an account a new first password, printed once."""
    person = db.session.scalar(select(Staff).where(Staff.login_id == login_id.lower()))
    if person is None:
        sys.exit(f"ログインID「{login_id}」のスタッフはいません。")
    click.echo(f"新しいパスワード: {staff.reset_password(person.id)}")


@smslink_commands.command("configure")
@click.option(
    "--domain",
    type=click.Choice(smslink_account.PROVIDER_DOMAINS),
    default=smslink_account.PROVIDER_DOMAINS[0],
)
def configure(domain: str) -> None:
    """Store the API domain and the token, which is read from standard input."""
    token = sys.stdin.readline().strip()
    if not token or not all("!" <= character <= "~" for character in token):
        sys.exit("トークンキーを標準入力から1行で渡してください(半角の英数字と記号)。")
    smslink_account.store_token(domain, token)
    click.echo("保存しました。")


@smslink_commands.command("check")
def check() -> None:
    """Try the connection in force."""
    result = smslink_account.check_connection()
    if result.reason is not None:
        sys.exit(explain(result.reason) or f"SMSLINKから想定外の返事がありました({result.reason})。")
    click.echo("SMSLINKに接続できました。")


@demo_commands.command("load")
def load_demo() -> None:
    """Load the sample data; nothing happens when there are customers already."""
    token = os.environ.get("SIMULATOR_TOKEN")
    if not smslink_account.is_simulated():
        sys.exit("見本のデータは模擬環境(make run)でだけ読み込めます。")
    click.echo(
        "読み込みました。" if demo.load(token) else "顧客がすでに登録されているため、読み込みませんでした。"
    )


def _first_administrator() -> str | None:
    """Make `admin` when there is nobody yet; the password when it is a random one."""
    if staff.has_staff():
        return None
    given = os.environ.get("ADMIN_PASSWORD")
    if given and not staff.MIN_PASSWORD_LENGTH <= len(given) <= staff.MAX_PASSWORD_LENGTH:
        click.echo(
            f"ADMIN_PASSWORD は{staff.MIN_PASSWORD_LENGTH}文字から{staff.MAX_PASSWORD_LENGTH}文字の間で"
            "指定するか、空にして最初のパスワードを自動で作らせてください。",
            err=True,
        )
        sys.exit(os.EX_CONFIG)
    password = given or staff.random_password()
    staff.create_staff(
        StaffValues(FIRST_LOGIN_ID, staff.FIRST_NAME, Role.ADMINISTRATOR, is_active=True),
        password=password,
        must_change_password=not given,
    )
    return None if given else password
