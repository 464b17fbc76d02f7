"""Bodies that keep a cleaner busy: what each of its rules looks for, over and over."""

from __future__ import annotations

# What each rule looks for, over and over: introductions, headers, dividers, signatures, notices, titles, mark-up.
HOSTILE = (
    *(
        "a:\n",
        "1@a.b:\n>\n",
        "On 2026-11-23 15:00 a@b.cc wrote:\n> x\ny\n",
        "On 2026-11-23 15:00 x a@b.cc wrote:\n",
        "wrote ",
    ),
    *(
        "From: a@b.cc\n",
        "From: a\nTo: b\n",
        "From: ",
        "-----Original Message-----\n",
        "_____\n",
        "--\n",
        "--\nJane Doe\n",
    ),
    *(
        "Sent from my iPhone\n",
        "iphone ",
        "This message is confidential. ",
        "This message is confidential\n",
        "Ana Diaz\n",
    ),
    *(
        "This email originated from outside. ",
        "[external] ",
        "A. ",
        "Attorney at Law, ",
        "<",
        "<b a=",
        "<a@",
        "&amp",
        "<!--",
    ),
    *(
        "<div>",
        "<blockquote>x</blockquote>",
        "<blockquote>",
        f'<div class="gmail_quote">On 2026 wrote:</div>{"x" * 60}',
        "<p style='opacity:0'>",
    ),
    *("2026-11-23 ", "1 a 2", "a@", "٢٣:", " ", "\n", "*", "> ", "\x01", "\x05\n", "ä: "),
)

# Whole bodies that keep a builder of trees busy, in its own code, where no timer reaches it.
_MANY = 900
TREES = {
    "bold text, each with attributes of its own, closed more often than opened": "".join(
        (*(f"<b a={number}>" for number in range(_MANY)), "<div>x" * 50, "</b>" * 3_000)
    ),
    "the same with a quoted angle bracket": "".join(
        (*(f'<b t="1 > 0" a={number}>' for number in range(_MANY)), "<div>x" * 50, "</b>" * 3_000)
    ),
    "the same with a slash for the blank": "".join(
        (*(f"<b/a={number}>" for number in range(_MANY)), "<div>x" * 50, "</b>" * 3_000)
    ),
    "bold text around divisions, closed in the wrong order": "".join(
        (*(f"<b a={number}><div>x" for number in range(_MANY)), "</b>" * 1_900)
    ),
    "a tag of thousands of attributes": f"<p {' '.join(f'a{number}' for number in range(20_000))}>x</p>",
    "the same after a comment with an open quotation": '<!-- <p a=" -->'
    + f"<p {' '.join(f'a{number}' for number in range(20_000))}>x</p>",
    "names of tags that hold the start of another": f"<p>x</p>{'<a' * 8_000}{'</' * 8_000}",
}
