# Makefile of a copied driver folder; its own one is orig.mak. Of several modules in the folder only the
# driver's is built, under its suffixed name when there is a suffix.
include $(dir $(lastword $(MAKEFILE_LIST)))orig.mak

subdir-ccflags-y += $(NETMAP_CFLAGS)

netmap-modules := $(patsubst %.o,%,$(filter %.o,$(obj-m)))
netmap-module := $(if $(NETMAP_DRV_MODULE),$(filter $(NETMAP_DRV_MODULE),$(netmap-modules)),$(firstword $(netmap-modules)))
netmap-suffixed := $(netmap-module)$(NETMAP_DRIVER_SUFFIX)

obj-y :=
ifeq ($(netmap-module),)
$(error this folder does not build $(NETMAP_DRV_MODULE).ko with $(NETMAP_MOD_LIST))
endif
obj-m := $(netmap-suffixed).o
ifneq ($(NETMAP_DRIVER_SUFFIX),)
netmap-parts := $($(netmap-module)-objs) $($(netmap-module)-y) $($(netmap-module)-m)
$(netmap-suffixed)-y := $(or $(strip $(netmap-parts)),$(netmap-module).o)
endif
