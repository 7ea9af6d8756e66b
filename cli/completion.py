"""`async-fix completion SHELL`: the script that makes the shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from .guard import emit


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash   eval "$(async-fix completion bash)"    in ~/.bashrc
    zsh    eval "$(async-fix completion zsh)"     in ~/.zshrc
    fish   async-fix completion fish > ~/.config/fish/completions/async-fix.fish
    """
    from .main import cli

    make = get_completion_class(shell)
    assert make is not None
    emit(make(cli, {}, "async-fix", "_ASYNC_FIX_COMPLETE").source())
