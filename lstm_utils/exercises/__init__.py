"""Exercises that check themselves: `check("4.3", forget)` says what is right and what is not."""

from lstm_utils.exercises.checking import Feedback, check, examine, grade

__all__ = ["Feedback", "check", "examine", "grade"]
