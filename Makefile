# The two commands that do everything: make run, make test. The rest are their parts.
.PHONY: help run test train eval weights experiment bench chaos audit hostile lint format strings strings-check lock

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 16

run:             ## set up, train, start everything, say where it is
	@bin/run

test:            ## all tests (T='-k name' for some)
	@bin/test $(T)

train:           ## train the brain if its data or configuration changed
	@bin/boot
	@bin/train

eval: train      ## how well the development messages are understood; fails below the floor
	@bin/eval

bench:           ## measure speed, memory, start and growth; the record is docs/benchmarks/ (wants a quiet machine)
	@bin/boot test
	@bin/train
	@.venv/bin/python -m bench $(BENCH)

chaos:           ## kill everything while 1,000 people's messages come in; the record is docs/reliability/ (over an hour)
	@bin/boot test
	@bin/train
	@.venv/bin/python -m tests.chaos.long $(CHAOS)

weights:         ## learn anew what is kept in the repository (after a change of messages or features)
	@bin/boot
	@bin/weights

experiment:      ## compare ways to understand (most of an hour; PARTS="speed curve" for some)
	@PYTHONPATH="$(CURDIR)" PYTHONWARNINGS=ignore TF_CPP_MIN_LOG_LEVEL=3 nlu/.venv/bin/python -m nlu.experiment $(PARTS)

audit:           ## compare both lock files with the known advisories (needs a network)
	@bin/audit

hostile:         ## the property-based attacks with a hundred times the examples (some minutes)
	@nice .venv/bin/python -m pytest -q --hypothesis-profile hostile tests/security/test_hostile.py tests/security/test_schemas.py tests/webhooks

lint:            ## ruff and mypy --strict
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

format:          ## bring the code into shape
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

strings:         ## extract sentences, update the catalogues, say what is missing
	@.venv/bin/python -m locales.strings update

strings-check:   ## fail where a catalogue is stale or incomplete
	@.venv/bin/python -m locales.strings check

lock:            ## write the lock files anew from both pyproject.toml
	@bin/lock
