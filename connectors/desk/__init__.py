"""The operators' pages of receivers: how each has been doing, and what can be done about it."""
