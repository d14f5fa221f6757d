"""The mathematics of odds: prices, margins, consensus, closing lines and closing-line value.

Pure functions over arrays and frames. No clock, environment, file, network or unseeded randomness, and no framework.
"""
