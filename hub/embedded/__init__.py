"""The servers of a machine that has none: PostgreSQL and Valkey from wheels, run by one foreground supervisor.

Standard library only, and no Django: these modules run before anything else works, and are what says why not.
"""
