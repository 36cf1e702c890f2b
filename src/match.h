/*
 * match.h
 *		Keyword matcher over UTF-8 text.  Pure C: no PostgreSQL header.
 *
 * A keyword matches where its characters stand next to each other in the text,
 * in any position: there are no word boundaries.  Two characters are equal if
 * they fold to the same one: ASCII letters to lower case, full-width ASCII
 * (U+FF01..U+FF5E) to ASCII and then to lower case, the ideographic space to a
 * space.  A byte that does not belong to well-formed UTF-8 is a character of its
 * own, equal only to the same byte.  A database in another encoding is safe but
 * not served: its text has to be converted to UTF-8 first.
 */
#ifndef SLA_MATCH_H
#define SLA_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Matcher Matcher;

/*
 * match_build compiles keywords; keyword i belongs to rule rules[i], and the
 * smallest rule wins.  An empty keyword and one of a negative rule match nothing.
 * The matcher is one piece of memory from "allocate" (malloc's contract without
 * NULL), keeps no pointer to its arguments, and is never written to again.
 */
extern Matcher *match_build(const char *const *keywords, const int *rules, int nkeywords,
							void *(*allocate)(size_t));

/*
 * match_first returns the smallest rule that has a keyword in the text, or -1.
 * Rules below "from" are not looked for.  It reads exactly text[0 .. length - 1],
 * which may hold any bytes, allocates nothing and cannot fail.
 */
extern int match_first(const Matcher *matcher, const char *text, size_t length, int from);

#endif
