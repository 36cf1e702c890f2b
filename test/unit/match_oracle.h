/*
 * match_oracle.h
 *		What match.c has to answer, in the plainest way there is: every keyword is
 *		searched at every position, over arrays of folded code points.  Shared by
 *		the unit test and the fuzz target; shares nothing with match.c.
 */
#ifndef SLA_MATCH_ORACLE_H
#define SLA_MATCH_ORACLE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Well-formed UTF-8, as Unicode's table 3-7 lists it; all later bytes are 80..BF. */
static const struct
{
	unsigned char first_low, first_high, second_low, second_high;
	int length;
} oracle_forms[] = {
	{0x00, 0x7F, 0x00, 0x00, 1},
	{0xC2, 0xDF, 0x80, 0xBF, 2},
	{0xE0, 0xE0, 0xA0, 0xBF, 3},
	{0xE1, 0xEC, 0x80, 0xBF, 3},
	{0xED, 0xED, 0x80, 0x9F, 3},
	{0xEE, 0xEF, 0x80, 0xBF, 3},
	{0xF0, 0xF0, 0x90, 0xBF, 4},
	{0xF1, 0xF3, 0x80, 0xBF, 4},
	{0xF4, 0xF4, 0x80, 0x8F, 4},
};

/*
 * oracle_length returns the bytes of the character at text, 0 if it is not well-formed.
 */
static int
oracle_length(const unsigned char *text, size_t left)
{
	for (size_t i = 0; i < sizeof(oracle_forms) / sizeof(oracle_forms[0]); i++)
	{
		int length = oracle_forms[i].length;

		if (text[0] < oracle_forms[i].first_low || text[0] > oracle_forms[i].first_high)
			continue;
		if ((size_t) length > left)
			return 0;
		for (int k = 1; k < length; k++)
		{
			int low = k == 1 ? oracle_forms[i].second_low : 0x80;
			int high = k == 1 ? oracle_forms[i].second_high : 0xBF;

			if (text[k] < low || text[k] > high)
				return 0;
		}
		return length;
	}
	return 0;
}

/*
 * oracle_fold folds one code point.
 */
static int32_t
oracle_fold(int32_t c)
{
	if (c == 0x3000)
		return 0x20;
	if (c >= 0xFF01 && c <= 0xFF5E)
		c = c - 0xFF01 + 0x21;
	if (c >= 0x41 && c <= 0x5A)
		c = c - 0x41 + 0x61;
	return c;
}

/*
 * oracle_decode turns bytes into folded code points, a bad byte b into -1 - b, and
 * returns how many; "points" has room for one per byte.
 */
static size_t
oracle_decode(const char *text, size_t length, int32_t *points)
{
	static const int32_t lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	const unsigned char *bytes = (const unsigned char *) text;
	size_t n = 0;

	for (size_t i = 0; i < length;)
	{
		int bytes_here = oracle_length(bytes + i, length - i);
		int32_t c;

		if (bytes_here == 0)
		{
			points[n++] = -1 - (int32_t) bytes[i++];
			continue;
		}
		c = bytes[i] & lead_mask[bytes_here];
		for (int k = 1; k < bytes_here; k++)
			c = c * 64 + (bytes[i + (size_t) k] & 0x3F);
		points[n++] = oracle_fold(c);
		i += (size_t) bytes_here;
	}
	return n;
}

/*
 * oracle_contains is memmem over code points.
 */
static int
oracle_contains(const int32_t *text, size_t ntext, const int32_t *keyword, size_t nkeyword)
{
	for (size_t i = 0; i + nkeyword <= ntext; i++)
	{
		size_t k = 0;

		while (k < nkeyword && text[i + k] == keyword[k])
			k++;
		if (k == nkeyword)
			return 1;
	}
	return 0;
}

/*
 * oracle_first answers what match_first has to answer.
 */
static int
oracle_first(const char *const *keywords, const int *rules, int nkeywords, const char *text,
			 size_t length, int from)
{
	int32_t *points = malloc((length + 1) * sizeof(int32_t));
	size_t npoints = oracle_decode(text, length, points);
	int best = -1;

	for (int i = 0; i < nkeywords; i++)
	{
		size_t bytes = strlen(keywords[i]);
		int32_t *keyword;

		if (bytes == 0 || rules[i] < 0 || rules[i] < from || (best >= 0 && rules[i] >= best))
			continue;
		keyword = malloc(bytes * sizeof(int32_t));
		if (oracle_contains(points, npoints, keyword, oracle_decode(keywords[i], bytes, keyword)))
			best = rules[i];
		free(keyword);
	}
	free(points);
	return best;
}

#endif
