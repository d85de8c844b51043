#!/usr/bin/env python3
"""consolidation.py - a province draws up its quarter from three districts, and an inspector walks back down.

    tests/e2e/consolidation.py [PROGRAM [DAEMON]] [liar=PROGRAM]

One district is whole but late, and corrects a figure; one is late, lacks a month and asks one back; one is
silent. What consolidate and lineage say is compared with what this test counts by itself from what it has
sent. The liar is a daemon that answers with other bytes when it is asked for a source.
"""
import datetime
import decimal
import json
import time

from federation import EXIT, Failure, Federation, main

RULE, FRONT_RULE = "BP-24.2b", "BP-24.2a"
LATE = 3  # days ago the first month was due, when the reports are sent


def check(good, what):
    if not good:
        raise Failure(what)


def last_quarter():
    """The newest quarter that is over, and its months."""
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
    quarter, year = (today.month - 1) // 3, today.year
    if quarter == 0:
        quarter, year = 4, year - 1
    return f"{year}-Q{quarter}", [f"{year}-{month:02}" for month in range(3 * quarter - 2, 3 * quarter + 1)]


QUARTER, MONTHS = last_quarter()


class Sent:
    """A report as this test remembers it: the independent book."""

    def __init__(self, report, unit, organ, period, figures, sources, supersedes):
        self.id, self.unit, self.organ, self.period = report, unit, organ, period
        self.figures, self.sources, self.supersedes = figures, list(sources), supersedes
        self.withdrawn = False


class Book:
    def __init__(self, federation):
        self.federation, self.sent = federation, {}

    def push(self, unit, organ, period, figures, sources=(), supersedes=None, kind="periodic"):
        lines = [f"kind: {kind}", f"period: {period}", f"date: {self.federation.day()}", f"title: Báo cáo {period} của {unit}",
                 f"number: {len(self.sent) + 1}-BC/HU", "indicators:"]
        lines += [f"  {name}: {value}" for name, value in figures.items()]
        lines += [f"sources: [{', '.join(sources)}]"] if sources else []
        lines += [f"supersedes: {supersedes}"] if supersedes else []
        paper = self.federation.home / "paper.md"
        paper.write_text("---\n" + "\n".join(lines) + "\n---\n# I. Tình hình\nỔn định.\n", encoding="utf-8")
        report = self.federation.nodes[unit].run("push", str(paper), "--from", organ, "--wait", "60").strip()
        self.sent[report] = Sent(report, unit, organ, period, figures, sources, supersedes)
        return report

    def standing(self, period):
        """What should go into the quarter: of each district and month the one that nothing supersedes."""
        gone = {sent.supersedes for sent in self.sent.values()} | {i for i, s in self.sent.items() if s.withdrawn}
        return sorted((sent for sent in self.sent.values()
                       if sent.period in MONTHS and sent.organ == "cap-uy" and sent.id not in gone
                       and sent.unit in ("dong-phu", "bu-dang", "loc-ninh")),
                      key=lambda sent: (sent.unit, sent.period)) if period == QUARTER else []

    def sums(self, period):
        total = {}
        for sent in self.standing(period):
            for name, value in sent.figures.items():
                total[name] = total.get(name, decimal.Decimal(0)) + decimal.Decimal(value)
        return total

    def below(self, report, depth=0):
        """[(depth, id)] of the report and all that it rests on, as lineage walks."""
        rows = [(depth, report)]
        for source in self.sent[report].sources if report in self.sent else []:
            rows += self.below(source, depth + 1)
        return rows


def wait_for(what, say, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        check(time.monotonic() < end, say)
        time.sleep(0.2)


def consolidate(node, organ, period=QUARTER, rule=RULE):
    done = node.run("consolidate", "--as", organ, "--rule", rule, "--period", period, "--json")
    return json.loads(done, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def build(federation):
    federation.root()
    for unit, name in (("dong-phu", "Huyện Đồng Phú"), ("bu-dang", "Huyện Bù Đăng"), ("loc-ninh", "Huyện Lộc Ninh")):
        federation.child("binh-phuoc", unit, "district", name, listens=unit == "dong-phu")
    for unit, name in (("tan-loi", "Xã Tân Lợi"), ("tan-tien", "Xã Tân Tiến")):
        federation.child("dong-phu", unit, "commune", name, listens=False)
    federation.settle()


def issue_calendar(federation):
    """Issued in time; then as many days pass as the first month will be late by."""
    day = federation.day
    due = dict(zip(MONTHS, (day(), day(LATE), day(LATE + 5))))
    lines = ["name: quy", "title: Lịch báo cáo quý", f"from: {day(-60)}", f"until: {day(60)}", "window: calendar",
             "rules:"] + [f"  - {{rule: {RULE}, periods: {month}, due: {due[month]}}}" for month in MONTHS]
    path = federation.home / "quy.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    federation.nodes["binh-phuoc"].run("calendar", "issue", str(path), "--as", "ban-dan-van")
    federation.settle()
    federation.move_clock(LATE)


def report(federation, book):
    """Everything that is sent before the province sits down."""
    front = book.push("tan-tien", "mttq", MONTHS[2], {"nguoi": "1"})
    communes = [book.push("tan-loi", "cap-uy", MONTHS[2], {"nguoi": "3", "gio": "0.1"}),
                book.push("tan-tien", "cap-uy", MONTHS[2], {"nguoi": "4", "gio": "0.2"}, [front])]
    book.push("dong-phu", "cap-uy", MONTHS[0], {"nguoi": "10", "gio": "1.05"})
    wrong = book.push("dong-phu", "cap-uy", MONTHS[1], {"nguoi": "2000", "gio": "2"})
    book.push("dong-phu", "cap-uy", MONTHS[1], {"nguoi": "20", "gio": "2"}, supersedes=wrong)
    drafted = consolidate(federation.nodes["dong-phu"], "cap-uy", MONTHS[2])
    check([row["id"] for row in drafted["sources"]] == communes and drafted["kind"] == "periodic"
          and drafted["indicators"] == {"nguoi": 7, "gio": decimal.Decimal("0.3")}, f"the district's draft: {drafted}")
    book.push("dong-phu", "cap-uy", MONTHS[2], {"nguoi": "7", "gio": "0.3"}, communes)
    book.push("bu-dang", "cap-uy", MONTHS[0], {"nguoi": "5"})
    return book.push("bu-dang", "cap-uy", MONTHS[1], {"nguoi": "999999"}), wrong


def compare(found, book, missing):
    standing = book.standing(QUARTER)
    check([row["id"] for row in found["sources"]] == [sent.id for sent in standing],
          f"sources, by unit and period: {found['sources']}")
    check(found["indicators"] == book.sums(QUARTER), f"sums: {found['indicators']}, not {book.sums(QUARTER)}")
    late = {row["id"]: int(row["days_late"]) for row in found["sources"]}
    check(late == {sent.id: LATE if sent.period == MONTHS[0] else 0 for sent in standing}, f"late: {late}")
    check(found["missing"] == ["cap-uy@loc-ninh"], f"silent: {found['missing']}")
    check(found["missing_periods"] == missing, f"missing periods: {found['missing_periods']}")


def clerk(federation, book):
    """The province's Ban Dân vận drafts the quarter, answers a recall, and sends what it has drafted."""
    province, bu_dang = federation.nodes["binh-phuoc"], federation.nodes["bu-dang"]
    unsure, wrong = report(federation, book)
    found = consolidate(province, "ban-dan-van")
    compare(found, book, {"cap-uy@bu-dang": [MONTHS[2]], "cap-uy@loc-ninh": MONTHS})
    check([(row["id"], row["why"]) for row in found["left_out"]] == [(wrong, "superseded")], f"{found['left_out']}")
    bu_dang.run("recall", unsure, "--as", "cap-uy", "--note", "nhầm số liệu")
    wait_for(lambda: [row["id"] for row in consolidate(province, "ban-dan-van")["sources"] if row["asked_back"]]
             == [unsure], "the request did not reach the draft")
    province.run("mark", unsure, "--as", "ban-dan-van", "15")
    book.sent[unsure].withdrawn = True
    found = consolidate(province, "ban-dan-van")
    compare(found, book, {"cap-uy@bu-dang": MONTHS[1:], "cap-uy@loc-ninh": MONTHS})
    check(sorted((row["id"], row["why"]) for row in found["left_out"])
          == sorted([(wrong, "superseded"), (unsure, "recalled")]), f"left out: {found['left_out']}")
    check(found["kind"] == "consolidation" and found["recipients"] == ["ban-thuong-vu@binh-phuoc", "cap-uy@binh-phuoc"],
          f"the draft goes as {found['kind']} to {found['recipients']}")
    draft = federation.home / "draft.md"
    province.run("consolidate", "--as", "ban-dan-van", "--rule", RULE, "--period", QUARTER, "-o", str(draft))
    text = draft.read_text(encoding="utf-8")
    for word in (f"muộn {LATE} ngày", "còn thiếu kỳ", "nơi gửi đã thay thế bằng", "đã đồng ý trả lại"):
        check(word in text, f"the draft does not say '{word}':\n{text}")
    made = province.run("push", str(draft), "--from", "ban-dan-van").strip()
    check([row["id"] for row in province.lines("inbox", "cap-uy") if row["kind"] == "consolidation"] == [made],
          "the committee did not get the consolidated report")
    book.sent[made] = Sent(made, "binh-phuoc", "ban-dan-van", QUARTER, {}, [s.id for s in book.standing(QUARTER)], None)
    return made


def refusals(federation):
    province = federation.nodes["binh-phuoc"]
    for organ, rule, period, code in (("mttq", RULE, QUARTER, "NOT_RECEIVED"), ("cap-uy", "BP-28", QUARTER, "BAD_PERIOD"),
                                      ("cap-uy", RULE, "2026-13", "BAD_PERIOD"), ("cap-uy", "BP-0", QUARTER, "NO_RULE")):
        done = province.run("consolidate", "--as", organ, "--rule", rule, "--period", period, expect=None)
        check(done.returncode == EXIT["refused"] and f"({code})" in done.stderr and not done.stdout,
              f"{organ} {rule} {period}: {done.returncode} {done.stderr}")
    done = province.run("consolidate", "--as", "cap-uy", "--rule", RULE, "--period", QUARTER, expect=None)
    check(done.returncode == 0 and "(NO_RECIPIENT)" in done.stderr, f"the root's committee has nobody above: {done.stderr}")
    empty = federation.nodes["loc-ninh"].run("consolidate", "--as", "cap-uy", "--rule", FRONT_RULE, "--period", QUARTER)
    check("sources:" not in empty and "indicators:" not in empty, f"an empty key: {empty}")
    refused = federation.nodes["dong-phu"].run("consolidate", "--as", "cap-uy", "--rule", RULE, "--period", QUARTER,
                                               "--kind", "consolidation", expect=None)
    check(refused.returncode == EXIT["refused"] and "(NO_RULE)" in refused.stderr, f"--kind: {refused.stderr}")


def lineage(node, report_id, *words, expect=0):
    done = node.run("lineage", report_id, *words, "--json", expect=None)
    check(done.returncode == expect, f"lineage {words}: exit {done.returncode}, not {expect}: {done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def inspector(federation, book, made):
    """Down to the communes, one of them gone; every row against the book."""
    province, gone = federation.nodes["binh-phuoc"], federation.nodes["tan-tien"]
    gone.stop()
    rows = lineage(province, made, "--fetch", "--wait", "4", expect=EXIT["pending"])
    check([(row["depth"], row["id"]) for row in rows] == book.below(made), f"the walk: {rows}")
    front = next(sent.id for sent in book.sent.values() if sent.organ == "mttq")
    for row in rows:
        sent = book.sent[row["id"]]
        here = "held" if sent.unit in ("binh-phuoc", "dong-phu", "bu-dang") else "fetched"
        wanted = "wanted" if row["id"] == front else here
        check(row["state"] == wanted, f"{sent.unit} {sent.period} is {row['state']}, not {wanted}")
        late = LATE if sent.organ == "cap-uy" and sent.period == MONTHS[0] else 0
        check(row.get("days_late", 0) == late, f"{sent.unit} {sent.period} is late by {row.get('days_late')}")
    done = province.run("show", front, expect=None)
    check(done.returncode == EXIT["not found"] and "(SOURCE_NOT_HERE)" in done.stderr, f"show of a wanted source: {done.stderr}")
    gone.start()
    rows = lineage(province, made, "--fetch", "--wait", "60")
    check([row["state"] for row in rows].count("fetched") == 3, f"with the commune back: {rows}")
    fetched(province, front)


def fetched(province, front):
    shown = json.loads(province.run("show", front, "--json"))
    check(shown["fetched"]["origin"] == "danvan.example/tan-tien/e1" and "arrived" not in shown
          and shown["from"] == "mttq@tan-tien", f"show: {shown}")
    check("Ổn định." in province.run("show", front, "--body"), "the text of a fetched source")
    check("not known here" in province.run("show", front), "the states of a fetched source are not known")
    events = province.lines("trail", front)
    check([event["event"] for event in events][:2] == ["signed", "logged"]
          and {event["log"]["origin"] for event in events} == {"danvan.example/tan-tien/e1"}, f"trail: {events}")
    done = province.run("export", front, "-o", "/dev/null", expect=None)
    check(done.returncode == EXIT["not found"] and "(NOT_DELIVERED)" in done.stderr and "tan-tien" in done.stderr,
          f"export: {done.returncode} {done.stderr}")


def bloc(federation):
    """What waits for the propaganda commission of a bloc goes into the report that it draws up itself."""
    node = federation.child("binh-phuoc", "khoi", "bloc", "Đảng ủy Khối", regime="tuyen-quang-khoi")
    cell = federation.child("khoi", "chi-bo", "cell", "Chi bộ", listens=False)
    federation.settle()
    half = f"{int(QUARTER[:4]) - 1}-H2"
    paper = federation.home / "cell.md"
    paper.write_text(f"---\nkind: periodic\nperiod: {half}\ndate: {federation.day()}\ntitle: Báo cáo\n"
                     "indicators: {dang-vien: 12}\n---\n# I. Tình hình\nỔn định.\n", encoding="utf-8")
    sent = cell.run("push", str(paper), "--from", "cap-uy", "--wait", "60").strip()
    words = ["consolidate", "--as", "ban-tuyen-giao", "--rule", "TQ-10.2", "--period"]
    refused = node.run(*words, QUARTER, expect=None)
    check(refused.returncode == EXIT["refused"] and "(BAD_PERIOD)" in refused.stderr and "H Y" in refused.stderr,
          f"a quarter in a bloc: {refused.stderr}")
    found = consolidate(node, "ban-tuyen-giao", half, "TQ-10.2")
    check([row["id"] for row in found["sources"]] == [sent] and found["kind"] == "consolidation"
          and found["missing"] == [] and found["indicators"] == {"dang-vien": 12}, f"the bloc's draft: {found}")
    draft = federation.home / "khoi.md"
    node.run(*words, half, "-o", str(draft))
    made = node.run("push", str(draft), "--from", "ban-tuyen-giao").strip()
    check([row["id"] for row in node.lines("inbox", "ban-thuong-vu")] == [made],
          "the standing board should have the consolidated report, and not what went into it")
    check([(row["id"], row["state"]) for row in lineage(node, made)] == [(made, "held"), (sent, "held")], "its lineage")


def corrected_later(federation, book, made):
    """A source changes after the fact: the consolidated report says so, and the next draft has the new figure."""
    province = federation.nodes["binh-phuoc"]
    old = next(sent.id for sent in book.sent.values() if sent.unit == "dong-phu" and sent.period == MONTHS[0])
    new = book.push("dong-phu", "cap-uy", MONTHS[0], {"nguoi": "11", "gio": "1.05"}, supersedes=old)
    wait_for(lambda: lineage(province, made)[0]["source_changes"], "the consolidated report is not flagged")
    rows = {row["id"]: row for row in lineage(province, made)}
    check(rows[old]["superseded_by"] == new and rows[made]["source_changes"]
          == [{"source": old, "how": "superseded", "by": new}], f"flags: {rows[made]}")
    compare(consolidate(province, "ban-dan-van"), book, {"cap-uy@bu-dang": MONTHS[1:], "cap-uy@loc-ninh": MONTHS})


def restart(federation, unit, daemon, lie=None):
    node = federation.nodes[unit]
    node.stop()
    true_daemon, federation.daemon = federation.daemon, daemon
    federation.env.pop("DONGGUI_LIE", None)
    if lie:
        federation.env["DONGGUI_LIE"] = lie
    node.start()
    federation.env.pop("DONGGUI_LIE", None)
    federation.daemon = true_daemon


def altered(federation, book, liar):
    province = federation.nodes["binh-phuoc"]
    source = book.push("tan-loi", "cap-uy", MONTHS[0], {"nguoi": "1"})
    made = book.push("dong-phu", "cap-uy", QUARTER, {"nguoi": "1"}, [source])
    for lie, code in (("bytes", "SOURCE_ALTERED"), ("signature", "BAD_SIGNATURE")):
        restart(federation, "dong-phu", liar, lie)
        rows = lineage(province, made, "--fetch", "--wait", "60", expect=EXIT["verification failed"])
        check([(row["state"], row["code"]) for row in rows] == [("held", None), ("altered", code)], f"{lie}: {rows}")
    check("SOURCE_ALTERED" in province.run("status"), "nobody is told of the altered source")
    restart(federation, "dong-phu", federation.daemon)
    rows = lineage(province, made, "--fetch", "--wait", "60")
    check([row["state"] for row in rows] == ["held", "fetched"], f"with an honest daemon: {rows}")


def test(program, daemon, options):
    with Federation(program, daemon) as federation:
        federation.move_clock(0)
        build(federation)
        issue_calendar(federation)
        book = Book(federation)
        made = clerk(federation, book)
        refusals(federation)
        inspector(federation, book, made)
        corrected_later(federation, book, made)
        bloc(federation)
        if "liar" in options:
            altered(federation, book, options["liar"])
        for node in federation.nodes.values():
            node.stop()


if __name__ == "__main__":
    main(test)
