"""What can go wrong in the warehouse, one family.

WarehouseError
├── SettingInvalid            a setting has a value that cannot be used, or is missing
├── DatabaseError
│   ├── DatabaseUnreachable   the database does not answer, or its file cannot be opened
│   ├── DatabaseBusy          another process keeps the database locked
│   ├── DatabaseDamaged       the database's file is damaged, or a table is gone
│   ├── DatabaseRefuses       the database answers and does not do it: full, read-only, no rights
│   └── DatabaseNewer         a newer program has migrated the database
├── LakeError
│   ├── FrameRefused          rows do not fit their table's declaration; nothing was written
│   ├── OperationRefused      the table, batch or location cannot be used that way
│   ├── LakeBusy              another process has kept a partition locked for too long
│   └── FileDamaged           a file of the lake cannot be read
├── BackupError
│   ├── BackupUnusable        the folder is taken, is no backup, or was damaged
│   └── TargetNotEmpty        the database to restore into holds rows already
├── AccessError               an account or a key of the API
│   ├── AccountUnknown        there is no such account
│   ├── KeyUnknown            there is no such key
│   ├── KeyEnded              the key no longer works, or was rotated already
│   ├── EndpointUnknown       there is no such webhook endpoint
│   ├── EndpointsExhausted    the account has as many webhook endpoints as it may
│   └── OperationInvalid      a name, state or number that cannot be used
└── OutboundError             a request to the outside; never says query, header or path
    ├── RequestRefused        we did not send it: scheme, host or address is not allowed
    ├── Unreachable           no connection, or it broke
    ├── CertificateRefused    no secure connection: the certificate is not valid for the host
    ├── TimedOut              no complete answer within the time allowed
    ├── RedirectRefused       the answer sends us elsewhere
    ├── AnswerTooLarge        the answer is longer than allowed
    └── AnswerBroken          the answer ended early or cannot be decompressed

docs/reference/errors.md is made from the docstrings: the first paragraph says what an error means, the second what to do.
"""


class WarehouseError(Exception):
    """Anything the warehouse refuses or cannot do; the message says what to do about it."""

    def __init__(self, said: str, remedy: str = "") -> None:
        """What went wrong, and what to do where that is a sentence of its own; the message holds both."""
        super().__init__(f"{said} {remedy}".rstrip())
        self.said = said
        self.remedy = remedy


class SettingInvalid(WarehouseError):
    """A setting has a value that cannot be used, or is required and missing.

    Correct the setting the message names, in the environment or in `.env`, and start again.
    """


class DatabaseError(WarehouseError):
    """The database cannot be used."""


class DatabaseUnreachable(DatabaseError):
    """The database does not answer, or its file cannot be opened.

    PostgreSQL: start the server, or correct host, name and password in `STRATUM_DATABASE_URL`. SQLite: see that its folder
    is there and writable. Answers that came meanwhile are in the lake and are worked through at the next start.
    """


class DatabaseBusy(DatabaseError):
    """Another process kept the database locked for longer than we wait (15 s on SQLite).

    Run it again. When it stays so, end the process that keeps a transaction open, such as a database browser.
    """


class DatabaseDamaged(DatabaseError):
    """The database's file is damaged or of another program, or a table of it is gone.

    Move the file away, or name a new database on the server; then bring back a backup (`stratum restore FOLDER`), or compute
    everything again from the raw answers: `stratum backfill --stale`.
    """


class DatabaseRefuses(DatabaseError):
    """The database answers and does not do it: it is read-only or full, or the user has no rights to it.

    Make room, or give the rights back; nothing is half-written.
    """


class DatabaseNewer(DatabaseError):
    """The database has a revision this program does not know.

    Install the version of the program that migrated it, or restore a backup made before.
    """


class LakeError(WarehouseError):
    """The Parquet lake refuses something or cannot be read."""


class FrameRefused(LakeError):
    """Rows do not fit their table's declaration; nothing was written.

    It is a fault of the code that made the rows: report it with the message. The answer is in `raw_odds`, so its day can be
    computed again once that is mended.
    """


class OperationRefused(LakeError):
    """The table, the batch name or the location cannot be used that way.

    Look at `STRATUM_LAKE_URL`: an object store needs its library (`s3fs` for `s3://`). Anything else is a fault of the code
    that called: report it.
    """


class LakeBusy(LakeError):
    """Another process has kept a partition, a day or the closing lines locked for too long.

    End the compaction or backfill that hangs, and run it again; a lock ends with its process.
    """


class FileDamaged(LakeError):
    """A file of the lake cannot be read.

    Move the file away. A file of `raw_odds` comes back from a backup only; the day of any other is computed again with
    `stratum backfill --from DAY --to DAY`.
    """


class BackupError(WarehouseError):
    """A backup cannot be written or restored."""


class BackupUnusable(BackupError):
    """The folder is taken, holds no backup, or its files are not what was written.

    Name a new folder to write a backup; use another backup to restore one. Nothing was changed.
    """


class TargetNotEmpty(BackupError):
    """The database to restore into holds rows already.

    Restore into a new database, or move the one that is there away first.
    """


class AccessError(WarehouseError):
    """An account or a key of the API cannot be used that way."""


class AccountUnknown(AccessError):
    """There is no account of that id.

    List them: `stratum accounts list`.
    """


class KeyUnknown(AccessError):
    """There is no key of that id.

    List them: `stratum keys list`. The id is the part of the key up to its second underscore.
    """


class KeyEnded(AccessError):
    """The key no longer works, or was rotated already.

    Issue a new one, or rotate the one that took its place.
    """


class EndpointUnknown(AccessError):
    """There is no webhook endpoint of that id, or it was deleted.

    The id begins with `we_` and was given when the endpoint was registered; look at the account's list of endpoints.
    """


class EndpointsExhausted(AccessError):
    """The account has as many webhook endpoints as its plan includes.

    Delete one that is no longer needed, or agree on more: `stratum accounts entitle ACCOUNT --term webhooks=10`.
    """


class OperationInvalid(AccessError):
    """A name, a state, a plan or a number of an account or key cannot be used.

    The message says what is allowed; `field` names what it is about, "" where that is everything together.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class OutboundError(WarehouseError):
    """A request to the outside failed; the message names the host and nothing else of the address."""


class RequestRefused(OutboundError):
    """The request was not sent: its scheme, host or address is not allowed.

    The address leads to a private network, or is not https. For a server of your own on this machine, in tests:
    `STRATUM_ALLOW_LOOPBACK`.
    """


class Unreachable(OutboundError):
    """No connection could be made, or it broke.

    It is tried again by itself. When it lasts, look at the network and at the provider's status page.
    """


class CertificateRefused(OutboundError):
    """No secure connection could be made: the host's certificate is not valid for it, or is not trusted.

    The host has to present its whole chain of certificates. Further authorities are named in `SSL_CERT_FILE`.
    """


class TimedOut(OutboundError):
    """No complete answer came within the time allowed.

    It is tried again by itself. When it lasts, look at the network and at the provider's status page.
    """


class RedirectRefused(OutboundError):
    """The answer sends us elsewhere. `status_code` is its HTTP status.

    The feed has moved, or something between us and it asks for a log-in: redirects are never followed.
    """

    def __init__(self, message: str, status_code: int) -> None:
        super().__init__(message)
        self.status_code = status_code


class AnswerTooLarge(OutboundError):
    """The answer is longer than allowed.

    It is no odds feed's answer, or the feed has changed: look at what it sends.
    """


class AnswerBroken(OutboundError):
    """The answer ended early or cannot be decompressed.

    It is tried again by itself. When it lasts, look at what stands between us and the feed.
    """
