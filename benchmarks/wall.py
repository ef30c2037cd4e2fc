"""What the proved wall costs: 5,000 phrases, every decoder, depth 2, C interpreter; beside engines on text normalised beforehand.

    python benchmarks/wall.py                          # 1 kB, 100 kB, one foreign character; hyperscan, re2.Set, ahocorasick_rs
    python benchmarks/wall.py --peers "" --parts       # ringwall alone, and where its time goes
    python benchmarks/wall.py --growth docs/proofs/wall-growth.csv

The peers get the text's letters and digits only, in small case: what is left of the work when somebody else has folded, decoded and
turned the text round. They scan it once; the wall scans 54 readings and runs every decoder forwards, backwards and through two alphabets.
`ringwall-wall` answers as they do, what was found and where; `ringwall-views` also returns the readings that other filters look at, and
`ringwall-spelled` is our own scan of the text as it stands. Each engine runs in a process (peers in an environment) of its own; rounds
alternate between them. Figures are process CPU, medians over rounds of the least of some passes.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import guardrail

HERE = Path(__file__).parent
PACKAGES: dict[str, list[str] | None] = {"hyperscan": ["hyperscan"], "google-re2": ["google-re2"], "ahocorasick-rs": ["ahocorasick-rs"]}
OURS = ("ringwall-wall", "ringwall-views", "ringwall-spelled")
OTHERS = 40  # kilobytes: what one holds by chance, a scrambled word of the list or a dozen letters in base32, costs more
TARGET_US, TARGET_MB = 100.0, 10.0  # 1 kB of English at most; 100 kB at least
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
_PROSE = (
    "The ferry leaves the northern pier at seven and comes back before the tide turns. ",
    "Nobody had asked the surveyor why the second bridge was built so far from the road. ",
    "Our branch in the harbour district grew faster than the others, while its costs stayed flat. ",
    "Please send the minutes of the meeting to everybody who could not be there. ",
    "She kept the letters in a drawer, together with three photographs and a broken watch. ",
    "Most of the water that falls on these hills reaches the lake within two weeks. ",
    "When the committee met again in autumn, the figures for the first half were complete. ",
    "A good index is worth more than a long introduction, as any librarian will tell you. ",
    "The baker on the corner opens at five, but his bread is often gone by half past eight. ",
    "It took the team eleven months to replace the old pumps without closing the plant. ",
    "Children under twelve travel free if an adult with a valid ticket goes with them. ",
    "He explained, rather slowly, how the engine could be taken apart and cleaned. ",
    "The museum has lent four of its paintings to a gallery in the south of the country. ",
    "If you change the address of your account, confirm it with the code that we send. ",
    "Wheat prices fell again in spring, which surprised few of the farmers we spoke to. ",
    "Between the two villages there is a path that only the shepherds use in winter. ",
    "The court heard both sides and put off its decision until the experts had reported. ",
    "Every machine in the hall carries a number, a date of inspection and a name. ",
    "Some of the questions were difficult, yet nearly everyone finished before the bell. ",
    "After the storm they found the roof of the barn in a field beyond the river. ",
)
_SYLLABLES = ("ka", "ro", "mi", "ten", "sol", "var", "di", "pex", "lum", "ost", "gri", "fan", "ul", "be", "zor", "qua", "hin", "jet")


def english(characters: int, seed: int) -> str:
    """Make prose of so many characters, sentences in any order."""
    randomness, text = random.Random(seed), ""
    while len(text) < characters:
        text += "".join(randomness.sample(_PROSE, k=len(_PROSE)))
    return text[:characters]


def phrases(count: int) -> list[str]:
    """Make phrases of eight letters and more that the prose does not hold: a word or two of its own, then a made one."""
    words = sorted({word.strip(".,").lower() for sentence in _PROSE for word in sentence.split()})
    randomness, made = random.Random(5), dict[str, None]()
    while len(made) < count:
        known = randomness.choices(words, k=randomness.randint(1, 2))
        phrase = " ".join([*known, "".join(randomness.choices(_SYLLABLES, k=randomness.randint(3, 5)))])
        if len(phrase) >= 12:
            made[phrase] = None
    return list(made)


def with_one(text: str, character: str) -> str:
    """Put one foreign character in the middle."""
    middle = len(text) // 2
    return text[:middle] + character + text[middle + 1 :]


def hostile(kind: str, size: int, listed: list[str]) -> str:
    """Make a text that gives the wall the most to do."""
    randomness = random.Random(size)
    if kind == "unfinished escapes":
        made = "&#1%4\\x7&#x6=" * (size // 13 + 1)
    elif kind == "base64 in base64":
        inner = english(size * 9 // 16 + 3, 7).encode()
        made = base64.b64encode(base64.b64encode(inner)).decode()
    elif kind == "beginnings of phrases":
        made = " ".join(phrase[: randomness.randint(4, len(phrase) - 1)] for phrase in randomness.choices(listed, k=size // 8 + 1))
    else:
        made = english(size, 3)
    return made[:size]


HOSTILE = ("English", "unfinished escapes", "base64 in base64", "beginnings of phrases")


def normalised(text: str) -> str:
    return "".join(character for character in text.lower() if character.isascii() and character.isalnum())


class Engine:
    """One engine in a process of its own."""

    def __init__(self, name: str, scratch: Path, listed: list[str]) -> None:
        self.name = name
        peer = name in PACKAGES
        (scratch / f"{name}.json").write_text(json.dumps([normalised(phrase) for phrase in listed] if peer else listed))
        python = guardrail.environment(name) if peer else Path(sys.executable)
        self._log = scratch / f"{name}.log"
        self._scratch = scratch
        self._process = subprocess.Popen(
            [python, HERE / "wall_worker.py", name, scratch / f"{name}.json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log.open("w"),
            text=True,
            cwd=HERE,
        )
        self.setup_s = self._answer()["setup_s"]

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} stopped: {self._log.read_text()[-600:]}")
        return json.loads(line)

    def microseconds(self, text: str) -> float:
        """Return the least CPU time of some passes over a text."""
        path = self._scratch / "text.txt"
        path.write_bytes((normalised(text) if self.name in PACKAGES else text).encode("utf-8", "surrogatepass"))
        self._process.stdin.write(json.dumps({"path": str(path), "passes": max(3, min(200, 2_000_000 // len(text)))}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if answer["exhausted"]:
            print(f"{self.name}: a budget was spent on a text of {len(text)} characters, which blocks", file=sys.stderr)
        return answer["us"]

    def parts(self, text: str) -> dict[str, float]:
        """Return the time of the wall's parts."""
        path = self._scratch / "text.txt"
        path.write_text(text)
        self._process.stdin.write(json.dumps({"path": str(path), "passes": max(3, min(200, 2_000_000 // len(text))), "parts": True}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def compare(names: list[str], count: int, rounds: int, *, parts: bool) -> None:
    listed = phrases(count)
    cases = {
        "1 kB": english(1_000, 3),
        "1 kB, one é": with_one(english(1_000, 3), "é"),
        "1 kB, one 中": with_one(english(1_000, 3), "中"),
        "100 kB": english(100_000, 3),
        "100 kB, one 中": with_one(english(100_000, 3), "中"),
    }
    with tempfile.TemporaryDirectory() as folder:
        engines = []
        for name in [*OURS, *names]:
            try:
                engines.append(Engine(name, Path(folder), listed))
            except (RuntimeError, subprocess.CalledProcessError) as error:
                print(f"left out: {name}: {error}", file=sys.stderr)
        seen: dict[tuple[str, str], list[float]] = {}
        for _ in range(rounds):
            for case, text in cases.items():
                for engine in engines:
                    seen.setdefault((engine.name, case), []).append(engine.microseconds(text))
        figures = {place: statistics.median(found) for place, found in seen.items()}
        print(f"{count} phrases; CPU us (and MB/s of the text as it came), medians of {rounds} rounds")
        print(f"{'engine':<18}" + "".join(f"{case:>24}" for case in cases) + f"{'set-up s':>10}")
        for engine in engines:
            cells = (f"{figures[engine.name, case]:.1f} ({len(text) / figures[engine.name, case]:.1f})" for case, text in cases.items())
            print(f"{engine.name:<18}" + "".join(f"{cell:>24}" for cell in cells) + f"{engine.setup_s:>10.2f}")
        _targets(figures, sorted(engines[0].microseconds(english(1_000, seed)) for seed in range(OTHERS)))
        if parts:
            for case in ("1 kB", "100 kB"):
                print(f"parts of {case}: " + ", ".join(f"{what} {us:.1f}" for what, us in engines[0].parts(cases[case]).items()))
        for engine in engines:
            engine.close()


def _targets(figures: dict[tuple[str, str], float], others: list[float]) -> None:
    """Say which targets are kept. A kilobyte is the median of many: what one holds by chance decides what it costs."""
    small, large = statistics.median(others), 100_000 / figures[OURS[0], "100 kB"]
    verdict = "kept" if small <= TARGET_US else f"missed {small / TARGET_US:.1f} times"
    span = f"median of {len(others)} kilobytes, {others[0]:.0f} to {others[-1]:.0f}"
    print(f"target 1 kB <= {TARGET_US:.0f} us: {small:.0f} us ({span}), {verdict}")
    print(
        f"target 100 kB >= {TARGET_MB:.0f} MB/s: {large:.1f}, {'kept' if large >= TARGET_MB else f'missed {TARGET_MB / large:.1f} times'}"
    )
    foreign = max(figures[OURS[0], case] / figures[OURS[0], plain] for case, plain in (("1 kB, one é", "1 kB"), ("1 kB, one 中", "1 kB")))
    print(f"one foreign character: {foreign:.2f} times the time")


def growth(target: Path, count: int) -> None:
    """Write CPU milliseconds against size, for `plot.py`; linear work has a constant last column."""
    listed = phrases(count)
    with tempfile.TemporaryDirectory() as folder, target.open("w") as out:
        engine = Engine(OURS[0], Path(folder), listed)
        out.write("text,characters,cpu_ms,us_per_1000\n")
        for kind in HOSTILE:
            for size in SIZES:
                ms = engine.microseconds(hostile(kind, size, listed)) / 1e3
                line = f"{kind},{size},{ms:.4f},{ms * 1e6 / size:.2f}"
                print(line)
                out.write(line + "\n")
        engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phrases", type=int, default=5_000)
    parser.add_argument("--peers", default=",".join(PACKAGES), help="comma-separated; empty for ringwall alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", action="store_true", help="also where the wall's time goes")
    parser.add_argument("--growth", type=Path, help="measure hostile texts from 1 kB to 1 MB and write a CSV")
    given = parser.parse_args()
    guardrail.PEERS.update(PACKAGES)
    if given.growth:
        growth(given.growth, given.phrases)
    else:
        compare([peer for peer in given.peers.split(",") if peer], given.phrases, given.rounds, parts=given.parts)


if __name__ == "__main__":
    main()
