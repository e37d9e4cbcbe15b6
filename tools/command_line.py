"""How every program of the repository begins and ends: as the package's own, which can't see us."""

from lstm_utils.command_line import in_a_line, name, parser, path, run

__all__ = ["in_a_line", "name", "parser", "path", "run"]
