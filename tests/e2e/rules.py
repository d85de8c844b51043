#!/usr/bin/env python3
"""rules.py - every sample report goes exactly where its rules say, and refusals say why.

    tests/e2e/rules.py [PROGRAM [DAEMON]]

Pushes deploy/demo.d/reports.tsv through nine real nodes; the recipients that explain names, the rules that
the table expects and the mailboxes after the push must agree. Then the refusals, in both languages.
"""
import json
import unicodedata

from federation import Failure, Federation, REPORTS, ROOT, main


def province(federation):
    federation.root()
    federation.child("binh-phuoc", "dong-phu", "district", "Huyện Đồng Phú", regime="huyen")
    federation.child("binh-phuoc", "bu-dang", "district", "Huyện Bù Đăng")
    federation.child("binh-phuoc", "khoi-cac-co-quan", "bloc", "Đảng ủy Khối các cơ quan tỉnh")
    for parent, unit, name in [("dong-phu", "tan-loi", "Xã Tân Lợi"), ("dong-phu", "thuan-phu", "Xã Thuận Phú"),
                               ("bu-dang", "bom-bo", "Xã Bom Bo"), ("bu-dang", "duc-lieu", "Xã Đức Liễu")]:
        federation.child(parent, unit, "commune", name, listens=False)
    federation.child("khoi-cac-co-quan", "chi-bo-so-noi-vu", "cell", "Chi bộ Sở Nội vụ", listens=False)


def push_all(federation):
    """Pushes every sample; returns what every mailbox must hold."""
    boxes = {}
    for row in (ROOT / "deploy" / "demo.d" / "reports.tsv").read_text(encoding="utf-8").splitlines():
        unit, organ, file, rules = row.split("\t")
        node, path = federation.nodes[unit], str(REPORTS / file)
        explained = json.loads(node.run("explain", path, "--from", organ, "--json"))
        cited = {rule["id"] for recipient in explained["recipients"] for rule in recipient["rules"]}
        if cited != set(rules.split(",")):
            raise Failure(f"{file}: explain cites {sorted(cited)}, the table says {rules}")
        report = node.run("push", path, "--from", organ, "--wait", "30").strip()
        for recipient in explained["recipients"]:
            boxes.setdefault(recipient["organ"], {})[report] = (
                recipient["as"], tuple(sorted(rule["id"] for rule in recipient["rules"])))
    return boxes


def check_mailboxes(federation, expected):
    federation.settle()
    for address in federation.mailboxes():
        organ, unit = address.split("@")
        found = {}
        for mail in federation.nodes[unit].lines("inbox", organ, "--all"):
            rules = tuple(sorted(rule if isinstance(rule, str) else rule["id"] for rule in mail["rules"]))
            found[mail["id"]] = (mail["as"], rules)
        if found != expected.get(address, {}):
            raise Failure(f"{address}: holds {found}\n  expected {expected.get(address, {})}")


REFUSALS = [
    # what, unit, organ, front matter, exit, code, words that must be in the message
    ("a period that does not exist", "tan-loi", "cap-uy", "kind: periodic\nperiod: 2026-13", 5, "BAD_PERIOD", []),
    ("a periodic report without a period", "tan-loi", "cap-uy", "kind: periodic", 5, "BAD_PERIOD", []),
    ("a half year for an evaluation", "tan-loi", "mttq", "kind: evaluation\nperiod: 2026-H1", 5, "BAD_PERIOD", []),
    ("a kind no rule covers", "tan-loi", "cap-uy", "kind: thematic", 5, "NO_RULE", []),
    ("an author the rules do not bind", "tan-loi", "van-phong", "kind: periodic\nperiod: 2026-10", 5, "NO_RULE", []),
    ("an owner's rule below the owner", "bu-dang", "ban-dan-van", "kind: consolidation", 5, "NO_RULE", []),
    ("the root has no superior", "binh-phuoc", "cap-uy", "kind: periodic\nperiod: 2026-10", 5, "NO_RECIPIENT",
     ["BP-24.2b", "Điều 24 khoản 2", "binh-phuoc"]),
    ("the author is its only addressee", "tan-loi", "cap-uy", "kind: evaluation\nperiod: 2025", 5, "NO_RECIPIENT",
     ["H-27", "Điều 27"]),
    ("a day in the future", "tan-loi", "cap-uy", "kind: periodic\nperiod: 2026-10\ndate: 2199-01-01", 5, "BAD_DATE", []),
    ("a day that does not exist", "tan-loi", "cap-uy", "kind: periodic\nperiod: 2026-10\ndate: 2026-02-30", 5, "BAD_DATE", []),
    ("a header key nobody knows", "tan-loi", "cap-uy", "kind: periodic\nperiod: 2026-10\ncolour: red", 2, "BAD_HEADER", []),
    ("an addressee that does not exist", "tan-loi", "cap-uy",
     "kind: periodic\nperiod: 2026-10\nalso-to: [so-tai-chinh@dong-phu]", 5, "BAD_RECIPIENT", ["so-tai-chinh"]),
    ("an organ that does not exist", "tan-loi", "so-y-te", "kind: periodic\nperiod: 2026-10", 5, "NO_ORGAN", ["so-y-te"]),
]


def check_refusals(federation):
    for what, unit, organ, header, code_expected, name, words in REFUSALS:
        if "date:" not in header:
            header += "\ndate: 2026-10-20"
        path = federation.home / "refused.md"
        path.write_text(f"---\n{header}\ntitle: Báo cáo thử\n---\n# I\nNội dung.\n", encoding="utf-8")
        before = len(federation.nodes[unit].lines("outbox"))
        for verb in ("explain", "push"):
            done = federation.nodes[unit].run(verb, str(path), "--from", organ, expect=None)
            if done.returncode != code_expected or f"({name})" not in done.stderr or done.stdout:
                raise Failure(f"{what}: {verb} gave exit {done.returncode}, {done.stdout!r} {done.stderr!r}")
            missing = [word for word in words if word not in done.stderr]
            if missing or len(done.stderr.splitlines()) < 2:
                raise Failure(f"{what}: {verb} does not say {missing}: {done.stderr!r}")
        if len(federation.nodes[unit].lines("outbox")) != before:
            raise Failure(f"{what}: something was stored")


def check_text(federation):
    """NFD is normalised at entry; bytes that are no text are refused."""
    node = federation.nodes["tan-loi"]
    text = "---\nkind: periodic\nperiod: 2026-10\ndate: 2026-10-20\ntitle: Hà Nội – Đồng Phú\n---\n# I\nỔn định.\n"
    path = federation.home / "nfd.md"
    path.write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    report = node.run("push", str(path), "--from", "cap-uy").strip()
    shown = node.run("show", report, "--body")
    if unicodedata.normalize("NFC", shown) != shown or "Ổn định." not in shown:
        raise Failure(f"NFD came through: {shown!r}")
    path.write_bytes(text.encode("utf-16"))
    done = node.run("push", str(path), "--from", "cap-uy", expect=None)
    if done.returncode != 2 or "(BAD_TEXT)" not in done.stderr:
        raise Failure(f"UTF-16 gave exit {done.returncode}: {done.stderr!r}")


def check_languages(federation):
    path = federation.home / "refused.md"
    path.write_text("---\nkind: periodic\nperiod: 2026-10\ndate: 2026-10-20\ntitle: T\n---\n# I\n", encoding="utf-8")
    said = {}
    for language in ("en", "vi"):
        federation.env["LANGUAGE"] = language
        said[language] = federation.nodes["binh-phuoc"].run("push", str(path), "--from", "cap-uy", expect=None).stderr
    federation.env["LANGUAGE"] = "en"
    if "phải gửi" not in said["vi"] or said["vi"] == said["en"] or "(NO_RECIPIENT)" not in said["vi"]:
        raise Failure(f"the two languages: {said}")


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        province(federation)
        check_mailboxes(federation, push_all(federation))
        print("rules: every sample is exactly where its rules say")
        check_refusals(federation)
        check_text(federation)
        check_languages(federation)
        print(f"rules: {len(REFUSALS)} refusals named, nothing stored")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()


if __name__ == "__main__":
    main(test)
