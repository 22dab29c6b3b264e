"""The group of all commands, and how each of them ends."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

import click

from redis_xcom.cli import claims, gc, health, items, watching
from redis_xcom.errors import BadArgument, RedisXComError

FAILED, MISUSED = 1, 2
LOGIN = re.compile(r"//\S*@")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="redis-xcom")
def commands() -> None:
    """Look into exclusive work queues on Redis or Valkey, and put right what is wrong.

    The server is that of --url or of REDIS_XCOM_URL. Exit codes: 0 done, 1 refused by the server
    or something is wrong, 2 not understood.
    """


for module in (items, claims, watching, health, gc):
    for command in module.COMMANDS:
        commands.add_command(command)


def run(words: Sequence[str]) -> int:
    """Run the command that the words say; return its exit code. No password is ever printed."""
    try:
        code = commands.main(list(words), prog_name="redis-xcom", standalone_mode=False)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        usage = f"{context.get_usage()}\n" if context else ""
        return _complain(f"{usage}Error: {error.format_message()}", error.exit_code)
    except click.Abort:
        return _complain("Stopped.", FAILED)
    except RedisXComError as error:
        return _complain(f"Error: {error}", MISUSED if isinstance(error, BadArgument) else FAILED)
    except UnicodeError as error:  # an answer to a question that is no text
        return _complain(f"Error: {error}", MISUSED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return int(code or 0)


def _complain(what: str, code: int) -> int:
    click.echo(_without_login(what), err=True)
    return code


def _without_login(text: str) -> str:
    return LOGIN.sub("//…@", text)
