"""The enricher's real adapters against the simulated shop: searches, refusals and tokens over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rp_mw_enricher.domain.answer import LookupFailed, Outcome
from rp_mw_local.simulators.shopify import ShopifySimulator
from rp_mw_shared.errors import TransientError
from rp_mw_shared.redaction.hashing import contact_digest
from tests.fakes.enricher_bench import SALT, ShopBench
from tests.fakes.recording import Recording, recording


@pytest.fixture(autouse=True)
def recorded() -> Iterator[Recording]:
    """The lines written during the test; a field that is not allowed is an error."""
    with recording() as kept:
        yield kept


@pytest.fixture
def shopify() -> Iterator[ShopifySimulator]:
    """A shop with a loose neighbour, two orders of one name, and one past the visible days."""
    simulator = ShopifySimulator("id", "secret")
    simulator.start()
    simulator.seed(
        {
            "orders": [
                {"id": 1, "name": "#1001", "email": "ana@example.com"},
                {"id": 2, "name": "#10011", "email": "zoe@example.com"},
                {"id": 3, "name": "#2000", "email": "one@example.com"},
                {"id": 4, "name": "#2000", "email": "two@example.com"},
                {"id": 5, "name": "#900", "email": "old@example.com", "created_days_ago": 61},
            ]
        }
    )
    yield simulator
    simulator.stop()


@pytest.fixture
def bench(shopify: ShopifySimulator) -> ShopBench:
    """Real adapters with the shop's client credentials."""
    return ShopBench(shopify, {"client_id": "id", "client_secret": "secret"})


@pytest.mark.parametrize("typed", ["12", "123"])
def test_a_short_number_finds_its_own_among_hundreds(shopify: ShopifySimulator, bench: ShopBench, typed: str) -> None:
    """It begins the names of 1 + 10 + 100 + 500 newer orders, newest first, over real pages."""
    numbers = [int(typed), *(int(f"{typed}{number}") for digits in (1, 2) for number in range(10**digits))]
    numbers += [int(f"{typed}{number}") for number in range(1000, 1500)]
    orders = [
        {"id": number, "name": f"#{number}", "email": f"{number}@example.com", "created_days_ago": 30 - place / 100}
        for place, number in enumerate(dict.fromkeys(numbers))
    ]
    shopify.seed({"orders": orders})
    answer = bench.orders.load_by_name(typed, 8.0)
    assert answer.order is not None
    assert answer.order.name == f"#{typed}"
    assert contact_digest(f"{typed}@example.com", SALT) in answer.order.contact_digests


@pytest.mark.parametrize(
    ("parcels", "fulfillments", "has_more"), [(5, 1, False), (6, 1, True), (9, 1, True), (1, 10, False), (1, 11, True)]
)
def test_a_cut_list_of_parcels_says_that_there_may_be_more(
    shopify: ShopifySimulator, bench: ShopBench, parcels: int, fulfillments: int, has_more: bool
) -> None:
    """The API cuts its plain lists without a word."""
    tracking = [{"company": "UPS", "number": f"1Z{number}"} for number in range(parcels)]
    contents = {"id": 77, "name": "#77", "email": "p@example.com", "fulfillment_count": fulfillments}
    shopify.seed({"orders": [contents | {"tracking": tracking}]})
    order = bench.orders.load_by_name("77", 8.0).order
    assert order is not None
    assert order.has_more_parcels is has_more


def test_a_403_about_protected_data_is_named_as_that(shopify: ShopifySimulator, bench: ShopBench) -> None:
    """Not as a frozen shop."""
    shopify.arm("protected_data", on="POST */graphql.json")
    with pytest.raises(LookupFailed) as failed:
        bench.orders.load_by_name("1001", 8.0)
    assert failed.value.reason == "access_denied"


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ("1001", Outcome.FOUND),
        ("#10011", Outcome.FOUND),
        ("2000", Outcome.AMBIGUOUS),
        ("900", Outcome.NOT_FOUND),
        ("7", Outcome.NOT_FOUND),
    ],
)
def test_names_lead_to_the_right_outcome(bench: ShopBench, typed: str, outcome: Outcome) -> None:
    """Loose hits, equal names and the sixty days."""
    assert bench.orders.load_by_name(typed, 8.0).outcome is outcome


def test_the_found_order_carries_the_owners_digest(bench: ShopBench) -> None:
    """Not the neighbour's."""
    answer = bench.orders.load_by_name("1001", 8.0)
    assert answer.order is not None
    assert contact_digest("ana@example.com", SALT) in answer.order.contact_digests
    assert contact_digest("zoe@example.com", SALT) not in answer.order.contact_digests


def test_an_order_is_found_by_its_id(bench: ShopBench) -> None:
    """And an unknown one is not."""
    found = bench.orders.load_by_id("1", 8.0)
    assert found.order is not None
    assert found.order.name == "#1001"
    assert bench.orders.load_by_id("99", 8.0).outcome is Outcome.NOT_FOUND


def test_an_expired_token_is_renewed_on_the_way(bench: ShopBench, shopify: ShopifySimulator) -> None:
    """The lookup goes on as if nothing had been."""
    bench.orders.load_by_name("1001", 8.0)
    shopify.expire_tokens()
    assert bench.orders.load_by_name("1001", 8.0).outcome is Outcome.FOUND


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("scope_missing", "access_denied"),
        ("access_denied", "access_denied"),
        ("max_cost", "query_too_costly"),
        ("shop_inactive", "shop_inactive"),
        ("security_block", "security_block"),
        ("not_found", "shop_not_found"),
        ("bad_token", "credential_refused"),
    ],
)
def test_refusals_fail_with_their_reason(bench: ShopBench, shopify: ShopifySimulator, fault: str, reason: str) -> None:
    """Each of the shop's own faults that asking again would not heal."""
    bench.token.load()
    shopify.arm(fault, times=9)
    with pytest.raises(LookupFailed) as failed:
        bench.orders.load_by_name("1001", 8.0)
    assert failed.value.reason == reason


@pytest.mark.parametrize("fault", ["throttled", "internal_error", "rate_limited", "bad_gateway"])
def test_faults_that_pass_are_left_to_the_queue(bench: ShopBench, shopify: ShopifySimulator, fault: str) -> None:
    """As long as they last."""
    bench.token.load()
    shopify.arm(fault, times=99)
    with pytest.raises(TransientError):
        bench.orders.load_by_name("1001", 8.0)


@pytest.mark.parametrize("fault", ["throttled", "rate_limited", "bad_gateway"])
def test_a_fault_that_passes_quickly_is_ridden_out(bench: ShopBench, shopify: ShopifySimulator, fault: str) -> None:
    """Within the lookup's own time."""
    bench.token.load()
    shopify.arm(fault, times=1)
    assert bench.orders.load_by_name("1001", 8.0).outcome is Outcome.FOUND


def test_a_retired_version_is_noticed(shopify: ShopifySimulator, recorded: Recording) -> None:
    """It is served all the same."""
    bench = ShopBench(shopify, {"client_id": "id", "client_secret": "secret"}, api_version="2023-01")
    assert bench.orders.load_by_name("1001", 8.0).outcome is Outcome.FOUND
    assert recorded.events("api_version_differs")
