"""What promotion is decided by: how far people agreed with us, and what was wrong with our replies.

A view on figures: whoever has the figures of a period, of rows or of kept sums, has these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rp_mw_worker.domain.figures import PLANNED, SENT, Figures
from rp_mw_worker.domain.intervals import Share
from rp_mw_worker.domain.tags import AgentTag


@dataclass(frozen=True, slots=True)
class AgreementFigures:
    """The counts of a period; `since` and `until` are its first and last UTC day (`2026-11-29`).

    decisions           final decisions of the period
    tickets             tickets read back whose final team is known: those that are compared
    read_back           decisions whose ticket was read back; `unknown` are those that nothing tells the team of
    agreed              tickets that ended with our team, of `tickets`; `overrides` is the rest
    by_team, by_intent  the same by our team and by our intent
    replies             replies sent, and `replies_read_back` those of them in tickets read back
    wrong_replies       of those read back: marked `mw-wrong-reply`, `mw-false-claim` or `mw-answered-machine` by a
                        person, or in a ticket that ended with another team
    planned             replies that only stage, kill switch or channel kept back, in tickets read back
    wrong_planned       of those: in a ticket that ended with another team or was marked
    machine_replies     replies in tickets that were found among the spam or marked `mw-answered-machine`
    false_claims        replies marked `mw-false-claim`
    planned_machines, planned_false_claims  the same of planned replies, drafts too
    """

    since: str = ""
    until: str = ""
    decisions: int = 0
    tickets: int = 0
    read_back: int = 0
    unknown: int = 0
    agreed: Share = field(default_factory=Share)
    by_team: Mapping[str, Share] = field(default_factory=dict)
    by_intent: Mapping[str, Share] = field(default_factory=dict)
    replies: int = 0
    replies_read_back: int = 0
    wrong_replies: int = 0
    planned: int = 0
    wrong_planned: int = 0
    machine_replies: int = 0
    false_claims: int = 0
    planned_machines: int = 0
    planned_false_claims: int = 0

    @property
    def overrides(self) -> int:
        """Tickets that people sent to another team than ours."""
        return self.agreed.of - self.agreed.hits

    @property
    def override_rate(self) -> float | None:
        """Overrides of the tickets compared, 0 to 1; None for none."""
        return self.overrides / self.agreed.of if self.agreed.of else None

    @property
    def wrong(self) -> Share:
        """Wrong replies, sent or planned, of those in tickets read back."""
        return Share(self.wrong_replies + self.wrong_planned, self.replies_read_back + self.planned)

    @property
    def machines(self) -> int:
        """Replies, sent or planned, that a machine got or would have got."""
        return self.machine_replies + self.planned_machines

    @property
    def untrue(self) -> int:
        """Replies, sent or planned, that a person marked as untrue."""
        return self.false_claims + self.planned_false_claims

    def to_json(self) -> dict[str, Any]:
        """Return plain values; a share is `{"hits", "of", "share", "low", "high"}`."""
        return {
            name: _plain(getattr(self, name))
            for name in (*self.__dataclass_fields__, "overrides", "override_rate", "wrong", "machines", "untrue")
        }


def to_agreement(figures: Figures, since: str = "", until: str = "") -> AgreementFigures:
    """Return the agreement in the figures of the days from `since` to `until`."""
    same, moved = figures.same.total(), figures.moved.total()
    return AgreementFigures(
        since=since,
        until=until,
        decisions=figures.decisions,
        tickets=same + moved,
        read_back=figures.read_back.total(),
        unknown=figures.agreements["unknown"],
        agreed=Share(same, same + moved),
        by_team=_shares(figures.same, figures.moved),
        by_intent=_shares(figures.same_intents, figures.moved_intents),
        replies=figures.sent,
        replies_read_back=figures.read_back[SENT],
        wrong_replies=figures.wrong[SENT],
        planned=figures.read_back[PLANNED],
        wrong_planned=figures.wrong[PLANNED],
        machine_replies=figures.machine_replies,
        false_claims=figures.marks[AgentTag.FALSE_CLAIM.value],
        planned_machines=figures.planned_machines,
        planned_false_claims=figures.planned_marks[AgentTag.FALSE_CLAIM.value],
    )


def share_to_json(share: Share) -> dict[str, Any]:
    """Return a share with its interval as plain values, None for what there is not."""
    low, high = share.interval or (None, None)
    return {"hits": share.hits, "of": share.of, "share": share.value, "low": low, "high": high}


def _shares(same: Counter[str], moved: Counter[str]) -> dict[str, Share]:
    totals = same + moved
    return {name: Share(same[name], number) for name, number in totals.most_common()}


def _plain(value: Any) -> Any:
    if isinstance(value, Share):
        return share_to_json(value)
    return {name: share_to_json(share) for name, share in value.items()} if isinstance(value, Mapping) else value
