"""Connected parts of a mask."""

import numpy as np
import numpy.typing as npt


def label_parts(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], int]:
    """Numbers the parts of a mask whose pixels touch by a side or a corner.

    Runs of each row are joined with the runs of the row above that they touch, by union-find.

    Parameters
    ----------
    mask : bool (H, W)

    Returns
    -------
    (labels, count) : int32 (H, W), 0 where the mask is False, else 1..count in order of first pixel; int

    Source: Rosenfeld & Pfaltz 1966, "Sequential operations in digital picture processing"

    >>> label_parts(np.array([[True, False, True], [True, False, False]]))[0].tolist()
    [[1, 0, 2], [1, 0, 0]]
    """
    height, width = mask.shape
    edges = np.diff(mask.astype(np.int8), prepend=np.int8(0), append=np.int8(0))  # (H, W + 1): +1 start, -1 end
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    parent = list(range(len(starts)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    first_run = np.searchsorted(rows, np.arange(height + 1)).tolist()
    start_list, end_list = starts.tolist(), ends.tolist()
    for row in range(1, height):
        above, current = first_run[row - 1], first_run[row]
        while above < first_run[row] and current < first_run[row + 1]:
            if start_list[above] <= end_list[current] and start_list[current] <= end_list[above]:
                one, other = root(above), root(current)
                parent[max(one, other)] = min(one, other)
            if end_list[above] < end_list[current]:
                above += 1
            else:
                current += 1
    for run, before in enumerate(parent):  # a parent comes before its runs and has its root already
        parent[run] = parent[before]
    roots = np.array(parent, dtype=np.int64)
    numbers = np.unique(roots, return_inverse=True)[1] + 1 if len(roots) else roots
    labels = np.zeros((height, width), np.int32)
    labels[mask] = np.repeat(numbers, ends - starts)  # row-major order is the order of the runs
    return labels, int(numbers.max()) if len(roots) else 0
