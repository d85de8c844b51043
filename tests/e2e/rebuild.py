#!/usr/bin/env python3
"""Any one node of a running federation is wiped, and rebuilt from its keys and its neighbours: every mailbox is
what it was.

PROGRAM [DAEMON]
"""
import shutil
import time

from federation import Federation, main
from restore import check, push, rows, state, traffic, wait_until_ok


def lose(f, unit, keys):
    """The disk is gone, the keys and the tip file are not."""
    node = f.nodes[unit]
    time.sleep(7)  # the tip follows, and the mirror, even if it was not heard the first time
    before, log = rows(f), state(node)["log"]
    node.kill()
    shutil.rmtree(node.dir)
    f.run("restore", str(node.dir), "--from-neighbours", "--keys", str(keys[unit]))
    node.start()
    time.sleep(0.7)
    node.kill()
    node.start()
    wait_until_ok(node)
    f.settle()
    after = rows(f)
    for place in before:
        check(after[place] == before[place], f"{unit} lost: {place}: {before[place]} is now {after[place]}")
    now = state(node)["log"]
    check(now["origin"] == log["origin"] and now["size"] >= log["size"], f"the log of {unit}: {log}, now {now}")
    done = node.run("audit", expect=None)
    check(done.returncode == 0, f"audit at {unit}: {done.stdout}{done.stderr}")
    return log["size"]


def test(program, daemon, options):
    with Federation(program, daemon) as f:
        f.usual()
        keys = {unit: f.home / f"{unit}.keys" for unit in f.nodes}
        for unit, node in f.nodes.items():
            node.run("backup", "--keys", str(keys[unit]))
        f.run("restore", str(f.home / "x"), "--from-neighbours", expect=2)
        traffic(f, 1)
        sizes = {unit: lose(f, unit, keys) for unit in ("dong-phu", "tan-loi", "binh-phuoc")}
        traffic(f, 20)
        f.settle()
        push(f, "khoi-cac-co-quan", 40)
        f.settle()
        print(f"rebuild: {sizes} leaves came back, and every mailbox is what it was")


if __name__ == "__main__":
    main(test)
