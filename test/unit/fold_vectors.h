/*
 * fold_vectors.h
 *		The written vectors: what the rules say about cases anyone can check by hand.
 *
 * The names are those of the model's vectors; "example" is one of the worked
 * examples of the requirements.
 */
#ifndef SLA_FOLD_VECTORS_H
#define SLA_FOLD_VECTORS_H

#include "fold_case.h"

typedef struct Vector
{
	const char *name;
	const char *targets[CASE_TARGETS];
	const char *events;
	const char *as_of;
	const char *expected; /* what case_render prints */
} Vector;

extern const Vector vectors[]; /* ends with one without a name */

#endif
