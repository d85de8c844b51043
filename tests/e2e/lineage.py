#!/usr/bin/env python3
"""lineage.py - from the province's desk down to the original that never left its commune.

    tests/e2e/lineage.py [PROGRAM [DAEMON]]

The Front of a commune reports to its committee; the committee's report names that one as its source, the
district's is drafted from the committee's by consolidate. The province was given the district's alone, and asks for the rest, once with
the commune's line down.
"""
import json

from federation import Failure, Federation, main

HEAD = ("---\nkind: periodic\nperiod: 2026-10\ndate: 2026-11-20\ntitle: {title}\nnumber: {number}\n"
        "indicators: {{buoi-tiep-dan: 2, ti-le: 12.5}}\n{sources}---\n# Tình hình\n")


def push(federation, unit, organ, number, sources=()):
    paper = federation.home / "paper.md"
    named = f"sources: [{', '.join(sources)}]\n" if sources else ""
    paper.write_text(HEAD.format(title=f"Báo cáo tháng 10 của {unit}", number=number, sources=named), encoding="utf-8")
    return federation.nodes[unit].run("push", str(paper), "--from", organ, "--wait", "30").strip()


def consolidated(federation, district, committee):
    """The district's committee drafts its report from the commune's, and sends what was drafted."""
    federation.child("bu-dang", "duc-lieu", "commune", "Xã Đức Liễu", listens=False)
    federation.settle()  # until the district has heard which organs the new commune has
    words = ["consolidate", "--as", "cap-uy", "--rule", "BP-24.2b", "--period", "2026-10"]
    found = district.lines(*words)[0]
    if ([source["id"] for source in found["sources"]] != [committee] or found["missing"] != ["cap-uy@duc-lieu"]
            or float(found["indicators"]["ti-le"]) != 12.5):
        raise Failure(f"consolidate: {found}")
    draft = federation.home / "draft.md"
    district.run(*words, "-o", str(draft))
    if district.run(*words) != draft.read_text(encoding="utf-8"):
        raise Failure("two drafts differ")
    made = district.run("push", str(draft), "--from", "cap-uy", "--wait", "30").strip()
    shown = district.lines("show", made)[0]
    if shown["sources"] != [committee] or float(shown["indicators"]["buoi-tiep-dan"]) != 2:
        raise Failure(f"the consolidated report: {shown}")
    refused = district.run("consolidate", "--as", "cap-uy", "--rule", "BP-99", "--period", "2026-10", expect=None)
    if refused.returncode != 5 or "(NO_RULE)" not in refused.stderr:
        raise Failure(f"an unknown rule: {refused.returncode} {refused.stderr}")
    return made


def states(node, report, *words, expect=0):
    done = node.run("lineage", report, *words, "--json", expect=None)
    if done.returncode != expect:
        raise Failure(f"lineage {words}: exit {done.returncode}, not {expect}: {done.stderr}")
    return [(line["depth"], line["id"], line["state"]) for line in map(json.loads, done.stdout.splitlines())]


def expect(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found}\n  expected {wanted}")


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        province = federation.root()
        district = federation.child("binh-phuoc", "bu-dang", "district", "Huyện Bù Đăng")
        commune = federation.child("bu-dang", "bom-bo", "commune", "Xã Bom Bo", listens=False)
        front = push(federation, "bom-bo", "mttq", "03-BC/MTTQ")
        committee = push(federation, "bom-bo", "cap-uy", "15-BC/ĐU", [front])
        made = consolidated(federation, district, committee)
        expect(states(commune, committee), [(0, committee, "held"), (1, front, "held")], "at the commune")
        expect(states(district, made), [(0, made, "held"), (1, committee, "held"), (2, front, "missing")],
               "at the district")
        expect(states(province, made), [(0, made, "held"), (1, committee, "missing")], "at the province")

        commune.stop()
        expect(states(province, made, "--fetch", "--wait", "3", expect=3),
               [(0, made, "held"), (1, committee, "fetched"), (2, front, "wanted")], "with the commune away")
        commune.start()
        whole = [(0, made, "held"), (1, committee, "fetched"), (2, front, "fetched")]
        expect(states(province, made, "--fetch", "--wait", "60"), whole, "with the commune back")
        province.kill()
        province.start()
        expect(states(province, made), whole, "after a kill")
        if "3 sources" in province.run("lineage", made) or "2 sources" not in province.run("lineage", made):
            raise Failure(province.run("lineage", made))
        federation.settle()
        for organ in ("cap-uy", "ban-dan-van"):
            held = [mail["id"] for mail in province.lines("inbox", organ, "--all")]
            if front in held or committee in held:
                raise Failure(f"a fetched source lies in the mailbox of {organ}")
        unknown = push(federation, "bom-bo", "cap-uy", "16-BC/ĐU", ["ab" * 32])
        expect(states(district, unknown, "--fetch", "--wait", "30"),
               [(0, unknown, "held"), (1, "ab" * 32, "refused")], "a source that nobody has")
        for node in federation.nodes.values():
            node.stop()


if __name__ == "__main__":
    main(test)
