# Each target is a few lines that a person could type. `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Two files at a time, one thread each: a notebook's cells have to stay together.
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
# Not `npm ci`, which stumbles over a lock file without addresses.
NPM_INSTALL := npm install --prefix tools --omit-lockfile-registry-resolved --no-audit --no-fund --silent
CHAPTERS := $(sort $(wildcard chapters/0*.ipynb chapters/reference/*.ipynb))

# The notebooks run in their own folders, so a folder of corpora is named from the root.
ifneq ($(filter-out sample,$(LSTM_BOOK_DATA)),)
override LSTM_BOOK_DATA := $(abspath $(LSTM_BOOK_DATA))
export LSTM_BOOK_DATA
endif

.PHONY: help book course report pdf serve test check samples lint bench experiments summary notebooks hub colab marks clean
.DEFAULT_GOAL := help

help:
	@echo "make book         build the site into _build/html"
	@echo "make course       the site with notebooks for a class, slides and assignments (needs Node)"
	@echo "make pdf          print the whole book into _build/pdf (needs Chromium)"
	@echo "make serve        open it on http://localhost:$(PORT) (PORT=… for another)"
	@echo "make test         verify the book: every notebook executed again, the package, the exercises"
	@echo "                  (TESTS=chapters/04_gate_mechanics.ipynb for one page)"
	@echo "make check        verify the rest: site, slides, course, experiments (needs Chromium and Node)"
	@echo "make lint         ruff and codespell"
	@echo "make samples      execute chapters 6 to 8 on the samples in the package"
	@echo "make bench        time the NumPy LSTM beside PyTorch's"
	@echo "make experiments  make every recorded result again, after it has said how long that takes"
	@echo "make report       measure every page of the site with Lighthouse and axe-core (needs Node)"
	@echo "make hub          start a JupyterHub, let two students run chapter 1, stop it"
	@echo "make colab        run every set-up cell with the versions that Colab has"
	@echo "make marks        mark every chapter's solutions and stubs with nbgrader"
	@echo "make summary      write the headline figures of the records into one file"
	@echo "make notebooks    execute every notebook again and store its outputs"
	@echo "make clean        delete what the other targets made"

# One stamp a set of packages: a second run finds it newer than its causes and installs nothing.
.venv/book.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …")'
	@echo "Setting up .venv for the site (once, about a minute) …"
	$(PYTHON) -m venv .venv
	$(PIP) --editable ".[book]"
	@touch $@

.venv/pdf.stamp: .venv/book.stamp
	$(PIP) --editable ".[pdf]"
	@touch $@

.venv/test.stamp: .venv/book.stamp
	@echo "Adding PyTorch, TensorFlow and the test tools (once, a few minutes) …"
	$(PIP) --editable ".[test]"
	@touch $@

.venv/check.stamp: .venv/test.stamp tools/package.json
	$(PIP) --editable ".[check]"
	$(NPM_INSTALL)
	@touch $@

.venv/dev.stamp: .venv/test.stamp
	$(PIP) --editable ".[test,dev]"
	@touch $@

# Before anything is installed: what pip and npm can't bring.
.PHONY: chromium-and-node
chromium-and-node:
	@$(PYTHON) -c 'import sys; from tools.browser.chromium import MISSING, PROGRAM; PROGRAM or sys.exit(MISSING)'
	@command -v npm >/dev/null || { echo "Node is missing: install it (Debian: apt-get install nodejs npm)"; exit 1; }

book: .venv/book.stamp
	$(BIN)/jupyter-book build . -n -W --keep-going --quiet
	@echo
	@echo "The book is in _build/html. Open it with:  make serve"
	@echo "or, without a server: file://$(CURDIR)/_build/html/index.html"

# `make book` writes these files too; reveal.js makes pages of slides into a show.
course:
	@command -v npm >/dev/null || echo "no npm here: each deck of slides becomes one long page"
	! command -v npm >/dev/null || $(NPM_INSTALL)
	$(MAKE) book
	@echo "The course's files are listed in $(CURDIR)/_build/html/course/index.html"

pdf: book .venv/pdf.stamp
	$(BIN)/python -m tools.browser.pdf

# Lighthouse is a program for Node.
report: chromium-and-node book .venv/check.stamp
	$(BIN)/python -m tools.browser.report

serve: book
	@echo "http://localhost:$(PORT)  (Ctrl-C stops it)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

# Without TESTS, what pyproject.toml names in `testpaths`.
test: .venv/test.stamp
	$(PYTEST) $(TESTS)

# The longest file comes first.
check: chromium-and-node .venv/check.stamp
	$(PYTEST) tests/site tests/course tests/experiments

samples: .venv/test.stamp
	LSTM_BOOK_DATA=sample $(PYTEST) $(filter chapters/06% chapters/07% chapters/08%,$(CHAPTERS))

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

bench: .venv/test.stamp
	$(BIN)/python -m experiments.cell_speed --bench

# One thread, as in the records there are: then the times can be compared. A killed pass goes on with
# `python -m experiments`; this target begins anew.
experiments: .venv/test.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m experiments --again

# On loopback only, and stopped again. Needs Node for JupyterHub's proxy.
hub: .venv/check.stamp
	$(BIN)/python -m course.jupyterhub.try_two_users

# Eleven set-up cells in a virtual environment with Colab's versions; needs a package index.
colab: .venv/check.stamp
	LSTM_BOOK_COLAB=1 $(BIN)/python -m pytest -s tests/course/test_colab.py

# Every chapter's solutions and stubs, run and marked by nbgrader.
marks: .venv/check.stamp
	LSTM_BOOK_NBGRADER=1 $(BIN)/python -m pytest tests/course/test_nbgrader.py

summary: .venv/test.stamp
	$(BIN)/python -m experiments.summary

notebooks: .venv/dev.stamp
	$(BIN)/python -m tools.notebooks execute $(CHAPTERS)

clean:
	rm -rf .venv _build .pytest_cache .ruff_cache .hypothesis *.egg-info
