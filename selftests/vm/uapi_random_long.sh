#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Ten minutes of random calls, with a seed that is told.

exec /usr/lib/cryptech/tests/uapi_random 600
