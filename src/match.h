/*
 * match.h
 *		Keyword matcher over UTF-8 text.  Pure C: no PostgreSQL header.
 */
#ifndef SLA_MATCH_H
#define SLA_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Matcher Matcher;

/*
 * match_build compiles keywords; keyword i belongs to rule rules[i], and the
 * smallest rule wins.  Case and full-width ASCII are folded.  Memory comes from
 * "allocate" (malloc's contract without NULL) and is never freed by the matcher.
 */
extern Matcher *match_build(const char *const *keywords, const int *rules, int nkeywords,
							void *(*allocate)(size_t));

/*
 * match_first returns the smallest rule that has a keyword in the text, or -1.
 * Rules below "from" are not looked for.
 */
extern int match_first(const Matcher *matcher, const char *text, size_t length, int from);

#endif
