"""The gates between a proposed reply and the customer: each one small question, all of them always answered.

A gate sees the case, what was understood, and the proposal; it says allowed or blocked, with a reason code. No gate
knows another, and one that blocks does not keep the next from being reported (`report`). Two files: the gates about the
`message`, and those about the `reply`.
"""
