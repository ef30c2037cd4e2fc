"""Commitments to data sets, format `rwds/1`: canonical, independent of chunks and compression, with proofs that verify offline."""

from ringwall.data.commitment.commit import Commitment, Committed, Mode, commit, commit_table
from ringwall.data.commitment.directories import FileEntry, list_files, oms_statement
from ringwall.data.commitment.extra import ExtraMissing
from ringwall.data.commitment.growth import GrowthProof, prove_growth, verify_growth
from ringwall.data.commitment.row_proof import RowProof, prove_row, verify_row
from ringwall.data.commitment.salts import SaltKey
from ringwall.data.commitment.schema import Column, Schema, UnsupportedColumn, schema_of
from ringwall.data.commitment.sources import CsvOptions, FileChanged, Origin, Source, open_source

__all__ = [
    "Column",
    "Commitment",
    "Committed",
    "CsvOptions",
    "ExtraMissing",
    "FileChanged",
    "FileEntry",
    "GrowthProof",
    "Mode",
    "Origin",
    "RowProof",
    "SaltKey",
    "Schema",
    "Source",
    "UnsupportedColumn",
    "commit",
    "commit_table",
    "list_files",
    "oms_statement",
    "open_source",
    "prove_growth",
    "prove_row",
    "schema_of",
    "verify_growth",
    "verify_row",
]
