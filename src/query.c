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
#define BOOLARRAY 1000

/*
 * sweep.c.  A subquery with OFFSET 0 is never made a join: it stays one probe of an
 * index per row, however large the planner believes the tables to be.
 */
#define RUNNING "c.stopped_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL"

/* What has been decided about a clock's present deadline already. */
#define SAME_CHAIN(other, clock)                                                               \
	other ".ticket_id = " clock ".ticket_id AND " other ".target = " clock ".target AND "      \
	other ".cycle = " clock ".cycle"
#define HAS_BREACH(clock)                                                                      \
	"EXISTS (SELECT FROM sla.breach b WHERE " SAME_CHAIN("b", clock)                           \
	" AND b.due_at = " clock ".due_at AND CASE WHEN " clock ".provisional"                     \
	" THEN b.kind = 'start_missing' ELSE b.kind IN ('late', 'missed_interval') END OFFSET 0)"
#define HAS_NEXT(clock)                                                                        \
	"EXISTS (SELECT FROM sla.clock n WHERE " SAME_CHAIN("n", clock)                            \
	" AND n.seq = " clock ".seq + 1 OFFSET 0)"
#define DUE_CLOCKS                                                                             \
	" FROM sla.clock c WHERE " RUNNING " AND c.due_at >= $1 AND c.due_at < $2"                 \
	" AND NOT " HAS_BREACH("c") " AND NOT " HAS_NEXT("c")
#define HOLDERS_OF(row)                                                                        \
	" LEFT JOIN LATERAL (SELECT t.owner, t.assignee, t.department FROM sla.ticket t"           \
	" WHERE t.ticket_id = " row ".ticket_id OFFSET 0) AS t ON true"
#define SAME_ESCALATION(other)                                                                 \
	SAME_CHAIN(other, "e") " AND " other ".due_at = e.due_at AND " other ".kind = e.kind"      \
	" AND " other ".level = e.level"

typedef struct Statement
{
	const char *sql;
	int result; /* the SPI code of success */
	int nargs;
	Oid types[MAX_ARGUMENTS];
} Statement;

static const Statement statements[NQUERIES] = {
	[QUERY_NONE] = {"SELECT 1", SPI_OK_SELECT, 0, {0}},

	/* sweep.c */
	[QUERY_SWEEP_STATE] =
		{"SELECT s.low_water, s.next_low_water, s.next_xid, s.resume_at, s.runs,"
		 " pg_catalog.pg_snapshot_xmin(p.present), pg_catalog.pg_snapshot_xmax(p.present)"
		 " FROM (SELECT pg_catalog.pg_current_snapshot() AS present) AS p"
		 " LEFT JOIN sla.sweep_state s ON true",
		 SPI_OK_SELECT, 0, {0}},
	[QUERY_SWEEP_SAVE] =
		{"INSERT INTO sla.sweep_state"
		 " (low_water, next_low_water, next_xid, resume_at, runs, last_run_at, last_as_of)"
		 " VALUES ($1, $2, $3, $4, $5, $6, $7)"
		 " ON CONFLICT (only_row) DO UPDATE SET low_water = excluded.low_water,"
		 " next_low_water = excluded.next_low_water, next_xid = excluded.next_xid,"
		 " resume_at = excluded.resume_at, runs = excluded.runs,"
		 " last_run_at = excluded.last_run_at, last_as_of = excluded.last_as_of",
		 SPI_OK_INSERT, 7,
		 {TIMESTAMPTZOID, TIMESTAMPTZOID, XID8OID, TIMESTAMPTZOID, INT8OID, TIMESTAMPTZOID,
		  TIMESTAMPTZOID}},
	[QUERY_SWEEP_LOG] =
		{"WITH old AS (DELETE FROM sla.sweep_log WHERE sweep_no <="
		 " (SELECT pg_catalog.max(l.sweep_no) - 1000 FROM sla.sweep_log l))"
		 " INSERT INTO sla.sweep_log (as_of, started_at, finished_at, low_water, swept, warnings,"
		 " breaches, escalations, notifications, penalties, duties, more)"
		 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		 SPI_OK_INSERT, 12,
		 {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID,
		  INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, BOOLOID}},
	[QUERY_SWEEP_PROBE] =
		{"SELECT pg_catalog.count(*) FROM (SELECT" DUE_CLOCKS " ORDER BY c.due_at LIMIT $3) AS d",
		 SPI_OK_SELECT, 3, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_LOCK] =
		{"SELECT c.ticket_id, c.target, c.cycle, c.seq, c.policy, c.policy_version, c.milestone,"
		 " c.binding, c.provisional, c.calendar, c.created_at, c.due_at, c.parts_done,"
		 " c.department" DUE_CLOCKS
		 " ORDER BY c.due_at LIMIT $3 FOR NO KEY UPDATE OF c SKIP LOCKED",
		 SPI_OK_SELECT, 3, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_LOCK_TICKETS] =
		{"SELECT t.ticket_id FROM sla.ticket t WHERE t.ticket_id = ANY ($1)"
		 " ORDER BY t.ticket_id FOR NO KEY UPDATE SKIP LOCKED",
		 SPI_OK_SELECT, 1, {INT8ARRAYOID}},
	[QUERY_SWEEP_FACTS] =
		{"SELECT t.owner, t.assignee, t.department,"
		 " EXISTS (SELECT FROM sla.event v WHERE v.ticket_id = d.ticket_id"
		 " AND v.effective_at >= d.due_at OFFSET 0), " HAS_BREACH("d") " OR " HAS_NEXT("d")
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6))"
		 " WITH ORDINALITY AS d(ticket_id, target, cycle, seq, due_at, provisional, no)"
		 HOLDERS_OF("d") " ORDER BY d.no",
		 SPI_OK_SELECT, 7,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, INT4ARRAY, TIMESTAMPTZARRAY, BOOLARRAY,
		  TIMESTAMPTZOID}},
	[QUERY_SWEEP_COUNT] =
		{"SELECT pg_catalog.count(*) FROM sla.breach b"
		 " WHERE b.ticket_id = $1 AND b.voided_at IS NULL",
		 SPI_OK_SELECT, 1, {INT8OID}},
	[QUERY_SWEEP_BREACHES] =
		{"INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy,"
		 " policy_version, milestone, binding, ladder, born_overdue, responsible_role, responsible,"
		 " department, detected_at, settled_at)"
		 " SELECT r.ticket_id, r.target, r.cycle, r.due_at, r.kind, r.seq, r.policy,"
		 " r.policy_version, r.milestone, r.binding, r.ladder, r.born_overdue,"
		 " r.responsible_role::pg_catalog.text[], r.responsible::pg_catalog.text[],"
		 " r.department, $16, $16"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9),"
		 " pg_catalog.unnest($10), pg_catalog.unnest($11), pg_catalog.unnest($12),"
		 " pg_catalog.unnest($13), pg_catalog.unnest($14), pg_catalog.unnest($15))"
		 " AS r(ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone,"
		 " binding, ladder, born_overdue, responsible_role, responsible, department)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 16,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  TEXTARRAYOID, INT4ARRAY, TEXTARRAYOID, BOOLARRAY, TEXTARRAYOID, BOOLARRAY,
		  TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}},
	[QUERY_SWEEP_INTERVALS] =
		{"INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone,"
		 " binding, provisional, calendar, started_at, created_at, due_at, warn_at, parts_done,"
		 " department)"
		 " SELECT r.ticket_id, r.target, r.cycle, r.seq, r.policy, r.policy_version, r.milestone,"
		 " r.binding, false, r.calendar, r.started_at, r.created_at, r.due_at, r.warn_at,"
		 " r.parts_done, r.department"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9),"
		 " pg_catalog.unnest($10), pg_catalog.unnest($11), pg_catalog.unnest($12),"
		 " pg_catalog.unnest($13), pg_catalog.unnest($14), pg_catalog.unnest($15))"
		 " AS r(ticket_id, target, cycle, seq, policy, policy_version, milestone, binding,"
		 " calendar, started_at, created_at, due_at, warn_at, parts_done, department)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 16,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, INT4ARRAY, TEXTARRAYOID, INT4ARRAY,
		  TEXTARRAYOID, BOOLARRAY, TEXTARRAYOID, TIMESTAMPTZARRAY, TIMESTAMPTZARRAY,
		  TIMESTAMPTZARRAY, TIMESTAMPTZARRAY, INT4ARRAY, TEXTARRAYOID, TIMESTAMPTZOID}},
	[QUERY_SWEEP_UNSETTLED] =
		{"SELECT b.ticket_id, b.target, b.cycle, b.due_at, b.kind, b.seq, b.policy,"
		 " b.policy_version, b.voided_at IS NOT NULL"
		 " FROM sla.breach b WHERE b.settled_at IS NULL AND b.due_at <= $1"
		 " ORDER BY b.ticket_id LIMIT $2 FOR NO KEY UPDATE OF b SKIP LOCKED",
		 SPI_OK_SELECT, 2, {TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_SETTLE] =
		{"UPDATE sla.breach AS b SET settled_at = $6"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5))"
		 " AS r(ticket_id, target, cycle, due_at, kind)"
		 " WHERE b.ticket_id = r.ticket_id AND b.target = r.target AND b.cycle = r.cycle"
		 " AND b.due_at = r.due_at AND b.kind = r.kind",
		 SPI_OK_UPDATE, 6,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID,
		  TIMESTAMPTZOID}},
	[QUERY_SWEEP_WARNINGS] =
		{"SELECT c.ticket_id, c.target, c.cycle, c.seq, c.policy, c.policy_version, c.milestone,"
		 " c.warn_at, c.due_at, t.owner, t.assignee, t.department"
		 " FROM sla.clock c" HOLDERS_OF("c") " WHERE " RUNNING
		 " AND c.warn_at >= $1 AND c.warn_at <= $2 AND c.due_at >= $2"
		 " AND NOT EXISTS (SELECT FROM sla.escalation e WHERE " SAME_CHAIN("e", "c")
		 " AND e.due_at = c.due_at AND e.kind = 'warning' OFFSET 0)"
		 " ORDER BY c.warn_at LIMIT $3",
		 SPI_OK_SELECT, 3, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_ESCALATIONS] =
		{"INSERT INTO sla.escalation (ticket_id, target, cycle, due_at, kind, level, seq, raise_at,"
		 " roles, recipients, medium, raised_at)"
		 " SELECT r.ticket_id, r.target, r.cycle, r.due_at, r.kind, r.level, r.seq, r.raise_at,"
		 " r.roles::pg_catalog.text[], r.recipients::pg_catalog.text[], r.medium, $12"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9),"
		 " pg_catalog.unnest($10), pg_catalog.unnest($11))"
		 " AS r(ticket_id, target, cycle, due_at, kind, level, seq, raise_at, roles, recipients,"
		 " medium)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 12,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
		  TIMESTAMPTZOID}},
	[QUERY_SWEEP_PLANNED] =
		{"SELECT e.ticket_id, e.target, e.cycle, e.due_at, e.kind, e.level, e.medium, e.roles,"
		 " s.stands AND (e.kind <> 'warning' OR e.due_at >= $1), s.milestone,"
		 " t.owner, t.assignee, t.department"
		 " FROM sla.escalation e LEFT JOIN LATERAL (SELECT s.stands, s.milestone"
		 " FROM sla.escalation_standing s WHERE " SAME_ESCALATION("s") " OFFSET 0) AS s ON true"
		 HOLDERS_OF("e") " WHERE e.raised_at IS NULL AND e.raise_at <= $1"
		 " ORDER BY e.raise_at LIMIT $2 FOR NO KEY UPDATE OF e SKIP LOCKED",
		 SPI_OK_SELECT, 2, {TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_RAISE] =
		{"UPDATE sla.escalation AS e SET raised_at = $8,"
		 " recipients = r.recipients::pg_catalog.text[]"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7))"
		 " AS r(ticket_id, target, cycle, due_at, kind, level, recipients)"
		 " WHERE " SAME_ESCALATION("r"),
		 SPI_OK_UPDATE, 8,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  TEXTARRAYOID, TIMESTAMPTZOID}},
	[QUERY_SWEEP_DROP] =
		{"DELETE FROM sla.escalation AS e"
		 " USING ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6))"
		 " AS r(ticket_id, target, cycle, due_at, kind, level)"
		 " WHERE " SAME_ESCALATION("r"),
		 SPI_OK_DELETE, 7,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  TIMESTAMPTZOID}},
	[QUERY_SWEEP_NOTIFICATIONS] =
		{"INSERT INTO sla.notification (ticket_id, target, cycle, due_at, kind, level, recipient,"
		 " medium, payload, created_at, visible_at)"
		 " SELECT r.ticket_id, r.target, r.cycle, r.due_at, r.kind, r.level, r.recipient, r.medium,"
		 " pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('ticket_id', r.ticket_id,"
		 " 'target', r.target, 'milestone', r.milestone, 'kind', r.kind, 'level', r.level,"
		 " 'due_at', r.due_at)), $10, $10"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9))"
		 " AS r(ticket_id, target, cycle, due_at, kind, level, recipient, medium, milestone)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 10,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}},
	[QUERY_SWEEP_PENALTIES] =
		{"SELECT sla.refresh_penalties($1)", SPI_OK_SELECT, 1, {INT8ARRAYOID}},
	[QUERY_SWEEP_FINDINGS] =
		{"INSERT INTO sla.finding (code, object, ticket_id, message, found_at)"
		 " SELECT r.code, r.object, r.ticket_id, r.message, $5"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4)) AS r(code, object, ticket_id, message)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 5,
		 {TEXTARRAYOID, TEXTARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}},
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
