#!/usr/bin/env python3
"""duties.py - a calendar goes down, and what it asks for is owed, met, chased, excused and certified.

    tests/e2e/duties.py [PROGRAM [DAEMON]]

The calendar is issued in time; then the clocks of all nodes are moved, and what is missing is missing at once.
"""
import datetime
import json
import re

from federation import EXIT, Failure, Federation, main

HEX = 64


def check(good, what):
    if not good:
        raise Failure(what)


def last_month():
    """The month before the one in which the test began."""
    vietnam = datetime.timezone(datetime.timedelta(hours=7))
    first = datetime.datetime.now(vietnam).date().replace(day=1)
    return (first - datetime.timedelta(days=1)).strftime("%Y-%m")


def calendar(federation, name, due, rules=("BP-24.2b", "H-23.2b"), level=""):
    """A calendar file: last month's report of every party committee is due on a day."""
    period = last_month()
    lines = [f"name: {name}", "title: Lịch báo cáo", f"from: {federation.day(-60)}", f"until: {federation.day(300)}", "window: calendar",
             "remind: {after: 1, every: 1, escalate-after: 1}", "rules:"]
    lines += [f"  - {{rule: {rule}, periods: {period}, due: {due}{level}}}" for rule in rules]
    path = federation.home / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def report(federation, name):
    path = federation.home / f"{name}.md"
    path.write_text(f"---\nkind: periodic\nperiod: {last_month()}\nnumber: 1-BC/HU\ndate: {federation.day()}\n"
                    f"title: Báo cáo tháng\nurgency: normal\n---\n# I. Tình hình\nỔn định.\n")
    return str(path)


def duty_of(node, unit, *words):
    found = [row for row in node.lines("duties", "--unit", unit, "--period", last_month(), "--all", *words)
             if row["organ"] == f"cap-uy@{unit}"]
    check(len(found) == 1, f"{node.unit} shows {len(found)} duties of {unit}")
    return found[0]


def wait_for(what, say):
    import time
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.2)
    raise Failure(say)


def issuing(federation):
    root = federation.nodes["binh-phuoc"]
    path = calendar(federation, "nam", federation.day())
    refused = root.run("calendar", "issue", path, "--as", "cap-uy", expect=None)
    check(refused.returncode == 77 and "NOT_PERMITTED" in refused.stderr and "ban-dan-van" in refused.stderr,
          f"cap-uy may issue: {refused.returncode} {refused.stderr}")
    root.run("calendar", "issue", path, "--as", "ban-dan-van", "--dry-run")
    check(not root.lines("calendar", "show"), "a dry run issued something")
    issued = root.run("calendar", "issue", path, "--as", "ban-dan-van").strip()
    check(len(issued) == HEX, f"issue prints {issued}")
    federation.settle()
    for unit, node in federation.nodes.items():
        check(len(node.lines("calendar", "show")) == 1, f"{unit} does not hold the calendar")


def newcomer(federation):
    """A unit that enrols later gets the calendars in force."""
    node = federation.child("binh-phuoc", "bu-dang", "district", "Huyện Bù Đăng", listens=False)
    wait_for(lambda: len(node.lines("calendar", "show")) == 1, "the new unit got no calendar")


def mistyping(federation):
    """An unknown name is refused with the nearest ones, and never answered with an empty list."""
    root = federation.nodes["binh-phuoc"]
    about = ["--rule", "BP-24.2b", "--as", "ban-dan-van", "--unit", "dong-phu"]
    for words, code, said in ((["duties", "--unit", "dong-ph"], "not found", "dong-phu"),
                              (["duties", "cap-u"], "not found", "cap-uy"),
                              (["duties", "mtt@dong-phu"], "not found", "mttq"),
                              (["overdue", "--rule", "BP-24.2"], "not found", "BP-24.2a, BP-24.2b"),
                              (["overdue", "--below", "--period", "2026-13"], "refused", "BAD_PERIOD"),
                              (["register", "--from", "tan-lo"], "not found", "tan-loi"),
                              (["register", "--from", "dong-phu", "cap-u"], "not found", "cap-uy"),
                              (["register", "cap-u"], "not found", "cap-uy"),
                              (["evaluate", "--year", "2026", "--unit", "dong-ph"], "not found", "dong-phu"),
                              (["remind", *about, "--period", "2026-13"], "refused", "BAD_PERIOD"),
                              (["excuse", *about, "--period", "26-10", "--decision", "excused"], "refused", "BAD_PERIOD"),
                              (["certify-missing", *about, "--period", "2026-Q5", "-o", "x"], "refused", "BAD_PERIOD"),
                              (["remind", *about, "--period", last_month(), "--organ", "cap-u"], "not found", "cap-uy"),
                              (["excuse", *about, "--period", last_month(), "--decision", "extended", "--until",
                                federation.day(-1)], "refused", "BAD_UNTIL")):
        done = root.run(*words, expect=None)
        check(done.returncode == EXIT[code] and said in done.stderr and not done.stdout,
              f"{words}: {done.returncode} {done.stdout}{done.stderr}")


def late_asking(federation):
    """What is asked for after its due day is in time on the day of asking."""
    commune = federation.nodes["tan-loi"]
    district = federation.nodes["dong-phu"]
    path = calendar(federation, "muon", federation.day(-5), rules=("H-23.2a",), level=", level: commune")
    district.run("calendar", "issue", path, "--as", "ban-dan-van")
    federation.settle()
    row = [row for row in commune.lines("duties", "mttq", "--rule", "H-23.2a")][0]
    check(row["due"] == federation.day(-5) and row["last"] == federation.day() and row["state"] == "owed", f"{row}")
    refused = district.run("certify-missing", "--unit", "tan-loi", "--organ", "mttq", "--rule", "H-23.2a", "--period",
                           last_month(), "--as", "ban-dan-van", "-o", "never.absence", expect=None)
    check(refused.returncode == EXIT["refused"] and "NOT_SEEN" in refused.stderr, refused.stderr)
    refused = commune.run("certify-missing", "--unit", "tan-loi", "--organ", "mttq", "--rule", "H-23.2a", "--period",
                          last_month(), "--as", "khoi-dan-van", "-o", "never.absence", expect=None)
    check(refused.returncode == EXIT["refused"] and "NOT_DUE" in refused.stderr and federation.day() in refused.stderr,
          refused.stderr)


def replacing(federation):
    """Who asks for a month that its quarter replaces is told so."""
    district, year = federation.nodes["dong-phu"], int(federation.day()[:4]) + 1
    path = federation.home / "thay-the.yaml"
    path.write_text(f"name: thay-the\ntitle: Lịch quý\nfrom: {year}-01-01\nuntil: {year}-12-31\nwindow: calendar\n"
                    f"replace: yes\nrules:\n  - {{rule: H-23.2a, level: district, periods: [{year}-03, {year}-Q1], due: end}}\n")
    district.run("calendar", "issue", str(path), "--as", "ban-dan-van")
    words = ["remind", "--unit", "dong-phu", "--rule", "H-23.2a", "--as", "ban-dan-van", "--period"]
    refused = district.run(*words, f"{year}-03", expect=None)
    check(refused.returncode == EXIT["refused"] and "REPLACED" in refused.stderr and f"({year}-Q1)" in refused.stderr,
          refused.stderr)
    refused = district.run(*words, f"{year}-04", expect=None)
    check(refused.returncode == EXIT["not found"], refused.stderr)


def chasing(federation):
    district, commune = federation.nodes["dong-phu"], federation.nodes["tan-loi"]
    wait_for(lambda: duty_of(commune, "tan-loi")["reminders"] == 1, "nobody reminded tan-loi")
    row = duty_of(commune, "tan-loi")
    check(row["state"] == "missing" and row["kept_by"] == "dong-phu" and row["escalated"], f"tan-loi: {row}")
    root = federation.nodes["binh-phuoc"]
    wait_for(lambda: duty_of(root, "tan-loi")["reminders"] == 1, "the escalated reminder did not come up")
    told = [(line["code"], line["about"]) for line in root.lines("attention")]
    check(("UNHEEDED", "cap-uy@tan-loi") in told, f"the province is told {told}")
    check(duty_of(root, "tan-loi")["state"] == "unseen", "the province sees what does not go there")
    wait_for(lambda: duty_of(root, "dong-phu")["reminders"] == 1, "nobody reminded dong-phu")
    check(not duty_of(root, "dong-phu")["escalated"], "nobody is above the root")
    status = json.loads(commune.run("status", "--json"))
    check(status["state"] == "OK" and "OVERDUE" in status["reasons"], f"status: {status}")
    check([row["organ"] for row in root.lines("overdue", "--below")] and not root.lines("overdue"),
          "the province owes nothing, its districts do")
    district.run("remind", "--unit", "tan-loi", "--rule", "H-23.2b", "--period", last_month(), "--as", "ban-dan-van",
                 "--note", "đề nghị gửi ngay")
    wait_for(lambda: duty_of(commune, "tan-loi")["reminders"] == 2, "the reminder by hand did not arrive")
    said = commune.run("attention")
    check("cap-uy@tan-loi was reminded" in said, f"attention: {said}")
    record = duty_of(commune, "tan-loi")["record"]
    check([(word["kind"], word["number"], word["note"]) for word in record] ==
          [("reminder", 1, ""), ("reminder", 2, "đề nghị gửi ngay")] and record[1]["by"] == "ban-dan-van@dong-phu",
          f"record: {record}")
    check("đề nghị gửi ngay" in commune.run("duties"), "the note is not shown")
    federation.env["LANGUAGE"] = "vi"
    shown = commune.run("duties") + commune.run("overdue") + district.run("evaluate", "--year", last_month()[:4], "--all")
    shown += district.run("digest", "--since", federation.day(-1))
    for verb in ("remind", "certify-missing"):
        words = ["-o", "x.absence"] if verb == "certify-missing" else []
        shown += district.run(verb, "--unit", "tan-loi", "--rule", "H-23.2b", "--period", last_month(), "--as",
                              "ban-dan-van", "--dry-run", *words, expect=None).stderr
    check("đã báo cấp trên" in shown and "QUÁ HẠN" in shown and "sẽ đôn đốc" in shown, shown)
    english = [word for word in ("missing", "late", "owed", "excused", "remind", "overdue", "certify", "due")
               if re.search(rf"(?i)\b{word}\b", shown)]
    check(not english, f"English in Vietnamese: {english} in {shown}")
    federation.env["LANGUAGE"] = "en"


def certifying(federation):
    district = federation.nodes["dong-phu"]
    key = federation.nodes["binh-phuoc"].run("key", "root").strip()
    words = ["--unit", "tan-loi", "--rule", "H-23.2b", "--period", last_month(), "--as", "ban-dan-van"]
    path = str(federation.home / "tan-loi.absence")
    district.run("certify-missing", *words, "-o", path)
    seen = json.loads(federation.run("verify", path, "--root", key, "--json"))
    check(seen["verified"] and seen["finding"]["decision"] == "missing" and seen["finding"]["reminders"] == 2,
          f"verify: {seen}")
    parts = federation.run("trail-extract", path, "-o", str(federation.home / "parts"), expect=None)
    check(parts.returncode == 2 and "holds no trail" in parts.stderr, f"trail-extract: {parts.stderr}")
    spoiled = bytearray(open(path, "rb").read())
    spoiled[len(spoiled) // 2] ^= 1
    open(path, "wb").write(spoiled)
    federation.run("verify", path, "--root", key, expect=EXIT["verification failed"])
    pushed = federation.nodes["tan-loi"].run("push", report(federation, "tan-loi"), "--from", "cap-uy", "--wait", "60",
                                             expect=None)
    check(pushed.returncode == 0 and "H-23.2b" in pushed.stderr and len(pushed.stdout.strip()) == HEX,
          f"push: {pushed.stdout} {pushed.stderr}")
    district.run("certify-missing", *words, "-o", path, "-y")
    seen = json.loads(federation.run("verify", path, "--root", key, "--json"))
    check(seen["verified"] and seen["finding"]["decision"] == "late" and seen["finding"]["days_late"] == 3
          and seen["report"] == pushed.stdout.strip(), f"verify: {seen}")
    check(duty_of(district, "tan-loi")["state"] == "late", "it was late")
    refused = federation.nodes["binh-phuoc"].run("certify-missing", *words, "-o", path, "-y", expect=None)
    check(refused.returncode == EXIT["refused"] and "NOT_SEEN" in refused.stderr, refused.stderr)


def excusing(federation):
    root, district = federation.nodes["binh-phuoc"], federation.nodes["bu-dang"]
    words = ["--unit", "bu-dang", "--rule", "BP-24.2b", "--period", last_month()]
    district_words = ["--as", "ban-dan-van", "--decision", "excused"]
    check(district.run("excuse", *words, *district_words, expect=None).returncode == 77, "a unit excuses itself")
    root.run("excuse", *words, *district_words, "--note", "mới thành lập")
    wait_for(lambda: duty_of(district, "bu-dang")["state"] == "excused", "the excuse did not arrive")
    check("mới thành lập" in district.run("duties", "--all"), "why it is excused is not shown")
    root.run("excuse", *words, "--as", "ban-dan-van", "--decision", "nothing-to-report", expect=EXIT["refused"])


def nobody(federation):
    """A unit without a Ban Dân vận or a stand-in chases nobody, and says so."""
    unit = federation.child("binh-phuoc", "bu-gia-map", "district", "Huyện Bù Gia Mập", listens=False,
                            organs=["cap-uy", "mttq", "ubnd+chinh-quyen=ubnd"])
    wait_for(lambda: len(unit.lines("calendar", "show")) == 1, "the new unit got no calendar")
    check(json.loads(unit.run("status", "--json"))["director"] is None, "a director where none is")
    check("BP-24.3, Điều 24 khoản 3" in unit.run("status"), unit.run("status"))
    said = unit.run("duties", expect=None)
    check("bu-gia-map" in said.stderr and "BP-24.3" in said.stderr, said.stderr)
    check(json.loads(federation.nodes["dong-phu"].run("status", "--json"))["director"] == "ban-dan-van", "no director")


def reorganising(federation):
    """A newer serial takes the place; a restart forgets nothing."""
    root, commune = federation.nodes["binh-phuoc"], federation.nodes["tan-loi"]
    root.run("calendar", "issue", calendar(federation, "nam", federation.day(-1)), "--as", "ban-dan-van")
    federation.settle()
    check(duty_of(commune, "tan-loi")["days_late"] == 1, "the newer calendar does not count")
    before = duty_of(commune, "tan-loi")["reminders"]
    district = federation.nodes["dong-phu"]
    district.kill()
    district.start()
    federation.settle()
    check(duty_of(commune, "tan-loi")["reminders"] == before, "a restart reminded again")


def test(program, daemon, _):
    with Federation(program, daemon) as federation:
        federation.move_clock(0)
        federation.usual()
        issuing(federation)
        newcomer(federation)
        late_asking(federation)
        replacing(federation)
        mistyping(federation)
        federation.move_clock(3)
        chasing(federation)
        certifying(federation)
        excusing(federation)
        nobody(federation)
        reorganising(federation)
        duties = json.loads(federation.nodes["dong-phu"].run("audit", "--json"))["duties"]
        check(duties["late"] == 1 and duties["missing"] == 1, f"audit: {duties}")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()
    print("duties: issued, owed, chased, certified, excused, reorganised")


if __name__ == "__main__":
    main(test)
