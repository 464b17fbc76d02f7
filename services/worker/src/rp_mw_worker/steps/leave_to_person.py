"""A ticket that is too large, too deep or too long to be read: tagged for a person, ended, never tried again."""

from __future__ import annotations

from rp_mw_shared.errors import PermanentError
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.domain.tags import ROUTE_PREFIX, Tag
from rp_mw_worker.steps.context import Ending, QueueDelivery


def leave_to_person(deps: Dependencies, delivery: QueueDelivery, why: PermanentError) -> Ending:
    """Tag the ticket for the fallback team, unless nothing may be written, and return the event's end."""
    from rp_mw_worker.domain.decide import to_mode

    mode = to_mode(deps.flags.current())
    if mode is not Mode.DRY_RUN:
        deps.helpdesk.tag_unread(delivery.conversation_id, _tags(deps))
    return Ending(deps.new_owner(), mode, {"outcome": why.code}, None)


def _tags(deps: Dependencies) -> list[str]:
    settings = deps.engine.policy.settings
    route = f"{ROUTE_PREFIX}{settings.teams[settings.fallback_team].slug}"
    return [tag.value for tag in (Tag.PROCESSED, Tag.ROUTING_APPLIED, Tag.NEEDS_MANUAL_TRIAGE, Tag.TOO_LARGE)] + [route]
