"""oracle.py - an independent reading of the two regulations: who must get a report, as what, by which article.

Written from the articles of the regulations of Bình Phước and of its districts. It shares no code with the
engine and does not read deploy/regimes, so that a mistake in either shows as a difference between the two.
Only the names of the rules, and how the text is understood where it is silent, are common to both.
"""
import re
from typing import NamedTuple

WEIGHT = ["to", "copy", "observe"]  # what a recipient reached twice is: the first of these


class Rule(NamedTuple):
    """What one article says; a list of roles is written as words."""
    name: str
    cites: str
    kind: str
    authors: str        # "": any organ
    to: str
    copy: str = ""
    observe: str = ""
    at: str = "same"    # whose organs the recipients are: the author's unit's, or its "parent"'s
    holds: str = "all"  # or only for the "owner" of the regulation, or only "below" it
    but: str = ""       # the roles that an author must not have


class Unit(NamedTuple):
    name: str
    level: str
    parent: "Unit | None"
    regime: "str | None"  # its own; None: its superior's
    organs: dict          # {slug: set of roles}


LOCAL = "chinh-quyen mttq to-chuc-ct-xh luc-luong-vu-trang"  # Chính quyền, Mặt trận, đoàn thể, lực lượng vũ trang
SYSTEM = "ban-dan-van khoi-dan-van"                          # các cơ quan trong hệ thống dân vận
BOARD = "ban-thuong-vu thuong-truc"

REGULATIONS = {
    "binh-phuoc": [
        Rule("BP-24.2a", "Điều 24 khoản 2", "periodic", LOCAL, to="cap-uy", copy="ban-dan-van"),
        Rule("BP-24.2b", "Điều 24 khoản 2", "periodic", "cap-uy", to="cap-uy", copy="ban-dan-van", at="parent"),
        Rule("BP-24.3", "Điều 24 khoản 3", "directed", SYSTEM, to="ban-dan-van", at="parent"),
        # 'trực tiếp báo cáo với thường trực cấp ủy; ban dân vận cấp ủy, được tham dự': it follows, no addressee
        Rule("BP-24.4a", "Điều 24 khoản 4", "urgent", "", to="thuong-truc", observe="ban-dan-van", but="cap-uy"),
        Rule("BP-24.4b", "Điều 24 khoản 4", "urgent", "cap-uy", to="thuong-truc", observe="ban-dan-van", at="parent"),
        Rule("BP-23", "Điều 23", "flash", "cap-uy chinh-quyen", to="ban-dan-van mttq to-chuc-ct-xh"),
        Rule("BP-5.5", "Điều 5 khoản 5", "consolidation", "ban-dan-van", to="cap-uy ban-thuong-vu", holds="owner"),
        Rule("BP-16.5", "Điều 15 khoản 3, Điều 16 khoản 5", "reflection", "mttq to-chuc-ct-xh",
             to="cap-uy chinh-quyen"),
        Rule("BP-27", "Điều 27", "review", "ban-dan-van", to="ban-thuong-vu", holds="owner"),
        # Điều 28 names no addressee: those of Điều 24 khoản 2
        Rule("BP-28", "Điều 28", "evaluation", "", to="cap-uy", copy="ban-dan-van"),
    ],
    "huyen": [
        Rule("H-23.2a", "Điều 23 khoản 2", "periodic", LOCAL, to="cap-uy", copy="ban-dan-van"),
        Rule("H-23.2b", "Điều 23 khoản 2", "periodic", "cap-uy", to="cap-uy", copy="ban-dan-van", at="parent"),
        Rule("H-23.3", "Điều 23 khoản 3", "directed", SYSTEM, to="ban-dan-van", at="parent"),
        # 'trực tiếp báo cáo với thường trực cấp uỷ, ban dân vận cấp uỷ': here both are addressees
        Rule("H-23.4a", "Điều 23 khoản 4", "urgent", "", to="thuong-truc ban-dan-van", but="cap-uy"),
        Rule("H-23.4b", "Điều 23 khoản 4", "urgent", "cap-uy", to="thuong-truc ban-dan-van", at="parent"),
        Rule("H-22", "Điều 22", "flash", "cap-uy chinh-quyen", to="ban-dan-van mttq to-chuc-ct-xh"),
        # 'thông tin nhanh đến Ban Dân vận Huyện uỷ': the units below tell it too
        Rule("H-22b", "Điều 22", "flash", "cap-uy chinh-quyen", to="ban-dan-van", at="parent", holds="below"),
        Rule("H-5.6", "Điều 5 khoản 6", "consolidation", "ban-dan-van", to=BOARD, holds="owner"),
        Rule("H-15.5", "Điều 14 khoản 3, Điều 15 khoản 5", "reflection", "mttq to-chuc-ct-xh",
             to="cap-uy chinh-quyen"),
        # Điều 26 and 27 name none either: whom the Ban Dân vận serves there, and those of Điều 23 khoản 2
        Rule("H-26", "Điều 26", "review", "ban-dan-van", to=BOARD, holds="owner"),
        Rule("H-27", "Điều 27", "evaluation", "", to="cap-uy", copy="ban-dan-van"),
    ],
}

# Who does a Ban Dân vận's work where there is none (binh-phuoc Điều 8 khoản 5, huyen Điều 7 khoản 4 và 5).
STAND_INS = {
    "binh-phuoc": {"commune": "khoi-dan-van", "cell": "khoi-dan-van",
                   "district": "uy-vien-phu-trach-dan-van", "bloc": "uy-vien-phu-trach-dan-van"},
    "huyen": {"commune": "khoi-dan-van", "cell": "khoi-dan-van"},
}


def bad_period(kind, period):
    if period is None:
        return kind in ("periodic", "evaluation", "joint")
    if kind in ("evaluation", "joint"):
        return not re.fullmatch(r"\d{4}", period)
    return not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12]|-9M)?", period)


def regulation(unit):
    """The regulation in force at a unit, and the unit that issued it."""
    while unit.regime is None:
        unit = unit.parent
    return unit.regime, unit


def holders(unit, role, regime):
    """The organs that a role means in a unit: those that have it, else those that stand in."""
    found = [slug for slug, roles in unit.organs.items() if role in roles]
    if not found and role == "ban-dan-van":
        instead = STAND_INS[regime].get(unit.level)
        found = [slug for slug, roles in unit.organs.items() if instead in roles]
    return found


def binds(rule, regime, unit, slug):
    """Whether a rule speaks of this organ as an author."""
    roles, authors = unit.organs[slug], set(rule.authors.split())
    if roles & set(rule.but.split()):
        return False
    if not authors or roles & authors:
        return True
    return rule.holds != "owner" and any(slug in holders(unit, role, regime) for role in authors)


def rules_for(unit, slug, kind):
    """Every rule that covers the report, with the name of its regulation.

    What goes to the superior's organs is for the superior's regulation; the root has only its own.
    """
    for at, judge in (("same", unit), ("parent", unit.parent or unit)):
        regime, owner = regulation(judge)
        for rule in REGULATIONS[regime]:
            here = {"all": True, "owner": owner is unit, "below": owner is not unit}[rule.holds]
            if rule.kind == kind and rule.at == at and here and binds(rule, regime, unit, slug):
                yield rule, regime


def owed(unit, slug, kind, period):
    """{address: (as, {(rule, cites)})} of everybody who must get the report, or the name of the refusal."""
    if bad_period(kind, period):
        return "BAD_PERIOD"
    recipients, missing, covered = {}, False, False
    for rule, regime in rules_for(unit, slug, kind):
        covered = True
        there = unit if rule.at == "same" else unit.parent
        for what in WEIGHT:
            for role in getattr(rule, what).split():
                found = holders(there, role, regime) if there else []
                missing |= not found and what != "observe"
                for address in (f"{organ}@{there.name}" for organ in found):
                    if address == f"{slug}@{unit.name}":
                        continue
                    before, cited = recipients.get(address, (what, frozenset()))
                    strongest = min(before, what, key=WEIGHT.index)
                    recipients[address] = (strongest, cited | {(rule.name, rule.cites)})
    if not covered:
        return "NO_RULE"
    reachable = any(what == "to" for what, _ in recipients.values())
    if not reachable or (missing and kind not in ("urgent", "flash")):
        return "NO_RECIPIENT"
    return recipients
