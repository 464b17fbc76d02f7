"""`make claims-table`: every kind of order, the reply it gets, and whether the reply is true and complete.

    python -m tests.oracle.table [--every N] [--write docs/claims.md]

`--every N` looks at each Nth order only. 0 when no sentence is false and enough is answered, else 1.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rp_mw_enricher.domain.order_facts import to_order_facts
from rp_mw_shared.flags.model import open_flags
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.interpretation import Reading, understand
from rp_mw_worker.domain.model import (
    Author,
    Case,
    Classification,
    ConversationState,
    Entity,
    Intent,
    OrderLookup,
    Ticket,
    TicketMessage,
)
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reply_text import render
from rp_mw_worker.policy.loader import load_policy
from tests.oracle.judge import false_sentences, held, said
from tests.oracle.shop import NOW, SHOPS, Node
from tests.oracle.truth import Order

NOW_EPOCH_MS = int(NOW.timestamp() * 1000)
ASKED, CALLED_LATE = "where is my order #1001 please", "where is my order #1001 please it is late"
LEAST_SHARE = 0.90
_EXAMPLES = 5
START, END = "<!-- table: make claims-table -->", "<!-- end of table -->"


@dataclass(slots=True)
class Row:
    """What became of the orders of one kind; `holding` are those whose facts hold what was asked."""

    orders: int = 0
    replies: int = 0
    false: int = 0
    holding: int = 0
    answered: int = 0
    without_reason: int = 0
    examples: list[str] = field(default_factory=list)
    replied: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def to_case(node: Node, *, is_called_late: bool) -> Case:
    """The e-mail of the order's own customer who asks where it is."""
    text = CALLED_LATE if is_called_late else ASKED
    start = text.index("#1001")
    message = TicketMessage("new", Author.CUSTOMER, text, NOW_EPOCH_MS)
    return Case(
        ticket=Ticket("conversation", "email", True, (message,), sender_contact_digests=frozenset({"ana@example.com"})),
        classification=Classification((Intent("order_status_tracking", 0.95),)),
        state=ConversationState("conversation", 1),
        flags=open_flags(automation_enabled_channels=frozenset({"email"})),
        now_epoch_ms=NOW_EPOCH_MS,
        received_at_epoch_ms=NOW_EPOCH_MS,
        text=text,
        new_messages=(message,),
        entities=(Entity("order_number", "#1001", start, start + 5),),
        screen_hits=frozenset({"called_late"}) if is_called_late else frozenset(),
        machine_marks=frozenset(),
        order_lookup=OrderLookup("order_name", "found", to_order_facts(node, lambda contact: (contact,))),
    )


def judge(node: Node, policy: Policy, reading: Reading, row: Row) -> None:
    """Decide about one order and add what came of it to the row; `reading` is what the customer means."""
    order = Order(node, reading.calls_it_late)
    decision = decide(to_case(node, is_called_late=reading.calls_it_late), policy, reading)
    row.orders += 1
    wanted = held(order)
    row.holding += bool(wanted)
    if decision.template_id is None:
        row.reasons[next((code for code in decision.reasons if code != "template_missing"), "")] += 1
        row.without_reason += not decision.reasons
        return
    reply = render(decision.template_id, "email", decision.variables, policy)
    wrong = false_sentences(reply, order)
    row.replies += 1
    row.replied[decision.template_id] += 1
    row.false += bool(wrong)
    is_whole = wanted <= said(reply)
    row.answered += bool(wanted) and is_whole
    if (wrong or not is_whole) and len(row.examples) < _EXAMPLES:
        missing = ", ".join(sorted(wanted - said(reply)))
        row.examples.append(f"false: {'; '.join(wrong)} | missing: {missing} | {decision.template_id} | {node}")


def judge_all(policy: Policy, every: int = 1) -> dict[str, Row]:
    """Judge each `every`th order of every kind, asked plainly and called late."""
    rows: dict[str, Row] = {}
    for name, make in SHOPS.items():
        for is_called_late in (False, True):
            row = rows.setdefault(name + (", called late" if is_called_late else ""), Row())
            reading = understand(to_case(next(make()), is_called_late=is_called_late), policy)
            for node in islice(make(), 0, None, every):
                judge(node, policy, reading, row)
    return rows


def to_lines(rows: dict[str, Row]) -> Iterator[str]:
    """The table in Markdown, with the sum, what was said, and why nothing was."""
    yield "| orders | combinations | replies | false claims | facts hold the answer | of these answered |"
    yield "|---|---:|---:|---:|---:|---:|"
    total = Row()
    for name, row in rows.items():
        yield _line(name, row)
        for key in ("orders", "replies", "false", "holding", "answered", "without_reason"):
            setattr(total, key, getattr(total, key) + getattr(row, key))
        total.replied += row.replied
        total.reasons += row.reasons
    yield _line("all", total)
    yield ""
    yield f"Without a reply and without a reason: {total.without_reason}."
    yield ""
    yield "| reply | times | | no reply because | times |"
    yield "|---|---:|---|---|---:|"
    yield from _side_by_side(total.replied.most_common(), total.reasons.most_common())


def _line(name: str, row: Row) -> str:
    share = f"{row.answered / row.holding:.1%}" if row.holding else "–"
    return f"| {name} | {row.orders:,} | {row.replies:,} | {row.false:,} | {row.holding:,} | {share} |"


def _side_by_side(left: list[tuple[str, int]], right: list[tuple[str, int]]) -> Iterator[str]:
    for place in range(max(len(left), len(right))):
        cells = (f"{name} | {count:,}" for name, count in (*left[place : place + 1],))
        others = (f"{name} | {count:,}" for name, count in (*right[place : place + 1],))
        yield f"| {next(cells, ' | ')} | | {next(others, ' | ')} |"


def is_right(rows: Iterable[Row]) -> bool:
    """No false claim, nothing without a reason, and enough answered of each kind that has an answer."""
    return all(not row.false and not row.without_reason and row.answered >= LEAST_SHARE * row.holding for row in rows)


def main() -> int:
    """Print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    rows = judge_all(load_policy(), args.every)
    lines = list(to_lines(rows))
    sys.stdout.write("\n".join(lines) + "\n")
    for row in rows.values():
        sys.stderr.writelines(f"{example}\n" for example in row.examples)
    if args.write:
        page = args.write.read_text("utf-8")
        before, after = page.partition(START)[0], page.partition(END)[2]
        args.write.write_text(f"{before}{START}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")
    return 0 if is_right(rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
