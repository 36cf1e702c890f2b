/*
 * match_fuzz.c
 *		Any keywords against any text, compared with the oracle.
 *
 * Under libFuzzer:
 *	clang -std=c99 -g -O1 -fsanitize=fuzzer,address,undefined -DLIBFUZZER -Isrc -Itest/unit \
 *		test/fuzz/match_fuzz.c src/match.c -o match_fuzz
 * As a program that reads a file, or standard input:
 *	cc -std=c99 -g -fsanitize=address,undefined -Isrc -Itest/unit \
 *		test/fuzz/match_fuzz.c src/match.c -o match_fuzz
 *
 * The input's first byte is "from".  Then come the keywords: the rule in one byte,
 * the keyword up to a byte of value 0.  An empty keyword ends them; what is left
 * is the text.
 */
#include <stdio.h>

#include "match.h"
#include "match_oracle.h"

#define MAX_KEYWORDS 64

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * allocate is malloc without NULL.
 */
static void *
allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		abort();
	return memory;
}

/*
 * copy_of copies bytes into an allocation of exactly their size.
 */
static char *
copy_of(const uint8_t *bytes, size_t size)
{
	char *copy = allocate(size > 0 ? size : 1);

	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

/*
 * LLVMFuzzerTestOneInput aborts where matcher and oracle differ on one input.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *keywords[MAX_KEYWORDS];
	int rules[MAX_KEYWORDS];
	int nkeywords = 0;
	int from = size > 0 ? (int8_t) data[0] : 0;
	size_t at = size > 0 ? 1 : 0;
	Matcher *matcher;
	char *text;

	while (nkeywords < MAX_KEYWORDS && at < size)
	{
		const uint8_t *end = memchr(data + at + 1, '\0', size - at - 1);

		if (end == NULL)
			break;
		keywords[nkeywords] = copy_of(data + at + 1, (size_t) (end - data) - at);
		rules[nkeywords] = (int8_t) data[at];
		at = (size_t) (end - data) + 1;
		if (keywords[nkeywords++][0] == '\0')
			break;
	}
	text = copy_of(data + at, size - at);
	matcher = match_build((const char *const *) keywords, rules, nkeywords, allocate);
	if (match_first(matcher, text, size - at, from) !=
		oracle_first((const char *const *) keywords, rules, nkeywords, text, size - at, from))
		abort();
	free(matcher);
	free(text);
	for (int i = 0; i < nkeywords; i++)
		free(keywords[i]);
	return 0;
}

#ifndef LIBFUZZER

/*
 * main tries the files it is given, or standard input.
 */
int
main(int argc, char **argv)
{
	static uint8_t data[1 << 20];

	for (int i = 1; i < argc || i == 1; i++)
	{
		FILE *file = argc > 1 ? fopen(argv[i], "rb") : stdin;

		if (file == NULL)
		{
			perror(argv[i]);
			return 2;
		}
		(void) LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
		if (file != stdin)
			(void) fclose(file);
	}
	return 0;
}

#endif
