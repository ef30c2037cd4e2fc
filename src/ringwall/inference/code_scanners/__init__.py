"""Scanners of generated code: each reads some languages, in a process of its own, within a time.

Python by bandit (the extra `code`); more languages by a semgrep that is installed apart, with rules of ours.
"""

from ringwall.inference.code_scanners.python_scanner import PythonScanner
from ringwall.inference.code_scanners.semgrep_scanner import SemgrepScanner

__all__ = ["PythonScanner", "SemgrepScanner"]
