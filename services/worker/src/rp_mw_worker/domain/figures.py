"""What decisions and their outcomes add up to: the figures of a day, or of days together, from the audit trail's rows.

Nothing is counted while an event is handled: a row is there once however often its event was tried, so a retry changes
no figure. `rp-mw stats`, the console, the report and the sweep's sums all call `add_up`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from rp_mw_shared.reasons import Reason
from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms
from rp_mw_worker.domain.records import COMPLETED, PARKED
from rp_mw_worker.domain.tags import AgentTag, Tag
from rp_mw_worker.domain.time_buckets import bucket_of, percentile_ms

Row = Mapping[str, Any]
FIGURES_VERSION = 4
OUTCOME = "outcome"  # the kind of a row that says what became of a decision's ticket (`domain.outcomes`)
OUTCOME_ENDING = "#outcome"
SENT, UNKNOWN, BLOCKED, WAITING, RECORDED, NONE = "sent", "unknown", "blocked", "waiting", "recorded", "none"
PLANNED = "planned"
NO_TIER = "route"
_BASE_LANGUAGE = "en"
# the topics of messages that were not routed by what they seem to be about
MACHINE, NOT_CLEAR = "machine", "not_clear"
_BY_MACHINES = frozenset({Reason.WRITTEN_BY_MACHINE.value, Reason.MACHINE_AMONG.value, Reason.MAYBE_MACHINE.value})
# What the shop alone forbids: a reply that nothing else stopped would have been sent.
_PERMISSIONS = frozenset({"kill_switch", "rollout_stage", "channel_enabled"})
# Within which time a matter has to stay quiet to be resolved: by name, in milliseconds.
WINDOWS = {"72h": 72 * MS_PER_HOUR, "7d": 7 * MS_PER_DAY}
RETURN_DAYS = 7  # the longest of them


@dataclass(slots=True)
class Figures:
    """Counts of final decisions. Keys are what the rows hold; `hours` are UTC, "00" to "23"; `took` is by time bucket.

    `intents` are topics (`topic_of`), `answered` is by team, `whys` by reason code: each row without a reply counts
    once for each of its reasons.
    `routed` are those whose tags are on the ticket, `sent_by` replies sent by template.

    The rest is of outcomes, decisions whose ticket was read back: `read_back` by what became of a reply (sent, planned,
    none); `same` and `moved` by our team, `same_intents` and `moved_intents` by our intent, `moves` as "ours > theirs";
    `agreements` by code; `wrong` as `read_back`, of replies that a person marked or whose ticket went to another team;
    `marks` by tag and `machine_replies`, of replies sent; `planned_marks` and `planned_machines`, of planned ones. Of
    replies sent, by window ("72h", "7d"): `unresolved` where the customer or a person wrote again, `again` where the
    customer did, by the ticket or by a later decision. `corrected`: a person wrote after it before the customer did.
    `waited` (of those handed over) and `first_answer` are by time bucket;
    `unanswered` found no answer; `ratings` are 1 to 5.
    """

    decisions: int = 0
    machines: int = 0
    fallbacks: int = 0
    replies: Counter[str] = field(default_factory=Counter)
    teams: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    sent_by: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)
    hours: Counter[str] = field(default_factory=Counter)
    answered_hours: Counter[str] = field(default_factory=Counter)
    took: Counter[str] = field(default_factory=Counter)
    routed: int = 0
    read_back: Counter[str] = field(default_factory=Counter)
    agreements: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    same_intents: Counter[str] = field(default_factory=Counter)
    moved_intents: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    drafts: Counter[str] = field(default_factory=Counter)  # by how they ended (`domain.drafts`)
    machine_replies: int = 0
    planned_marks: Counter[str] = field(default_factory=Counter)
    planned_machines: int = 0
    unresolved: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    corrected: int = 0
    unanswered: int = 0
    waited: Counter[str] = field(default_factory=Counter)
    first_answer: Counter[str] = field(default_factory=Counter)
    ratings: Counter[str] = field(default_factory=Counter)

    @property
    def sent(self) -> int:
        """Replies known to be in their tickets."""
        return self.replies[SENT]

    @property
    def automation_rate(self) -> float | None:
        """The share of decisions that ended with a reply, 0 to 1; None where there is no decision."""
        return self.sent / self.decisions if self.decisions else None

    def took_ms(self, share: float) -> int | None:
        """Return within how many milliseconds `share` of the events were done, to within a fifth; None for none."""
        return percentile_ms(self.took, share)

    def plus(self, other: Figures) -> Figures:
        """Return both together."""
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without what is empty."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {"v": FIGURES_VERSION} | {
            name: dict(sorted(value.items())) if isinstance(value, Counter) else value
            for name, value in told.items()
            if value
        }


def from_json(values: Mapping[str, Any]) -> Figures | None:
    """Return the figures of plain values, None where another version wrote them: they are computed anew."""
    if values.get("v") != FIGURES_VERSION:
        return None
    figures = Figures()
    for name in {one.name for one in fields(Figures)} & values.keys():
        value = values[name]
        setattr(figures, name, Counter(value) if isinstance(value, Mapping) else value)
    return figures


def add_up(rows: Iterable[Row], later: Iterable[Row] = ()) -> Figures:
    """Return the figures of the decisions and outcomes among `rows`, in any order; the newest outcome counts.

    `later` are the decisions of the `RETURN_DAYS` days after, read only where a reply seems to have settled something:
    one in the same conversation tells that its customer came back after the ticket was read.
    """
    sums, outcomes, decided = Figures(), [], Decided()
    for row in rows:
        if is_decision(row):
            _add(sums, row)
            decided.add(row)
        elif row.get("kind") == OUTCOME:
            outcomes.append(row)
    newest = latest_outcomes(outcomes)
    if any(row["reply"] == SENT for row in newest):
        for row in later:
            decided.add(row)
    for row in newest:
        _add_outcome(sums, row, decided)
    return sums


class Decided:
    """When each conversation was decided on, as the rows' keys tell it."""

    def __init__(self) -> None:
        self._keys: dict[str, list[str]] = {}

    def add(self, decision: Row) -> None:
        """Take note of a decision."""
        self._keys.setdefault(str(decision.get("conversation_id")), []).append(str(decision["ts_action_id"]))

    def came_back_ms(self, outcome: Row) -> int | None:
        """Return the time from the outcome's decision to the next one of its conversation; None for none."""
        own = _decided_at(str(outcome["ts_action_id"]))
        times = map(_decided_at, self._keys.get(str(outcome["conversation_id"]), ()))
        return min((time - own for time in times if time > own), default=None)


def _decided_at(key: str) -> int:
    return parse_iso_ms(key.partition("#")[0])


def latest_outcomes(rows: Iterable[Row]) -> list[Row]:
    """Return the outcomes among `rows`, of each decision the one that was read last."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.get("kind") != OUTCOME:
            continue
        key = decision_key(row)
        if key not in found or int(found[key]["read_at"]) <= int(row["read_at"]):
            found[key] = row
    return list(found.values())


def decision_key(outcome: Row) -> tuple[str, str]:
    """Return conversation and decision, the latter as time and digest, that an outcome belongs to."""
    return str(outcome["conversation_id"]), str(outcome["ts_action_id"]).partition(OUTCOME_ENDING)[0]


def is_decision(row: Row) -> bool:
    """Tell whether the row is a decision carried out: none parked or left, nothing of an operator, no outcome."""
    return "kind" not in row and row.get("outcome") == COMPLETED


def _add(sums: Figures, row: Row) -> None:
    reply, team, hour = reply_of(row), str(row.get("route") or "-"), str(row["ts_action_id"])[11:13]
    is_sent = reply == SENT
    sums.decisions += 1
    sums.machines += bool(_BY_MACHINES & {*_codes(row.get("gates_blocked")), *(row.get("reasons") or ())})
    sums.fallbacks += bool((row.get("replay") or {}).get("x"))
    sums.replies[reply] += 1
    sums.teams[team] += 1
    sums.intents[topic_of(row)] += 1
    sums.routed += (row.get("actions") or {}).get("rp_tags") == "done"
    sums.tiers[tier_of(row)] += 1
    sums.languages[language_of(row)] += 1
    sums.channels[str((row.get("replay") or {}).get("c", "-"))] += 1
    sums.hours[hour] += 1
    if is_sent:
        sums.answered[team] += 1
        sums.sent_by[str(row.get("template") or "-")] += 1
        sums.answered_hours[hour] += 1
    else:
        sums.whys.update(whys_of(row))
    took = took_ms_of(row)
    if took is not None:
        sums.took[bucket_of(took)] += 1
    if took is not None and is_sent:
        sums.first_answer[bucket_of(took)] += 1


def _add_outcome(sums: Figures, row: Row, decided: Decided) -> None:
    reply, agreement = str(row["reply"]), str(row["agreement"])
    sums.read_back[reply] += 1
    sums.agreements[agreement] += 1
    if agreement in ("same", "moved"):
        same, team, intent = agreement == "same", str(row["route"]), str(row["intent"])
        (sums.same if same else sums.moved)[team] += 1
        (sums.same_intents if same else sums.moved_intents)[intent] += 1
    if agreement == "moved":
        sums.moves[f"{row['route']} > {row['team']}"] += 1
    if "rating" in row:
        sums.ratings[str(row["rating"])] += 1
    if "draft" in row:
        sums.drafts[str(row["draft"])] += 1
    marks = frozenset(row.get("marks") or ())
    if reply != NONE and (agreement == "moved" or marks):
        sums.wrong[reply] += 1
    if reply == PLANNED:
        sums.planned_marks.update(marks)
        sums.planned_machines += _is_of_machine(row, marks)
    if reply == SENT:
        _add_answered(sums, row, marks, decided.came_back_ms(row))
    else:
        _add_handed_over(sums, row)


def _add_answered(sums: Figures, row: Row, marks: frozenset[str], came_back_ms: int | None) -> None:
    person, customer = row.get("agent_ms"), row.get("customer_ms")
    sums.marks.update(marks)
    sums.machine_replies += _is_of_machine(row, marks)
    sums.corrected += person is not None and (customer is None or person < customer)
    for name, window in WINDOWS.items():
        is_again = any(time is not None and time <= window for time in (customer, came_back_ms))
        is_by_person = person is not None and person <= window
        sums.again.update([name] * is_again)
        sums.unresolved.update([name] * (is_again or is_by_person or row["end"] != "closed"))


def _is_of_machine(row: Row, marks: frozenset[str]) -> bool:
    return row["end"] == "spam" or AgentTag.ANSWERED_MACHINE.value in marks


def _add_handed_over(sums: Figures, row: Row) -> None:
    if (waited := row.get("agent_ms")) is None:
        sums.unanswered += 1
        return
    sums.waited[bucket_of(int(waited))] += 1
    sums.first_answer[bucket_of(int(waited))] += 1


def reply_of(row: Row) -> str:
    """Return what became of a reply: sent, unknown, blocked, waiting, recorded (would have been sent) or none."""
    if row.get("outcome") == PARKED:
        return WAITING
    status = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[0]
    if status:
        return SENT if status == "done" else status
    return RECORDED if row.get("template") else NONE


def has_planned_reply(row: Row) -> bool:
    """Tell whether a reply would have been sent but for the shop's switches: stage, kill switch, channel.

    Replies about orders are seldom among them: before tier 2 no order is looked up.
    """
    blocked = {str(gate).partition(":")[0] for gate in row.get("gates_blocked") or ()}
    return reply_of(row) == RECORDED or (bool(blocked) and blocked <= _PERMISSIONS)


def has_draft(row: Row) -> bool:
    """Tell whether the reply was left as a private note for an agent."""
    return str((row.get("actions") or {}).get("rp_draft", "")).partition(":")[0] == "done"


def whys_of(row: Row) -> list[str]:
    """Return the codes of what stopped a reply, each once; those of the route where nothing did."""
    refused = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[2]
    blocked = [*([refused] if refused else []), *_codes(row.get("gates_blocked"))]
    return list(dict.fromkeys(blocked or map(str, row.get("reasons") or ())))


def topic_of(row: Row) -> str:
    """Return what the message is about: the intent, or that a machine wrote it, or that it is not clear.

    An intent that is too unsure to route by is a guess, and nobody's topic; an escalated message keeps its own.
    """
    reasons = row.get("reasons") or ()
    if Tag.ESCALATED.value not in (row.get("tags") or ()):
        if Reason.WRITTEN_BY_MACHINE.value in reasons:
            return MACHINE
        if Reason.NEEDS_TRIAGE.value in reasons:
            return NOT_CLEAR
    return str(row.get("intent") or "-")


def tier_of(row: Row) -> str:
    """Return the tier as text, `route` for none."""
    return NO_TIER if row.get("tier") is None else str(row["tier"])


def language_of(row: Row) -> str:
    """Return the customer's language, ISO 639-1, as the replay record tells it."""
    return str((row.get("replay") or {}).get("g", _BASE_LANGUAGE))


def took_ms_of(row: Row) -> int | None:
    """Return the time from the webhook to the end, milliseconds; None for a row that does not tell both."""
    replay = row.get("replay") or {}
    if "done_at" not in row or "t" not in replay:
        return None
    return int(row["done_at"]) - int(replay["t"]) + int(replay.get("a", 0))


def _codes(gates: Any) -> list[str]:
    """Return the codes of `gate:code:detail` texts."""
    return [str(gate).split(":")[1] for gate in gates or () if ":" in str(gate)]
