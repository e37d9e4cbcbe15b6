"""Running the check of an exercise on what a student wrote, and putting what happens in words.

A chapter's checks are functions in `chapter_N.py`, registered under the exercise's number. A check
raises `Wrong` with words for the student, or returns a sentence for a right answer. All words are
in the student's language: `Wrong` and its like look up their own, others stand in `_(…)`.
"""

import contextlib
import copy
import importlib
import inspect
import itertools
import signal
import sys
import textwrap
import threading
import time
import traceback
import unicodedata
import warnings
from dataclasses import dataclass

import numpy as np

from lstm_utils.claims import print_anywhere
from lstm_utils.messages import language
from lstm_utils.messages import translate as _

CHECKS = {}  # number of an exercise → (check, seconds of the processor's time it may take)
PATIENCE = 12  # times as long by the clock: for an answer that waits, or under other programs' load

_said = {}  # number of an exercise → the state that its last check in this session found


class _InWords(Exception):
    """A message for the student, put into their language with values for its `{names}`."""

    def __init__(self, message, /, **values):
        super().__init__(_(message, **values))


class Wrong(_InWords):
    """An answer is wrong; the message says what is wrong with it and where to look."""


class Nothing(Wrong):
    """There is no answer to look at: None where a value belongs."""


class StillOpen(_InWords):
    """The exercise isn't done yet; the message names what is missing."""


class _TooSlow(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


@dataclass(frozen=True)
class Feedback:
    """What a check says: the state is "right", "wrong" or "open"."""

    number: str
    state: str
    message: str

    def __str__(self):
        mark = {"right": "✓", "wrong": "✗", "open": _("… still open:")}[self.state]
        return f"{self.number} {mark} {self.message}"


def exercise(number, seconds=10):
    """Register the decorated function as the check of an exercise such as "4.3"."""

    def register(function):
        CHECKS[number] = (function, seconds)
        return function

    return register


def check_of(number):
    """Return the check of an exercise and its time limit; the chapter's module is loaded here.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    if not isinstance(number, str):
        example = f"{number:g}" if isinstance(number, float) else "4.3"
        raise ValueError(
            _('write the number of the exercise in quotes: check("{example}", …)', example=example)
        )
    chapter = number.split(".")[0]
    known = numbers_of(chapter)
    if not known:
        raise ValueError(
            _("there is no exercise {number}: no chapter {chapter}", number=number, chapter=chapter)
        )
    if number not in known:
        raise ValueError(
            _(
                "there is no exercise {number}; there are {known}",
                number=number,
                known=", ".join(known),
            )
        )
    return CHECKS[number]


def numbers_of(chapter):
    """The numbers of a chapter's exercises, in order; an empty list if it has none."""
    module = f"lstm_utils.exercises.chapter_{chapter}"
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return []
    own = [number for number in CHECKS if number.split(".")[0] == str(chapter)]
    return sorted(own, key=lambda number: int(number.split(".")[1]))


def check(number=None, *answers, **named):
    """Print whether the answers to an exercise are right, and if not, where to look."""
    feedback = examine(number, *answers, **named)
    _said.pop(number, None)  # the last one checked stands last
    _said[number] = feedback.state
    print_anywhere(_in_lines(str(feedback), " " * (len(number) + 3)))


def progress(chapter=None):
    """Print which exercises of a chapter `check` found solved in this session, and which are left.

    Without a chapter's number: of the chapter that was checked last.

    Raises
    ------
    ValueError
        If the chapter has no exercises, or none is named and nothing has been checked.
    """
    if chapter is None:
        if not _said:
            raise ValueError(_("nothing has been checked yet: name a chapter, as in progress(4)"))
        chapter = list(_said)[-1].split(".")[0]
    numbers = numbers_of(chapter)
    if not numbers:
        raise ValueError(_("there is no chapter {chapter} with exercises", chapter=chapter))
    parts = {"right": _("solved"), "wrong": _("wrong so far"), "open": _("open")}
    lists = {state: [n for n in numbers if _said.get(n, "open") == state] for state in parts}
    line = _(
        "chapter {chapter}: {solved} of {count} solved",
        chapter=chapter,
        solved=len(lists["right"]),
        count=len(numbers),
    )
    told = [f"{parts[state]}: {', '.join(found)}" for state, found in lists.items() if found]
    print_anywhere(_in_lines("; ".join([line, *told]) + ".", "  "))


def _in_lines(text, indent):
    """Break a text into lines of 88 columns, of which each letter of a Korean text takes two."""
    if language() == "ko":  # an English text that quotes a word or two keeps its lines
        text = "".join(c + "\0" * (unicodedata.east_asian_width(c) in "WF") for c in text)
    return textwrap.fill(text, 88, subsequent_indent=indent).replace("\0", "")


def grade(number, *answers, **named):
    """Raise AssertionError with what the check says, unless the answers are right."""
    feedback = examine(number, *answers, **named)
    if feedback.state != "right":
        raise AssertionError(str(feedback))


def examine(number, *answers, **named):
    """Return what the check of an exercise says of the answers, as Feedback.

    Raises
    ------
    ValueError
        If there is no such exercise.
    TypeError
        If the number of answers isn't the one that the exercise asks for.
    """
    function, seconds = check_of(number)
    try:
        given = inspect.signature(function).bind(*answers, **named).arguments
    except TypeError:
        asked = ", ".join(inspect.signature(function).parameters)
        raise TypeError(
            _(
                'exercise {number} is checked by check("{number}", {asked})',
                number=number,
                asked=asked,
            )
        ) from None
    missing = [name for name, answer in given.items() if answer is None or answer is ...]
    if given and len(missing) == len(given):
        return Feedback(number, "open", _no_answer(missing))
    try:
        with _time_limit(seconds), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            praise = function(*answers, **named)
    except StillOpen as still:
        return Feedback(number, "open", str(still))
    except _TooSlow:
        return Feedback(
            number,
            "wrong",
            _(
                "It was stopped after {seconds} seconds of work. Is there a loop that never ends?",
                seconds=seconds,
            ),
        )
    except Wrong as wrong:
        if missing and isinstance(wrong, Nothing):
            return Feedback(number, "open", _no_answer(missing))
        return Feedback(number, "wrong", as_sentence(str(wrong)))
    except Exception as error:  # the check can't work with what it was given
        if missing:
            return Feedback(number, "open", _no_answer(missing))
        return Feedback(
            number,
            "wrong",
            _(
                "The check cannot work with this answer: is it of the kind that the exercise asks "
                "for? ({error})",
                error=_in_words(error),
            ),
        )
    if missing:
        return Feedback(number, "open", _no_answer(missing))
    return Feedback(number, "right", praise or _("Right."))


def _no_answer(names):
    listed = _(" and ").join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return _("no answer yet for {names}.", names=listed)


def as_sentence(words):
    """The words with a capital letter first; Korean has none, and there an `h` stays an `h`."""
    return words if language() == "ko" else words[:1].upper() + words[1:]


class _Clock:
    """Seconds of this thread's processor time, or `PATIENCE` times as many by the clock."""

    def __init__(self, seconds):
        self.seconds, self.work, self.start = seconds, time.thread_time(), time.monotonic()

    @property
    def left(self):
        """Seconds until one of the two can be over; 0 when one is."""
        work = self.seconds - (time.thread_time() - self.work)
        wait = PATIENCE * self.seconds - (time.monotonic() - self.start)
        return max(0.0, min(work, wait))


@contextlib.contextmanager
def _time_limit(seconds):
    """Stop what works in here for some seconds; only the main thread can be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "SIGALRM"):
        with _alarm(_Clock(seconds)):
            yield
    else:
        with _interrupt(_Clock(seconds)):
            yield


@contextlib.contextmanager
def _alarm(clock):
    def stop(*signal_and_frame):
        if not clock.left:
            raise _TooSlow
        signal.setitimer(signal.ITIMER_REAL, clock.left + 0.01)

    handler = signal.signal(signal.SIGALRM, stop)
    pending = signal.setitimer(signal.ITIMER_REAL, clock.seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *pending)


@contextlib.contextmanager
def _interrupt(clock):
    """The same on Windows, which has no alarm: what Ctrl-C does, from a thread that waits."""
    late, timers = threading.Event(), []

    def interrupt():
        late.set()
        signal.raise_signal(signal.SIGINT)  # Python handles it in the main thread

    def wait(seconds):
        timers[:] = [threading.Timer(seconds, interrupt)]
        timers[0].daemon = True
        timers[0].start()

    def stop(*signal_and_frame):
        if not late.is_set():
            raise KeyboardInterrupt
        if not clock.left:
            raise _TooSlow
        late.clear()
        wait(clock.left + 0.01)

    handler = signal.signal(signal.SIGINT, stop)
    wait(clock.seconds)
    try:
        yield
    finally:
        timers[0].cancel()
        signal.signal(signal.SIGINT, handler)


# Running what a student wrote ------------------------------------------------


def call(function, *arguments, in_place=False, **named):
    """Run a student's function and return its result; what goes wrong in it becomes words.

    Arrays among the arguments must be the same afterwards, unless `in_place` is true.
    """
    if not callable(function):
        raise Wrong(
            "A function is asked for, and this is {kind}. "
            "Hand over the function's name, without brackets behind it.",
            kind=type_in_words(function),
        )
    before = copy.deepcopy(list(_arrays((arguments, named))))
    try:
        with contextlib.redirect_stdout(sys.stdout):  # where it is afterwards too
            result = function(*arguments, **named)
    except NotImplementedError:
        raise StillOpen("{function} has no code yet.", function=_name(function)) from None
    except (Wrong, StillOpen):
        raise
    except SystemExit:
        raise Wrong(
            "{function} ends the program: take exit() or quit() out.", function=_name(function)
        ) from None
    except Exception as error:
        raise Wrong(_complaint(function, error)) from None
    if result is ...:
        raise StillOpen("{function} has no code yet.", function=_name(function))
    after = list(_arrays((arguments, named)))
    if not in_place and not all(map(_unchanged, before, after)):
        raise Wrong(
            "{function} changes an array that it is given: whoever called it still needs the old "
            "values. Look for +=, *= or an assignment to a part of an argument.",
            function=_name(function),
        )
    return result


def _name(function):
    name = getattr(function, "__name__", None) or type(function).__name__
    return _("your function") if name == "<lambda>" else f"`{name}`"


def _arrays(value):
    """Yield the NumPy arrays in nested tuples, lists and dictionaries."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        yield from itertools.chain.from_iterable(map(_arrays, value.values()))
    elif isinstance(value, (list, tuple)):
        yield from itertools.chain.from_iterable(map(_arrays, value))


def _unchanged(a, b):
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _in_words(error):
    """Return the type of an exception and the first line of its message, if that isn't long."""
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _complaint(function, error):
    """Say which exception a student's function raised, and in which of its lines."""
    name = _name(function)
    if isinstance(error, RecursionError):
        words = _("{function} calls itself without end (RecursionError).", function=name)
    else:
        words = _("{function} raises {error}.", function=name, error=_in_words(error).rstrip("."))
    steps = traceback.extract_tb(error.__traceback__)[1:]  # the first is the call itself
    file = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_filename", None)
    # Cells of a notebook are files of their own, so helpers of the student count as well.
    own = [step for step in steps if step.filename == file or "ipykernel" in step.filename]
    if not steps:
        return words + " " + _("Compare its parameters with those of the exercise.")
    if own and own[-1].line:
        return words + " " + _("It happens in the line `{line}`.", line=own[-1].line)
    return words


def type_in_words(value):
    """Return the type of a value with its article where there is one, such as "an ndarray"."""
    name = type(value).__name__
    return _("an {type}", type=name) if name[0] in "aeiou" else _("a {type}", type=name)
