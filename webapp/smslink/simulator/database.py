"""The simulator's one SQLite file: schema and a connection shared by the threads under a lock.

Whatever the API has answered for is committed before; a status is never stored but follows from the clock.
"""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  click_count INTEGER NOT NULL,
  urls TEXT NOT NULL,
  emails TEXT NOT NULL,
  bill_split_code TEXT,
  accepted_at REAL NOT NULL,
  reserved_at INTEGER NOT NULL,
  is_reserved INTEGER NOT NULL,
  due_at REAL NOT NULL,
  final_at REAL NOT NULL,
  canceled_at REAL
);
CREATE TABLE IF NOT EXISTS contacts (
  contact_id INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL REFERENCES deliveries (seq),
  phone_number TEXT NOT NULL,
  number TEXT NOT NULL,
  result_code TEXT NOT NULL,
  final_status INTEGER NOT NULL,
  detail TEXT NOT NULL,
  carrier INTEGER NOT NULL,
  acquired_on TEXT,
  pieces TEXT NOT NULL,
  characters INTEGER NOT NULL,
  parts INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS contacts_by_delivery ON contacts (seq);
CREATE INDEX IF NOT EXISTS contacts_by_number ON contacts (number);
CREATE INDEX IF NOT EXISTS deliveries_by_end ON deliveries (final_at);
CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (reserved_at);
CREATE TABLE IF NOT EXISTS links (
  code TEXT PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts (contact_id),
  kind TEXT NOT NULL,
  url TEXT NOT NULL,
  clicks INTEGER NOT NULL DEFAULT 0,
  UNIQUE (contact_id, kind)
);
CREATE TABLE IF NOT EXISTS opt_outs (number TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS receptions (
  reception_id INTEGER PRIMARY KEY AUTOINCREMENT,
  number TEXT NOT NULL,
  carrier INTEGER NOT NULL,
  message TEXT NOT NULL,
  occurred_at REAL NOT NULL,
  noticed INTEGER NOT NULL,
  answers_contact_id INTEGER UNIQUE
);
CREATE TABLE IF NOT EXISTS troubles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  remaining INTEGER,
  paths TEXT NOT NULL,
  seconds REAL NOT NULL,
  code TEXT NOT NULL
);
"""
TABLES = ("links", "contacts", "deliveries", "opt_outs", "receptions", "troubles", "settings")
# Ids look like the provider's: long numbers that never start over, not even after a reset.
FIRST_CONTACT_ID = 1_000_000_000
Row = sqlite3.Row
Value = str | int | float | None


class Database:
    """One connection, one lock: eight threads of short statements do not need more."""

    def __init__(self, path: str | None) -> None:
        if path is None:
            folder = tempfile.mkdtemp(prefix="smslink-simulator-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            path = str(Path(folder) / "simulator.sqlite3")
        self.path = path
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=15)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)
        self._connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'contacts', ? "
            "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'contacts')",
            (FIRST_CONTACT_ID,),
        )

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The same connection for statements that only look."""
        with self._lock:
            yield self._connection

    def rows(self, sql: str, values: Mapping[str, Value] | tuple[Value, ...] = ()) -> list[Row]:
        """All rows of one query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def reset(self) -> None:
        """Forgets everything; ids go on."""
        with self.write() as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the tuple above
