"""What an exit code means; the same for every command, so that CI can branch on it."""

OK = 0
"""Done; a check found nothing."""

FOUND = 1
"""A guardrail intervened: it blocked or masked. For `doctor`: something is wrong. For `scan-code`: a weakness at or above the level."""

REFUTED = FOUND
"""For `prove`: a claim does not hold, and the report shows why."""

USAGE = 2
"""The command line cannot be understood (argparse uses the same number)."""

FAILED = 3
"""The command could not be done; the reason is on standard error."""

UNKNOWN = FAILED
"""For `prove`: neither proof nor counterexample was found, which is no proof. For `scan-code`: not all of it was scanned.

A pipeline treats it as a failure.
"""
