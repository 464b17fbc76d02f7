"""The GraphQL queries. They ask for nothing that the answer does not use: no names, no street, no items.

Source: Shopify Admin GraphQL schema 2026-10 (QueryRoot.orders, QueryRoot.order, Order, Fulfillment).
"""

from __future__ import annotations

# Whole orders of the first page, and then names alone: a short number begins the names of hundreds of newer orders.
PAGE_SIZE = 10
NAMES_PAGE_SIZE = 250  # the most a connection gives
# Lists are cut without a word, so one more is asked for than the answer can use; a full list may be a cut one.
FULFILLMENTS_ASKED = 11
TRACKING_ASKED = 6

_ORDER_FIELDS = f"""
    legacyResourceId name createdAt cancelledAt test
    displayFinancialStatus displayFulfillmentStatus
    email phone
    customer {{ defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} }}
    shippingAddress {{ countryCodeV2 }}
    shippingLine {{ title }}
    fulfillments(first: {FULFILLMENTS_ASKED}) {{
      status displayStatus createdAt inTransitAt deliveredAt estimatedDeliveryAt
      trackingInfo(first: {TRACKING_ASKED}) {{ company number url }}
    }}"""

ORDERS_BY_NAME = f"""query OrdersByName($search: String!, $first: Int!, $after: String) {{
  orders(first: $first, after: $after, query: $search, sortKey: PROCESSED_AT, reverse: true) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{{_ORDER_FIELDS}
    }}
  }}
}}"""

ORDER_NAMES = """query OrderNames($search: String!, $first: Int!, $after: String) {
  orders(first: $first, after: $after, query: $search, sortKey: PROCESSED_AT, reverse: true) {
    pageInfo { hasNextPage endCursor }
    nodes { legacyResourceId name }
  }
}"""

ORDER_BY_ID = f"""query OrderById($id: ID!) {{
  order(id: $id) {{{_ORDER_FIELDS}
  }}
}}"""
