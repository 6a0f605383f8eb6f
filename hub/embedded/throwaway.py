"""Servers of one test session."""


def environment() -> dict[str, str]:
    return {}
