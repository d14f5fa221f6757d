"""The description of the API: the OpenAPI document, a page to read and try it (every file of it served from here), and problems."""

from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from litestar import Controller, MediaType, Request, Response
from litestar.params import FromPath, PathParameter

from stratum_api.access import Access
from stratum_api.problems import NotFound, every_problem, explained
from stratum_api.routes import reads

OPEN = Access(is_probe=True)
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
START = "start.js"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stratum API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png"><link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body><div id="page"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script>
</body>
</html>
"""
SCRIPT = 'SwaggerUIBundle({url: "/docs/openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null});\n'
A_DAY = {"Cache-Control": "public, max-age=86400"}


class Explained(msgspec.Struct):
    """What a problem means, and what to do."""

    code: Annotated[str, msgspec.Meta(examples=["too_many_requests"])]
    title: str
    status: int
    meaning: str
    remedy: str


class DocumentationController(Controller):
    """The description of the API."""

    path = "/"
    tags = ("description",)

    @reads("/docs", "getPage", OPEN, sync_to_thread=False, media_type=MediaType.HTML, include_in_schema=False)
    def page(self) -> str:
        """The page."""
        return PAGE

    @reads("/docs/assets/{name:str}", "getAsset", OPEN, sync_to_thread=False, include_in_schema=False)
    def asset(self, name: FromPath[str]) -> Response[bytes]:
        """A file of the page."""
        if name == START:
            return Response(SCRIPT.encode(), media_type="text/javascript", headers=A_DAY)
        if name not in ASSETS:
            raise NotFound
        return Response(_asset(name), media_type=ASSETS[name], headers=A_DAY)

    @reads("/docs/openapi.json", "getDescription", OPEN, sync_to_thread=False, include_in_schema=False)
    def description(self, request: Request) -> Response[bytes]:
        """The OpenAPI document."""
        return Response(request.app.state.description, media_type=MediaType.JSON)

    @reads("/problems/{code:str}", "getProblem", OPEN, sync_to_thread=False)
    def problem(
        self,
        code: Annotated[
            str, PathParameter(description="The code of a problem, as in too_many_requests.", pattern="^[a-z_]{1,60}$")
        ],
    ) -> Explained:
        """What a problem means, and what to do about it: where the `type` of every problem leads."""
        for one in every_problem():
            if one.code() == code:
                return Explained(code, one.title, one.status, *explained(one))
        raise NotFound("There is no problem of that name.")


@cache
def _asset(name: str) -> bytes:
    from openapi_ui_bundles import swagger_ui

    return (Path(swagger_ui.__file__).parent / "vendor" / name).read_bytes()
