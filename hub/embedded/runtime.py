"""Where the servers that `make up` started are."""


def environment() -> dict[str, str]:
    return {}
