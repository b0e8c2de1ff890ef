"""Reading a page as a browser does: elements with their text, and what a form would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.pages import VOID


@dataclass
class Element:
    """One element; `text` is that of everything inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[Element] = []
        self.found: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        for outer in self.open:
            outer.inside.append(element)
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(html: str) -> list[Element]:
    """Every element, in the order of the page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


def having(html: str, name: str, value: str | None = None) -> list[Element]:
    """The elements with an attribute."""
    return [
        element
        for element in read(html)
        if name in element.attributes and value in (None, element.attributes[name])
    ]


def by_id(html: str, identity: str) -> Element:
    """The one element of that id."""
    (element,) = having(html, "id", identity)
    return element


def form_with(html: str, name: str) -> dict[str, str]:
    """What the form with the field `name` would send, but for its token."""
    for form in read(html):
        fields = [element for element in form.inside if "name" in element.attributes]
        if form.tag == "form" and any(element["name"] == name for element in fields):
            return {
                element["name"]: _value(element)
                for element in fields
                if element["name"] != "csrf_token" and _is_sent(element)
            }
    raise AssertionError(f"no form with {name}")


def error_at(html: str, name: str) -> str:
    """The sentence at a field; empty when there is none."""
    return "".join(element.text for element in having(html, "id", f"{name}-error")).strip()


def _value(element: Element) -> str:
    if element.tag == "textarea":
        # A browser drops one line break at the beginning, and sends CRLF.
        text = element.text.replace("\r\n", "\n").removeprefix("\n")
        return text.replace("\n", "\r\n")
    if element.tag == "select":
        options = [inner for inner in element.inside if inner.tag == "option"]
        chosen = [inner for inner in options if "selected" in inner.attributes]
        return (chosen or options)[0].attributes["value"]
    return element.attributes.get("value", "")


def _is_sent(element: Element) -> bool:
    if element.attributes.get("type") in {"checkbox", "radio"}:
        return "checked" in element.attributes
    return element.tag in {"input", "textarea", "select"}
