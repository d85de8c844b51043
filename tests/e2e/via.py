#!/usr/bin/env python3
"""via.py - real daemons: a report waits at its via organ, and is its addressee's when it was passed on.

    tests/e2e/via.py [PROGRAM [DAEMON]]

A bloc with a regime of its own and one of its cells, under a province. The addressee and the via organ are
in the bloc (Q-1), both in the author's unit (Q-2), or the via organ is in the author's unit and the addressee
above it (Q-3). Urgent news goes directly (Q-4).
"""
import json

from federation import Failure, Federation, main

REGIME = """name: qua-ban-tuyen-giao
title: Quy chế thử có gửi qua
organs:
  province: [cap-uy]
  bloc: [cap-uy, thuong-truc, ban-thuong-vu, ban-tuyen-giao, van-phong]
  cell: [cap-uy, van-phong]
rules:
  - {id: Q-1, cites: Điều 10 khoản 2, kind: periodic, periods: [H, Y], level: [cell], from: [cap-uy],
     to: [ban-thuong-vu@parent], copy: [van-phong@parent], via: ban-tuyen-giao@parent}
  - {id: Q-2, cites: Điều 11, kind: reflection, to: [cap-uy@same], via: van-phong@same}
  - {id: Q-3, cites: Điều 12, kind: thematic, from: [cap-uy], to: [thuong-truc@parent], via: van-phong@same}
  - {id: Q-4, cites: Điều 10 khoản 3, kind: urgent, level: [cell], to: [ban-thuong-vu@parent, thuong-truc@parent]}
  - {id: Q-5, cites: Điều 5 khoản 3, kind: consolidation, from: [ban-tuyen-giao], to: [ban-thuong-vu@same]}
"""
BLOC, CELL = "khoi-co-quan", "chi-bo-mot"


def check(what, good, said=None):
    if not good:
        raise Failure(f"{what}: {said}")


class Papers:
    """Writes reports and pushes them."""

    def __init__(self, federation):
        self.federation = federation
        self.count = 0

    def write(self, kind, period=None, sources=()):
        self.count += 1
        path = self.federation.home / f"{self.count}.md"
        head = [f"kind: {kind}", f"title: Báo cáo số {self.count}", "date: 2026-07-10"]
        head += [f"period: {period}"] if period else []
        head += [f"sources: [{', '.join(sources)}]"] if sources else []
        path.write_text("---\n" + "\n".join(head) + "\n---\n# I\n", encoding="utf-8")
        return str(path)

    def push(self, unit, organ, kind, period=None, sources=()):
        path = self.write(kind, period, sources)
        return self.federation.nodes[unit].run("push", path, "--from", organ, "--wait", "30").strip()


def row(node, organ, report, *options):
    found = [mail for mail in node.lines("inbox", organ, *options) if mail["id"] == report]
    return found[0] if found else None


def refused(node, code, *words):
    done = node.run(*words, expect=None)
    check(" ".join(words), done.returncode == 5 and f"({code})" in done.stderr and len(done.stderr.splitlines()) == 2,
          f"exit {done.returncode}: {done.stderr}")


def verified(federation, unit, report, key):
    path = federation.home / f"{unit}-{report[:8]}.trail"
    federation.nodes[unit].run("export", report, "-o", str(path), "-y")
    said = json.loads(federation.run("verify", str(path), "--root", str(key), "--json"))
    check("verify", said["verified"], said)
    return said


def found(federation):
    path = federation.home / "via.yaml"
    path.write_text(REGIME, encoding="utf-8")
    federation.root("tinh-thu", name="Tỉnh thử", regime=str(path))
    federation.child("tinh-thu", BLOC, "bloc", "Đảng ủy Khối", regime=str(path))
    federation.child(BLOC, CELL, "cell", "Chi bộ Một", listens=False)


def check_explained(federation, papers):
    cell = federation.nodes[CELL]
    said = json.loads(cell.run("explain", papers.write("periodic", "2026-H1"), "--from", "cap-uy", "--json"))
    by_organ = {recipient["organ"]: recipient for recipient in said["recipients"]}
    check("explain", by_organ[f"ban-thuong-vu@{BLOC}"]["through"] == f"ban-tuyen-giao@{BLOC}", said)
    check("explain", by_organ[f"van-phong@{BLOC}"]["through"] is None and len(by_organ) == 2, said)
    said = json.loads(cell.run("explain", papers.write("urgent"), "--from", "cap-uy", "--json"))
    check("urgent", all(recipient["through"] is None for recipient in said["recipients"]), said)


def check_waiting(federation, papers, key):
    """It waits: for its addressee, on the trail, for the auditor, and in a proof."""
    bloc, cell = federation.nodes[BLOC], federation.nodes[CELL]
    report = papers.push(CELL, "cap-uy", "periodic", "2026-H1")
    check("via", row(bloc, "ban-tuyen-giao", report)["as"] == "via")
    check("via", row(bloc, "ban-tuyen-giao", report)["passes_to"] == [f"ban-thuong-vu@{BLOC}"])
    check("copy", row(bloc, "van-phong", report)["as"] == "copy")
    check("waits", row(bloc, "ban-thuong-vu", report) is None)
    waits = row(bloc, "ban-thuong-vu", report, "--all")
    check("waits", waits["state"] == "waits" and waits["through"] == f"ban-tuyen-giao@{BLOC}", waits)
    for organ, waiting in (("ban-thuong-vu", [report]), ("ban-tuyen-giao", [report]), ("van-phong", [])):
        said = json.loads(bloc.run("digest", "--since", "2026-01-01", "--as", organ, "--json"))
        check("digest", [mail["id"] for mail in said["waiting"]] == waiting, said)
        check("digest", bool(said["arrived"]) == (organ != "ban-thuong-vu"), said)
    refused(bloc, "WAITS", "mark", report, "--as", "ban-thuong-vu", "accepted")
    refused(bloc, "ONLY_PASSES", "mark", report, "--as", "ban-tuyen-giao", "accepted")
    refused(bloc, "NOT_VIA", "pass", report, "--as", "van-phong")
    refused(cell, "NOT_VIA", "pass", report, "--as", "cap-uy")
    events = cell.lines("trail", report)
    check("trail", not any(event["event"] == "passed" for event in events), events)
    check("trail", [event["organ"] for event in events if event["event"] == "waits"] == [f"ban-thuong-vu@{BLOC}"], events)
    check("outbox", [sent["state"] for sent in cell.lines("outbox") if sent["id"] == report] == ["waits"])
    for unit in (CELL, BLOC):
        said = verified(federation, unit, report, key)
        owed = {delivery["organ"]: delivery for delivery in said["deliveries"]}[f"ban-thuong-vu@{BLOC}"]
        check("verify", not owed["delivered"] and owed["passage"]["state"] == "waits", owed)
        audit = json.loads(federation.nodes[unit].run("audit", "--json"))
        check("audit", audit["deliveries"]["at_via"] == 1 and audit["ok"], audit)
        check("audit", any(f"waits at ban-tuyen-giao@{BLOC} since" in finding["detail"] for finding in audit["findings"]))
    return report


def check_passed(federation, report, key):
    bloc, cell = federation.nodes[BLOC], federation.nodes[CELL]
    bloc.run("pass", report, "--as", "ban-tuyen-giao", "--dry-run")
    check("dry run", row(bloc, "ban-thuong-vu", report) is None)
    bloc.run("pass", report[:12], "--as", "ban-tuyen-giao", "--note", "đã xem")
    bloc.kill()  # an answer comes only after the commit
    bloc.start()
    opened = row(bloc, "ban-thuong-vu", report)
    check("passed", opened["state"] == "arrived" and opened["passage"]["state"] == "passed", opened)
    check("passed", opened["arrived"] == opened["passage"]["decided"], opened)
    check("via", row(bloc, "ban-tuyen-giao", report) is None)
    refused(bloc, "DECIDED_ALREADY", "pass", report, "--as", "ban-tuyen-giao", "--return")
    bloc.run("mark", report, "--as", "ban-thuong-vu", "accepted")
    federation.settle()
    events = cell.lines("trail", report)
    passed = [event for event in events if event["event"] == "passed"]
    check("trail", len(passed) == 1 and passed[0]["decision"] == "passed" and passed[0]["proof"] == "receipt", passed)
    check("trail", passed[0]["organ"] == f"ban-tuyen-giao@{BLOC}" and passed[0]["waited_seconds"] >= 0, passed)
    order = [event["event"] for event in events]
    check("trail", order.index("waits") < order.index("passed") < order.index("state"), order)
    for unit in (CELL, BLOC):
        owed = {delivery["organ"]: delivery for delivery in verified(federation, unit, report, key)["deliveries"]}
        mine = owed[f"ban-thuong-vu@{BLOC}"]
        check("verify", mine["delivered"] and mine["state"] == "accepted", mine)
        check("verify", mine["passage"]["waited_seconds"] == passed[0]["waited_seconds"], mine)
    check("outbox", [sent["state"] for sent in cell.lines("outbox") if sent["id"] == report] == ["received"])


def check_other_units(federation, papers, key):
    """The via organ is in the author's unit: the pass travels up, even when nobody there was running."""
    bloc, cell = federation.nodes[BLOC], federation.nodes[CELL]
    inside = papers.push(CELL, "van-phong", "reflection")
    check("an author that is the via organ", row(cell, "cap-uy", inside)["through"] is None)
    inside = papers.push(BLOC, "ban-tuyen-giao", "reflection")
    check("inside", row(bloc, "cap-uy", inside) is None and row(bloc, "van-phong", inside)["as"] == "via")
    bloc.run("pass", inside, "--as", "van-phong")
    check("inside", row(bloc, "cap-uy", inside)["state"] == "arrived")
    bloc.stop()
    upward = cell.run("push", papers.write("thematic"), "--from", "cap-uy").strip()
    cell.run("pass", upward, "--as", "van-phong")
    cell.kill()
    bloc.start()
    check("upward", row(bloc, "thuong-truc", upward, "--all") is None)
    cell.start()
    federation.settle()
    check("upward", row(bloc, "thuong-truc", upward)["state"] == "arrived")
    for unit in (CELL, BLOC):
        said = verified(federation, unit, upward, key)
        check("upward", said["deliveries"][0]["passage"]["state"] == "passed", said)


def check_returned(federation, papers, key):
    bloc, cell = federation.nodes[BLOC], federation.nodes[CELL]
    report = papers.push(CELL, "cap-uy", "periodic", "2025")
    bloc.run("pass", report, "--as", "ban-tuyen-giao", "--return", "--note", "thiếu số liệu")
    federation.settle()
    check("returned", row(bloc, "ban-thuong-vu", report) is None)
    check("returned", row(bloc, "ban-thuong-vu", report, "--all")["state"] == "returned")
    check("returned", [sent["state"] for sent in cell.lines("outbox") if sent["id"] == report] == ["returned"])
    passed = [event for event in cell.lines("trail", report) if event["event"] == "passed"]
    check("returned", passed[0]["decision"] == "returned" and passed[0]["note"] == "thiếu số liệu", passed)
    check("attention", "ATTENTION" in json.loads(cell.run("status", "--json"))["reasons"])
    said = verified(federation, CELL, report, key)
    check("returned", [owed["passage"]["state"] for owed in said["deliveries"] if owed["passage"]] == ["returned"], said)


def check_consolidated(federation, papers, key):
    bloc, cell = federation.nodes[BLOC], federation.nodes[CELL]
    source = papers.push(CELL, "cap-uy", "periodic", "2024-H1")
    for organ, sources in (("ban-tuyen-giao", [source]), ("ban-thuong-vu", [])):
        made = bloc.run("consolidate", "--as", organ, "--rule", "Q-1", "--period", "2024-H1", "--json", expect=None).stdout
        check(f"what {organ} may consolidate", [item["id"] for item in json.loads(made)["sources"]] == sources, made)
    into = papers.push(BLOC, "ban-tuyen-giao", "consolidation", sources=[source])
    federation.settle()
    check("consolidated", row(bloc, "ban-thuong-vu", into)["state"] == "arrived")
    check("consolidated", row(bloc, "ban-thuong-vu", source) is None)
    kept = row(bloc, "ban-thuong-vu", source, "--all")
    check("consolidated", kept["state"] == "consolidated" and kept["passage"]["into"] == into, kept)
    check("show", json.loads(bloc.run("show", source, "--json"))["recipients"][0]["state"] == "consolidated")
    passed = [event for event in cell.lines("trail", source) if event["event"] == "passed"]
    check("consolidated", passed[0]["decision"] == "consolidated" and passed[0]["into"] == into, passed)
    said = verified(federation, CELL, source, key)
    check("consolidated", [owed["passage"]["into"] for owed in said["deliveries"] if owed["passage"]] == [into], said)


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        found(federation)
        key = federation.home / "root.key"
        key.write_text(federation.nodes["tinh-thu"].run("key", "root"))
        papers = Papers(federation)
        check_explained(federation, papers)
        check_passed(federation, check_waiting(federation, papers, key), key)
        print("via: it waited, was passed on, and every trail says how long")
        check_other_units(federation, papers, key)
        check_returned(federation, papers, key)
        check_consolidated(federation, papers, key)
        print("via: through organs of either unit, returned, consolidated")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()


if __name__ == "__main__":
    main(test)
