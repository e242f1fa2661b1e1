"""`cnn completion`."""

import os
from pathlib import Path

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.options import NearestChoice, debug_option
from cnncli.cli.streams import echo

_SHELLS = ("bash", "zsh", "fish")
# What click's scripts have, and what does as it should; that it does, tests see in the shells themselves.
_MENDED = {
    # The first Tab of a session loads the file as the function _cnn; the second one, calling that, completed nothing.
    "zsh": {"[[ $zsh_eval_context[-1] == loadautofunc ]]": "[[ $funcstack[1] == _cnn ]]"},
    # A comma in what a command does was taken for its end.
    "fish": {'string split ","': 'string split -m 1 ","'},
}


@click.command(
    "completion",
    cls=HelpCommand,
    short_help="Let the shell complete commands, options and names.",
    epilog="\b\nExample:\n  cnn completion bash",
)
@click.argument("shell", type=NearestChoice(_SHELLS), metavar="bash|zsh|fish")
@click.option("--print", "only_print", is_flag=True, help="Print the script and write nothing.")
@debug_option
@click.pass_context
def command(ctx: click.Context, shell: str, only_print: bool) -> None:
    """Write the script by which the Tab key completes commands, options, networks, data sets, runs and files.

    It goes where the shell looks for such scripts of this user.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "cnn", "_CNN_COMPLETE").source()
    for found, mended in _MENDED.get(shell, {}).items():
        script = script.replace(found, mended)
    if only_print:
        echo(script)
        return
    path = _place(shell)
    from cnncli.storage.files import write_atomically

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, script.encode())
    echo(f"{path}: written; a new {shell} completes cnn")
    if shell == "zsh":
        echo(f"if it does not, put this into ~/.zshrc: fpath=({path.parent} $fpath); autoload -U compinit; compinit")


def _place(shell: str) -> Path:
    """Where a shell looks for the user's scripts."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    shared = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    if shell == "fish":
        return config / "fish" / "completions" / "cnn.fish"
    if shell == "zsh":
        return shared / "zsh" / "site-functions" / "_cnn"
    return shared / "bash-completion" / "completions" / "cnn"
