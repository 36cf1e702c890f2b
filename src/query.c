/*
 * query.c
 *		Every SQL statement of the C parts, and the one place that runs them.
 *
 * Plans are prepared once per backend and kept.  All names are qualified, since
 * the search_path is the caller's (and empty in apply workers and pg_restore).
 * Under REPEATABLE READ and SERIALIZABLE the statements run on the latest snapshot,
 * as foreign keys do: a clock that somebody else closed must not be missed because
 * this transaction began earlier.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/snapmgr.h"

#include "sla_ext.h"

#define MAX_ARGUMENTS 32

/* Types of array arguments that have no macro of their own. */
#define TIMESTAMPTZARRAY 1185
#define INTERVALARRAY 1187
#define INT4ARRAY 1007

typedef struct Statement
{
	const char *sql;
	int result; /* the SPI code of success */
	int nargs;
	Oid types[MAX_ARGUMENTS];
} Statement;

static const Statement statements[NQUERIES] = {
	[QUERY_NONE] = {"SELECT 1", SPI_OK_SELECT, 0, {0}},
};

static SPIPlanPtr plans[NQUERIES];

/* query_begin connects to SPI. */
void
query_begin(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
}

/* query_end disconnects from SPI. */
void
query_end(void)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
}

/* plan_for returns the kept plan of a statement. */
static SPIPlanPtr
plan_for(QueryId query)
{
	if (plans[query] == NULL)
	{
		const Statement *statement = &statements[query];
		SPIPlanPtr plan =
			SPI_prepare(statement->sql, statement->nargs, unconstify(Oid *, &statement->types[0]));

		if (plan == NULL)
			elog(ERROR, "could not prepare statement %d: %s", query,
				 SPI_result_code_string(SPI_result));
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "could not keep the plan of statement %d", query);
		plans[query] = plan;
	}
	return plans[query];
}

/* query_run runs one statement. */
uint64
query_run(QueryId query, const Datum *values, const char *nulls)
{
	Snapshot snapshot = InvalidSnapshot;
	int result;

	if (IsolationUsesXactSnapshot())
	{
		CommandCounterIncrement();
		snapshot = GetLatestSnapshot();
	}
	result = SPI_execute_snapshot(plan_for(query), unconstify(Datum *, values), nulls, snapshot,
								  InvalidSnapshot, false, true, 0);
	if (result != statements[query].result)
		elog(ERROR, "statement %d returned %s", query, SPI_result_code_string(result));
	return SPI_processed;
}
