/*
 * fold_naive.h
 *		A second, deliberately naive reading of docs/engine.md.
 *
 * It shares no code and no method with src/fold.c: every question is answered
 * by scanning the whole history again.  Memory comes from malloc; the caller
 * frees the arrays of the result.
 */
#ifndef SLA_FOLD_NAIVE_H
#define SLA_FOLD_NAIVE_H

#include "fold.h"

/* naive_fold answers what fold() answers, without a trace. */
extern WorkStatus naive_fold(const FoldTarget *targets, int ntargets, const FoldHistory *history,
							 FoldResult *result);

#endif
