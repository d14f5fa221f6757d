"""Regimes: whether a market is calm or in motion, from how its books have moved so far.

`features` turns quotes into a path of steps, `fitting` fits a model of two states to paths of the past, `filtering` says how
likely each state is now, from the steps up to now and from nothing later.
"""
