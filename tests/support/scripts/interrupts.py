"""For scripts that are interrupted: how soon a call ends after SIGINT."""

import os
import signal
import sys
import threading
import time


def interrupted_after(call, wait=0.1):
    """Sends SIGINT `wait` seconds into the call; seconds from the signal to KeyboardInterrupt, or None."""
    sent = []

    def send():
        time.sleep(wait)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        call()
        sender.join()
        time.sleep(0.05)  # the signal of a call that was too short arrives here
    except KeyboardInterrupt:
        caught = time.monotonic()
        sender.join()
        assert sent, "interrupted before the signal"
        return caught - sent[0]
    sys.exit("the call was not interrupted")


def check_soon(call, what, wait=0.1):
    """Within 0.2 s, in one of five tries: the machine may have been elsewhere in the others."""
    delays = []
    for _ in range(5):
        delays.append(interrupted_after(call, wait))
        if delays[-1] < 0.2:
            return
    sys.exit(f"{what}: {min(delays):.3f} s at best of 5")
