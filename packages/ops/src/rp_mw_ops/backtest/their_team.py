"""Which of the policy's teams an exported ticket ended with: by its team's name, or else by its tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rp_mw_worker.domain.tags import ROUTE_PREFIX

if TYPE_CHECKING:
    from rp_mw_ops.backtest.ticket import ExportedTicket
    from rp_mw_worker.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class TeamSigns:
    """What tells a team of the policy, folded to lower case: names of teams, and tags."""

    names: Mapping[str, str]
    tags: Mapping[str, str]

    @classmethod
    def of(cls, policy: Policy, given: Mapping[str, str]) -> TeamSigns:
        """Return the policy's signs; `given` are the shop's own words (the mapping's `teams:`), for both alike."""
        teams = policy.settings.teams
        own = {theirs.casefold(): ours for theirs, ours in given.items()}
        routes = {f"{ROUTE_PREFIX}{team.slug}".casefold(): name for name, team in teams.items()}
        also = {tag.casefold(): name for name, team in teams.items() for tag in team.also_tagged}
        return cls({name.casefold(): name for name in teams} | own, also | routes | own)

    def find(self, ticket: ExportedTicket) -> str:
        """Return the team, empty where nothing tells it; tags of several teams tell none."""
        if named := self.names.get(ticket.team.casefold()):
            return named
        tagged = {self.tags[tag.casefold()] for tag in ticket.tags if tag.casefold() in self.tags}
        return tagged.pop() if len(tagged) == 1 else ""
