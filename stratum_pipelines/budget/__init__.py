"""The budget of credits: what may be spent at all, what a look at a sport is worth, and where the credits of a month go.

Pure arithmetic: no clock, environment, file or network. What several processes share stands in the database
(`warehouse.database.credits`) and is spent through `stratum_pipelines.purse`.
"""
