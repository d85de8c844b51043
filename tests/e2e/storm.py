#!/usr/bin/env python3
"""storm.py - kill -9 of every node at random while reports are pushed; nothing lost, nothing twice.

    tests/e2e/storm.py [PROGRAM [DAEMON]] [reports=2000] [seed=1] [times=1]

Three levels and a bloc. Afterwards every accepted report is exactly once in every mandated mailbox, no
mailbox holds anything else, every trail verifies, and every node's audit is clean.
"""
import concurrent.futures
import random
import re
import threading
import time

from federation import Failure, Federation, REPORTS, main

# Who pushes what: any report file whose author exists in the usual federation.
AUTHORS = [
    ("tan-loi", "cap-uy", "11-tan-loi-cap-uy-thang-10-2026.md"),
    ("tan-loi", "cap-uy", "13-tan-loi-cap-uy-thong-tin-nhanh.md"),
    ("tan-loi", "to-chuc-ct-xh", "09-tan-loi-doan-the-phan-anh.md"),
    ("dong-phu", "chinh-quyen", "04-dong-phu-chinh-quyen-quy-3-2026.md"),
    ("dong-phu", "cap-uy", "05-dong-phu-cap-uy-9-thang-2026.md"),
    ("dong-phu", "luc-luong-vu-trang", "15-dong-phu-llvt-dot-xuat.md"),
    ("chi-bo-so-noi-vu", "cap-uy", "03-so-noi-vu-cap-uy-6-thang-2026.md"),
    ("binh-phuoc", "ban-dan-van", "20-binh-phuoc-bdv-tong-hop.md"),
]
# A commune's monthly report goes through every level, so it is pushed most.
WEIGHTS = [8, 4, 1, 2, 6, 1, 4, 1]


class Killer(threading.Thread):
    """Cuts the power of one node after another, and brings it back."""

    def __init__(self, federation, seed):
        super().__init__(daemon=True)
        self.federation = federation
        self.random = random.Random(seed)
        self.done = threading.Event()
        self.kills = 0
        self.failure = None

    def run(self):
        try:
            while not self.done.wait(self.random.uniform(0.05, 0.4)):
                node = self.random.choice(list(self.federation.nodes.values()))
                node.kill()
                self.kills += 1
                time.sleep(self.random.uniform(0.0, 0.3))
                node.start()
        except Failure as failure:
            self.failure = failure


def push_one(federation, number, seed):
    """Pushes one report, again and again until a node has answered with its id."""
    rng = random.Random(f"{seed}/{number}")
    unit, organ, file = rng.choices(AUTHORS, WEIGHTS)[0]
    text = (REPORTS / file).read_text(encoding="utf-8")
    text = re.sub(r"^number: *\d+", f"number: {number + 1}", text, flags=re.M)
    path = federation.home / f"push-{number}.md"
    path.write_text(text, encoding="utf-8")
    node = federation.nodes[unit]
    for _ in range(400):
        done = node.run("push", str(path), "--from", organ, expect=None)
        if done.returncode == 0:
            path.unlink()
            return unit, done.stdout.strip()
        if done.returncode not in (6, 75):
            raise Failure(f"push {file} at {unit}: exit {done.returncode}: {done.stderr}")
        time.sleep(rng.uniform(0.02, 0.2))
    raise Failure(f"{unit} never took {file}")


def expected_boxes(federation):
    """Every report that any node holds as its own, and where its signed bytes say it must be."""
    boxes, authored = {}, {}
    for unit, node in federation.nodes.items():
        for sent in node.lines("outbox"):
            authored[sent["id"]] = unit
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        shown = pool.map(lambda item: (item[0], federation.nodes[item[1]].lines("show", item[0])[0]), authored.items())
        for report, header in shown:
            for recipient in header["recipients"]:
                boxes.setdefault(recipient["organ"], []).append(report)
    return authored, boxes


def check_boxes(federation, acknowledged):
    authored, expected = expected_boxes(federation)
    lost = [report for _, report in acknowledged if report not in authored]
    if lost:
        raise Failure(f"{len(lost)} acknowledged reports are gone, first {lost[0]}")
    for address, found in federation.mailboxes().items():
        if len(found) != len(set(found)):
            raise Failure(f"{address} holds a report twice")
        missing = set(expected.get(address, [])) - set(found)
        surplus = set(found) - set(expected.get(address, []))
        if missing or surplus:
            raise Failure(f"{address}: {len(missing)} missing, {len(surplus)} too many: {sorted(missing | surplus)[:3]}")
    return authored


def check_trails(federation, authored):
    root = federation.nodes["binh-phuoc"].run("key", "root").strip()
    key = federation.home / "root.key"
    key.write_text(root + "\n")

    def verify(item):
        report, unit = item
        path = federation.home / f"{report}.trail"
        federation.nodes[unit].run("export", report, "-o", str(path))
        federation.run("verify", str(path), "--root", str(key))
        path.unlink()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(verify, authored.items()))
    for node in federation.nodes.values():
        node.run("audit")


def storm(program, daemon, count, seed):
    with Federation(program, daemon) as federation:
        federation.usual()
        killer = Killer(federation, seed)
        killer.start()
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            acknowledged = list(pool.map(lambda number: push_one(federation, number, seed), range(count)))
        killer.done.set()
        killer.join()
        if killer.failure:
            raise killer.failure
        pushed = time.monotonic() - started
        federation.settle()
        authored = check_boxes(federation, acknowledged)
        check_trails(federation, authored)
        for node in federation.nodes.values():
            node.stop()
        print(f"storm seed {seed}: {len(authored)} reports through {killer.kills} kills in {pushed:.0f} s: "
              f"each exactly once everywhere, every trail verified", flush=True)


def test(program, daemon, options):
    for time_number in range(int(options.get("times", 1))):
        storm(program, daemon, int(options.get("reports", 2000)), int(options.get("seed", 1)) + time_number)


if __name__ == "__main__":
    main(test)
