"""Another program that never rests."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

_LONGEST = 60  # seconds: should whoever started it be killed, it ends by itself
_CODE = f"import time\nend = time.monotonic() + {_LONGEST}\nwhile time.monotonic() < end: pass"
_START = 0.1  # seconds: an interpreter without site packages needs a tenth of that


@contextlib.contextmanager
def busy_loop() -> Iterator[subprocess.Popen[bytes]]:
    """A process spins on one core, whichever the system gives it; raises RuntimeError if it did not until the end."""
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", _CODE])
    try:
        time.sleep(_START)
        yield process
        if process.poll() is not None:
            raise RuntimeError(
                f"the busy loop ended, as it does after {_LONGEST} seconds: nothing was measured beside it"
            )
    finally:
        process.kill()
        process.wait()
