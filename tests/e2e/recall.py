#!/usr/bin/env python3
"""recall.py - a report is corrected, asked back and answered by real daemons, and everything says so.

    tests/e2e/recall.py [PROGRAM [DAEMON]]
"""
import json
import time

from federation import Failure, Federation, main

REPORT = """---
kind: periodic
period: 2026-10
number: {number}
date: 2026-10-25
title: {title}
{extra}---
# I. Tình hình Nhân dân
Nhân dân tập trung sản xuất.
"""


def write(federation, name, number, title, **extra):
    path = federation.home / name
    lines = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in extra.items())
    path.write_text(REPORT.format(number=number, title=title, extra=lines))
    return str(path)


def push(federation, unit, file, expect=0):
    done = federation.nodes[unit].run("push", file, "--from", "cap-uy", "--wait", "30", expect=None)
    if done.returncode != expect:
        raise Failure(f"push of {file} at {unit}: exit {done.returncode}\n{done.stderr}")
    return done.stdout.strip(), done.stderr


def show(federation, unit, report):
    return json.loads(federation.nodes[unit].run("show", report, "--json"))


def await_true(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {what.__doc__ or what.__name__}")
        time.sleep(0.1)


def need(condition, complaint):
    if not condition:
        raise Failure(complaint)


def check_supersede(federation):
    """A correction is shown on both reports, wherever they are, and warns of whom it forgets."""
    commune, district = federation.nodes["tan-loi"], federation.nodes["dong-phu"]
    first = write(federation, "a.md", "15-BC/ĐU", "Báo cáo tháng 10", also_to="[van-phong@binh-phuoc]")
    old, _ = push(federation, "tan-loi", first)
    second = write(federation, "b.md", "15-BC/ĐU", "Báo cáo tháng 10 (sửa)", supersedes=old)
    new, said = push(federation, "tan-loi", second)
    need("(NOT_REACHED)" in said and "van-phong@binh-phuoc" in said, f"no word of whom it forgets: {said}")
    federation.settle()
    for node in (commune, district):
        need(show(federation, node.unit, old)["superseded_by"] == new, f"{node.unit} does not show the correction")
        need(show(federation, node.unit, new)["supersedes"] == old, f"{node.unit} does not show what it corrects")
        events = [event for event in node.lines("trail", old) if event["event"] == "superseded"]
        need([event["by"] for event in events] == [new], f"the trail at {node.unit} is silent: {events}")
    mail = {row["id"]: row for row in district.lines("inbox", "cap-uy")}
    need(mail[old]["superseded_by"] == new and mail[new]["supersedes"] == old, "the inbox does not show it")
    sent = {row["id"]: row for row in commune.lines("outbox", "cap-uy")}
    need(sent[old]["superseded_by"] == new and sent[new]["supersedes"] == old, "the outbox does not show it")
    wrong = write(federation, "c.md", "16-BC/HU", "Báo cáo của người khác", supersedes=old)
    done = district.run("push", wrong, "--from", "cap-uy", expect=None)
    need(done.returncode == 5 and "(BAD_SUPERSEDES)" in done.stderr, f"somebody else's correction: {done.stderr}")
    return new


def check_recall(federation, report):
    """The request reaches every mailbox, the answers the author; then it is withdrawn, and a trail proves it."""
    commune, district = federation.nodes["tan-loi"], federation.nodes["dong-phu"]
    done = district.run("recall", report, "--as", "cap-uy", expect=None)
    need(done.returncode == 5 and "(NOT_AUTHOR)" in done.stderr, f"a recall by a recipient: {done.stderr}")
    commune.run("recall", report, "--as", "cap-uy", "--note", "nhầm số liệu")
    done = commune.run("recall", report, "--as", "cap-uy", expect=None)
    need(done.returncode == 5 and "(BAD_STATE)" in done.stderr, f"a second recall: {done.stderr}")

    def asked():
        """the district's mailboxes show the request"""
        return all(next(row for row in district.lines("inbox", organ) if row["id"] == report)["recall"] == "recall-requested"
                   for organ in ("cap-uy", "ban-dan-van"))

    await_true(asked)
    district.run("mark", report, "--as", "cap-uy", "recall-agreed")
    need(not show(federation, "tan-loi", report)["recall"]["withdrawn"], "withdrawn before everybody agreed")
    district.run("mark", report, "--as", "ban-dan-van", "15")

    def withdrawn():
        """the author sees that all mandated recipients agreed"""
        return show(federation, "tan-loi", report)["recall"]["withdrawn"]

    await_true(withdrawn)
    recall = show(federation, "tan-loi", report)["recall"]
    need(recall["agreed"] == ["cap-uy@dong-phu", "ban-dan-van@dong-phu"] and recall["note"] == "nhầm số liệu", f"{recall}")
    trail, key = federation.home / "report.trail", federation.home / "root.key"
    key.write_text(federation.nodes["binh-phuoc"].run("key", "root"))
    for node in (commune, district):
        node.run("export", report, "-o", str(trail), "-y")
        verified = json.loads(federation.run("verify", str(trail), "--root", str(key), "--json"))
        need(verified["verified"] and verified["recall"]["agreed"] == recall["agreed"], f"{node.unit}: {verified['recall']}")
        text = federation.run("verify", str(trail), "--root", str(key))
        need("agreed by cap-uy@dong-phu, ban-dan-van@dong-phu; refused by nobody" in text, text)


def check_attention(node, report):
    """Whoever looks at what waits is kept with it, and it no longer degrades the node."""
    line = next(row for row in node.lines("attention") if row["about"] == report)
    need(line["code"] == "SOURCE_SUPERSEDED" and line["acknowledged"] is None, f"{line}")
    need(line["says"] and line["remedy"], f"nobody is told what to do: {line}")
    need(node.run("attention", "ack", "99999", "--as", "van-phong", expect=None).returncode == 4, "99999 is there")
    need(node.run("attention", "ack", "--as", "van-phong", expect=None).returncode == 2, "nothing is acknowledged")
    node.run("attention", "ack", str(line["number"]), "--as", "van-phong", "--dry-run")
    need(node.lines("attention") != [], "a dry run acknowledges")
    node.run("attention", "ack", "--all", "--as", "van-phong")
    need(node.lines("attention") == [], f"still there: {node.lines('attention')}")
    need("ATTENTION" not in node.lines("status")[0]["reasons"], f"{node.unit} still calls somebody")
    seen = next(row for row in node.lines("attention", "--all") if row["number"] == line["number"])
    need(seen["acknowledged"]["organ"] == "van-phong", f"nobody has looked: {seen}")
    text = node.run("attention", "--all")
    need(f"{line['number']}  " in text and "SOURCE_SUPERSEDED" in text and "van-phong" in text, text)


def check_flags(federation):
    """What was made from a source that is superseded later is flagged, at the units above too."""
    commune, district, province = (federation.nodes[unit] for unit in ("tan-loi", "dong-phu", "binh-phuoc"))
    source, _ = push(federation, "tan-loi", write(federation, "d.md", "20-BC/ĐU", "Nguồn"))
    made, _ = push(federation, "dong-phu", write(federation, "e.md", "21-BC/HU", "Tổng hợp", sources=f"[{source}]"))
    new, _ = push(federation, "tan-loi", write(federation, "f.md", "21-BC/ĐU", "Nguồn (sửa)", supersedes=source))

    def flagged():
        """the province knows that a source has changed"""
        return show(federation, "binh-phuoc", made)["source_changes"] != []

    await_true(flagged)
    for node in (district, province):
        changes = show(federation, node.unit, made)["source_changes"]
        need(changes == [{"source": source, "how": "superseded", "by": new}], f"{node.unit}: {changes}")
        need("ATTENTION" in node.lines("status")[0]["reasons"], f"{node.unit} calls nobody")
    check_attention(province, made)
    need(show(federation, "dong-phu", source)["consolidated_in"] == [made], "the source does not say where it went")
    trail = federation.home / "made.trail"
    province.run("export", made, "-o", str(trail))
    federation.run("verify", str(trail), "--root", str(federation.home / "root.key"))
    commune.run("recall", source, "--as", "cap-uy")
    await_true(lambda: len(show(federation, "binh-phuoc", made)["source_changes"]) == 2)


def check_register(federation):
    """Series of numbers: a correction is no repeat, a gap is said, and a wrong form is warned of."""
    commune, district = federation.nodes["tan-loi"], federation.nodes["dong-phu"]
    _, said = push(federation, "tan-loi", write(federation, "g.md", "20-BC/ĐU", "Trùng số"))
    need("(BAD_NUMBER)" not in said, f"a good number is warned of: {said}")
    _, said = push(federation, "tan-loi", write(federation, "h.md", "hai mươi", "Số lạ"))
    need("(BAD_NUMBER)" in said, "a number of no form is not warned of")
    federation.settle()
    for rows in (commune.lines("register", "cap-uy", "--term", "2025"), district.lines("register", "--from", "tan-loi", "--term", "2025")):
        series = [row for row in rows if row["form"] == "party"]
        need(len(series) == 1 and [row["number"] for row in rows if row["form"] is None] == ["hai mươi"], f"{rows}")
        need(series[0]["type"] == "BC" and series[0]["term"] == {"from": "2025-01-01", "until": None}, f"{series}")
        need(series[0]["gaps"] == [{"from": 1, "to": 14}, {"from": 16, "to": 19}], f"gaps {series[0]['gaps']}")
        need([repeat["number"] for repeat in series[0]["repeats"]] == [20], f"repeats {series[0]['repeats']}")
    need(commune.lines("register", "--type", "KH") == [row for row in rows if row["form"] is None], "another type is shown")


def check_list(federation):
    """Nơi nhận: purposes by the rules, and by the author for additions."""
    file = write(federation, "i.md", "30-BC/HU", "Nơi nhận", also_to="[van-phong@binh-phuoc (p/h), mttq@tan-loi]")
    report, _ = push(federation, "dong-phu", file)
    purposes = {row["organ"]: row["purpose"] for row in show(federation, "dong-phu", report)["recipients"]}
    need(purposes == {"cap-uy@binh-phuoc": "b/c", "ban-dan-van@binh-phuoc": "b/c", "van-phong@binh-phuoc": "p/h",
                      "mttq@tan-loi": None}, f"{purposes}")
    text = federation.nodes["dong-phu"].run("show", report)
    need("- As above" in text and "(p/h);" in text and "- File: " in text, text)


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        federation.usual()
        check_recall(federation, check_supersede(federation))
        check_flags(federation)
        check_register(federation)
        check_list(federation)
        federation.settle()
        for node in federation.nodes.values():
            node.run("audit")


main(test)
