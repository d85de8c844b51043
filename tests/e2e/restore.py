#!/usr/bin/env python3
"""The middle node of three levels loses a day: a backup is restored, and its neighbours give the rest back.

The same epoch goes on with the same log, every mailbox holds what it held, and no number is given twice. The
daemons are killed at several points while that happens.

PROGRAM [DAEMON]
"""
import json
import shutil
import time

from federation import Failure, Federation, main

REPORT = """---
kind: periodic
period: {period}
number: {number}-BC/X
date: 2026-10-25
title: Báo cáo {number}
---
# I. Tình hình Nhân dân
Nhân dân tập trung sản xuất.
"""


def check(fact, what):
    if not fact:
        raise Failure(what)


def state(node):
    return json.loads(node.run("status", "--json", expect=None).stdout)


def wait_until_ok(node, seconds=120):
    end = time.monotonic() + seconds
    while state(node)["state"] not in ("OK", "DEGRADED"):
        if time.monotonic() > end:
            raise Failure(f"{node.unit} is {state(node)}\n{node.log.read_text()[-2500:]}")
        time.sleep(0.1)


def push(f, unit, number, also=None):
    path = f.home / f"report-{number}.md"
    text = REPORT.format(period="2026-10", number=number)
    if also:
        text = text.replace("title:", f"also-to: [{also}]\ntitle:")
    path.write_text(text)
    return f.nodes[unit].run("push", str(path), "--from", "cap-uy").strip()


def rows(f):
    """Every mailbox with the states of its reports, and every outbox."""
    seen = {}
    for address, ids in f.mailboxes().items():
        organ, unit = address.split("@")
        inbox = {mail["id"]: (mail["state"], mail["as"], mail["arrived"])
                 for mail in f.nodes[unit].lines("inbox", organ, "--all")}
        check(sorted(inbox) == sorted(ids), f"two answers about {address}")
        seen[address] = inbox
    for unit, node in f.nodes.items():
        seen[unit] = {sent["id"] for sent in node.lines("outbox")}
    return seen


def traffic(f, first):
    """Upward through the district, from it, into it, and what its organs say."""
    ids = [push(f, "tan-loi", first), push(f, "tan-loi", first + 1, also="van-phong@binh-phuoc"),
           push(f, "dong-phu", first + 2)]
    f.settle()
    f.nodes["dong-phu"].run("mark", ids[0], "--as", "cap-uy", "accepted")
    f.nodes["binh-phuoc"].run("mark", ids[2], "--as", "cap-uy", "accepted")
    f.settle()
    f.nodes["dong-phu"].run("mark", ids[0], "--as", "cap-uy", "processing")
    f.settle()
    return ids


def trails(f, ids):
    return {i: sorted((e["event"], e["unit"], e["time"]) for e in f.nodes["tan-loi"].lines("trail", i)) for i in ids}


def test(program, daemon, options):
    with Federation(program, daemon) as f:
        f.usual()
        node, target, keys = f.nodes["dong-phu"], f.home / "backup", f.home / "keys"
        old = traffic(f, 1)
        node.run("backup", str(target), "--keys", str(keys))
        new = traffic(f, 4)
        time.sleep(1.5)  # the tip follows, and the mirror
        before, log = rows(f), state(node)["log"]
        told = trails(f, old[:2] + new[:2])

        node.kill()
        shutil.rmtree(node.dir)
        f.run("restore", str(node.dir), str(target), "--keys", str(keys))
        for wait in (0.05, 0.5, 1.2, 2.5):  # a crash in each phase
            node.start()
            time.sleep(wait)
            node.kill()
        node.start()
        wait_until_ok(node)
        f.settle()

        now = state(node)["log"]
        check(now["origin"] == log["origin"], "another epoch")
        check(now["size"] >= log["size"], f"the log is shorter: {now} {log}")
        tiles = f.home / "tiles"
        node.run("export", "--log", "-o", str(tiles))
        after = rows(f)
        for place in before:
            check(after[place] == before[place], f"{place}: {before[place]} is now {after[place]}")
        again = trails(f, old[:2] + new[:2])
        for i in told:
            check(set(told[i]) <= set(again[i]), f"the trail of {i} has lost events")
        traffic(f, 20)
        for unit in ("binh-phuoc", "dong-phu", "tan-loi"):
            done = f.nodes[unit].run("audit", expect=None)
            check(done.returncode == 0, f"audit at {unit}: {done.stdout}{done.stderr}")
            codes = {item["code"] for item in state(f.nodes[unit])["attention"]}
            check(not codes & {"SEQUENCE_REPEATED", "FORK", "BODY_LOST"}, f"{unit} notes {codes}")
        trail = f.home / "r.trail"
        node.run("export", new[0], "-o", str(trail))
        root = node.run("key", "root").strip()
        f.run("verify", str(trail), "--root", root)
        print(f"restore: {log['size']} leaves and {sum(map(len, before.values()))} rows are what they were")


if __name__ == "__main__":
    main(test)
