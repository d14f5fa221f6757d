"""Commands of `stratum` that belong to the API; each is found through the entry points of the project."""
