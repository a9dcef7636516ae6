// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "options.h"

#define OPTIONS_MAX	24
#define HELP_VALUE	0x100	/* of "--help", -h; others from 0x101 */

static void help(const struct syntax *syntax)
{
	const struct opt *opt;

	printf("Usage: cryptech %s [OPTION...] %s\n\n%s\n\nOptions:\n",
	       fail_command, syntax->args, syntax->about);
	for (opt = syntax->opts; opt->name; opt++) {
		char left[40];

		snprintf(left, sizeof(left), "%s%c%s --%s%s%s",
			 opt->letter ? "-" : " ", opt->letter ?: ' ',
			 opt->letter ? "," : " ", opt->name,
			 opt->arg ? " " : "", opt->arg ?: "");
		printf("  %-26s %s\n", left, opt->help);
	}
	printf("  %-26s %s\n", "-h, --help", "show this text");
}

static void set(const struct opt *opt, const char *value)
{
	if (opt->flag)
		*opt->flag = true;
	else
		*opt->text = value;
}

/* getopt's own tables, made from ours. */
struct tables {
	struct option longs[OPTIONS_MAX + 2];
	char shorts[2 * OPTIONS_MAX + 5];
};

static void make_tables(const struct syntax *syntax, struct tables *t)
{
	char *s = t->shorts;
	int n;

	memset(t, 0, sizeof(*t));
	if (syntax->leading)
		*s++ = '+';
	*s++ = ':';	/* tell a missing argument from a bad option */
	*s++ = 'h';
	for (n = 0; syntax->opts[n].name; n++) {
		const struct opt *opt = &syntax->opts[n];

		if (n == OPTIONS_MAX)
			abort();
		t->longs[n] = (struct option){
			opt->name, opt->arg ? required_argument : no_argument,
			NULL, HELP_VALUE + 1 + n,
		};
		if (!opt->letter)
			continue;
		*s++ = opt->letter;
		if (opt->arg)
			*s++ = ':';
	}
	t->longs[n] = (struct option){ "help", no_argument, NULL, HELP_VALUE };
}

static const struct opt *by_letter(const struct opt *opt, int letter)
{
	for (; opt->name; opt++)
		if (opt->letter && opt->letter == letter)
			return opt;
	return NULL;
}

void options_parse(const struct syntax *syntax, int *argc, char ***argv)
{
	struct tables t;
	int c;

	make_tables(syntax, &t);
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(*argc, *argv, t.shorts, t.longs, NULL)) != -1) {
		if (c == 'h' || c == HELP_VALUE) {
			help(syntax);
			exit(EXIT_OK);
		}
		if (c == ':')
			fail_usage("%s needs an argument", (*argv)[optind - 1]);
		if (c == '?')
			fail_usage("bad option %s", (*argv)[optind - 1]);
		set(c > HELP_VALUE ? &syntax->opts[c - HELP_VALUE - 1] :
		    by_letter(syntax->opts, c), optarg);
	}
	*argc -= optind;
	*argv += optind;
	if (*argc < syntax->args_min)
		fail_usage("too few arguments");
	if (syntax->args_max >= 0 && *argc > syntax->args_max)
		fail_usage("too many arguments");
}

uint64_t options_number(const char *what, const char *text, uint64_t min,
			uint64_t max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < min || n > max)
		fail_usage("%s has to be a number from %llu to %llu, not %s",
			   what, (unsigned long long)min,
			   (unsigned long long)max, text);
	return n;
}
