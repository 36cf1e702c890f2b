/*
 * fold_case.h
 *		One case for the engine: targets, events and an instant, held by value.
 *
 * A case is written as text, drawn at random or decoded from bytes, and can be
 * printed again as the text it could have been written as:
 *
 *	target	S=assigned F=received+30m X=all(plan,team) D=2h restarts pausable
 *	events	09:00 received; 09:08 changed off=0; 10:00 waiting pause=1; 10:30 assigned rec=11:00
 *
 * Times are [days+]HH:MM[:SS[.ffffff]] from a Monday on.
 */
#ifndef SLA_FOLD_CASE_H
#define SLA_FOLD_CASE_H

#include <stdio.h>

#include "fold.h"

#define CASE_TARGETS 6
#define CASE_EVENTS 24
#define CASE_CODES 4
#define CASE_SLOTS 2
#define CASE_FREE_CODES 40

typedef struct Case
{
	int ntargets;
	FoldTarget targets[CASE_TARGETS];
	int calendars[CASE_TARGETS];
	int starts[CASE_TARGETS][CASE_CODES];
	int stops[CASE_TARGETS][CASE_CODES];
	int rearms[CASE_TARGETS][CASE_CODES];
	int cancels[CASE_TARGETS][CASE_CODES];
	int nevents;
	FoldEvent events[CASE_EVENTS];
	bool applies[CASE_EVENTS][CASE_TARGETS];
	int64_t dues[CASE_EVENTS][CASE_SLOTS];
	int64_t as_of;
} Case;

/* Where a drawn case's choices come from: a number below n, and at least 0. */
typedef struct Chooser
{
	int (*below)(struct Chooser *chooser, int n);
	uint64_t state;
	const uint8_t *bytes;
	size_t nbytes;
} Chooser;

typedef WorkStatus (*FoldFunction)(const FoldTarget *, int, const FoldHistory *, FoldResult *);

extern bool case_verbose; /* prints what the written vectors leave out */

extern void case_clear(Case *c);
extern void case_link(Case *c);
extern void case_target(Case *c, const char *text);
extern void case_events(Case *c, const char *text);
extern int64_t case_time(const char *text);
extern void case_draw(Case *c, Chooser *chooser);
extern void case_swap(Case *c, int i, int j);
extern void case_sort(Case *c);

extern WorkStatus case_fold(const Case *c, FoldFunction function, FoldResult *result);
extern void case_free(FoldResult *result);
extern bool case_same(const FoldResult *a, const FoldResult *b, bool created);
extern void case_shrink(Case *c, bool (*wrong)(const Case *c));
extern void case_dump(const Case *c, FILE *out);
extern void case_render(const Case *c, const FoldResult *result, FILE *out);
/* The name of a rule that holds for every result and does not for this one; or NULL. */
extern const char *case_broken_rule(const Case *c, const FoldResult *result);

#endif
