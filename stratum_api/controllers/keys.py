"""The keys of the account: listed, issued, rotated and revoked by one of them."""

import asyncio
import datetime as dt
from typing import Annotated

import msgspec
from litestar import Controller
from litestar.params import JSONBody, PathParameter

from stratum_api.access import Access
from stratum_api.inputs import unusable
from stratum_api.key_desk import Issued, KeyDesk
from stratum_api.problems import Conflict, NotFound, ScopeMissing
from stratum_api.routes import Serving, Visiting, ends, makes, reads
from stratum_api.scopes import ACCOUNT_READ, KEYS_MANAGE, USUAL
from stratum_api.service import Service
from stratum_api.visit import Visit
from warehouse.database import Key, Keys
from warehouse.errors import KeyEnded, KeyUnknown, OperationInvalid

MANAGE = Access(KEYS_MANAGE, flag="key_management")
KeyId = Annotated[
    str,
    PathParameter(
        description="The id of a key: its part up to the second underscore.",
        pattern="^sk_[0-9A-Za-z]{12}$",
    ),
]


class ShownKey(msgspec.Struct):
    """A key without its secret."""

    key_id: Annotated[str, msgspec.Meta(examples=["sk_7Hq2Zk1pQ0aB"])]
    name: Annotated[str, msgspec.Meta(examples=["production"])]
    scopes: Annotated[list[str], msgspec.Meta(examples=[["intel:read"]])]
    is_live: bool
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    replaced_by: str | None
    last_used_at: Annotated[dt.datetime | None, msgspec.Meta(description="To within some seconds.")]


class ShownKeys(msgspec.Struct):
    """Every key of the account, ended ones included."""

    keys: list[ShownKey]


class NewlyIssued(msgspec.Struct):
    """A new key. `secret` is the key itself; it is shown this once and cannot be shown again."""

    key: ShownKey
    secret: Annotated[str, msgspec.Meta(description="The key itself, shown this once.")]


class KeyWanted(msgspec.Struct, forbid_unknown_fields=True):
    """What a new key should be."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["production"])]
    scopes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20, examples=[["intel:read"]])] = msgspec.field(
        default_factory=lambda: list(USUAL)
    )
    expires_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None


class RotationWanted(msgspec.Struct, forbid_unknown_fields=True):
    """How a key is rotated."""

    overlap_s: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=2_592_000, description="For how many seconds the old key goes on working.", examples=[3600]
        ),
    ] = 86_400


class KeyController(Controller):
    """Keys of the account."""

    path = "/api/v1/account/keys"
    tags = ("keys",)

    @reads("/", "listKeys", Access(ACCOUNT_READ))
    async def every(self, service: Serving, visit: Visiting) -> ShownKeys:
        """Every key of the account, oldest first, without their secrets."""
        found = await asyncio.to_thread(Keys(service.database).of_account, visit.visitor.account_id)
        now = dt.datetime.now(dt.UTC)
        return ShownKeys([_shown(key, now) for key in found])

    @makes("/", "issueKey", MANAGE, ScopeMissing)
    async def issue(self, service: Serving, visit: Visiting, data: JSONBody[KeyWanted]) -> NewlyIssued:
        """Issue a key. It can have no scope that the key of this request lacks. The key is shown this once."""
        now = dt.datetime.now(dt.UTC)
        for scope in data.scopes:
            if scope not in visit.visitor.scopes:
                raise ScopeMissing(f"A key can pass on only scopes it has, and this one lacks {scope!r}.", scope=scope)
        try:
            issued = await asyncio.to_thread(
                _desk(service, visit).issue,
                visit.visitor.account_id,
                data.name,
                data.scopes,
                now=now,
                expires_at=data.expires_at,
            )
        except OperationInvalid as error:
            raise unusable(error) from None
        return _issued(service, issued, now)

    @makes("/{key_id:str}/rotate", "rotateKey", MANAGE, Conflict, status_code=201)
    async def rotate(
        self, service: Serving, visit: Visiting, key_id: KeyId, data: JSONBody[RotationWanted]
    ) -> NewlyIssued:
        """Issue a key in the place of another, which goes on working for the overlap. The new key is shown this once."""
        now = dt.datetime.now(dt.UTC)
        try:
            issued = await asyncio.to_thread(
                _desk(service, visit).rotate,
                key_id,
                overlap=dt.timedelta(seconds=data.overlap_s),
                now=now,
                account_id=visit.visitor.account_id,
            )
        except KeyUnknown as error:
            raise NotFound(str(error)) from None
        except KeyEnded as error:
            raise Conflict(str(error)) from None
        return _issued(service, issued, now)

    @ends("/{key_id:str}", "revokeKey", MANAGE)
    async def revoke(self, service: Serving, visit: Visiting, key_id: KeyId) -> ShownKey:
        """End a key for good, on every server within a second. Revoking it again changes nothing."""
        now = dt.datetime.now(dt.UTC)
        try:
            ended = await asyncio.to_thread(
                _desk(service, visit).revoke, key_id, now=now, account_id=visit.visitor.account_id
            )
        except KeyUnknown as error:
            raise NotFound(str(error)) from None
        service.keys.tell()
        return _shown(ended, now)


def _desk(service: Service, visit: Visit) -> KeyDesk:
    return KeyDesk(Keys(service.database), service.secret, f"key {visit.visitor.key_id}")


def _issued(service: Service, issued: Issued, now: dt.datetime) -> NewlyIssued:
    service.keys.tell()
    return NewlyIssued(_shown(issued.key, now), issued.secret.text)


def _shown(key: Key, now: dt.datetime) -> ShownKey:
    return ShownKey(
        key_id=key.key_id,
        name=key.name,
        scopes=list(key.scopes),
        is_live=key.is_live(now),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        replaced_by=key.replaced_by,
        last_used_at=key.last_used_at,
    )
