"""A shop's own correction of the embedded model: from labelled messages to a small file that holds no word of them."""
