"""Whether a comment is the ticket's own customer's: who is in copy, whose ticket was merged in, who forwards, is not.

Source: Richpanel's ticket as observed: a customer's comment bears the id of the ticket's `customer_profile` as its
`author_id`, and may bear an address of its own under `via.source.from`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_worker.domain.model import Author

Json = Mapping[str, Any]
# Words the API was seen to put in place of an id.
_NO_ID = frozenset({"", "customer", "user", "visitor", "end_user", "contact"})


@dataclass(frozen=True, slots=True)
class Customers:
    """The ticket's own customer: the profile's id, None where nothing tells it, and the addresses shown for them."""

    profile_id: str | None
    addresses: frozenset[str]

    def author(self, comment: Json, said: Author) -> Author:
        """Return `said`, the direction the comment shows, unless it is a customer's and not this one's."""
        if said is not Author.CUSTOMER:
            return said
        author_id = str(comment.get("author_id") or "").strip()
        address = _address_of(comment)
        is_other = self.profile_id is not None and author_id.lower() not in _NO_ID and author_id != self.profile_id
        is_elsewhere = bool(address and self.addresses) and address not in self.addresses
        return Author.THIRD_PARTY if is_other or is_elsewhere else said


def find_customers(raw: Json) -> Customers:
    """Return who the customer of the ticket is, as far as it tells."""
    profile = raw.get("customer_profile")
    profile = profile if isinstance(profile, Mapping) else {}
    profile_id = str(profile.get("id") or "").strip() or None
    addresses = {str(profile.get("email") or "").strip().lower(), _address_of(raw)}
    return Customers(profile_id or _first_writer(raw), frozenset(addresses - {""}))


def _first_writer(raw: Json) -> str | None:
    """Without a profile the customer is who wrote first; None for a ticket that somebody else opened."""
    comments = raw.get("comments")
    first = comments[0] if isinstance(comments, list) and comments else None
    author_id = str(first.get("author_id") or "").strip() if isinstance(first, Mapping) else ""
    return author_id if author_id.lower() not in _NO_ID else None


def _address_of(shown: Json) -> str:
    """Return the address under `via.source.from` in lower case, empty for none."""
    found: Any = shown
    for key in ("via", "source", "from", "address"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found.strip().lower() if isinstance(found, str) else ""
