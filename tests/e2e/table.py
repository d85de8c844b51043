#!/usr/bin/env python3
"""table.py - every author, kind and period of fifteen units is treated as an independent reading says.

    tests/e2e/table.py [PROGRAM [DAEMON]] [reports=120] [seed=11]

The units are chosen for what is unusual: organs with several roles, several organs of one role, stand-ins,
missing organs, regulations of their own. First everything that explain says is compared with oracle.py; then
random reports, some with further recipients anywhere in the tree, are pushed and all mailboxes compared.
With the usual seed every rule is at work in some of them.
"""
import concurrent.futures
import json
import random
import time

import oracle
from federation import EXIT, Failure, Federation, main

# What the two regimes give a unit that does not list its organs.
COMMITTEE = "cap-uy thuong-truc ban-thuong-vu ban-dan-van van-phong"
USUAL = {
    "province": f"{COMMITTEE} chinh-quyen mttq to-chuc-ct-xh luc-luong-vu-trang",
    "district": f"{COMMITTEE} chinh-quyen mttq to-chuc-ct-xh luc-luong-vu-trang",
    "commune": "cap-uy thuong-truc ban-thuong-vu khoi-dan-van van-phong chinh-quyen mttq to-chuc-ct-xh "
               "luc-luong-vu-trang",
    "bloc": f"{COMMITTEE} to-chuc-ct-xh",
    "cell": "cap-uy khoi-dan-van",
}

UNITS = [
    # unit, level, superior, regime of its own, organs as ROLE+ROLE=SLUG (none: the usual ones)
    ("binh-phuoc", "province", None, "binh-phuoc", ""),
    ("dong-phu", "district", "binh-phuoc", "huyen", ""),
    ("bu-dang", "district", "binh-phuoc", None,
     "cap-uy+thuong-truc+ban-thuong-vu=huyen-uy uy-vien-phu-trach-dan-van ubnd+chinh-quyen=ubnd mttq "
     "to-chuc-ct-xh=hoi-nong-dan to-chuc-ct-xh=hoi-phu-nu to-chuc-ct-xh=doan "
     "luc-luong-vu-trang=cong-an luc-luong-vu-trang=quan-su van-phong"),
    ("bu-dop", "district", "binh-phuoc", "huyen",
     "cap-uy thuong-truc ban-thuong-vu uy-vien-phu-trach-dan-van chinh-quyen mttq to-chuc-ct-xh"),
    ("khoi-co-quan", "bloc", "binh-phuoc", None, ""),
    ("khoi-doanh-nghiep", "bloc", "binh-phuoc", None, "cap-uy thuong-truc ban-tuyen-giao to-chuc-ct-xh"),
    ("tan-loi", "commune", "dong-phu", None, ""),
    ("thuan-phu", "commune", "dong-phu", "binh-phuoc", ""),
    ("tan-tien", "commune", "dong-phu", "huyen",
     "cap-uy ban-dan-van khoi-dan-van thuong-truc ban-thuong-vu chinh-quyen mttq=mat-tran mttq=ban-cong-tac "
     "to-chuc-ct-xh"),
    ("bom-bo", "commune", "bu-dang", None, "cap-uy thuong-truc ban-dan-van khoi-dan-van chinh-quyen"),
    ("duc-lieu", "commune", "bu-dang", "huyen",
     "cap-uy+ban-dan-van=dang-uy chinh-quyen+mttq=ubnd to-chuc-ct-xh+thuong-truc=cong-doan van-phong"),
    ("hung-phuoc", "commune", "bu-dop", None, "cap-uy mttq van-phong"),
    ("chi-bo-ap-mot", "cell", "tan-loi", None, ""),
    ("chi-bo-so-noi-vu", "cell", "khoi-co-quan", None, ""),
    ("chi-bo-cao-su", "cell", "khoi-doanh-nghiep", None, "cap-uy"),
]

REPORTS = [("periodic", period) for period in ("2026-10", "2026-Q3", "2026-H1", "2026-9M", "2025", None)]
REPORTS += [(kind, None) for kind in ("directed", "urgent", "flash", "consolidation", "review", "reflection",
                                      "appraisal", "thematic", "evaluation", "notice")]
REPORTS += [("evaluation", "2025"), ("evaluation", "2026-H1"), ("review", "2026-H1"), ("directed", "2026-10"),
            ("urgent", "2026-13")]


def organs_of(level, words):
    organs = {}
    for word in (words or USUAL[level]).split():
        roles, _, slug = word.partition("=")
        organs[slug or roles] = set(roles.split("+"))
    return organs


def build(federation):
    """Starts every unit; returns them as the oracle sees them, by name."""
    units = {}
    superiors = {superior for _, _, superior, _, _ in UNITS}
    for name, level, superior, regime, words in UNITS:
        units[name] = oracle.Unit(name, level, units.get(superior), regime, organs_of(level, words))
        if superior is None:
            federation.root(name, level, f"Đơn vị {name}", regime, words.split())
        else:
            federation.child(superior, name, level, f"Đơn vị {name}", regime, name in superiors, words.split())
    return units


def wait_for_tree(federation, units, seconds=60):
    """Until the root has heard of every organ: before that it refuses them as further recipients."""
    expected = {f"{slug}@{name}" for name, unit in units.items() for slug in unit.organs}
    end = time.monotonic() + seconds
    while True:
        tree = federation.nodes["binh-phuoc"].lines("tree")
        known = {organ["organ"] for there in tree for organ in there["organs"]}
        if known == expected:
            return sorted(expected)
        if time.monotonic() > end:
            raise Failure(f"the root knows {sorted(known)}\n  not {sorted(expected)}")
        time.sleep(0.1)


def write(federation, kind, period, also=()):
    path = federation.home / f"{kind}-{period}.md"
    lines = ["---", f"kind: {kind}", "date: 2026-11-10", "title: Báo cáo thử"]
    lines += [f"period: {period}"] if period else []
    lines += [f"also-to: [{', '.join(also)}]"] if also else []
    path.write_text("\n".join(lines + ["---", "# I", "Nội dung.", ""]), encoding="utf-8")
    return str(path)


def in_words(value):
    """A recipient table, or one mailbox row, in a form that a person can compare."""
    if isinstance(value, dict):
        return "; ".join(f"{address} {in_words(row)}" for address, row in sorted(value.items()))
    if isinstance(value, tuple):
        return f"{value[0]} by {', '.join(sorted(name for name, _ in value[1])) or 'the author'}"
    return str(value)


def compare(what, differences):
    """Fails with the first few of [(where, expected, found)]."""
    if differences:
        shown = "".join(f"\n  {where}\n    expected {in_words(expected)}\n    found    {in_words(found)}"
                        for where, expected, found in differences[:5])
        raise Failure(f"{what}: {len(differences)} differences{shown}")


def citations(rules):
    return frozenset((rule["id"], rule["cites"]) for rule in rules)


def explained(node, path, slug):
    """What explain says, in the oracle's form."""
    done = node.run("explain", path, "--from", slug, "--json", expect=None)
    if done.returncode == EXIT["done"]:
        said = json.loads(done.stdout)
        return {row["organ"]: (row["as"], citations(row["rules"])) for row in said["recipients"]}
    for code in ("BAD_PERIOD", "NO_RULE", "NO_RECIPIENT"):
        named = f"({code})" in done.stderr and (code != "NO_RECIPIENT" or "Điều" in done.stderr)
        if done.returncode == EXIT["refused"] and named and not done.stdout:
            return code
    return f"exit {done.returncode}: {done.stdout}{done.stderr}"


def check_explain(federation, units):
    """Compares the whole table; returns the reports that may be sent: [(unit, slug, kind, period)]."""
    paths = {report: write(federation, *report) for report in REPORTS}
    cases = [(unit, slug, *report) for unit in units.values() for slug in unit.organs for report in REPORTS]

    def difference(case):
        unit, slug, kind, period = case
        expected = oracle.owed(*case)
        found = explained(federation.nodes[unit.name], paths[kind, period], slug)
        return None if found == expected else (f"{slug}@{unit.name}, {kind} {period or ''}", expected, found)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        compare("explain", [found for found in pool.map(difference, cases) if found])
    return [case for case in cases if isinstance(oracle.owed(*case), dict)]


def push(federation, chance, cases, addresses):
    """Pushes one report of each case; returns what every mailbox must hold, and who sent what."""
    boxes, sent = {address: {} for address in addresses}, {}
    for case in cases:
        unit, slug, kind, period = case
        also = chance.sample(addresses, chance.choice([0, 0, 1, 3]))
        path = write(federation, kind, period, also)
        report = federation.nodes[unit.name].run("push", path, "--from", slug).strip()
        sent[report] = f"{kind} {period or ''} of {slug}@{unit.name}, also to {', '.join(also) or 'nobody'}"
        rows = {address: ("copy", frozenset()) for address in also if address != f"{slug}@{unit.name}"}
        for address, row in {**rows, **oracle.owed(*case)}.items():
            boxes[address][report] = row
    return boxes, sent


def mailbox_differences(federation, boxes, sent):
    differences = []
    for address, expected in boxes.items():
        slug, unit = address.split("@")
        mails = federation.nodes[unit].lines("inbox", slug, "--all")
        found = {mail["id"]: (mail["as"], citations(mail["rules"])) for mail in mails}
        for report in sorted(found.keys() | expected.keys()):
            if found.get(report) != expected.get(report):
                where = f"{address}: {sent.get(report, report)}"
                differences.append((where, expected.get(report, "nothing"), found.get(report, "nothing")))
    return differences


def check_mailboxes(federation, boxes, sent, seconds=30):
    """An empty outbox may fill again while the next one is looked at, hence the patience."""
    federation.settle()
    end = time.monotonic() + seconds
    while (differences := mailbox_differences(federation, boxes, sent)) and time.monotonic() < end:
        time.sleep(0.5)
    compare("mailboxes", differences)


def test(program, daemon, options):
    chance = random.Random(int(options.get("seed", 11)))
    with Federation(program, daemon) as federation:
        units = build(federation)
        cases = check_explain(federation, units)
        addresses = wait_for_tree(federation, units)
        print(f"table: explain agrees on {len(addresses) * len(REPORTS)} reports, {len(cases)} of them to be sent")
        boxes, sent = push(federation, chance, chance.sample(cases, int(options.get("reports", 120))), addresses)
        check_mailboxes(federation, boxes, sent)
        rows = sum(len(box) for box in boxes.values())
        print(f"table: {len(sent)} reports are in exactly the {rows} mailbox rows they should be")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()


if __name__ == "__main__":
    main(test)
