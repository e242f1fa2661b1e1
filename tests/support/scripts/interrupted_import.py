"""`python interrupted_import.py MODULE train ...`: the command `cnn`, with a Ctrl-C where it imports the module."""

import os
import runpy
import signal
import sys

name = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in the background without it


class Interrupting:
    """Finds nothing."""

    @staticmethod
    def find_spec(wanted, path=None, target=None):
        if wanted == name:
            os.kill(os.getpid(), signal.SIGINT)


sys.meta_path.insert(0, Interrupting)
runpy.run_module("cnncli", run_name="__main__", alter_sys=True)
