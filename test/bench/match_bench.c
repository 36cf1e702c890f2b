/*
 * match_bench.c
 *		What matching costs, as multiples of merely counting the characters.
 *
 *	cc -std=c99 -O2 -Isrc test/bench/match_bench.c src/match.c -o match_bench && ./match_bench
 *
 * 50,000 texts of 200 hanzi; 200 rules with 971 keywords of 2 to 4 hanzi and 8 of
 * ASCII; then 1,400 rules with 7 times as many keywords.  All contenders take turns
 * on slices of the texts, so that a busy machine slows all of them alike; only the
 * ratios carry over to another machine.
 */
#define _POSIX_C_SOURCE 199309L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "match.h"

#define TEXTS 50000
#define TEXT_CHARS 200
#define TEXT_BYTES (3 * TEXT_CHARS)
#define SLICE 500
#define NAIVE_SLICE 2 /* strstr is too slow for all of them */
#define ROUNDS 5
#define RULES 200
#define HANZI_KEYWORDS 963
#define ASCII_KEYWORDS 8
#define SMALL (HANZI_KEYWORDS + ASCII_KEYWORDS)
#define FACTOR 7
#define LARGE (FACTOR * SMALL)
#define VOCABULARY 3000 /* different hanzi, the first of them more frequent */

typedef int (*CharLength)(const unsigned char *);
typedef long (*Work)(int first, int ntexts);

/* One kind of work, and what it has taken so far. */
typedef struct Contender
{
	Work work;
	int ntexts; /* of each slice */
	double ns;
	long done;
} Contender;

static char texts[TEXTS][TEXT_BYTES + 1];
static char keywords[LARGE][16];
static const char *keyword_list[LARGE];
static int rules[LARGE];
static Matcher *small_matcher;
static Matcher *large_matcher;
static size_t matcher_size;
static uint64_t random_state = 1;

/*
 * random_below returns a random number from 0 to limit - 1.
 */
static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t) (random_state >> 33) % limit;
}

/*
 * put_hanzi writes a random hanzi.
 */
static void
put_hanzi(char *at)
{
	uint32_t limit = 1 + random_below(VOCABULARY);
	uint32_t c = 0x4E00 + random_below(limit) * 6;

	at[0] = (char) (0xE0 | c >> 12);
	at[1] = (char) (0x80 | (c >> 6 & 0x3F));
	at[2] = (char) (0x80 | (c & 0x3F));
}

/*
 * make_data generates the keywords, and texts of which three quarters are given
 * one of the smaller set's keywords.
 */
static void
make_data(void)
{
	for (int i = 0; i < LARGE; i++)
	{
		int nchars = 2 + (int) random_below(3);

		if (i % SMALL < ASCII_KEYWORDS)
			(void) snprintf(keywords[i], sizeof(keywords[i]), "code%02d", i % 100);
		else
		{
			for (int k = 0; k < nchars; k++)
				put_hanzi(keywords[i] + 3 * k);
		}
		keyword_list[i] = keywords[i];
		rules[i] = (int) ((long) i * RULES / SMALL);
	}
	for (int i = 0; i < TEXTS; i++)
	{
		const char *keyword = keywords[ASCII_KEYWORDS + random_below(HANZI_KEYWORDS)];

		for (int k = 0; k < TEXT_CHARS; k++)
			put_hanzi(texts[i] + 3 * k);
		if (random_below(4) > 0)
			memcpy(texts[i] + 3 * random_below(TEXT_CHARS - 4), keyword, strlen(keyword));
	}
}

/*
 * allocate is malloc without NULL, and remembers the size.
 */
static void *
allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		exit(2);
	matcher_size = size;
	return memory;
}

/*
 * char_length returns the bytes of a UTF-8 character by its first one.
 */
static int
char_length(const unsigned char *p)
{
	if (*p < 0x80)
		return 1;
	if ((*p & 0xE0) == 0xC0)
		return 2;
	if ((*p & 0xF0) == 0xE0)
		return 3;
	return (*p & 0xF8) == 0xF0 ? 4 : 1;
}

/*
 * count_called counts characters as length(text) does: one call through a pointer,
 * to the encoding's function, per character.
 */
static long
count_called(int first, int ntexts)
{
	static CharLength volatile encoding = char_length;
	CharLength length = encoding;
	long n = 0;

	for (int i = first; i < first + ntexts; i++)
	{
		for (const char *p = texts[i]; *p != '\0'; n++)
			p += length((const unsigned char *) p);
	}
	return n;
}

/*
 * count_inline counts characters as fast as a plain loop can.
 */
static long
count_inline(int first, int ntexts)
{
	long n = 0;

	for (int i = first; i < first + ntexts; i++)
	{
		for (const char *p = texts[i]; *p != '\0'; n++)
			p += char_length((const unsigned char *) p);
	}
	return n;
}

/*
 * match_texts sums the rules that a matcher finds.
 */
static long
match_texts(const Matcher *matcher, int first, int ntexts)
{
	long sum = 0;

	for (int i = first; i < first + ntexts; i++)
		sum += match_first(matcher, texts[i], TEXT_BYTES, 0);
	return sum;
}

/*
 * strstr_texts sums the rules that strstr finds, keyword by keyword.
 */
static long
strstr_texts(int nkeywords, int first, int ntexts)
{
	long sum = 0;

	for (int i = first; i < first + ntexts; i++)
	{
		int k = 0;

		while (k < nkeywords && strstr(texts[i], keywords[k]) == NULL)
			k++;
		sum += k < nkeywords ? rules[k] : -1;
	}
	return sum;
}

/*
 * match_small matches the smaller set.
 */
static long
match_small(int first, int ntexts)
{
	return match_texts(small_matcher, first, ntexts);
}

/*
 * match_large matches the larger set.
 */
static long
match_large(int first, int ntexts)
{
	return match_texts(large_matcher, first, ntexts);
}

/*
 * strstr_small searches the keywords of the smaller set.
 */
static long
strstr_small(int first, int ntexts)
{
	return strstr_texts(SMALL, first, ntexts);
}

/*
 * strstr_large searches the keywords of the larger set.
 */
static long
strstr_large(int first, int ntexts)
{
	return strstr_texts(LARGE, first, ntexts);
}

enum
{
	CALLED,
	INLINED,
	MATCH_SMALL,
	MATCH_LARGE,
	STRSTR_SMALL,
	STRSTR_LARGE,
	CONTENDERS
};

static Contender contenders[CONTENDERS] = {
	[CALLED] = {count_called, SLICE, 0, 0},
	[INLINED] = {count_inline, SLICE, 0, 0},
	[MATCH_SMALL] = {match_small, SLICE, 0, 0},
	[MATCH_LARGE] = {match_large, SLICE, 0, 0},
	[STRSTR_SMALL] = {strstr_small, NAIVE_SLICE, 0, 0},
	[STRSTR_LARGE] = {strstr_large, NAIVE_SLICE, 0, 0},
};

/*
 * now_ns returns nanoseconds of a clock that only goes forward.
 */
static double
now_ns(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

/*
 * run lets one contender do one slice; the volatile pointer keeps the compiler from
 * dropping work whose result nobody needs.
 */
static void
run(Contender *contender, int first)
{
	Work volatile work = contender->work;
	double start = now_ns();

	(void) work(first, contender->ntexts);
	contender->ns += now_ns() - start;
	contender->done += contender->ntexts;
}

/*
 * run_all lets all contenders take turns.
 */
static void
run_all(void)
{
	for (int round = 0; round < ROUNDS; round++)
	{
		for (int first = 0; first < TEXTS; first += SLICE)
		{
			for (int i = 0; i < CONTENDERS; i++)
				run(&contenders[i], first);
		}
	}
}

/*
 * ns_of returns the nanoseconds per text of one contender.
 */
static double
ns_of(int contender)
{
	return contenders[contender].ns / (double) contenders[contender].done;
}

/*
 * build compiles the first n keywords and prints what that costs.
 */
static Matcher *
build(int n)
{
	double start = now_ns();
	Matcher *matcher = match_build(keyword_list, rules, n, allocate);
	double ms = (now_ns() - start) / 1e6;
	int nmatched = 0;

	for (int i = 0; i < TEXTS; i++)
		nmatched += match_first(matcher, texts[i], TEXT_BYTES, 0) >= 0;
	printf("%d rules, %d keywords: %zu bytes, built in %.2f ms, %d %% of the texts match\n",
		   rules[n - 1] + 1, n, matcher_size, ms, nmatched * 100 / TEXTS);
	return matcher;
}

/*
 * report prints the ratios of one set of keywords.
 */
static void
report(const char *name, int match, int naive)
{
	printf("%s: %.0f ns per text\n", name, ns_of(match));
	printf("  / count, called   %8.2f\n", ns_of(match) / ns_of(CALLED));
	printf("  / count, inline   %8.2f\n", ns_of(match) / ns_of(INLINED));
	printf("  strstr / match    %8.1f\n", ns_of(naive) / ns_of(match));
}

/*
 * main prints the figures and fails if the matcher and strstr disagree.
 */
int
main(void)
{
	bool agree;

	make_data();
	small_matcher = build(SMALL);
	large_matcher = build(LARGE);
	run_all();
	printf("count, called: %.0f ns per text, inline: %.0f\n", ns_of(CALLED), ns_of(INLINED));
	report("200 rules", MATCH_SMALL, STRSTR_SMALL);
	report("1400 rules", MATCH_LARGE, STRSTR_LARGE);
	printf("%d times the rules: %.2f times the time\n", FACTOR,
		   ns_of(MATCH_LARGE) / ns_of(MATCH_SMALL));

	agree = match_small(0, SLICE) == strstr_small(0, SLICE) &&
		match_large(0, SLICE) == strstr_large(0, SLICE);
	if (!agree)
		printf("FAILED: matcher and strstr disagree\n");
	free(small_matcher);
	free(large_matcher);
	return agree ? 0 : 1;
}
