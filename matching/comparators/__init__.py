"""Comparators: one attribute of many pairs at once, each giving the number of the best level.

Levels are ordered from best to worst, so that of several values the least number wins; ``NULL`` stands where
a side has no value. Every comparator is symmetric.
"""
