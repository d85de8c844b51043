#!/usr/bin/env python3
"""words.py - what a clerk is told when something is refused or elsewhere: it names what to do, in both languages.

    tests/e2e/words.py [PROGRAM [DAEMON]]
"""
import json
import pathlib
import subprocess

from federation import Failure, Federation, main
from joint import REGIME, await_row, day, push, report, same


def said(node, language, *words, stdin=None, code=None):
    """What a call prints on both streams in a language."""
    env = dict(node.federation.env, LANGUAGE=language)
    before, node.federation.env = node.federation.env, env
    try:
        done = node.run(*words, stdin=stdin, expect=None)
    finally:
        node.federation.env = before
    if code is not None:
        same(f"exit of {' '.join(words)}", done.returncode, code)
    return done.stdout + done.stderr


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"{part!r} is not in {text!r}")


def check_signers(federation):
    """A joint report without its second signer is told whom the rule wants, in both languages."""
    root = federation.nodes["dong-nai"]
    text = report("joint", "period: 2026")
    for words in ((), ("--with", "mttq")):
        call = ("push", "-", "--from", "ban-dan-van", *words)
        has(said(root, "en", *call, stdin=text, code=5), "NO_RULE", "a further signer is missing, --with: bcsd-ubnd")
        has(said(root, "vi", *call, stdin=text, code=5), "NO_RULE", "thiếu bên cùng ký, --with: bcsd-ubnd")
    monthly = report("joint", "period: 2026-10")
    has(said(root, "en", "push", "-", "--from", "ban-dan-van", "--with", "bcsd-ubnd", stdin=monthly, code=5),
        "BAD_PERIOD", "joint report has a year")
    has(said(root, "vi", "push", "-", "--from", "ban-dan-van", "--with", "bcsd-ubnd", stdin=monthly, code=5),
        "BAD_PERIOD", "có kỳ là năm")


def check_withdrawn(federation):
    """A joint report that was withdrawn has a trail: who had signed, who took it back, and when."""
    root = federation.nodes["dong-nai"]
    draft = push(root, report("joint", "period: 2026"), "--from", "ban-dan-van", "--with", "bcsd-ubnd")
    same("waiting", [(e["event"], e["organ"]) for e in root.lines("trail", draft)],
         [("signed", "ban-dan-van@dong-nai"), ("unsigned", "bcsd-ubnd@dong-nai")])
    root.run("withdraw", draft, "--as", "bcsd-ubnd")
    rows = root.lines("trail", draft[:12])
    same("withdrawn", [(e["event"], e["organ"], e["proof"]) for e in rows],
         [("signed", "ban-dan-van@dong-nai", "none"), ("voided", "bcsd-ubnd@dong-nai", "receipt")])
    same("when", rows[1]["time"].endswith("Z") and rows[1]["log"]["origin"], "danvan.example/dong-nai/e1")
    has(said(root, "vi", "trail", draft, code=0), "rút lại", "bcsd-ubnd@dong-nai")
    refused = said(root, "vi", "sign", draft, "--as", "bcsd-ubnd", code=5)
    has(refused, "BAD_STATE", "đã rút")
    has(said(root, "en", "sign", draft, "--as", "bcsd-ubnd", code=5), '"withdrawn"')


def check_comments(federation):
    """Where comments do not come, nobody is called silent: it says who collects them."""
    root, district = federation.nodes["dong-nai"], federation.nodes["bien-hoa"]
    draft = push(root, report("draft", f"reply-by: {day(5)}", "also-to: [ban-dan-van@bien-hoa, mttq@bien-hoa]"),
                 "--from", "bcsd-ubnd")
    await_row(district, ("inbox", "mttq"), lambda m: m["id"] == draft)
    district.run("comment", draft, "--as", "mttq", "-", stdin="Nhất trí.\n")
    rows = {c["organ"]: c for c in district.lines("comments", draft)}
    same("own", rows["mttq@bien-hoa"]["state"], "received")
    same("others", {c["state"] for organ, c in rows.items() if organ != "mttq@bien-hoa"}, {"unknown"})
    same("collected", {c["collected_here"] for c in rows.values()}, {False})
    has(said(district, "en", "comments", draft, code=0), "collected by bcsd-ubnd@dong-nai, ban-dan-van@dong-nai")
    has(said(district, "vi", "comments", draft, code=0), "Nơi tổng hợp: bcsd-ubnd@dong-nai")
    await_row(root, ("comments", draft), lambda c: c["organ"] == "mttq@bien-hoa" and c["state"] == "received")
    same("at the author", {c["collected_here"] for c in root.lines("comments", draft)}, {True})
    stranger = said(root, "en", "comment", draft, "--as", "so-noi-vu", "-", stdin="x", code=5)
    has(stranger, "NOT_RECEIVED", "recipient")


def check_dates(federation):
    root = federation.nodes["dong-nai"]
    text = report("draft", "reply-by: 2026-02-31")
    has(said(root, "en", "push", "-", "--from", "bcsd-ubnd", stdin=text, code=2), '"2026-02-31" is not a day that exists')
    text = report("draft", f"reply-by: {day(-9)}")
    has(said(root, "en", "push", "-", "--from", "bcsd-ubnd", stdin=text, code=2), "the last day for comments lies before")


def check_words(federation):
    """A reader of Vietnamese sees Vietnamese words, and the code of what went wrong beside them."""
    root, district = federation.nodes["dong-nai"], federation.nodes["bien-hoa"]
    root.stop()
    text = report("joint", "period: 2024", "urgency: khan")
    sent = push(district, text, "--from", "ban-dan-van", "--with", "mttq")
    district.run("sign", sent, "--as", "mttq")
    has(said(district, "vi", "show", sent, code=0), "LOẠI: báo cáo chung", "ĐỘ KHẨN: khẩn")
    has(said(district, "en", "show", sent, code=0), "KIND: joint", "URGENCY: khan")
    has(said(district, "vi", "status", code=0), "CẦN XEM (DEGRADED)", "mất kết nối với cấp trên (UPLINK_DOWN)", "huyện)")
    has(said(district, "en", "status", code=0), "DEGRADED UPLINK_DOWN", "district)")
    has(said(district, "vi", "queue", code=0), "báo cáo")
    has(said(district, "vi", "tree", code=0), "(tỉnh)")
    has(said(district, "vi", "audit", code=0), "bản gửi chưa có biên nhận (COPY_WAITING)")
    same("json keeps its words", json.loads(district.run("show", sent, "--json"))["kind"], "joint")
    root.start()


def check_files(federation):
    """A name that is no regime's may be a file here."""
    plain = federation.home / "quychethu"
    plain.write_text(REGIME.read_text())
    done = federation.run("regime", "check", "quychethu", expect=None)
    same("no such file here", (done.returncode, "NOT_FOUND" in done.stderr), (4, True))
    done = subprocess.run([str(pathlib.Path(federation.program).resolve()), "regime", "check", "quychethu"],
                          cwd=federation.home, capture_output=True, text=True, env=federation.env, check=False)
    same("a file here", (done.returncode, done.stderr), (0, ""))


def test(program, daemon, _options):
    with Federation(program, daemon) as federation:
        federation.root("dong-nai", "province", "Tỉnh Đồng Nai", str(REGIME),
                        organs=("ban-dan-van", "bcsd-ubnd", "mttq", "so-noi-vu", "thuong-truc", "ubnd", "cap-uy"))
        federation.child("dong-nai", "bien-hoa", "district", "Thành phố Biên Hòa", listens=False,
                         organs=("ban-dan-van", "mttq", "van-phong", "cap-uy"))
        check_signers(federation)
        check_withdrawn(federation)
        check_comments(federation)
        check_dates(federation)
        check_files(federation)
        check_words(federation)
        print("words: refusals say what to do, in both languages")
        for node in federation.nodes.values():
            node.stop()


if __name__ == "__main__":
    main(test)
