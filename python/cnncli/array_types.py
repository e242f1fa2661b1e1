"""What arrays of NumPy hold, as annotations call it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of any type
FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]
