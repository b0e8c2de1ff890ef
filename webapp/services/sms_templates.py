"""Templates: list, create, copy, edit, order, archive, and what each said before."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.domain.estimate import CarrierEstimate, PreparedText, estimate_segments
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.reservation import JST
from webapp.domain.search import fold, fold_query
from webapp.domain.template import prepare_template, template_refusals
from webapp.extensions import db, writing
from webapp.models import Office, SmsTemplate, SmsTemplateVersion
from webapp.models.staff import Author
from webapp.services import RefusedByRule
from webapp.services.office import load_office, lock_office

MAX_NAME_LENGTH = 100
MAX_VERSIONS_SHOWN = 50
_COPY = " のコピー"


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """What the form of a template says."""

    name: str
    subject: str
    body: str
    for_online_meeting: bool = False


@dataclass(frozen=True, slots=True)
class TemplateEstimate:
    """What a template would cost, were it sent to the customer of the sample."""

    prepared: PreparedText
    carriers: tuple[CarrierEstimate, ...]
    refusals: tuple[Refusal, ...]
    """Why it cannot be saved; empty: it can."""
    office: Office
    """Whose prices and rules it was made with; held, so that the page need not load it again."""
    known_carrier: None = None
    """A sample's number is nobody's."""

    @property
    def unit_price(self) -> Decimal | None:
        """Yen a part."""
        return self.office.unit_price


def list_templates(query: str = "", *, archived: bool = False) -> list[SmsTemplate]:
    """Templates in whose name, subject or text each word of the query is found, in order; one query."""
    rows = db.session.scalars(
        select(SmsTemplate)
        .where(SmsTemplate.archived_at.is_not(None) if archived else SmsTemplate.archived_at.is_(None))
        .order_by(SmsTemplate.position, SmsTemplate.id)
        .execution_options(populate_existing=True)
    )
    words = fold_query(query)
    if not words:
        return list(rows)
    return [row for row in rows if all(word in _search_text(row) for word in words)]


def find_template(template_id: int) -> SmsTemplate | None:
    """One template, archived or not."""
    return db.session.get(SmsTemplate, template_id)


def find_meeting_template() -> SmsTemplate | None:
    """The default for online meetings; none while it is archived."""
    return db.session.scalar(
        select(SmsTemplate).where(SmsTemplate.for_online_meeting, SmsTemplate.archived_at.is_(None))
    )


def list_versions(template_id: int) -> list[SmsTemplateVersion]:
    """The latest versions with who saved them, newest first."""
    return list(
        db.session.scalars(
            select(SmsTemplateVersion)
            .where(SmsTemplateVersion.template_id == template_id)
            .options(joinedload(SmsTemplateVersion.staff))
            .order_by(SmsTemplateVersion.number.desc())
            .limit(MAX_VERSIONS_SHOWN)
        )
    )


def estimate_template(body: str, staff_name: str) -> TemplateEstimate:
    """The estimate with sample values; no query beyond the office's."""
    office = load_office()
    prepared = prepare_template(body, office.company_name, staff_name, office.length_rules)
    carriers = estimate_segments(prepared, office.length_rules)
    return TemplateEstimate(prepared, carriers, template_refusals(prepared), office)


def create_template(values: TemplateValues, author: Author) -> SmsTemplate:
    """A new template at the end of the list; raises RefusedByRule."""
    with writing():
        _refuse_body(values, author, lock_office())
        return add_template(values, author)


def copy_template(template_id: int, author: Author) -> SmsTemplate:
    """A copy at the end of the list, under a name of its own; the default for meetings stays where it is."""
    with writing():
        lock_office()
        original = db.session.get_one(SmsTemplate, template_id, populate_existing=True)
        name = original.name[: MAX_NAME_LENGTH - len(_COPY)] + _COPY
        return add_template(replace(_values(original), name=name, for_online_meeting=False), author)


def edit_template(
    template_id: int, values: TemplateValues, author: Author, *, version: int | None = None
) -> SmsTemplate:
    """Change a template, which makes a version unless nothing changes; raises RefusedByRule.

    `version` is the one that the person began with: when somebody has saved another since, the change
    is refused. None claims nothing.
    """
    with writing():
        office = lock_office()
        template = db.session.get_one(SmsTemplate, template_id, populate_existing=True)
        if values == _values(template):
            return template
        if version is not None and version != template.version:
            raise RefusedByRule([_changed(template)])
        _refuse_body(values, author, office)
        _apply(template, values, author)
    return template


def archive_template(template_id: int, *, archived: bool) -> SmsTemplate:
    """Take a template out of the list, or bring it back at the end; nothing is deleted."""
    with writing():
        lock_office()
        template = db.session.get_one(SmsTemplate, template_id, populate_existing=True)
        if template.archived_at is not None and not archived:
            template.position = _next_position()
        template.archived_at = (template.archived_at or clock.now()) if archived else None
    return template


def move_template(template_id: int, *, up: bool) -> None:
    """Change places with the neighbour in the list; at its end, or archived, nothing happens."""
    _reorder(template_id, lambda here: here + (-1 if up else 1))


def place_template(template_id: int, place: int) -> None:
    """Put it at this place of the list, from 1; beyond an end is that end, archived stays where it is."""
    _reorder(template_id, lambda _here: place - 1)


def add_template(values: TemplateValues, author: Author | None) -> SmsTemplate:
    """A new template at the end of the list, in the caller's unit; without author it is the product's."""
    template = SmsTemplate(
        name="", body="", version=0, position=_next_position(), created_at=clock.now(), subject=""
    )
    _apply(template, values, author)
    return template


def _apply(template: SmsTemplate, values: TemplateValues, author: Author | None) -> None:
    """Set the values as the next version; whoever had the default for meetings loses it first."""
    if values.for_online_meeting:
        _free_meeting_default(template, author)
    for name, value in asdict(values).items():
        setattr(template, name, value)
    _write_version(template, author)


def _free_meeting_default(heir: SmsTemplate, author: Author | None) -> None:
    holders = select(SmsTemplate).where(SmsTemplate.for_online_meeting)
    for holder in db.session.scalars(holders.execution_options(populate_existing=True)).all():
        if holder is not heir:
            holder.for_online_meeting = False
            _write_version(holder, author)


def _write_version(template: SmsTemplate, author: Author | None) -> None:
    now = clock.now()
    template.version += 1
    template.updated_at = now
    db.session.add(template)
    db.session.flush()  # the id for the version, and at once, since one row alone may be the default
    db.session.add(
        SmsTemplateVersion(
            template_id=template.id,
            number=template.version,
            staff_id=author.id if author else None,
            created_at=now,
            **asdict(_values(template)),
        )
    )


def _values(template: SmsTemplate) -> TemplateValues:
    return TemplateValues(template.name, template.subject, template.body, template.for_online_meeting)


def _reorder(template_id: int, find_place: Callable[[int], int]) -> None:
    """Move one to where `find_place` says, both counted from 0; all others close up and make room."""
    with writing():
        lock_office()
        rows = list_templates()
        here = next((index for index, row in enumerate(rows) if row.id == template_id), None)
        if here is None:
            return
        moved = rows.pop(here)
        rows.insert(min(max(0, find_place(here)), len(rows)), moved)
        for position, row in enumerate(rows, start=1):
            row.position = position


def _search_text(template: SmsTemplate) -> str:
    # Folding takes line breaks out: no word is found half in the one and half in the other.
    return "\n".join(map(fold, (template.name, template.subject, template.body)))


def _next_position() -> int:
    return (db.session.scalar(select(func.max(SmsTemplate.position))) or 0) + 1


def _refuse_body(values: TemplateValues, author: Author, office: Office) -> None:
    prepared = prepare_template(values.body, office.company_name, author.name, office.length_rules)
    refusals = template_refusals(prepared)
    if refusals:
        raise RefusedByRule(refusals)


def _changed(template: SmsTemplate) -> Refusal:
    latest = list_versions(template.id)[0]
    person = latest.staff.name if latest.staff else ""
    saved_at = latest.created_at.astimezone(JST).isoformat(timespec="minutes")
    return Refusal(Reason.TEMPLATE_CHANGED, "version", {"person": person, "saved_at": saved_at})
