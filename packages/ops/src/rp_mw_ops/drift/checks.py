"""What the policy needs the account to have, held against what it has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rp_mw_ops.drift.account import Listed
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.tags import INTENT_PREFIX, ROUTE_PREFIX, Tag

TAG, TEAM, AGENT = "tag", "team", "agent"
LISTS = {TAG: "tags", TEAM: "teams", AGENT: "users"}
AUTHOR = "the author of replies (RICHPANEL_AUTHOR_ID)"
# what no endpoint shows. Source: Richpanel API reference, list of endpoints
UNSEEN = (
    "the automation rules that turn a route tag into a team: look at them in Richpanel",
    "the HTTP Target that calls our webhook: look at it in Richpanel",
)
# What the local helpdesk's people have forgotten, so that `rp-mw drift` has something to find, as in most accounts.
LOCAL_GAPS = frozenset({"TikTok Support", "mw-intent-tiktok_support_request"})


@dataclass(frozen=True, slots=True)
class Need:
    """One tag or team by name, or one agent by id; `because` says who needs it."""

    kind: str
    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A need the account does not meet; `similar` is a name that differs only in case or spaces."""

    need: Need
    similar: str | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """What is missing, what could not be looked at (problem by kind), and how many of each kind were."""

    missing: tuple[Missing, ...]
    unread: Mapping[str, str]
    checked: Mapping[str, int]


def find_needs(policy: Policy, author_id: str | None) -> list[Need]:
    """Every tag, team and agent the policy and the worker's settings name."""
    teams = policy.settings.teams
    needs = [Need(TAG, f"{ROUTE_PREFIX}{team.slug}", f"the rule for {name}") for name, team in teams.items()]
    needs += [Need(TAG, f"{INTENT_PREFIX}{label}", "intents.yaml") for label in policy.intents]
    needs += [Need(TAG, tag.value, "the worker") for tag in Tag]
    needs += [Need(TEAM, name, "settings.yaml") for name in teams]
    needs += [Need(AGENT, team.assignee_id, f"team {name}") for name, team in teams.items() if team.assignee_id]
    return needs + ([Need(AGENT, author_id, AUTHOR)] if author_id else [])


def find_drift(needs: list[Need], account: Mapping[str, Listed]) -> Drift:
    """Hold the needs against the account's lists, given by kind."""
    unread = {kind: listed.problem for kind, listed in account.items() if listed.problem is not None}
    looked_at = [need for need in needs if need.kind not in unread]
    missing = (_find_missing(need, account[need.kind].names) for need in looked_at)
    return Drift(
        tuple(one for one in missing if one is not None),
        unread,
        {kind: sum(need.kind == kind for need in looked_at) for kind in LISTS},
    )


def _find_missing(need: Need, names: Mapping[str, str]) -> Missing | None:
    there = set(names) if need.kind == AGENT else set(names.values())
    if need.name in there:
        return None
    wanted = _plain(need.name)
    return Missing(need, next((name for name in sorted(there) if _plain(name) == wanted), None))


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
