"""Webhooks as the database knows them: endpoints, their secrets (encrypted) and health, deliveries, and the log of attempts.

How a message is matched, signed and sent is the API's; here stands what has to be remembered.
"""

from warehouse.database.webhooks.attempts import Attempt, AttemptFilter, AttemptLog, EndpointStats
from warehouse.database.webhooks.endpoints import Endpoint, Endpoints, EndpointTerms
from warehouse.database.webhooks.replays import Replays, ReplaySelection
from warehouse.database.webhooks.secrets import NewSecret, StoredSecret, WebhookSecrets

__all__ = [
    "Attempt",
    "AttemptFilter",
    "AttemptLog",
    "Endpoint",
    "EndpointStats",
    "EndpointTerms",
    "Endpoints",
    "NewSecret",
    "ReplaySelection",
    "Replays",
    "StoredSecret",
    "WebhookSecrets",
]
