"""What a link shows to whoever has it: a page, its data as JSON, or a picture. No key is needed."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Controller, Request, Response
from litestar.params import PathParameter

from stratum_api.access import Access
from stratum_api.problems import NotAcceptable, NotFound
from stratum_api.routes import Serving, reads
from stratum_api.shares import SharedReport, ShareTokens
from stratum_api.shares.page import POLICY, as_page, as_picture
from warehouse.database import Shares

HTML, JSON, PNG = "text/html", "application/json", "image/png"
# Not kept by anybody on the way, not listed, not told to where somebody goes from here.
HIDDEN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive", "Vary": "Accept"}
ENDED = "There is no such link, or it has ended."

decode = msgspec.json.Decoder(SharedReport).decode


class SharedController(Controller):
    """Links that were shared."""

    path = "/share"
    tags = ("shares",)

    @reads(
        "/{token:str}",
        "openShare",
        Access(flag="shares"),
        NotAcceptable,
        media_type=HTML,
        answer=SharedReport,
        forms=(HTML, PNG),
        uses_up=True,
    )
    async def open(
        self,
        request: Request,
        service: Serving,
        token: Annotated[str, PathParameter(description="The link, as it was shared.", max_length=200)],
    ) -> Response[bytes]:
        """What was shared, as a page, as JSON or as a picture, whichever `Accept` likes best.

        A link for single use is used up by the first answer. Links that never were, that have ended and that were revoked look the same.
        """
        tokens = ShareTokens(service.secret)
        form = request.accept.best_match([HTML, JSON, PNG], default=None) if request.headers.get("accept") else HTML
        if form is None:
            raise NotAcceptable(f"A link opens as {HTML}, {JSON} or {PNG}.")
        share_id = tokens.share_id_of(token)
        if share_id is None:
            raise NotFound(ENDED)
        content = await asyncio.to_thread(
            Shares(service.database).open, share_id, tokens.digest(token), now=service.now()
        )
        if content is None:
            raise NotFound(ENDED)
        report = decode(content)
        if form == JSON:
            return Response(content.encode(), media_type=JSON, headers=HIDDEN)
        if form == PNG and report.kind != "metrics":
            return Response(await asyncio.to_thread(as_picture, report), media_type=PNG, headers=HIDDEN)
        # Figures are no picture; a link that was used up by then still has to show something.
        return Response(as_page(report), media_type=HTML, headers={**HIDDEN, "Content-Security-Policy": POLICY})
