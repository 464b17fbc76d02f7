"""The tickets of a CSV export: the rows of one ticket, one row a message or one row in all."""

from __future__ import annotations

from collections.abc import Iterator

from rp_mw_ops.backtest.csv_export import CsvExport, Row
from rp_mw_ops.backtest.formats import load_formats
from rp_mw_ops.backtest.mapping import ColumnMapping, value
from rp_mw_ops.backtest.ticket import ExportedMessage, ExportedTicket
from rp_mw_ops.backtest.times import to_epoch_ms
from rp_mw_worker.domain.model import Author


def csv_tickets(export: CsvExport, mapping: ColumnMapping) -> Iterator[ExportedTicket]:
    """Yield the tickets in the order in which they first appear."""
    for rows in export.groups(mapping.columns["ticket"]):
        if value(rows[0], mapping, "ticket"):
            yield _to_ticket(rows, mapping)
        else:
            export.unreadable += len(rows)


def _to_ticket(rows: list[Row], mapping: ColumnMapping) -> ExportedTicket:
    last = rows[-1]
    tags = tuple(tag.strip() for tag in value(last, mapping, "tags").strip("[]").split(",") if tag.strip())
    messages = [_to_message(row, mapping) for row in rows]
    return ExportedTicket(
        ticket=value(last, mapping, "ticket"),
        messages=tuple(sorted(messages, key=lambda message: message.time_epoch_ms or 0)),
        subject=value(rows[0], mapping, "subject"),
        channel=value(rows[0], mapping, "channel"),
        sender=value(rows[0], mapping, "sender"),
        team=value(last, mapping, "team"),
        tags=tags,
        label=value(rows[0], mapping, "label"),
        is_merged=load_formats().is_merged(value(last, mapping, "merged"), tags),
    )


def _to_message(row: Row, mapping: ColumnMapping) -> ExportedMessage:
    html, plain = value(row, mapping, "html"), value(row, mapping, "body")
    # Without a column that says who wrote it, a row is what the customer wrote.
    said = value(row, mapping, "author")
    author = load_formats().author(said) if "author" in mapping.columns else Author.CUSTOMER
    time = to_epoch_ms(value(row, mapping, "time"), day_first=mapping.day_first)
    return ExportedMessage(author, plain or html, bool(html and not plain), time)
