"""The one guarded client for all requests to the outside. Nothing else in the house may use httpx or httpcore.

What is asked, and what is done with the answer, does not belong here.
"""

from warehouse.outbound.client import OutboundAnswer, OutboundClient, open_client
from warehouse.outbound.destinations import DestinationRules
from warehouse.outbound.exchange import Posted
from warehouse.outbound.posting import Poster

__all__ = ["DestinationRules", "OutboundAnswer", "OutboundClient", "Posted", "Poster", "open_client"]
