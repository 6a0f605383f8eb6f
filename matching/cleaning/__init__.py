"""Cleaning of single fields: text in, comparable text out, each idempotent and without state."""
