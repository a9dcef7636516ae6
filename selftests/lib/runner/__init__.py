# SPDX-License-Identifier: MIT
"""The parts of selftests/run: what it runs, and how it counts."""
