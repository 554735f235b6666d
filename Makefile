# Every target sets up what it needs in .venv from the lock; nothing else is assumed but
# Python 3.11, make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/project.lock
SETUP := $(VENV)/.installed

# Each target starts hundreds of short processes; none of them shall compile the tool anew.
unexport PYTHONDONTWRITEBYTECODE

SOURCES := deploy_pipeline.py rollback.py src tests tools

# The validators of other people, whose versions of boto3 and click are not ours.
AUDIT := .venv-audit
AUDIT_SETUP := $(AUDIT)/.installed

.PHONY: rehearse test soak lint audit bench clean lock
.DELETE_ON_ERROR:

rehearse: $(SETUP)
	$(BIN)/python deploy_pipeline.py rehearse run

test: $(SETUP)
	$(BIN)/python -m pytest -m "not soak" --numprocesses=2 --dist=loadfile --cov --cov-report=term --cov-fail-under=80

soak: $(SETUP)
	$(BIN)/python -m pytest -m soak --numprocesses=2 --dist=loadfile --no-loadscope-reorder tests/soak tests/functional

lint: $(SETUP) audit
	$(BIN)/black --check --quiet $(SOURCES)
	$(BIN)/flake8 $(SOURCES)
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --configfile .bandit.yaml src deploy_pipeline.py rollback.py
	$(BIN)/cfn-lint templates/*.yaml
	$(BIN)/python deploy_pipeline.py validate

# checkov, cloudformation-validate, parliament, shellcheck, a schema for buildspecs; and that
# each of them still finds what it should.
audit: $(SETUP) $(AUDIT_SETUP)
	PYTHONPATH=tools $(BIN)/python -m audit
	$(BIN)/python -m pytest tests/audit

bench: $(SETUP)
	$(BIN)/python -m pytest -m bench tests/bench

$(SETUP): requirements/bootstrap.lock $(LOCK) setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(LOCK)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

$(AUDIT_SETUP): $(SETUP) requirements/audit.lock
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(AUDIT)
	$(BIN)/uv pip sync --quiet --python $(AUDIT)/bin/python --require-hashes requirements/audit.lock
	touch $@

# Resolve the locks anew after a change to requirements/*.in.
lock: $(SETUP)
	cd requirements && for name in bootstrap project lambda-runtime audit; do \
		../$(BIN)/uv pip compile --quiet --python-version 3.11 --no-strip-extras \
			--generate-hashes $$name.in --output-file $$name.lock || exit 1; \
	done

clean:
	test ! -f .rehearsal/plane.json || $(BIN)/python deploy_pipeline.py rehearse stop
	rm -rf $(VENV) $(AUDIT) .rehearsal .aws-sam build htmlcov .coverage .coverage.* coverage.xml junit*.xml reports
