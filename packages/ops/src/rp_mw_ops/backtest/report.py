"""A backtest for people: as text, and as one page with plots."""

from __future__ import annotations

from html import escape
from typing import Any

from rp_mw_ops.eval.plots import count_bars
from rp_mw_ops.html_page import to_page, to_section

Report = dict[str, Any]


def to_lines(report: Report) -> list[str]:
    """Return the report as lines of text."""
    lines = [f"{report['tickets']} tickets, {report['judged']} judged by their customers' first words", ""]
    lines += _block("Left out", report["left_out"], report["tickets"])
    if report["unreadable_rows"]:
        lines += [f"{report['unreadable_rows']} rows of the file could not be read", ""]
    lines += _block("Would be routed to", report["teams"], report["judged"])
    lines += _block("Would be answered", _replies(report), report["judged"])
    lines += _block("No reply, because", report["no_reply_because"], report["judged"])
    lines += _block("Intent", report["intents"], report["judged"])
    lines += _block("Channel", report["channels"], report["judged"])
    lines += _block("Language", report["languages"], report["judged"])
    return [*lines, *_sum_lines(report)]


def to_html(report: Report, title: str) -> str:
    """Return the page; it loads nothing and holds no word of a customer."""
    body = "\n".join(
        [
            _tiles(report),
            to_section("Would be routed to", count_bars(report["teams"], "Tickets by team")),
            to_section("Would be answered", count_bars(_replies(report), "Tickets by answer and language")),
            to_section("No reply, because", count_bars(report["no_reply_because"], "Tickets by the first gate")),
            to_section("The agents' team and ours", _moves(report)),
            to_section("Intents", count_bars(report["intents"], "Tickets by intent")),
            to_section("Languages", count_bars(report["languages"], "Tickets by language")),
            to_section("Channels", count_bars(report["channels"], "Tickets by channel")),
            to_section("Left out", count_bars(report["left_out"], "Tickets that were not judged")),
            to_section("What is assumed", f"<p>{escape(_assumed(report))}</p>"),
        ]
    )
    about = f"{report['tickets']} tickets · {report['judged']} judged · policy {report['policy']}"
    return to_page(f"rp-mw backtest: {title}", "What would have happened", about, body)


def _sum_lines(report: Report) -> list[str]:
    agreement, saved = report["agreement"], report["saved"]
    lines = [
        f"Machines' mail: {report['machine_mail']}. Escalated: {report['escalated']}.",
        f"Answered in full: {report['answered_in_full']}. Order looked up first: {report['order_lookups']}.",
    ]
    if agreement["share"] is not None:
        same = f"{agreement['same_team']} of {agreement['tickets']}"
        lines.append(f"Same team as the agents': {same} ({_share(agreement['share'])})")
    if agreement["teams_not_known"]:
        names = ", ".join(f"{name} ({number})" for name, number in agreement["teams_not_known"].items())
        lines.append(f"Teams the policy does not name: {names}. Map them under 'teams:' in the mapping file.")
    if accuracy := report.get("accuracy"):
        lines.append(_accuracy(accuracy))
    lines.append(f"Saved: {saved['touches']:g} touches, {saved['hours']:g} hours, {saved['dollars']} dollars.")
    return [*lines, _assumed(report)]


def _assumed(report: Report) -> str:
    assumed = report["assumptions"]
    return (
        f"Assumed: {assumed['minutes_a_touch']:g} minutes a touch, {assumed['dollars_an_hour']:g} dollars an hour, "
        f"{_share(assumed['lookups_answered'])} of the looked up orders can be answered. "
        "A question that we ask saves nothing."
    )


def _accuracy(accuracy: Report) -> str:
    return (
        f"Intent right in {accuracy['right']} of {accuracy['rows']} labelled tickets: {_share(accuracy['accuracy'])}, "
        f"95 % interval {_share(accuracy['low'])} to {_share(accuracy['high'])}"
    )


def _replies(report: Report) -> dict[str, int]:
    return {f"{one['answer']} ({one['language']})": one["tickets"] for one in report["would_reply"]}


def _block(title: str, counts: dict[str, int], of: int) -> list[str]:
    if not counts:
        return []
    rows = [f"  {number:>7}  {_share(number / of):>7}  {name}" for name, number in counts.items()]
    return [title, *rows, ""]


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _tiles(report: Report) -> str:
    saved, agreement = report["saved"], report["agreement"]
    tiles = [
        (str(report["judged"]), "tickets judged"),
        (str(report["answered_in_full"]), "answered in full"),
        (str(report["order_lookups"]), "order looked up first"),
        (str(report["machine_mail"]), "machines' mail"),
        (str(report["escalated"]), "escalated"),
        ("-" if agreement["share"] is None else _share(agreement["share"]), "same team as the agents'"),
        (f"{saved['hours']:g}", "hours saved"),
        (f"${saved['dollars']}", "saved"),
    ]
    if accuracy := report.get("accuracy"):
        tiles.append(
            (f"{_share(accuracy['low'])} to {_share(accuracy['high'])}", f"intent right, {accuracy['rows']} labelled")
        )
    inside = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for value, name in tiles
    )
    return f'<section><div class="tiles">{inside}</div></section>'


def _moves(report: Report) -> str:
    agreement = report["agreement"]
    if not agreement["moves"]:
        return "<p>The export names no team that the policy knows.</p>"
    rows = "".join(
        f"<tr><td>{escape(one['agents'])}</td><td>{escape(one['ours'])}</td><td>{one['tickets']}</td></tr>"
        for one in agreement["moves"]
    )
    return f"<table><tr><th>agents</th><th>ours</th><th>tickets</th></tr>{rows}</table>"
