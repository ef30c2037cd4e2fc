"""Make tabular.json: bodies of numbers in NumPy's file format as NumPy itself writes them, and in JSON and CSV as Python's own libraries do.

Run: python make_tabular.py > tabular.json (NumPy 2.4.6)
"""

from __future__ import annotations

import csv
import io
import json
import sys

import numpy as np

ROWS = [[0.0, 1.0, 2.0], [3.0, -4.0, 100.0]]


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    held = io.BytesIO()
    np.lib.format.write_array(held, array, version=version, allow_pickle=True)
    return held.getvalue()


def comma(rows: list[list[float]], **options: str) -> bytes:
    held = io.StringIO()
    csv.writer(held, **options).writerows(rows)
    return held.getvalue().encode()


def read() -> list[dict[str, object]]:
    unsigned = [[0.0, 1.0, 200.0]]
    kinds = [(kind, ROWS) for kind in ("<f8", ">f8", "<f4", "<f2", "<i2", ">i4", "<i8")]
    kinds += [(kind, unsigned) for kind in ("u1", "<u2", "<u4", ">u8")]
    made = [
        {"name": f"npy {kind}", "type": "application/x-npy", "body": npy(np.array(rows, kind)).hex(), "rows": rows} for kind, rows in kinds
    ]
    flags = npy(np.array([[True, False]]))
    made.append({"name": "npy booleans", "type": "application/x-npy", "body": flags.hex(), "rows": [[1.0, 0.0]]})
    for version in ((1, 0), (2, 0), (3, 0)):
        body = npy(np.array(ROWS), version)
        made.append({"name": f"npy version {version[0]}", "type": "application/x-npy", "body": body.hex(), "rows": ROWS})
    picture = np.arange(24.0).reshape(2, 3, 4)
    flat = picture.reshape(2, 12).tolist()
    for name, array in (("pictures", picture), ("pictures, first axis fastest", np.asfortranarray(picture))):
        made.append({"name": f"npy {name}", "type": "application/x-npy", "body": npy(array).hex(), "rows": flat})
    made.append({"name": "npy one axis", "type": "application/x-npy", "body": npy(np.array(ROWS[0])).hex(), "rows": ROWS[:1]})
    for name, options in (("csv", {}), ("csv, newline only", {"lineterminator": "\n"})):
        made.append({"name": name, "type": "text/csv", "body": comma(ROWS, **options).hex(), "rows": ROWS})
    made.append(
        {"name": "csv, blanks and signs", "type": "text/csv; charset=UTF-8", "body": b" +0, 1.,2e0\n3,-.4E+1 ,100".hex(), "rows": ROWS}
    )
    for name, value in (
        ("rows", ROWS),
        ("instances", {"instances": ROWS}),
        ("features", {"instances": [{"features": row} for row in ROWS]}),
        ("values", {"instances": [{"data": {"features": {"values": row}}} for row in ROWS], "configuration": {"k": 1}}),
    ):
        made.append({"name": f"json {name}", "type": "application/json", "body": json.dumps(value).encode().hex(), "rows": ROWS})
    made.append({"name": "json one row", "type": "application/json", "body": json.dumps(ROWS[0]).encode().hex(), "rows": ROWS[:1]})
    made.append({"name": "json pictures", "type": "application/json", "body": json.dumps(picture.tolist()).encode().hex(), "rows": flat})
    return made


def refused() -> list[dict[str, str]]:
    good = npy(np.array(ROWS))
    kinds = {
        "objects, which are pickled": npy(np.array([{"a": 1}], object)),
        "structures": npy(np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")])),
        "texts": npy(np.array(["1", "2"])),
        "complex numbers": npy(np.array([1j])),
        "dates": npy(np.array(["2026-01-01"], "M8[D]")),
        "no axis": npy(np.array(1.0)),
        "an empty axis": npy(np.zeros((0, 3))),
        "nan": npy(np.array([np.nan, 1.0])),
        "infinity": npy(np.array([np.inf, 1.0])),
        "one byte too few": good[:-1],
        "one byte too many": good + b"\0",
        "version 9": good[:6] + b"\x09" + good[7:],
        "a call in the head": good.replace(b"'shape': (2, 3)", b"'shape': f(2,3)"),
        "a member twice": good.replace(b"'shape': (2, 3), }" + b" " * 17, b"'shape': (2, 3), 'shape': (2, 3), }"),
        "a negative axis": good.replace(b"(2, 3)", b"(-2,3)"),
    }
    made = [{"name": f"npy {name}", "type": "application/x-npy", "body": body.hex()} for name, body in kinds.items()]
    texts = {
        "a heading": b"a,b\n1,2", "a quoted number": b'"1",2', "an empty cell": b"1,,2", "an empty line": b"1,2\n\n3,4", "nothing": b"",
        "nan": b"nan,1", "infinity": b"inf,1", "too large a number": b"1e999,1", "an underscore": b"1_000,2", "hexadecimal": b"0x10,2",
        "a lone carriage return": b"1,2\r3,4", "a zero byte": b"1,2\0", "other digits": "\u0661,2".encode(), "semicolons": b"1;2", "latin-1": b"\xa01,2",
    }  # fmt: skip
    made += [{"name": f"csv {name}", "type": "text/csv", "body": body.hex()} for name, body in texts.items()]
    made.append({"name": "csv with a heading, says the type", "type": "text/csv; header=present", "body": b"1,2".hex()})
    bodies = {
        "two places for rows": {"instances": [[1]], "inputs": [[2]]},
        "a member that is not known": {"instances": [[1]], "rows": [[2]]},
        "no place for rows": {"parameters": {}},
        "a text": {"instances": [["1", 2]]},
        "a boolean": [[True, 1.0]],
        "null": [[None, 1.0]],
        "no rows": [],
        "an empty row": [[]],
        "a number": 5,
        "an instance with two members": {"instances": [{"features": [1], "values": [2]}]},
        "rows and numbers mixed": [[1.0], 2.0],
    }
    made += [
        {"name": f"json {name}", "type": "application/json", "body": json.dumps(value).encode().hex()} for name, value in bodies.items()
    ]
    made.append({"name": "json nan", "type": "application/json", "body": b"[NaN, 1]".hex()})
    made.append({"name": "json too large a number", "type": "application/json", "body": (b"[" + b"1" * 400 + b"]").hex()})
    made.append({"name": "json a name twice", "type": "application/json", "body": b'{"instances":[[1]],"instances":[[2]]}'.hex()})
    made.append({"name": "json too deep", "type": "application/json", "body": (b"[" * 40 + b"1" + b"]" * 40).hex()})
    made.append({"name": "another type", "type": "application/x-pickle", "body": b"1,2".hex()})
    made.append({"name": "no type", "type": "", "body": b"1,2".hex()})
    return made


json.dump({"source": "NumPy 2.4.6, Python's csv and json; make_tabular.py", "read": read(), "refused": refused()}, sys.stdout, indent=1)
print()
