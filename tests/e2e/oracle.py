"""oracle.py - an independent reading of the five regulations: who must get a report, as what, by which article.

Written from the articles of the regulations of Bình Phước, of its districts, of Hà Nội, of Đồng Nai's Ban Dân vận
with the party caucus of its people's committee, and of Tuyên Quang's bloc of agencies. It shares no code with the
engine and does not read deploy/regimes, so that a mistake in either shows as a difference between the two. Only the
names of the rules, and how the text is understood where it is silent, are common to both.
"""
import re
from typing import NamedTuple

WEIGHT = ["to", "copy", "observe"]  # what a recipient reached twice is: the first of these
EVERY = "M Q H 9M Y"                # hằng tháng, ba tháng (quý), sáu tháng, chín tháng và hằng năm


class Rule(NamedTuple):
    """What one article says; a list of roles is written as words."""
    name: str
    cites: str
    kind: str
    authors: str        # "": any organ
    to: str
    copy: str = ""
    observe: str = ""
    via: str = ""       # 'qua': the addressees get it when this organ passes it on
    at: str = "same"    # whose organs the recipients are: the author's unit's, or its "parent"'s
    holds: str = "all"  # or only for the "owner" of the regulation, or only "below" it
    but: str = ""       # the roles that an author must not have
    periods: str = ""   # "": whatever period, or none
    matter: str = ""    # only if the report touches one of these
    level: str = ""     # of the author
    signed: str = ""    # every one of these signs, whichever of them leads
    above: str = ""     # copied to the superior unit's organ, where there is a superior


class Unit(NamedTuple):
    name: str
    level: str
    parent: "Unit | None"
    adopted: tuple        # (regulation, is it the main one, first day, last day), in the order of adoption
    organs: dict          # {slug: set of roles}


class Report(NamedTuple):
    kind: str
    period: "str | None" = None
    date: str = "2026-11-10"
    matter: str = ""


LOCAL = "chinh-quyen mttq to-chuc-ct-xh luc-luong-vu-trang"  # Chính quyền, Mặt trận, đoàn thể, lực lượng vũ trang
SYSTEM = "ban-dan-van khoi-dan-van"                          # các cơ quan trong hệ thống dân vận
BOARD = "ban-thuong-vu thuong-truc"
UNIONS = "to-chuc-ct-xh"


def of_a_province(p, board, review, consolidation):
    """Bình Phước and Hà Nội follow one model of 30/7/2021 (Quyết định 23-QĐ/TW): here is what they share."""
    return [
        Rule(f"{p}-24.2a", "Điều 24 khoản 2", "periodic", LOCAL, to="cap-uy", copy="ban-dan-van", periods=EVERY),
        Rule(f"{p}-24.2b", "Điều 24 khoản 2", "periodic", "cap-uy", to="cap-uy", copy="ban-dan-van", at="parent",
             periods=EVERY),
        Rule(f"{p}-24.3", "Điều 24 khoản 3", "directed", SYSTEM, to="ban-dan-van", at="parent"),
        # 'trực tiếp báo cáo với thường trực cấp ủy; ban dân vận cấp ủy, được tham dự': it follows, no addressee
        Rule(f"{p}-24.4a", "Điều 24 khoản 4", "urgent", "", to="thuong-truc", observe="ban-dan-van", but="cap-uy"),
        Rule(f"{p}-24.4b", "Điều 24 khoản 4", "urgent", "cap-uy", to="thuong-truc", observe="ban-dan-van", at="parent"),
        Rule(f"{p}-23", "Điều 23", "flash", "cap-uy chinh-quyen", to="ban-dan-van mttq to-chuc-ct-xh"),
        Rule(f"{p}-5.5", "Điều 5 khoản 5", "consolidation", "ban-dan-van", to=consolidation, holds="owner"),
        # 'Thẩm định đề án … trước khi trình'
        Rule(f"{p}-5.3", "Điều 5 khoản 3", "appraisal", "", to=board, via="ban-dan-van", holds="owner"),
        Rule(f"{p}-16.5", "Điều 15 khoản 3, Điều 16 khoản 5", "reflection", "mttq to-chuc-ct-xh",
             to="cap-uy chinh-quyen"),
        Rule(f"{p}-27", "Điều 27", "review", "ban-dan-van", to=review, holds="owner"),
        # Điều 28 names no addressee: those of Điều 24 khoản 2
        Rule(f"{p}-28", "Điều 28", "evaluation", "", to="cap-uy", copy="ban-dan-van"),
    ]


REGULATIONS = {
    # 5.3 and 5.5: 'Ban Chấp hành, Ban Thường vụ Tỉnh ủy'; 27: 'định kỳ báo cáo Ban Thường vụ Tỉnh ủy'
    "binh-phuoc": of_a_province("BP", "cap-uy ban-thuong-vu", "ban-thuong-vu", "cap-uy ban-thuong-vu"),
    # 5.3, 5.5 and 27: 'Ban Thường vụ Thành ủy, Thường trực Thành ủy'
    "ha-noi": of_a_province("HN", BOARD, BOARD, BOARD),
    "huyen": [
        Rule("H-23.2a", "Điều 23 khoản 2", "periodic", LOCAL, to="cap-uy", copy="ban-dan-van", periods=EVERY),
        Rule("H-23.2b", "Điều 23 khoản 2", "periodic", "cap-uy", to="cap-uy", copy="ban-dan-van", at="parent",
             periods=EVERY),
        Rule("H-23.3", "Điều 23 khoản 3", "directed", SYSTEM, to="ban-dan-van", at="parent"),
        # 'trực tiếp báo cáo với thường trực cấp uỷ, ban dân vận cấp uỷ': here both are addressees
        Rule("H-23.4a", "Điều 23 khoản 4", "urgent", "", to="thuong-truc ban-dan-van", but="cap-uy"),
        Rule("H-23.4b", "Điều 23 khoản 4", "urgent", "cap-uy", to="thuong-truc ban-dan-van", at="parent"),
        Rule("H-22", "Điều 22", "flash", "cap-uy chinh-quyen", to="ban-dan-van mttq to-chuc-ct-xh"),
        # 'thông tin nhanh đến Ban Dân vận Huyện uỷ': the units below tell it too
        Rule("H-22b", "Điều 22", "flash", "cap-uy chinh-quyen", to="ban-dan-van", at="parent", holds="below"),
        Rule("H-5.6", "Điều 5 khoản 6", "consolidation", "ban-dan-van", to=BOARD, holds="owner"),
        # 'Thẩm định đề án, văn bản … trước khi trình Ban Thường vụ Huyện ủy, Thường trực Huyện ủy'
        Rule("H-5.4", "Điều 5 khoản 4", "appraisal", "", to=BOARD, via="ban-dan-van", holds="owner"),
        Rule("H-15.5", "Điều 14 khoản 3, Điều 15 khoản 5", "reflection", "mttq to-chuc-ct-xh",
             to="cap-uy chinh-quyen"),
        # Điều 26 and 27 name none either: whom the Ban Dân vận serves there, and those of Điều 23 khoản 2
        Rule("H-26", "Điều 26", "review", "ban-dan-van", to=BOARD, holds="owner"),
        Rule("H-27", "Điều 27", "evaluation", "", to="cap-uy", copy="ban-dan-van"),
    ],
    "dong-nai": [
        # 'gửi Thường trực Tỉnh ủy (qua Ban Dân vận Tỉnh ủy)'
        Rule("DN-4.1.7", "Điều 4 khoản 1.7", "periodic", "bcsd-ubnd", to="thuong-truc", via="ban-dan-van",
             periods=EVERY, holds="owner"),
        Rule("DN-4.1.3a", "Điều 4 khoản 1.3", "notice", "bcsd-ubnd", to="ban-dan-van", holds="owner"),
        # 'vụ việc có liên quan đến các vấn đề về tôn giáo, dân tộc': the agency concerned, to the Front too
        Rule("DN-4.1.3b", "Điều 4 khoản 1.3", "notice", "so-ban-nganh", to="ban-dan-van mttq",
             matter="ton-giao dan-toc", holds="owner"),
        Rule("DN-4.1.3c", "Điều 4 khoản 1.3", "draft", "bcsd-ubnd", to="ban-dan-van", holds="owner"),
        Rule("DN-4.1.4", "Điều 4 khoản 1.4", "information", "so-ban-nganh", to="ban-dan-van", holds="owner"),
        Rule("DN-4.2.2", "Điều 4 khoản 2.2", "exchange", "ban-dan-van", to="bcsd-ubnd ubnd", holds="owner"),
        # 'Ban Dân vận Tỉnh ủy và Ban Cán sự đảng … có báo cáo sơ kết': one report of both
        Rule("DN-5.2", "Điều 5 khoản 2", "joint", "ban-dan-van bcsd-ubnd", to="thuong-truc",
             signed="ban-dan-van bcsd-ubnd", above="ban-dan-van", holds="owner"),
    ],
    "tuyen-quang-khoi": [
        # 'Định kỳ sáu tháng và hằng năm … về Ban Thường vụ Đảng ủy Khối (qua Ban Tuyên giáo Đảng ủy Khối)'
        Rule("TQ-10.2", "Điều 10 khoản 2", "periodic", "cap-uy", to="ban-thuong-vu", via="ban-tuyen-giao",
             at="parent", periods="H Y", level="cell"),
        Rule("TQ-10.2b", "Điều 10 khoản 2", "periodic", UNIONS, to="ban-thuong-vu", via="ban-tuyen-giao",
             periods="H Y", holds="owner"),
        # 'trực tiếp báo cáo với Ban Thường vụ, Thường trực Đảng ủy Khối': through nobody
        Rule("TQ-10.3", "Điều 10 khoản 3", "urgent", "cap-uy", to=BOARD, at="parent", level="cell"),
        Rule("TQ-5.3", "Điều 5 khoản 3", "consolidation", "ban-tuyen-giao", to=BOARD, holds="owner"),
        Rule("TQ-7.5", "Điều 7 khoản 5", "reflection", UNIONS, to="cap-uy", holds="owner"),
        Rule("TQ-11.3", "Điều 11 khoản 3", "review", "ban-tuyen-giao", to="ban-thuong-vu", holds="owner"),
        # Điều 11 khoản 4 names no addressee: that of Điều 10 khoản 2
        Rule("TQ-11.4a", "Điều 11 khoản 4", "evaluation", "cap-uy", to="ban-thuong-vu", at="parent", level="cell"),
        Rule("TQ-11.4b", "Điều 11 khoản 4", "evaluation", UNIONS, to="ban-thuong-vu", holds="owner"),
    ],
}

# The days on which a regulation is in force: 'giai đoạn 2021 - 2025', 'có hiệu lực kể từ ngày ký'.
VALID = {
    "ha-noi": ("2022-01-24", "9999"),
    "dong-nai": ("2021-11-05", "2025-12-31"),
    "tuyen-quang-khoi": ("2022-07-12", "9999"),
}

# Who does a Ban Dân vận's work where there is none (binh-phuoc and ha-noi Điều 8 khoản 5, huyen Điều 7 khoản 4 và 5,
# tuyen-quang Điều 5 and Điều 10 khoản 2).
BELOW = {"commune": "khoi-dan-van", "cell": "khoi-dan-van"}
STAND_INS = {
    "binh-phuoc": {**BELOW, "district": "uy-vien-phu-trach-dan-van", "bloc": "uy-vien-phu-trach-dan-van"},
    "ha-noi": {**BELOW, "district": "uy-vien-phu-trach-dan-van", "bloc": "uy-vien-phu-trach-dan-van"},
    "huyen": BELOW,
    "tuyen-quang-khoi": {"bloc": "ban-tuyen-giao"},
    "dong-nai": {},
}


def bad_period(kind, period):
    if period is None:
        return kind in ("periodic", "evaluation", "joint")
    if kind in ("evaluation", "joint"):
        return not re.fullmatch(r"\d{4}", period)
    return not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12]|-9M)?", period)


def cadence(period):
    """The letter of a period that is not bad."""
    if period is None:
        return None
    rest = period[5:]
    return {"": "Y", "9M": "9M", "H1": "H", "H2": "H"}.get(rest) or ("Q" if rest.startswith("Q") else "M")


def in_force(unit, date):
    """What the unit itself has adopted, as far as both its decision and the regulation are in force."""
    def holds(name, first, last):
        valid_from, valid_until = VALID.get(name, ("0000", "9999"))
        return max(first, valid_from) <= date <= min(last, valid_until)

    return [adoption for adoption in unit.adopted if holds(adoption[0], *adoption[2:])]


def regulations(unit, date):
    """Those in force at a unit: its own or the nearest superior's main one, and its own additional ones."""
    at, found = unit, []
    while at and not found:
        found = [(name, at) for name, is_main, *_ in reversed(in_force(at, date)) if is_main][:1]
        at = at.parent
    own_main = found[0][0] if found and found[0][1] is unit else None
    beside = dict.fromkeys(name for name, is_main, *_ in in_force(unit, date) if not is_main)
    return found + [(name, unit) for name in beside if name != own_main]


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


def signatures(rule, unit, slug, further):
    """Whether a joint report has the signatures of two organs that it must have."""
    if not rule.signed:
        return True
    offices = [unit.organs[slug], *(unit.organs[other] for other in further if other != slug)]
    needed = set(rule.signed.split())
    return needed <= set().union(*offices) and any(needed & roles for roles in offices[1:])


def rules_for(unit, slug, report, further):
    """Every rule that covers the report, with the name of its regulation.

    What goes to the superior's organs is for the superior's regulations; the root has only its own.
    """
    for at, judge in (("same", unit), ("parent", unit.parent or unit)):
        for regime, owner in regulations(judge, report.date):
            for rule in REGULATIONS[regime]:
                here = {"all": True, "owner": owner is unit, "below": owner is not unit}[rule.holds]
                if (rule.kind == report.kind and rule.at == at and here and binds(rule, regime, unit, slug)
                        and (not rule.periods or cadence(report.period) in rule.periods.split())
                        and (not rule.matter or report.matter in rule.matter.split())
                        and (not rule.level or unit.level == rule.level)
                        and signatures(rule, unit, slug, further)):
                    yield rule, regime


def reached(rule, regime, unit, slug, further):
    """[(what, role, its organs as addresses, through whom)] of one rule; through is None for 'directly'."""
    there = unit if rule.at == "same" else unit.parent
    authors = {f"{author}@{unit.name}" for author in (slug, *further)}

    def addresses(place, role):
        return [f"{organ}@{place.name}" for organ in holders(place, role, regime)] if place else []

    passers = addresses(there, rule.via) if rule.via else []
    through = None if set(passers) & authors else next(iter(sorted(passers)), None)
    rows = [(what, role, addresses(there, role)) for what in WEIGHT for role in getattr(rule, what).split()]
    if rule.above and unit.parent:
        rows.append(("copy", rule.above, addresses(unit.parent, rule.above)))
    found = [(what, [(address, through if what == "to" and address != through else None)
                     for address in organs if address not in authors], not organs)
             for what, _, organs in rows]
    return found, bool(rule.via) and not passers


def owed(unit, slug, report, further=()):
    """{address: (as, through, {(rule, cites)})} of everybody who must get the report, or the name of the refusal."""
    if bad_period(report.kind, report.period):
        return "BAD_PERIOD"
    recipients, missing, covered = {}, False, False
    for rule, regime in rules_for(unit, slug, report, further):
        covered = True
        found, no_via = reached(rule, regime, unit, slug, further)
        missing |= no_via
        for what, organs, nobody in found:
            missing |= nobody and what != "observe"
            for address, through in organs:
                before, waited, cited = recipients.get(address, (what, through, frozenset()))
                recipients[address] = (min(before, what, key=WEIGHT.index), waited and through,
                                       cited | {(rule.name, rule.cites)})
    if not covered:
        return "NO_RULE"
    reachable = any(what == "to" for what, _, _ in recipients.values())
    if not reachable or (missing and report.kind not in ("urgent", "flash")):
        return "NO_RECIPIENT"
    return recipients
