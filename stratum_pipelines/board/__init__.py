"""The board: what every book quotes, as of the last answer, and how it got there.

`Board` is the state of one sport, `advance` moves it on by any number of answers and returns the rows they cause. A live
cycle advances by one answer, a batch by a whole day: the rows are the same. Nothing here fetches or stores.
"""
