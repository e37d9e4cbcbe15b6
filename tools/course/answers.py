"""What students answer: the names with which course/wrong_answers/chapter_N.py puts it down."""

from dataclasses import dataclass

ANSWERS = {}  # number of an exercise → its answers, in order


@dataclass(frozen=True, eq=False)
class Answer:
    """What a student may hand in, and a part of what the check says; None where it is right."""

    answers: tuple
    named: dict
    mistake: str
    says: str | None


def wrong(number, *rest, says, named=None):
    """Put down a typical wrong answer: what it is, the mistake in words, what the check says.

    `wrong("4.1", 0.99, "the mistake", says="…")`, a tuple for several answers; or as the decorator
    of a function, `@wrong("4.3", "the mistake", says="…")`.
    """
    *answer, mistake = rest
    return _put_down(number, answer, named, mistake, says)


def right(number, *answer, named=None):
    """Put down an answer that is right, written otherwise than the solution; also a decorator."""
    return _put_down(number, answer, named, "", None)


def _put_down(number, answer, named, mistake, says):
    def put_down(answer):
        answers = answer if isinstance(answer, tuple) else (answer,)
        ANSWERS.setdefault(number, []).append(Answer(answers, named or {}, mistake, says))
        return answer

    return put_down(*answer) if answer else put_down
