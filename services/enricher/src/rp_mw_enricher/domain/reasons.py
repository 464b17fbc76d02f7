"""The closed set of reasons for a failed lookup; the worker hands each of them to a person."""

from __future__ import annotations

from enum import StrEnum


class FailureReason(StrEnum):
    """Why there is no usable answer; sent to the worker and logged."""

    INVALID_LOOKUP_VALUE = "invalid_lookup_value"  # not an order name or id at all: the shop is not asked
    UNKNOWN_STATUS = "unknown_status"  # the shop uses a status this version does not know: people decide
    MALFORMED_ORDER = "malformed_order"  # a field that is never empty is missing or has the wrong type
    ACCESS_DENIED = "access_denied"  # the app may not read a field that the answer needs
    SEARCH_NOT_UNDERSTOOD = "search_not_understood"  # the shop ignored part of the search: its hits mean nothing
    QUERY_REFUSED = "query_refused"  # the shop does not accept our query: a defect or a retired version
    QUERY_TOO_COSTLY = "query_too_costly"  # over the cost limit of a single query
    SHOP_INACTIVE = "shop_inactive"  # frozen, locked or unpaid shop
    SHOP_NOT_FOUND = "shop_not_found"  # no shop at this address
    SECURITY_BLOCK = "security_block"  # the shop's protection refused us
    CREDENTIAL_REFUSED = "credential_refused"  # refused again after it was renewed
    VENDOR_UNAVAILABLE = "vendor_unavailable"  # down for every delivery of the request
    INTERNAL_ERROR = "internal_error"  # a defect of ours; the request is in the DLQ as well
