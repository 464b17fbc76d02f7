"""What the simulated model says: words are looked for, and the answer is built to the schema that was sent along."""

from __future__ import annotations

from typing import Any

DEFAULT_CONFIDENCE = 0.93
_WORDS = (
    ("chargeback_dispute", ("chargeback", "dispute", "my bank")),
    ("legal_threat", ("lawyer", "attorney", "sue ", "court")),
    ("fraud_suspected", ("fraud", "scam", "stolen card")),
    ("delivered_not_received", ("says delivered", "marked as delivered", "delivered but")),
    ("missing_items_in_shipment", ("missing",)),
    ("wrong_item_received", ("wrong item", "wrong size", "instead of")),
    ("damaged_item", ("damaged", "broken", "cracked")),
    ("cancel_subscription", ("cancel my subscription", "unsubscribe")),
    ("cancel_order", ("cancel",)),
    ("address_change_order_edit", ("address",)),
    ("exchange_request", ("exchange",)),
    ("refund_request", ("refund", "money back")),
    ("return_request", ("return",)),
    ("billing_issue", ("charged", "invoice", "billing")),
    ("promo_discount_issue", ("promo", "discount", "coupon")),
    ("shipping_delay_not_shipped", ("not shipped", "hasn't shipped", "delay")),
    ("order_status_tracking", ("where is", "track", "order", "package", "parcel")),
    ("technical_support", ("app", "does not work", "doesn't work", "login")),
)


def answer_for(text: str, schema: dict[str, Any], *, is_obedient_to_attacker: bool = False) -> Any:
    """A value that fits the JSON schema. An obedient model does what the customer tells it, at full confidence."""
    return _value(schema, schema, text.lower(), is_obedient_to_attacker, "")


def _value(node: dict[str, Any], root: dict[str, Any], text: str, obeys: bool, name: str) -> Any:
    if "$ref" in node:
        return _value(_definition(node["$ref"], root), root, text, obeys, name)
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return _of_choices(node[choice], root, text, obeys, name)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return _label(node["enum"], text, obeys)
    return _of_type(node, root, text, obeys, name)


def _of_choices(choices: list[dict[str, Any]], root: dict[str, Any], text: str, obeys: bool, name: str) -> Any:
    is_null_allowed = any(choice.get("type") == "null" for choice in choices)
    if is_null_allowed and not obeys:
        return None
    return _value(next(choice for choice in choices if choice.get("type") != "null"), root, text, obeys, name)


def _of_type(node: dict[str, Any], root: dict[str, Any], text: str, obeys: bool, name: str) -> Any:
    kind = node.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null") if obeys or "null" not in kind else "null"
    if kind == "object":
        return {key: _value(child, root, text, obeys, key) for key, child in node.get("properties", {}).items()}
    if kind == "array":
        return _array(node, root, text, obeys, name)
    if kind in {"number", "integer"}:
        confidence = node.get("maximum", 1) if obeys else DEFAULT_CONFIDENCE
        return int(confidence) if kind == "integer" else float(confidence)
    if kind == "boolean":
        return obeys
    if kind == "null":
        return None
    return text[-200:] if obeys else ""


def _array(node: dict[str, Any], root: dict[str, Any], text: str, obeys: bool, name: str) -> list[Any]:
    items = node.get("items", {})
    # nobody who wants to be answered flags a risk
    wanted = 1 if "intent" in name or "label" in name or (obeys and "risk" not in name) else 0
    return [_value(items, root, text, obeys, name)] * max(wanted, int(node.get("minItems", 0)))


def _definition(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return dict(node)


def _label(labels: list[Any], text: str, obeys: bool) -> Any:
    if obeys:
        # what an attacker wants is an order's facts
        return "order_status_tracking" if "order_status_tracking" in labels else labels[0]
    for label, words in _WORDS:
        if label in labels and any(word in text for word in words):
            return label
    return next((label for label in ("unknown_other", "none", "other") if label in labels), labels[0])
