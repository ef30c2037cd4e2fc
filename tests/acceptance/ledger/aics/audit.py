"""Audit a static log with aics-tlog. usage: audit.py DIRECTORY VKEY ORIGIN. Prints the report, or REFUSED and why."""

import sys
from pathlib import Path

from aics_tlog import (
    FileSystemTileReader,
    TileConflictError,
    TileMissingError,
    TileVerificationError,
    audit_tiles,
    parse_note,
    parse_vkey,
    verify_checkpoint,
)


def audit(directory: str, vkey: str, origin: str) -> str:
    """Open the checkpoint, then authenticate every tile and every bundle."""
    note = parse_note((Path(directory) / "checkpoint").read_bytes())
    opened = verify_checkpoint(note, parse_vkey(vkey), expected_origin=origin)
    if not opened.ok:
        return f"REFUSED {opened.error}"
    try:
        report = audit_tiles(FileSystemTileReader(directory), opened.size, opened.root)
    except (TileMissingError, TileVerificationError, TileConflictError) as error:
        return f"REFUSED {error}"
    return f"VERIFIED {report.size} entries, {report.tiles} tiles, {report.bundles} bundles"


said = audit(*sys.argv[1:])
print(said)
sys.exit(0 if said.startswith("VERIFIED") else 1)
