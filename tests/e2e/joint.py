#!/usr/bin/env python3
"""joint.py - two organs sign or nothing is issued; drafts come back with their comments; notices come first.

    tests/e2e/joint.py [PROGRAM [DAEMON]]
"""
import datetime
import hashlib
import json
import pathlib
import time

from federation import Failure, Federation, main

REGIME = pathlib.Path(__file__).with_name("joint.yaml")
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


def day(offset=0):
    return (datetime.datetime.now(VIETNAM) + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def report(kind, *more, date=None):
    lines = ["---", f"kind: {kind}", f"date: {date or day()}", "title: Báo cáo phối hợp", *more, "---", "# Nội dung", ""]
    return "\n".join(lines)


def same(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")


def refused(done, name, code=5):
    if done.returncode != code or f"({name})" not in done.stderr:
        raise Failure(f"not {name}: exit {done.returncode}, {done.stderr!r}")


def await_row(node, words, match, seconds=30):
    """The first row of a listing that matches, as soon as there is one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for row in node.lines(*words):
            if match(row):
                return row
        time.sleep(0.1)
    raise Failure(f"{node.unit}: {' '.join(words)} does not show it: {node.lines(*words)}")


def push(node, text, *words):
    return node.run("push", "-", *words, stdin=text).strip()


def verified(federation, node, report_id, expect=0):
    trail = federation.home / f"{node.unit}-{report_id[:8]}.trail"
    node.run("export", report_id, "-o", str(trail), "-y")
    key = federation.nodes["dong-nai"].run("key", "root").strip()
    done = federation.run("verify", str(trail), "--root", key, "--json", expect=None)
    same("verify", done.returncode, expect)
    parts = federation.home / f"{node.unit}-{report_id[:8]}.parts"
    federation.run("trail-extract", str(trail), "-o", str(parts), "-y")
    return json.loads(done.stdout), parts


def check_local_joint(federation):
    """PH-5.2: the lead pushes, the other signs, and only then does anybody have it."""
    root = federation.nodes["dong-nai"]
    text = report("joint", "period: 2026", "number: 07-BC/BDVTU")
    refused(root.run("push", "-", "--from", "ban-dan-van", stdin=text, expect=None), "NO_RULE")
    explained = json.loads(root.run("explain", "-", "--from", "ban-dan-van", "--with", "bcsd-ubnd", "--json", stdin=text))
    same("explain", [(r["organ"], r["as"]) for r in explained["recipients"]], [("thuong-truc@dong-nai", "to")])
    same("explain with", explained["with"], ["bcsd-ubnd@dong-nai"])
    joint = push(root, text, "--from", "ban-dan-van", "--with", "bcsd-ubnd")
    same("mail before the signature", root.lines("inbox", "thuong-truc"), [])
    same("outbox before the signature", root.lines("outbox"), [])
    row = root.lines("drafts", "bcsd-ubnd")[0]
    same("draft", (row["id"], row["state"], row["from"], row["with"]),
         (joint, "waiting", "ban-dan-van@dong-nai", ["bcsd-ubnd@dong-nai"]))
    same("signers", [s["signed"] for s in row["signers"]], [True, False])
    same("no draft of others", root.lines("drafts", "mttq"), [])
    same("show", json.loads(root.run("show", joint, "--json"))["draft"]["state"], "waiting")
    root.kill()  # what waits is in the store, not in the process
    root.start()
    refused(root.run("sign", joint, "--as", "mttq", expect=None), "NOT_SIGNER")
    root.run("sign", joint[:12], "--as", "bcsd-ubnd")
    root.run("sign", joint, "--as", "bcsd-ubnd")  # again: nothing changes
    same("no draft left", root.lines("drafts", "--all"), [])
    mail = root.lines("inbox", "thuong-truc")
    same("mail", [(m["id"], m["from"], m["with"]) for m in mail],
         [(joint, "ban-dan-van@dong-nai", ["bcsd-ubnd@dong-nai"])])
    for organ in ("ban-dan-van", "bcsd-ubnd"):
        same(f"sent by {organ}", [r["id"] for r in root.lines("outbox", organ)], [joint])
    signed = [e["organ"] for e in root.lines("trail", joint) if e["event"] == "signed"]
    same("trail", signed, ["ban-dan-van@dong-nai", "bcsd-ubnd@dong-nai"])
    verdict, parts = verified(federation, root, joint)
    signatures = [c["detail"] for c in verdict["checks"] if c["check"] == "author-signature"]
    same("verified signatures", signatures, ["ban-dan-van@dong-nai", "bcsd-ubnd@dong-nai"])
    same("report.bin", (parts / "report.bin").exists(), True)
    refused(root.run("withdraw", joint, "--as", "bcsd-ubnd", expect=None), "BAD_STATE")


def check_joint_upward(federation):
    """PH-5.3, signers named in the file: nothing leaves the district before the second signature."""
    district, root = federation.nodes["bien-hoa"], federation.nodes["dong-nai"]
    text = report("joint", "period: 2026", "with: [mttq@bien-hoa]", "also-to: [khoi-dan-van@long-binh]")
    joint = push(district, text, "--from", "ban-dan-van")
    pending = district.run("push", "-", "--from", "ban-dan-van", "--with", "mttq", "--wait", "1",
                           stdin=report("joint", "period: 2025"), expect=3)
    same("nothing waits to be sent", district.lines("queue"), [])
    district.run("sign", joint, "--as", "mttq")
    mail = await_row(root, ("inbox", "cap-uy"), lambda m: m["id"] == joint)
    same("with", mail["with"], ["mttq@bien-hoa"])
    await_row(federation.nodes["long-binh"], ("inbox", "khoi-dan-van"), lambda m: m["id"] == joint)
    await_row(district, ("trail", joint), lambda e: e["event"] == "received" and e["unit"] == "dong-nai")
    verified(federation, root, joint)
    verdict, _ = verified(federation, district, joint)
    same("deliveries", all("delivered" in d for d in verdict["deliveries"]), True)
    return pending.strip()


def check_withdrawn(federation, draft):
    """What was withdrawn is never issued, and its void explains the numbers that it had taken."""
    district = federation.nodes["bien-hoa"]
    district.run("withdraw", draft, "--as", "mttq")
    district.run("withdraw", draft, "--as", "ban-dan-van")
    refused(district.run("sign", draft, "--as", "mttq", expect=None), "BAD_STATE")
    same("waiting", district.lines("drafts"), [])
    row = district.lines("drafts", "--all")[0]
    same("void", (row["state"], row["void"]["organ"]), ("withdrawn", "mttq@bien-hoa"))
    same("numbers", [n["unit"] for n in row["to_seq"]], ["dong-nai"])
    told = await_row(federation.nodes["dong-nai"], ("attention",), lambda a: a["code"] == "NUMBER_VOIDED")
    same("taken back by", (told["about"], draft in told["detail"]), ("mttq@bien-hoa", True))
    district.run("audit")


def check_draft(federation):
    """PH-4.3c: collector and author in one unit; one answers, one twice, one not at all."""
    root, district, commune = (federation.nodes[unit] for unit in ("dong-nai", "bien-hoa", "long-binh"))
    text = report("draft", f"reply-by: {day(5)}",
                  "also-to: [ban-dan-van@bien-hoa, khoi-dan-van@long-binh, mttq@dong-nai]")
    draft = push(root, text, "--from", "bcsd-ubnd")
    await_row(commune, ("inbox", "khoi-dan-van"), lambda m: m["id"] == draft)
    commune.run("comment", draft, "--as", "khoi-dan-van", "-", stdin="Nhất trí.\n")
    district.run("comment", draft, "--as", "ban-dan-van", "-", stdin="Đề nghị sửa Điều 3.\n")
    district.run("comment", draft, "--as", "ban-dan-van", "-", stdin="Đề nghị sửa Điều 3 và Điều 4.\n")
    refused(district.run("comment", draft, "--as", "mttq", "-", stdin="x", expect=None), "NOT_RECEIVED")
    refused(root.run("comment", draft, "--as", "mttq", "-", stdin=" \n", expect=None), "BAD_VALUE", 2)
    await_row(root, ("comments", draft), lambda c: c["organ"] == "khoi-dan-van@long-binh" and c["state"] == "received")
    await_row(root, ("comments", draft), lambda c: len(c["comments"]) == 2)
    states = {c["organ"]: (c["as"], c["state"], len(c["comments"])) for c in root.lines("comments", draft, "--body")}
    same("comments", states, {"ban-dan-van@dong-nai": ("to", "waiting", 0), "mttq@dong-nai": ("copy", "waiting", 0),
                              "ban-dan-van@bien-hoa": ("copy", "received", 2),
                              "khoi-dan-van@long-binh": ("copy", "received", 1)})
    newest = [c for c in root.lines("comments", draft, "--body") if c["organ"] == "ban-dan-van@bien-hoa"][0]
    same("newest", newest["comments"][0]["text"], "Đề nghị sửa Điều 3 và Điều 4.")
    collected = federation.home / "gop-y.md"
    root.run("comments", draft, "-o", str(collected))
    text = collected.read_text()
    same("the set", ("Đề nghị sửa Điều 3 và Điều 4." in text, "khoi-dan-van@long-binh" in text, "mttq@dong-nai" in text),
         (True, True, True))
    root.run("comment", draft, "--as", "ban-dan-van", str(collected))  # the collector returns it
    verdict, parts = verified(federation, root, draft)
    same("extracted comments", sorted(path.read_text() for path in parts.glob("*.comment"))[-3:],
         ["Nhất trí.", "Đề nghị sửa Điều 3 và Điều 4.", "Đề nghị sửa Điều 3."])
    for signed in parts.glob("*.signed"):
        digest = hashlib.sha256(signed.read_bytes()).hexdigest()
        same(f"the leaf names {signed.name}", digest in signed.with_suffix(".leaf").read_text(), True)
    same("verified comments", sum(c["check"] == "comment" for c in verdict["checks"]), 4)
    same("trail", sum(e["event"] == "commented" for e in root.lines("trail", draft)), 4)


def check_collector_elsewhere(federation):
    """PH-4.3d: the collector's unit gets every comment too, also one that was said below the author; all of them late."""
    root, district, commune = (federation.nodes[unit] for unit in ("dong-nai", "bien-hoa", "long-binh"))
    text = report("draft", f"reply-by: {day(-3)}", "also-to: [khoi-dan-van@long-binh]", date=day(-9))
    draft = push(district, text, "--from", "van-phong")
    await_row(commune, ("inbox", "khoi-dan-van"), lambda m: m["id"] == draft)
    commune.kill()
    commune.start()
    commune.run("comment", draft, "--as", "khoi-dan-van", "-", stdin="Chậm nhưng có.\n")
    for node in (district, root):
        row = await_row(node, ("comments", draft), lambda c: c["organ"] == "khoi-dan-van@long-binh" and c["comments"])
        same(f"at {node.unit}", row["state"], "late")
        same("late by two days and more", row["late_seconds"] >= 2 * 86400, True)
    missing = [c["organ"] for c in root.lines("comments", draft) if c["state"] == "missing"]
    same("missing", missing, ["ban-dan-van@dong-nai"])
    verified(federation, root, draft)
    verified(federation, commune, draft)
    refused(root.run("comments", push(root, report("exchange"), "--from", "ban-dan-van"), expect=None), "NOT_ASKED")


def check_notices(federation):
    """A notice goes to those whom its matter concerns, and says so when it comes after the fact."""
    root = federation.nodes["dong-nai"]
    early = root.run("push", "-", "--from", "bcsd-ubnd", stdin=report("notice", f"settles-on: {day(3)}"), expect=None)
    same("in time", (early.returncode, "LATE_NOTICE" in early.stderr), (0, False))
    late = root.run("push", "-", "--from", "bcsd-ubnd", stdin=report("notice", f"settles-on: {day(-1)}"), expect=None)
    same("late", (late.returncode, "LATE_NOTICE" in late.stderr), (0, True))
    row = [m for m in root.lines("inbox", "ban-dan-van") if m["id"] == late.stdout.strip()][0]
    same("flag", row["flags"], ["late-notice"])
    refused(root.run("push", "-", "--from", "so-noi-vu", stdin=report("notice"), expect=None), "NO_RULE")
    touched = push(root, report("notice", "matter: [ton-giao]"), "--from", "so-noi-vu")
    for organ in ("ban-dan-van", "mttq"):
        same(organ, touched in [m["id"] for m in root.lines("inbox", organ)], True)
    for kind, organ, to in (("exchange", "ban-dan-van", ["bcsd-ubnd", "ubnd"]), ("information", "so-noi-vu", ["ban-dan-van"]),
                            ("flash", "cap-uy", ["ban-dan-van", "mttq"])):
        sent = push(root, report(kind), "--from", organ)
        for slug in to:
            same(f"{kind} to {slug}", sent in [m["id"] for m in root.lines("inbox", slug)], True)


def test(program, daemon, options):
    with Federation(program, daemon) as federation:
        federation.root("dong-nai", name="Tỉnh Đồng Nai", regime=str(REGIME))
        federation.child("dong-nai", "bien-hoa", "district", "Thành phố Biên Hòa")
        federation.child("bien-hoa", "long-binh", "commune", "Phường Long Bình", listens=False)
        check_local_joint(federation)
        draft = check_joint_upward(federation)
        check_withdrawn(federation, draft)
        check_draft(federation)
        check_collector_elsewhere(federation)
        check_notices(federation)
        federation.settle()
        for node in federation.nodes.values():
            node.run("audit")


if __name__ == "__main__":
    main(test)
