# Makefile
#		Build, install and test sla_ext with PGXS.
#
#	make, make install	against the server that PG_CONFIG describes
#	make test		everything, on a private server that is removed afterwards
#	make unit fuzz		the pure parts alone; no PostgreSQL needed
#	make demo, demo-stop	a private server with sample data and a running schedule
#	make year		a simulated year of 200,000 tickets, reckoned a second time in SQL
#	make installcheck	the SQL suites, against a server that is already running

EXTENSION  = sla_ext
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" sla_ext.control)
SCHEMA_VERSION := $(shell sed -n 's/^.define SLA_SCHEMA_VERSION *//p' src/sla_ext.h)

PURE_C  = src/worktime.c src/fold.c src/match.c
PARTS_C = $(patsubst %,src/%.c,calendar policy condition query rows engine diff ticket rules penalty arrive record contact retention sweep rollup simulate attach)

MODULE_big   = sla_ext
OBJS         = $(patsubst %.c,%.o,sla_ext.c $(PURE_C) $(PARTS_C))
WARNINGS     = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Werror
PG_CPPFLAGS  = -I$(srcdir)/src
PG_CFLAGS    = $(WARNINGS)

# In order of dependency: later parts use earlier ones.
PARTS_SQL = core calendar policy reward ticket contact attach escalation penalty sweep \
	explain simulate cost rollup retention report duty assess statistics access health
PRESETS = trading_company live_commerce complaint_handling repair_center \
	field_service logistics_exception generic_service_desk customer_tier
SQL = $(patsubst %,src/%.sql,$(PARTS_SQL) $(addprefix preset/,$(PRESETS)))
DATA_built = sla_ext--$(EXTVERSION).sql
DATA       = $(wildcard update/sla_ext--*.sql)

# The first test creates the extension; the others find it there.
REGRESS        = setup $(filter-out setup,$(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql))))
ISOLATION      = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --load-extension=sla_ext
TAP_TESTS      = 1
PROVE_TESTS    = test/t/*.pl

EXTRA_CLEAN = build results output_iso tmp_check regression.diffs regression.out

# No bitcode: nothing gains from inlining these functions, and clang may be missing.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS      := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(PGXS),)
include $(PGXS)
PROVE_FLAGS += -I test/perl
else
all install installcheck:
	$(error $(PG_CONFIG) finds no PostgreSQL to build against; set PG_CONFIG, or let "make test" find one)
endif

$(OBJS): $(wildcard src/*.h)

# Every src/X.sql holds functions, a line "-- setup:" and idempotent DDL.  The functions
# make the install script; all the DDL, in order, is the body of sla.setup().
$(DATA_built): $(SQL) src/setup.sql src/sla_ext.h sla_ext.control Makefile
	@mkdir -p build
	awk 'FNR == 1 {ddl = 0} /^-- setup:$$/ {ddl = 1; next} ddl' $(SQL) > build/ddl.sql
	! grep -n '[$$]setup[$$]' build/ddl.sql
	{ printf '%s\n' '\echo Use "CREATE EXTENSION sla_ext" to load this file. \quit'; \
	  awk 'FNR == 1 {ddl = 0} /^-- setup:$$/ {ddl = 1} !ddl' $(SQL); \
	  sed -e '/^-- ddl:$$/ {r build/ddl.sql' -e 'd' -e '}' src/setup.sql; } \
	| sed -e 's/@EXTVERSION@/$(EXTVERSION)/g' -e 's/@SCHEMA_VERSION@/$(SCHEMA_VERSION)/g' > $@

# The pure parts under the sanitizers.  Other files in test/unit are shared by its programs.
UNIT_TESTS  = $(wildcard test/unit/*_test.c)
UNIT_SHARED = $(filter-out $(UNIT_TESTS) test/unit/fold_calendar.c,$(wildcard test/unit/*.c))
SANITIZE    = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_CC     = cc -std=gnu11 -g -O1 $(WARNINGS) $(SANITIZE) -Isrc -Itest/unit

unit: $(UNIT_TESTS:test/unit/%.c=build/unit/%)
	@status=0; for program in $^; do echo "# $$program"; $$program || status=1; done; exit $$status

build/unit/%_test: test/unit/%_test.c build/unit/parts.a $(wildcard test/unit/*.h)
	$(UNIT_CC) -o $@ $< $(filter %.o,$^) build/unit/parts.a -lm

# The engine is tested with calendars of its own, in the place of src/worktime.c.
build/unit/fold_test: build/unit/fold_calendar.o

build/unit/parts.a: $(patsubst %.c,build/unit/%.o,$(notdir $(PURE_C) $(UNIT_SHARED)))
	@mkdir -p $(@D)
	rm -f $@ && ar rcs $@ $^

build/unit/%.o: src/%.c $(wildcard src/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) -c -o $@ $<

build/unit/%.o: test/unit/%.c $(wildcard src/*.h test/unit/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) -c -o $@ $<

# A short run of libFuzzer, or of the stored cases alone where clang is missing.
FUZZ_SECONDS = 20
FUZZ_TESTS   = $(wildcard test/fuzz/*_fuzz.c)

fuzz: $(FUZZ_TESTS:test/fuzz/%.c=build/fuzz/%)
	@for program in $^; do \
	  corpus=test/fuzz/corpus/$$(basename $$program _fuzz); found=build/fuzz/corpus/$$(basename $$program); \
	  mkdir -p $$found; test -d $$corpus || corpus=; echo "# $$program"; \
	  if $$program -help=1 2>&1 | grep -q max_total_time; \
	  then $$program -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 $$found $$corpus || exit 1; \
	  else $$program $$(test -z "$$corpus" || find $$corpus -type f) || exit 1; fi; done

build/fuzz/fold_fuzz: FUZZ_C = src/fold.c $(addprefix test/unit/fold_,case.c draw.c naive.c calendar.c)
build/fuzz/%: FUZZ_C = $(PURE_C)
build/fuzz/%: test/fuzz/%.c $(PURE_C) $(wildcard src/*.h test/unit/fold_* test/fuzz/corpus_main.c)
	@mkdir -p $(@D)
	clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DLIBFUZZER -Isrc -Itest/unit \
	  -o $@ $< $(FUZZ_C) -lm 2>/dev/null || \
	cc -g -O1 $(SANITIZE) -DLIBFUZZER -Isrc -Itest/unit -o $@ $< test/fuzz/corpus_main.c $(FUZZ_C) -lm

# Private servers; see test/run.  SUITES="regress tap" runs a part of the tests.
test bench year demo demo-stop:
	@test/run $@

format:
	clang-format -i $(wildcard *.c src/*.[ch] test/unit/*.[ch] test/fuzz/*.[ch])

.PHONY: unit fuzz test bench year demo demo-stop format
