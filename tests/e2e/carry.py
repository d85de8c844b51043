#!/usr/bin/env python3
"""carry.py - real daemons without a line: reports go up on a stick, receipts come back on it.

    tests/e2e/carry.py [PROGRAM [DAEMON]] [reports=N]

A province and a district whose line leads nowhere, and a bloc beside them. Sticks are broken in every way that a
pocket knows; then the line comes up while a stick is being read.
"""
import json
import pathlib
import shutil

from federation import Failure, Federation, main

PROVINCE, DISTRICT, BLOC = "binh-phuoc", "dong-phu", "khoi-cac-co-quan"


def check(what, good, said=None):
    if not good:
        raise Failure(f"{what}: {said}")


def push(node, count, first):
    """Monthly reports of the district's committee; returns their ids."""
    ids = []
    for number in range(first, first + count):
        path = node.federation.home / "report.md"
        path.write_text(f"---\nkind: periodic\nperiod: 2026-10\nnumber: {number}-BC/HU\ndate: 2026-10-25\ntitle: Báo cáo số {number}\n"
                        f"---\n# I\n{'Nhân dân tập trung sản xuất vụ mùa. ' * (200 + number % 300)}\n", encoding="utf-8")
        ids.append(node.run("push", str(path), "--from", "cap-uy").strip())
    return ids


def move(node, port):
    """The node listens elsewhere, where nobody calls; or where it did again."""
    node.stop()
    config = node.dir / "config"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("listen")]
    config.write_text("\n".join(lines + [f"listen = tcp://127.0.0.1:{port}"]) + "\n")
    node.start()


def carry(node, *words, expect=0):
    done = node.run("carry", *words, "--json", expect=None)
    check(f"carry {' '.join(words)}", done.returncode == expect, f"exit {done.returncode}\n{done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def inbox(node, organ="cap-uy"):
    return [mail["id"] for mail in node.lines("inbox", organ, "--all")]


def reports_queued(node):
    return [row["id"] for row in node.lines("queue") if row["kind"] == "report"]


def broken_sticks(federation, stick):
    """Whatever is broken has a name, and what is good is taken in. The province's inbox is counted at the end."""
    province, bloc = federation.nodes[PROVINCE], federation.nodes[BLOC]
    home = federation.home

    def copy(name):
        to = home / name
        shutil.copytree(stick, to)
        return to, sorted((next(to.iterdir())).glob("part-*")), next(to.iterdir())

    def refused(stick, code, node=province, expect=1):
        said, complaint = carry(node, "import", str(stick), expect=expect)
        check(code, f"({code})" in complaint and len(complaint.strip().splitlines()) >= 2, complaint)
        return said

    whole, parts, _ = copy("whole")
    check("several files", len(parts) >= 3, parts)
    refused(whole, "CARRY_NOT_OURS", bloc, 5)
    refused(home / "nothing-here", "BAD_FILE", expect=2)
    (home / "empty").mkdir()
    refused(home / "empty", "NO_BUNDLE", expect=4)

    cut, parts, _ = copy("cut")
    parts[-1].write_bytes(parts[-1].read_bytes()[:-7])
    said = refused(cut, "CARRY_DAMAGED")
    check("the good ones are in", said[0]["new"] > 0 and said[0]["bad"] == 1, said)
    before = said[0]["new"]

    flipped, parts, folder = copy("flipped")
    content = bytearray(parts[0].read_bytes())
    content[len(content) // 2] ^= 4
    parts[0].write_bytes(content)
    (folder / "contents").unlink()
    said = refused(flipped, "CARRY_INCOMPLETE")
    check("one byte", said[0]["bad"] == 2 and said[0]["new"] > 0, said)
    before += said[0]["new"]

    missing, parts, _ = copy("missing")
    parts[1].unlink()
    said = refused(missing, "CARRY_INCOMPLETE")
    check("a file is gone", said[0]["bad"] == 1 and not said[0]["complete"], said)

    pulled, parts, folder = copy("pulled")
    (folder / "COMPLETE").unlink()
    parts[-1].unlink()
    (folder / "contents").unlink()
    said = refused(pulled, "CARRY_INCOMPLETE")
    check("pulled out", not said[0]["complete"] and said[0]["new"] == 0, said)

    swapped, parts, _ = copy("swapped")
    one, two = parts[0].read_bytes(), parts[1].read_bytes()
    parts[0].write_bytes(two)
    parts[1].write_bytes(one)
    refused(swapped, "CARRY_DAMAGED")
    return before


def there_and_back(federation, home, count):
    province, district = federation.nodes[PROVINCE], federation.nodes[DISTRICT]
    ids = push(district, count, 1)
    check("nothing moves", set(reports_queued(district)) == set(ids))
    why = json.loads(district.run("why", ids[0], "--json"))
    check("why", why["waits"][0]["cause"] == "line-down" and why["waits"][0]["toward"] == PROVINCE, why)

    up = home / "stick"
    dry, _ = carry(district, "export", str(up), "--dry-run")
    check("dry run", dry[0]["rows"] >= count and not up.exists(), dry)
    said, _ = carry(district, "export", str(up))
    check("export", said[0]["to"] == PROVINCE and said[0]["rows"] >= count, said)
    check("export changes nothing", set(reports_queued(district)) == set(ids))
    secret = "Báo cáo số".encode()
    check("a thief reads nothing", not any(secret in path.read_bytes() for path in up.rglob("*") if path.is_file()))

    new = broken_sticks(federation, up)
    said, _ = carry(province, "import", str(up))
    check("import", said[0]["complete"] and said[0]["refused"] == said[0]["later"] == 0, said)
    check("all of it once", new + said[0]["new"] >= count, (new, said))
    again, _ = carry(province, "import", str(up))
    check("twice", again[0]["new"] == 0 and again[0]["known"] > 0, again)
    check("in the mailbox", sorted(inbox(province)) == sorted(ids))

    district.stop()  # without its daemon too
    more, _ = carry(district, "export", str(home / "stopped"))
    check("export without a daemon", more[0]["rows"] == dry[0]["rows"], more)
    done = district.run("carry", "import", str(home / "stopped"), expect=None)
    check("import needs one", done.returncode in (5, 6), done.stderr)
    district.start()

    for report in ids[:3]:
        province.run("mark", report, "--as", "cap-uy", "accepted")
    back = home / "back"
    carry(province, "export", str(back), "--for", DISTRICT)
    said, _ = carry(district, "import", str(back))
    check("receipts", said[0]["new"] >= count and said[0]["complete"], said)
    check("released", reports_queued(district) == [], district.lines("queue"))
    again, _ = carry(district, "import", str(back))
    check("receipts twice", again[0]["new"] == 0, again)
    check("states", [event["state"] for event in district.lines("trail", ids[0]) if event["event"] == "state"] == ["accepted"],
          district.lines("trail", ids[0]))
    check("trail", "received" in [event["event"] for event in district.lines("trail", ids[-1])])

    carry(district, "export", str(home / "acks"))
    carry(province, "import", str(home / "acks"))
    check("the province has nothing for the district", not [row for row in province.lines("queue") if row["unit"] == DISTRICT],
          province.lines("queue"))
    check("the district has nothing for the province", district.lines("queue") == [], district.lines("queue"))
    return ids


def both_at_once(federation, home, first):
    """A stick is read while the line comes up, and an old one is read again."""
    province, district = federation.nodes[PROVINCE], federation.nodes[DISTRICT]
    ids = push(district, 20, first)
    carry(district, "export", str(home / "both"))
    move(province, province.port)
    carry(province, "import", str(home / "both"))
    carry(province, "import", str(home / "stick"))
    federation.settle()
    return ids


def test(program, daemon, options):
    count = int(options.get("reports", 200))
    with Federation(program, daemon) as federation:
        home = pathlib.Path(federation.home)
        federation.root()
        federation.child(PROVINCE, DISTRICT, "district", "Huyện Đồng Phú")
        federation.child(PROVINCE, BLOC, "bloc", "Đảng ủy Khối các cơ quan tỉnh")
        federation.settle()
        port = federation.nodes[PROVINCE].port
        move(federation.nodes[PROVINCE], port + 1 if port < 65535 else port - 1)
        ids = there_and_back(federation, home, count)
        print(f"carry: {count} reports went up on sticks, most of them broken, and their receipts came back")
        ids += both_at_once(federation, home, count + 1)
        check("each once", sorted(inbox(federation.nodes[PROVINCE])) == sorted(ids))
        print("carry: a stick and the line at once, and nothing twice")
        for node in federation.nodes.values():
            node.run("audit")
            node.stop()


if __name__ == "__main__":
    main(test)
