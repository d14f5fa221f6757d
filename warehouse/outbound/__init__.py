"""The one guarded client for all requests to the outside. Nothing else in the house may use httpx or httpcore.

What is asked, and what is done with the answer, does not belong here.
"""

from warehouse.outbound.client import OutboundAnswer, OutboundClient, open_client

__all__ = ["OutboundAnswer", "OutboundClient", "open_client"]
