# Thin on purpose: each target is a few commands that could be typed by hand.

SHELL    := /bin/bash
OUT      := $(CURDIR)/build
NGINX    := /usr/share/nginx/src
PREFIX   := /usr
MODULES  := $(PREFIX)/lib/nginx/modules
SHARE    := $(PREFIX)/share/nginx-assist
LUA_DIR  := $(CURDIR)/lua
CC       ?= gcc
WARN     := -Wall -Wextra -Werror
SUDO     := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# SANITIZE=1: the module and the unit tests under ASan and UBSan, apart.
ifdef SANITIZE
OUT      := $(OUT)/sanitize
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
            -fno-omit-frame-pointer
endif

CORE     := $(wildcard ngx_module/core/*.c)
CORELIBS := -lsqlite3 -lutf8proc -ljansson -lcrypto -ldeflate -lm
UNIT     := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SOURCES  := $(wildcard ngx_module/*/*.[ch])

.PHONY: all deps deps-test deps-bench build demo demo-stop demo-wiki \
        demo-wiki-stop test unit \
        test-browser test-ledger fuzz bench-quick bench-hostile bench-redis \
        bench-stream bench-dashboard install clean

all: build

# Installs what is missing, and never removes a package.
deps:
	@tests/deps.sh build demo

deps-test:
	@tests/deps.sh build demo test browser

build: $(OUT)/ngx_http_assist_module.so $(OUT)/libassist.so

# nginx's own build: configured once, in a copy of nothing (the tree is only
# read), and again when config or the list of files changes.
$(OUT)/nginx/Makefile: config $(sort $(dir $(SOURCES)))
	@[ -x $(NGINX)/configure ] || { echo "nginx-dev is missing: make deps" >&2; exit 1; }
	@mkdir -p $(OUT)
	@echo 'configuring for nginx $(NGINX)'
	@cd $(NGINX) && . ./conf_flags && ASSIST_LUA_DIR=$(LUA_DIR) ./configure \
	    "$${NGX_CONF_FLAGS[@]}" --with-cc-opt="-g -O2 -fPIC -Wextra $(SAN)" \
	    --with-ld-opt="$(SAN)" --builddir=$(OUT)/nginx \
	    --add-dynamic-module=$(CURDIR) > $(OUT)/configure.log \
	    || { tail -20 $(OUT)/configure.log >&2; exit 1; }

$(OUT)/ngx_http_assist_module.so: $(OUT)/nginx/Makefile $(SOURCES)
	@echo 'building $@'
	@$(MAKE) -s -C $(NGINX) -f $(OUT)/nginx/Makefile --no-print-directory modules
	@cp $(OUT)/nginx/ngx_http_assist_module.so $@.new && mv $@.new $@

$(OUT)/libassist.so: $(CORE) $(wildcard ngx_module/core/*.h)
	@mkdir -p $(OUT)
	@echo 'building $@'
	@$(CC) -std=gnu11 -g -O2 -fPIC -shared $(WARN) $(SAN) -o $@ $(CORE) $(CORELIBS)

$(OUT)/unit/%: tests/unit/%.c $(OUT)/libassist.so
	@mkdir -p $(@D)
	@echo 'building $@'
	@$(CC) -std=gnu11 -g $(WARN) $(SAN) -Ingx_module -Ingx_module/core -o $@ $< \
	    -L$(OUT) -lassist -Wl,-rpath,$(OUT) -lcmocka -ljansson -lpthread \
	    $(CORELIBS)

unit: $(UNIT)

demo: deps build
	@examples/portal/demo.sh start

demo-stop:
	@examples/portal/demo.sh stop

# DokuWiki, from Debian's package, with an assistant; PORT=8090.
demo-wiki: build
	@tests/deps.sh build demo wiki
	@examples/wiki/wiki.sh start

demo-wiki-stop:
	@examples/wiki/wiki.sh stop

# Everything; ends with one line "N passed, N failed".
test: deps-test build unit
	@OUT=$(OUT) SANITIZE=$(SANITIZE) tests/run.sh

# The page and the widget in Debian's Chromium, alone.
test-browser: deps-test build
	@OUT=$(OUT) node --test tests/browser/*.test.mjs

# Two nodes, 200,000 interactions, and what may happen to them meanwhile.
test-ledger: deps-test build
	@OUT=$(OUT) SANITIZE=$(SANITIZE) node --test tests/long/ledger.test.mjs

# Random patterns, ours against the engine's own; then what libFuzzer thinks of.
fuzz: build $(FUZZ)
	@luajit tests/fuzz/pattern_diff.lua
	@for f in $(FUZZ); do \
	    echo "$$f"; $$f -max_len=400 -max_total_time=60 2>&1 | tail -1; \
	    [ $${PIPESTATUS[0]} = 0 ] || exit 1; done

$(OUT)/fuzz/%: tests/fuzz/%.c $(CORE)
	@mkdir -p $(@D)
	@clang -g -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -Ingx_module -Ingx_module/core \
	    -o $@ $< $(CORE) $(CORELIBS) -l:libhiredis.a

# Side by side with nginx and lua-nginx-module; writes tests/bench/RESULTS.md.
bench-quick: deps-bench build
	@tests/bench/run.sh

# What hostile hooks cost everybody else; writes tests/bench/HOSTILE.md.
bench-hostile: deps-bench build
	@node tests/bench/hostile.mjs

# How much later a model's first words come through us.
bench-stream: deps-test build
	@node --test tests/bench/first_token.mjs | grep '^# through'

# What a Redis that is stopped or killed costs.
bench-redis: deps-bench build
	@tests/bench/redis_down.sh

# What the dashboard takes, and how long the rest of its worker waits for it.
bench-dashboard: deps-test build
	@node tests/bench/dashboard.mjs

deps-bench:
	@tests/deps.sh build demo test bench

install:
	$(MAKE) build OUT=$(CURDIR)/build/install LUA_DIR=$(SHARE)/lua
	install -d $(DESTDIR)$(MODULES) $(DESTDIR)$(SHARE)
	install -m 644 build/install/ngx_http_assist_module.so $(DESTDIR)$(MODULES)/
	install -m 644 build/install/libassist.so $(DESTDIR)$(PREFIX)/lib/
	cp -R lua $(DESTDIR)$(SHARE)/
	@echo 'installed; add to nginx.conf: load_module modules/ngx_http_assist_module.so;'

clean:
	rm -rf build
