"""Code that users write, as it is called: what goes wrong in it is one line with the method, the file and the line."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cnncli.errors import CnnError
from cnncli.shown import from_here

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120 (loaded with every command)


class CustomCodeError(CnnError):
    """An exception inside a loss, an optimizer or a file that a user has written; the exception is its cause."""


@contextmanager
def calling(subject: Any, method: str, kind: type[CnnError] = CustomCodeError) -> Iterator[None]:
    """Turns what `subject.method` raises into an error of one line; the program's own errors are such lines already.

    kind : of the error, made of (who, what happened) where it keeps the two apart, else of one line
    """
    try:
        yield
    except CnnError:
        raise
    except Exception as error:
        who, what = name_of(subject), fault_text(error, method, getattr(type(subject), method, None))
        made = kind(f"{who}: {what}") if kind is CustomCodeError else kind(who, what)
        raise made from error


@contextmanager
def making(kind: type) -> Iterator[None]:
    """As `calling`, for the making of an object of a class."""
    try:
        yield
    except CnnError:
        raise
    except Exception as error:
        what = fault_text(error, "__init__", vars(kind).get("__init__"))
        raise CustomCodeError(f"{kind.__name__}: {what}") from error


def name_of(subject: Any) -> str:
    """Its repr in one line, or its type where the repr has several or fails."""
    try:
        text = repr(subject)
    except Exception:
        text = "\n"
    return type(subject).__name__ if "\n" in text else text


def fault_text(error: Exception, method: str, function: Any = None) -> str:
    """What happened in a method: "update_output raised ZeroDivisionError: division by zero (my_layers.py:14)".

    function : the method itself, whose place is told where the call did not get into it
    """
    place = place_of(error, function)
    if isinstance(error, ValueError) and "read-only" in str(error):
        given = "its input" if method in ("update_output", "forward") else "its input or its grad_output"
        return (
            f"{method} writes to {given}, which belongs to other layers{place}; make a new array, or work on a copy "
            "such as input.copy()"
        )
    message = " ".join(str(error).split())
    return f"{method} raised {type(error).__name__}{': ' + message if message else ''}{place}"


def place_of(error: BaseException, function: Any = None) -> str:
    """ (file:line), where in a user's file it happened: the innermost line that is neither ours nor a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_users(frame.filename)]
    if own:
        return f" ({from_here(own[-1].filename)}:{own[-1].lineno})"
    code = getattr(function, "__code__", None)
    if code is not None and _is_users(code.co_filename):
        return f" ({from_here(code.co_filename)}:{code.co_firstlineno})"
    return ""


def _is_users(file: str) -> bool:
    libraries = (_PACKAGE, os.path.join(sys.prefix, "lib"), os.path.join(sys.base_prefix, "lib"))  # noqa: PTH118
    return not file.startswith(libraries) and not file.startswith("<frozen")
