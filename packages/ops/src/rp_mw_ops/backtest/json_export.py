"""A JSON export: one array, one object a line, or an object that holds the array; read as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rp_mw_ops.backtest.formats import Formats, load_formats
from rp_mw_ops.backtest.ticket import ExportedMessage, ExportedTicket
from rp_mw_ops.backtest.times import to_epoch_ms
from rp_mw_ops.errors import UsageError
from rp_mw_worker.domain.model import Author

_BOM = b"\xef\xbb\xbf"
_LONGEST_LINE = 1 << 24


class JsonExport:
    """The ticket objects of one file. `unreadable` counts what is no ticket, `bytes_read` is how far it is."""

    def __init__(self, path: Path) -> None:
        """Finds whose export it is. Raises UsageError for a file that holds no tickets we know."""
        self._path = path
        self.size = path.stat().st_size
        self.bytes_read = 0
        self.unreadable = 0
        self._is_lines = _is_one_object_a_line(path)
        self.helpdesk = self._find_helpdesk()

    def tickets(self) -> Iterator[ExportedTicket]:
        """Yield the tickets in the file's order."""
        formats = load_formats()
        for item in self._objects():
            ticket = _to_ticket(item, self.helpdesk, formats)
            if ticket is None:
                self.unreadable += 1
            else:
                yield ticket

    def _find_helpdesk(self) -> str:
        known = load_formats().objects
        for item, _ in zip(self._objects(), range(50), strict=False):
            for helpdesk, paths in known.items():
                if any(_find(item, path) is not None for path in paths["known_by"]):
                    return helpdesk
        raise UsageError(f"{self._path}: holds no tickets of {', '.join(known)}; export it as CSV and map its columns")

    def _objects(self) -> Iterator[Mapping[str, Any]]:
        self.unreadable = 0
        found = self._line_objects() if self._is_lines else self._stream_objects()
        for item in found:
            inner = item.get("ticket") if isinstance(item, dict) else None
            if isinstance(inner, dict) or isinstance(item, dict):
                yield inner if isinstance(inner, dict) else item
            else:
                self.unreadable += 1

    def _line_objects(self) -> Iterator[Any]:
        with self._path.open("rb") as file:
            for line in file:
                self.bytes_read += len(line)
                if not line.removeprefix(_BOM).strip():
                    continue
                try:
                    yield json.loads(line.removeprefix(_BOM))
                except (ValueError, RecursionError):
                    self.unreadable += 1

    def _stream_objects(self) -> Iterator[Any]:
        import ijson

        with self._path.open("rb") as file:
            if file.read(3) != _BOM:
                file.seek(0)
            prefix = _array_prefix(self._path)
            try:
                for item in ijson.items(file, prefix, use_float=True):
                    self.bytes_read = file.tell()
                    yield item
            except ijson.JSONError:
                raise UsageError(f"{self._path}: breaks off or is no JSON near byte {file.tell()}") from None


def _is_one_object_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        line = file.readline(_LONGEST_LINE).removeprefix(_BOM)
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    # an object without an id holds the list of tickets
    return isinstance(found, dict) and ("id" in found or isinstance(found.get("ticket"), dict))


def _array_prefix(path: Path) -> str:
    """Return where the stream reader finds the tickets: the top array, or the array under a key."""
    import ijson

    with path.open("rb") as file:
        if file.read(3) != _BOM:
            file.seek(0)
        try:
            for prefix, event, _ in ijson.parse(file):
                if event == "start_array":
                    return f"{prefix}.item" if prefix else "item"
        except ijson.JSONError:
            pass
    raise UsageError(f"{path}: holds no list of tickets")


def _to_ticket(item: Mapping[str, Any], helpdesk: str, formats: Formats) -> ExportedTicket | None:
    paths = formats.objects[helpdesk]
    number = _text(item, paths["ticket"])
    messages = tuple(_messages(item, paths, formats))
    if not number:
        return None
    tags = tuple(_texts(item, paths["tags"]))
    return ExportedTicket(
        ticket=number,
        messages=tuple(sorted(messages, key=lambda message: message.time_epoch_ms or 0)),
        subject=_text(item, paths["subject"]),
        channel=_text(item, paths["channel"]),
        sender=_text(item, paths["sender"]),
        team=_text(item, paths["team"]),
        tags=tags,
        is_merged=formats.is_merged(_text(item, paths["merged"]), tags),
    )


def _messages(item: Mapping[str, Any], paths: Mapping[str, Any], formats: Formats) -> Iterator[ExportedMessage]:
    found = item.get(paths["messages"])
    messages = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if not messages and (first := item.get(paths.get("first_message", ""))):
        messages = [{"body": first, "author": {"role": "end-user"}, "created_at": item.get("created_at")}]
    for message in messages:
        if _text(message, paths["public"]).casefold() == "false":
            continue
        html, plain = _text(message, paths["html"]), _text(message, paths["body"])
        time = to_epoch_ms(_text(message, paths["time"]), day_first=False)
        yield ExportedMessage(_author(message, item, paths, formats), plain or html, bool(html and not plain), time)


def _author(message: Mapping[str, Any], item: Mapping[str, Any], paths: Mapping[str, Any], formats: Formats) -> Author:
    named = formats.author(_text(message, paths["author"]))
    if named is not Author.UNKNOWN or "requester" not in paths:
        return named
    writer, requester = message.get(paths["written_by"]), item.get(paths["requester"])
    if writer is None or requester is None:
        return Author.UNKNOWN
    return Author.CUSTOMER if writer == requester else Author.OPERATOR


def _text(item: Mapping[str, Any], paths: list[str]) -> str:
    return next(iter(_texts(item, paths)), "")


def _texts(item: Mapping[str, Any], paths: list[str]) -> list[str]:
    for path in paths:
        found = _find(item, path)
        values = found if isinstance(found, list) else [found]
        texts = [str(value).strip() for value in values if isinstance(value, str | int | float)]
        if any(texts):
            return texts
    return []


def _find(item: Any, path: str) -> Any:
    """Return what stands at the dotted path; through a list, the list of what its objects hold there, or None."""
    for step in path.split("."):
        if isinstance(item, list):
            found = [one.get(step) for one in item if isinstance(one, dict)]
            item = [one for one in found if one is not None] or None
        else:
            item = item.get(step) if isinstance(item, dict) else None
    return item
