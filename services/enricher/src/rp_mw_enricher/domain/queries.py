"""The two GraphQL queries. They ask for nothing that the answer does not use: no names, no street, no items.

Source: Shopify Admin GraphQL schema 2026-10 (QueryRoot.orders, QueryRoot.order, Order, Fulfillment).
"""

from __future__ import annotations

PAGE_SIZE = 5

_ORDER_FIELDS = """
    legacyResourceId name createdAt cancelledAt test
    displayFinancialStatus displayFulfillmentStatus
    email phone
    customer { defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
    shippingAddress { countryCodeV2 }
    shippingLine { title }
    fulfillments(first: 10) {
      status displayStatus createdAt inTransitAt deliveredAt estimatedDeliveryAt
      trackingInfo(first: 5) { company number url }
    }"""

ORDERS_BY_NAME = f"""query OrdersByName($search: String!, $first: Int!, $after: String) {{
  orders(first: $first, after: $after, query: $search, sortKey: PROCESSED_AT, reverse: true) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{{_ORDER_FIELDS}
    }}
  }}
}}"""

ORDER_BY_ID = f"""query OrderById($id: ID!) {{
  order(id: $id) {{{_ORDER_FIELDS}
  }}
}}"""
