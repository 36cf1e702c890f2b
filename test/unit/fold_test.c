/*
 * fold_test.c
 *		The engine against the written vectors, and against the naive one.
 *
 * usage: fold_test [histories [seed]]
 *
 * With FOLD_ALONE only the naive engine is linked and tested.
 */
#include <stdlib.h>
#include <string.h>

#include "fold_case.h"
#include "fold_naive.h"
#include "fold_vectors.h"

static int passed;
static int failed;

/* count notes one outcome. */
static void
count(bool ok)
{
	if (ok)
		passed++;
	else
		failed++;
}

/* read_vector builds the case of a written vector. */
static void
read_vector(Case *c, const Vector *vector)
{
	case_clear(c);
	for (int i = 0; i < CASE_TARGETS && vector->targets[i] != NULL; i++)
		case_target(c, vector->targets[i]);
	case_events(c, vector->events);
	c->as_of = case_time(vector->as_of);
}

/* check_vector runs one engine on a written vector. */
static void
check_vector(const Vector *vector, FoldFunction function, const char *engine)
{
	Case c;
	FoldResult result = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	WorkStatus status;
	bool ok;

	read_vector(&c, vector);
	status = case_fold(&c, function, &result);
	case_render(&c, &result, out);
	if (status != WORK_OK)
		fprintf(out, "failed target %d status %d\n", result.failed_target, (int)status);
	fclose(out);
	ok = strcmp(text, vector->expected) == 0 && case_broken_rule(&c, &result) == NULL;
	count(ok);
	if (!ok)
	{
		printf("%s: %s is wrong\n", vector->name, engine);
		case_dump(&c, stdout);
		printf("expected\n%sgot\n%s\n", vector->expected, text);
	}
	free(text);
	case_free(&result);
}

#ifndef FOLD_ALONE

/* differs tells whether the two engines disagree about a case, or a rule is broken. */
static bool
differs(const Case *c)
{
	static FoldResult a;
	static FoldResult b;
	WorkStatus status = case_fold(c, fold, &a);
	bool same = naive_fold(c->targets, c->ntargets, &(FoldHistory){c->nevents, c->events, c->as_of},
						   &b) == status;

	return !same || a.failed_target != b.failed_target || !case_same(&a, &b, true) ||
		   case_broken_rule(c, &a) != NULL;
}

/* keeps_stamps folds again with the deadlines of the first fold stamped: nothing may change. */
static bool
keeps_stamps(const Case *c)
{
	static FoldResult a;
	static FoldResult b;
	FoldHistory history = {c->nevents, c->events, c->as_of, 0, NULL};
	WorkStatus status = case_fold(c, fold, &a);
	FoldStamp *stamps = malloc(sizeof(FoldStamp) * (size_t)(a.nclocks + 1));
	bool same;

	for (int i = 0; i < a.nclocks; i++)
	{
		const FoldClock *clock = &a.clocks[i];

		if (c->targets[clock->target].due_slot < 0)
			stamps[history.nstamps++] = (FoldStamp){clock->target,	 clock->cycle,
													clock->started_at, clock->paused_for,
													clock->due_at};
	}
	qsort(stamps, (size_t)history.nstamps, sizeof(FoldStamp), fold_compare_stamps);
	history.stamps = stamps;
	b.resize = a.resize;
	b.release = a.release;
	same = fold(c->targets, c->ntargets, &history, &b) == status && case_same(&a, &b, true);
	free(stamps);
	return same;
}

/* show_difference prints a case with both answers. */
static void
show_difference(const Case *c)
{
	FoldResult result = {0};
	const char *broken;

	case_verbose = true;
	case_dump(c, stdout);
	case_fold(c, fold, &result);
	printf("fold says\n");
	case_render(c, &result, stdout);
	broken = case_broken_rule(c, &result);
	if (broken != NULL)
		printf("which breaks: %s\n", broken);
	case_free(&result);
	case_fold(c, naive_fold, &result);
	printf("naive_fold says\n");
	case_render(c, &result, stdout);
	printf("\n");
	case_free(&result);
}

/* next_number is xorshift64*, reduced below n. */
static int
next_number(Chooser *chooser, int n)
{
	chooser->state ^= chooser->state >> 12;
	chooser->state ^= chooser->state << 25;
	chooser->state ^= chooser->state >> 27;
	return (int)((chooser->state * UINT64_C(2685821657736338717) >> 33) % (uint64_t)n);
}

/* survives_disorder records the same events in another order and expects the same verdicts. */
static bool
survives_disorder(const Case *c, Chooser *chooser)
{
	static FoldResult a;
	static FoldResult b;
	Case other = *c;

	for (int i = other.nevents - 1; i > 1; i--)
	{
		int j = 1 + next_number(chooser, i);
		int64_t recorded = other.events[i].recorded;

		other.events[i].recorded = other.events[j].recorded;
		other.events[j].recorded = recorded;
		case_swap(&other, 1 + next_number(chooser, i), i);
	}
	case_sort(&other);
	return case_fold(c, fold, &a) == case_fold(&other, fold, &b) && case_same(&a, &b, false);
}

/* compare_random draws histories until enough of them went wrong. */
static void
compare_random(long histories, uint64_t seed)
{
	Chooser chooser = {.below = next_number, .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
	int shown = 0;

	for (long i = 0; i < histories; i++)
	{
		Case c;
		bool wrong;

		case_draw(&c, &chooser);
		wrong = differs(&c);
		count(!wrong);
		if (wrong && shown++ < 5)
		{
			printf("history %ld of seed %lu:\n", i, (unsigned long)seed);
			case_shrink(&c, differs);
			show_difference(&c);
		}
		if (!wrong && i % 8 == 0)
			count(survives_disorder(&c, &chooser));
		if (!wrong && i % 8 == 1)
			count(keeps_stamps(&c));
	}
}

#endif

/* main runs the vectors, then the random histories. */
int
main(int argc, char **argv)
{
	long histories = argc > 1 ? atol(argv[1]) : 200000;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	for (const Vector *vector = vectors; vector->name != NULL; vector++)
	{
		check_vector(vector, naive_fold, "naive_fold");
#ifndef FOLD_ALONE
		check_vector(vector, fold, "fold");
#endif
	}
#ifndef FOLD_ALONE
	compare_random(histories, seed);
#else
	(void)histories;
	(void)seed;
#endif
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
