/*
 * query.h
 *		The statements the C parts run, by name.  Their text is in query.c.
 */
#ifndef SLA_QUERY_H
#define SLA_QUERY_H

typedef enum QueryId
{
	QUERY_NONE,
	NQUERIES
} QueryId;

/* query_begin and query_end bracket a piece of work; they nest. */
extern void query_begin(void);
extern void query_end(void);

/*
 * query_run runs one statement with its arguments and returns how many rows it
 * returned or changed; rows are in SPI_tuptable.  A null argument has nulls[i] =
 * 'n'; nulls may be NULL.  The statement sees everything committed, in every
 * isolation level, and this transaction's own work.
 */
extern uint64 query_run(QueryId query, const Datum *values, const char *nulls);

#endif
