"""What the tests of the course share: all its files, written once."""

import pytest

from tools.course import handouts


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    handouts.write(folder)
    return folder
