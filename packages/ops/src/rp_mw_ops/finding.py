"""Finds conversations by what a person knows: the customer's address or phone, or an order number.

What is asked for is digested at once with the environment's salt; only the digest leaves this process, and the tables'
indexes give conversation ids alone.
"""

from __future__ import annotations

from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import UsageError
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.redaction.hashing import contact_digest, order_digest
from rp_mw_worker.adapters.days_dynamodb import DynamoDBDays
from rp_mw_worker.domain.entities import normalised_number

BY_CUSTOMER, BY_ORDER = "by_customer", "by_order"


def open_days(environment: Environment, *, for_many: bool = False) -> DynamoDBDays:
    """The environment's decisions by day, and its sums; `for_many` rows the client's answers are read faster."""
    client = environment.client("dynamodb")
    if for_many:
        _keep_values_as_they_came(client)
    return DynamoDBDays(
        client,
        audit_table=environment.table("audit_trail"),
        state_table=environment.table("conversation_state"),
    )


def _keep_values_as_they_came(client: Any) -> None:
    """Have Query's answers keep attribute values as their JSON has them, as `from_item` reads them anyway.

    botocore walks through each value by its model, which takes five times as long. A "document" is left alone. It
    would leave binary values in base64; no table has one.
    """
    items = client.meta.service_model.operation_model("Query").output_shape.members["Items"]
    items.member.value.metadata["document"] = True


def find_by_customer(environment: Environment, contact: str, salt: str) -> list[str]:
    """Return the ids of a customer's conversations; raises UsageError for what is no e-mail address or phone number."""
    digest = contact_digest(contact, salt)
    if digest is None:
        raise UsageError("that is neither an e-mail address nor a phone number")
    return find_by_customer_digest(environment, digest)


def find_by_customer_digest(environment: Environment, digest: str) -> list[str]:
    """Return the ids of the conversations of the customer whose contact has this digest."""
    return _query(environment, "conversation_state", BY_CUSTOMER, digest)


def find_by_order(environment: Environment, number: str, salt: str) -> list[str]:
    """Return the ids of the conversations about an order, by its number as the customer or the shop writes it."""
    named = normalised_number(number)
    spellings = dict.fromkeys((named, "".join(char for char in named if char.isdigit())))
    found = [
        conversation
        for spelling in spellings
        if spelling
        for conversation in _query(environment, "audit_trail", BY_ORDER, order_digest(spelling, salt))
    ]
    return list(dict.fromkeys(found))


def _query(environment: Environment, table: str, index: str, digest: str) -> list[str]:
    spec = environment.topology.tables[table]
    key = next(one.partition_key for one in spec.indexes if one.name == index)
    with mapped_aws_errors("dynamodb"):
        pages = (
            environment.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=spec.name,
                IndexName=index,
                KeyConditionExpression="#key = :digest",
                ExpressionAttributeNames={"#key": key},
                ExpressionAttributeValues={":digest": {"S": digest}},
            )
        )
        ids = [item["conversation_id"]["S"] for page in pages for item in page["Items"]]
    return list(dict.fromkeys(ids))
