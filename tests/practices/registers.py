"""Small registers for tests, and where the published ones are."""

from pathlib import Path

import pytest
from django.conf import settings

from practices.register_actions import Source

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
SAMPLE = DATA / "sample"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the published files are not beside the project ({DATA.name})"
)


def row(code: str, **fields: str) -> list[str]:
    """A row of epraccur: an active GP practice unless told otherwise."""
    cells = {
        "name": f"SURGERY {code}", "region": "Y98", "office": "Q98", "line1": "1 HIGH STREET", "postcode": "NV1 1AA",
        "opened": "19740401", "closed": "", "status": "A", "commissioner": "99X", "joined": "20130401", "left": "",
        "phone": "01632 960000", "setting": "4",
    } | fields  # fmt: skip
    made = [""] * 27
    made[0] = code
    at = {
        "name": 1, "region": 2, "office": 3, "line1": 4, "postcode": 9, "opened": 10, "closed": 11, "status": 12,
        "commissioner": 14, "joined": 15, "left": 16, "phone": 17, "setting": 25,
    }  # fmt: skip
    for field, value in cells.items():
        made[at[field]] = value
    made[13] = "B"
    return made


def register(*rows: list[str], name: str = "epraccur.csv", ends: str = "\r\n") -> Source:
    text = ends.join(",".join(f'"{cell}"' for cell in cells) for cells in rows) + ends
    return Source(name, text.encode())


def commissioners(**names: str) -> Source:
    """eccg: names by code, given as c99X="NORTHVALE CCG"."""
    rows = []
    for code, name in names.items():
        cells = [""] * 27
        cells[0], cells[1], cells[10] = code[1:], name, "20130401"
        rows.append(cells)
    return register(*rows, name="eccg.csv")


def patients(day: str = "01JAN2021", **sizes: int) -> Source:
    """Registered patients by practice code."""
    lines = ["PUBLICATION,EXTRACT_DATE,TYPE,CCG_CODE,ONS_CCG_CODE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS"]
    lines += [
        f"GP_PRAC_PAT_LIST,{day},GP,99X,E1,{code},NV1 1AA,ALL,ALL,{size}" for code, size in sizes.items()
    ]
    return Source("gp-reg-pat-prac-all.csv", "\n".join(lines).encode())


def networks(day: str = "01-Sep-20", **places: str) -> Source:
    """Localities by practice code, given as Y00001="U00001 Harbour PCN"."""
    lines = ["PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PCN_CODE,PCN_NAME,CCG_CODE,CCG_NAME"]
    for code, place in places.items():
        network, _, name = place.partition(" ")
        lines.append(f"GP_PRAC_PAT_LIST,{day},{code},{network},{name},99X,NHS Northvale CCG")
    return Source("gp-reg-pat-prac-map.csv", "\n".join(lines).encode())


def published(name: str) -> Source:
    return Source(name, (DATA / name).read_bytes())
