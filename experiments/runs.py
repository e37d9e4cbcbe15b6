"""One run of an experiment: recipe, checkpoints that survive a kill, record, command line."""

import contextlib
import hashlib
import json
import os
import platform
import re
import sys
import time
from dataclasses import dataclass, fields, replace
from importlib import metadata
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes
from tqdm import tqdm

from lstm_utils import command_line
from lstm_utils.records import read_record

HERE = Path(__file__).resolve().parent
NO_RUN = 2  # the exit status where no run was asked for
MODULES = {  # distribution: the module by which a process shows that it uses it
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-learn": "sklearn",
    "tokenizers": "tokenizers",
    "kiwipiepy": "kiwipiepy",
    "torch": "torch",
    "tensorflow-cpu": "tensorflow",
    "tensorflow": "tensorflow",
    "keras": "keras",
}


def settings(recipe):
    """A recipe's fields by name; an optional one (its default is None) is left out while None."""
    return {
        field.name: value
        for field in fields(recipe)
        if (value := getattr(recipe, field.name)) is not None or field.default is not None
    }


def smaller(recipe, **small):
    """The recipe with these settings, as far as it has them: a rehearsal that takes a second."""
    names = {field.name for field in fields(recipe)}
    return replace(recipe, **{name: value for name, value in small.items() if name in names})


@dataclass(frozen=True)
class Run:
    """What is asked for: all that decides a result."""

    experiment: str
    name: str  # letters, digits, dots and hyphens
    seed: int
    recipe: object  # a dataclass, as JSON can hold it; another recipe is another run

    def __post_init__(self):
        if not re.fullmatch(r"[\w.-]+", self.name):
            raise ValueError(f"a run's name becomes a file name; got {self.name!r}")

    def __str__(self):
        return f"{self.name}-seed{self.seed}"

    def record_path(self, results):
        """Where the run's record lies below the folder `results`."""
        return Path(results) / self.experiment / f"{self}.json"

    @property
    def recipe_json(self):
        """The recipe as a record holds it: a dict."""
        return json.loads(json.dumps(self.recipe, default=settings))

    @property
    def recipe_sha256(self):
        """The recipe's digest, 64 hexadecimal digits."""
        text = json.dumps(self.recipe, sort_keys=True, default=settings)
        return hashlib.sha256(text.encode()).hexdigest()

    def checkpoint_path(self, checkpoints):
        """Where its checkpoints lie; another recipe has another file."""
        folder = Path(checkpoints) / self.experiment
        return folder / f"{self}-{self.recipe_sha256[:8]}.safetensors"

    def finished(self, results):
        """The record if there is one with this very recipe, else None."""
        path = self.record_path(results)
        if not path.exists():
            return None
        record = read_record(path, "seconds")
        return record if record.get("recipe") == self.recipe_json else None


def sha256(path):
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_record(source, *paths):
    """Where data came from and what it was: ``{"source": …, "sha256": {file name: digest}}``."""
    return {"source": source, "sha256": {Path(path).name: sha256(path) for path in paths}}


def processor():
    """The processor's name, as the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions():
    """Versions of Python and of those libraries that this process has loaded."""
    found = {"python": platform.python_version()}
    for library, module in MODULES.items():
        if module in sys.modules:
            with contextlib.suppress(metadata.PackageNotFoundError):
                found[library] = metadata.version(library)
    return found


def peak_memory_mb():
    """The process's largest resident memory since the run began, in MiB."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    import resource  # which Windows lacks

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "linux" else peak / 1024**2


def write_atomically(path, content):
    """Write bytes so that a reader finds the old file or the whole new one, whatever is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(beside, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def write_record(record, path):
    """Store a record as JSON: keys sorted, so that a difference between two runs reads well."""
    text = json.dumps(record, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(Path(path), (text + "\n").encode())


class Progress:
    """The life of one run, over as many processes as it takes.

    ``with Progress(run, checkpoints) as progress:`` starts the clock. `load` gives what an earlier,
    killed process left; `save` leaves a checkpoint; `record` closes the account. The clock counts
    the work that led to the result: what a kill destroyed is not in it.
    """

    def __init__(self, run, checkpoints):
        self.run, self.path = run, run.checkpoint_path(checkpoints)
        self.restarts, self._before, self._saved, self._bar = 0, 0.0, 0.0, None

    def __enter__(self):
        with contextlib.suppress(OSError):  # peak memory anew: or a run inherits the last one's
            Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception):
        if self._bar is not None:
            self._bar.close()

    @property
    def seconds(self):
        """Seconds of work up to now, over all restarts."""
        return self._before + time.perf_counter() - self._start

    def due(self, every):
        """Whether so many seconds have gone by since the last checkpoint, or since the start."""
        return self.seconds - self._saved > every

    def bar(self, total, done=0, unit="step"):
        """A tqdm bar with the time left, for the steps of this run; silent in a log file."""
        self._bar = tqdm(
            total=total, initial=done, desc=str(self.run), unit=unit, leave=False, disable=None
        )
        return self._bar

    def load(self):
        """The last checkpoint: ``(arrays, meta)``, or None at the first start.

        Raises ValueError, which names the file, if that is no checkpoint.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "numpy") as file:
                account = json.loads(file.metadata()["run"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(
                f"{self.path} is no checkpoint of {self.run} ({error}); delete it to start anew"
            ) from error
        self._before, self.restarts = account["seconds"], account["restarts"] + 1
        self._start, self._saved = time.perf_counter(), self._before
        return arrays, account["meta"]

    def save(self, arrays, meta=None):
        """Leave a checkpoint: arrays by name, and whatever JSON can hold beside them."""
        account = {"seconds": self.seconds, "restarts": self.restarts, "meta": meta or {}}
        arrays = {name: np.array(array, order="C") for name, array in arrays.items()}
        write_atomically(self.path, to_bytes(arrays, {"run": json.dumps(account)}))
        self._saved = self.seconds

    def record(self, *, data, sizes, metrics, **more):
        """The run's record: `more` holds what does not fit elsewhere, such as curves."""
        counted = hasattr(os, "sched_getaffinity")  # not on macOS
        return {
            "experiment": self.run.experiment,
            "name": self.run.name,
            "seed": self.run.seed,
            "recipe": self.run.recipe_json,
            "data": data,
            "sizes": sizes,
            "metrics": metrics,
            "seconds": round(self.seconds, 2),
            "restarts": self.restarts,
            "peak_memory_mb": round(peak_memory_mb(), 1),
            "versions": versions(),
            "processor": processor(),
            "cores": len(os.sched_getaffinity(0)) if counted else os.cpu_count(),
            **more,
        }


@contextlib.contextmanager
def _claim(run, checkpoints, wait):
    """True while this process alone works on the run; two programs can share one list of runs."""
    path = run.checkpoint_path(checkpoints).with_suffix(".lock")
    try:
        held = FileLock(path).acquire(blocking=False)
    except Timeout:
        if not wait:
            yield False
            return
        tqdm.write(f"{run}: another process is at it; waiting")
        held = FileLock(path).acquire()
    with held:
        yield True


def make(run, execute, options, leaves=None, wait=True):
    """Make a run and write its record, unless that is there: the only way to a record.

    ``execute(run, options)``, with the command line's options, returns the record. Without the file
    `leaves`, if any, the run is to be made too. Returns the record, whoever made it; where another
    process is at the run, waits for it, or returns None if not `wait`.
    """
    with _claim(run, options.checkpoints, wait) as mine:
        if not mine:
            return None
        record = run.finished(options.results)
        if record is None or (leaves and not leaves.exists()):
            record = execute(run, options)
            write_record(record, run.record_path(options.results))
            run.checkpoint_path(options.checkpoints).unlink(missing_ok=True)
            tqdm.write(f"{run}: {duration(record['seconds'])}")
        return record


def duration(seconds):
    """``4000`` → ``"1 h 07 min"``; ``90`` → ``"2 min"``; ``8`` → ``"8 s"``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def parser_of(description, add_arguments=None):
    """The parser that all programs share; `add_arguments(parser)` adds a program's own."""
    parser = command_line.parser(
        description,
        epilog="Makes the runs that have no record. A killed program goes on from its last "
        "checkpoint when it is started again (without --again, which would begin anew).",
    )
    parser.add_argument("--list", action="store_true", help="name the runs and what they took")
    parser.add_argument("--only", metavar="REGEX", default="", help="runs whose name matches")
    parser.add_argument("--seeds", type=int, nargs="+", help="runs with these seeds")
    parser.add_argument("--again", action="store_true", help="delete their records first")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: a rehearsal, no result")
    for name in ("results", "checkpoints"):
        told = {"default": HERE / name, "metavar": "DIR", "help": f"folder of {name}"}
        parser.add_argument(f"--{name}", type=command_line.path, **told)
    if add_arguments:
        add_arguments(parser)
    return parser


def main(experiment, runs, execute, description, add_arguments=None, argv=None):
    """Run a program's command line: its runs, a list or ``runs(options)``, by `make`.

    Returns the exit status: 0, or NO_RUN when no run was asked for.
    """
    parser = parser_of(description, add_arguments)
    options = parser.parse_args(argv)
    if options.quick and options.results == HERE / "results":
        parser.error("a rehearsal is no result: --quick needs a --results folder of its own")
    try:
        pattern = re.compile(options.only)
    except re.error as error:
        parser.error(f"--only {options.only!r} is no regular expression: {error}")
    chosen = [
        run
        for run in (runs(options) if callable(runs) else runs)
        if pattern.search(run.name) and (not options.seeds or run.seed in options.seeds)
    ]
    if not chosen:
        print("no run has such a name and seed; --list shows all", file=sys.stderr)
        return NO_RUN
    if options.list:
        total = 0.0
        for run in chosen:
            record = run.finished(options.results)
            total += record["seconds"] if record else 0
            print(f"{duration(record['seconds']) if record else 'to do':>10}  {run}")
        print(f"{duration(total):>10}  together, of {len(chosen)} runs")
        return 0
    for run in chosen if options.again else ():
        run.record_path(options.results).unlink(missing_ok=True)
    for run in tqdm(chosen, desc=experiment, unit="run", disable=None):
        make(run, execute, options, wait=False)
    return 0
