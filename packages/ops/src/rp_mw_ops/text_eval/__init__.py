"""Measuring redaction and entity recognition on labelled texts: rows in, recall and false redactions out."""
