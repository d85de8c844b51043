#!/usr/bin/env python3
"""table.py - every author, kind, period and day of two countries is treated as an independent reading says.

    tests/e2e/table.py [PROGRAM [DAEMON]] [reports=120] [seed=11]

All five regulations are at work in them. The units are chosen for what is unusual: organs with several roles, several
organs of one role, stand-ins, missing organs, regulations of their own and beside others, days before and after them.
First everything that explain says is compared with oracle.py, and every row of every table must occur; then random
reports, some with further recipients anywhere in the tree, are pushed, passed on where they wait, and all mailboxes
compared.
"""
import concurrent.futures
import json
import random
import time

import oracle
from federation import EXIT, Failure, Federation, main
from oracle import Report

# What the regimes give a unit that does not list its organs.
COMMITTEE = "cap-uy thuong-truc ban-thuong-vu ban-dan-van van-phong"
USUAL = {
    "province": f"{COMMITTEE} chinh-quyen mttq to-chuc-ct-xh luc-luong-vu-trang",
    "district": f"{COMMITTEE} chinh-quyen mttq to-chuc-ct-xh luc-luong-vu-trang",
    "commune": "cap-uy thuong-truc ban-thuong-vu khoi-dan-van van-phong chinh-quyen mttq to-chuc-ct-xh "
               "luc-luong-vu-trang",
    "bloc": f"{COMMITTEE} to-chuc-ct-xh",
    "cell": "cap-uy khoi-dan-van",
}
BESIDE = {"dong-nai": " bcsd-ubnd ubnd so-ban-nganh"}  # what an additional regime speaks of besides

PROVINCE = [
    # unit, level, superior, regimes of its own, organs as ROLE+ROLE=SLUG (none: the usual ones)
    ("binh-phuoc", "province", None, "binh-phuoc dong-nai", ""),
    ("dong-phu", "district", "binh-phuoc", "huyen", ""),
    ("bu-dang", "district", "binh-phuoc", "",
     "cap-uy+thuong-truc+ban-thuong-vu=huyen-uy uy-vien-phu-trach-dan-van ubnd+chinh-quyen=ubnd mttq "
     "to-chuc-ct-xh=hoi-nong-dan to-chuc-ct-xh=hoi-phu-nu to-chuc-ct-xh=doan "
     "luc-luong-vu-trang=cong-an luc-luong-vu-trang=quan-su van-phong"),
    ("bu-dop", "district", "binh-phuoc", "huyen dong-nai",
     "cap-uy thuong-truc ban-thuong-vu uy-vien-phu-trach-dan-van chinh-quyen+bcsd-ubnd=ubnd mttq to-chuc-ct-xh "
     "so-ban-nganh=phong-noi-vu so-ban-nganh=phong-y-te"),
    ("khoi-co-quan", "bloc", "binh-phuoc", "", ""),
    ("khoi-doanh-nghiep", "bloc", "binh-phuoc", "tuyen-quang-khoi",
     "cap-uy thuong-truc ban-thuong-vu ban-tuyen-giao van-phong to-chuc-ct-xh=cong-doan to-chuc-ct-xh=doan"),
    ("khoi-truong-hoc", "bloc", "binh-phuoc", "tuyen-quang-khoi",
     "cap-uy+thuong-truc=dang-uy ban-thuong-vu ban-dan-van to-chuc-ct-xh"),
    ("tan-loi", "commune", "dong-phu", "", ""),
    ("thuan-phu", "commune", "dong-phu", "binh-phuoc", ""),
    ("tan-tien", "commune", "dong-phu", "huyen",
     "cap-uy ban-dan-van khoi-dan-van thuong-truc ban-thuong-vu chinh-quyen mttq=mat-tran mttq=ban-cong-tac "
     "to-chuc-ct-xh"),
    ("bom-bo", "commune", "bu-dang", "", "cap-uy thuong-truc ban-dan-van khoi-dan-van chinh-quyen"),
    ("duc-lieu", "commune", "bu-dang", "huyen",
     "cap-uy+ban-dan-van=dang-uy chinh-quyen+mttq=ubnd to-chuc-ct-xh+thuong-truc=cong-doan van-phong"),
    ("hung-phuoc", "commune", "bu-dop", "", "cap-uy mttq van-phong"),
    ("chi-bo-ap-mot", "cell", "tan-loi", "", ""),
    ("chi-bo-so-noi-vu", "cell", "khoi-co-quan", "", ""),
    ("chi-bo-cao-su", "cell", "khoi-doanh-nghiep", "", "cap-uy to-chuc-ct-xh"),
    ("chi-bo-mam-non", "cell", "khoi-truong-hoc", "", "cap-uy+to-chuc-ct-xh=chi-uy"),
]

CITY = [
    ("ha-noi", "province", None, "ha-noi", ""),
    ("ba-dinh", "district", "ha-noi", "", ""),
    ("soc-son", "district", "ha-noi", "huyen",
     "cap-uy thuong-truc ban-thuong-vu uy-vien-phu-trach-dan-van chinh-quyen mttq to-chuc-ct-xh"),
    ("son-tay", "district", "ha-noi", "",
     "cap-uy thuong-truc ban-thuong-vu uy-vien-phu-trach-dan-van+van-phong=van-phong chinh-quyen"),
    ("truc-bach", "commune", "ba-dinh", "", ""),
    ("minh-phu", "commune", "soc-son", "", "cap-uy thuong-truc khoi-dan-van chinh-quyen mttq"),
    ("khoi-cac-co-quan", "bloc", "ha-noi", "", "cap-uy thuong-truc uy-vien-phu-trach-dan-van to-chuc-ct-xh"),
    ("chi-bo-so-tu-phap", "cell", "khoi-cac-co-quan", "", ""),
]

NOW = [Report("periodic", period) for period in ("2026-10", "2026-Q3", "2026-H1", "2026-H2", "2026-9M", "2025", None)]
NOW += [Report(kind) for kind in ("directed", "urgent", "flash", "consolidation", "review", "reflection", "appraisal",
                                  "thematic", "evaluation", "notice", "joint")]
NOW += [Report("evaluation", "2025"), Report("evaluation", "2026-H1"), Report("review", "2026-H1"),
        Report("directed", "2026-10"), Report("urgent", "2026-13"), Report("draft"), Report("joint", "2025")]
# Days on which other regimes were in force.
THEN = [Report("periodic", "2025-09", "2025-10-10"), Report("notice", None, "2025-10-10"),
        Report("notice", None, "2025-10-10", "ton-giao"), Report("notice", None, "2025-10-10", "dat-dai"),
        Report("draft", None, "2025-12-31"), Report("draft", None, "2026-01-01"),
        Report("information", None, "2025-10-10"), Report("exchange", None, "2021-11-05"),
        Report("exchange", None, "2021-11-04"), Report("periodic", "2022-06", "2022-07-11"),
        Report("periodic", "2022-H1", "2022-07-12"), Report("urgent", None, "2022-07-11"),
        Report("reflection", None, "2022-01-23"), Report("reflection", None, "2022-01-24"),
        Report("periodic", "2021-13", "2022-01-23")]
REPORTS = NOW + THEN


def organs_of(level, regimes, words):
    organs = {}
    for word in (words or USUAL[level] + "".join(BESIDE.get(name, "") for name in regimes)).split():
        roles, _, slug = word.partition("=")
        organs[slug or roles] = set(roles.split("+"))
    return organs


def build(federation, country):
    """Starts every unit; returns them as the oracle sees them, by name."""
    units = {}
    superiors = {superior for _, _, superior, _, _ in country}
    for name, level, superior, words, organs in country:
        regimes = words.split()
        adopted = tuple((regime, i == 0, "0000", "9999") for i, regime in enumerate(regimes))
        units[name] = oracle.Unit(name, level, units.get(superior), adopted, organs_of(level, regimes, organs))
        if superior is None:
            federation.root(name, level, f"Đơn vị {name}", regimes, organs.split())
        else:
            federation.child(superior, name, level, f"Đơn vị {name}", regimes, name in superiors, organs.split())
    return units


def wait_for_tree(federation, units, root, seconds=60):
    """Until the root has heard of every organ: before that it refuses them as further recipients."""
    expected = {f"{slug}@{name}" for name, unit in units.items() for slug in unit.organs}
    end = time.monotonic() + seconds
    while True:
        tree = federation.nodes[root].lines("tree")
        known = {organ["organ"] for there in tree for organ in there["organs"]}
        if known == expected:
            return sorted(expected)
        if time.monotonic() > end:
            raise Failure(f"the root knows {sorted(known)}\n  not {sorted(expected)}")
        time.sleep(0.1)


def write(federation, report, also=()):
    path = federation.home / f"{report.kind}-{report.period}-{report.date}-{report.matter}.md"
    lines = ["---", f"kind: {report.kind}", f"date: {report.date}", "title: Báo cáo thử"]
    lines += [f"period: {report.period}"] if report.period else []
    lines += [f"matter: [{report.matter}]"] if report.matter else []
    lines += [f"also-to: [{', '.join(also)}]"] if also else []
    path.write_text("\n".join(lines + ["---", "# I", "Nội dung.", ""]), encoding="utf-8")
    return str(path)


def in_words(value):
    """A recipient table, or one mailbox row, in a form that a person can compare."""
    if isinstance(value, dict):
        return "; ".join(f"{address} {in_words(row)}" for address, row in sorted(value.items()))
    if isinstance(value, tuple):
        through = f" through {value[1]}" if value[1] else ""
        return f"{value[0]}{through} by {', '.join(sorted(name for name, _ in value[2])) or 'the author'}"
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
        return {row["organ"]: (row["as"], row["through"], citations(row["rules"])) for row in said["recipients"]}
    for code in ("BAD_PERIOD", "NO_RULE", "NO_RECIPIENT"):
        named = f"({code})" in done.stderr and (code != "NO_RECIPIENT" or "Điều" in done.stderr)
        if done.returncode == EXIT["refused"] and named and not done.stdout:
            return code
    return f"exit {done.returncode}: {done.stdout}{done.stderr}"


def check_explain(federation, units):
    """Compares the whole table; returns the reports that may be sent, [(unit, slug, report)], and all rules met."""
    paths = {report: write(federation, report) for report in REPORTS}
    cases = [(unit, slug, report) for unit in units.values() for slug in unit.organs for report in REPORTS]

    def difference(case):
        unit, slug, report = case
        expected = oracle.owed(*case)
        found = explained(federation.nodes[unit.name], paths[report], slug)
        return None if found == expected else (f"{slug}@{unit.name}, {named(report)}", expected, found)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        compare("explain", [found for found in pool.map(difference, cases) if found])
    mandates = [(case, oracle.owed(*case)) for case in cases]
    granted = [(case, mandate) for case, mandate in mandates if isinstance(mandate, dict)]
    rules = {name for _, mandate in granted for _, _, cited in mandate.values() for name, _ in cited}
    return [case for case, _ in granted], rules


def passers(mandate):
    """The organs that have to pass a report on before its addressees get it."""
    return {through for _, through, _ in mandate.values() if through}


def named(report):
    return " ".join(word for word in report if word)


def some(chance, cases, reports):
    """Cases by chance; every fifth is one that waits for some organ."""
    waiting = [case for case in cases if passers(oracle.owed(*case))]
    direct = [case for case in cases if not passers(oracle.owed(*case))]
    return chance.sample(direct, reports) + chance.sample(waiting, min(len(waiting), reports // 5))


def pass_on(federation, case, report, boxes):
    """Has the via organ of a report pass it on; before that nobody who waits may have it."""
    mandate = oracle.owed(*case)
    for via in passers(mandate):
        waiting = [address for address, (_, through, _) in mandate.items() if through == via]
        for address in waiting:
            slug, unit = address.split("@")
            if any(mail["id"] == report for mail in federation.nodes[unit].lines("inbox", slug)):
                raise Failure(f"{address} has {report} before {via} has passed it on")
        slug, unit = via.split("@")
        federation.nodes[unit].run("pass", report, "--as", slug)
        cited = frozenset().union(*(mandate[address][2] for address in waiting))
        boxes[via].setdefault(report, ("via", None, cited))


def push(federation, chance, cases, addresses):
    """Pushes one report of each case; returns what every mailbox must hold, and who sent what."""
    boxes, sent = {address: {} for address in addresses}, {}
    for case in cases:
        unit, slug, report = case
        waits = bool(passers(oracle.owed(*case)))
        also = [] if waits else chance.sample(addresses, chance.choice([0, 0, 1, 3]))
        path = write(federation, report, also)
        wait = ["--wait", "30"] if waits else []
        pushed = federation.nodes[unit.name].run("push", path, "--from", slug, *wait).strip()
        sent[pushed] = f"{named(report)} of {slug}@{unit.name}, also to {', '.join(also) or 'nobody'}"
        rows = {address: ("copy", None, frozenset()) for address in also if address != f"{slug}@{unit.name}"}
        for address, (what, _, cited) in {**rows, **oracle.owed(*case)}.items():
            boxes[address][pushed] = (what, None, cited)
        pass_on(federation, case, pushed, boxes)
    return boxes, sent


def mailbox_differences(federation, boxes, sent):
    differences = []
    for address, expected in boxes.items():
        slug, unit = address.split("@")
        mails = federation.nodes[unit].lines("inbox", slug, "--all")
        found = {mail["id"]: (mail["as"], None, citations(mail["rules"])) for mail in mails}
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


def check(program, daemon, country, chance, reports):
    """One country from beginning to end; returns the rules that were at work in it."""
    root = country[0][0]
    with Federation(program, daemon) as federation:
        units = build(federation, country)
        cases, rules = check_explain(federation, units)
        addresses = wait_for_tree(federation, units, root)
        print(f"table: {root}: explain agrees on {len(addresses) * len(REPORTS)} reports, {len(cases)} to be sent")
        boxes, sent = push(federation, chance, some(chance, cases, reports), addresses)
        check_mailboxes(federation, boxes, sent)
        rows = sum(len(box) for box in boxes.values())
        print(f"table: {root}: {len(sent)} reports are in exactly the {rows} mailbox rows they should be")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()
    return rules


def test(program, daemon, options):
    chance = random.Random(int(options.get("seed", 11)))
    reports = int(options.get("reports", 120))
    met = check(program, daemon, PROVINCE, chance, reports) | check(program, daemon, CITY, chance, reports // 3)
    rules = {rule.name for regulation in oracle.REGULATIONS.values() for rule in regulation if not rule.signed}
    if met != rules:
        raise Failure(f"no report was ever owed by {sorted(rules - met)}")
    print(f"table: all {len(rules)} rows that one organ alone can sign are at work")


if __name__ == "__main__":
    main(test)
