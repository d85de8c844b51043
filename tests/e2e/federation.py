"""federation.py - a federation of real daemons on the loopback interface, for the end-to-end tests.

Needs nothing but the program: every call goes through the command line, as a user's would.
"""
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORTS = ROOT / "deploy" / "demo.d" / "reports"
EXIT = {"done": 0, "failed": 1, "usage": 2, "pending": 3, "not found": 4, "refused": 5, "not running": 6,
        "locked": 7, "verification failed": 8, "try later": 75}


class Failure(Exception):
    """What a test found wrong, in words."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    """One unit's directory and its daemon."""

    def __init__(self, federation, unit, parent=None, listens=True):
        self.federation = federation
        self.unit = unit
        self.parent = parent
        self.dir = federation.home / unit
        self.port = free_port() if listens else None
        self.process = None
        self.log = federation.home / f"{unit}.log"

    def run(self, *words, stdin=None, expect=0):
        """Runs a verb on this node; returns its stdout. expect None: returns the finished process."""
        return self.federation.run("-n", str(self.dir), *words, stdin=stdin, expect=expect)

    def lines(self, *words):
        """A reading verb's --json output as a list of objects."""
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]

    def listen(self):
        return ["--listen", f"tcp://127.0.0.1:{self.port}"] if self.port else []

    def start(self, seconds=20):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.federation.daemon, "-n", str(self.dir), "serve"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.federation.env)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failure(f"{self.unit} did not start: {self.log.read_text()[-2000:]}")
            if self.run("status", expect=None).returncode == 0:
                return self
            time.sleep(0.02)
        raise Failure(f"{self.unit} is not ready after {seconds} s: {self.log.read_text()[-2000:]}")

    def kill(self):
        """A power cut for the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        """A clean stop; it must exit 0."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process = None
        if code != 0:
            raise Failure(f"{self.unit} stopped with exit {code}: {self.log.read_text()[-2000:]}")


class Federation:
    """All nodes, in a temporary folder that goes away unless the test failed."""

    def __init__(self, program, daemon=None):
        self.program = str(program)
        self.daemon = str(daemon or program)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="donggui-e2e."))
        self.env = dict(os.environ, DONGGUI_REGIMES=str(ROOT / "deploy" / "regimes"), LANGUAGE="en", LC_ALL="C.UTF-8")
        self.nodes = {}
        self.days = 0  # that the clock was moved by

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for node in self.nodes.values():
            node.kill()
        if kind is None:
            shutil.rmtree(self.home)
        else:
            print(f"the nodes' folders are left in {self.home}")

    def move_clock(self, days):
        """Puts the clock of every node and call on by so many days, as if they had passed. Once called, even with 0,
        before the first node is made, it can be called at any time."""
        path = self.home / "clock"
        self.days += days
        with open(path, "r+b" if path.exists() else "xb") as clock:
            clock.write(struct.pack("=q", self.days * 86400))
        preload = pathlib.Path(self.program).resolve().parent / "tests" / "e2e" / "moved_clock.so"
        options = os.environ.get("ASAN_OPTIONS", "")
        self.env.update(MOVED_CLOCK=str(path), LD_PRELOAD=str(preload),
                        ASAN_OPTIONS=f"{options}:verify_asan_link_order=0".lstrip(":"))

    def day(self, days=0):
        """A Vietnamese day by the federation's clock, so many days from today."""
        vietnam = datetime.timezone(datetime.timedelta(hours=7))
        return (datetime.datetime.now(vietnam) + datetime.timedelta(days=self.days + days)).strftime("%Y-%m-%d")

    def run(self, *words, stdin=None, expect=0):
        done = subprocess.run([self.program, *words], input=stdin, capture_output=True, text=True, env=self.env,
                              timeout=120, check=False)
        if expect is None:
            return done
        if done.returncode != expect:
            raise Failure(f"donggui {' '.join(words)}: exit {done.returncode}, not {expect}\n{done.stdout}{done.stderr}")
        return done.stdout

    @staticmethod
    def regimes(names):
        """--regime for each of them; one alone may be a word, none at all None."""
        names = [names] if isinstance(names, str) else names or []
        return [word for name in names for word in ("--regime", name)]

    def root(self, unit="binh-phuoc", level="province", name="Tỉnh Bình Phước", regime="binh-phuoc", organs=()):
        node = Node(self, unit)
        words = [word for organ in organs for word in ("--organ", organ)]
        self.run("init", str(node.dir), "--root", "--federation", "danvan.example", "--unit", unit, "--level", level,
                 "--name", name, *self.regimes(regime), *node.listen(), *words)
        self.nodes[unit] = node
        return node.start()

    def child(self, parent, unit, level, name, regime=None, listens=True, organs=()):
        node = Node(self, unit, self.nodes[parent], listens)
        invite = ["invite", "--unit", unit, "--level", level, "--name", name]
        line = node.parent.run(*invite, *self.regimes(regime))
        words = [word for organ in organs for word in ("--organ", organ)]
        self.run("join", str(node.dir), "-", *node.listen(), *words, stdin=line)
        self.nodes[unit] = node
        return node.start()

    def usual(self):
        """Three levels and a bloc: the federation of most tests."""
        self.root()
        self.child("binh-phuoc", "dong-phu", "district", "Huyện Đồng Phú", regime="huyen")
        self.child("binh-phuoc", "khoi-cac-co-quan", "bloc", "Đảng ủy Khối các cơ quan tỉnh")
        self.child("dong-phu", "tan-loi", "commune", "Xã Tân Lợi", listens=False)
        self.child("khoi-cac-co-quan", "chi-bo-so-noi-vu", "cell", "Chi bộ Sở Nội vụ", listens=False)
        return self

    def settle(self, seconds=180):
        """Waits until no outbox holds anything."""
        end = time.monotonic() + seconds
        while True:
            waiting = {unit: len(node.lines("queue")) for unit, node in self.nodes.items()}
            if not any(waiting.values()):
                return
            if time.monotonic() > end:
                raise Failure(f"still waiting after {seconds} s: {waiting}")
            time.sleep(0.2)

    def mailboxes(self):
        """{address: [ids]} of every organ of every node."""
        boxes = {}
        for unit, node in self.nodes.items():
            for there in node.lines("tree"):
                if there["unit"] != unit:
                    continue
                for organ in there["organs"]:
                    slug = organ["organ"].split("@")[0]
                    boxes[f"{slug}@{unit}"] = [mail["id"] for mail in node.lines("inbox", slug, "--all")]
        return boxes


def main(test):
    """Runs test(program, daemon) from the command line: PROGRAM [DAEMON] [NAME=VALUE]…"""
    import sys

    words = [word for word in sys.argv[1:] if "=" not in word]
    options = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
    program = words[0] if words else ROOT / "build" / "donggui"
    try:
        test(program, words[1] if len(words) > 1 else program, options)
    except Failure as failure:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {failure}")
