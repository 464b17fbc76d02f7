"""The three vendors as real HTTP servers on loopback, each fault switchable while it runs.

Every simulator also answers a control API under /_sim/ (see `server.py`), so that a person with curl can do what
the tests do in Python.
"""
