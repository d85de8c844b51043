#!/usr/bin/env python3
"""poison.py - C23 with real daemons: a report that ends its receiver's program twice is kept unread the third time.

    tests/e2e/poison.py [PROGRAM [DAEMON]]

DAEMON must be the build with sanitizers: that alone can be told to end when it handles something.
"""
import subprocess
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
BUSY, NAME = 64, slice(65, 97)  # of DIR/guard


def push(federation, number):
    path = federation.home / "report.md"
    path.write_text(REPORT.format(number=number))
    return federation.nodes["dong-phu"].run("push", str(path), "--from", "cap-uy").strip()


def await_true(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {what.__doc__}")
        time.sleep(0.1)


def die(federation, node, crash):
    """Starts the daemon so that it ends when it handles what is named so, and waits for that."""
    with open(node.log, "ab") as log:
        process = subprocess.Popen([federation.daemon, "-n", str(node.dir), "serve"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env=federation.env | {"DONGGUI_TEST_CRASH": crash})
    try:
        code = process.wait(timeout=90)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure(f"it handles {crash} and lives") from None
    if code != 139:
        raise Failure(f"it ended with {code}: {node.log.read_text()[-2000:]}")
    page = (node.dir / "guard").read_bytes()
    if page[BUSY] != 1:
        raise Failure("the guard does not say that anything was handled")
    return page[NAME].hex()


def test(program, daemon, _):
    with Federation(program, daemon) as federation:
        federation.root()
        federation.child("binh-phuoc", "dong-phu", "district", "Huyện Đồng Phú", regime="huyen")
        federation.settle()
        parent, child = federation.nodes["binh-phuoc"], federation.nodes["dong-phu"]
        parent.stop()
        poison = push(federation, "1-BC/HU")
        name = die(federation, parent, "any")
        if die(federation, parent, name) != name:
            raise Failure("the second time it was something else")
        healthy = push(federation, "2-BC/HU")
        federation.env["DONGGUI_TEST_CRASH"] = name
        parent.start()

        def arrived():
            """the report behind the poison is at its addressee"""
            return healthy in [row["id"] for row in parent.lines("inbox", "cap-uy")]

        await_true(arrived)
        kept = parent.lines("quarantine")
        if [(row["id"], row["from"], row["code"], row["read"]) for row in kept] != [(name, "dong-phu", "CRASHED", False)]:
            raise Failure(f"in quarantine: {kept}")
        raw = federation.home / "raw"
        parent.run("quarantine", "show", name[:12], "-o", str(raw))
        if raw.stat().st_size != kept[0]["bytes"]:
            raise Failure("what is kept is not what came")
        if parent.run("quarantine", "show", "0123456789ab", expect=None).returncode != 4:
            raise Failure("something else is in quarantine")
        if not any(row["code"] == "QUARANTINED" and row["about"] == name for row in parent.lines("attention")):
            raise Failure("the officer of the province is not told")
        told = [row for row in child.lines("attention") if row["about"] == poison]
        if [row["code"] for row in told] != ["CRASHED"]:
            raise Failure(f"the author's unit is told: {told}")
        if [row["code"] for row in child.lines("queue") if row["id"] == poison and row["held"]] != ["CRASHED"]:
            raise Failure("the author's unit does not keep it")


main(test)
