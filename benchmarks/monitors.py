"""Behavioural monitors against attacks on classic models: what is detected, at which query, and how often honest queries are flagged.

    python benchmarks/monitors.py --install   # make the environment first (.clients/peer-art: scikit-learn, adversarial-robustness-toolbox)
    python benchmarks/monitors.py             # everything; --only benign, narrow, evasion, extraction, probing, softened or traffic
    python benchmarks/monitors.py --live      # benign, evasion and extraction, asked by boto3 through a live gateway (monitors_live.py)

The models are scikit-learn's: an MLP on digits (64 pixels in one unit) and one on breast_cancer (30 columns, each in its own), raw.
Calibrated on one half of the data; honest queries and attacks come from the other. Every seed is fixed; CPU times are of this process.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from monitors_attacks import DETECTORS, EVASIONS, IMAGES, SHORT, make_attack, middle, print_evasion

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".clients" / "peer-art"
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGETS = {"digits": 0.005, "breast_cancer": 0.025}
SPLITS = {"digits": 3, "breast_cancer": 8}
ATTACKS_EACH = 6
COVER = {"digits": 300, "breast_cancer": 100}
QUERIES_MAX = 12_000
DATA = ["digits", "breast_cancer"]


class Enough(Exception):
    """The attack has asked as often as it may."""


class Task:
    """A model, its calibration on half of the data, and the other half."""

    def __init__(self, name: str, seed: int = 0) -> None:
        from sklearn.datasets import load_breast_cancer, load_digits
        from sklearn.model_selection import train_test_split
        from sklearn.neural_network import MLPClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import MinMaxScaler

        from ringwall.inference.monitors import Terms, calibrate

        data = load_digits() if name == "digits" else load_breast_cancer()
        self.name, self.classes = name, len(data.target_names)
        self.low, self.high = data.data.min(0), data.data.max(0)
        if name == "digits":
            self.low, self.high = self.low * 0.0, self.high * 0.0 + 16.0
        train, self.test, classes, self.truth = train_test_split(data.data, data.target, test_size=0.5, random_state=seed)
        scale = MinMaxScaler().fit([self.low, self.high])
        self.model = make_pipeline(scale, MLPClassifier((64,), max_iter=400, random_state=0)).fit(train, classes)
        private = [(row(one), int(label)) for one, label in zip(train[:200], self.model.predict(train[:200]), strict=True)]
        terms = Terms(model_id=name, version=1, salt=bytes(range(16)), shared_scale=name == "digits", private=tuple(private))
        began = time.process_time()
        self.calibration = calibrate([row(one) for one in train], terms)
        self.calibrated_s = time.process_time() - began
        self.private = train[:200]

        self.vectors = [row(one) for one in train]
        self.private_examples = private

    def account(self) -> Account:
        return Account(self) if LIVE is None else LiveAccount(self)


class Account:
    """One account's calls, all of them through the monitors; two honest minutes lie between two calls."""

    def __init__(self, task: Task) -> None:
        from ringwall.inference.monitors import Monitors

        self.task, self.asked, self.spent_s = task, 0, 0.0
        self.first: dict[str, int] = {}
        self.flagged: Counter[str] = Counter()
        self.both, self.repeated = 0, 0
        self.met: set[tuple[float, ...]] = set()
        self.monitors = Monitors(salt=bytes(range(16)))
        self.monitors.calibrate("a", task.calibration)

    def ask(self, rows: Any) -> Any:
        """Return confidences, as the model gives them; count what the monitors say."""
        from ringwall.inference.monitors import Confidences, Query

        answers = self.task.model.predict_proba(rows)
        for one, answer in zip(rows, answers, strict=True):
            self.asked += 1
            if row(one) in self.met:
                self.repeated = self.repeated or self.asked
            self.met.add(row(one))
            confidences = Confidences(label=int(answer.argmax()), values=tuple(map(float, answer)))
            now = START + timedelta(minutes=2 * self.asked)
            began = time.process_time()
            kinds = {one.kind for one in self.monitors.see("a", self.task.name, Query(vector=row(one)), confidences, now)}
            self.spent_s += time.process_time() - began
            self.flagged.update(kinds)
            self.both += bool(kinds.intersection(DETECTORS))
            for kind in kinds:
                self.first.setdefault(kind, self.asked)
        return answers

    def finish(self) -> None:
        """All was counted as it came."""

    @property
    def spent(self) -> str:
        """What is spent of the leak budget."""
        use = self.monitors._uses["a", self.task.name]._vectors
        return f"{use._leak.spent if use else 0.0:.2f}"

    def covered(self, count: int) -> Account:
        """Ask honestly for a while, then forget what was flagged: what follows is counted."""
        self.ask(self.task.test[-count:])
        self.asked, self.both, self.repeated = 0, 0, 0
        self.first.clear()
        self.flagged.clear()
        return self


LIVE: Any = None
"""The gateway that everything goes through, with `--live`."""

_CALIBRATED: list[Task] = []


class LiveAccount(Account):
    """The same through the gateway: one call for each query, as fast as they come; what was flagged is read from the audit records."""

    def __init__(self, task: Task) -> None:
        self.task, self.asked, self.spent_s = task, 0, 0.0
        self.first, self.flagged = {}, Counter()
        self.both, self.repeated = 0, 0
        self.met = set()
        self.endpoint = task.name.replace("_", "-")
        LIVE.models[task.name] = task.model
        if not _CALIBRATED or _CALIBRATED[-1] is not task:
            LIVE.calibrate(self.endpoint, task.vectors, task.private_examples, shared_scale=task.name == "digits")
            _CALIBRATED[:] = [task]
        LIVE.forget(self.endpoint)
        self.since = LIVE.newest()

    def ask(self, rows: Any) -> Any:
        import numpy as np

        answers = []
        for one in rows:
            self.asked += 1
            if row(one) in self.met:
                self.repeated = self.repeated or self.asked
            self.met.add(row(one))
            answers.append(LIVE.ask(self.endpoint, row(one)))
        return np.asarray(answers)

    def covered(self, count: int) -> Account:
        self.ask(self.task.test[-count:])
        self.asked, self.repeated = 0, 0
        self.since = LIVE.newest()
        return self

    def finish(self) -> None:
        seen = LIVE.kinds_since(self.since)
        assert len(seen) == self.asked, (len(seen), self.asked)
        for number, kinds in enumerate(seen, 1):
            self.flagged.update(kinds)
            self.both += bool(kinds.intersection(DETECTORS))
            for kind in kinds:
                self.first.setdefault(kind, number)

    @property
    def spent(self) -> str:
        return "not told"  # the budget itself is nobody's to read; the signal says when it is spent


def row(values: Any) -> tuple[float, ...]:
    return tuple(map(float, values))


def benign() -> None:
    print("## Honest queries: share flagged (near-duplicates and close queries together)")
    for name, splits in SPLITS.items():
        if name not in DATA:
            continue
        accounts = []
        for seed in range(splits):
            account = Task(name, seed).account()
            account.ask(account.task.test)
            account.finish()
            accounts.append(account)
        again = Account(Task(name))  # never live; one account that repeats itself, as pollers and retries do
        again.ask(again.task.test[[random.Random(5).randrange(len(again.task.test)) for _ in range(2_500)]])
        again.finish()
        report(name, "each once", accounts)
        report(name, "with repeats", [again])
        of = accounts[0].task.calibration
        scales = [(one.neighbours, one.total) for one in of.scales]
        print(f"   calibrated from {of.vectors} in {accounts[0].task.calibrated_s:.2f} s: quantum {of.shape.quantum}", end=", ")
        print(f"window {of.shape.window}, {of.matches} matches, scales {scales}, silent {list(of.silent)}")


def report(name: str, what: str, accounts: list[Account]) -> None:
    asked, both = sum(one.asked for one in accounts), sum(one.both for one in accounts)
    kinds = sum((one.flagged for one in accounts), Counter())
    cost = sum(one.spent_s for one in accounts) / asked * 1e6
    kept = "kept" if both / asked <= TARGETS[name] else "BROKEN"
    share = f"{both / asked:.2%} (<= {TARGETS[name]:.1%}: {kept})"
    print(f"{name:14s} {what:13s} {asked:5d} queries: {share}  {dict(kinds)}  {cost:.0f} us a query")


def narrow() -> None:
    import numpy as np

    print("## Honest accounts that ask about few classes only: share flagged, of up to 200 queries each, without repeats")
    for name in DATA:
        task = Task(name)
        for count in (1, 2, 3)[: task.classes]:
            wanted = [[(first + each) % task.classes for each in range(count)] for first in range(task.classes)]
            accounts = []
            for index, classes in enumerate(wanted):
                order = np.random.RandomState(index).permutation(np.flatnonzero(np.isin(task.truth, classes)))[:200]
                accounts.append(task.account())
                accounts[-1].ask(task.test[order])
                accounts[-1].finish()
            report(name, f"{count} classes", accounts)


def evasion() -> None:
    print("## Evasion: attacks detected of those tried, median first flagged query, share of queries flagged; jitter in quanta")
    for name, attacks in EVASIONS.items():
        if name not in DATA:
            continue
        task = Task(name)
        for attack in attacks:
            for jitter in (0.0, 0.5):
                times = ATTACKS_EACH * (5 if attack in SHORT and LIVE is None else 1)
                runs = [evade(task, attack, jitter, index) for index in range(times)]
                print_evasion(name, attack, jitter, runs)


def evade(task: Task, attack: str, jitter: float, index: int) -> dict[str, Any]:
    import numpy as np
    from art.estimators.classification import BlackBoxClassifierNeuralNetwork

    account, noise = task.account().covered(COVER[task.name]), np.random.RandomState(index)
    np.random.seed(index)  # noqa: NPY002 - ART draws from the global generator
    width = jitter * task.calibration.shape.quantum

    def predict(batch: Any) -> Any:
        parts = np.asarray(batch, np.float64).reshape(len(batch), -1)[:, :columns]
        if account.asked + len(parts) > QUERIES_MAX:
            raise Enough
        if width:
            parts = np.clip(parts + noise.uniform(-width, width, parts.shape), 0, 1)
        return account.ask(task.low + parts * (task.high - task.low))

    columns = task.test.shape[1]
    shape = IMAGES[task.name] if attack in SHORT else (columns,)
    victim = BlackBoxClassifierNeuralNetwork(predict, shape, task.classes, clip_values=(0.0, 1.0), channels_first=True)
    start = ((task.test[index : index + 1] - task.low) / (task.high - task.low)).astype(np.float32)
    laid_out = np.zeros((1, math.prod(shape)), np.float32)
    laid_out[:, :columns] = start
    try:
        found = make_attack(attack, victim).generate(laid_out.reshape(1, *shape)).reshape(1, -1)[:, :columns]
    except Enough:
        found = start
    account.finish()
    before, after = (task.model.predict(task.low + one * (task.high - task.low))[0] for one in (start, found))
    return {"success": before != after, "asked": account.asked, "first": account.first, "both": account.both, "repeated": account.repeated}


def extraction() -> None:
    import numpy as np

    print("## Extraction, digits: leak budget (0.85) beside the fidelity of a copy that was trained on the same queries")
    task, seeded = Task("digits"), np.random.RandomState(1)
    pool = task.test
    streams = {f"honest, {kind} {index}": honest(task, seeded, kind) for index in range(6) for kind in ("all classes", "three classes")}
    picked = [pool[seeded.choice(len(pool), 700)] for _ in range(2)]
    seeds = [*pool[:100]]
    while len(seeds) < 700:
        seeds.append(np.clip(seeds[seeded.randint(len(seeds))] + 1.6 * np.sign(seeded.randn(64)), 0, 16))
    streams |= {
        "natural": pool[seeded.permutation(len(pool))[:700]],
        "noise": seeded.uniform(0, 16, (700, 64)),
        "mixup": (picked[0] + picked[1]) / 2,
    }
    streams |= {"Jacobian-like steps": np.array(seeds)}
    for name, stream in streams.items():
        account = task.account()
        account.ask(stream)
        print_extraction(name, account, copy_of(task, stream))
    for name in ("CopycatCNN", "KnockoffNets"):
        steal(task, name)


def honest(task: Task, seeded: Any, kind: str) -> Any:
    import numpy as np

    wanted = seeded.choice(10, 10 if kind == "all classes" else 3, replace=False)
    return task.test[seeded.permutation(np.flatnonzero(np.isin(task.truth, wanted)))[:200]]


def copy_of(task: Task, stream: Any) -> float:
    from sklearn.neural_network import MLPClassifier

    copied = MLPClassifier((64,), max_iter=300, random_state=1).fit(stream / 16, task.model.predict(stream))
    return float((copied.predict(task.private / 16) == task.model.predict(task.private)).mean())


def print_extraction(name: str, account: Account, fidelity: float) -> None:
    account.finish()
    others = {
        kind: f"{count / account.asked:.0%} from {account.first[kind]}" for kind, count in account.flagged.items() if kind != "leak-budget"
    }
    at = account.first.get("leak-budget", "-")
    print(
        f"{name:28s} {account.asked:4d} queries: spent {account.spent}, budget reached at {at}; fidelity {fidelity:.2f}; others {others}",
        flush=True,
    )


def steal(task: Task, name: str) -> None:
    import numpy as np
    from art.attacks import extraction as attacks
    from art.estimators.classification import BlackBoxClassifier
    from art.estimators.classification.scikitlearn import ScikitlearnClassifier
    from sklearn.neural_network import MLPClassifier

    class Copy(ScikitlearnClassifier):
        def fit(self, x: Any, y: Any, **_: Any) -> None:
            self.model.fit(x, y.argmax(1) if y.ndim > 1 else y)

    account = task.account()
    np.random.seed(3)  # noqa: NPY002 - as above
    victim = BlackBoxClassifier(
        lambda batch: account.ask(np.asarray(batch).reshape(len(batch), -1) * 16.0), (64,), 10, clip_values=(0.0, 1.0)
    )
    start = MLPClassifier((64,), max_iter=300, random_state=2).fit(task.test[:40] / 16, task.truth[:40])
    options = {"batch_size_fit": 32, "batch_size_query": 32, "nb_epochs": 10, "nb_stolen": 400}
    options |= {"sampling_strategy": "random", "verbose": False} if name == "KnockoffNets" else {}
    pool = (task.test / 16).astype(np.float32)
    stolen = getattr(attacks, name)(victim, **options).extract(pool, thieved_classifier=Copy(start, clip_values=(0.0, 1.0)))
    fidelity = float((stolen.predict(task.private / 16).argmax(1) == task.model.predict(task.private)).mean())
    print_extraction(f"ART {name}", account, fidelity)


def probing() -> None:
    import numpy as np

    print("## Probing of confidences: detected, median first flagged query, of 20 targets each; noise is normal, 2 % of each range")
    for name in TARGETS:
        task = Task(name)
        width, seeded = (task.high - task.low), np.random.RandomState(4)
        loops: dict[str, list[Account]] = {"membership by noise": [], "inversion by climbing": []}
        for target in range(20):
            account = task.account().covered(COVER[name])
            for _ in range(40):
                account.ask(task.test[target : target + 1] + seeded.normal(0, 0.02, (1, len(width))) * width)
            loops["membership by noise"].append(account)
            loops["inversion by climbing"].append(climb(task, target)[0])
        for loop, accounts in loops.items():
            for kind in ("confidence-probing", *DETECTORS):
                firsts = [one.first[kind] for one in accounts if kind in one.first]
                print(f"{name:14s} {loop:22s} {kind:19s} {len(firsts)}/20 at {middle(firsts)}", flush=True)


def climb(task: Task, target: int, response: Any = None) -> tuple[Account, float]:
    """Climb towards a class's confidence, one random step at a time; return how sure the model is in the end.

    `response` softens what the climber sees; where confidences are withheld it climbs by the class alone.
    """
    import numpy as np

    from ringwall.inference.monitors import Confidences

    account, seeded, wanted = task.account().covered(COVER[task.name]), np.random.RandomState(target), target % task.classes
    place, width, best = (task.low + task.high) / 2, task.high - task.low, 0.0
    for _ in range(200):
        tried = place + seeded.normal(0, 0.03, len(width)) * width
        values = tuple(map(float, account.ask(tried[None])[0]))
        label = values.index(max(values))
        given = values if response is None else response.soften(Confidences(label=label, values=values)).values
        sure = given[wanted] if given else float(label == wanted)
        place, best = (tried, sure) if sure >= best else (place, best)
    return account, float(task.model.predict_proba(place[None])[0][wanted])


def softened() -> None:
    from ringwall.inference.monitors import Response

    print("## What softening costs the climber: median confidence reached after 200 queries, of 20 classes tried")
    answers = {
        "as they are": Response(),
        "2 digits": Response(digits=2),
        "1 digit": Response(digits=1),
        "withheld": Response(withhold=True),
    }
    for name in TARGETS:
        task = Task(name)
        for what, response in answers.items():
            print(f"{name:14s} {what:12s} {statistics.median(climb(task, target, response)[1] for target in range(20)):.2f}", flush=True)


def traffic() -> None:
    import monitors_traffic

    monitors_traffic.traffic()


PARTS = {
    "benign": benign,
    "narrow": narrow,
    "evasion": evasion,
    "extraction": extraction,
    "probing": probing,
    "softened": softened,
    "traffic": traffic,
}


def main() -> None:
    global ATTACKS_EACH, QUERIES_MAX
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--data", choices=DATA, help="for benign and evasion: one data set only")
    parser.add_argument("--attack", choices=EVASIONS["digits"], action="append", help="for evasion: these attacks only")
    parser.add_argument("--attacks", type=int, default=ATTACKS_EACH, help="runs of each attack (6)")
    parser.add_argument("--queries", type=int, default=QUERIES_MAX, help="after so many an attack gives up (12,000)")
    parser.add_argument("--live", action="store_true", help="through a live gateway, asked by boto3: benign, evasion, extraction")
    options = parser.parse_args()
    python = PEER / "bin" / "python"
    if options.install and not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        wanted = ["scikit-learn==1.9.1", "adversarial-robustness-toolbox==1.20.1", "packaging", "boto3"]
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", ROOT / "requirements" / "run.in", *wanted], check=True)
    if find_spec("art") is None:
        if not python.exists():
            parser.exit(2, "scikit-learn and ART are not here: --install makes an environment that has them\n")
        os.execv(python, [python, __file__, *(one for one in sys.argv[1:] if one != "--install")])
    sys.path.insert(0, str(ROOT / "src"))
    warnings.filterwarnings("ignore")
    ATTACKS_EACH, QUERIES_MAX = options.attacks, options.queries
    DATA[:] = [options.data] if options.data else DATA
    EVASIONS.update({name: tuple(each for each in all_of if each in (options.attack or all_of)) for name, all_of in EVASIONS.items()})
    if options.live:
        live(options.only or LIVE_PARTS)
        return
    for part in options.only or PARTS:
        PARTS[part]()


LIVE_PARTS = ("benign", "evasion", "extraction")


def live(parts: Sequence[str]) -> None:
    global LIVE  # noqa: PLW0603 - one gateway for the whole run
    from monitors_live import Gateway

    models: dict[str, Any] = dict.fromkeys(SPLITS)
    LIVE = Gateway(models)
    LIVE.models = models
    try:
        for part in parts:
            if part in LIVE_PARTS:
                PARTS[part]()
        LIVE.print_times()
    finally:
        LIVE.close()


if __name__ == "__main__":
    main()
