"""Reed-Solomon code over GF(256): some bytes more, by which that many halves of wrong ones are put right.

Source: Reed & Solomon 1960, "Polynomial codes over certain finite fields"; Massey 1969, "Shift-register synthesis and
BCH decoding"; Forney 1965. The field is that of QR codes: x^8 + x^4 + x^3 + x^2 + 1, with the generator 2.
"""

from cnncli.errors import DataError

_FIELD = 0x11D


def _tables() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value <<= 1
        value ^= _FIELD if value > 255 else 0
    return powers, logs


_POWERS, _LOGS = _tables()


def _times(one: int, other: int) -> int:
    return _POWERS[_LOGS[one] + _LOGS[other]] if one and other else 0


def _inverse(value: int) -> int:
    return _POWERS[255 - _LOGS[value]]


def _product(one: list[int], other: list[int]) -> list[int]:
    result = [0] * (len(one) + len(other) - 1)
    for i, left in enumerate(one):
        for j, right in enumerate(other):
            result[i + j] ^= _times(left, right)
    return result


def _value(polynomial: list[int], at: int) -> int:
    """Of a polynomial whose highest coefficient stands first (Horner)."""
    total = 0
    for coefficient in polynomial:
        total = _times(total, at) ^ coefficient
    return total


def encoded(data: bytes, parity: int) -> bytes:
    """The data, and `parity` bytes behind them; at most 255 in all.

    >>> encoded(b"cnn", 4).hex()
    '636e6e04998d73'
    """
    generator = [1]
    for power in range(parity):
        generator = _product(generator, [1, _POWERS[power]])
    rest = [*data, *([0] * parity)]
    for place in range(len(data)):
        factor = rest[place]
        for step in range(1, len(generator)):
            rest[place + step] ^= _times(generator[step], factor)
    return data + bytes(rest[len(data) :])


def decoded(received: bytes, parity: int) -> bytes:
    """The data, with up to parity // 2 bytes of what was received put right.

    Raises DataError when more are wrong.

    >>> decoded(bytes([99, 0, 110]) + encoded(b"cnn", 4)[3:], 4)
    b'cnn'
    """
    word = list(received)
    syndromes = [_value(word, _POWERS[power]) for power in range(parity)]
    if any(syndromes):
        locator = _locator(syndromes)
        count = len(locator) - 1
        places = [place for place in range(len(word)) if _value(locator[::-1], _POWERS[(255 - place) % 255]) == 0]
        if count > parity // 2 or len(places) != count:
            raise DataError(f"more than {parity // 2} bytes are wrong")
        _mend(word, syndromes, locator, places)
        if any(_value(word, _POWERS[power]) for power in range(parity)):
            raise DataError(f"more than {parity // 2} bytes are wrong")
    return bytes(word[: len(word) - parity])


def _locator(syndromes: list[int]) -> list[int]:
    """Berlekamp and Massey's polynomial, lowest coefficient first, which is 0 at the inverse of each wrong place."""
    locator, before, length, shift, last = [1], [1], 0, 1, 1
    for step, syndrome in enumerate(syndromes):
        error = syndrome
        for index in range(1, length + 1):
            error ^= _times(locator[index], syndromes[step - index])
        if error == 0:
            shift += 1
            continue
        factor = _times(error, _inverse(last))
        moved = [0] * shift + [_times(factor, one) for one in before]
        size = max(len(locator), len(moved))
        changed = [a ^ b for a, b in zip(_filled(locator, size), _filled(moved, size), strict=True)]
        if 2 * length <= step:
            before, last, length, shift = locator, error, step + 1 - length, 1
        else:
            shift += 1
        locator = changed
    while locator[-1] == 0:
        locator.pop()
    return locator


def _filled(values: list[int], size: int) -> list[int]:
    return values + [0] * (size - len(values))


def _mend(word: list[int], syndromes: list[int], locator: list[int], places: list[int]) -> None:
    """Forney's formula: the error at each place; places count from the word's end."""
    evaluator = _product(syndromes, locator)[: len(syndromes)]
    derivative = [value if power % 2 == 1 else 0 for power, value in enumerate(locator)][1:]
    for place in places:
        inverse = _POWERS[(255 - place) % 255]
        below = _value(derivative[::-1], inverse)
        if below:
            error = _times(_POWERS[place % 255], _times(_value(evaluator[::-1], inverse), _inverse(below)))
            word[len(word) - 1 - place] ^= error
