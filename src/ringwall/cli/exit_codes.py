"""What an exit code means; the same for every command, so that CI can branch on it."""

OK = 0
"""Done; a check found nothing."""

FOUND = 1
"""A guardrail intervened: it blocked or masked. For `doctor`: something is wrong."""

USAGE = 2
"""The command line cannot be understood (argparse uses the same number)."""

FAILED = 3
"""The command could not be done; the reason is on standard error."""
