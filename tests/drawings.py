"""What docs/sending.md shows of the code, drawn from the code: `python -m tests.drawings` writes it anew."""

import re
from datetime import UTC, datetime, timedelta

from webapp.config import REPOSITORY
from webapp.domain.message_status import EDGES, NEEDS_A_PERSON, MessageStatus
from webapp.models import Delivery, Message
from webapp.services import cancelling, history, resending
from webapp.ui.words import STATUS_WORDS

PATH = REPOSITORY / "docs" / "sending.md"
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
# What is to be cancelled, and when it leaves.
SITUATIONS = {
    "at once": None,
    "reserved": NOW + timedelta(hours=2),
    "less than 10 minutes before": NOW + timedelta(minutes=5),
}


def draw_diagram() -> str:
    """Every edge, as Mermaid."""
    names = [f"    {status} : {STATUS_WORDS[status].label} ({status})" for status in MessageStatus]
    edges = [f"    {old} --> {new}" for old, new in sorted(EDGES)]
    ends = [f"    {status} --> [*]" for status in MessageStatus if status.is_final]
    lines = [
        "stateDiagram-v2",
        "    direction LR",
        *names,
        f"    [*] --> {MessageStatus.QUEUED}",
        *edges,
        *ends,
    ]
    return "\n".join(["```mermaid", *lines, "```"])


def list_edges() -> str:
    """Every edge with its reason."""
    rows = [f"| `{old}` | `{new}` | {reason} |" for (old, new), reason in sorted(EDGES.items())]
    return "\n".join(["| from | to | because |", "| --- | --- | --- |", *rows])


def list_states() -> str:
    """For each state what the message's page says, and what can be done there."""
    rows = [
        f"| `{status}` | {STATUS_WORDS[status].label} | {STATUS_WORDS[status].explanation} "
        f"| {_when_cancelled(status)} | {_when_sent_again(status)} | {_waits(status)} |"
        for status in MessageStatus
    ]
    head = "| state | on screen | the page says | can be cancelled | can be sent again | waits on 今日 |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


DRAWINGS = {"diagram": draw_diagram, "edges": list_edges, "states": list_states}


def drawn(text: str) -> str:
    """The document with every drawing as it must be."""
    for name, draw in DRAWINGS.items():
        begin, end = f"<!-- {name}: drawn by tests/drawings.py -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        assert len(pattern.findall(text)) == 1, f"no place for {name}"
        text = pattern.sub(f"{begin}\n\n{draw()}\n\n{end}".replace("\\", r"\\"), text)
    return text


def _when_cancelled(status: MessageStatus) -> str:
    allowed = [
        name
        for name, reserved_at in SITUATIONS.items()
        if cancelling.why_not(Message(status=status, delivery=Delivery(reserved_at=reserved_at)), NOW) is None
    ]
    return "yes" if len(allowed) == len(SITUATIONS) else ", ".join(allowed) or "no"


def _when_sent_again(status: MessageStatus) -> str:
    refusal = resending.why_not(Message(status=status, customer_id=1))
    return "yes" if refusal is None else "no"


def _waits(status: MessageStatus) -> str:
    if status in NEEDS_A_PERSON:
        return "yes"
    if status in history.MOVES_BY_ITSELF:
        return "a day after its time"
    return "when the engine cancelled it" if status == MessageStatus.CANCELLED else "no"


if __name__ == "__main__":
    PATH.write_text(drawn(PATH.read_text()))
