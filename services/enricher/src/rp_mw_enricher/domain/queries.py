"""The GraphQL queries. They ask for nothing that the answer does not use: no names, no street, no items.

Source: Shopify Admin GraphQL schema 2026-10 (QueryRoot.orders, QueryRoot.order, Order, Fulfillment).
"""

from __future__ import annotations

from rp_mw_enricher.domain.order_facts import ORDER_FIELDS

# Whole orders of the first page, and then names alone: a short number begins the names of hundreds of newer orders.
# Eight orders of eleven parcels stay below the 1,000 points of a query, each list counted as long as it was asked for.
PAGE_SIZE = 8
NAMES_PAGE_SIZE = 250  # the most a connection gives

ORDERS_BY_NAME = f"""query OrdersByName($search: String!, $first: Int!, $after: String) {{
  orders(first: $first, after: $after, query: $search, sortKey: PROCESSED_AT, reverse: true) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{{ORDER_FIELDS}
    }}
  }}
}}"""

ORDER_NAMES = """query OrderNames($search: String!, $first: Int!, $after: String) {
  orders(first: $first, after: $after, query: $search, sortKey: PROCESSED_AT, reverse: true) {
    pageInfo { hasNextPage endCursor }
    nodes { legacyResourceId name }
  }
}"""

# The same shape: one page, since a customer with more orders than it holds is asked which one they mean.
ORDERS_BY_EMAIL = ORDERS_BY_NAME.replace("OrdersByName", "OrdersByEmail")

ORDER_BY_ID = f"""query OrderById($id: ID!) {{
  order(id: $id) {{{ORDER_FIELDS}
  }}
}}"""
