"""A CSV export: any common separator and encoding, quoted line ends, one row a ticket or a message, rows in any order.

The file is read twice: once for the place of each row (16 bytes a row are kept), once for the rows, ticket by ticket.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO

from rp_mw_ops.backtest.header import is_header
from rp_mw_ops.errors import UsageError

SEPARATORS = ",;\t|"
SNIFFED_BYTES = 1 << 20
# Only such a file is turned into UTF-8 in memory; it is read line by line by no encoding with two bytes a character.
MOST_UTF16_BYTES = 200 << 20
csv.field_size_limit(1 << 26)

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the file is written; `header` holds the column names as they stand."""

    encoding: str
    separator: str
    header: tuple[str, ...]


class CsvExport:
    """The rows of one file. `unreadable` counts rows that are no rows, `bytes_read` is how far it is."""

    def __init__(self, path: Path) -> None:
        """Opens the file and finds its layout. Raises UsageError for a file that is no CSV."""
        self._path = path
        self._bytes, self._encoding = _find_encoding(path)
        with self._open() as file:
            self.layout = _find_layout(file, self._encoding, path)
        self.size = len(self._bytes) if self._bytes is not None else path.stat().st_size
        self.bytes_read = 0
        self.unreadable = 0

    def samples(self, most: int = 1000) -> list[Row]:
        """Return the first rows."""
        with self._open() as file:
            return [row for row, _ in zip((row for _, row in self._rows(file)), range(most), strict=False)]

    def groups(self, column: str) -> Iterator[list[Row]]:
        """Yield the rows of each value of `column`, in the order in which the values first appear."""
        keys, offsets = self._index(column)
        if _is_grouped(keys):
            yield from self._in_file_order(column)
        else:
            yield from self._by_offset(keys, offsets)

    def _open(self) -> IO[bytes]:
        return io.BytesIO(self._bytes) if self._bytes is not None else self._path.open("rb")

    def _index(self, column: str) -> tuple[array[int], array[int]]:
        keys, offsets = array("Q"), array("Q")
        with self._open() as file:
            for offset, row in self._read(file, 0):
                if row is None:
                    self.unreadable += 1
                elif offset:
                    keys.append(_key(row[column]))
                    offsets.append(offset)
        return keys, offsets

    def _in_file_order(self, column: str) -> Iterator[list[Row]]:
        group: list[Row] = []
        with self._open() as file:
            for offset, row in self._rows(file):
                if group and row[column] != group[0][column]:
                    yield group
                    group = []
                group.append(row)
                self.bytes_read = offset
        if group:
            yield group

    def _by_offset(self, keys: array[int], offsets: array[int]) -> Iterator[list[Row]]:
        first: dict[int, int] = {}
        for place, key in enumerate(keys):
            first.setdefault(key, place)
        order = sorted(range(len(keys)), key=lambda place: (first[keys[place]], place))
        group: list[Row] = []
        with self._open() as file:
            for done, place in enumerate(order):
                if group and keys[place] != keys[order[done - 1]]:
                    yield group
                    group = []
                file.seek(offsets[place])
                group += [row for _, row in islice(self._read(file, offsets[place]), 1) if row is not None]
                self.bytes_read = self.size * done // len(order)
        if group:
            yield group

    def _rows(self, file: IO[bytes]) -> Iterator[tuple[int, Row]]:
        """Yield the rows under the header that can be read."""
        return ((offset, row) for offset, row in self._read(file, 0) if offset and row is not None)

    def _read(self, file: IO[bytes], start: int) -> Iterator[tuple[int, Row | None]]:
        """Yield each row with its offset, from the line at `start`, the header too; None for what is no row."""
        lines = _Lines(file, self._encoding, start)
        reader = csv.reader(lines, delimiter=self.layout.separator)
        header = self.layout.header
        while True:
            offset = lines.offset
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error:
                values = ["?"]
            if values:
                yield offset, dict(zip(header, values, strict=True)) if len(values) == len(header) else None


class _Lines:
    """The decoded lines of a binary file; `offset` is where the next one begins."""

    def __init__(self, file: IO[bytes], encoding: str, offset: int) -> None:
        self._file, self._encoding, self.offset = file, encoding, offset

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline()
        if not raw:
            raise StopIteration
        skipped = 3 if self.offset == 0 and raw.startswith(b"\xef\xbb\xbf") else 0
        self.offset += len(raw)
        return raw[skipped:].decode(self._encoding, "replace")


def _find_encoding(path: Path) -> tuple[bytes | None, str]:
    try:
        with path.open("rb") as file:
            head = file.read(SNIFFED_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        if path.stat().st_size > MOST_UTF16_BYTES:
            raise UsageError(f"{path}: is UTF-16 and large; save it as UTF-8 and try again")
        return path.read_bytes().decode("utf-16", "replace").encode(), "utf-8"
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return None, "cp1252"
    return None, "utf-8"


def _find_layout(file: IO[bytes], encoding: str, path: Path) -> Layout:
    first = next(_Lines(file, encoding, 0), "")
    separator = max(SEPARATORS, key=first.count)
    if separator not in first:
        raise UsageError(f"{path}: its first line is no header of columns; export it as CSV with a header, or as JSON")
    file.seek(0)
    header = tuple(name.strip() for name in next(csv.reader(_Lines(file, encoding, 0), delimiter=separator)))
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        shown = f" {doubled[0]!r}" if is_header(header) else ""
        raise UsageError(f"{path}: of {len(header)} columns one{shown} is there twice; rename it, or add a header")
    return Layout(encoding, separator, header)


def _is_grouped(keys: array[int]) -> bool:
    changes = sum(1 for place in range(1, len(keys)) if keys[place] != keys[place - 1])
    return len(keys) == 0 or changes + 1 == len(set(keys))


def _key(value: str) -> int:
    return int.from_bytes(blake2b(value.encode(), digest_size=8).digest(), "big")
