/*
 * match_test.c
 *		Keyword matcher against known answers and against the oracle.
 *
 *	cc -std=c99 -g -O1 -fsanitize=address,undefined -Isrc \
 *		test/unit/match_test.c src/match.c -o match_test
 *	./match_test [iterations] [seed]
 *
 * Every text and keyword lies in an allocation of exactly its size, so that the
 * address sanitizer sees one byte read too many.
 */
#include <limits.h>
#include <stdio.h>

#include "match.h"
#include "match_oracle.h"

#define MAX_KEYWORDS 7000
#define MEGABYTE (1024 * 1024)
#define FULL_VIP "\xEF\xBC\xB6\xEF\xBD\x89\xEF\xBC\xB0" /* full-width V, i, P */
#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static long npassed = 0;
static long nfailed = 0;
static long nfound = 0; /* random cases in which some rule matched */
static long nmissed = 0;
static uint64_t random_state;

/* All that one matcher was given; freed by free_set. */
typedef struct Set
{
	char *keywords[MAX_KEYWORDS];
	int rules[MAX_KEYWORDS];
	int n;
} Set;

static Set set;
static void *block;
static size_t block_size;

/* Pieces of text; a style picks a few of them, so that keywords do occur. */
static const char *const pieces[] = {
	"退", "款", "客", "服", "质", "量", "问", "题", "的", "一", "龥", "㐀",
	"a", "A", "b", "Z", "z", "@", "[", "`", "{", "9", " ", "!", "~", "\t",
	/* the full-width a A b Z z @ [ ` 9 ! ~ and space */
	"\xEF\xBD\x81", "\xEF\xBC\xA1", "\xEF\xBD\x82", "\xEF\xBC\xBA",
	"\xEF\xBD\x9A", "\xEF\xBC\xA0", "\xEF\xBC\xBB", "\xEF\xBD\x80",
	"\xEF\xBC\x99", "\xEF\xBC\x81", "\xEF\xBD\x9E", "\xE3\x80\x80",
	"😀", "👍🏽", "é", "É", "ß", "𠮷", "。", ",", "\xEF\xBD\x9F", "\xEF\xBC\x80", "¥",
	"\xE4", "\xB8", "\xE4\xB8", "\xF0\x9F\x98", "\x80", "\xBF", "\xC0\xAF", "\xC1", "\xC2",
	"\xE0\x80\xA1", "\xED\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x8F\xBF\xBF",
	"\xF4\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5", "\xFE", "\xFF", "\xEF\xBF\xBF",
	"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xF0\x90\x80\x80", "\xE3\x80\x81",
	"\xB0\xA1", "\xD6\xD0", "\xEF\xBC\x8C",
};

/*
 * random_below returns a random number from 0 to limit - 1.
 */
static uint32_t
random_below(uint32_t limit)
{
	uint64_t z = (random_state += 0x9E3779B97F4A7C15ULL);

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
	return (uint32_t) ((z ^ z >> 31) >> 32) % limit;
}

/*
 * allocate hands the matcher its memory and remembers it.
 */
static void *
allocate(size_t size)
{
	block = malloc(size);
	block_size = size;
	if (block == NULL)
		exit(2);
	memset(block, 0xA5, size);
	return block;
}

/*
 * exact_copy copies bytes into an allocation of exactly their size.
 */
static char *
exact_copy(const char *bytes, size_t length)
{
	char *copy = malloc(length);

	if (copy == NULL && length > 0)
		exit(2);
	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

/*
 * add_keyword appends a keyword to the set.
 */
static void
add_keyword(const char *bytes, size_t length, int rule)
{
	char *keyword = malloc(length + 1);

	if (keyword == NULL || set.n == MAX_KEYWORDS)
		exit(2);
	memcpy(keyword, bytes, length);
	keyword[length] = '\0';
	set.keywords[set.n] = keyword;
	set.rules[set.n++] = rule;
}

/*
 * free_set empties the set and frees the matcher made of it.
 */
static void
free_set(void)
{
	for (int i = 0; i < set.n; i++)
		free(set.keywords[i]);
	set.n = 0;
	free(block);
	block = NULL;
}

/*
 * build compiles the set.
 */
static Matcher *
build(void)
{
	return match_build((const char *const *) set.keywords, set.rules, set.n, allocate);
}

/*
 * print_bytes prints bytes in hexadecimal, the first 200 of them.
 */
static void
print_bytes(const char *label, const char *bytes, size_t length)
{
	printf("  %s", label);
	for (size_t i = 0; i < length && i < 200; i++)
		printf(" %02X", (unsigned char) bytes[i]);
	printf("%s\n", length > 200 ? " ..." : "");
}

/*
 * check counts one comparison and shows a difference.
 */
static void
check(const char *what, int expected, int actual, const char *text, size_t length, int from)
{
	if (expected == actual)
	{
		npassed++;
		return;
	}
	nfailed++;
	printf("FAILED %s: expected %d, got %d, from %d, %d keywords\n", what, expected, actual, from,
		   set.n);
	print_bytes("text", text, length);
	for (int i = 0; i < set.n && i < 10; i++)
	{
		printf("  rule %d:", set.rules[i]);
		print_bytes("", set.keywords[i], strlen(set.keywords[i]));
	}
}

/* One known answer: keywords of rules 10, 20, 30 ..., NULL at the end. */
typedef struct Known
{
	const char *keywords[5];
	const char *text;
	int from;
	int expected;
} Known;

static const Known knowns[] = {
	{{"退款"}, "我要退款", 0, 10},
	{{"退款"}, "我要退 款", 0, -1},
	{{"退款"}, "退", 0, -1},
	{{"退款"}, "", 0, -1},
	{{"退款不到账"}, "退款不到", 0, -1},
	{{"退款不到账"}, "退款退款不到账", 0, 10},
	{{"aab"}, "aaab", 0, 10},
	{{"物流", "退款", "质量"}, "质量差,要退款", 0, 20},
	{{"物流", "退款", "质量"}, "质量差,要退款", 20, 20},
	{{"物流", "退款", "质量"}, "质量差,要退款", 21, 30},
	{{"物流", "退款", "质量"}, "质量差,要退款", 31, -1},
	{{"物流", "退款", "质量"}, "质量差,要退款", INT_MAX, -1},
	{{"物流", "退款", "质量"}, "质量差,要退款", INT_MIN, 20},
	{{"退款", "退款"}, "退款", 0, 10},
	{{"退款", "退款"}, "退款", 11, 20},
	{{"退款慢", "退款"}, "退款快", 0, 20},
	{{"VIP"}, "我是vip客户", 0, 10},
	{{"vip"}, "我是VIP客户", 0, 10},
	{{"VIP"}, "VipS", 0, 10},
	{{"vip"}, FULL_VIP "客户", 0, 10},
	{{FULL_VIP}, "ViP客户", 0, 10},
	{{"i"}, FULL_VIP, 0, 10},
	{{"not work"}, "does NOT\xE3\x80\x80work", 0, 10},
	{{"not\xE3\x80\x80work"}, "does not work", 0, 10},
	{{"5!"}, "\xEF\xBC\x95" "\xEF\xBC\x81", 0, 10},
	{{"~"}, "\xEF\xBD\x9E", 0, 10},
	{{"É"}, "é", 0, -1},
	{{"@"}, "`", 0, -1},
	{{"["}, "{", 0, -1},
	{{"\xEF\xBC\x80"}, " ", 0, -1},
	{{"\x7F"}, "\xEF\xBD\x9F", 0, -1},
	{{"急"}, "急", 0, 10},
	{{"急"}, "很急", 0, 10},
	{{"急"}, "不要紧", 0, -1},
	{{"急", "很急"}, "很急", 0, 10},
	{{"很急", "急"}, "很急", 0, 10},
	{{"很急", "急"}, "不急", 0, 20},
	{{"A"}, "a", 0, 10},
	{{"😀"}, "好😀", 0, 10},
	{{"😀"}, "好😁", 0, -1},
	{{"\xE6\x82\xA5"}, "\xF0\xA6\x82\xA5", 0, -1},
	{{"👍🏽"}, "👍🏽", 0, 10},
	{{"", "退款"}, "退款", 0, 20},
	{{""}, "", 0, -1},
	{{""}, "x", 0, -1},
	{{"/"}, "\xC0\xAF", 0, -1},
	{{"\xC0\xAF"}, "\xC0\xAF", 0, 10},
	{{"\xE4\xB8"}, "\xE4\xB8", 0, 10},
	{{"\xE4\xB8"}, "\xE4\xB8\xAD", 0, -1},
	{{"\xFF"}, "a\xFF", 0, 10},
	{{"\xFF"}, "\xFE", 0, -1},
	{{"\xFF"}, "\xC3\xBF", 0, -1},
	{{NULL}, "退款", 0, -1},
};

/*
 * test_known runs the known answers, through the matcher and through the oracle.
 */
static void
test_known(void)
{
	for (size_t i = 0; i < LENGTH_OF(knowns); i++)
	{
		const Known *known = &knowns[i];
		size_t length = strlen(known->text);
		char *text = exact_copy(known->text, length);
		Matcher *matcher;

		for (int k = 0; known->keywords[k] != NULL; k++)
			add_keyword(known->keywords[k], strlen(known->keywords[k]), 10 * (k + 1));
		matcher = build();
		check("known answer", known->expected, match_first(matcher, text, length, known->from),
			  text, length, known->from);
		check("oracle's known answer", known->expected,
			  oracle_first((const char *const *) set.keywords, set.rules, set.n, text, length,
						   known->from),
			  text, length, known->from);
		free(text);
		free_set();
	}
}

/*
 * test_rules tries the ends of the range of rules, and bytes of value 0.
 */
static void
test_rules(void)
{
	Matcher *matcher;

	add_keyword("退款", strlen("退款"), INT_MAX);
	add_keyword("急", strlen("急"), -1);
	add_keyword("很急", strlen("很急"), INT_MIN);
	add_keyword("ab", 2, 0);
	matcher = build();
	check("greatest rule", INT_MAX, match_first(matcher, "退款", 6, INT_MAX), "退款", 6, INT_MAX);
	check("greatest rule", INT_MAX, match_first(matcher, "退款", 6, 0), "退款", 6, 0);
	check("negative rule", -1, match_first(matcher, "很急", 6, INT_MIN), "很急", 6, INT_MIN);
	check("rule 0", 0, match_first(matcher, "退款ab", 8, -5), "退款ab", 8, -5);
	check("rule 0 skipped", INT_MAX, match_first(matcher, "ab退款", 8, 1), "ab退款", 8, 1);
	check("zero byte within", -1, match_first(matcher, "a\0b", 3, 0), "a\0b", 3, 0);
	check("zero byte before", 0, match_first(matcher, "\0ab", 3, 0), "\0ab", 3, 0);
	check("text without bytes", -1, match_first(matcher, NULL, 0, 0), "", 0, 0);
	free_set();
}

/*
 * test_folding compares every character that folds, and its neighbours, with each
 * other.
 */
static void
test_folding(void)
{
	char texts[0x80 + 0x70 + 3][4];
	int n = 0;

	for (int c = 1; c < 0x80; c++)
		(void) snprintf(texts[n++], sizeof(texts[0]), "%c", c);
	for (int c = 0xFF00; c < 0xFF70; c++)
		(void) snprintf(texts[n++], sizeof(texts[0]), "\xEF%c%c", 0x80 | (c >> 6 & 0x3F),
						0x80 | (c & 0x3F));
	for (int c = 0x80; c < 0x83; c++)
		(void) snprintf(texts[n++], sizeof(texts[0]), "\xE3\x80%c", c);
	for (int i = 0; i < n; i++)
	{
		Matcher *matcher;

		add_keyword(texts[i], strlen(texts[i]), 1);
		matcher = build();
		for (int k = 0; k < n; k++)
		{
			size_t length = strlen(texts[k]);

			check("folding",
				  oracle_first((const char *const *) set.keywords, set.rules, 1, texts[k], length,
							   0),
				  match_first(matcher, texts[k], length, 0), texts[k], length, 0);
		}
		free_set();
	}
}

/*
 * append_character appends a random character of the whole range to a text.
 */
static size_t
append_character(char *text, size_t length)
{
	uint32_t c;

	switch (random_below(4))
	{
		case 0:
			text[length++] = (char) random_below(256);
			return length;
		case 1:
			c = 0xFF00 + random_below(0xF0);
			break;
		case 2:
			c = 0x10000 + random_below(0x100000);
			text[length++] = (char) (0xF0 | c >> 18);
			text[length++] = (char) (0x80 | (c >> 12 & 0x3F));
			text[length++] = (char) (0x80 | (c >> 6 & 0x3F));
			text[length++] = (char) (0x80 | (c & 0x3F));
			return length;
		default:
			c = 0x4E00 + random_below(0x51A6);
			break;
	}
	text[length++] = (char) (0xE0 | c >> 12);
	text[length++] = (char) (0x80 | (c >> 6 & 0x3F));
	text[length++] = (char) (0x80 | (c & 0x3F));
	return length;
}

/*
 * random_text fills "text" with up to max bytes of the chosen pieces, and now and
 * then anything.
 */
static size_t
random_text(char *text, size_t max, const uint32_t *chosen, uint32_t nchosen, uint32_t odd)
{
	size_t length = 0;

	while (length + 8 <= max)
	{
		if (odd > 0 && random_below(odd) == 0)
			length = append_character(text, length);
		else
		{
			const char *piece = pieces[chosen[random_below(nchosen)]];

			memcpy(text + length, piece, strlen(piece));
			length += strlen(piece);
		}
	}
	return length;
}

/*
 * add_random_keyword adds pieces, or a cut from the text at any byte.
 */
static void
add_random_keyword(const char *text, size_t length, const uint32_t *chosen, uint32_t nchosen,
				   int rule)
{
	char keyword[40];
	size_t n = random_below(33);

	if (random_below(3) == 0 && length > 0)
	{
		size_t start = random_below((uint32_t) length);

		n = n < length - start ? n : length - start;
		memcpy(keyword, text + start, n);
	}
	else
		n = random_text(keyword, n, chosen, nchosen, 20);
	for (size_t i = 0; i < n; i++)
	{
		if (keyword[i] == '\0')
			n = i;
	}
	add_keyword(keyword, n, rule);
}

/*
 * compare_with_oracle checks one text from several rules on.
 */
static void
compare_with_oracle(const char *bytes, size_t length, uint32_t maxrule, int ntimes)
{
	char *text = exact_copy(bytes, length);
	Matcher *matcher = build();

	for (int i = 0; i < ntimes; i++)
	{
		int from = i == 0 ? 0 : (int) random_below(maxrule + 2);
		int expected = oracle_first((const char *const *) set.keywords, set.rules, set.n, text,
									length, from);

		if (expected >= 0)
			nfound++;
		else
			nmissed++;
		check("random case", expected, match_first(matcher, text, length, from), text, length,
			  from);
	}
	free(text);
	free_set();
}

/*
 * test_random makes one random set and one text of up to "max" bytes.
 */
static void
test_random(size_t max, uint32_t maxkeywords, int ntimes)
{
	char *text = malloc(max + 8);
	uint32_t chosen[8];
	uint32_t nchosen = 1 + random_below(8);
	uint32_t nkeywords = random_below(maxkeywords + 1);
	uint32_t maxrule = 1 + random_below(2 * maxkeywords);
	size_t length;

	if (text == NULL)
		exit(2);
	for (uint32_t i = 0; i < nchosen; i++)
		chosen[i] = random_below(LENGTH_OF(pieces));
	length = random_text(text, max, chosen, nchosen, random_below(30));
	if (length > 4)
		length -= random_below(4); /* in the middle of a character */
	for (uint32_t i = 0; i < nkeywords; i++)
		add_random_keyword(text, length, chosen, nchosen, (int) random_below(maxrule + 1));
	compare_with_oracle(text, length, maxrule, ntimes);
	free(text);
}

/*
 * test_crowded fills the bitmap so far that the filter often says yes wrongly.
 */
static void
test_crowded(int nkeywords)
{
	char text[2000];
	char keyword[40];
	size_t length = 0;

	while (length + 4 <= sizeof(text))
		length = append_character(text, length);
	for (int i = 0; i < nkeywords; i++)
	{
		size_t n = 0;
		int nchars = 2 + (int) random_below(4);
		size_t start = random_below((uint32_t) length - 12);

		while (nchars-- > 0)
			n = append_character(keyword, n);
		if (i % 500 == 499) /* one that does occur */
			memcpy(keyword, text + start, n = 12);
		if (memchr(keyword, '\0', n) == NULL)
			add_keyword(keyword, n, (int) (i * 7919L % nkeywords));
	}
	compare_with_oracle(text, length, (uint32_t) nkeywords, 3);
}

/*
 * test_size checks the promise of at most 1 MB for 1,400 rules.
 */
static void
test_size(void)
{
	for (int i = 0; i < MAX_KEYWORDS; i++)
	{
		char keyword[16];
		size_t n = 0;

		while (n < 12)
		{
			uint32_t c = 0x4E00 + random_below(0x51A6);

			keyword[n++] = (char) (0xE0 | c >> 12);
			keyword[n++] = (char) (0x80 | (c >> 6 & 0x3F));
			keyword[n++] = (char) (0x80 | (c & 0x3F));
		}
		add_keyword(keyword, n, i / 5);
	}
	(void) build();
	printf("%d keywords of 1400 rules: %zu bytes\n", set.n, block_size);
	check("at most 1 MB", 1, block_size <= MEGABYTE, "", 0, 0);
	free_set();
}

/*
 * main runs everything: argv[1] random cases from seed argv[2].
 */
int
main(int argc, char **argv)
{
	long iterations = argc > 1 ? atol(argv[1]) : 20000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	printf("iterations %ld, seed %llu\n", iterations, (unsigned long long) seed);
	random_state = seed;
	test_known();
	test_rules();
	test_folding();
	test_size();
	for (long i = 0; i < iterations; i++)
		test_random(random_below(2) == 0 ? 24 : 300, 1 + random_below(40), 3);
	for (long i = 0; i < iterations / 2000 + 1; i++)
		test_crowded(1 + (int) random_below(MAX_KEYWORDS - 1));
	for (long i = 0; i < iterations / 10000 + 3; i++)
		test_random(MEGABYTE, 12, 2);
	printf("%ld random cases with a match, %ld without\n", nfound, nmissed);
	if (iterations >= 100)
		check("both kinds of cases", 1, nfound > iterations / 4 && nmissed > iterations / 4, "", 0,
			  0);
	printf("%ld passed, %ld failed\n", npassed, nfailed);
	return nfailed == 0 ? 0 : 1;
}
