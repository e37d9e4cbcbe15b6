"""Several processes load the corpora for the first time at once; some are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lstm_utils import downloads
from tests.servers import serving

# Loads both corpora, and says what came; the loader's addresses lead to the test's server.
PROGRAM = """
import json, sys
from lstm_utils import corpora, downloads

url, sha256 = sys.argv[1], json.loads(sys.argv[2])
corpora.NSMC_URL, corpora.KAGGLE_URL = url, f"{url}/kaggle"
corpora.SHA256.update(sha256)
downloads.CONNECT_SECONDS = downloads.STALL_SECONDS = 60
reviews, headlines = corpora.load_nsmc(), corpora.load_headlines()
print(json.dumps([reviews.source, headlines.source, reviews.reason or headlines.reason,
                  len(reviews.texts), len(headlines.texts)]))
"""
WHOLE = ["download", "download", "", 5000, 5000]


@pytest.fixture
def loaders(tmp_path):
    """Start so many processes that load; they share one cache, the server's `cache`."""
    with serving() as server:
        server.cache = tmp_path / "cache"
        environment = os.environ | {"LSTM_BOOK_CACHE": str(server.cache), "no_proxy": "127.0.0.1"}
        environment.pop("LSTM_BOOK_DATA", None)
        command = [sys.executable, "-c", PROGRAM, server.url, json.dumps(server.sha256)]
        started = []

        def start(number):
            for _ in range(number):
                started.append(
                    subprocess.Popen(
                        command,
                        stdout=subprocess.PIPE,
                        env=environment,
                        cwd=Path(__file__).parents[2],
                    )
                )
            return server, started[-number:]

        yield start
        for process in started:
            process.kill()
            process.wait()
            process.stdout.close()


def answers(processes):
    return [json.loads(process.communicate()[0]) for process in processes]


def left(server):
    return sorted(path.name for path in server.cache.rglob("*"))


def test_ten_processes_that_load_at_once_all_get_the_corpus_and_one_downloads(loaders):
    server, processes = loaders(10)
    assert answers(processes) == [WHOLE] * 10
    assert len(server.calls) == 3  # the reviews; the headlines and where Kaggle redirects to
    assert left(server) == ["ArticlesApril2018.csv", "ratings_train.txt"]


def test_what_a_killed_process_left_goes_when_another_loads(loaders):
    server, (killed,) = loaders(1)
    server.fault = "stall"
    assert server.asked.wait(60)
    killed.kill()
    killed.wait()
    assert any(name.startswith(downloads.OURS) for name in left(server))
    server.fault = None
    server.end.set()
    assert answers(loaders(1)[1]) == [WHOLE]
    assert left(server) == ["ArticlesApril2018.csv", "ratings_train.txt"]


def test_who_waits_for_a_process_that_is_killed_downloads_in_its_place(loaders):
    server, (killed,) = loaders(1)
    server.answers.clear()
    assert server.asked.wait(60)
    _, waiting = loaders(3)
    killed.kill()
    server.answers.set()
    assert answers(waiting) == [WHOLE] * 3
    assert left(server) == ["ArticlesApril2018.csv", "ratings_train.txt"]
