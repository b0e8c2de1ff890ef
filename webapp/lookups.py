"""Single rows for what every request or every keystroke asks, taken from the driver itself."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, g
from sqlalchemy import Dialect, Select
from sqlalchemy.exc import MultipleResultsFound

from webapp.extensions import db

Statement = Select[*tuple[Any, ...]]


class Lookup:
    """A SELECT of at most one row, put into words once.

    Session, transaction, statement cache and result of the ORM cost many times what the answer costs.
    Values and columns are converted as the ORM converts them. It locks nothing and sees the newest commit;
    a transaction that PostgreSQL's driver begins for it ends with the request. Errors are the driver's.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc] # noqa: PYI024
        self._prepared: dict[Dialect, _Prepared] = {}

    def find(self, **values: object) -> Any:  # noqa: ANN401 - the statement's columns by name
        """The row for the statement's parameters, or None; MultipleResultsFound when there are more."""
        dialect, cursor = _open_cursor()
        prepared = self._prepared.get(dialect)
        if prepared is None:
            prepared = self._prepared[dialect] = _Prepared(self._statement, dialect, values)
        try:
            cursor.execute(prepared.text, prepared.arrange(values))
            rows = cursor.fetchmany(2)
        except Exception as error:
            _give_up(error)
            raise
        if len(rows) > 1:
            raise MultipleResultsFound
        return self._row._make(prepared.convert(rows[0], cursor.description)) if rows else None


class _Prepared:
    """The statement in the words of one database, and what its driver needs converted."""

    def __init__(self, statement: Statement, dialect: Dialect, values: Mapping[str, object]) -> None:
        compiled = statement.compile(dialect=dialect)
        if compiled.post_compile_params:
            raise ValueError("a look-up takes no lists")
        self.text = str(compiled)
        self._dialect = dialect
        parameters = compiled.construct_params(values)
        self._constants = {name: value for name, value in parameters.items() if name not in values}
        self._order = compiled.positiontup
        self._types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        self._to_driver = {
            name: processor
            for name in parameters
            if (processor := compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        }
        self._from_driver: list[tuple[int, Callable[[Any], Any]]] | None = None

    def arrange(self, values: Mapping[str, object]) -> object:
        """The parameters as the driver takes them: in order, or by name."""
        parameters = {**self._constants, **values}
        for name, process in self._to_driver.items():
            parameters[name] = process(parameters[name])
        if self._order is None:
            return parameters
        return [parameters[name] for name in self._order]

    def convert(self, row: Sequence[Any], description: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """The columns as Python knows them."""
        if self._from_driver is None:
            processors = (
                kind.result_processor(self._dialect, column[1])
                for kind, column in zip(self._types, description, strict=True)
            )
            self._from_driver = [(at, process) for at, process in enumerate(processors) if process]
        if not self._from_driver:
            return row
        converted = list(row)
        for at, process in self._from_driver:
            converted[at] = process(converted[at])
        return converted


def _open_cursor() -> tuple[Dialect, Any]:
    """The request's own, on a connection that goes back to the pool at its end."""
    opened: tuple[Dialect, Any, Any] | None = g.get("lookup")
    if opened is None:
        engine = db.engine
        connection = engine.raw_connection()
        opened = g.lookup = (engine.dialect, connection.cursor(), connection)
    return opened[:2]


def _give_up(error: Exception) -> None:
    """The connection is of no more use to this request; a lost one, and its like in the pool, to none."""
    dialect, cursor, connection = g.pop("lookup")
    is_lost = dialect.is_disconnect(error, connection.driver_connection, cursor)
    connection.invalidate(error)
    if is_lost:
        db.engine.dispose()


def _return_connection(_error: BaseException | None) -> None:
    opened = g.pop("lookup", None)
    if opened is not None:
        _, cursor, connection = opened
        cursor.close()
        connection.close()


def init_app(app: Flask) -> None:
    """Give the connection back at the end of every request and job."""
    app.teardown_appcontext(_return_connection)
