"""Settings that all tests share."""

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")
# Shared machines pause for seconds at a time: a deadline would test the machine.
settings.register_profile("book", deadline=None, max_examples=30, derandomize=True)
settings.load_profile("book")
