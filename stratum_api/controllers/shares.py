"""Links of the account that show what came of trades to whoever has them: made, listed and revoked by itself."""

import asyncio
import datetime as dt
from typing import Annotated, Literal

import msgspec
from litestar import Controller
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from stratum_api.access import Access
from stratum_api.controllers.trade_filters import CURRENCY, MOST_MONEY, TEXT, ZONE, Source, asked_of
from stratum_api.problems import Conflict, NotFound
from stratum_api.routes import Serving, Visiting, ends, makes, reads
from stratum_api.scopes import SHARES_MANAGE
from stratum_api.shares import ShareTokens, report_of
from stratum_api.showing import Seeing
from stratum_api.tiers.sight import invalid
from warehouse.database import Share, Shares

MANAGE = Access(SHARES_MANAGE, feature="analytics", flag="shares")
LONGEST = dt.timedelta(hours=24)
MOST_LIVE = 100
MOST_SHOWN = 500
LONGEST_TITLE = 100

Text = Annotated[str, Meta(pattern=TEXT)]
Moment = Annotated[str, Meta(max_length=40, extra_json_schema={"format": "date-time"})]
ShareId = Annotated[
    str,
    PathParameter(
        description="The id of a link: its part up to the second underscore.", pattern="^sh_[0-9A-Za-z]{12}$"
    ),
]


class ShareWanted(msgspec.Struct, forbid_unknown_fields=True):
    """What to share, by the filters of the endpoints about trades, and for how long."""

    kind: Annotated[
        Literal["equity", "drawdown", "metrics"],
        Meta(description="A curve in percent, or the figures that are no money."),
    ]
    title: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_TITLE,
            description="What stands above it, as it is.",
            examples=["Autumn on paper"],
        ),
    ] = "Performance"
    is_single_use: Annotated[bool, Meta(description="Whether it opens once; else as often as it is opened.")] = True
    expires_in_s: Annotated[int, Meta(ge=60, le=86_400, description="For how many seconds it opens.")] = 86_400
    account: Text | None = None
    strategy: Text | None = None
    symbol: Text | None = None
    source: Annotated[list[Source], Meta(max_length=4)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    as_of: Moment | None = None
    currency: Annotated[str, Meta(pattern=CURRENCY)] | None = None
    zone: Annotated[str, Meta(pattern=ZONE)] = "UTC"
    starting_balance: Annotated[int, Meta(ge=1, le=MOST_MONEY)] | None = None
    risk_free_rate: Annotated[float, Meta(ge=-0.5, le=10)] = 0.0


class ShownShare(msgspec.Struct):
    """A link without its secret."""

    share_id: Annotated[str, Meta(examples=["sh_7Hq2Zk1pQ0aB"])]
    kind: Annotated[str, Meta(examples=["equity"])]
    title: Annotated[str, Meta(examples=["Autumn on paper"])]
    is_single_use: bool
    is_live: Annotated[bool, Meta(description="Whether it can still be opened.")]
    created_at: dt.datetime
    expires_at: dt.datetime
    n_opened: int
    opened_at: Annotated[dt.datetime | None, Meta(description="When it was opened last.")]
    revoked_at: dt.datetime | None


class ShownShares(msgspec.Struct):
    """The newest 500 links of the account, ended ones included."""

    shares: list[ShownShare]


class NewShare(msgspec.Struct):
    """A new link. `path` is shown this once and cannot be shown again."""

    share: ShownShare
    path: Annotated[str, Meta(description="Behind the address of this server; whoever has it needs no key.")]


class ShareController(Controller):
    """Links of the account."""

    path = "/api/v1/analytics/shares"
    tags = ("shares",)

    @reads("/", "listShares", MANAGE)
    async def every(self, service: Serving, visit: Visiting) -> ShownShares:
        """The links of the account, newest first, without their secrets."""
        found = await asyncio.to_thread(Shares(service.database).of_account, visit.visitor.account_id, MOST_SHOWN)
        return ShownShares([_shown(share, service.now()) for share in found])

    @makes("/", "makeShare", MANAGE, Conflict)
    async def make(self, service: Serving, visit: Visiting, sight: Seeing, data: JSONBody[ShareWanted]) -> NewShare:
        """Make a link that shows a curve or figures to whoever has it, without a key, as they stand now.

        Shown are returns in percent by day, and ratios: no money, account, stake, signal or book. It opens once, or for
        at most 24 hours.
        """
        if not data.title.isprintable() or not data.title.strip():
            raise invalid("title", "has to be printable characters")
        asked = asked_of(
            sight,
            data.account,
            data.strategy,
            data.symbol,
            list(data.source) if data.source else None,
            data.since,
            data.until,
            data.currency,
            data.zone,
            data.starting_balance,
            data.risk_free_rate,
            data.as_of,
        )
        now, tokens = service.now(), ShareTokens(service.secret)
        report = await service.analyses.get(report_of, asked, data.kind)
        report = msgspec.structs.replace(report, title=data.title, made_at=now, as_of=asked.as_of)
        made = tokens.make()
        share = Share(
            share_id=made.share_id,
            account_id=visit.visitor.account_id,
            kind=data.kind,
            title=data.title,
            is_single_use=data.is_single_use,
            created_at=now,
            expires_at=now + min(dt.timedelta(seconds=data.expires_in_s), LONGEST),
            n_opened=0,
            opened_at=None,
            revoked_at=None,
        )
        is_made = await asyncio.to_thread(
            Shares(service.database).add,
            share,
            digest=tokens.digest(made.text),
            content=msgspec.json.encode(report).decode(),
            actor=f"key {visit.visitor.key_id}",
            most=MOST_LIVE,
        )
        if not is_made:
            raise Conflict(
                f"The account has {MOST_LIVE} links that open, which is as many as it may: revoke one first."
            )
        return NewShare(_shown(share, now), f"/share/{made.text}")

    @ends("/{share_id:str}", "revokeShare", MANAGE)
    async def revoke(self, service: Serving, visit: Visiting, share_id: ShareId) -> ShownShare:
        """End a link for good, at once. Revoking it again changes nothing."""
        now = service.now()
        ended = await asyncio.to_thread(
            Shares(service.database).revoke,
            visit.visitor.account_id,
            share_id,
            actor=f"key {visit.visitor.key_id}",
            now=now,
        )
        if ended is None:
            raise NotFound(f"There is no link {share_id}.")
        return _shown(ended, now)


def _shown(share: Share, now: dt.datetime) -> ShownShare:
    told = {name: getattr(share, name) for name in ShownShare.__struct_fields__ if name != "is_live"}
    return ShownShare(**told, is_live=share.is_live(now))
