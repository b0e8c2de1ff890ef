"""Login, logout, sessions, throttling, the person's own settings."""

from tests.conftest import PASSWORD, Browser, make_staff


def test_login_leads_to_today(anonymous: Browser) -> None:
    anonymous.get("/login")
    answer = anonymous.post("/login", login_id="ADMIN ", password=PASSWORD)
    assert answer.location == "/"
    assert "管理 花子" in anonymous.get("/").text
