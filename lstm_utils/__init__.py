"""The code that the chapters of *Learning to Forget* share: cells, gradients, data and figures."""

__version__ = "0.1.0"
