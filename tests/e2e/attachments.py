#!/usr/bin/env python3
"""attachments.py - files that go with reports: over two hops, through a kill at ~99 %, with urgent news ahead.

    tests/e2e/attachments.py [PROGRAM [DAEMON]] [mib=24]

That a cut costs one piece at most is counted in tests/unit/test_bulk.c.
"""
import hashlib
import json
import random
import time

from federation import Failure, Federation, REPORTS, main

MONTHLY = REPORTS / "11-tan-loi-cap-uy-thang-10-2026.md"
URGENT = REPORTS / "13-tan-loi-cap-uy-thong-tin-nhanh.md"


def make_file(path, size, seed):
    """A file that does not pack, and its SHA-256."""
    rng = random.Random(seed)
    digest = hashlib.sha256()
    with open(path, "wb") as out:
        left = size
        while left:
            piece = rng.randbytes(min(left, 1 << 20))
            digest.update(piece)
            out.write(piece)
            left -= len(piece)
    return digest.hexdigest()


def shown(node, report):
    """What show says of a report's attachments; None while the report is not there."""
    done = node.run("show", report, "--json", expect=None)
    return json.loads(done.stdout)["attachments"] if done.returncode == 0 else None


def files_of(node):
    """The names of the whole attachments that a node keeps."""
    folder = node.dir / "attachments"
    return [path.name for path in folder.iterdir() if path.is_file()] if folder.exists() else []


def wait_for(what, seconds, step=0.1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(step)
    raise Failure(f"not within {seconds} s")


def rss_mib(node):
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def check_small(federation):
    """Two small ones with names as people give them; one of them twice, under another report."""
    commune, district = federation.nodes["tan-loi"], federation.nodes["dong-phu"]
    a, b = federation.home / "Phụ lục 1 (bảng kê).xlsx", federation.home / "anh.jpg"
    sums = [make_file(a, 100_001, 1), make_file(b, 16_384, 2)]
    commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", str(a), "--dry-run")
    if files_of(commune):
        raise Failure("a dry run left something behind")
    report = commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", str(a), "--attach", str(b), "--wait",
                         "30").strip()
    for node in (commune, district):
        wait_for(lambda: all(item["state"] == "here" for item in shown(node, report)), 60)
        for path, digest in zip((a, b), sums):
            out = federation.home / f"out-{path.name}"
            node.run("attachment", report, path.name, "-o", str(out), "-y")
            if hashlib.sha256(out.read_bytes()).hexdigest() != digest:
                raise Failure(f"{node.unit}: {path.name} is not what was sent")
    commune.run("attachment", report, "không có.txt", "-o", str(federation.home / "x"), expect=4)
    inbox = next(mail for mail in district.lines("inbox", "cap-uy") if mail["id"] == report)
    if [(item["name"], item["state"]) for item in inbox["attachments"]] != [(a.name, "here"), (b.name, "here")]:
        raise Failure("the inbox does not say what is here")
    if "2 attached" not in district.run("inbox", "cap-uy"):
        raise Failure("the inbox does not show that something is attached")
    again = commune.run("push", str(URGENT), "--from", "cap-uy", "--attach", str(a), "--wait", "30").strip()
    wait_for(lambda: shown(district, again)[0]["state"] == "here", 30)
    trail, key = federation.home / "report.trail", federation.home / "root.key"
    key.write_text(federation.nodes["binh-phuoc"].run("key", "root"))
    district.run("export", report, "-o", str(trail))
    federation.run("verify", str(trail), "--root", str(key), "--attachment", str(b), "--attachment", str(a))
    federation.run("verify", str(trail), "--root", str(key), "--attachment", str(b), "--attachment", str(MONTHLY),
                   expect=8)
    if len(files_of(district)) != 2:
        raise Failure(f"{files_of(district)} for two contents")


def check_refused(federation):
    commune = federation.nodes["tan-loi"]
    empty = federation.home / "empty"
    empty.write_bytes(b"")
    commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", str(empty), expect=2)
    commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", str(federation.home), expect=2)
    commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", "/nowhere", expect=2)
    huge = federation.home / "huge"
    with open(huge, "wb") as out:
        out.truncate((2 << 30) + 1)
    commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", str(huge), expect=5)
    left = list((commune.dir / "attachments" / "tmp").iterdir())
    if left:
        raise Failure(f"refused files left {left}")


def kill_at(node, report, share):
    """Cuts the node's power when so much of the attachment is durable there."""
    def enough():
        attachments = shown(node, report)
        return attachments and attachments[0]["bytes_here"] >= share * attachments[0]["size"]
    wait_for(enough, 240, step=0.005)
    node.kill()


def check_cut(federation, mib):
    """A big one; the parent is killed in the middle and at 99 %, and urgent news overtakes the rest."""
    commune, district = federation.nodes["tan-loi"], federation.nodes["dong-phu"]
    big, out = federation.home / "big.bin", federation.home / "big.out"
    digest = make_file(big, mib << 20, 3)
    started = time.monotonic()
    report = commune.run("push", str(MONTHLY), "--from", "cap-uy", "--attach", str(big), "--wait", "30").strip()
    delivered = time.monotonic() - started
    done = district.run("attachment", report, "big.bin", "-o", str(out), expect=None)
    if done.returncode not in (0, 75) or (done.returncode == 75 and "ATTACHMENT_COMING" not in done.stderr):
        raise Failure(f"what is still to come is not said: {done.returncode} {done.stderr}")
    kill_at(district, report, 0.5)
    district.start()
    urgent_at = time.monotonic()
    commune.run("push", str(URGENT), "--from", "cap-uy", "--wait", "30")
    urgent_took = time.monotonic() - urgent_at
    kill_at(district, report, 0.99)
    district.start()
    wait_for(lambda: shown(district, report)[0]["state"] == "here", 180)
    took = time.monotonic() - started
    district.run("attachment", report, "big.bin", "-o", str(out), "-y")
    if hashlib.sha256(out.read_bytes()).hexdigest() != digest:
        raise Failure("the attachment is not what was sent")
    print(f"attachments: {mib} MiB in {took:.1f} s through two kills of the receiver; the report was there after {delivered:.1f} s, urgent news took {urgent_took:.1f} s; "
          f"most memory {rss_mib(commune):.0f} and {rss_mib(district):.0f} MiB", flush=True)


def check_audit(federation):
    """A disk that forgets, or somebody who helps it, is found out."""
    district = federation.nodes["dong-phu"]
    district.run("audit")
    one, other = sorted(path for path in (district.dir / "attachments").iterdir() if path.is_file())[:2]
    one.chmod(0o600)
    with open(one, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))
    other.rename(district.dir / "attachments" / "tmp" / "gone")
    found = {finding["what"]: finding["about"] for finding in
             json.loads(district.run("audit", "--json", expect=8))["findings"] if finding["evidence"]}
    if found != {"ATTACHMENT_ALTERED": one.name, "ATTACHMENT_MISSING": other.name}:
        raise Failure(f"the audit found {found}")


def test(program, daemon, options):
    with Federation(program, daemon) as federation:
        federation.usual()
        check_small(federation)
        check_refused(federation)
        check_cut(federation, int(options.get("mib", 24)))
        federation.settle()
        check_audit(federation)
        for node in federation.nodes.values():
            node.stop()


if __name__ == "__main__":
    main(test)
