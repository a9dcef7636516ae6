#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The table of what ends in the middle, each cell 100 times both ways.

exec /usr/lib/cryptech/tests/teardown 100
