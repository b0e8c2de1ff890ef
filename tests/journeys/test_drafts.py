"""What was begun survives the tab, the login and the line; two tabs stay apart."""

import re
import sqlite3

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.journeys.conftest import Product, check_access, log_in, make_customer

SAVED = re.compile(r"\d\d:\d\d 下書きを保存しました")


def _compose(page: Page, name: str) -> str:
    card = make_customer(page, name, "090-0111-1105")
    page.goto(f"{card}/messages/new")
    return f"{card}/messages/new"


def _write(page: Page, text: str) -> None:
    _body(page).fill(text)
    expect(page.locator("#draft-state")).to_have_text(SAVED)


def _body(page: Page):
    return page.get_by_label("本文", exact=True)


def _count_drafts(product: Product, address: str) -> int:
    """The rows of the customer whose compose page it is."""
    database = sqlite3.connect(product.launch.data_dir / "sms.sqlite3")
    query = "SELECT count(*) FROM stored_draft WHERE customer_id = ?"
    (count,) = database.execute(query, [address.split("/")[2]]).fetchone()
    database.close()
    return int(count)


def _send(page: Page) -> None:
    page.get_by_role("button", name="送信", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))


def test_a_closed_tab_costs_nothing(page: Page, context: BrowserContext) -> None:
    address = _compose(page, "閉じた 窓子")
    page.get_by_label("指定する", exact=True).check()
    page.get_by_label("送信する時刻").fill("15:01")
    _write(page, "書きかけの文章")
    _body(page).press_sequentially("です")  # typed within the last moment before the tab goes
    page.close()

    again = context.new_page()
    again.goto(address)
    expect(_body(again)).to_have_value("書きかけの文章です")
    expect(again.get_by_label("送信する時刻")).to_have_value("15:01")
    expect(again.get_by_text("の下書きを開きました")).to_be_visible()
    check_access(again)
    again.get_by_label("指定しない").check()
    _send(again)
    again.goto(address)
    expect(_body(again)).to_have_value("")
    expect(again.get_by_text("の下書きを開きました")).to_have_count(0)


def test_a_browser_that_was_killed_costs_what_was_typed_last_at_most(
    page: Page, context: BrowserContext
) -> None:
    """No good-bye arrives: the tab's silence tells that nobody writes there any more."""
    address = _compose(page, "落ちた 器子")
    _write(page, "落ちる前の文章")
    page.evaluate("document.querySelector('form[data-draft-url]').dataset.draftUrl = '/nowhere'")
    page.close()
    again = context.new_page()
    again.goto(address)
    expect(_body(again)).to_have_value("落ちる前の文章")


def test_two_tabs_do_not_mix(page: Page, context: BrowserContext) -> None:
    address = _compose(page, "二つ 窓子")
    _write(page, "一つ目の文章")
    other = context.new_page()
    other.goto(address)
    expect(other.get_by_role("link", name=re.compile("一つ目の文章"))).to_be_visible()
    other.wait_for_timeout(600)
    expect(_body(other)).to_have_value("")
    _write(other, "二つ目の文章")
    _body(page).fill("一つ目の文章、続き")
    # The same draft in two tabs becomes two drafts.
    third = context.new_page()
    third.goto(address)
    third.get_by_role("link", name=re.compile("一つ目の文章")).click()
    expect(third.locator("#draft-state")).to_contain_text("写し")
    keys = {tab.locator("#compose [name=submission_key]").input_value() for tab in (page, other, third)}
    assert len(keys) == 3
    _send(other)
    expect(other.locator(".body-text")).to_have_text("二つ目の文章")
    _send(page)
    expect(page.locator(".body-text")).to_have_text("一つ目の文章、続き")


def test_an_ended_login_costs_nothing(page: Page, context: BrowserContext) -> None:
    address = _compose(page, "切れた 鍵子")
    _write(page, "前の文章")
    other = context.new_page()
    other.goto("/account")
    other.get_by_text("管理者").first.click()
    other.get_by_role("button", name="ログアウト").click()
    other.wait_for_url(re.compile("/login"))
    _body(page).fill("前の文章と、切れた後の文章")
    expect(page.locator("#draft-state")).to_contain_text("ログインが切れた")
    log_in(other)
    # The next try carries the fresh token, and so does the estimate.
    expect(page.locator("#draft-state")).to_have_text(SAVED)
    _body(page).fill("前の文章と、切れた後の文章です")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "15")
    expect(page.locator("#draft-state")).to_have_text(SAVED)
    page.close()
    other.goto(address)
    expect(_body(other)).to_have_value("前の文章と、切れた後の文章です")


def test_a_lost_line_is_said_and_made_good(page: Page, context: BrowserContext) -> None:
    _compose(page, "切れた 線子")
    _write(page, "線のある間")
    context.set_offline(True)
    _body(page).fill("線のない間")
    expect(page.locator("#draft-state")).to_contain_text("保存できません")
    context.set_offline(False)
    expect(page.locator("#draft-state")).to_have_text(SAVED, timeout=10_000)
    page.reload()
    expect(_body(page)).to_have_value("線のない間")


def test_to_the_templates_and_back(page: Page) -> None:
    _compose(page, "雛形 往復子")
    _body(page).fill("出かける前の文章")
    page.get_by_role("button", name="SMS雛形設定").click()
    page.wait_for_url(re.compile(r"/sms-templates/\?for_customer="))
    page.get_by_role("link", name=re.compile("雛形 往復子 様のSMSに戻る")).click()
    expect(_body(page)).to_have_value("出かける前の文章")


def test_the_same_page_after_back_from_the_templates(page: Page, product: Product) -> None:
    """Two saves leave with the page: one draft, which the page shows again and stays, and which is sent."""
    address = _compose(page, "雛形 戻り子")
    for text in ("1行目\n2行目", "1行目\n2行目\n3行目"):
        _body(page).fill(text)  # the button comes before the save, and at first before any
        page.get_by_role("button", name="SMS雛形設定").click()
        page.wait_for_url(re.compile(r"/sms-templates/\?for_customer="))
        page.go_back()
        expect(_body(page)).to_have_value(text)
        expect(page.get_by_text("下書きがあります")).to_have_count(0)
    page.evaluate("window.isSamePage = true")
    _body(page).press("Control+End")
    _body(page).press_sequentially("の続き", delay=200)
    expect(page.locator("#draft-state")).to_have_text(SAVED)
    assert page.evaluate("window.isSamePage")
    assert _count_drafts(product, address) == 1
    _send(page)
    expect(page.locator(".body-text")).to_have_text("1行目\n2行目\n3行目の続き", use_inner_text=True)
    page.goto(address)
    expect(_body(page)).to_have_value("")
    expect(page.get_by_text("下書きがあります")).to_have_count(0)
    assert _count_drafts(product, address) == 0


def test_what_is_typed_while_the_page_is_being_left_is_the_same_draft(page: Page, product: Product) -> None:
    address = _compose(page, "雛形 急ぎ子")
    _write(page, "出かける前")
    held: list[Route] = []

    def let_the_good_bye_through(route: Route) -> None:
        if "left=y" in (route.request.post_data or ""):
            route.continue_()
        elif route.request.is_navigation_request():
            held.append(route)
        # Else a save that is overtaken by the button's own.

    page.route("**/messages/draft", let_the_good_bye_through)
    _body(page).press("End")
    press = "setTimeout(() => document.querySelector('[name=then]').click(), 300)"
    page.evaluate(press)
    page.keyboard.type("に書いた続き", delay=150)
    for route in held:
        route.continue_()
    page.wait_for_url(re.compile(r"/sms-templates/\?for_customer="))
    assert len(held) == 1
    page.get_by_role("link", name=re.compile("雛形 急ぎ子 様のSMSに戻る")).click()
    expect(_body(page)).to_have_value("出かける前に書いた続き")
    assert _count_drafts(product, address) == 1


def test_a_failed_send_and_a_thrown_away_draft(page: Page) -> None:
    address = _compose(page, "断り 文子")
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    _write(page, "[[%名前%]]様")
    page.get_by_role("button", name="送信", exact=True).click()
    expect(page.locator("#error-summary")).to_be_visible()
    expect(_body(page)).to_have_value("[[%名前%]]様")
    page.goto("/customers/")
    page.goto(address)
    expect(_body(page)).to_have_value("[[%名前%]]様")
    page.get_by_role("button", name="捨てて新しく書く").click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    expect(page.get_by_text("下書きを捨てました")).to_be_visible()
    expect(_body(page)).to_have_value("")
    page.goto(address)
    expect(_body(page)).to_have_value("")


def test_without_javascript_a_button_keeps_it(without_script: Page, page: Page) -> None:
    card = make_customer(page, "下書き 釦子", "090-0111-1105")
    without_script.goto(f"{card}/messages/new")
    _body(without_script).fill("釦で残す文章")
    without_script.get_by_role("button", name="下書きを保存").click()
    expect(without_script.get_by_text("下書きを保存しました。")).to_be_visible()
    without_script.goto("/")
    without_script.get_by_role("link", name=re.compile("釦で残す文章")).click()
    expect(_body(without_script)).to_have_value("釦で残す文章")
    without_script.get_by_role("button", name="捨てて新しく書く").click()
    expect(_body(without_script)).to_have_value("")


def test_a_question_answered_with_no_goes_on_saving(page: Page) -> None:
    address = _compose(page, "捨て 止め子")
    _write(page, "捨てない文章")
    page.reload()
    page.get_by_role("button", name="捨てて新しく書く").click()
    page.get_by_role("dialog").get_by_role("button", name="いいえ").click()
    _write(page, "捨てない文章の続き")
    page.goto("/customers/")
    page.goto(address)
    expect(_body(page)).to_have_value("捨てない文章の続き")


def test_reloading_shows_each_tab_its_own_text(page: Page, context: BrowserContext) -> None:
    address = _compose(page, "再読 込子")
    _write(page, "ピー")
    other = context.new_page()
    other.goto(address)
    _write(other, "キュー")
    for _ in range(2):
        page.reload()
        other.reload()
        expect(_body(page)).to_have_value("ピー")
        expect(_body(other)).to_have_value("キュー")
    # Typed within the last moment before the reload.
    _body(page).press_sequentially("の続き")
    page.reload()
    expect(_body(page)).to_have_value("ピーの続き")


def test_two_devices_of_one_person_lose_nothing(page: Page, chromium: Browser, product: Product) -> None:
    address = _compose(page, "二台 持子")
    _write(page, "PCで書いた長い文章")
    tablet = chromium.new_context(locale="ja-JP", base_url=product.url)
    there = tablet.new_page()
    log_in(there)
    there.goto(address)
    expect(_body(there)).to_have_value("PCで書いた長い文章")
    _write(there, "タブレットで続けた文章")
    _body(page).fill("PCで書いた長い文章の続き")
    expect(page.locator("#draft-state")).to_contain_text("別の下書きにしました")
    tablet.close()
    page.goto("/")
    for text in ("PCで書いた長い文章の続き", "タブレットで続けた文章"):
        expect(page.get_by_role("link", name=re.compile(text))).to_be_visible()


def test_a_page_of_somebody_else_writes_nothing_in_this_ones_name(
    page: Page, context: BrowserContext
) -> None:
    address = _compose(page, "別人 入子")
    _write(page, "管理者の文章")
    other = context.new_page()
    other.goto("/settings/staff/new")
    other.get_by_label("氏名").fill("花子")
    other.get_by_label("ログインID").fill("hanako")
    other.get_by_role("button", name="追加").click()
    password = re.search(r"パスワード:(\S+)", other.locator(".flashes").inner_text())
    assert password
    other.get_by_text("管理者").first.click()
    other.get_by_role("button", name="ログアウト").click()
    other.get_by_label("ログインID").fill("hanako")
    other.get_by_label("パスワード", exact=True).fill(password[1])
    other.get_by_role("button", name="ログイン").click()
    other.wait_for_url(re.compile("/account"))
    _body(page).fill("管理者の文章の続き")
    expect(page.locator("#draft-state")).to_contain_text("ほかの人がログインした")
    other.locator("#current_password").fill(password[1])
    other.locator("#new_password").fill("correct horse battery")
    other.locator("#new_password_again").fill("correct horse battery")
    other.get_by_role("button", name="パスワードを変更").click()
    other.goto(address)
    expect(_body(other)).to_have_value("")
    expect(other.get_by_text("下書きがあります")).to_have_count(0)
