"""`async-fix completion SHELL`: the script that makes the shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ..shared.guard import emit


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash   eval "$(async-fix completion bash)"    in ~/.bashrc
    zsh    eval "$(async-fix completion zsh)"     in ~/.zshrc
    fish   async-fix completion fish > ~/.config/fish/completions/async-fix.fish
    """
    make = get_completion_class(shell)
    assert make is not None
    emit(make(context.find_root().command, {}, "async-fix", "_ASYNC_FIX_COMPLETE").source())
