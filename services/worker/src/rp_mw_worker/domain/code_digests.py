"""What is kept in place of a one-time code and of the order it proves: keyed digests, of one environment."""

from __future__ import annotations

import hashlib
import hmac

from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.domain.order_match import plain_order_id


def code_digest(code: str, conversation_id: str, nonce: str, salt: str) -> str:
    """Return what is kept of a code: HMAC-SHA256 in hex, of this conversation and this one code's `nonce` alone."""
    told = f"one-time code\n{conversation_id}\n{nonce}\n{code}"
    return hmac.new(salt.encode(), told.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def order_of_code(order_id: str, salt: str) -> str:
    """Return the digest by which a code knows the order that it proves."""
    return salted_hash(f"order of a code:{plain_order_id(order_id)}", salt)
