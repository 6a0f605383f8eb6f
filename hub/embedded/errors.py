"""What stops a start, said in one sentence that tells what to do."""


class Refused(Exception):
    """The start cannot go on; the text is a sentence for the person who typed the command."""


class Interrupted(Exception):
    """Ctrl-C or SIGTERM came while something was being waited for."""
