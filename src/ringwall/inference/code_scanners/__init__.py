"""Scanners of generated code: each reads some languages, in a process of its own, within a time.

Registry: Python by bandit (the extra `code`); more languages by a semgrep that is installed apart, with rules of ours.
"""

from ringwall.inference.code_scanners.python_scanner import PythonScanner

__all__ = ["PythonScanner"]
