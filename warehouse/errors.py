"""What can go wrong in the warehouse, one family.

WarehouseError
├── SettingInvalid            a setting has a value that cannot be used, or is missing
├── DatabaseError
│   ├── DatabaseUnreachable   the database does not answer, or its file cannot be opened
│   └── DatabaseNewer         a newer program has migrated the database
├── LakeError
│   ├── FrameRefused          rows do not fit their table's declaration; nothing was written
│   ├── OperationRefused      the table, batch or location cannot be used that way
│   ├── LakeBusy              another process has kept a partition locked for too long
│   └── FileDamaged           a file of the lake cannot be read
├── BackupError
│   ├── BackupUnusable        the folder is taken, is no backup, or was damaged
│   └── TargetNotEmpty        the database to restore into holds rows already
└── OutboundError             a request to the outside; never says query, header or path
    ├── RequestRefused        we did not send it: scheme, host or address is not allowed
    ├── Unreachable           no connection, or it broke
    ├── TimedOut              no complete answer within the time allowed
    ├── RedirectRefused       the answer sends us elsewhere
    ├── AnswerTooLarge        the answer is longer than allowed
    └── AnswerBroken          the answer ended early or cannot be decompressed
"""


class WarehouseError(Exception):
    """Anything the warehouse refuses or cannot do; the message says what to do about it."""


class SettingInvalid(WarehouseError):
    """A setting has a value that cannot be used, or is required and missing."""


class DatabaseError(WarehouseError):
    """The database cannot be used."""


class DatabaseUnreachable(DatabaseError):
    """The database does not answer, or its file cannot be opened."""


class DatabaseNewer(DatabaseError):
    """The database has a revision this program does not know."""


class LakeError(WarehouseError):
    """The Parquet lake refuses something or cannot be read."""


class FrameRefused(LakeError):
    """Rows do not fit their table's declaration; nothing was written."""


class OperationRefused(LakeError):
    """The table, the batch name or the location cannot be used that way."""


class LakeBusy(LakeError):
    """Another process has kept a partition locked for too long."""


class FileDamaged(LakeError):
    """A file of the lake cannot be read."""


class BackupError(WarehouseError):
    """A backup cannot be written or restored."""


class BackupUnusable(BackupError):
    """The folder is taken, holds no backup, or its files are not what was written."""


class TargetNotEmpty(BackupError):
    """The database to restore into holds rows already."""


class OutboundError(WarehouseError):
    """A request to the outside failed; the message names the host and nothing else of the address."""


class RequestRefused(OutboundError):
    """The request was not sent: its scheme, host or address is not allowed."""


class Unreachable(OutboundError):
    """No connection could be made, or it broke."""


class TimedOut(OutboundError):
    """No complete answer came within the time allowed."""


class RedirectRefused(OutboundError):
    """The answer sends us elsewhere. `status_code` is its HTTP status."""

    def __init__(self, message: str, status_code: int) -> None:
        super().__init__(message)
        self.status_code = status_code


class AnswerTooLarge(OutboundError):
    """The answer is longer than allowed."""


class AnswerBroken(OutboundError):
    """The answer ended early or cannot be decompressed."""
