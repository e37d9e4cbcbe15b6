"""Exercises that check themselves: `check("4.3", forget)` says what is right and what is not.

`progress(4)` tells which exercises of a chapter are solved in this session and which are left.

`chapter_4.py` checks the exercises of chapter 4; the wrong answers that it is tried on lie in the
repository under course/wrong_answers.
"""

from lstm_utils.exercises.checking import Feedback, check, examine, grade, progress

__all__ = ["Feedback", "check", "examine", "grade", "progress"]
