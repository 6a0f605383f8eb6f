"""The matcher: values in, values out.

Nothing here knows of Django, a database, a clock, a setting or a network. Each module is one stage
of the way through the house and carries its name: normalise, block, compare, weigh, decide, cluster,
survive, explain.
"""
