/*
 * query.h
 *		The statements the C parts run, by name.  Their text is in query.c.
 */
#ifndef SLA_QUERY_H
#define SLA_QUERY_H

typedef enum QueryId
{
	QUERY_NONE,
	/* sweep.c */
	QUERY_SWEEP_STATE,
	QUERY_SWEEP_SAVE,
	QUERY_SWEEP_LOG,
	QUERY_SWEEP_PROBE,
	QUERY_SWEEP_LOCK,
	QUERY_SWEEP_LOCK_TICKETS,
	QUERY_SWEEP_FACTS,
	QUERY_SWEEP_COUNT,
	QUERY_SWEEP_BREACHES,
	QUERY_SWEEP_INTERVALS,
	QUERY_SWEEP_UNSETTLED,
	QUERY_SWEEP_SETTLE,
	QUERY_SWEEP_WARNINGS,
	QUERY_SWEEP_ESCALATIONS,
	QUERY_SWEEP_PLANNED,
	QUERY_SWEEP_RAISE,
	QUERY_SWEEP_DROP,
	QUERY_SWEEP_NOTIFICATIONS,
	QUERY_SWEEP_PENALTIES,
	QUERY_SWEEP_FINDINGS,
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
