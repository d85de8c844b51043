#!/usr/bin/env python3
"""A backup while the node runs, what is refused as one, and how a node notices that it is an old copy of itself.

PROGRAM [DAEMON]
"""
import pathlib
import shutil
import time

from federation import REPORTS, Failure, Federation, main

REPORT = REPORTS / "05-dong-phu-cap-uy-9-thang-2026.md"


def check(fact, what):
    if not fact:
        raise Failure(what)


def state(node):
    done = node.run("status", "--json", expect=None)
    return __import__("json").loads(done.stdout)


def wait_for_state(node, wanted, seconds=40):
    end = time.monotonic() + seconds
    while state(node)["state"] not in wanted:
        if time.monotonic() > end:
            raise Failure(f"{node.unit} is {state(node)}, not {wanted}\n{node.log.read_text()[-1500:]}")
        time.sleep(0.1)
    return state(node)


def push(node, organ="cap-uy"):
    return node.run("push", str(REPORT), "--from", organ).strip()


def backing_up(f, node):
    """Hot, twice into one place, verified; keys apart."""
    target, keys = f.home / "backup", f.home / "keys-of-dong-phu"
    node.run("backup", str(target), "--keys", str(keys))
    first = (target / "COMPLETE").read_text()
    check(keys.stat().st_mode & 0o777 == 0o600, "the keys' file is open to others")
    check(not list(target.rglob("*.key")), "there are keys in the backup")
    node.run("backup", "--keys", str(keys), expect=2)
    push(node)
    node.run("backup", str(target))
    check((target / "COMPLETE").read_text() != first, "the second backup is the first")
    check(len(list(target.glob("store-*"))) == 1, "the first backup is still there")
    f.nodes["tan-loi"].run("backup", str(target), expect=2)
    check(node.run("backup", str(target), "--dry-run") == "", "a dry run says something")
    f.run("-n", str(node.dir), "backup", str(REPORTS), expect=2)
    return target, keys


def refusals(f, target, keys):
    """Nothing but a whole backup of a node makes a node."""
    other, place = f.home / "other-backup", f.home / "nowhere"
    shutil.copytree(target, other)
    f.run("restore", str(f.home), str(target), expect=2)
    (other / "COMPLETE").rename(other / "gone")
    f.run("restore", str(place), str(other), expect=2)
    (other / "gone").rename(other / "COMPLETE")
    data = next(other.glob("store-*/store/data.mdb"))
    whole = data.read_bytes()
    data.write_bytes(whole[:-5000] + bytes([whole[-5000] ^ 1]) + whole[-4999:])
    f.run("restore", str(place), str(other), expect=8)
    data.write_bytes(whole)
    keys.chmod(0o644)
    f.run("restore", str(place), str(other), "--keys", str(keys), expect=1)
    keys.chmod(0o600)
    check(not place.exists(), "a refused restore left something behind")
    (other / "COMPLETE").write_text((other / "COMPLETE").read_text().replace("backup v1", "backup v9"))
    f.run("restore", str(place), str(other), expect=2)


def nothing_was_missed(f, node, target, keys):
    """Restored as it was: everybody is asked, and the same log goes on."""
    before = state(node)["log"]
    node.run("backup", str(target))
    node.stop()
    node.dir.rename(f.home / "was")
    f.run("restore", str(node.dir), str(target), "--keys", str(keys))
    f.run("restore", str(node.dir), str(target), expect=2)
    node.start()
    wait_for_state(node, ["OK", "DEGRADED"])
    check(state(node)["log"]["origin"] == before["origin"], "it began another log")
    check(state(node)["log"]["size"] >= before["size"], "its log is shorter")
    push(node)
    f.settle()
    shutil.rmtree(f.home / "was")


def the_tip_tells(f, node, target, keys):
    """An old copy of the directory: the tip file, which is not in it, knows better before anything is signed."""
    node.stop()
    shutil.copytree(node.dir, f.home / "old")
    node.start()
    push(node)
    f.settle()
    node.stop()
    f.nodes["binh-phuoc"].stop()
    new = f.home / "new"
    node.dir.rename(new)
    shutil.copytree(f.home / "old", node.dir)
    node.start()
    now = state(node)
    check(now["state"] == "RESTORED", f"it did not notice: {now}")
    check("WAITS_FOR binh-phuoc" in now["reasons"] and "LOG_INCOMPLETE" in now["reasons"], f"reasons: {now}")
    node.run("push", str(REPORT), "--from", "cap-uy", expect=75)
    check(node.lines("inbox", "cap-uy", "--all") is not None, "its mailboxes cannot be read")
    node.stop()
    shutil.rmtree(node.dir)
    new.rename(node.dir)
    f.nodes["binh-phuoc"].start()
    node.start()
    check(state(node)["state"] != "RESTORED", "the right store is taken for an old one")


def the_parent_tells(f, node):
    """Without the tip file: the parent has met later starts, and holds a later checkpoint."""
    node.stop()
    node.start()
    node.stop()
    shutil.rmtree(node.dir)
    shutil.copytree(f.home / "old", node.dir)
    pathlib.Path(str(node.dir) + ".tip").unlink()
    node.start()
    wait_for_state(node, ["RESTORED"])
    node.run("push", str(REPORT), "--from", "cap-uy", expect=75)
    node.run("resume", "--without", "binh-phuoc", expect=77)
    node.run("resume", "--without", "nobody", expect=4)


def test(program, daemon, options):
    with Federation(program, daemon) as f:
        f.usual()
        node = f.nodes["dong-phu"]
        push(node)
        f.settle()
        target, keys = backing_up(f, node)
        refusals(f, target, keys)
        nothing_was_missed(f, node, target, keys)
        the_tip_tells(f, node, target, keys)
        the_parent_tells(f, node)
        print("backup: made hot and replaced, refused when not whole; old copies notice by tip and by parent")


if __name__ == "__main__":
    main(test)
