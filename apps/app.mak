# SPDX-License-Identifier: BSD-2-Clause
# What all applications share. An app's GNUmakefile sets
#   app       its name and folder
#   programs  what it builds; <name>-b is <name> compiled with BUSYWAIT
#   sources   its C files; common: C files of apps/common
#   libraries extra -l
#   manpages  files of the folder to install
# and includes this file. Works in the folder itself (make -C apps/<app>) and in a build directory
# (make -C <build>/build-apps/<app> SRCDIR=<root> BUILDDIR=<build>), where libnetmap was built first.
# Variables: CC, CFLAGS, LDFLAGS (e.g. -static), DESTDIR, PREFIX, SANITIZE=address,undefined

PREFIX ?= /usr/local
CFLAGS ?= -O2 -pipe -g
override CFLAGS += -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wunused-function -Werror \
	-I$(SRCDIR)/kernel/include -I$(SRCDIR)/libnetmap -I$(SRCDIR)/apps/common
ifdef SANITIZE
override CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
override LDFLAGS += -fsanitize=$(SANITIZE)
endif

ifdef BUILDDIR
libnetmap := $(BUILDDIR)/build-libnetmap/libnetmap.a
else
libnetmap := libnetmap/libnetmap.a
endif

vpath %.c $(SRCDIR)/apps/$(app) $(SRCDIR)/apps/common
objects := $(sources:.c=.o) $(common:.c=.o)
# Only files that ask for BUSYWAIT differ in the programs that spin.
busy_sources = $(notdir $(shell grep -l BUSYWAIT $(addprefix $(SRCDIR)/apps/$(app)/,$(sources)) \
	$(addprefix $(SRCDIR)/apps/common/,$(common))))
busy_objects = $(foreach object,$(objects),$(if $(filter $(object:.o=.c),$(busy_sources)),$(object:.o=-b.o),$(object)))

.PHONY: all clean distclean install FORCE
all: $(programs)

$(filter-out %-b,$(programs)): $(objects) $(libnetmap)
	$(CC) $(LDFLAGS) -o $@ $^ $(libraries) -lpthread

$(filter %-b,$(programs)): $(busy_objects) $(libnetmap)
	$(CC) $(LDFLAGS) -o $@ $^ $(libraries) -lpthread

%-b.o: %.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -DBUSYWAIT -MMD -MP -c -o $@ $<

%.o: %.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

ifndef BUILDDIR
# Alone: a private copy of the library, with the same compiler and flags.
libnetmap/libnetmap.a: FORCE
	mkdir -p libnetmap
	$(MAKE) -C libnetmap -f $(SRCDIR)/libnetmap/GNUmakefile SRCDIR=$(SRCDIR) libnetmap.a
endif

completions = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(programs) $(DESTDIR)$(PREFIX)/bin
	install -d $(completions)
	for program in $(programs); do \
		install -m 0644 $(SRCDIR)/apps/common/completion.bash $(completions)/$$program || exit 1; \
	done
	for page in $(manpages); do \
		dir=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
		install -d $$dir && install -m 0644 $(SRCDIR)/apps/$(app)/$$page $$dir || exit 1; \
	done

clean:
	rm -f *.o *.d $(programs)
	rm -rf libnetmap

distclean: clean

-include $(wildcard *.d)
