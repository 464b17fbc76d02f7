"""The closed sets the ingress answers with: why a request was refused, and why a message was ignored."""

from __future__ import annotations

from enum import Enum, StrEnum


class Refusal(Enum):
    """Every refusal: HTTP status, stable code and a title that holds nothing of the request."""

    # the body is not base64, not UTF-8, or not JSON at all
    MALFORMED_BODY = (400, "malformed_body", "The body is not valid JSON in UTF-8")
    # valid JSON, but an array, string, number, boolean or null
    NOT_AN_OBJECT = (400, "not_an_object", "The body is not a JSON object")
    # nested deeper than any template of ours
    TOO_DEEP = (400, "too_deep", "The body is nested too deeply")
    # the same key twice: two readers could see two different messages
    DUPLICATE_KEY = (400, "duplicate_key", "A JSON object repeats a key")
    # NUL or half a surrogate pair in a string
    FORBIDDEN_CHARACTER = (400, "forbidden_character", "A string holds a character that is not allowed")
    # NaN, Infinity, or a number too large to be one
    INVALID_NUMBER = (400, "invalid_number", "A number is not finite")
    # no ticket id, or an empty one
    MISSING_TICKET_ID = (400, "missing_ticket_id", "The ticket id is missing or empty")
    # the ticket id is a URL in which no single id can be told
    AMBIGUOUS_TICKET_URL = (400, "ambiguous_ticket_url", "The ticket id is an address without one clear id in it")
    # {{ticket.id}} as it stands in the template: the HTTP Target was not rendered
    UNRENDERED_TEMPLATE = (400, "unrendered_template", "A template variable was not filled in")
    # a field of ours with the wrong type, or too long
    INVALID_FIELD = (400, "invalid_field", "A field has the wrong type or length")
    # wrong, missing, expired or malformed credential: always the same words
    UNAUTHORIZED = (401, "unauthorized", "The credential is missing or not valid")
    # no such path
    NOT_FOUND = (404, "not_found", "There is nothing at this path")
    # the path exists, the method does not
    METHOD_NOT_ALLOWED = (405, "method_not_allowed", "The method is not allowed here")
    # larger than max_body_bytes
    BODY_TOO_LARGE = (413, "body_too_large", "The body is larger than 32 KiB")
    # not application/json, another charset, or compressed
    UNSUPPORTED_MEDIA_TYPE = (415, "unsupported_media_type", "The content type is not application/json in UTF-8")
    # a defect of ours; the log names the exception's class and nothing else
    INTERNAL_ERROR = (500, "internal_error", "The request could not be handled")
    # the webhook secret cannot be read: nobody can be let in, try again
    SECRET_UNAVAILABLE = (503, "secret_unavailable", "The service is not ready; try again")
    # SQS did not take the message: try again
    QUEUE_UNAVAILABLE = (503, "queue_unavailable", "The message could not be queued; try again")

    def __init__(self, status: int, code: str, title: str) -> None:
        self.status = status
        self.code = code
        self.title = title


class IgnoreReason(StrEnum):
    """Why an authentic message does not go on: only what a customer wrote is work for us."""

    OPERATOR_MESSAGE = "operator_message"  # a person of the shop wrote it
    BOT_MESSAGE = "bot_message"  # an automation or the helpdesk itself wrote it
    NOTE = "note"  # a private note, never sent by a customer
    OWN_ECHO = "own_echo"  # our own reply, coming back through a rule
