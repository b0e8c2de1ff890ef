"""雛形 in a real browser: written, priced, copied, ordered, put away; by keyboard, phone, no script."""

import re
import uuid

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.journeys.conftest import check_access, log_in, make_customer

PHONE = {"width": 375, "height": 812}


def fresh(name: str) -> str:
    """A name that no other journey uses."""
    return f"{name} {uuid.uuid4().hex[:6]}"


def create(page: Page, name: str, body: str, *, for_meeting: bool = False) -> str:
    """A template through its form; its address."""
    page.goto("/sms-templates/new")
    page.get_by_label("設定名").fill(name)
    page.locator("#body").fill(body)
    page.get_by_label("オンライン接客で使用").set_checked(for_meeting)
    page.get_by_role("button", name="登録", exact=True).click()
    page.wait_for_url(re.compile(r"/sms-templates/\d+$"))
    return page.url


def row(page: Page, name: str) -> Locator:
    return page.locator("tr[data-template-id]").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> list[str]:
    return page.locator("tr[data-template-id] .row-link").all_inner_texts()


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("雛形を保存しました。")


def test_written_with_its_cost_in_view(page: Page) -> None:
    name = fresh("鍵のお渡し")
    page.goto("/sms-templates/")
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/sms-templates/new$"))
    page.get_by_label("設定名").fill(name)
    page.get_by_role("group", name="本文に入れる").get_by_role("button", name="氏名", exact=True).click()
    body = page.locator("#body")
    expect(body).to_have_value("[[%氏名%]]")
    body.press_sequentially("様\n鍵は管理室でお渡しします。")
    estimate = page.locator("#estimate")
    expect(estimate).to_have_attribute("data-characters", "21")
    expect(estimate.locator(".bubble")).to_have_text(
        "山田 太郎様\n鍵は管理室でお渡しします。", use_inner_text=True
    )
    expect(page.locator("#body-count")).to_have_text("21 / 660文字")
    expect(page.locator("#estimate-brief")).to_contain_text("21文字・1通")
    body.fill("[[%氏名%]]様\n" + "あ" * 126)
    expect(estimate.locator("[data-carrier=docomo]")).to_have_attribute("data-segments", "3")
    expect(estimate.locator("[data-carrier=au]")).to_have_attribute("data-segments", "2")
    expect(estimate.locator("[data-carrier=softbank]")).to_have_attribute("data-segments", "1")
    check_access(page)
    page.get_by_role("button", name="登録", exact=True).click()
    page.wait_for_url(re.compile(r"/sms-templates/\d+$"))
    page.goto("/sms-templates/")
    expect(row(page, name)).to_contain_text("134文字・1〜3通")
    check_access(page)


@pytest.mark.parametrize("width", [1280, 375])
def test_more_than_660_is_refused_in_words_while_typing_and_at_saving(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 812})
    page.goto("/sms-templates/new")
    page.get_by_label("設定名").fill("長い雛形")
    page.get_by_label("件名").fill("件名")
    page.get_by_label("オンライン接客で使用").check()
    body = page.locator("#body")
    body.fill("あ" * 660)
    expect(page.locator("#body-count")).to_have_text("660 / 660文字")
    body.press("End")
    body.press_sequentially("い")
    expect(body).to_have_value("あ" * 660 + "い")
    expect(page.locator("#body-count")).to_have_text(
        "660文字を1文字超えています。減らさないと保存できません。"
    )
    bar = page.locator("#estimate-brief").get_by_role("link", name="1文字超えています")
    expect(bar).to_be_in_viewport()
    expect(page.locator("#estimate")).to_have_attribute("data-ok", "false")
    check_access(page)
    bar.click()
    expect(page.get_by_text("あと1文字減らしてください")).to_be_in_viewport()

    page.get_by_role("button", name="登録", exact=True).click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("本文は660文字以内で入力してください(現在661文字")
    expect(page.get_by_label("設定名")).to_have_value("長い雛形")
    expect(page.get_by_label("件名")).to_have_value("件名")
    expect(page.get_by_label("オンライン接客で使用")).to_be_checked()
    expect(body).to_have_value("あ" * 660 + "い")
    check_access(page)


def test_problems_are_mended_with_one_click(page: Page) -> None:
    page.goto("/sms-templates/new")
    body = page.locator("#body")
    body.fill("[[%名前%]]様 {{insertion_item1}}𠮷田です。地図https://example.jp/a ")
    cautions = page.locator("#estimate-cautions")
    for problem, button in (
        ("[[%名前%]] という", "[[%氏名%]] に置き換える"),
        ("{{insertion_item1}}", "削除する"),
        ("「𠮷」", "「吉」に置き換える"),
        ("https://example.jp/a", "前後にスペースを入れる"),
    ):
        notice = cautions.locator(".notice", has_text=problem)
        notice.get_by_role("button", name=button).click()
        expect(notice).to_have_count(0)
    expect(body).to_have_value("[[%氏名%]]様 吉田です。地図 https://example.jp/a ")
    expect(page.locator("#estimate")).to_have_attribute("data-ok", "true")
    expect(page.locator("#estimate-brief")).not_to_contain_text("直すところ")


def test_versions_are_kept_and_so_is_what_was_sent(page: Page) -> None:
    name = fresh("版のある雛形")
    address = create(page, name, "一番目の文章です。")
    card = make_customer(page, "雛形 送信子", "090-0111-1101")
    page.goto(f"{card}/messages/new")
    template_id = address.rsplit("/", 1)[1]
    sent = page.request.post(
        page.url,
        form={
            "csrf_token": page.locator("#compose [name=csrf_token]").get_attribute("value") or "",
            "submission_key": uuid.uuid4().hex,
            "timing": "now",
            "template_id": template_id,
            "subject": "版",
            "body": "一番目の文章です。",
        },
        headers={"Referer": page.url},
        max_redirects=0,
    )
    assert sent.status == 303

    page.goto(address)
    page.locator("#body").fill("二番目の文章です。")
    save(page)
    history = page.get_by_role("region", name="変更履歴")
    expect(history.locator("[data-version]")).to_have_count(2)
    expect(history.locator("[data-version='2']")).to_contain_text("今の内容")
    history.locator("[data-version='1'] summary").click()
    expect(history.locator("[data-version='1']")).to_contain_text("一番目の文章です。")
    check_access(page)
    history.get_by_role("link", name="この内容を入力欄に入れる").click()
    expect(page.locator("#body")).to_have_value("一番目の文章です。")
    expect(page.locator(".notice", has_text="まだ保存していません")).to_be_visible()
    check_access(page)
    save(page)
    expect(history.locator("[data-version]")).to_have_count(3)
    page.locator("#body").fill("四番目の文章です。")
    save(page)
    page.goto(sent.headers["location"])
    expect(page.locator("main")).to_contain_text("一番目の文章です。")
    expect(page.locator("main")).not_to_contain_text("四番目")


def test_copied_put_away_and_brought_back(page: Page) -> None:
    name = fresh("写す雛形")
    address = create(page, name, "写されます。")
    page.get_by_role("button", name="コピーを作る").click()
    expect(page.locator(".flashes")).to_contain_text("コピーを作りました。")
    expect(page.get_by_label("設定名")).to_have_value(f"{name} のコピー")
    expect(page.locator("#body")).to_have_value("写されます。")
    page.goto(address)
    page.get_by_role("button", name="一覧から外す").click()
    page.get_by_role("dialog").get_by_role("button", name="いいえ").click()
    page.get_by_role("button", name="一覧から外す").click()
    check_access(page)
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    expect(page.locator(".flashes")).to_contain_text("一覧から外しました。")
    check_access(page)
    page.goto("/sms-templates/")
    expect(row(page, name)).to_have_count(0)
    page.get_by_role("link", name="一覧から外した雛形").click()
    check_access(page)
    row(page, name).get_by_role("link").click()
    page.get_by_role("button", name="一覧に戻す").click()
    page.goto("/sms-templates/")
    assert names(page)[-1] == name


def test_order_of_many(page: Page) -> None:
    mine = [fresh(f"並べる{number}") for number in range(3)]
    for name in mine:
        create(page, name, "並びます。")
    page.goto("/sms-templates/")
    everything = names(page)
    last = row(page, mine[2])
    place = last.get_by_role("spinbutton", name=f"{mine[2]}の順番")
    expect(place).to_have_value(str(len(everything)))
    # By keyboard: the number, and Enter. The focus goes along with the row.
    place.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-template-id] .row-link").nth(1)).to_have_text(mine[2])
    expect(place).to_be_focused()
    expect(place).to_be_in_viewport()
    expect(last).to_have_attribute("data-selected", "true")
    expect(page.locator("tr[data-selected]")).to_have_count(1)
    up = last.locator("[name=direction][value=up]")
    up.press("Enter")
    expect(page.locator("tr[data-template-id] .row-link").first).to_have_text(mine[2])
    expect(up).to_be_focused()
    expect(up).to_have_attribute("aria-disabled", "true")
    last.get_by_role("button", name="下へ").click()
    expect(page.locator("tr[data-template-id] .row-link").nth(1)).to_have_text(mine[2])
    place.fill(str(len(everything)))
    last.get_by_role("button", name="移動").click()
    expect(page.locator("tr[data-template-id] .row-link").last).to_have_text(mine[2])
    page.reload()
    assert names(page) == everything
    last.get_by_role("button", name="一番上へ").click()
    expect(page.locator("tr[data-template-id] .row-link").first).to_have_text(mine[2])
    place.fill(str(len(everything)))
    last.get_by_role("button", name="移動").click()
    expect(page.locator("tr[data-template-id] .row-link").last).to_have_text(mine[2])
    # An empty number moves nothing, and does not hinder the arrows beside it.
    place.fill("")
    last.locator("[name=direction][value=up]").click()
    expect(page.locator("tr[data-template-id] .row-link").nth(-2)).to_have_text(mine[2])


def test_found_by_a_word_of_the_text(page: Page) -> None:
    name, word = fresh("探される雛形"), uuid.uuid4().hex[:8]
    create(page, name, f"合言葉は{word}です。")
    page.goto("/sms-templates/")
    page.keyboard.press("/")
    page.keyboard.type(word)
    expect(page.locator("tr[data-template-id]")).to_have_count(1)
    expect(row(page, name)).to_be_visible()
    expect(page).to_have_url(re.compile(f"q={word}"))
    check_access(page)
    page.keyboard.press("Control+a")
    page.keyboard.type("どこにもない言葉")
    expect(page.locator("#template-rows")).to_contain_text("当てはまる雛形は見つかりません")
    check_access(page)


def test_the_default_for_meetings_moves(page: Page) -> None:
    first, second = fresh("接客一"), fresh("接客二")
    create(page, first, "[[%オンライン接客URL%]]", for_meeting=True)
    expect(page.locator("#estimate")).to_contain_text("その予定があるお客様に送るときだけ入ります")
    page.goto("/sms-templates/new")
    expect(page.locator("#template")).to_contain_text(f"今は「{first}」")
    create(page, second, "接客です。", for_meeting=True)
    page.goto("/sms-templates/")
    holders = page.locator("tr[data-template-id]", has_text="オンライン接客で使用")
    expect(holders).to_have_count(1)
    expect(holders).to_contain_text(second)


def test_two_people_do_not_overwrite_each_other(page: Page, context: BrowserContext) -> None:
    address = create(page, fresh("二人の雛形"), "はじめの文章")
    other = context.new_page()
    other.goto(address)
    page.locator("#body").fill("先に保存した文章")
    save(page)
    other.locator("#body").fill("後から保存する文章")
    other.get_by_role("button", name="保存", exact=True).click()
    expect(other.locator("#error-summary")).to_contain_text("書き換えられています")
    expect(other.locator("#body")).to_have_value("後から保存する文章")
    expect(other.locator("[data-version='2']")).to_contain_text("先に保存した文章")
    check_access(other)
    save(other)
    expect(other.locator("[data-version]")).to_have_count(3)


def test_a_login_that_ended_loses_no_template(page: Page, context: BrowserContext) -> None:
    page.goto("/sms-templates/new")
    name = fresh("消えない雛形")
    page.get_by_label("設定名").fill(name)
    page.locator("#body").fill("一行目\n消えては困る文章")
    context.clear_cookies()
    page.get_by_role("button", name="登録", exact=True).click()
    expect(page.locator("main")).to_contain_text("ログイン")
    expect(page.locator("textarea")).to_have_value("一行目\n消えては困る文章")
    check_access(page)
    with context.expect_page() as opened:
        page.get_by_role("link", name="新しいタブでログイン").click()
    log_in(opened.value)
    page.get_by_role("button", name="ログインした後、この内容で続ける").click()
    # The page's token belonged to the old login: asked once more, with nothing to be typed again.
    page.get_by_role("button", name="この内容で続ける", exact=True).click()
    page.wait_for_url(re.compile(r"/sms-templates/\d+$"))
    expect(page.get_by_label("設定名")).to_have_value(name)
    expect(page.locator("#body")).to_have_value("一行目\n消えては困る文章")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    name = fresh("鍵盤の雛形")
    page.goto("/sms-templates/")
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/sms-templates/new$"))
    page.get_by_label("設定名").focus()
    page.keyboard.type(name)
    # Enter in one line saves nothing by a slip.
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("件名です")
    page.keyboard.press("Tab")
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.type("鍵盤だけで書きました。")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="氏名", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#body")).to_have_value("鍵盤だけで書きました。[[%氏名%]]")
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/sms-templates/\d+$"))
    expect(page.get_by_label("件名")).to_have_value("件名です")

    page.get_by_role("button", name="一覧から外す").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="はい")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    version = page.locator("[data-version='1']")
    version.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(version).to_contain_text("鍵盤だけで書きました。")

    page.goto("/sms-templates/")
    page.locator(".row-link").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".row-link").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/sms-templates/\d+$"))


def test_nothing_is_saved_by_the_enter_that_ends_a_conversion(page: Page) -> None:
    page.goto("/sms-templates/new")
    page.get_by_label("設定名").fill("変換中")
    page.locator("#body").focus()
    session = page.context.new_cdp_session(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "estimate" in request.url else None)
    session.send("Input.imeSetComposition", {"text": "かぎ", "selectionStart": 2, "selectionEnd": 2})
    page.wait_for_timeout(500)
    assert asked == []
    session.send("Input.insertText", {"text": "鍵"})
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "1")
    assert page.url.endswith("/sms-templates/new")


def test_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    name = fresh("電話の雛形")
    create(page, name, "[[%氏名%]]様\n電話で書きました。")
    expect(page.get_by_role("button", name="保存", exact=True)).to_be_in_viewport()
    expect(page.locator("#estimate-brief")).to_be_in_viewport()
    check_access(page)
    page.locator("#preview summary").click()
    expect(page.locator("#preview .bubble")).to_contain_text("山田 太郎様")
    page.get_by_role("region", name="変更履歴").locator("summary").click()
    check_access(page)
    page.goto("/sms-templates/")
    entry = row(page, name)
    entry.scroll_into_view_if_needed()
    expect(entry).to_contain_text("文字・1通")
    entry.get_by_role("spinbutton").fill("1")
    entry.get_by_role("button", name="移動").click()
    expect(page.locator("tr[data-template-id] .row-link").first).to_have_text(name)
    expect(entry).to_be_in_viewport()
    check_access(page)
    page.goto("/carriers")
    expect(page.get_by_role("columnheader", name="SoftBank")).to_be_in_viewport(ratio=1)
    check_access(page)


def test_it_works_without_javascript(without_script: Page) -> None:
    page, name = without_script, fresh("素の雛形")
    page.goto("/sms-templates/new")
    page.get_by_label("設定名").fill(name)
    page.locator("#body").fill("あ" * 661)
    page.get_by_role("button", name="登録", exact=True).click()
    expect(page.locator("#error-summary")).to_contain_text("本文は660文字以内で入力してください(現在661文字")
    expect(page.locator("#body")).to_have_value("あ" * 661)
    expect(page.locator("#body-count")).to_contain_text("1文字超えています")
    page.locator("#body").fill("[[%氏名%]]様 {{配信停止URL}}")
    page.get_by_role("button", name="登録", exact=True).click()
    page.wait_for_url(re.compile(r"/sms-templates/\d+$"))
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "32")
    expect(page.locator(".bubble")).to_contain_text("山田 太郎様")
    page.locator("#body").fill("書き直しました。")
    save(page)
    page.locator("[data-version='1'] summary").click()
    page.locator("[data-version='1']").get_by_role("link").click()
    expect(page.locator("#body")).to_have_value("[[%氏名%]]様 {{配信停止URL}}")
    save(page)
    page.get_by_role("button", name="コピーを作る").click()
    expect(page.get_by_label("設定名")).to_have_value(f"{name} のコピー")

    page.goto("/sms-templates/")
    entry = row(page, name)
    entry.get_by_role("spinbutton").fill("1")
    entry.get_by_role("spinbutton").press("Enter")
    page.wait_for_url(re.compile(r"/sms-templates/\?moved=\d+#template-\d+$"))
    assert names(page)[0] == name
    entry.get_by_role("button", name="下へ").click()
    expect(page.locator("tr[data-template-id] .row-link").nth(1)).to_have_text(name)
    page.get_by_label("設定名や本文で検索").fill(f"{name} 書き")
    page.get_by_role("button", name="検索").click()
    expect(page.locator("#template-rows")).to_contain_text("見つかりません")
    page.get_by_role("link", name="すべての雛形を表示").click()
    row(page, name).get_by_role("link").click()
    page.get_by_role("button", name="一覧から外す").click()
    expect(page.locator(".flashes")).to_contain_text("一覧から外しました。")
    page.get_by_role("button", name="一覧に戻す").click()
    expect(page.locator(".flashes")).to_contain_text("一覧に戻しました。")
