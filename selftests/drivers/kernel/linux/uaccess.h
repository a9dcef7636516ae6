/* SPDX-License-Identifier: MIT */
/* What the drivers want of it, the test that includes them has. */
