"""The dispatcher: hands messages of the outbox on to endpoints, signs and sends them, and keeps at it until they are there.

Matching, signing and judging are functions of their arguments; one round is one transaction; the loop around them is small.
"""
