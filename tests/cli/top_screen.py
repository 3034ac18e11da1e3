# SPDX-License-Identifier: Apache-2.0
# goxelctl top in a terminal of its own: it draws, follows a change of the size,
# ends with q, and gives the terminal back as it was.
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(fd, seen, what, limit=10.0):
    """Reads until `what` holds for all that came; at most `limit` seconds."""
    end = time.monotonic() + limit
    while not what(seen[0]):
        left = end - time.monotonic()
        if left <= 0:
            sys.exit("did not come: %r ..." % seen[0][-300:])
        if select.select([fd], [], [], left)[0]:
            try:
                got = os.read(fd, 65536)
            except OSError:
                got = b""
            if not got:
                break
            seen[0] += got


pid, fd = pty.fork()
if pid == 0:
    os.environ.pop("NO_COLOR", None)
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], [sys.argv[1], "top", "--interval", "100"])
resize(fd, 30, 100)
before = termios.tcgetattr(fd)
seen = [b""]
read_until(fd, seen, lambda t: b"\x1b[?1049h" in t and b"q quits" in t and b"requests" in t)
resize(fd, 8, 60)
at = len(seen[0])
read_until(fd, seen, lambda t: t[at:].count(b"q quits") >= 3)
frame = seen[0].split(b"\x1b[H")[-2]
assert frame.count(b"\n") <= 8, frame
os.write(fd, b"q")
read_until(fd, seen, lambda t: t.endswith(b"\x1b[?1049l") or b"\x1b[?1049l" in t[at:])
_, status = os.waitpid(pid, 0)
assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
after = termios.tcgetattr(fd)
assert after[3] == before[3], "the terminal was not given back"
print("ok")
