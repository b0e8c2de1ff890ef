"""What must hold for every page the tests are given."""

from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
LABELLED = frozenset({"input", "select", "textarea"})


class Page(HTMLParser):
    """Collects what the rules ask about."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.headings = 0
        self.labels: set[str] = set()
        self.controls: list[tuple[str, dict[str, str | None], bool]] = []
        self.references: list[str] = []
        self.forms: list[dict[str, object]] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag."""
        attributes = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if attributes.get("id"):
            self.ids.append(str(attributes["id"]))
        if tag == "h1":
            self.headings += 1
        if tag == "label":
            self.labels.add(str(attributes.get("for")))
        if tag in LABELLED and attributes.get("type") != "hidden" and "hidden" not in attributes:
            self.controls.append((tag, attributes, "label" in self.open))
        for name in ("aria-describedby", "aria-labelledby"):
            self.references.extend(str(attributes.get(name) or "").split())
        if tag == "form":
            self.forms.append({"method": (attributes.get("method") or "get").lower(), "token": False})
        if attributes.get("name") == "csrf_token" and self.forms:
            self.forms[-1]["token"] = True
        self._look_for_inline_code(tag, attributes)

    def _look_for_inline_code(self, tag: str, attributes: dict[str, str | None]) -> None:
        for name in attributes:
            if name.startswith(("on", "hx-on")) or name == "style":
                self.faults.append(f"{tag} has {name}, which the Content-Security-Policy refuses")
        if tag == "script" and not attributes.get("src"):
            self.faults.append("an inline script")

    def handle_endtag(self, tag: str) -> None:
        """Tags close in order."""
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes what is not open")


def check_page(html: str) -> None:
    """One h1, labelled controls, unique ids, no inline script or style, a token in every POST form."""
    page = Page()
    page.feed(html)
    faults = list(page.faults)
    if page.headings != 1:
        faults.append(f"{page.headings} h1")
    if page.open:
        faults.append(f"left open: {page.open}")
    twice = {name for name in page.ids if page.ids.count(name) > 1}
    if twice:
        faults.append(f"ids more than once: {twice}")
    missing = set(page.references) - set(page.ids)
    if missing:
        faults.append(f"aria refers to nothing: {missing}")
    for tag, attributes, is_inside_label in page.controls:
        if not (is_inside_label or attributes.get("aria-label") or attributes.get("id") in page.labels):
            faults.append(f"{tag} {attributes.get('name')} has no label")
    unguarded = [form for form in page.forms if form["method"] == "post" and not form["token"]]
    if unguarded:
        faults.append("a POST form without csrf_token")
    assert not faults, "\n".join(faults)
