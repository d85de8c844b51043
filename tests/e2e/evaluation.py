#!/usr/bin/env python3
"""evaluation.py - a year counted from the log, twice alike; and what the chair of a giao ban is told.

    tests/e2e/evaluation.py [PROGRAM [DAEMON]]
"""
import csv
import datetime
import io
import json
import shutil

from duties import check, last_month, report, wait_for
from federation import EXIT, Federation, main

YEAR = last_month()[:4]


def calendar(federation):
    """Last month's report is due today; the district meets in two days, and again in four."""
    path = federation.home / "nam.yaml"
    people = "participants: [ban-dan-van@dong-phu, mttq@dong-phu]"
    path.write_text("\n".join([
        "name: nam", "title: Lịch báo cáo", f"from: {federation.day(-60)}", f"until: {federation.day(300)}", "window: calendar",
        "remind: {after: 90, every: 90, escalate-after: 1}", "rules:",
        f"  - {{rule: BP-24.2b, periods: {last_month()}, due: {federation.day()}}}",
        f"  - {{rule: H-23.2b, periods: {last_month()}, due: {federation.day()}}}", "meetings:",
        f"  - {{name: giao-ban, date: {federation.day(2)}, {people}}}",
        f"  - {{name: giao-ban-sau, date: {federation.day(4)}, {people}}}"]) + "\n", encoding="utf-8")
    return str(path)


def scores(answer, scope, **names):
    found = [score for score in answer["scores"]
             if score["scope"] == scope and all(score[key] == value for key, value in names.items())]
    check(len(found) == 1, f"{len(found)} scores of {scope} {names}")
    return found[0]


def count_by_hand(rows):
    """The counts of duties, from their days alone."""
    counts = {"on_time": 0, "late": 0, "missing": 0, "excused": 0, "days_late": 0}
    vietnam = datetime.timezone(datetime.timedelta(hours=7))
    for row in rows:
        if row["signed"]:
            signed = datetime.datetime.fromisoformat(row["signed"].replace("Z", "+00:00")).astimezone(vietnam).date()
            days = (signed - datetime.date.fromisoformat(row["until"])).days
            counts["late" if days > 0 else "on_time"] += 1
            counts["days_late"] += max(days, 0)
        else:
            counts["excused" if row["decision"] else "missing"] += 1
    return counts


def counting(federation):
    root = federation.nodes["binh-phuoc"]
    words = ["evaluate", "--year", YEAR]
    answer = json.loads(root.run(*words, "--json"))
    status = json.loads(root.run("status", "--json"))
    check(answer["log"]["size"] == status["log"]["size"] and answer["log"]["root"] == status["log"]["root"],
          f"another log: {answer['log']} {status['log']}")
    check(len(answer["calendars"]) == 1 and answer["asof"] == federation.day(), f"{answer['calendars']} {answer['asof']}")
    district = scores(answer, "unit", unit="dong-phu")
    check((district["owed"], district["late"], district["days_late"]) == (1, 1, 3), f"dong-phu: {district}")
    check(district["complete"] == {"part": 1, "of": 1, "percent": "100.00"}, f"dong-phu: {district}")
    bloc = scores(answer, "organ", unit="khoi-cac-co-quan", organ="cap-uy")
    check((bloc["owed"], bloc["missing"], bloc["punctual"]["percent"]) == (1, 1, "0.00"), f"bloc: {bloc}")
    check(all(row["unit"] != "tan-loi" for row in answer["duties"]), "the province judges what goes to the district")
    table = root.run(*words, "--csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    together = [row for row in rows if row["scope"] == "all"][0]
    by_hand = count_by_hand([row for row in rows if row["scope"] == "duty"])
    check(all(int(together[key]) == value for key, value in by_hand.items()), f"{together} {by_hand}")
    check("\r" not in table and table == root.run(*words, "--csv"), "two runs, two tables")
    path = federation.home / "nam.json"
    root.run(*words, "--json", "-o", str(path))
    check(json.loads(path.read_text()) == answer, "the file says something else")
    people = root.run(*words, "--all")
    check(answer["log"]["root"] in people and "dong-phu" in people, people)


def recounting(federation):
    """A stopped node, and another clock: the same bytes. An earlier day: as it was then."""
    root = federation.nodes["binh-phuoc"]
    root.stop()
    answer = root.run("evaluate", "--year", YEAR, "--csv")
    check(answer == root.run("evaluate", "--year", YEAR, "--csv"), "two runs, two tables")
    early = json.loads(root.run("evaluate", "--year", YEAR, "--asof", federation.day(-4), "--json"))
    check(early["calendars"] == [] and early["duties"] == [], "what was issued later counted before")
    # An inspector with a copy of the directory, years later, is given the same bytes; so is who asks for a day that
    # is over after the log has grown.
    copy = federation.home / "copy"
    shutil.copytree(root.dir, copy)
    over = ["evaluate", "--year", YEAR, "--asof", federation.day(-1), "--json"]
    before = root.run(*over)
    federation.move_clock(900)
    check(answer == federation.run("-n", str(copy), "evaluate", "--year", YEAR, "--csv"), "a copy counts otherwise")
    federation.move_clock(-900)
    root.start()
    check(before == root.run(*over), "a day that is over was counted otherwise")
    district = federation.nodes["dong-phu"].run("evaluate", "--year", YEAR, "--json")
    own = [row for row in json.loads(district)["duties"] if row["unit"] == "dong-phu"]
    above = [row for row in json.loads(root.run("evaluate", "--year", YEAR, "--json"))["duties"]
             if row["unit"] == "dong-phu" and row["rule"] == "BP-24.2b"]
    check(above and above == [row for row in own if row["rule"] == "BP-24.2b"], f"who owes and who keeps: {own} {above}")
    for words, code in ((["--year", "26"], "usage"), (["--year", YEAR, "--csv", "--json"], "usage"),
                        (["--year", YEAR, "--unit", "tan-loi"], "refused"), ([], "usage"),
                        (["--year", YEAR, "--unit", "khong-co"], "not found")):
        root.run("evaluate", *words, expect=EXIT[code])


def meeting(federation):
    district = federation.nodes["dong-phu"]
    answer = json.loads(district.run("digest", "--since", "giao-ban", "--json"))
    check(answer["since"] == federation.day(-1) and answer["meeting"]["participants"][1] == "mttq@dong-phu", f"{answer}")
    check([row["unit"] for row in answer["arrived"]] == ["tan-loi"], f"arrived: {answer['arrived']}")
    check(sorted(answer["arrived"][0]["at"]) == ["ban-dan-van", "cap-uy"], f"arrived: {answer['arrived']}")
    check(len(answer["unread"]) == 1 and not answer["waiting"], f"{answer['unread']} {answer['waiting']}")
    one = answer["arrived"][0]["id"]
    for organ in ("cap-uy", "ban-dan-van"):
        district.run("mark", one, "--as", organ, "accepted")
    read = json.loads(district.run("digest", "--since", federation.day(), "--as", "cap-uy", "--json"))
    check(not read["unread"] and read["arrived"][0]["at"] == ["cap-uy"] and read["meeting"] is None, f"{read}")
    check(not json.loads(district.run("digest", "--since", federation.day(1), "--json"))["arrived"], "from tomorrow on")
    root = federation.nodes["binh-phuoc"]
    overdue = json.loads(root.run("digest", "--since", "giao-ban", "--json"))["overdue"]
    check([(row["organ"], row["due"]) for row in overdue] == [("cap-uy@khoi-cac-co-quan", federation.day(-3))], f"{overdue}")
    check("giao-ban" in root.run("digest", "--since", "giao-ban"), "the meeting is not named")
    for since in ("giao-ban-sau", "khong-co", "2026-02-30"):
        root.run("digest", "--since", since, expect=EXIT["not found"])


def test(program, daemon, _):
    with Federation(program, daemon) as federation:
        federation.move_clock(0)
        federation.usual()
        root = federation.nodes["binh-phuoc"]
        root.run("calendar", "issue", calendar(federation), "--as", "ban-dan-van")
        federation.settle()
        federation.move_clock(3)
        for unit in ("dong-phu", "tan-loi"):
            federation.nodes[unit].run("push", report(federation, unit), "--from", "cap-uy", "--wait", "60")
        wait_for(lambda: len(root.lines("inbox", "cap-uy")) == 1, "the district's report did not come")
        federation.settle()
        counting(federation)
        recounting(federation)
        meeting(federation)
        for node in federation.nodes.values():
            node.stop()
    print("evaluation: counted, recounted, told to the chair")


if __name__ == "__main__":
    main(test)
