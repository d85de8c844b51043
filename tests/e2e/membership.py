#!/usr/bin/env python3
"""membership.py - an invitation works once, for its holder, until it expires; strangers get nowhere.

    tests/e2e/membership.py [PROGRAM [DAEMON]]
"""
import os
import shutil
import socket
import time

from federation import Failure, Federation, main


def refused(done, code, name, what):
    if done.returncode != code or f"({name})" not in done.stderr:
        raise Failure(f"{what}: exit {done.returncode}, {done.stderr!r}")


def await_link(node, unit, connected, seconds, complaint):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        links = node.lines("status")[0]["links"]
        if any(there["unit"] == unit and there["connected"] == connected for there in links):
            return
        time.sleep(0.05)
    raise Failure(complaint)


def check_once(federation):
    """The same line twice: the second directory gets nothing."""
    root = federation.nodes["binh-phuoc"]
    line = root.run("invite", "--unit", "dong-phu", "--level", "district", "--name", "Huyện Đồng Phú", "--regime", "huyen")
    first, second = federation.home / "dong-phu", federation.home / "impostor"
    federation.run("join", str(first), "-", stdin=line)
    refused(federation.run("join", str(second), "-", stdin=line, expect=None), 5, "INVITATION_USED", "a second join")
    again = root.run("invite", "--unit", "dong-phu", "--level", "district", "--name", "X", expect=None)
    refused(again, 5, "UNIT_TAKEN", "an invitation for a name that is taken")


def check_expiry(federation):
    root = federation.nodes["binh-phuoc"]
    short = root.run("invite", "--unit", "bu-dang", "--level", "district", "--name", "Huyện Bù Đăng", "--for", "1s", expect=None)
    refused(short, 5 if "(BAD_VALUE)" not in short.stderr else 2, "BAD_VALUE", "an invitation for a second")
    garbage = federation.run("join", str(federation.home / "x"), "-", stdin="donggui-invitation-1:AAAA", expect=None)
    refused(garbage, 2, "BAD_INVITATION", "a line that is no invitation")
    if (federation.home / "x").exists() and any((federation.home / "x").iterdir()):
        raise Failure("a refused join left something behind")


def check_not_empty(federation):
    folder = federation.home / "full"
    folder.mkdir()
    (folder / "something").write_text("mine")
    done = federation.run("init", str(folder), "--root", "--federation", "x.example", "--unit", "x", "--level", "province",
                          "--name", "X", "--regime", "binh-phuoc", expect=None)
    refused(done, 2, "NOT_EMPTY", "init into a folder that is not empty")


def check_locked(federation):
    root = federation.nodes["binh-phuoc"]
    refused(root.run("serve", expect=None), 7, "LOCKED", "a second daemon")


def check_keys(federation):
    """Keys are 0600 in a 0700 directory; without them nothing starts."""
    root = federation.nodes["binh-phuoc"]
    for path in [root.dir, root.dir / "keys", *(root.dir / "keys").iterdir()]:
        if path.stat().st_mode & 0o077:
            raise Failure(f"{path} is open to others")
    root.stop()
    key = next((root.dir / "keys").glob("log*.key"))
    os.chmod(key, 0o644)
    refused(root.run("serve", expect=None), 1, "BAD_KEY_FILE", "a key file open to others")
    os.chmod(key, 0o600)
    text = key.read_bytes()
    key.write_bytes(text[:20])
    refused(root.run("serve", expect=None), 1, "BAD_KEY_FILE", "a truncated key file")
    key.write_bytes(text)
    root.start()


def check_strangers(federation):
    """Rubbish, silence and other protocols on the port disturb nobody."""
    root = federation.nodes["binh-phuoc"]
    sockets = []
    for payload in [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" + b"\0" * 8 + b"\x7f\x03\x00NULL", b"\0" * 64,
                    os.urandom(4096), b""] * 20:
        peer = socket.create_connection(("127.0.0.1", root.port), timeout=5)
        if payload:
            peer.sendall(payload)
        sockets.append(peer)
    federation.child("binh-phuoc", "khoi-cac-co-quan", "bloc", "Đảng ủy Khối", listens=False)
    await_link(root, "khoi-cac-co-quan", True, 20, "a child could not connect beside the strangers")
    for peer in sockets:
        peer.close()


def check_lost_parent(federation):
    """A child knows at once that its parent died, and is there when it comes back."""
    root, child = federation.nodes["binh-phuoc"], federation.nodes["khoi-cac-co-quan"]
    await_link(child, "binh-phuoc", True, 20, "the child was not connected")
    root.kill()
    await_link(child, "binh-phuoc", False, 2, "a child took a dead parent for a connected one")
    root.start()
    await_link(child, "binh-phuoc", True, 4, "a child did not return to its restarted parent")
    await_link(root, "khoi-cac-co-quan", True, 1, "a restarted parent did not see its child")


def check_not_running(federation):
    root = federation.nodes["binh-phuoc"]
    root.stop()
    refused(root.run("invite", "--unit", "y", "--level", "district", "--name", "Y", expect=None), 6, "NOT_RUNNING",
            "invite without a daemon")
    if root.run("status", expect=None).returncode != 6:
        raise Failure("status of a stopped node is not exit 6")
    root.run("tree")  # reading verbs need no daemon
    shutil.copytree(root.dir, federation.home / "copy")


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        federation.root()
        for check in (check_once, check_expiry, check_not_empty, check_locked, check_keys, check_strangers,
                      check_lost_parent, check_not_running):
            check(federation)
            print(f"membership: {check.__name__[6:].replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main(test)
