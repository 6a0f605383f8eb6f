"""What stops a start, said in one sentence that tells what to do."""


class Refused(Exception):  # noqa: N818 - named by its consequence
    """The start cannot go on; the text is a sentence for the person who typed the command."""


class Interrupted(Exception):  # noqa: N818
    """Ctrl-C or SIGTERM came while something was being waited for."""
