"""What may be done in a folder."""

import os
from pathlib import Path


def withheld(folder: Path) -> str:
    """What may not be done in a folder, "" when all may be: rights are missing, or its disk is mounted to be read only."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return "cannot be read"
    return "" if os.access(folder, os.W_OK) else "can be read and not written"
