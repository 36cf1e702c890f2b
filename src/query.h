/*
 * query.h
 *		The statements the C parts run, by name.  Their text is in query.c.
 */
#ifndef SLA_QUERY_H
#define SLA_QUERY_H

#include "access/tupdesc.h"
#include "nodes/execnodes.h"
#include "utils/tuplestore.h"

typedef enum QueryId
{
	/* engine.c, diff.c, ticket.c */
	QUERY_LOCK_TICKET,
	QUERY_TRY_LOCK_TICKET,
	QUERY_READ_TICKET,
	QUERY_LOCK_CLOCKS,
	QUERY_FIND_TRACES,
	QUERY_READ_EVENTS,
	QUERY_READ_CLOCKS,
	QUERY_READ_BREACHES,
	QUERY_CHANGED_COLUMNS,
	QUERY_OLD_COLUMNS,
	QUERY_SET_COLUMNS,
	QUERY_SET_LIFECYCLE,
	QUERY_PLAN_REOPEN_ALERT,
	QUERY_NOTIFY_EVENT,
	/* rows.c */
	QUERY_INSERT_EVENTS,
	QUERY_INSERT_CLOCKS,
	QUERY_UPDATE_CLOCKS,
	QUERY_DELETE_CLOCKS,
	QUERY_INSERT_BREACHES,
	QUERY_CHANGE_BREACHES,
	QUERY_VOID_BREACHES,
	QUERY_RESUME_BREACHES,
	QUERY_INSERT_PENALTIES,
	QUERY_INSERT_FINDINGS,
	/* rollup.c */
	QUERY_MARK_MONTHS,
	/* penalty.c */
	QUERY_OPEN_DOCUMENT,
	QUERY_LOCK_DOCUMENT,
	QUERY_TRY_LOCK_DOCUMENT,
	QUERY_OPEN_CASE_FILE,
	QUERY_NOTE_CASE_FILE,
	/* simulate.c */
	QUERY_SIMULATED_TICKETS,
	QUERY_RUNNING_TICKETS,
	/* attach.c */
	QUERY_LINK_ROWS,
	QUERY_FIND_LINK,
	QUERY_LOCK_LINKED,
	QUERY_RENAME_LINK,
	QUERY_UNLINK_ROW,
	QUERY_LINKED_KEYS,
	QUERY_INSERT_TICKETS,
	QUERY_CHANGE_TICKET,
	QUERY_ATTACHED_FINDING,
	/* contact.c, retention.c */
	QUERY_NEEDS_TO_KNOW,
	QUERY_LOG_ACCESS,
	QUERY_READ_CONTACT,
	QUERY_SET_CONTACT,
	QUERY_CONSENTED,
	QUERY_ARCHIVE,
	QUERY_PURGE,
	/* sweep.c */
	QUERY_SWEEP_STATE,
	QUERY_SWEEP_SAVE,
	QUERY_SWEEP_LOG,
	QUERY_SWEEP_DUTIES,
	QUERY_SWEEP_OPENED,
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
	QUERY_SWEEP_ASSESS,
	QUERY_SWEEP_FINDINGS,
	QUERY_SWEEP_FOLD,
	QUERY_TICKET_PLAN,
	QUERY_TICKET_STEPS,
	NQUERIES
} QueryId;

/*
 * query_begin and query_end bracket a piece of work; they nest.  In between the
 * search_path is pg_catalog and last pg_temp, so that no operator or type of a caller's
 * own can slip into a statement that runs in the name of the tables' owner.
 */
extern int query_begin(void);
extern void query_end(int level);

/*
 * query_run runs one statement with its arguments and returns how many rows it
 * returned or changed; rows are in SPI_tuptable.  A null argument has nulls[i] =
 * 'n'; nulls may be NULL.  The statement sees everything committed, in every
 * isolation level, and this transaction's own work.
 */
extern uint64 query_run(QueryId query, const Datum *values, const char *nulls);

/* query_return adds the rows of the last statement to the result of a set-returning function. */
extern void query_return(ReturnSetInfo *result);

/* Rows that a statement reads as the relation new_rows. */
typedef struct NewRows
{
	TupleDesc desc;
	Tuplestorestate *store;
	int64 n;
} NewRows;

/* query_write runs one of the statements of rows.c; ticket_id is only for changes. */
extern uint64 query_write(QueryId query, const NewRows *new_rows, int64 ticket_id);

#endif
