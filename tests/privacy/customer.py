"""The canary: a customer whose every datum is found nowhere else."""

from __future__ import annotations

EMAIL = "quilla.farnsworth91@zephyr-canary.example"
PHONE = "+1 415 555 2671"
NAME = "Quilla Farnsworth"
CARD = "4539 5787 6362 1486"
STREET = "4821 Marmalade Avenue, Springfield, IL 62704"
IBAN = "DE89 3704 0044 0532 0130 00"
ORDER = "#77310042"
TRACKING = "1Z5R89390357567127"
WORDS = "the porcelain otter cried at midnight"
ATTACHMENT = "https://files.example/secret-otter.png?token=s3cr3t-9917"
PERSONAL = (EMAIL, PHONE, NAME, CARD, STREET, IBAN, TRACKING)
EVERYTHING = (*PERSONAL, ORDER, WORDS, ATTACHMENT)
TEXT = (
    f"Hi, where is my package? {WORDS}. I am {NAME}, {EMAIL}, call {PHONE}. Order {ORDER}, tracking {TRACKING}. "
    f"Card {CARD}, IBAN {IBAN}. I live at {STREET}."
)
RETURN_TEXT = TEXT.replace("where is my package?", "I would like to return the blue mug that came last week.")
