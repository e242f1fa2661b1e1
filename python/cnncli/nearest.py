"""The name that somebody meant who typed another one."""

from collections.abc import Iterable

_CUTOFF = 0.66  # of difflib's ratio: "sdg" is near "sgd", "tabs" is not near "lbfgs"
_LETTERS = 3  # that a beginning has to have


def nearest(word: str, known: Iterable[str], cutoff: float = _CUTOFF) -> str | None:
    """The name that `word` is but for case, a few letters, or an end that is missing or too much; None if none is near.

    >>> nearest("LeNet5", ["lenet5", "vgg"]), nearest("resnet", ["vgg", "resnet-small"]), nearest("zzz", ["vgg"])
    ('lenet5', 'resnet-small', None)
    """
    from difflib import get_close_matches  # here: only errors ask for it

    by_lower_case = {name.lower(): name for name in known}
    typed = word.lower()
    if typed in by_lower_case:
        return by_lower_case[typed]
    longer = [name for name in by_lower_case if len(name) > _LETTERS and typed.startswith(name)]
    if longer:  # "zero-initialization" is "zero-init"
        return by_lower_case[max(longer, key=len)]
    near = get_close_matches(typed, by_lower_case, cutoff=cutoff)
    if not near and len(typed.strip("-")) >= _LETTERS:
        near = sorted(name for name in by_lower_case if name.startswith(typed))[:1]
    return by_lower_case[near[0]] if near else None


def same_but_for_case(word: str, known: Iterable[str]) -> str:
    """The name that `word` is, exactly or but for its case where that is one name; `word` itself if it is none.

    >>> same_but_for_case("MNIST", ["mnist"]), same_but_for_case("./MNIST", ["mnist"])
    ('mnist', './MNIST')
    >>> same_but_for_case("a", ["A", "a"]), same_but_for_case("Ab", ["aB", "AB"])
    ('a', 'Ab')
    """
    names = set(known)
    alike = [name for name in names if name.lower() == word.lower()]
    return alike[0] if len(alike) == 1 and word not in names else word
