"""A first settings.yaml for a shop: the shipped one with the teams of its own helpdesk, to be reviewed by a person.

Only the block `teams` is written anew. What nobody can know is left as a question in a comment.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from rp_mw_worker.domain.policy import Policy, Team

_TEAMS = re.compile(r"^teams:\n(?:[ \t]+.*\n|\n(?=[ \t]))*", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 /&-]*")


def to_first_settings(
    shipped: str, policy: Policy, teams: Iterable[str], tags: Collection[str], channels: set[str]
) -> str:
    """Return the file's text. `channels` are names of channels as tickets show them."""
    names = sorted(set(filter(None, teams)), key=str.casefold)
    known = policy.settings.teams
    lines = [
        "# Written by `rp-mw init`: review every line with a question, then `rp-mw policy check` and `rp-mw drift`.",
        *_questions(policy, names, tags, channels),
        "teams:",
        *(f"  {_key(name)}: {{slug: {known[name].slug if name in known else slug_of(name)}}}" for name in names),
        *_kept(known, names),
        "",
    ]
    return _TEAMS.sub(lambda _: "\n".join(lines) + "\n", shipped, count=1)


def slug_of(name: str) -> str:
    """Return the ending of a team's tag: lower case letters and digits of Latin script, with hyphens between."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "team"


def _questions(policy: Policy, names: list[str], tags: Collection[str], channels: set[str]) -> list[str]:
    absent = sorted(set(policy.settings.teams) - set(names))
    wanted = [f"route-{policy.settings.teams[name].slug}" for name in names if name in policy.settings.teams]
    wanted += [f"route-{slug_of(name)}" for name in names if name not in policy.settings.teams]
    unmade = [tag for tag in wanted if tag not in tags]
    unknown = sorted(name for name in channels if name.lower() not in policy.channels)
    return [
        *(
            f"# ? team {json.dumps(name)} is not in the helpdesk: make it, or send its intents elsewhere"
            for name in absent
        ),
        *(f"# ? tag {tag} is not in the helpdesk: make it, with a rule that assigns" for tag in unmade),
        *(f"# ? channel {json.dumps(name)} is in no channels.yaml: add it there" for name in unknown),
    ]


def _kept(known: Mapping[str, Team], names: list[str]) -> list[str]:
    """The teams that the policy's intents still name: without them the file would not be valid."""
    return [f"  {_key(name)}: {{slug: {team.slug}}}  # ?" for name, team in known.items() if name not in names]


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
