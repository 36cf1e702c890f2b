/*
 * fold_fuzz.c
 *		Bytes as a history: the two engines must agree, and break no rule.
 *
 * A libFuzzer target; linked with corpus_main.c a program that reads files.
 */
#include <stdlib.h>

#include "fold_case.h"
#include "fold_naive.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* next_byte lets the bytes choose; when they are used up, the first choice is taken. */
static int
next_byte(Chooser *chooser, int n)
{
	if (chooser->nbytes == 0)
		return 0;
	chooser->nbytes--;
	return *chooser->bytes++ % n;
}

/* disagree tells whether the engines differ about a case. */
static bool
disagree(const Case *c)
{
	FoldResult a = {0};
	FoldResult b = {0};
	WorkStatus status = case_fold(c, fold, &a);
	bool wrong = case_fold(c, naive_fold, &b) != status || a.failed_target != b.failed_target ||
				 !case_same(&a, &b, true) || case_broken_rule(c, &a) != NULL;

	case_free(&a);
	case_free(&b);
	return wrong;
}

/* traced_differs tells whether asking for the trace changes the answer. */
static bool
traced_differs(const Case *c)
{
	FoldHistory history = {c->nevents, c->events, c->as_of};
	FoldResult a = {0};
	FoldResult b = {0};
	bool differs;

	case_fold(c, fold, &a);
	b.resize = a.resize;
	b.release = a.release;
	b.trace = true;
	fold(c->targets, c->ntargets, &history, &b);
	differs = !case_same(&a, &b, true);
	case_free(&a);
	case_free(&b);
	return differs;
}

/* report prints what one engine finds. */
static void
report(const Case *c, FoldFunction function, const char *engine)
{
	FoldResult result = {0};

	case_fold(c, function, &result);
	fprintf(stderr, "%s says\n", engine);
	case_render(c, &result, stderr);
	case_free(&result);
}

/* LLVMFuzzerTestOneInput decodes one history and compares the engines. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes)
{
	Chooser chooser = {.below = next_byte, .bytes = bytes, .nbytes = nbytes};
	Case c;

	case_draw(&c, &chooser);
	if (traced_differs(&c))
		abort();
	if (!disagree(&c))
		return 0;
	case_shrink(&c, disagree);
	case_verbose = true;
	case_dump(&c, stderr);
	report(&c, fold, "fold");
	report(&c, naive_fold, "naive_fold");
	abort();
}
