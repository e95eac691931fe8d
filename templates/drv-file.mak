# Kbuild of a driver that is a single file. It is compiled from the file beside this folder.
ccflags-y += $(NETMAP_CFLAGS)

netmap-suffixed := $(NETMAP_DRV_MODULE)$(NETMAP_DRIVER_SUFFIX)
obj-m := $(netmap-suffixed).o
ifneq ($(NETMAP_DRIVER_SUFFIX),)
$(netmap-suffixed)-y := $(NETMAP_DRV_MODULE).o
endif

$(obj)/$(NETMAP_DRV_MODULE).o: $(NETMAP_BUILDDIR)/$(NETMAP_DRV_MODULE).c FORCE
	$(call if_changed_rule,cc_o_c)
