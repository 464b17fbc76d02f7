"""The simulated helpdesk answers as the real one was observed to, the surprising answers above all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_shared.clock import FakeClock

TICKET = "<CAxyz+1/=@mail.example.com>"
PATH = f"/v1/tickets/{quote(TICKET, safe='')}"


@pytest.fixture
def clock() -> FakeClock:
    """The simulator's clock."""
    return FakeClock()


@pytest.fixture
def richpanel(clock: FakeClock) -> Iterator[RichpanelSimulator]:
    """A helpdesk with one e-mail ticket."""
    simulator = RichpanelSimulator("key", clock.now_epoch_ms)
    simulator.start()
    simulator.seed(
        {"customer_message": {"conversation_id": TICKET, "email": "ana@example.com", "text": "Where is it?"}}
    )
    yield simulator
    simulator.stop()


@pytest.fixture
def api(richpanel: RichpanelSimulator) -> Iterator[httpx2.Client]:
    """A client with the right key."""
    with httpx2.Client(base_url=richpanel.url, headers={"x-richpanel-key": "key"}) as client:
        yield client


def put(api: httpx2.Client, path: str, body: Any) -> httpx2.Response:
    """One PUT."""
    return api.put(path, json=body)


def ticket(api: httpx2.Client) -> dict[str, Any]:
    """The ticket as read now."""
    return dict(api.get(PATH).json()["ticket"])


def test_a_message_id_is_one_encoded_path_segment(api: httpx2.Client) -> None:
    """Unencoded, the slash makes it a route nobody knows."""
    assert ticket(api)["id"] == TICKET
    assert api.get(f"/v1/tickets/{TICKET}").status_code == 403


@pytest.mark.parametrize("state", ["closed", "resolved"])
def test_state_alone_is_accepted_and_changes_nothing(api: httpx2.Client, state: str) -> None:
    """A 200 is no proof."""
    assert put(api, PATH, {"ticket": {"state": state}}).status_code == 200
    assert ticket(api)["status"] == "OPEN"


@pytest.mark.parametrize(
    "body", [{"ticket": {"status": "CLOSED"}}, {"ticket": {"state": "closed", "status": "CLOSED"}}]
)
def test_upper_case_status_closes(api: httpx2.Client, body: dict[str, Any]) -> None:
    """The documented form and the observed one."""
    put(api, PATH, body)
    assert ticket(api)["status"] == "CLOSED"


def test_the_plain_close_can_be_switched_to_do_nothing(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Then only the combined form closes."""
    richpanel.switch(plain_close_ignored=True)
    put(api, PATH, {"ticket": {"status": "CLOSED"}})
    assert ticket(api)["status"] == "OPEN"
    put(api, PATH, {"ticket": {"status": "CLOSED", "state": "closed"}})
    assert ticket(api)["status"] == "CLOSED"


@pytest.mark.parametrize(
    "body",
    [{"ticket": {"status": "closed"}}, {"ticket": {"status": "RESOLVED"}}, {"status": "CLOSED"}, {"state": "closed"}],
)
def test_other_close_attempts_are_refused(api: httpx2.Client, body: dict[str, Any]) -> None:
    """Lower case, other words, or no ticket around it."""
    assert put(api, PATH, body).status_code == 400


def test_a_comment_on_an_email_ticket_reaches_nobody(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """It is accepted, and shown as if it were not ours."""
    put(api, PATH, {"ticket": {"comment": {"body": "Hello", "sender_type": "operator"}}})
    assert ticket(api)["comments"][-1]["is_operator"] is False
    assert [delivery.reached_customer for delivery in richpanel.store.deliveries] == [False]


def test_send_message_reaches_the_customer_only_from_a_real_agent(
    api: httpx2.Client, richpanel: RichpanelSimulator
) -> None:
    """The default author of the documentation delivers nothing."""
    put(api, f"{PATH}/send-message", {"body": "Hello", "author_id": "agent-1"})
    put(api, f"{PATH}/send-message", {"body": "Hello", "author_id": "operator"})
    assert [delivery.reached_customer for delivery in richpanel.store.deliveries] == [True, False]
    assert ticket(api)["comments"][-1]["is_operator"] is True


def test_tags_are_stored_as_sent_unless_strict(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Names or ids; a strict tenant knows ids only."""
    put(api, f"{PATH}/add-tags", {"tags": ["mw-processed", "mw-processed"]})
    put(api, f"{PATH}/remove-tags", {"tags": ["other"]})
    assert set(ticket(api)["tags"]) == {"mw-processed"}
    richpanel.switch(strict_tags=True)
    assert put(api, f"{PATH}/add-tags", {"tags": ["new-name"]}).status_code == 400


def test_an_unlinked_conversation_has_an_empty_order(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Not a 404."""
    path = f"/v1/order/{quote(TICKET, safe='')}"
    assert api.get(path).json() == {}
    richpanel.seed({"customer_message": {"conversation_id": TICKET, "text": "and?", "linked_order_id": 5551001}})
    assert api.get(path).json()["orderId"] == "5551001"


def test_the_bucket_holds_fifty_requests_per_thirty_seconds(
    api: httpx2.Client, richpanel: RichpanelSimulator, clock: FakeClock
) -> None:
    """Every answer carries the limit; an empty bucket answers 429 with a wait."""
    answers = [api.get(PATH) for _ in range(51)]
    assert [answer.status_code for answer in answers].count(429) == 1
    assert answers[0].headers["x-ratelimit-limit"] == "50"
    assert int(answers[-1].headers["retry-after"]) >= 1
    clock.advance(1)
    assert api.get(PATH).status_code == 200


@pytest.mark.parametrize("retry_after", ["2", None])
def test_429_comes_with_or_without_retry_after(
    api: httpx2.Client, richpanel: RichpanelSimulator, retry_after: str | None
) -> None:
    """Production readers saw both."""
    richpanel.arm("rate_limited", on="GET */tickets/*", retry_after=retry_after)
    answer = api.get(PATH)
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, retry_after)
    assert api.get(PATH).status_code == 200


def test_the_operator_flag_has_three_spellings(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Documented, observed, and absent."""
    for key, present in (("isOperator", {"isOperator"}), ("is_operator", {"is_operator"}), ("none", set())):
        richpanel.switch(operator_key=key)
        assert {"isOperator", "is_operator"} & set(ticket(api)["comments"][0]) == present


def test_profile_and_list_can_be_withheld(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """One ticket in ten has no profile, and one tenant may not list."""
    assert api.get("/v1/tickets", params={"status": "open"}).json()["count"] == 1
    richpanel.switch(hide_profile=True, list_forbidden=True)
    assert "customer_profile" not in ticket(api)
    assert api.get("/v1/tickets").status_code == 403


def test_sender_type_may_say_who_writes(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Instead of any flag."""
    richpanel.switch(operator_key="sender_type")
    (comment,) = ticket(api)["comments"]
    assert comment["sender_type"] == "customer"
    assert not {"is_operator", "isOperator"} & set(comment)


@pytest.mark.parametrize(
    ("public", "is_shown", "reached"),
    [("honoured", True, False), ("hidden", False, False), ("ignored", False, True), ("echoed", True, True)],
)
def test_a_private_note_may_not_be_told_or_not_be_private(
    api: httpx2.Client, richpanel: RichpanelSimulator, public: str, is_shown: bool, reached: bool
) -> None:
    """Three accounts: one keeps and says it, one keeps it silently, one shows it to the customer."""
    richpanel.switch(public=public)
    chat = {"conversation_id": "chat", "channel": "livechat", "text": "Hi"}
    richpanel.seed({"customer_message": chat})
    note = {"body": "routed", "sender_type": "operator", "public": False}
    assert put(api, "/v1/tickets/chat", {"ticket": {"comment": note}}).status_code == 200
    shown = api.get("/v1/tickets/chat").json()["ticket"]["comments"][-1]
    assert ("public" in shown) is is_shown
    assert richpanel.store.deliveries[-1].reached_customer is reached


def test_a_comment_may_reach_nobody_on_any_channel(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Kept as nobody's, as on an e-mail ticket."""
    richpanel.switch(undelivered_channels=["email", "livechat"])
    richpanel.seed({"customer_message": {"conversation_id": "chat", "channel": "livechat", "text": "Hi"}})
    comment = {"body": "Hello", "sender_type": "operator", "public": True}
    put(api, "/v1/tickets/chat", {"ticket": {"comment": comment}})
    assert api.get("/v1/tickets/chat").json()["ticket"]["comments"][-1]["is_operator"] is False
    assert not richpanel.store.deliveries[-1].reached_customer


def test_updates_may_answer_nothing(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """`{}` for every PUT, which takes effect all the same; a refusal stays one."""
    richpanel.switch(empty_updates=True)
    for path, body in ((PATH, {"ticket": {"status": "CLOSED"}}), (f"{PATH}/add-tags", {"tags": ["a"]})):
        assert put(api, path, body).json() == {}
    assert (ticket(api)["status"], ticket(api)["tags"]) == ("CLOSED", ["a"])
    assert put(api, PATH, {"ticket": {"status": "closed"}}).status_code == 400


def test_a_trashed_ticket_says_so_and_a_deleted_one_is_not_there(
    api: httpx2.Client, richpanel: RichpanelSimulator
) -> None:
    """In single reads and in the list."""
    richpanel.seed({"customer_message": {"conversation_id": TICKET, "text": "Again", "trashed": True}})
    assert ticket(api)["is_trashed"] is True
    assert api.get("/v1/tickets?status=OPEN").json()["ticket"][0]["is_trashed"] is True
    richpanel.seed({"deleted": TICKET})
    assert api.get(PATH).status_code == 404


def test_the_order_path_may_fail_for_all_or_for_the_unlinked(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """The least documented path."""
    path = PATH.replace("tickets", "order")
    richpanel.switch(order_error_status=500)
    assert api.get(path).status_code == 500
    richpanel.switch(order_error_status=400, order_error_on="unlinked")
    assert api.get(path).status_code == 400
    richpanel.store.linked_orders[TICKET] = {"orderId": "1"}
    assert api.get(path).json() == {"orderId": "1"}


def test_a_list_has_ten_a_page_and_names_the_next_one_by_its_address(
    api: httpx2.Client, richpanel: RichpanelSimulator
) -> None:
    """At most a hundred are given; a number instead of an address is a switch."""
    richpanel.store.tags = {str(number): f"tag {number}" for number in range(130)}
    first = api.get("/v1/tags").json()
    assert (len(first["tag"]), first["count"], first["previous_page"]) == (10, 130, None)
    assert first["next_page"].endswith("/v1/tags?page=2&per_page=10")
    assert len(api.get("/v1/tags?per_page=500").json()["tag"]) == 100
    richpanel.switch(next_page_form="number")
    assert api.get("/v1/tags?page=13").json()["next_page"] is None
    assert api.get("/v1/tags").json()["next_page"] == 2


@pytest.mark.parametrize(
    ("form", "keys"),
    [
        ("documented", ["tag", "team", "users"]),
        ("singular", ["tag", "team", "user"]),
        ("plural", ["tags", "teams", "users"]),
    ],
)
def test_the_lists_have_one_of_two_keys(
    api: httpx2.Client, richpanel: RichpanelSimulator, form: str, keys: list[str]
) -> None:
    """As documented, or as clients have seen them."""
    richpanel.switch(list_keys=form)
    answers = [api.get(f"/v1/{listed}").json() for listed in ("tags", "teams", "users")]
    assert [key in answer for key, answer in zip(keys, answers, strict=True)] == [True] * 3


def test_a_second_tag_of_a_name_is_made_unless_names_are_unique(
    api: httpx2.Client, richpanel: RichpanelSimulator
) -> None:
    """Who makes a tag twice has it twice."""
    for _ in range(2):
        assert api.post("/v1/tags", json={"tag": {"name": "mw"}}).status_code == 200
    assert list(richpanel.store.tags.values()) == ["mw", "mw"]
    richpanel.switch(unique_tags=True)
    assert api.post("/v1/tags", json={"tag": {"name": "mw"}}).status_code == 409


def test_listed_tickets_carry_comments_where_switched(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Often they lack them."""
    assert "comments" not in api.get("/v1/tickets").json()["ticket"][0]
    richpanel.switch(list_comments=True)
    assert len(api.get("/v1/tickets").json()["ticket"][0]["comments"]) == 1


def test_a_lost_answer_takes_effect_all_the_same(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """The caller sees a broken connection, the customer sees the reply."""
    richpanel.arm("lost_answer", on="PUT */send-message")
    with pytest.raises(httpx2.TransportError):
        put(api, f"{PATH}/send-message", {"body": "Hello", "author_id": "agent-1"})
    assert len(richpanel.store.deliveries) == 1


def test_no_effect_answers_200_and_does_nothing(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """Only reading back tells."""
    richpanel.arm("no_effect", on="PUT */send-message")
    assert put(api, f"{PATH}/send-message", {"body": "Hello", "author_id": "agent-1"}).status_code == 200
    assert not richpanel.store.deliveries
    assert len(ticket(api)["comments"]) == 1


def test_a_wrong_key_is_refused(richpanel: RichpanelSimulator) -> None:
    """With the documented error body."""
    answer = httpx2.get(f"{richpanel.url}{PATH}", headers={"x-richpanel-key": "other"})
    assert (answer.status_code, "message" in answer.json()["error"]) == (401, True)


def test_the_control_api_does_what_python_does(api: httpx2.Client, richpanel: RichpanelSimulator) -> None:
    """A person with curl can arm, look and reset."""
    api.post("/_sim/faults", json={"faults": [{"kind": "server_error", "on": "GET *", "status": 502}]})
    assert api.get(PATH).headers["content-type"] == "text/html"
    assert [entry["fault"] for entry in api.get("/_sim/requests").json()] == ["server_error"]
    assert api.post("/_sim/switches", json={"nonsense": 1}).status_code == 400
    api.post("/_sim/reset")
    assert api.get("/_sim/state").json()["tickets"] == {}
