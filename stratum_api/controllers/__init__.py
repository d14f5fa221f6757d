"""Endpoints, a file per resource; `stratum_api.app.CONTROLLERS` lists them."""
