# stubd: one Makefile for everything. `make help` lists the targets.
#
#	make [VARIANT=release|asan|clang|tsan] [V=1]
#
# Objects live in build/VARIANT/. Every .c of policy/ and stubd/ goes into one library that the
# programs and the tests link; main.c files are the programs' own.

VARIANT ?= release
B := build/$(VARIANT)
PREFIX ?= /usr
SYSCONFDIR ?= /etc
DATADIR ?= $(PREFIX)/share/stubd
LIBEXECDIR ?= $(PREFIX)/libexec
VERSION := 0.1.0

CC_release := gcc
CC_asan := gcc
CC_clang := clang
CC_tsan := gcc
CC := $(CC_$(VARIANT))
SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_tsan := -fsanitize=thread
SAN := $(SAN_$(VARIANT))
OPT_release := -O2 -D_FORTIFY_SOURCE=2
OPT_clang := -O2 -D_FORTIFY_SOURCE=2
OPT_asan := -O1
OPT_tsan := -O1
OPT := $(OPT_$(VARIANT))
# The programs are optimized as a whole: a question's way leads through twenty small files. Tests, of which
# there are many, are linked from the same objects as they are.
LTO_release := -flto=auto -ffat-lto-objects
LTO := $(LTO_$(VARIANT))
NO_LTO := $(if $(LTO),-fno-lto)

PKGS := libuv libh2o libssl libcrypto libnghttp2 libldns jansson libunbound libcurl libpsl libseccomp
ifneq ($(filter-out deps clean help,$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
endif
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter
# gcc takes the address of a local that its own caller clears for a dangling one.
WARN_GCC := $(if $(filter gcc,$(CC)),-Wno-dangling-pointer)
HARDEN := $(WARN_GCC) -fstack-protector-strong -fPIE
CFLAGS_ALL := -std=gnu11 -g -pthread $(OPT) $(LTO) $(WARN) $(HARDEN) $(SAN) $(CFLAGS)
CPPFLAGS_ALL := -I. -D_GNU_SOURCE -DH2O_USE_LIBUV=1 -DSTUBD_VERSION='"$(VERSION)"' \
	-DSTUBD_DATA_DIR='"$(DATADIR)"' -DSTUBD_LIBEXEC_DIR='"$(LIBEXECDIR)"' -DSTUBD_ETC_DIR='"$(SYSCONFDIR)/stubd"' $(PKG_CFLAGS) $(CPPFLAGS)
LDFLAGS_ALL := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(SAN) $(LDFLAGS)
# As needed: stubd gets neither libunbound nor libseccomp, its helper neither libh2o nor TLS.
LIBS_STUBD := -luv -lh2o -lssl -lcrypto -lnghttp2 -lldns -ljansson -lunbound -lpsl -lseccomp
LIBS_STUBCTL := -lcurl -ljansson -lldns

# The latest time that is certainly over: what a clock that nobody set is raised to. That of the last
# change, so that one source gives one program; SOURCE_DATE_EPOCH goes before it.
BUILD_TIME := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),$(shell date +%s))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

POLICY_SRC := $(sort $(wildcard policy/*.c))
STUBCTL_SRC := $(sort $(wildcard policy/stubctl/*.c))
DAEMON_SRC := $(sort $(wildcard stubd/*.c stubd/*/*.c))
LIB_SRC := $(POLICY_SRC) $(filter-out %/main.c,$(DAEMON_SRC))
CTL_LIB_SRC := $(filter-out policy/stubctl/main.c,$(STUBCTL_SRC))
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
REPLAY_SRC := $(sort $(wildcard tests/replay/*.c))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB := $(B)/libstubd.a
CTL_LIB := $(B)/libstubctl.a
UNITS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

.PHONY: all deps check check-unit check-replay check-system check-timed check-clang demo run lint asan tsan fuzz install clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/stubd $(B)/stubd-engine $(B)/stubctl $(B)/providers.brief.json
	@mkdir -p build
	@ln -sf $(VARIANT)/stubd build/stubd
	@ln -sf $(VARIANT)/stubctl build/stubctl
	@ln -sf $(VARIANT)/providers.brief.json build/providers.brief.json

$(B)/obj/stubd/goodtime.o build/fuzz/obj/stubd/goodtime.o: CPPFLAGS_ALL += -DSTUBD_BUILD_TIME=$(BUILD_TIME)

# Programs of one source know each other by it (stubd/engine/edition.h); compiled anew when any of it changes.
EDITION_SRC := $(sort $(wildcard policy/*.[ch] stubd/*.[ch] stubd/*/*.[ch]))
EDITION_OBJ := $(B)/obj/stubd/engine/edition.o build/fuzz/obj/stubd/engine/edition.o
$(EDITION_OBJ): CPPFLAGS_ALL += -DSTUBD_EDITION='"$(shell cat $(EDITION_SRC) | sha256sum | cut -c1-16)"'
$(EDITION_OBJ): $(EDITION_SRC)

$(B)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(LIB): $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(CTL_LIB): $(call obj,$(CTL_LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/stubd: $(B)/obj/stubd/main.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(LTO) -o $@ $^ $(LIBS_STUBD)

$(B)/stubd-engine: $(B)/obj/stubd/engine/main.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(LTO) -o $@ $^ $(LIBS_STUBD)

$(B)/stubctl: $(B)/obj/policy/stubctl/main.o $(CTL_LIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(LTO) -o $@ $^ $(LIBS_STUBCTL)

# The catalogue as stubd reads it: the values that it uses, without whence they are known. What is said
# of each is three quarters of the file and is for people; stubctl finds it by "sources". The form, one
# fact a line, is that of tests/catalogue.
$(B)/providers.brief.json: policy/providers.json
	$(call say,BRIEF,$@)
	@mkdir -p $(@D)
	$(Q)sed -e '/^\t\t\t"\(home\|jurisdiction\|funding\|retention\|ecs\|note\)":/d' \
		-e 's/, "source": ".* }/ }/' -e 's|^\t"//": .*|\t"sources": "providers.json",|' $< | \
		sed -z 's/,\n\t\t}/\n\t\t}/g' >$@

# --- tests -------------------------------------------------------------------------------------

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/obj/tests/unit/unit.o $(CTL_LIB) $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) $(NO_LTO) -o $@ $^ -lcunit $(LIBS_STUBD) -lcurl -lm

# Replay: the real query, cache, policy and pool code over a fake loop, randomness, engine and
# transport. These come first, so that of the library only what they do not define is linked.
$(B)/replay: $(call obj,$(REPLAY_SRC)) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(NO_LTO) -o $@ $^ $(LIBS_STUBD)

check-unit: $(UNITS)
	$(Q)tests/run-units $(UNITS)

check-replay: $(B)/replay
	$(Q)$(B)/replay $(sort $(wildcard tests/replay/*.rpl))

# They wait more than they compute, so several files run side by side.
SYSTEM_JOBS ?= 3
check-system: all
	$(Q)JOBS=$(SYSTEM_JOBS) BUILD=$(abspath $(B)) tests/system/run $(SYSTEM)

check-clang:
	$(Q)$(MAKE) --no-print-directory VARIANT=clang all

# Asserts on time, which only a machine that does nothing else can keep.
TIMED_TESTS ?= outage rest idle lost limits dnssec degraded
check-timed: all
	$(Q)TIMED=1 ROUNDS=10 BUILD=$(abspath $(B)) tests/system/run $(TIMED_TESTS)

# Mixed traffic with faults. SOAK=60 is a quick look; SEED=N repeats an order of faults.
.PHONY: soak
SOAK ?= 600
soak: all
	$(Q)SOAK=$(SOAK) SEED=$(SEED) BUILD=$(abspath $(B)) tests/soak/soak

check: deps-check
	$(Q)tests/check

asan:
	$(Q)$(MAKE) --no-print-directory VARIANT=asan all check-unit check-replay check-system

# What several threads share, and the daemon with two of them under load.
TSAN_UNITS := net/test_mailbox cache/test_threads query/test_guard daemon/test_crew daemon/test_persist_save
tsan:
	$(Q)$(MAKE) --no-print-directory VARIANT=tsan all $(TSAN_UNITS:%=build/tsan/unit/%)
	$(Q)tests/run-units $(TSAN_UNITS:%=build/tsan/unit/%)
	$(Q)$(MAKE) --no-print-directory VARIANT=tsan check-system SYSTEM=workers

FUZZ_SECONDS ?= 10
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(FUZZ_SRC))
FUZZ_FLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
build/fuzz/obj/%.o: %.c
	$(call say,CC,$< (fuzz))
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS_ALL) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<
build/fuzz/libstubd.a: $(patsubst %.c,build/fuzz/obj/%.o,$(LIB_SRC) $(CTL_LIB_SRC))
	$(Q)rm -f $@ && ar rcs $@ $^
build/fuzz/%: build/fuzz/obj/tests/fuzz/%.o build/fuzz/libstubd.a
	$(call say,LD,$@)
	$(Q)clang $(FUZZ_FLAGS) -o $@ $^ $(LIBS_STUBD) -lcurl
fuzz: $(FUZZERS)
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZERS)

lint:
	$(Q)tests/lint

# --- benchmarks --------------------------------------------------------------------------------

.PHONY: bench bench-quick bench-check bench-deps
BENCH_TOOLS := $(B)/bench-echo $(B)/bench-stamp
$(B)/bench-%: $(B)/obj/tests/bench/%.o
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(NO_LTO) -o $@ $^

BENCH_ROUNDS ?= 5
BENCH_SECONDS ?= 5
BENCH := BUILD=$(abspath $(B)) tests/bench/bench
bench-deps:
	$(Q)packaging/deps install packaging/deps-bench.txt

# Every server that Debian has; SCENARIOS="udp doh": some. Rewrites the tables of docs/benchmarks.md
# when all were run.
bench: bench-deps all $(BENCH_TOOLS)
	$(Q)$(BENCH) run $(SCENARIOS) --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) \
		$(if $(SCENARIOS),,--document docs/benchmarks.md)

bench-quick: all $(BENCH_TOOLS)
	$(Q)$(BENCH) run udp tcp dot doh validated --servers echo,stubd,unbound,dnsdist --rounds 1 --seconds 1

bench-check: all $(BENCH_TOOLS)
	$(Q)$(BENCH) check

# --- people ------------------------------------------------------------------------------------

deps:
	$(Q)packaging/deps install

# Installs what is missing when it may; says what is missing when it may not.
.PHONY: deps-check
deps-check:
	$(Q)packaging/deps || packaging/deps install

demo: deps-check
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo

run: deps-check
	$(Q)$(MAKE) --no-print-directory all
	$(Q)packaging/run

install: all
	install -Dm755 $(B)/stubd $(DESTDIR)$(PREFIX)/sbin/stubd
	install -Dm755 $(B)/stubd-engine $(DESTDIR)$(LIBEXECDIR)/stubd-engine
	install -Dm755 $(B)/stubctl $(DESTDIR)$(PREFIX)/bin/stubctl
	install -Dm644 policy/providers.json $(DESTDIR)$(DATADIR)/providers.json
	install -Dm644 $(B)/providers.brief.json $(DESTDIR)$(DATADIR)/providers.brief.json
	install -Dm644 stubd/engine/data/root.hints $(DESTDIR)$(DATADIR)/root.hints
	install -Dm644 stubd/engine/data/root.key $(DESTDIR)$(DATADIR)/root.key
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system systemd/stubd.service systemd/stubd.socket
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/sysusers.d systemd/sysusers.d/stubd.conf
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/man/stubd.8
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man5 docs/man/stubd.json.5
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man1 docs/man/stubctl.1
	install -Dm644 packaging/completions/stubctl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/stubctl
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions packaging/completions/_stubctl
	install -dm755 $(DESTDIR)$(SYSCONFDIR)/stubd/stubd.d

clean:
	rm -rf build

help:
	@echo 'make              build/stubd, its helper and build/stubctl (VARIANT=release|asan|clang|tsan)'
	@echo 'make deps         install the Debian packages that are needed (root)'
	@echo 'make demo         bring up the lab and stubd, ask, and show who answered what'
	@echo 'make run          run stubd on 127.0.0.1:5300 with the built-in configuration'
	@echo 'make check        builds with gcc and clang, runs these four, and counts them in a closing line'
	@echo '  check-unit      CUnit, one program a module'
	@echo '  check-replay    scripted scenarios with a fake clock and a fake net'
	@echo '  check-system    the daemon in the lab, asked by kdig and dig (SYSTEM="split life": some)'
	@echo '  check-timed     the longer tests of faults, held to limits of time: on a quiet machine'
	@echo '  lint            floors, sizes, form, cppcheck'
	@echo 'make asan         unit, replay and system tests under ASan and UBSan'
	@echo 'make soak         mixed traffic with faults for SOAK seconds (600; 60 is a quick look), SEED=N as before'
	@echo 'make tsan         what threads share, and two workers under load, under TSan'
	@echo 'make fuzz         every fuzz target, FUZZ_SECONDS each (10)'
	@echo 'make bench        beside what else Debian has, two hours; rewrites docs/benchmarks.md (root)'
	@echo '  bench-quick     the main figures beside unbound and dnsdist, under 90 s'
	@echo '  bench-check     does the harness work?'
	@echo 'make install      into DESTDIR and PREFIX; make clean removes build/'

-include $(shell find build -type f -name '*.d' 2>/dev/null)
