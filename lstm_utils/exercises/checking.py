"""Running the check of an exercise on what a student wrote, and putting what happens in words.

A chapter's checks are functions in `chapter_N.py`, registered under the exercise's number. A check
raises `Wrong` with words for the student, or returns a sentence for a right answer.
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
import traceback
import warnings
from dataclasses import dataclass

import numpy as np

from lstm_utils.claims import print_anywhere

CHECKS = {}  # number of an exercise → (check, seconds it may take)


class Wrong(Exception):
    """An answer is wrong; the message is for the student."""


class Nothing(Wrong):
    """There is no answer to look at: None where a value belongs."""


class StillOpen(Exception):
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
        mark = {"right": "✓", "wrong": "✗", "open": "… still open:"}[self.state]
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
        raise ValueError(f'write the number of the exercise in quotes: check("{example}", …)')
    chapter = number.split(".")[0]
    module = f"lstm_utils.exercises.chapter_{chapter}"
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ValueError(f"there is no exercise {number}: no chapter {chapter}") from None
    if number not in CHECKS:
        known = [key for key in CHECKS if key.split(".")[0] == chapter]
        raise ValueError(f"there is no exercise {number}; there are {', '.join(sorted(known))}")
    return CHECKS[number]


def check(number=None, *answers, **named):
    """Print whether the answers to an exercise are right, and if not, where to look."""
    line = str(examine(number, *answers, **named))
    print_anywhere(textwrap.fill(line, 88, subsequent_indent=" " * (len(number) + 3)))


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
        raise TypeError(f'exercise {number} is checked by check("{number}", {asked})') from None
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
            f"It was stopped after {seconds} seconds. Is there a loop that never ends?",
        )
    except Wrong as wrong:
        if missing and isinstance(wrong, Nothing):
            return Feedback(number, "open", _no_answer(missing))
        words = str(wrong)
        return Feedback(number, "wrong", words[:1].upper() + words[1:])
    except Exception as error:  # the check can't work with what it was given
        if missing:
            return Feedback(number, "open", _no_answer(missing))
        return Feedback(
            number,
            "wrong",
            "The check cannot work with this answer: is it of the kind that the exercise asks "
            f"for? ({_in_words(error)})",
        )
    if missing:
        return Feedback(number, "open", _no_answer(missing))
    return Feedback(number, "right", praise or "Right.")


def _no_answer(names):
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"no answer yet for {listed}."


@contextlib.contextmanager
def _time_limit(seconds):
    """Stop what runs in here after some seconds; only the main thread can be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "SIGALRM"):
        with _alarm(seconds):
            yield
    else:
        with _interrupt(seconds):
            yield


@contextlib.contextmanager
def _alarm(seconds):
    def stop(*_):
        raise _TooSlow

    handler = signal.signal(signal.SIGALRM, stop)
    pending = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *pending)


@contextlib.contextmanager
def _interrupt(seconds):
    """The same on Windows, which has no alarm: what Ctrl-C does, from a thread that waits."""
    late = threading.Event()

    def interrupt():
        late.set()
        signal.raise_signal(signal.SIGINT)  # Python handles it in the main thread

    def stop(*_):
        raise _TooSlow if late.is_set() else KeyboardInterrupt

    handler = signal.signal(signal.SIGINT, stop)
    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, handler)


# Running what a student wrote ------------------------------------------------


def call(function, *arguments, in_place=False, **named):
    """Run a student's function and return its result; what goes wrong in it becomes words.

    Arrays among the arguments must be the same afterwards, unless `in_place` is true.
    """
    if not callable(function):
        raise Wrong(
            f"A function is asked for, and this is {type_in_words(function)}. "
            "Hand over the function's name, without brackets behind it."
        )
    before = copy.deepcopy(list(_arrays((arguments, named))))
    try:
        with contextlib.redirect_stdout(sys.stdout):  # where it is afterwards too
            result = function(*arguments, **named)
    except NotImplementedError:
        raise StillOpen(f"{_name(function)} has no code yet.") from None
    except (Wrong, StillOpen):
        raise
    except SystemExit:
        raise Wrong(f"{_name(function)} ends the program: take exit() or quit() out.") from None
    except Exception as error:
        raise Wrong(_complaint(function, error)) from None
    if result is ...:
        raise StillOpen(f"{_name(function)} has no code yet.")
    after = list(_arrays((arguments, named)))
    if not in_place and not all(map(_unchanged, before, after)):
        raise Wrong(
            f"{_name(function)} changes an array that it is given: whoever called it still needs "
            "the old values. Look for +=, *= or an assignment to a part of an argument."
        )
    return result


def _name(function):
    name = getattr(function, "__name__", None) or type(function).__name__
    return "your function" if name == "<lambda>" else f"`{name}`"


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
    words = f"{_name(function)} raises {_in_words(error).rstrip('.')}."
    if isinstance(error, RecursionError):
        words = f"{_name(function)} calls itself without end (RecursionError)."
    steps = traceback.extract_tb(error.__traceback__)[1:]  # the first is the call itself
    if not steps:
        return f"{words} Compare its parameters with those of the exercise."
    file = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_filename", None)
    # Cells of a notebook are files of their own, so helpers of the student count as well.
    own = [step for step in steps if step.filename == file or "ipykernel" in step.filename]
    return f"{words} It happens in the line `{own[-1].line}`." if own and own[-1].line else words


def type_in_words(value):
    """Return the type of a value with its article, such as "an ndarray"."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
