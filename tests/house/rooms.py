#!/usr/bin/env python3
"""Holds the house together: includes flow one way, and each library is used in one room only.

    common <- proto <- node/core <- node/{store,net,ctl,conf} <- node/shell <- node/cli
    node/audit sees common, proto and the pure part of node/core

Run from anywhere; prints every broken rule with its place, exit 1 if there is one.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# room -> rooms it may include from, besides itself
MAY = {
    "common": set(),
    "proto": {"common"},
    "node/core": {"common", "proto"},
    "node/audit": {"common", "proto", "node/core"},
    "node/store": {"common", "proto", "node/core"},
    "node/net": {"common", "proto", "node/core"},
    "node/ctl": {"common", "proto", "node/core"},
    "node/conf": {"common", "proto", "node/core"},
    "node/shell": {"common", "proto", "node/core", "node/store", "node/net", "node/ctl", "node/conf"},
    "node/cli": {"common", "proto", "node/core", "node/audit", "node/store", "node/net", "node/ctl",
                 "node/conf", "node/shell"},
}

# The verifier stands alone: of the core it sees only what is a pure function of the directory.
AUDIT_SEES = {"node/core/mandate.h", "node/core/directory.h", "node/core/duty.h", "node/core/duty_watch.h",
             "node/core/duty_rules.h"}
# The insides of a room are its own.
PRIVATE = {"node/core/node_impl.h": "node/core", "node/core/rows.h": "node/core", "node/core/ledger.h": "node/core",
           "node/core/issued_impl.h": "node/core", "node/core/restored_impl.h": "node/core",
           "node/core/mirror.h": "node/core"}

LIBRARIES = {
    r"sodium(/.*|\.h)?": "common",
    r"openssl/.*": "common",
    r"utf8proc\.h": "common",
    r"(donggui\.pb-c\.h|protobuf-c/.*)": "proto",
    r"lmdb\.h": "node/store",
    r"zstd.*\.h": "common",
    r"zmq.*\.h": "node/net",
    r"yaml\.h": "node/conf",
    r"jansson\.h": "node/cli",
    r"libsmartcols.*": "node/cli",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    """The room a path from the root lies in, None outside the house."""
    for room in sorted(MAY, key=len, reverse=True):
        if path == room or path.startswith(room + "/"):
            return room
    return None


def broken_rules(path, text):
    room = room_of(path)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        header = match.group(2)
        for pattern, home in LIBRARIES.items():
            if re.fullmatch(pattern, header) and room != home:
                yield f"{path}:{line}: {header} belongs to {home} alone"
        if match.group(1) == "<":
            continue
        if header == "donggui.pb-c.h":
            continue
        if not (ROOT / header).exists():
            yield f"{path}:{line}: {header} is not written from the repository root"
            continue
        other = room_of(header)
        if other != room and other not in MAY[room]:
            yield f"{path}:{line}: {room} must not see {header}"
        if room == "node/audit" and other == "node/core" and header not in AUDIT_SEES:
            yield f"{path}:{line}: the verifier stands alone and must not see {header}"
        if header in PRIVATE and room != PRIVATE[header]:
            yield f"{path}:{line}: {header} is private to {PRIVATE[header]}"


def self_test():
    """A test that cannot fail is none: every kind of break must be seen."""
    samples = [
        ("common/x.c", '#include "proto/report.h"\n'),
        ("node/core/x.c", "#include <lmdb.h>\n"),
        ("node/audit/x.c", '#include "node/core/store.h"\n'),
        ("node/cli/x.c", '#include "node/core/rows.h"\n'),
        ("node/net/x.c", '#include "net.h"\n'),
    ]
    return [path for path, text in samples if not list(broken_rules(path, text))]


def main():
    missed = self_test()
    if missed:
        sys.exit(f"rooms: the test itself is blind to {missed}")
    broken, files = [], 0
    for top in ("common", "proto", "node"):
        for file in sorted((ROOT / top).rglob("*.[ch]")):
            files += 1
            path = file.relative_to(ROOT).as_posix()
            broken += broken_rules(path, file.read_text(encoding="utf-8"))
    print("\n".join(broken) if broken else f"rooms: {files} files keep to their rooms")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
