"""Commands in what people read, written so that they can be copied and run where they are read."""

import os
import re
import shlex
import shutil
import sys
from importlib.metadata import entry_points
from pathlib import Path

from warehouse.settings import HOME


def hint(command: str) -> str:
    """The command as it can be typed here: the program where it lies if the shell does not find it, the home if named.

    Commands of `stratum` are written as `stratum ...`; of any other the program stays as it is.
    """
    program, _, rest = command.partition(" ")
    return f"{_home()}{_program() if program == 'stratum' else program} {rest}"


def with_hints(text: str, group: str = "stratum.commands") -> str:
    """The text with every command of `stratum` in it as it can be typed here; what is no command of its group stays.

    A command that is written that way already stays as it is.
    """
    names = "|".join(sorted(re.escape(point.name) for point in entry_points(group=group)))
    written = rf"(?<![\w/.'\"-])(?:{HOME.name}=(?:'[^']*'|\S+) )?stratum (?=(?:{names})\b)"
    prefix = hint("stratum ").rstrip() + " "
    return re.sub(written, lambda _: prefix, text)


def _home() -> str:
    """How the folder of all state is named in front of a command, "" where it is the usual one."""
    home = HOME.text(os.environ)
    is_default = Path(home).expanduser().absolute() == Path(str(HOME.default)).absolute()
    return "" if is_default else f"{HOME.name}={shlex.quote(home)} "


def _program() -> str:
    """How the shell finds this very program: by its name, or by its path from the working folder."""
    ours = Path(sys.executable).with_name("stratum")
    found = shutil.which("stratum")
    if not ours.exists() or (found and Path(found).resolve() == ours.resolve()):
        return "stratum"
    here = Path.cwd()
    return shlex.quote(str(ours.relative_to(here) if ours.is_relative_to(here) else ours))
