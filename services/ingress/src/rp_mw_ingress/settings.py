"""What the ingress is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_ingress.domain.authentication import AuthMode
from rp_mw_shared.settings import parse_list, parse_text, parse_url, setting


@dataclass(frozen=True, slots=True)
class Settings:
    """Read with `rp_mw_shared.settings.load_settings`, which reports every mistake at once."""

    env: str = setting("RP_MW_ENV", parse_text)
    region: str = setting("AWS_REGION", parse_text)
    queue_url: str = setting("EVENTS_QUEUE_URL", parse_url)
    secret_name: str = setting("WEBHOOK_SECRET_NAME", parse_text)
    auth_mode: str = setting("AUTH_MODE", parse_text, default=AuthMode.TOKEN, choices=tuple(AuthMode))
    # Ids that our own replies are written under; their echoes are ignored.
    own_author_ids: tuple[str, ...] = setting("OWN_AUTHOR_IDS", parse_list, default=())
    # A file of trusted authorities instead of the one shipped; the SDKs read the same variable.
    ca_bundle: str | None = setting("AWS_CA_BUNDLE", parse_text, default=None)
    # Set by the local emulator, as for the SDKs.
    aws_endpoint_url: str | None = setting("AWS_ENDPOINT_URL", parse_url, default=None)
