"""A day in the life of a hub, in minutes: what stores, shops and receivers do to it, and what it is held to then.

plan       the timetable: who sends, what breaks, when                                       pure
people     customers, and what systems say of them                                           pure
senders    source systems over HTTP, each with its own record of what was acknowledged
receivers  webhook receivers in a process of their own, which go away and come back
hub        the installation: killed, restarted, its waiting times moved on
checks     the hub held to the senders' and the receivers' records
report     the page in ``docs/benchmarks``
"""
