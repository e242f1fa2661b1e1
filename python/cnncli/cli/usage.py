"""The one line for a command line that cannot be run: what was typed, the rule, the remedy."""

from collections.abc import Sequence

import click
from click.exceptions import NoSuchOption

from cnncli.nearest import nearest
from cnncli.shown import printable

# What other programs call our options: understood where the command has no option of that name.
_OTHER_WORDS = {
    "--validation": "--val",
    "--val-split": "--val",
    "--architecture": "--arch",
    "--network": "--arch",
    "--net": "--arch",
    "--model": "--arch",
    "--output": "--out",
    "--dataset": "--data",
    "--batch": "--batch-size",
    "--batchsize": "--batch-size",
    "--bs": "--batch-size",
    "--max-epochs": "--epochs",
    "--num-epochs": "--epochs",
    "--learning-rate": "--lr",
    "--learningrate": "--lr",
    "--rate": "--lr",
    "--optimiser": "--optim",
    "--optimization": "--optim",
    "--criterion": "--loss",
    "--wd": "--weight-decay",
    "--l2": "--weight-decay",
    "--scheduler": "--schedule",
    "--color": "--colour",
    "--image-size": "--pixels",
    "--imgsz": "--pixels",
    "--accuracy": "--target",
    "--augmentation": "--augment",
    "--aug": "--augment",
    "--aa": "--augment",
    "--translate": "--shift",
    "--degrees": "--rotate",
    "--rotation": "--rotate",
    "--zoom": "--scale",
    "--slant": "--shear",
    "--elastic-transform": "--elastic",
    "--reprob": "--erase",
    "--erasing": "--erase",
    "--random-erasing": "--erase",
    "--random-erase": "--erase",
    "--cutout": "--erase",
    "--random-crop": "--crop",
    "--crop-padding": "--crop",
    "--fliplr": "--flip",
    "--hflip": "--flip",
    "--horizontal-flip": "--flip",
    "--color-jitter": "--jitter",
    "--colour-jitter": "--jitter",
    "--mixup-alpha": "--mixup",
    "--jobs": "--threads",
    "--workers": "--threads",
    "--num-threads": "--threads",
    "--weights": "--model",
    "--checkpoint": "--model",
}


def in_our_words(command: click.Command, arguments: Sequence[str], ctx: click.Context) -> list[str]:
    """The command line with options of other programs under their names here."""
    known = {name for parameter in command.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
    end = arguments.index("--") if "--" in arguments else len(arguments)
    translated = []
    for word in arguments[:end]:
        name, equals, value = word.partition("=")
        here = _OTHER_WORDS.get(name.lower(), name)
        translated.append(here + equals + value if name not in known and here in known else word)
    return [*translated, *arguments[end:]]


def check_values(command: click.Command, arguments: Sequence[str], ctx: click.Context) -> None:
    """Raises UsageError for an option without its value; click would take the next option for it: `--out --json`."""
    options = {
        name: p
        for p in command.get_params(ctx)
        if isinstance(p, click.Option)
        for name in (*p.opts, *p.secondary_opts)
    }
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return
        name, equals, _ = word.partition("=")
        option = options.get(name)
        if option is None:
            continue
        takes_value = not (option.is_flag or option.count)
        if takes_value and isinstance(option.flag_value, str):  # it may stand alone; unset it is a thing of click's own
            continue
        if equals and not takes_value and word.startswith("--"):
            raise click.UsageError(f"{name} is on or off; write {name} alone", ctx)
        if takes_value and not equals:
            if not rest or rest[0] in options:
                raise click.UsageError(f"{name} needs a value: {name} {option.make_metavar(ctx)}", ctx)
            rest.pop(0)


def usage_line(error: click.ClickException) -> str:
    """The line, with the command and where its help is."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = ctx.command_path if ctx else "cnn"
    message = printable(_message(error, ctx))
    if not message[:2].isupper():  # of click's own sentences; FILE and CNN_NUM_THREADS stay
        message = message[:1].lower() + message[1:].rstrip(".")
    return f"{path}: {message} (see {path} --help)"


def _message(error: click.ClickException, ctx: click.Context | None) -> str:
    if isinstance(error, NoSuchOption):
        if error.option_name[1:2].isdigit() or error.option_name[1:2] == ".":
            return f"no option {error.option_name}; what begins with a negative number comes last, behind --: -- -1,2"
        return f"no option {error.option_name}{_nearest(error.option_name, ctx)}"
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Argument) and ctx:
        return f"{error.param.make_metavar(ctx)} is missing{_example(ctx)}"
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter) and error.param:
        if not isinstance(error.param, click.Option):
            return error.message
        return f"{_source(error.param, ctx)}{error.message}"
    text = error.format_message()
    if ctx and text.startswith("Got unexpected extra argument"):
        words = text.partition("(")[2].rpartition(")")[0]
        return f"{words}: more than this command takes{_example(ctx)}"
    return text


def _source(option: click.Option, ctx: click.Context | None) -> str:
    """What the user wrote the value in: the option, or a variable of the environment."""
    environment = click.core.ParameterSource.ENVIRONMENT
    if ctx and option.name and ctx.get_parameter_source(option.name) is environment and isinstance(option.envvar, str):
        return f"{option.envvar}="
    return f"{option.opts[0]} "


def _nearest(name: str, ctx: click.Context | None) -> str:
    """The nearest option of the command, as a remedy."""
    known = [opt for p in ctx.command.get_params(ctx) for opt in p.opts if opt.startswith("--")] if ctx else []
    near = nearest(name, known)
    return f"; did you mean {near}?" if near else ""


def _example(ctx: click.Context) -> str:
    """The example at the end of the command's help."""
    lines = (ctx.command.epilog or "").split("\n")
    return f"; use it as in: {lines[-1].strip()}" if len(lines) > 1 else ""
