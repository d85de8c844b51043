#!/usr/bin/env python3
"""proof.py - a trail over three levels verifies with the federation's key and with no other, and an
independent verifier agrees.

    tests/e2e/proof.py [PROGRAM [DAEMON]] [flips=400]

The independent verifier is tests/interop/verify.go, built on Go's sumdb/note and sumdb/tlog.
"""
import json
import os
import random
import shutil
import subprocess

from federation import Failure, Federation, REPORTS, ROOT, main


def build_verifier(federation):
    """None where there is no Go: the test then says so."""
    if shutil.which("go") is None:
        return None
    out = federation.home / "verify"
    env = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=str(federation.home / "go"), GOFLAGS="")
    subprocess.run(["go", "build", "-o", str(out), str(ROOT / "tests" / "interop" / "verify.go")], env=env, check=True)
    return out


def export(federation, unit, report):
    path = federation.home / f"{unit}-{len(report)}.trail"
    federation.nodes[unit].run("export", report, "-o", str(path))
    return path


def check_genuine(federation, path, key):
    said = json.loads(federation.run("verify", str(path), "--root", str(key), "--json"))
    if not said["verified"] or not all(check["ok"] for check in said["checks"]):
        raise Failure(f"a genuine trail: {said}")
    line = key.read_text().strip()
    federation.run("verify", str(path), "--root", line)
    with Federation(federation.program) as other:
        other.root()
        other_key = other.nodes["binh-phuoc"].run("key", "root").strip()
    if federation.run("verify", str(path), "--root", other_key, expect=None).returncode != 8:
        raise Failure("another federation's key verified the trail")


def check_flips(federation, path, key, count):
    """A sample of flipped bits; the unit test flips every byte."""
    data, rng = path.read_bytes(), random.Random(1)
    bad = federation.home / "flipped.trail"
    for _ in range(count):
        at = rng.randrange(len(data))
        flipped = bytearray(data)
        flipped[at] ^= 1 << rng.randrange(8)
        bad.write_bytes(flipped)
        code = federation.run("verify", str(bad), "--root", str(key), expect=None).returncode
        if code != 8:
            raise Failure(f"byte {at} flipped: exit {code}")
    for cut in (0, 1, len(data) // 2, len(data) - 1):
        bad.write_bytes(data[:cut])
        if federation.run("verify", str(bad), "--root", str(key), expect=None).returncode not in (2, 8):
            raise Failure(f"cut at {cut}: accepted")


def check_extract(federation, path, verifier, report):
    folder = federation.home / "parts"
    federation.run("trail-extract", str(path), "-o", str(folder))
    digest = subprocess.run(["sha256sum", str(folder / "report.bin")], capture_output=True, text=True, check=True).stdout
    if not digest.startswith(report):
        raise Failure("report.bin is not what the id names")
    if verifier is None:
        print("proof: no Go here: the independent verifier did not run")
        return
    done = subprocess.run([str(verifier), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"the independent verifier: {done.stdout}{done.stderr}")
    print("proof: independent verifier:", done.stdout.splitlines()[-1])
    leaf = next(folder.glob("*.leaf"))
    leaf.write_bytes(leaf.read_bytes().replace(b"time 2", b"time 1", 1))
    if subprocess.run([str(verifier), str(folder)], capture_output=True, check=False).returncode == 0:
        raise Failure("the independent verifier took an altered leaf")


def check_tiles(federation):
    folder = federation.home / "tiles"
    federation.nodes["dong-phu"].run("export", "--log", "-o", str(folder))
    if not (folder / "checkpoint").exists() or not list((folder / "tile" / "entries").iterdir()):
        raise Failure("the exported log has no checkpoint or no entries")


def test(program, daemon, options):
    with Federation(program, daemon) as federation:
        federation.usual()
        key = federation.home / "root.key"
        key.write_text(federation.nodes["binh-phuoc"].run("key", "root"))
        report = federation.nodes["tan-loi"].run("push", str(REPORTS / "11-tan-loi-cap-uy-thang-10-2026.md"), "--from", "cap-uy",
                                                 "--wait", "30").strip()
        federation.nodes["dong-phu"].run("mark", report, "--as", "cap-uy", "đã tiếp nhận")
        federation.nodes["binh-phuoc"].run("mark", report[:10], "--as", "ban-dan-van", "03")
        federation.settle()
        events = federation.nodes["tan-loi"].lines("trail", report)
        if sum(event["event"] == "state" for event in events) != 2:
            raise Failure(f"the states did not come back: {events}")
        for unit in ("tan-loi", "dong-phu", "binh-phuoc"):
            check_genuine(federation, export(federation, unit, report), key)
        path = export(federation, "tan-loi", report[:12])
        check_flips(federation, path, key, int(options.get("flips", 400)))
        check_extract(federation, path, build_verifier(federation), report)
        check_tiles(federation)
        print("proof: verified with the federation's key alone")


if __name__ == "__main__":
    main(test)
