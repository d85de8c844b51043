#!/usr/bin/env python3
"""hostile.py - what strangers, bad neighbours, bad disks and confused people do to a node, and what each gets.

    tests/e2e/hostile.py [PROGRAM [DAEMON]] villain=PATH [rounds=1] [only=GROUP] [rss=MIB] [slack=SECONDS]

A province, a district that goes bad, another that stays good and pushes all the while. After each attack the
province must live, the good district must be served, nothing that was accepted may be lost, and the memory of
the province must be within its bound. A campaign is the release program with rounds=100, rss=48 and slack=0.2; the defaults allow for
sanitizers and for a machine that is busy with other tests.
"""
import json
import os
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import threading
import time

from federation import Failure, Federation, main

REPORT = """---
kind: periodic
period: 2026-10
number: {number}
date: 2026-10-25
title: Báo cáo tháng 10
---
# I. Tình hình Nhân dân
Nhân dân tập trung sản xuất.
"""
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00"
SLOWER = 2  # so much longer a good district may wait while another is bad


def rss(node, what="VmRSS:"):
    """MiB that the daemon has in memory, or had at most (VmHWM)."""
    for line in open(f"/proc/{node.process.pid}/status", encoding="ascii"):
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise Failure(f"no {what}")


def descriptors(node):
    return len(os.listdir(f"/proc/{node.process.pid}/fd"))


class Good(threading.Thread):
    """The district that stays good: pushes and waits for the receipt, for ever."""

    def __init__(self, federation, node):
        super().__init__(daemon=True)
        self.federation, self.node = federation, node
        self.done = threading.Event()
        self.seconds, self.sent, self.failure = [], [], None

    def run(self):
        number = 0
        path = self.federation.home / "good.md"
        while not self.done.is_set() and self.failure is None:
            number += 1
            path.write_text(REPORT.format(number=f"{number}-BC/HU"))
            begun = time.monotonic()
            done = self.node.run("push", str(path), "--from", "cap-uy", "--wait", "30", expect=None)
            if done.returncode != 0:
                self.failure = f"the good district pushes with {done.returncode}: {done.stderr}"
            self.seconds.append(time.monotonic() - begun)
            self.sent.append(done.stdout.strip())
            self.done.wait(0.2)


class Scene:
    """The federation and what is measured of it."""

    def __init__(self, federation, villain, limit, slack):
        self.federation, self.villain, self.limit, self.slack = federation, str(villain), limit, slack
        self.province = federation.root()
        self.bad = federation.child("binh-phuoc", "dong-phu", "district", "Huyện Đồng Phú", regime="huyen")
        self.good = federation.child("binh-phuoc", "bu-dang", "district", "Huyện Bù Đăng", regime="huyen")
        path = federation.home / "first.md"
        path.write_text(REPORT.format(number="1-BC/HU"))
        self.first = self.bad.run("push", str(path), "--from", "cap-uy", "--wait", "30").strip()
        self.bad.stop()
        self.boot = 1000
        self.pusher = Good(federation, self.good)
        self.pusher.start()
        time.sleep(4)
        self.usual = statistics.median(self.pusher.seconds)
        self.begun_rss = rss(self.province)
        self.checks = 0

    def attack(self, name):
        """Lets the bad district say everything of one attack; returns [(what, answer)]."""
        self.boot += 1
        done = subprocess.run([self.villain, str(self.bad.dir), str(self.boot), name], capture_output=True, text=True,
                              timeout=120, check=False)
        lines = done.stdout.splitlines()
        if done.returncode != 0 or not lines or lines[-1] != "alive":
            raise Failure(f"{name}: {done.returncode} {done.stderr} {lines[-3:]}\n{self.province.log.read_text()[-3000:]}")
        return [tuple(line.split("\t")) for line in lines[:-1]]

    def check(self, good, what):
        self.checks += 1
        if not good:
            raise Failure(f"{what}\n{self.province.log.read_text()[-2000:]}")

    def measured(self, name, work):
        """Runs an attack and judges what it did to everybody else."""
        before = len(self.pusher.seconds)
        work(self)
        while len(self.pusher.seconds) < before + 3 and self.pusher.failure is None:
            time.sleep(0.1)
        if self.pusher.failure:
            raise Failure(f"{name}: {self.pusher.failure}")
        slow, memory = statistics.median(self.pusher.seconds[before:]), rss(self.province)
        print(f"  {name:28} sibling {slow:5.2f} s (usually {self.usual:.2f}), RSS {memory:6.1f} MiB "
              f"({memory - self.begun_rss:+.1f}), at most {rss(self.province, 'VmHWM:'):.1f}", flush=True)
        self.check(slow <= SLOWER * self.usual + self.slack, f"{name}: the good district waits {slow} s, not {self.usual}")
        self.check(memory - self.begun_rss <= self.limit, f"{name}: {memory - self.begun_rss} MiB more than before")
        self.check(self.province.process.poll() is None, f"{name}: the province has ended")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.province.port), timeout=10)


# ---- transport -------------------------------------------------------------------------------------------------


def closed_within(sockets, seconds):
    """How many of the sockets the other side has closed after so long."""
    end, open_ones = time.monotonic() + seconds, list(sockets)
    while open_ones and time.monotonic() < end:
        still = []
        for sock in open_ones:
            sock.setblocking(False)
            try:
                while sock.recv(4096):
                    pass
            except BlockingIOError:
                still.append(sock)
            except OSError:
                pass
        open_ones = still
        time.sleep(0.1)
    for sock in sockets:
        sock.close()
    return len(sockets) - len(open_ones)


def idle(scene):
    sockets = [scene.connect() for _ in range(300)]
    scene.check(closed_within(sockets, 12) == 300, "idle sockets stay open")


def greeting_only(scene):
    sockets = [scene.connect() for _ in range(300)]
    for sock in sockets:
        sock.sendall(GREETING)
    scene.check(closed_within(sockets, 12) == 300, "half a greeting holds a socket")


def strange_words(scene):
    """What is no ZeroMQ, and mechanisms that are not CURVE, get nothing and are cut."""
    mechanism = [b"NULL", b"PLAIN", b"GSSAPI", b"CURVE\0X", b""]
    words = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(64), b"\xff" * 64, os.urandom(2000), b"SSH-2.0-x\r\n",
             b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
    words += [GREETING[:-1] + b"\0" + name.ljust(20, b"\0") + bytes(32) for name in mechanism]
    huge = b"\x06" + struct.pack(">Q", 2**40)  # a command of so many bytes
    words += [GREETING[:-1] + b"\0" + b"CURVE".ljust(20, b"\0") + bytes(32) + tail
              for tail in (huge, b"\x04\xff" + b"x" * 255, b"\x04\xc8\x05HELLO" + bytes(194), b"\x04\x00", os.urandom(500))]
    for word in words:
        sock = scene.connect()
        try:
            sock.sendall(word)
        except OSError:
            pass
        scene.check(closed_within([sock], 12) == 1, f"{word[:40]} holds a socket")


def churn(scene):
    """Connections that come and go, some in the middle of a word."""
    for i in range(600):
        sock = scene.connect()
        sock.sendall(GREETING[: i % 12])
        if i % 3 == 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    time.sleep(1)
    before = descriptors(scene.province)
    time.sleep(7)
    scene.check(descriptors(scene.province) <= before + 2, "descriptors leak")


def many_greetings(scene):
    """The bad district itself greets again and again, as a node that is restarted all the time."""
    for _ in range(5):
        scene.attack("again")


# ---- envelopes -------------------------------------------------------------------------------------------------


def all_are(scene, said, answers, what):
    for name, answer in said:
        scene.check(answer in answers, f"{what}: {name} gets {answer}, not one of {sorted(answers)}")


def truncate(scene):
    all_are(scene, scene.attack("truncate"), {"MALFORMED", "NOT_CANONICAL", "BAD_SIGNATURE"}, "a truncated envelope")


def shape(scene):
    said = scene.attack("shape")
    parcels = [(name, answer) for name, answer in said if "envelope" in name or "report" in name or "packed" in name]
    all_are(scene, parcels, {"MALFORMED", "TOO_COMPLEX", "TOO_LARGE", "NOT_CANONICAL"}, "a strange shape")


def canon(scene):
    expected = {"duplicate field": {"quarantined NOT_CANONICAL"}, "optional and empty": {"quarantined NOT_CANONICAL"},
                "unknown field": {"quarantined MALFORMED"}, "overlong varint": {"quarantined NOT_CANONICAL"},
                "newer version": {"UNSUPPORTED_VERSION"}}
    for name, answer in scene.attack("canon"):
        scene.check(answer in expected[name], f"{name} gets {answer}")


def text(scene):
    all_are(scene, scene.attack("text"), {"quarantined BAD_TEXT"}, "bad text")


def dates(scene):
    for name, answer in scene.attack("dates"):
        if name == "dated 1970-01-01":  # old, which is said on the record and no reason to lose it
            scene.check(answer.startswith("accepted "), f"{name} gets {answer}")
            continue
        expected = "RETRY_LATER" if name == "signed next year" else "quarantined BAD_DATE"
        scene.check(answer == expected, f"{name} gets {answer}")


def rules(scene):
    expected = {"unknown urgency": {"UNSUPPORTED"}, "unknown kind": {"UNSUPPORTED"},
                "another federation": {"rejected NOT_YOURS"}, "a recipient is missing": {"rejected MANDATE_MISSING"},
                "nobody is to receive it": {"rejected MANDATE_MISSING", "quarantined MALFORMED"},
                "10,000 recipients": {"quarantined TOO_LARGE", "quarantined TOO_COMPLEX"}, "another organ's signature": {"BAD_SIGNATURE"},
                "in the parent's name": {"STALE_DIRECTORY", "NOT_YOURS", "BAD_SIGNATURE"}}
    for name, answer in scene.attack("rules"):
        good = answer.startswith("accepted ") if name == "the good one" else answer in expected[name]
        scene.check(good, f"{name} gets {answer}")


def again(scene):
    answers = {answer for _, answer in scene.attack("again")}
    scene.check(len(answers) == 1 and answers.pop().startswith("accepted "), "one report, several receipts")
    rows = [row["id"] for row in scene.province.lines("inbox", "cap-uy", "--all")]
    scene.check(rows.count(scene.first) == 1, "one report, several rows")


def flips(scene):
    for name, answer in scene.attack("flips"):
        scene.check(not answer.startswith(("accepted", "rejected", "quarantined")), f"{name} gets {answer}")


def noise(scene):
    scene.attack("noise")
    scene.attack("lies")
    scene.attack("oversize")


# ---- the local interface ---------------------------------------------------------------------------------------


def control_socket(scene):
    """Rubbish, endless words and silence on the control socket: status answers all the while."""
    def connect():
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(10)
        sock.connect(str(scene.province.dir / "ctl.sock"))
        return sock

    silent = []
    for word in (b"", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x05hello", struct.pack(">I", 4 << 20) + bytes(1000),
                 os.urandom(4096), struct.pack(">I", 2) + b"\x08\x01", struct.pack(">I", 1 << 20) + os.urandom(1 << 20)):
        sock = connect()
        try:
            sock.sendall(word)
        except OSError:
            pass
        silent.append(sock)
        scene.province.lines("status")
    for _ in range(40):
        silent.append(connect())
    for _ in range(5):
        scene.province.lines("status")
    for sock in silent:
        sock.close()
    scene.province.lines("status")


def people(scene):
    """Each mistake has its exit status, and none changes anything."""
    node = scene.province
    big = scene.federation.home / "big.md"
    big.write_text(REPORT.format(number="9-BC/TU") + "x" * (2 << 20))
    for code, words in ((2, ["push", "/dev/null", "--from", "cap-uy"]), (2, ["push", "/nowhere", "--from", "cap-uy"]),
                        (5, ["push", str(big), "--from", "cap-uy"]), (4, ["show", "0" * 64]), (2, ["show", "zz"]),
                        (4, ["mark", "0" * 64, "--as", "cap-uy", "accepted"]),
                        (5, ["unit", "thaw", "dong-phu", "--as", "cap-uy"]), (2, ["attention", "ack", "--as", "cap-uy"]),
                        (4, ["attention", "ack", "18446744073709551", "--as", "cap-uy"]),
                        (4, ["quarantine", "show", "0" * 64])):
        done = node.run(*words, expect=None)
        scene.check(done.returncode == code, f"{words} exits {done.returncode}, not {code}: {done.stderr}")
        scene.check("donggui: " in done.stderr and "(" in done.stderr, f"{words} says nothing clear: {done.stderr}")


# ---- the store -------------------------------------------------------------------------------------------------


def second_instance(scene):
    node = scene.province
    done = scene.federation.run("-n", str(node.dir), "serve", expect=None)
    scene.check(done.returncode == 7, f"a second daemon exits {done.returncode}")


def killed(scene):
    """The bad district's daemon is killed at every write of a start; what it had is still there."""
    node = scene.bad
    if shutil.which("strace") is None:
        print("  killed: SKIPPED, there is no strace")
        return
    for n in range(1, 9):
        subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64,fdatasync,fsync", "-e",
                        f"inject=pwrite64,fdatasync,fsync:signal=KILL:when={n}", "timeout", "-s", "TERM", "6",
                        scene.federation.daemon, "-n", str(node.dir), "serve"],
                       stdin=subprocess.DEVNULL, capture_output=True, check=False,
                       env=scene.federation.env | {"ASAN_OPTIONS": "detect_leaks=0"})
        node.run("audit")


def bad_folders(scene):
    """Folders that are not as they were left: the daemon ends with a reason, and not by a signal."""
    federation, folder = scene.federation, scene.federation.home / "folder"

    def keys(name):
        return folder / "keys" / f"{name}.key"

    def shorten(path, size):
        with open(path, "r+b") as file:
            file.truncate(size)

    def scribble(path):
        path.write_bytes(os.urandom(path.stat().st_size))

    data = folder / "store" / "data.mdb"
    damages = {
        "no unit key": lambda: keys("unit").unlink(), "an empty log key": lambda: shorten(keys("log-e1"), 0),
        "half a transport key": lambda: shorten(keys("transport"), 10), "rubbish for a key": lambda: scribble(keys("unit")),
        "a key for everybody": lambda: keys("unit").chmod(0o644), "no organ's key": lambda: keys("organ-cap-uy").unlink(),
        "no keys at all": lambda: shutil.rmtree(folder / "keys"), "an open folder": lambda: folder.chmod(0o755),
        "an empty store": lambda: shorten(data, 0), "rubbish for a store": lambda: scribble(data),
        "no store": lambda: shutil.rmtree(folder / "store"),
        "another unit's store": lambda: shutil.copy(scene.good.dir / "store" / "data.mdb", data),
        "a mistake in the configuration": lambda: (folder / "config").write_text("workers = many\n"),
        "a configuration that is none": lambda: (folder / "config").write_bytes(os.urandom(3000)),
    }
    for what, damage in damages.items():
        shutil.copytree(scene.bad.dir, folder, ignore=shutil.ignore_patterns("ctl.sock"))
        damage()
        done = subprocess.run([federation.daemon, "-n", str(folder), "serve"], stdin=subprocess.DEVNULL, timeout=60,
                              capture_output=True, text=True, env=federation.env, check=False)
        scene.check(done.returncode in (1, 2, 77), f"with {what} it exits {done.returncode}: {done.stderr}")
        scene.check("donggui: " in done.stderr and "(" in done.stderr, f"with {what} it says {done.stderr}")
        shutil.rmtree(folder)


def removed(scene):
    """A store that is taken away under a running node: it stops and says so."""
    federation = scene.federation
    copy = federation.home / "copy"
    for name in ("data.mdb", "lock.mdb"):
        shutil.copytree(scene.bad.dir, copy, ignore=shutil.ignore_patterns("ctl.sock"))
        env = federation.env
        with open(federation.home / "copy.log", "wb") as log:
            process = subprocess.Popen([federation.daemon, "-n", str(copy), "serve"], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, env=env)
        end = time.monotonic() + 20
        while federation.run("-n", str(copy), "status", expect=None).returncode != 0 and time.monotonic() < end:
            time.sleep(0.1)
        (copy / "store" / name).unlink()
        path = federation.home / "last.md"
        path.write_text(REPORT.format(number="99-BC/HU"))
        federation.run("-n", str(copy), "push", str(path), "--from", "cap-uy", expect=None)
        try:
            code = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure(f"it goes on without its {name}") from None
        scene.check(code not in (0, -signal.SIGSEGV, -signal.SIGBUS), f"without {name} it exits {code}")
        scene.check("donggui: " in (federation.home / "copy.log").read_text(), f"it says nothing about {name}")
        shutil.rmtree(copy)


def cloned(scene):
    """The good district's folder is copied and run beside it: both are frozen, until somebody decides."""
    federation, node = scene.federation, scene.good
    scene.pusher.done.set()
    scene.pusher.join(60)
    copy = federation.home / "clone"
    node.stop()
    shutil.copytree(node.dir, copy, ignore=shutil.ignore_patterns("ctl.sock"))
    lines = (copy / "config").read_text().splitlines(keepends=True)
    (copy / "config").write_text("".join(line for line in lines if not line.startswith("listen")))
    node.start()
    with open(federation.home / "clone.log", "wb") as log:
        process = subprocess.Popen([federation.daemon, "-n", str(copy), "serve"], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, env=federation.env)

    def status(dir_):
        done = federation.run("-n", str(dir_), "status", "--json", expect=None)
        return json.loads(done.stdout)["reasons"] if done.returncode == 0 else []

    end = time.monotonic() + 60
    while not all("UPLINK_REFUSED" in status(dir_) for dir_ in (node.dir, copy)):
        if time.monotonic() > end:
            raise Failure(f"not both are frozen: {status(node.dir)} {status(copy)}")
        time.sleep(0.3)
    for where in (scene.province.dir, node.dir, copy):
        rows = federation.run("-n", str(where), "attention", "--json")
        scene.check('"CLONE"' in rows, f"nobody is told at {where}: {rows}")
    path = federation.home / "frozen.md"
    path.write_text(REPORT.format(number="77-BC/HU"))
    report = node.run("push", str(path), "--from", "cap-uy").strip()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    scene.check(node.lines("queue") != [], "a frozen unit's report has gone")
    scene.province.run("unit", "thaw", "bu-dang", "--as", "van-phong")
    settle(node)
    rows = [row["id"] for row in scene.province.lines("inbox", "cap-uy", "--all")]
    scene.check(report in rows, "what was pushed while frozen is lost")
    line = [row for row in scene.province.lines("attention", "--all") if row["code"] == "CLONE"]
    scene.check([row["acknowledged"]["organ"] for row in line] == ["van-phong"], f"who decided? {line}")


def settle(node, seconds=60):
    end = time.monotonic() + seconds
    while node.lines("queue"):
        if time.monotonic() > end:
            raise Failure(f"{node.unit} still waits: {node.lines('queue')}")
        time.sleep(0.2)


# ---- delivery --------------------------------------------------------------------------------------------------


def frozen(scene):
    """The province stands still for a while, as a machine does that swaps: whoever waits is served afterwards."""
    for _ in range(2):
        scene.province.process.send_signal(signal.SIGSTOP)
        time.sleep(6)
        scene.province.process.send_signal(signal.SIGCONT)
        time.sleep(1)


def restarted(scene):
    """The province loses its power again and again, and the good district notices nothing but a pause."""
    for _ in range(3):
        scene.province.kill()
        time.sleep(0.5)
        scene.province.start()
        time.sleep(1)


GROUPS = {
    "transport": [idle, greeting_only, strange_words, churn, many_greetings],
    "envelope": [truncate, shape, canon, text, dates, rules, again, flips, noise],
    "local": [control_socket, people],
    "storage": [second_instance, killed, bad_folders, removed],
    "delivery": [frozen, restarted],
    "clone": [cloned],
}


def test(program, daemon, options):
    with Federation(program, daemon) as federation:
        scene = Scene(federation, options["villain"], float(options.get("rss", 400)),
                      float(options.get("slack", 1.5)))
        print(f"the good district usually waits {scene.usual:.2f} s, the province has {scene.begun_rss:.1f} MiB")
        for number in range(int(options.get("rounds", 1))):
            for group, attacks in GROUPS.items():
                if options.get("only", group) != group or (group == "clone" and number + 1 < int(options.get("rounds", 1))):
                    continue
                print(f"{group}:")
                for attack in attacks:
                    if group == "clone":
                        attack(scene)
                    else:
                        scene.measured(attack.__name__, attack)
        scene.pusher.done.set()
        scene.pusher.join(60)
        settle(scene.good)
        rows = [row["id"] for row in scene.province.lines("inbox", "cap-uy", "--all")]
        scene.check(all(rows.count(report) == 1 for report in scene.pusher.sent), "something was lost, or came twice")
        scene.province.run("audit")
        scene.good.run("audit")
        print(f"{scene.checks} checks; {len(scene.pusher.sent)} reports of the good district, each arrived once")


main(test)
