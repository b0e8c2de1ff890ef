"""Where a person goes on to after a form, when its address says so (`?next=`)."""

from flask import request


def next_target(otherwise: str) -> str:
    """The path that the address names, or this one when it names none or another site's."""
    target = request.args.get("next", "")
    return target if is_local(target) else otherwise


def is_local(target: str) -> bool:
    """Whether it is a path on this site; browsers read a backslash as a slash."""
    return (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and all(character.isprintable() for character in target)
    )
