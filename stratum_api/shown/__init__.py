"""Rows as answers show them: which fields there are, who sees each, and an example of every kind."""
