# Each target is a few lines that a person could type. `make help` lists them.
# PYTHON names the Python for .venv; without it, tools/environment.py looks for one that fits. That
# file runs in any.
ANY_PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python "$(PYTHON)"; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 6))' 2>/dev/null && echo "$$p" && break; done)
PORT ?= 8000
BIN := .venv/bin
# Two files at a time, one thread each: a notebook's cells have to stay together.
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
# Not `npm ci`, which stumbles over a lock file without addresses.
NODE_MODULES := tools/node_modules/.package-lock.json
NPM_INSTALL := npm install --prefix tools --omit-lockfile-registry-resolved --no-audit --no-fund --silent

# Letter for letter, also a `$`; without this, make would read it as a variable of its own.
ifneq ($(origin LSTM_BOOK_DATA),undefined)
override LSTM_BOOK_DATA := $(value LSTM_BOOK_DATA)
export LSTM_BOOK_DATA
endif
ifneq ($(origin LSTM_BOOK_CACHE),undefined)
override LSTM_BOOK_CACHE := $(value LSTM_BOOK_CACHE)
export LSTM_BOOK_CACHE
endif

.PHONY: help book course korean report pdf serve test check samples lint bench experiments summary notebooks hub colab marks clean
.DEFAULT_GOAL := help

help:
	@echo "make book         build the site into _build/html"
	@echo "make course       the site with notebooks for a class, slides and assignments (needs Node)"
	@echo "make korean       list what of the Korean text (ko/) is stale, missing or wrong"
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

# tools/environment.py installs something the first time, after a change, and where .venv is broken.
.PHONY: for-book for-pdf for-test for-check for-dev
for-book for-pdf for-test for-check for-dev:
	@test -n "$(ANY_PYTHON)" || { echo "Python is missing: install 3.11, 3.12 or 3.13" >&2; exit 1; }
	@"$(ANY_PYTHON)" tools/environment.py $(@:for-%=%)

for-check: $(NODE_MODULES)
$(NODE_MODULES): tools/package.json
	$(NPM_INSTALL)
	@touch $@

# Before anything is installed: what pip and npm can't bring.
.PHONY: chromium-and-node
chromium-and-node:
	@"$(ANY_PYTHON)" -c 'import sys; from tools.browser.chromium import MISSING, PROGRAM; PROGRAM or sys.exit(MISSING)'
	@command -v npm >/dev/null || { echo "Node is missing: install it (Debian: apt-get install nodejs npm)" >&2; exit 1; }

# English, then Korean into its folder `ko`.
book: for-book
	$(BIN)/python -c "from jupyter_book.cli.main import main; main()" build . -n -W --keep-going --quiet
	$(BIN)/python -m tools.korean.book
	@echo
	@echo "The book is in _build/html. Open it with:  make serve"
	@echo "or, without a server: file://$$PWD/_build/html/index.html"

# `make book` writes these files too; reveal.js makes pages of slides into a show.
course:
	@command -v npm >/dev/null || echo "no npm here: each deck of slides becomes one long page"
	! command -v npm >/dev/null || $(NPM_INSTALL)
	$(MAKE) book
	@echo "The course's files are listed in $$PWD/_build/html/course/index.html"

pdf: book for-pdf
	$(BIN)/python -m tools.browser.pdf

# Lighthouse is a program for Node.
report: chromium-and-node book for-check
	$(BIN)/python -m tools.browser.report

serve: book
	@$(BIN)/python -m tools.serve --port $(PORT)

# What of the Korean text is stale, missing or wrong, in words that a translator can work from.
korean: for-book
	@$(BIN)/python -m tools.korean

# Without TESTS, what pyproject.toml names in `testpaths`.
test: for-test
	$(PYTEST) $(TESTS)

# The longest file comes first.
check: chromium-and-node for-check
	$(PYTEST) tests/site tests/course tests/experiments

samples: for-test
	LSTM_BOOK_DATA=sample $(PYTEST) chapters/0[6-9]*.ipynb chapters/reference/out_of_the_notebook.ipynb

lint: for-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m codespell_lib

bench: for-test
	$(BIN)/python -m experiments.cell_speed --bench

# One thread, as in the records there are: then the times can be compared. A killed pass goes on with
# `python -m experiments`; this target begins anew.
experiments: for-test
	OMP_NUM_THREADS=1 $(BIN)/python -m experiments --again

# On loopback only, and stopped again. Needs Node for JupyterHub's proxy.
hub: for-check
	$(BIN)/python -m tools.hub.try_two_users

# The set-up cells of all notebooks in a virtual environment with Colab's versions; needs a package index.
colab: for-check
	LSTM_BOOK_COLAB=1 $(BIN)/python -m pytest -s tests/course/test_colab.py

# Every chapter's solutions and stubs, run and marked by nbgrader.
marks: for-check
	LSTM_BOOK_NBGRADER=1 $(BIN)/python -m pytest tests/course/test_nbgrader.py

summary: for-test
	$(BIN)/python -m experiments.summary

notebooks: for-dev
	$(BIN)/python -m tools.notebooks execute chapters/[01]*.ipynb chapters/reference/*.ipynb

clean:
	rm -rf .venv _build .pytest_cache .ruff_cache .hypothesis *.egg-info
