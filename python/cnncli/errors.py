"""The errors that a user can cause. Each is one clear line: where, the rule, the value found, the remedy."""


class CnnError(Exception):
    """A failure with a cause the user can mend; the command line prints it as one line and exits with 1."""

    exit_code = 1


class WriteError(CnnError):
    """A file that cannot be written; the old content is untouched, and later it may work."""


class UsageError(CnnError, ValueError):
    """Arguments that make no sense together; the command line exits with 2."""

    exit_code = 2


class MissingError(CnnError):
    """A name or a path that was given, of something that does not exist; the command line exits with 2, as for a name
    of an unknown network."""

    exit_code = 2


class Interrupted(CnnError):
    """A step or an evaluation was asked to stop; nothing but gradients has changed."""


class ShapeError(CnnError, ValueError):
    """Shapes that do not fit together; names the layer, both shapes and the remedy."""


class DataError(CnnError):
    """A data set that cannot be read or used."""


class MissingDataError(MissingError, DataError):
    """A data set, a table or a picture that was named and does not exist."""


class NoGlyphError(DataError):
    """A picture that can be read, but in which no glyph is found: blank, or a photo of something else."""


class FormatError(CnnError):
    """A model file or a network description that breaks a rule of its format."""
