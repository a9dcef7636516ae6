#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The test of all calls at once, for a minute.

exec /usr/lib/cryptech/tests/mix 60
