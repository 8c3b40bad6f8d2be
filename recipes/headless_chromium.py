"""Pages in headless Chromium, by its debugging pipe: no driver, no port."""

import base64
import contextlib
import fcntl
import functools
import http.server
import itertools
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
"""What it may be called on the PATH."""

# Chromium reads commands from file 3 and writes answers to file 4. The numbers
# that it is started with are above both.
_STARTER = """import os, sys
os.dup2(int(sys.argv[1]), 3), os.dup2(int(sys.argv[2]), 4)
os.execvp(sys.argv[3], sys.argv[3:])"""

_OPTIONS = (
    "--headless",
    "--no-sandbox",  # Containers forbid it; only own pages are shown.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
)


def program():
    """The path of Chromium, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class HeadlessChromium:
    """One page of headless Chromium.

    Args:
        size: (width, height) of the window in pixels.
        timeout: Seconds that an answer may take.

    Raises:
        ValueError: If Chromium is not installed.

    Example:
    >>> with served("page") as address, HeadlessChromium() as page:
    ...     page.open(address)
    ...     page.evaluate("document.title")
    'A walk'

    Reference:
    - Chrome DevTools Protocol
      (https://chromedevtools.github.io/devtools-protocol)
    """

    def __init__(self, size=(1240, 720), timeout=120):
        self.size = size
        self.timeout = timeout
        self._ids = itertools.count(1)
        self._session = {}
        self._received = b""

    def __enter__(self):
        found = program()
        if found is None:
            raise ValueError(
                "Chromium is not installed. Expected one of "
                f"{', '.join(PROGRAMS)} on the PATH. Received: none. On Debian "
                "and Ubuntu: apt install chromium."
            )
        with contextlib.ExitStack() as stack:
            profile = stack.enter_context(
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            )
            command_end, self._commands = _pipe(stack)
            self._answers, answer_end = _pipe(stack)
            process = subprocess.Popen(
                [sys.executable, "-c", _STARTER]
                + [str(command_end), str(answer_end), found, *_OPTIONS]
                + [f"--user-data-dir={profile}"]
                + ["--window-size={},{}".format(*self.size)],
                pass_fds=[command_end, answer_end],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(_end, process)
            os.close(answer_end)  # Else its end would not be noticed.
            target = self._call("Target.createTarget", url="about:blank")
            self._session = self._call(
                "Target.attachToTarget", **target, flatten=True
            )
            self._resources = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._resources.close()

    def open(self, address):
        """Go to an address."""
        self._call("Page.navigate", url=address)

    def evaluate(self, expression):
        """The value of an expression of JavaScript, awaited if a promise.

        Raises:
            RuntimeError: If it raises an exception.
        """
        answer = self._call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            text = details.get("exception", {}).get("description")
            raise RuntimeError(text or details["text"])
        return answer["result"].get("value")

    def wait_until(self, expression):
        """Wait until an expression is true.

        Raises:
            TimeoutError: If it is not in `timeout` seconds.
        """
        end = time.monotonic() + self.timeout
        while not self.evaluate(expression):
            if time.monotonic() > end:
                text = self.evaluate("document.body.innerText")
                raise TimeoutError(f"Not true: {expression}. Shown: {text}")
            time.sleep(0.2)

    def move_mouse(self, x, y):
        """Move the mouse to a place of the window, in pixels."""
        self._call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def screenshot(self, path):
        """Write what is shown as a PNG file."""
        answer = self._call("Page.captureScreenshot", format="png")
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))

    def _call(self, method, **parameters):
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        text = json.dumps({**message, **self._session}) + "\0"
        os.write(self._commands, text.encode())
        end = time.monotonic() + self.timeout
        while True:
            answer = self._read(end)
            if answer.get("id") == number:
                break
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return {
            key: value
            for key, value in answer["result"].items()
            if key != "frameId"
        }

    def _read(self, end):
        """The next message, or a `TimeoutError` at a time."""
        while b"\0" not in self._received:
            left = max(end - time.monotonic(), 0)
            if not select.select([self._answers], [], [], left)[0]:
                raise TimeoutError("Chromium does not answer.")
            more = os.read(self._answers, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has ended.")
            self._received += more
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)


def _pipe(stack):
    """The two ends of a pipe, with numbers that are not 3 or 4."""
    ends = []
    for low in os.pipe():
        ends.append(fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(low)
        stack.callback(_close, ends[-1])
    return ends


def _close(number):
    with contextlib.suppress(OSError):
        os.close(number)


def _end(process):
    process.kill()
    process.wait()


@contextlib.contextmanager
def served(folder):
    """A folder on a port of this machine, as long as the context lasts.

    Args:
        folder: Its path.

    Yields:
        The address, "http://127.0.0.1:41234".
    """
    handler = functools.partial(_QuietHandler, directory=os.fspath(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
