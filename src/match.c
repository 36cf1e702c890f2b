/*
 * match.c
 *		Keyword matcher over UTF-8 text: a filter on pairs of characters.
 *
 * The text is decoded and folded once, character by character.  Each two adjacent
 * characters hash to two bits in one word of a bitmap that stays in the first-level
 * cache; both are set if some keyword begins with such a pair.  Nearly all pairs of
 * a text end there.  For the others the keywords that begin with exactly this pair are
 * compared with the text, smallest rule first.
 *
 * A keyword of one character is kept as the pair (NO_CHAR, character) and has a
 * bitmap by character in front of it, consulted only if there is such a keyword.
 *
 * A character is the number that its UTF-8 bytes make, the first being the highest.
 * A byte that is not part of well-formed UTF-8 is its own number, 0x80 to 0xFF,
 * which no character is.
 *
 * Time grows with the length of the text, hardly with the number of rules.  Many
 * keywords that share their first two characters are compared one by one.
 *
 * Pure C: no PostgreSQL header.
 */
#include <stdlib.h>
#include <string.h>

#include "match.h"

#define PAIR_WORD_BITS 11	/* 2^11 words of 64 bits are 16 KB */
#define SINGLE_WORD_BITS 10 /* 8 KB */
#define MAX_SLOT_BITS 17

#define LEFT_FACTOR 0x9E3779B1U /* odd, and without a simple relation */
#define RIGHT_FACTOR 0x85EBCA77U
#define FILTER_BIT(hash) ((hash) >> 15 & 63) /* bits of the hash below the word's number */
#define SECOND_BIT(hash) ((hash) >> 9 & 63)

#define PLAIN_LOW 0xE38081U		 /* U+3001 .. */
#define PLAIN_HIGH 0xED9FBFU	 /* .. U+D7FF: kana, hanzi, hangul; nothing to fold */
#define NO_CHAR 0xFFFFFFFFU		 /* equal to no character */
#define NO_RULE 0xFFFFFFFFU		 /* above all rules */

/* One keyword: its first two characters, and where the others are. */
typedef struct Keyword
{
	uint32_t first; /* NO_CHAR: a keyword of one character */
	uint32_t second;
	uint32_t rule;
	uint32_t nrest;
	size_t rest; /* index into Matcher.chars */
} Keyword;

/*
 * The compiled keywords, one allocation.  Those whose hash begins with the bits of
 * slot s are at positions starts[s] to starts[s + 1] - 1, by pair and rule.
 */
struct Matcher
{
	uint32_t nkeywords;
	uint32_t nslots;
	int slot_shift;		/* from a hash to its slot */
	bool any_single;	/* is there a keyword of one character? */
	Keyword *keywords;
	uint32_t *rules;	/* one per keyword, ascending */
	uint32_t *starts;	/* nslots + 1 */
	uint32_t *chars;	/* folded, without the first two of each keyword */
	uint64_t singles[1 << SINGLE_WORD_BITS];
	uint64_t pairs[1 << PAIR_WORD_BITS];
};

/* What one call of match_first looks for, and the best it has seen. */
typedef struct Search
{
	const unsigned char *end;
	uint32_t from;
	uint32_t lowest; /* no rule from "from" on is smaller */
	uint32_t best;
} Search;

/*
 * fold_ascii folds one ASCII character.
 */
static inline uint32_t
fold_ascii(uint32_t c)
{
	return c - 'A' < 26 ? c + ('a' - 'A') : c;
}

/*
 * fold_wide folds one character of three bytes: U+FF01..U+FF5E, which is EF BC 81
 * to EF BD 9E, and U+3000.
 */
static inline uint32_t
fold_wide(uint32_t c)
{
	if (c >= 0xEFBC81 && c <= 0xEFBCBF)
		return fold_ascii(c - 0xEFBC81 + '!');
	if (c >= 0xEFBD80 && c <= 0xEFBD9E)
		return c - 0xEFBD80 + '`';
	return c == 0xE38080 ? ' ' : c;
}

/*
 * is_tail tells whether a byte continues a UTF-8 character.
 */
static inline bool
is_tail(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/*
 * next_rare reads the character at *at where next_char does not know a shortcut.
 */
static uint32_t
next_rare(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *p = *at;
	size_t left = (size_t) (end - p);
	uint32_t c = p[0];

	*at = p + 1;
	if (c < 0x80)
		return fold_ascii(c);
	if (c < 0xC2 || c > 0xF4 || left < 2 || !is_tail(p[1]))
		return c;
	c = c << 8 | p[1];
	if (c < 0xE000)
	{
		*at = p + 2;
		return c;
	}
	if (c < 0xE0A0 || (c >= 0xEDA0 && c < 0xEE00) || (c >= 0xF000 && c < 0xF090) || c >= 0xF490 ||
		left < 3 || !is_tail(p[2]))
		return p[0]; /* overlong, a surrogate, too great, or cut */
	c = c << 8 | p[2];
	if (c < 0xF00000)
	{
		*at = p + 3;
		return fold_wide(c);
	}
	if (left < 4 || !is_tail(p[3]))
		return p[0];
	*at = p + 4;
	return c << 8 | p[3];
}

/*
 * next_char reads and folds the character at *at, which is before end, and moves
 * *at behind it.
 */
static inline uint32_t
next_char(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *p = *at;
	uint32_t c;

	if (end - p >= 4)
	{
		/* gcc makes one load of this */
		c = ((uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3]) >> 8;
		if (c - PLAIN_LOW <= PLAIN_HIGH - PLAIN_LOW && (c & 0xC0C0) == 0x8080)
		{
			*at = p + 3;
			return c;
		}
		if (p[0] < 0x80)
		{
			*at = p + 1;
			return fold_ascii(p[0]);
		}
	}
	c = next_rare(&p, end);
	*at = p;
	return c;
}

/*
 * pair_hash hashes two adjacent characters; its higher bits are the better ones.
 */
static inline uint32_t
pair_hash(uint32_t first, uint32_t second)
{
	return first * LEFT_FACTOR + second * RIGHT_FACTOR;
}

/*
 * may_be_pair tells whether some keyword may begin with a pair of this hash: two
 * bits of one word are set.
 */
static inline bool
may_be_pair(const Matcher *matcher, uint32_t hash)
{
	uint64_t word = matcher->pairs[hash >> (32 - PAIR_WORD_BITS)];

	return (word >> FILTER_BIT(hash) & word >> SECOND_BIT(hash) & 1) != 0;
}

/*
 * add_pair lets may_be_pair say yes to a hash.
 */
static void
add_pair(Matcher *matcher, uint32_t hash)
{
	matcher->pairs[hash >> (32 - PAIR_WORD_BITS)] |=
		(uint64_t) 1 << FILTER_BIT(hash) | (uint64_t) 1 << SECOND_BIT(hash);
}

/*
 * may_be_single tells whether a character may be a keyword.
 */
static inline bool
may_be_single(const Matcher *matcher, uint32_t c)
{
	uint32_t hash = c * RIGHT_FACTOR;

	return matcher->singles[hash >> (32 - SINGLE_WORD_BITS)] >> FILTER_BIT(hash) & 1;
}

/*
 * add_single lets may_be_single say yes to a character.
 */
static void
add_single(Matcher *matcher, uint32_t c)
{
	uint32_t hash = c * RIGHT_FACTOR;

	matcher->singles[hash >> (32 - SINGLE_WORD_BITS)] |= (uint64_t) 1 << FILTER_BIT(hash);
	matcher->any_single = true;
}

/*
 * slot_of returns the slot of the keywords that begin with a pair.
 */
static inline uint32_t
slot_of(const Matcher *matcher, uint32_t first, uint32_t second)
{
	return pair_hash(first, second) >> matcher->slot_shift;
}

/*
 * rest_matches tells whether the text goes on with the third and later characters
 * of a keyword.
 */
static bool
rest_matches(const Matcher *matcher, const Keyword *keyword, const unsigned char *text,
			 const unsigned char *end)
{
	const uint32_t *rest = matcher->chars + keyword->rest;

	for (uint32_t i = 0; i < keyword->nrest; i++)
	{
		if (text >= end || next_char(&text, end) != rest[i])
			return false;
	}
	return true;
}

/*
 * verify compares the text with the keywords that begin with a pair, "text" being
 * what follows it, and tells whether the search is over.
 */
static bool
verify(const Matcher *matcher, Search *search, uint32_t first, uint32_t second,
	   const unsigned char *text)
{
	uint32_t slot = slot_of(matcher, first, second);

	for (uint32_t i = matcher->starts[slot]; i < matcher->starts[slot + 1]; i++)
	{
		const Keyword *keyword = &matcher->keywords[i];

		if (keyword->second != second || keyword->first != first || keyword->rule < search->from)
			continue;
		if (keyword->rule >= search->best)
			break;
		if (rest_matches(matcher, keyword, text, search->end))
		{
			search->best = keyword->rule;
			break;
		}
	}
	return search->best == search->lowest;
}

/*
 * scan looks through the text until its end, or until no better rule can come.
 * "any_single" is a constant at both calls, so that each gets a loop of its own.
 */
static inline void
scan(const Matcher *matcher, Search *search, const unsigned char *text, bool any_single)
{
	const unsigned char *end = search->end;
	uint32_t previous = NO_CHAR;

	while (text < end)
	{
		uint32_t c = next_char(&text, end);

		if (any_single && may_be_single(matcher, c) &&
			verify(matcher, search, NO_CHAR, c, text))
			return;
		if (may_be_pair(matcher, pair_hash(previous, c)) &&
			verify(matcher, search, previous, c, text))
			return;
		previous = c;
	}
}

/*
 * lowest_rule returns the smallest rule from "from" on, or NO_RULE.
 */
static uint32_t
lowest_rule(const Matcher *matcher, uint32_t from)
{
	uint32_t low = 0;
	uint32_t high = matcher->nkeywords;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (matcher->rules[middle] < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < matcher->nkeywords ? matcher->rules[low] : NO_RULE;
}

/*
 * match_first returns the smallest rule, not below "from", that has a keyword in
 * the text, or -1.
 */
int
match_first(const Matcher *matcher, const char *text, size_t length, int from)
{
	const unsigned char *bytes = (const unsigned char *) text;
	Search search;

	if (length == 0)
		return -1;
	search.end = bytes + length;
	search.from = from > 0 ? (uint32_t) from : 0;
	search.lowest = lowest_rule(matcher, search.from);
	search.best = NO_RULE;
	if (search.lowest == NO_RULE)
		return -1;
	if (matcher->any_single)
		scan(matcher, &search, bytes, true);
	else
		scan(matcher, &search, bytes, false);
	return search.best == NO_RULE ? -1 : (int) search.best;
}

/*
 * compare_keywords orders keywords by pair and rule, for qsort.
 */
static int
compare_keywords(const void *left, const void *right)
{
	const Keyword *a = left;
	const Keyword *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

/*
 * compare_rules orders rules, for qsort.
 */
static int
compare_rules(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *) left;
	uint32_t b = *(const uint32_t *) right;

	return (a > b) - (a < b);
}

/*
 * is_usable tells whether a keyword can match at all.
 */
static bool
is_usable(const char *keyword, int rule)
{
	return keyword[0] != '\0' && rule >= 0;
}

/*
 * read_keyword decodes a usable keyword; its third and later characters go to
 * "rest" unless that is NULL.
 */
static Keyword
read_keyword(const char *text, int rule, uint32_t *rest)
{
	const unsigned char *p = (const unsigned char *) text;
	const unsigned char *end = p + strlen(text);
	Keyword keyword = {0};

	keyword.rule = (uint32_t) rule;
	keyword.first = NO_CHAR;
	keyword.second = next_char(&p, end);
	if (p < end)
	{
		keyword.first = keyword.second;
		keyword.second = next_char(&p, end);
	}
	while (p < end)
	{
		uint32_t c = next_char(&p, end);

		if (rest != NULL)
			rest[keyword.nrest] = c;
		keyword.nrest++;
	}
	return keyword;
}

/*
 * make_empty allocates a matcher with room for its keywords and their characters.
 */
static Matcher *
make_empty(uint32_t nkeywords, size_t nchars, void *(*allocate)(size_t))
{
	int slot_bits = 1;
	uint32_t nslots;
	Matcher *matcher;

	while (slot_bits < MAX_SLOT_BITS && 1U << slot_bits < nkeywords)
		slot_bits++;
	nslots = 1U << slot_bits;
	matcher = allocate(sizeof(Matcher) + nkeywords * sizeof(Keyword) +
					   (nkeywords + (nslots + 1) + nchars) * sizeof(uint32_t));
	memset(matcher, 0, sizeof(Matcher));
	matcher->nkeywords = nkeywords;
	matcher->nslots = nslots;
	matcher->slot_shift = 32 - slot_bits;
	matcher->keywords = (Keyword *) (matcher + 1);
	matcher->rules = (uint32_t *) (matcher->keywords + nkeywords);
	matcher->starts = matcher->rules + nkeywords;
	matcher->chars = matcher->starts + nslots + 1;
	memset(matcher->starts, 0, (nslots + 1) * sizeof(uint32_t));
	return matcher;
}

/*
 * reserve makes room for a keyword in its slot and lets the filters know it.
 */
static void
reserve(Matcher *matcher, const Keyword *keyword)
{
	matcher->starts[slot_of(matcher, keyword->first, keyword->second)]++;
	if (keyword->first == NO_CHAR)
		add_single(matcher, keyword->second);
	else
		add_pair(matcher, pair_hash(keyword->first, keyword->second));
}

/*
 * place_keywords fills the slots, for which room has been reserved, from the back
 * to the front; then starts[] says where each begins.
 */
static void
place_keywords(Matcher *matcher, const char *const *keywords, const int *rules, int nkeywords)
{
	size_t nchars = 0;
	uint32_t nplaced = 0;

	for (uint32_t slot = 1; slot <= matcher->nslots; slot++)
		matcher->starts[slot] += matcher->starts[slot - 1];
	for (int i = 0; i < nkeywords; i++)
	{
		Keyword keyword;

		if (!is_usable(keywords[i], rules[i]))
			continue;
		keyword = read_keyword(keywords[i], rules[i], matcher->chars + nchars);
		keyword.rest = nchars;
		nchars += keyword.nrest;
		matcher->rules[nplaced++] = keyword.rule;
		matcher->keywords[--matcher->starts[slot_of(matcher, keyword.first, keyword.second)]] =
			keyword;
	}
}

/*
 * sort_all puts the keywords of each slot, and the rules, in order.
 */
static void
sort_all(Matcher *matcher)
{
	for (uint32_t slot = 0; slot < matcher->nslots; slot++)
	{
		uint32_t start = matcher->starts[slot];
		uint32_t n = matcher->starts[slot + 1] - start;

		if (n > 1)
			qsort(matcher->keywords + start, n, sizeof(Keyword), compare_keywords);
	}

	qsort(matcher->rules, matcher->nkeywords, sizeof(uint32_t), compare_rules);
}

/*
 * match_build compiles keywords, of which empty ones and those of negative rules
 * are left out.
 */
Matcher *
match_build(const char *const *keywords, const int *rules, int nkeywords,
			void *(*allocate)(size_t))
{
	uint32_t nused = 0;
	size_t nchars = 0;
	Matcher *matcher;

	for (int i = 0; i < nkeywords; i++)
	{
		if (!is_usable(keywords[i], rules[i]))
			continue;
		nused++;
		nchars += read_keyword(keywords[i], rules[i], NULL).nrest;
	}
	matcher = make_empty(nused, nchars, allocate);
	for (int i = 0; i < nkeywords; i++)
	{
		if (is_usable(keywords[i], rules[i]))
		{
			Keyword keyword = read_keyword(keywords[i], rules[i], NULL);

			reserve(matcher, &keyword);
		}
	}
	place_keywords(matcher, keywords, rules, nkeywords);
	sort_all(matcher);
	return matcher;
}
