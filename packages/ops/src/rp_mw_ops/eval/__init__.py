"""Measuring a classifier on labelled messages: rows in, metrics, gates and a report out."""
