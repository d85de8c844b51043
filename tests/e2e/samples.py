#!/usr/bin/env python3
"""samples.py - the sample reports for the other regulations go by the rule that they were written for.

    tests/e2e/samples.py [PROGRAM [DAEMON]]

Every row of deploy/demo.d/samples.tsv: regime, unit, author, further signer, file, rules. Each is explained and
pushed in a federation of that regime; what waits for a via organ is passed on, what two sign is signed.
"""
import json

from federation import Failure, Federation, ROOT, main

FOLDER = ROOT / "deploy" / "demo.d"
UNITS = {  # regime: the unit that adopts it, and one below it
    "tuyen-quang-khoi": (("khoi", "bloc", "Đảng ủy Khối"), ("chi-bo", "cell", "Chi bộ cơ quan")),
    "dong-nai": (("tinh", "province", "Tỉnh Đồng Nai"), None),
    "ha-noi": (("tinh", "province", "Thành phố Hà Nội"), ("quan", "district", "Quận")),
}


def rows():
    for line in (FOLDER / "samples.tsv").read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


def send(federation, unit, organ, signer, file, rules):
    node = federation.nodes[unit]
    signed_with = [] if signer == "-" else ["--with", signer]
    path = str(FOLDER / "samples" / file)
    said = federation.run("-n", str(node.dir), "explain", path, "--from", organ, *signed_with, "--json", expect=None)
    if said.returncode != 0 or "NO_HEADING" in said.stderr:
        raise Failure(f"{file}: {said.stderr}")
    explained = json.loads(said.stdout)
    cited = {rule["id"] for recipient in explained["recipients"] for rule in recipient["rules"]}
    if cited != set(rules.split(",")):
        raise Failure(f"{file}: goes by {cited}, not {rules}")
    report = node.run("push", path, "--from", organ, *signed_with).strip()
    if signer != "-":
        node.run("sign", report, "--as", signer)
    federation.settle()
    return report, explained["recipients"]


def has(federation, address, report):
    organ, unit = address.split("@")
    return any(mail["id"] == report for mail in federation.nodes[unit].lines("inbox", organ))


def arrives(federation, file, report, recipients):
    """It lies in every mailbox; who gets it through another organ waits, and has it when that passes it on."""
    through = {recipient["through"] for recipient in recipients} - {None}
    for recipient in recipients:
        if recipient["through"] is not None and has(federation, recipient["organ"], report):
            raise Failure(f"{file}: {recipient['organ']} did not wait")
    for via in through:
        organ, unit = via.split("@")
        federation.nodes[unit].run("pass", report, "--as", organ)
    federation.settle()
    for recipient in recipients:
        if not has(federation, recipient["organ"], report):
            raise Failure(f"{file}: not in the mailbox of {recipient['organ']}")


def test(program, daemon, _options):
    kinds, count = set(), 0
    for regime, (top, below) in UNITS.items():
        with Federation(program, daemon) as federation:
            federation.root(*top, regime=regime)
            if below is not None:
                federation.child(top[0], *below, listens=False)
            for name, unit, organ, signer, file, rules in rows():
                if name != regime:
                    continue
                report, recipients = send(federation, unit, organ, signer, file, rules)
                arrives(federation, file, report, recipients)
                kinds.add(json.loads(federation.nodes[unit].run("show", report, "--json"))["kind"])
                count += 1
            for node in federation.nodes.values():
                node.run("audit")
                node.stop()
    missing = {"periodic", "notice", "draft", "information", "exchange", "joint", "appraisal", "consolidation"} - kinds
    if missing or count != sum(1 for _ in rows()):
        raise Failure(f"no sample of {missing}, {count} rows")
    print(f"samples: {count} reports of {len(UNITS)} regulations went where their articles say")


if __name__ == "__main__":
    main(test)
