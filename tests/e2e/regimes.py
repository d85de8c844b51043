#!/usr/bin/env python3
"""regimes.py - regimes change in a running federation, and every document is judged by the regime of its day.

    tests/e2e/regimes.py [PROGRAM [DAEMON]]
"""
import json
import time

from federation import Failure, Federation, main

# What the district had, with another copy, from the 1st of November 2026 on.
NEW = """name: huyen
title: Quy chế công tác dân vận (sửa đổi)
stand-ins:
  - {role: ban-dan-van, level: commune, by: khoi-dan-van, cites: Điều 7}
rules:
  - id: N-1
    cites: Điều 1
    from: [mttq]
    kind: reflection
    to: [cap-uy@same]
    copy: [ban-dan-van@same]
  - id: N-2
    cites: Điều 2
    from: [cap-uy]
    kind: periodic
    periods: [M]
    to: [cap-uy@parent]
    copy: [van-phong@parent]
"""
# Beside whatever is in force: what thematic reports there are.
BESIDE = """name: chuyen-de
title: Quy chế báo cáo chuyên đề
rules:
  - {id: CD-1, cites: Điều 1, kind: thematic, to: cap-uy@same}
"""
BAD = "name: huyen\ntitle: x\nrules: [{id: A, cites: Điều 1, kind: periodik, to: cap-ui@same}]\n"


def write(federation, name, text):
    path = federation.home / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def paper(federation, kind, date, period=None):
    lines = ["---", f"kind: {kind}", f"date: {date}", "title: Báo cáo thử", *([f"period: {period}"] if period else [])]
    return write(federation, f"{kind}-{date}-{period}.md", "\n".join([*lines, "---", "# I", "Nội dung.", ""]))


def expect(what, found, expected):
    if found != expected:
        raise Failure(f"{what}: {found}\n  expected {expected}")


def wait_for(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"{what}: not after {seconds} s")
        time.sleep(0.05)


def standing(node, day, unit=None, *more):
    """{(name, standing, adopting unit, serial)} of what is in force."""
    words = ["regime", "show", "--asof", day, *(["--unit", unit] if unit else []), *more]
    return {(row["name"], row["standing"], row["unit"], row["serial"]) for row in node.lines(*words)}


def rules_of(node, path, organ):
    said = json.loads(node.run("explain", path, "--from", organ, "--json"))
    cited = {rule["id"] for row in said["recipients"] for rule in row["rules"]}
    return cited, {(regime["name"], regime["unit"], regime["serial"]) for regime in said["regimes"]}


def rows(node, organ):
    return {mail["id"]: (mail["as"], [rule if isinstance(rule, str) else rule["id"] for rule in mail["rules"]])
            for mail in node.lines("inbox", organ, "--all")}


def check_bad_files(federation):
    """A bad file changes nothing, whoever brings it; every mistake is told with its place."""
    node, bad = federation.nodes["dong-phu"], write(federation, "bad.yaml", BAD)
    before = node.lines("regime", "show", "--all")
    for words in (["check", bad], ["adopt", bad, "--from", "2026-11-01"]):
        done = node.run("regime", *words, expect=None)
        lines = done.stderr.splitlines()
        expect(f"regime {words[0]}", (done.returncode, done.stdout), (2, ""))
        for want in (f"{bad}:3:38: unknown kind \"periodik\" (UNKNOWN_KIND), did you mean periodic?",
                     f"{bad}:3:52: unknown role \"cap-ui\" (UNKNOWN_ROLE), did you mean cap-uy?"):
            if want not in lines:
                raise Failure(f"regime {words[0]}: {lines} without {want}")
    for words, code in ((["dong-nai", "--from", "2026-01-01"], 2), (["huyen", "--from", "2026-02-30"], 2),
                        (["huyen", "--from", "2026-02-03", "--until", "2026-02-02"], 2), (["huyen"], 2),
                        (["khong-co", "--from", "2026-01-01"], 4), (["huyen", "--from", "2026-01-01", "--additional"], 2)):
        expect(f"adopt {words}", node.run("regime", "adopt", *words, expect=None).returncode, code)
    node.run("regime", "adopt", "huyen", "--from", "2026-01-01", "--dry-run")
    expect("the regimes after refusals", node.lines("regime", "show", "--all"), before)


def check_change(federation):
    """A new main regime of the district travels up and down; the old one keeps its days."""
    district, commune, province = (federation.nodes[unit] for unit in ("dong-phu", "tan-loi", "binh-phuoc"))
    old, new = paper(federation, "reflection", "2026-10-31"), paper(federation, "reflection", "2026-11-02")
    before = federation.nodes["tan-loi"].run("push", new, "--from", "mttq").strip()
    adoption = district.run("regime", "adopt", write(federation, "new.yaml", NEW), "--from", "2026-11-01").strip()
    again = district.run("regime", "adopt", str(federation.home / "new.yaml"), "--from", "2026-11-01").strip()
    expect("the same adoption asked for twice", again, adoption)
    for node in (commune, province, federation.nodes["ap-mot"]):
        wait_for(f"{node.unit} hears of it", lambda there=node: ("huyen", "main", "dong-phu", 2) in
                 standing(there, "2026-11-05", "dong-phu"))
    expect("the commune before", standing(commune, "2026-10-31"), {("huyen", "inherited", "dong-phu", 1)})
    expect("the commune after", standing(commune, "2026-11-01"), {("huyen", "inherited", "dong-phu", 2)})
    expect("the district after", standing(district, "2026-11-01"),
           {("huyen", "main", "dong-phu", 2), ("binh-phuoc", "parent", "binh-phuoc", 1)})
    expect("what is known of the district's", standing(province, "2026-11-01", "dong-phu", "--all") -
           standing(province, "2026-11-01", "dong-phu"), {("huyen", "none", "dong-phu", 1)})
    expect("the superior is shown it", {row for row in standing(province, "2026-11-01", None, "--all") if row[1] == "below"},
           {("huyen", "below", "dong-phu", 2)})
    for node in (province, commune):
        news = [item for item in node.lines("attention") if item["code"] == "REGIME_ADOPTED"]
        expect(f"what {node.unit} is told", [(item["about"], item["detail"]) for item in news],
               [("dong-phu", "huyen, 2026-11-01")])
        expect("as a sentence", "regime show --unit dong-phu" in news[0]["remedy"], True)
    expect("by the old", rules_of(commune, old, "mttq"), ({"H-15.5"}, {("huyen", "dong-phu", 1)}))
    expect("by the new", rules_of(commune, new, "mttq"), ({"N-1"}, {("huyen", "dong-phu", 2)}))
    return before, old, new


def check_papers(federation, before, old, new):
    """What was signed before stays; what is dated before goes by the old; ancestors agree; proofs hold."""
    commune, district, province = (federation.nodes[unit] for unit in ("tan-loi", "dong-phu", "binh-phuoc"))
    monthly = {date: paper(federation, "periodic", date, "2026-10") for date in ("2026-10-31", "2026-11-02")}
    pushed = {"old": commune.run("push", old, "--from", "mttq").strip(),
              "new": commune.run("push", new, "--from", "mttq").strip()}
    for date, path in monthly.items():
        pushed[date] = commune.run("push", path, "--from", "cap-uy", "--wait", "30").strip()
    federation.settle()
    khoi, van_phong, dan_van = rows(commune, "khoi-dan-van"), rows(district, "van-phong"), rows(district, "ban-dan-van")
    expect("copies of the new rule", khoi, {pushed["new"]: ("copy", ["N-1"])})
    expect("signed before the change", before in rows(commune, "cap-uy") and before not in khoi, True)
    expect("the upward report of each day", (van_phong, dan_van),
           ({pushed["2026-11-02"]: ("copy", ["N-2"])}, {pushed["2026-10-31"]: ("copy", ["H-23.2b"])}))
    key = write(federation, "root.key", province.run("key", "root"))
    for report in (before, *pushed.values()):
        trail = str(federation.home / f"{report}.trail")
        commune.run("export", report, "-o", trail)
        federation.run("verify", trail, "--root", key)
    for date in monthly:
        trail = str(federation.home / f"district-{date}.trail")
        district.run("export", pushed[date], "-o", trail)
        federation.run("verify", trail, "--root", key)


def check_late(federation):
    """A commune that has not heard of the change is judged by what it names, and the district adds what it owes now."""
    commune, district = federation.nodes["tan-loi"], federation.nodes["dong-phu"]
    path = paper(federation, "periodic", "2026-11-12", "2026-11")
    district.stop()
    late = commune.run("push", path, "--from", "cap-uy").strip()
    commune.stop()
    district.start()
    district.run("regime", "adopt", write(federation, "newer.yaml", NEW.replace("van-phong@", "mttq@").replace("N-2", "N-3")),
                 "--from", "2026-11-10")
    commune.start()
    federation.settle()
    expect("the addressee", rows(district, "cap-uy").get(late), ("to", ["N-2"]))
    expect("the copy that was owed when it was signed", rows(district, "van-phong").get(late), ("copy", ["N-2"]))
    expect("the copy that is owed now", rows(district, "mttq").get(late), ("copy", ["N-3"]))
    district.run("mark", late, "--as", "mttq", "accepted")
    wait_for("the added organ's state", lambda: any(event["event"] == "state" and event["organ"].startswith("mttq")
                                                     for event in commune.lines("trail", late)))
    federation.settle()
    key = str(federation.home / "root.key")
    for node in (commune, district):
        trail = str(federation.home / f"late-{node.unit}.trail")
        node.run("export", late, "-o", trail)
        federation.run("verify", trail, "--root", key)
    expect("what the commune says now", rules_of(commune, path, "cap-uy"), ({"N-3"}, {("huyen", "dong-phu", 3)}))


def check_additional(federation):
    """Beside the main one, for some days, and replaced by its namesake alone."""
    commune = federation.nodes["tan-loi"]
    inside, outside = paper(federation, "thematic", "2026-11-11"), paper(federation, "thematic", "2026-11-15")
    beside = write(federation, "beside.yaml", BESIDE)
    commune.run("regime", "adopt", beside, "--from", "2026-11-01", "--until", "2026-11-12", "--additional")
    expect("beside the main one", rules_of(commune, inside, "mttq"), ({"CD-1"}, {("chuyen-de", "tan-loi", 1)}))
    done = commune.run("explain", outside, "--from", "mttq", expect=None)
    expect("after its last day", (done.returncode, "(NO_RULE)" in done.stderr), (5, True))
    newer = write(federation, "beside2.yaml", BESIDE.replace("to: cap-uy@same", "to: van-phong@same"))
    commune.run("regime", "adopt", newer, "--from", "2026-11-11", "--additional")
    expect("its namesake", rules_of(commune, inside, "mttq"), ({"CD-1"}, {("chuyen-de", "tan-loi", 2)}))
    expect("both beside the main one", standing(commune, "2026-11-09") | standing(commune, "2026-11-13"),
           {("huyen", "inherited", "dong-phu", 2), ("huyen", "inherited", "dong-phu", 3),
            ("chuyen-de", "additional", "tan-loi", 1), ("chuyen-de", "additional", "tan-loi", 2)})
    report = commune.run("push", inside, "--from", "mttq", "--wait", "30").strip()
    expect("the mailbox", rows(commune, "van-phong"), {report: ("to", ["CD-1"])})


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        federation.root()
        federation.child("binh-phuoc", "dong-phu", "district", "Huyện Đồng Phú", regime="huyen")
        federation.child("dong-phu", "tan-loi", "commune", "Xã Tân Lợi")
        federation.child("tan-loi", "ap-mot", "cell", "Chi bộ ấp Một", listens=False)
        check_bad_files(federation)
        print("regimes: a bad file changes nothing")
        papers = check_change(federation)
        check_papers(federation, *papers)
        print("regimes: every document by the regime of its day, here and above, and provably")
        check_late(federation)
        print("regimes: who heard of it late is judged by what he knew, and the rest is added")
        check_additional(federation)
        print("regimes: one beside another")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()


if __name__ == "__main__":
    main(test)
