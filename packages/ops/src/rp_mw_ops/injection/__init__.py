"""What prompt-injection texts can and cannot do to a decision."""
