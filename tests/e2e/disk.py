#!/usr/bin/env python3
"""disk.py - a district whose disk fills: new reports wait, receipts and states do not, and it recovers by itself.

    tests/e2e/disk.py [PROGRAM [DAEMON]] [writes=N]

The district lies on a small tmpfs in a mount namespace of its own; where none can be made, the test says so and
ends well. Then the n-th write of its daemon finds no room, for n up to N (strace; 0: none).
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from federation import Failure, Federation, main

REPORT = """---
kind: periodic
period: 2026-10
number: {number}
date: 2026-10-25
title: Báo cáo tháng 10
{extra}---
# I. Tình hình Nhân dân
{body}
"""
INSIDE = "DONGGUI_TEST_INSIDE"
WRITES = "pwrite64,pwritev,writev,pwritev2"


def into_namespace():
    """Runs this program again where it may mount; False when that cannot be."""
    if os.environ.get(INSIDE):
        return True
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    probe = [*unshare, "sh", "-c", "d=$(mktemp -d) && mount -t tmpfs -o size=1m none $d && umount $d; r=$?; rmdir $d; exit $r"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        return False
    os.execvpe(unshare[0], [*unshare, sys.executable, *sys.argv], dict(os.environ, **{INSIDE: "1"}))
    return None


def write(federation, number, extra="", lines=1):
    path = federation.home / "report.md"
    path.write_text(REPORT.format(number=number, extra=extra, body="\n".join([os.urandom(60).hex()] * lines)))
    return str(path)


def push(federation, node, number, extra="", lines=1, expect=0):
    done = node.run("push", write(federation, number, extra, lines), "--from", "cap-uy", expect=None)
    if done.returncode != expect:
        raise Failure(f"{node.unit} pushes with {done.returncode}, not {expect}: {done.stderr}")
    return done.stdout.strip()


def await_true(what, seconds=90):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {what.__doc__}")
        time.sleep(0.2)


def reasons(node):
    return node.lines("status")[0]["reasons"]


def free_bytes(node):
    fs = os.statvfs(node.dir)
    return fs.f_bavail * fs.f_frsize


def fill(node, leave):
    """Another program's file takes the disk but for so many bytes."""
    with open(node.dir / "filler", "ab") as filler:
        while free_bytes(node) > leave:
            try:
                filler.write(b"x" * min(1 << 16, free_bytes(node) - leave))
                filler.flush()
            except OSError:
                return


def make_room(node):
    (node.dir / "filler").unlink()


def small_district(federation):
    """The district on a disk of 96 MiB, between a province and a commune that have room."""
    where = federation.home / "dong-phu"
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "none", str(where)], check=True)
    node = federation.child("binh-phuoc", "dong-phu", "district", "Huyện Đồng Phú", regime="huyen")
    node.stop()
    with open(node.dir / "config", "a", encoding="utf-8") as config:
        config.write("disk_floor = 1\nballast = 4\n")
    return node.start()


def nearly_full(federation, node, parent, child):
    """Under 5 %: people and the commune are put off, receipts and states go through."""
    parent.stop()
    above = push(federation, node, "1-BC/HU")
    fill(node, 1 << 22)

    def says_so():
        """the district says that its disk is full"""
        return "DISK_FULL" in reasons(node)

    await_true(says_so)
    push(federation, node, "2-BC/HU", expect=75)
    waiting = [push(federation, child, f"{n}-BC/ĐU") for n in range(20)]
    parent.start()

    def receipted():
        """the district has taken the receipt of the province"""
        return not any(row["id"] == above for row in node.lines("queue"))

    await_true(receipted)
    parent.run("mark", above, "--as", "cap-uy", "accepted")

    def marked():
        """the district has taken the state"""
        return any(row["event"] == "state" for row in node.lines("trail", above))

    await_true(marked)

    def told():
        """the commune is told to wait"""
        return any(row["code"] == "RETRY_LATER" for row in child.lines("queue"))

    await_true(told)
    if child.lines("attention") or set(waiting) & {row["id"] for row in node.lines("inbox", "cap-uy")}:
        raise Failure("something was taken, or somebody called")
    make_room(node)
    federation.settle()
    if not set(waiting) <= {row["id"] for row in node.lines("inbox", "cap-uy")}:
        raise Failure("not everything came")
    await_true(lambda: "DISK_FULL" not in reasons(node))


def full(federation, node, child):
    """To the last byte, while the child goes on pushing; and the ballast is given up and made again."""
    await_true(lambda: (node.dir / "ballast").exists())
    sent = [push(federation, child, f"{n}-BC/ĐU", lines=200) for n in range(100, 110)]
    fill(node, 0)
    sent += [push(federation, child, f"{n}-BC/ĐU", lines=200) for n in range(110, 130)]
    await_true(lambda: not (node.dir / "ballast").exists())
    fill(node, 0)
    time.sleep(3)
    if node.process.poll() is not None:
        raise Failure(f"the district stopped: {node.log.read_text()[-2000:]}")
    if "DISK_FULL" not in reasons(node):
        raise Failure(f"full, and says only {reasons(node)} with {free_bytes(node)} bytes free")
    make_room(node)
    federation.settle()
    if not set(sent) <= {row["id"] for row in node.lines("inbox", "cap-uy")}:
        raise Failure("something was lost")
    await_true(lambda: (node.dir / "ballast").exists())
    node.run("audit")


def nth_write(federation, node, child, n):
    """The n-th write of the district's daemon finds no room. It may stop for it, but never lose or lie."""
    node.stop()
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={WRITES}",
             "-e", f"inject={WRITES}:error=ENOSPC:when={n}"]
    report = push(federation, child, f"{n}-BC/ĐU")
    env = federation.env | {"ASAN_OPTIONS": "detect_leaks=0"}
    with open(node.log, "ab") as log:
        process = subprocess.Popen([*trace, federation.daemon, "-n", str(node.dir), "serve"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env=env)
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end and child.lines("queue"):
        time.sleep(0.1)
    lived = process.poll() is None
    if lived:
        for traced in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(traced), signal.SIGTERM)
        process.wait(timeout=30)
    node.start()
    federation.settle()
    if report not in [row["id"] for row in node.lines("inbox", "cap-uy")]:
        raise Failure(f"write {n}: the report was lost")
    node.run("audit")
    return lived


def test(program, daemon, options):
    with Federation(program, daemon) as federation:
        parent, node = federation.root(), small_district(federation)
        child = federation.child("dong-phu", "tan-loi", "commune", "Xã Tân Lợi", listens=False)
        federation.settle()
        nearly_full(federation, node, parent, child)
        full(federation, node, child)
        count = int(options.get("writes", 6)) if shutil.which("strace") else 0
        lived = [nth_write(federation, node, child, n) for n in range(1, count + 1)]
        if count:
            print(f"no room at write 1 to {count}: {sum(lived)} times the daemon lived, else it stopped; nothing was lost")
        node.stop()
        subprocess.run(["umount", str(node.dir)], check=True)


if into_namespace():
    main(test)
else:
    print("SKIPPED: no tmpfs can be mounted here")
