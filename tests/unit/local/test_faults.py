"""A fault strikes the requests it is meant for, as often as it is meant to."""

from __future__ import annotations

from rp_mw_local.simulators.faults import Fault, FaultBook


def kinds(book: FaultBook, *requests: str) -> list[str | None]:
    """The fault of each request in turn."""
    taken = [book.take(*request.split(" ")) for request in requests]
    return [fault.kind if fault else None for fault in taken]


def book_of(*faults: Fault) -> FaultBook:
    """A book with these armed."""
    book = FaultBook()
    for fault in faults:
        book.arm(fault)
    return book


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    """Then it is used up."""
    book = book_of(Fault("a"))
    assert kinds(book, "GET /x", "GET /x") == ["a", None]
    assert book.armed() == []


def test_a_fault_without_end_strikes_until_cleared() -> None:
    """times=None."""
    book = book_of(Fault("a", times=None))
    assert kinds(book, *["GET /x"] * 3) == ["a"] * 3
    book.clear()
    assert kinds(book, "GET /x") == [None]


def test_a_fault_strikes_its_own_requests_only() -> None:
    """By method and path pattern."""
    book = book_of(Fault("a", on="PUT */send-message"))
    assert kinds(book, "GET /t/send-message", "PUT /t/add-tags", "PUT /t/send-message") == [None, None, "a"]


def test_a_fault_may_let_some_pass_first() -> None:
    """skip counts matching requests."""
    assert kinds(book_of(Fault("a", skip=2)), *["GET /x"] * 4) == [None, None, "a", None]


def test_faults_are_served_in_the_order_they_were_armed() -> None:
    """Two on the same request strike one after the other."""
    assert kinds(book_of(Fault("a"), Fault("b")), "GET /x", "GET /x") == ["a", "b"]
