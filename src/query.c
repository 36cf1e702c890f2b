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
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "sla_ext.h"

#define MAX_ARGUMENTS 16

/*
 * Arguments in the shape of our own tables: their types have no fixed OID and are
 * looked up when the statement is prepared.  No real type has an OID this small.
 */
enum
{
	TICKET_ROW = 1,
	EVENT_ROWS,
	CLOCK_ROWS,
	BREACH_ROWS,
	FINDING_ROWS,
	LAST_ROW_TYPE = FINDING_ROWS
};

static const char *const row_tables[] = {
	[TICKET_ROW] = "ticket", [EVENT_ROWS] = "event",	 [CLOCK_ROWS] = "clock",
	[BREACH_ROWS] = "breach", [FINDING_ROWS] = "finding",
};

typedef struct Statement
{
	const char *sql;
	int result; /* the SPI code of success */
	int nargs;
	Oid types[MAX_ARGUMENTS];
} Statement;

static const Statement statements[NQUERIES] = {
	[QUERY_LOCK_TICKET] = {
		"SELECT t.* FROM sla.ticket t WHERE t.ticket_id = $1 FOR NO KEY UPDATE",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_TRY_LOCK_TICKET] = {
		"SELECT t.* FROM sla.ticket t WHERE t.ticket_id = $1 FOR NO KEY UPDATE SKIP LOCKED",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_READ_TICKET] = {
		"SELECT t.* FROM sla.ticket t WHERE t.ticket_id = $1",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_LOCK_CLOCKS] = {
		"SELECT 1 FROM sla.clock WHERE ticket_id = $1 AND stopped_at IS NULL AND "
		"cancelled_at IS NULL ORDER BY target, cycle, seq FOR NO KEY UPDATE",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_READ_EVENTS] = {
		"SELECT event_no, event, occurred_at, recorded_at, effective_at, actor, note, "
		"details, implied_by, automatic FROM sla.event WHERE ticket_id = $1 ORDER BY "
		"event_no",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_READ_CLOCKS] = {
		"SELECT target, cycle, seq, provisional, started_at, created_at, due_at, warn_at, "
		"paused_at, (EXTRACT(epoch FROM paused_for) * 1000000)::int8, parts_done, "
		"stopped_at, cancelled_at, stop_event FROM sla.clock WHERE ticket_id = $1",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_READ_BREACHES] = {
		"SELECT target, cycle, due_at, kind, seq, stopped_at, born_overdue, CASE WHEN "
		"voided_at IS NOT NULL THEN COALESCE(voided_by, '?') END, "
		"pg_catalog.array_to_string(responsible, E'\\x1f') FROM sla.breach WHERE ticket_id = "
		"$1 AND kind <> 'process_violation'",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_PARSE_COLUMNS] = {
		"SELECT r.* FROM pg_catalog.jsonb_populate_record(NULL::sla.ticket, $1) r",
		SPI_OK_SELECT,
		1,
		{JSONBOID}},
	[QUERY_CHANGED_COLUMNS] = {
		"SELECT pg_catalog.jsonb_build_object('set', pg_catalog.jsonb_object_agg(n.key, "
		"n.value), 'was', pg_catalog.jsonb_object_agg(n.key, o.value)) FROM "
		"pg_catalog.jsonb_each(pg_catalog.to_jsonb($1)) n JOIN "
		"pg_catalog.jsonb_each(pg_catalog.to_jsonb($2)) o ON o.key = n.key WHERE n.value IS "
		"DISTINCT FROM o.value AND n.key = ANY ($3) HAVING count(*) > 0",
		SPI_OK_SELECT,
		3,
		{TICKET_ROW, TICKET_ROW, TEXTARRAYOID}},
	[QUERY_OLD_COLUMNS] = {
		"SELECT COALESCE(pg_catalog.jsonb_object_agg(o.key, o.value), '{}') FROM sla.ticket "
		"t, pg_catalog.jsonb_each(pg_catalog.to_jsonb(t)) o WHERE t.ticket_id = $1 AND "
		"pg_catalog.jsonb_exists($2, o.key)",
		SPI_OK_SELECT,
		2,
		{INT8OID, JSONBOID}},
	[QUERY_SET_COLUMNS] = {
		"UPDATE sla.ticket t SET ("
		"type, category, urgency, impact, severity, complexity, priority, channel, "
		"customer, customer_tier, subject, description, department, departments, owner, "
		"assignee, acceptor, carrier, supplier, against_employee, needs_department, "
		"onsite_required, business_impact, verification_outcome, complaint_cause, "
		"responsibility, decision_owner, product, asset, fault_code, root_cause, "
		"order_ref, amount_involved, loss_amount, happened_at, promised_at, "
		"appointment_at, customer_required_at, agreed_reply_at, due_at, legal_hold, "
		"repeat_of, parent_ticket, attributes"
		") = (SELECT "
		"r.type, r.category, r.urgency, r.impact, r.severity, r.complexity, r.priority, "
		"r.channel, r.customer, r.customer_tier, r.subject, r.description, r.department, "
		"r.departments, r.owner, r.assignee, r.acceptor, r.carrier, r.supplier, "
		"r.against_employee, r.needs_department, r.onsite_required, r.business_impact, "
		"r.verification_outcome, r.complaint_cause, r.responsibility, r.decision_owner, "
		"r.product, r.asset, r.fault_code, r.root_cause, r.order_ref, r.amount_involved, "
		"r.loss_amount, r.happened_at, r.promised_at, r.appointment_at, "
		"r.customer_required_at, r.agreed_reply_at, r.due_at, r.legal_hold, r.repeat_of, "
		"r.parent_ticket, r.attributes"
		" FROM pg_catalog.jsonb_populate_record(t, $2) r) WHERE t.ticket_id = $1",
		SPI_OK_UPDATE,
		2,
		{INT8OID, JSONBOID}},
	[QUERY_SET_LIFECYCLE] = {
		"UPDATE sla.ticket SET status = $2, cycle = $3, last_score = $4, resolved_at = $5, "
		"closed_at = $6, archived_at = $7 WHERE ticket_id = $1",
		SPI_OK_UPDATE,
		7,
		{INT8OID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID}},
	[QUERY_PLAN_REOPEN_ALERT] = {
		"INSERT INTO sla.escalation (ticket_id, target, cycle, due_at, kind, level, seq, "
		"raise_at, roles, recipients, medium, reason) VALUES ($1, 'reopened', $2, $3, "
		"'reopen_alert', 1, 1, $3, pg_catalog.string_to_array($4, E'\\x1f'), "
		"pg_catalog.string_to_array($5, E'\\x1f'), 'inbox', $6) ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		6,
		{INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID}},
	[QUERY_NOTIFY_EVENT] = {
		"INSERT INTO sla.notification (ticket_id, target, cycle, due_at, kind, level, "
		"recipient, medium, payload, created_at, visible_at) SELECT $1, $2, $3, $4, 'event', "
		"0, r, 'inbox', pg_catalog.jsonb_build_object('ticket_id', $1, 'event', $6), $7, $7 "
		"FROM pg_catalog.unnest(pg_catalog.string_to_array($5, E'\\x1f')) r ON CONFLICT DO "
		"NOTHING",
		SPI_OK_INSERT,
		7,
		{INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}},
	[QUERY_INSERT_EVENTS] = {
		"INSERT INTO sla.event (ticket_id, event_no, event, cycle, occurred_at, recorded_at, "
		"effective_at, actor, note, details, implied_by, automatic) SELECT u.ticket_id, "
		"u.event_no, u.event, u.cycle, u.occurred_at, u.recorded_at, u.effective_at, "
		"u.actor, u.note, u.details, u.implied_by, u.automatic FROM pg_catalog.unnest($1) u",
		SPI_OK_INSERT,
		1,
		{EVENT_ROWS}},
	[QUERY_INSERT_CLOCKS] = {
		"INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, "
		"milestone, binding, provisional, calendar, started_at, created_at, due_at, warn_at, "
		"paused_at, paused_for, parts_done, stopped_at, cancelled_at, stop_event, "
		"department) SELECT u.ticket_id, u.target, u.cycle, u.seq, u.policy, "
		"u.policy_version, u.milestone, u.binding, u.provisional, u.calendar, u.started_at, "
		"u.created_at, u.due_at, u.warn_at, u.paused_at, u.paused_for, u.parts_done, "
		"u.stopped_at, u.cancelled_at, u.stop_event, u.department FROM pg_catalog.unnest($1) "
		"u",
		SPI_OK_INSERT,
		1,
		{CLOCK_ROWS}},
	[QUERY_UPDATE_CLOCKS] = {
		"UPDATE sla.clock c SET provisional = u.provisional, started_at = u.started_at, "
		"created_at = u.created_at, due_at = u.due_at, warn_at = u.warn_at, paused_at = "
		"u.paused_at, paused_for = u.paused_for, parts_done = u.parts_done, stopped_at = "
		"u.stopped_at, cancelled_at = u.cancelled_at, stop_event = u.stop_event FROM "
		"pg_catalog.unnest($1) u WHERE c.ticket_id = ($1)[1].ticket_id AND c.target = "
		"u.target AND c.cycle = u.cycle AND c.seq = u.seq",
		SPI_OK_UPDATE,
		1,
		{CLOCK_ROWS}},
	[QUERY_DELETE_CLOCKS] = {
		"DELETE FROM sla.clock c USING pg_catalog.unnest($1) u WHERE c.ticket_id = "
		"($1)[1].ticket_id AND c.target = u.target AND c.cycle = u.cycle AND c.seq = u.seq",
		SPI_OK_DELETE,
		1,
		{CLOCK_ROWS}},
	[QUERY_INSERT_BREACHES] = {
		"INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, "
		"policy_version, milestone, binding, ladder, born_overdue, detected_at, stopped_at, "
		"responsible_role, responsible, department) SELECT u.ticket_id, u.target, u.cycle, "
		"u.due_at, u.kind, u.seq, u.policy, u.policy_version, u.milestone, u.binding, "
		"u.ladder, u.born_overdue, u.detected_at, u.stopped_at, u.responsible_role, "
		"u.responsible, u.department FROM pg_catalog.unnest($1) u ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		1,
		{BREACH_ROWS}},
	[QUERY_CHANGE_BREACHES] = {
		"UPDATE sla.breach b SET seq = u.seq, born_overdue = u.born_overdue, stopped_at = "
		"u.stopped_at, voided_at = NULL, voided_by = NULL, void_reason = NULL, settled_at = "
		"CASE WHEN b.voided_at IS NULL AND b.born_overdue = u.born_overdue AND b.responsible "
		"= u.responsible THEN b.settled_at END, responsible_role = CASE WHEN d.decided THEN "
		"b.responsible_role ELSE u.responsible_role END, responsible = CASE WHEN d.decided "
		"THEN b.responsible ELSE u.responsible END FROM pg_catalog.unnest($1) u, LATERAL "
		"(SELECT EXISTS (SELECT FROM sla.penalty p, sla.breach x WHERE x.ticket_id = "
		"($1)[1].ticket_id AND x.target = u.target AND x.cycle = u.cycle AND x.due_at = "
		"u.due_at AND x.kind = u.kind AND p.ticket_id = x.ticket_id AND p.ladder = x.ladder "
		"AND p.employee = ANY (x.responsible) AND p.status = 'effective') AS decided) d "
		"WHERE b.ticket_id = ($1)[1].ticket_id AND b.target = u.target AND b.cycle = u.cycle "
		"AND b.due_at = u.due_at AND b.kind = u.kind",
		SPI_OK_UPDATE,
		1,
		{BREACH_ROWS}},
	[QUERY_VOID_BREACHES] = {
		"UPDATE sla.breach b SET voided_at = u.voided_at, voided_by = 'sla_ext', void_reason "
		"= u.void_reason, settled_at = NULL FROM pg_catalog.unnest($1) u WHERE b.ticket_id = "
		"($1)[1].ticket_id AND b.target = u.target AND b.cycle = u.cycle AND b.due_at = "
		"u.due_at AND b.kind = u.kind",
		SPI_OK_UPDATE,
		1,
		{BREACH_ROWS}},
	[QUERY_INSERT_FINDINGS] = {
		"INSERT INTO sla.finding (ticket_id, code, object, message, found_at) SELECT "
		"u.ticket_id, u.code, u.object, u.message, u.found_at FROM pg_catalog.unnest($1) u "
		"ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		1,
		{FINDING_ROWS}},
};

static SPIPlanPtr plans[NQUERIES];

/* query_begin connects to SPI and pins the search_path; give its result to query_end. */
int
query_begin(void)
{
	int level = NewGUCNestLevel();

	if (strcmp(namespace_search_path, "pg_catalog") != 0)
		(void) set_config_option("search_path", "pg_catalog", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	return level;
}

/* query_end disconnects from SPI and gives the caller its search_path back. */
void
query_end(int level)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	AtEOXact_GUC(true, level);
}

/* argument_types looks up the types that are known at run time only. */
static Oid *
argument_types(const Statement *statement)
{
	Oid *types = palloc(sizeof(Oid) * MAX_ARGUMENTS);

	for (int i = 0; i < statement->nargs; i++)
	{
		Oid type = statement->types[i];

		if (type <= LAST_ROW_TYPE)
		{
			Oid row = get_rel_type_id(sla_relid(row_tables[type], false));

			type = type == TICKET_ROW ? row : get_array_type(row);
		}
		types[i] = type;
	}
	return types;
}

/* plan_for returns the kept plan of a statement. */
static SPIPlanPtr
plan_for(QueryId query)
{
	if (plans[query] == NULL)
	{
		const Statement *statement = &statements[query];
		SPIPlanPtr plan =
			SPI_prepare(statement->sql, statement->nargs, argument_types(statement));

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
