"""The settings of an nbgrader course; assignments.py puts a copy of this file beside source/.

What differs from nbgrader's own settings: the stubs, what happens when an answer never ends or
takes the kernel down with it, and marks for late work.
"""

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import ClearSolutions, Execute

c = get_config()  # noqa: F821, nbgrader defines it

c.CourseDirectory.course_id = "learning-to-forget"
# The folder that instructor and students share; nbgrader's guide and ours say who may write where.
c.Exchange.root = "/usr/local/share/nbgrader/exchange"

# A cell that runs longer is interrupted, and the next one begins. The checks stop an endless answer
# after 10 seconds, or 20, by themselves.
c.Execute.timeout = 120
# A warning printed beside a right answer would cost all its points.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "."
# A student who has deleted a test cell gets it back.
c.OverwriteCells.add_missing_cells = True

load_subconfig("nbgrader_collect.py")  # noqa: F821, nbgrader defines it
load_subconfig("nbgrader_repair.py")  # noqa: F821

DAILY_PENALTY, LARGEST_PENALTY = 0.1, 0.5  # parts of the points


class ClearToStub(ClearSolutions):
    """Put the exercise's own stub in place of the solution: in "catch the bug" it is a program."""

    def preprocess_cell(self, cell, resources, index):
        stub = cell.metadata.pop("stub", None)
        if stub is None:
            return super().preprocess_cell(cell, resources, index)
        cell.source = stub
        return cell, resources


class ExecuteToTheEnd(Execute):
    """Go on after a cell that nothing could stop, or that took the kernel down with it.

    nbgrader gives up such a submission with all its marks. An exercise needs the set-up cell only,
    so a new kernel that has run it can go on with the next cell.
    """

    def preprocess_cell(self, cell, resources, index):
        try:
            return super().preprocess_cell(cell, resources, index)
        except (DeadKernelError, CellTimeoutError) as error:
            name = type(error).__name__
            self.log.error("%s in cell %d: starting a new kernel", name, index)
            cell.outputs.append(
                NotebookNode(output_type="error", ename=name, evalue="", traceback=[name])
            )
            self._start_again()
            return cell, resources

    def _start_again(self):
        graceful, self.shutdown_kernel = self.shutdown_kernel, "immediate"
        self._cleanup_kernel()
        self.shutdown_kernel = graceful
        self.km = self.create_kernel_manager()
        self.start_new_kernel()
        self.start_new_kernel_client()
        for index, cell in enumerate(self.nb.cells):
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "set-up":
                self.execute_cell(cell, index, store_history=True)


class LatePenalty(LateSubmissionPlugin):
    """Take a part of the points for each day begun after the due date, up to a limit."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        days = -(-total_seconds_late // 86_400)
        return score * min(DAILY_PENALTY * days, LARGEST_PENALTY)


def exchanged(converter, trait, old, new):
    """Return a converter's own list of preprocessors with one of them replaced."""
    standard = getattr(converter, trait).default()
    return [new if preprocessor is old else preprocessor for preprocessor in standard]


c.GenerateAssignment.preprocessors = exchanged(
    GenerateAssignment, "preprocessors", ClearSolutions, ClearToStub
)
c.Autograde.autograde_preprocessors = exchanged(
    Autograde, "autograde_preprocessors", Execute, ExecuteToTheEnd
)
c.AssignLatePenalties.plugin_class = LatePenalty
