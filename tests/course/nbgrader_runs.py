"""Running nbgrader in the tests, and reading the settings that the course gives it."""

import contextlib
import os
import runpy
import sys
from pathlib import Path
from unittest import mock

from traitlets.config import Config

from tools.course import assignments


def nbgrader(folder, *arguments):
    """Run an nbgrader command in a folder; in this process, which spares its long start."""
    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp

    app = NbGraderApp.instance()
    # It calls its own helper, alembic, by name: as in an environment that is activated.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # It sets up logging anew, which closes the streams of handlers that others have: absl's, where
    # a test before has imported TensorFlow, writes into what pytest captures.
    logging_stays = mock.patch("logging.shutdown")
    with contextlib.chdir(folder), mock.patch.dict(os.environ, PATH=path), logging_stays:
        try:
            app.initialize(list(arguments))
            app.start()
        except NoStart:  # the subcommand has run
            pass
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"nbgrader {' '.join(arguments)}") from end
        finally:
            app.reset()


def names_in(settings):
    """Return what a file of settings defines, such as "nbgrader_collect.py"."""
    path = Path(assignments.__file__).with_name(settings)
    return runpy.run_path(str(path), {"get_config": Config})
