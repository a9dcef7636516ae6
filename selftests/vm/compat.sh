#!/bin/sh
# SPDX-License-Identifier: MIT
#
# 32-bit programs: see selftests/drivers/compat32.c.

hsm-ready >/dev/null || exit 1
exec /usr/lib/cryptech/tests/compat32
