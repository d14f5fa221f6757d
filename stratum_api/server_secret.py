"""The server's secret that keys are hashed with: from the settings, else made once and kept in a file only we can read."""

import os
import secrets
from pathlib import Path

from warehouse.errors import SettingInvalid


def server_secret(configured: str, home: Path) -> bytes:
    """The secret as bytes. Several processes may ask at once: the first one makes it.

    Raises SettingInvalid when its file is empty or others may read it.
    """
    if configured:
        return configured.encode()
    file = home / "api" / "secret"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        _make(file)
    if file.stat().st_mode & 0o077:
        raise SettingInvalid(f"{file} can be read by others, and it holds the secret of all keys: chmod 600 it.")
    found = file.read_text(encoding="ascii").strip()
    if len(found) < 32:
        raise SettingInvalid(
            f"{file} does not hold a secret. Bring it back from a backup, or remove it and issue new keys."
        )
    return found.encode()


def _make(file: Path) -> None:
    """Write it whole under another name first; the link fails where another process was faster."""
    draft = file.with_name(f".secret-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(32).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
