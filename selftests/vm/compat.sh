#!/bin/sh
# SPDX-License-Identifier: MIT
#
# 32-bit programs: see selftests/drivers/compat32.c.

modprobe cryptech_pci
tries=500
until [ "$(cat /sys/class/cryptech/cryptech0/state)" = ready ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || break
	usleep 20000
done
exec /usr/lib/cryptech/tests/compat32
