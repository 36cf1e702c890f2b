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
#include "utils/queryenvironment.h"
#include "utils/snapmgr.h"

#include "sla_ext.h"

#define MAX_ARGUMENTS 20
#define SAFE_PATH "pg_catalog, pg_temp"

/* Types of array arguments that have no macro of their own. */
#define TIMESTAMPTZARRAY 1185
#define DATEARRAY 1182
#define INT4ARRAY 1007
#define BOOLARRAY 1000

/*
 * A row of sla.ticket as an argument: its type has no fixed OID and is looked up when
 * the statement is prepared.  No real type has an OID this small.
 */
#define TICKET_ROW 1

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
	" AND NOT " HAS_BREACH("c")
#define HOLDERS_OF(row)                                                                        \
	" LEFT JOIN LATERAL (SELECT t.owner, t.assignee, t.department FROM sla.ticket t"           \
	" WHERE t.ticket_id = " row ".ticket_id OFFSET 0) AS t ON true"
/*
 * Who had an escalation's ticket in hand.  Of a warning, when it was due, as had been recorded
 * by then: what has been recorded since is undone, the newest first.  The others have been
 * decided before anything was recorded after them, see sweep_decide_steps().
 */
#define HOLDER(column)                                                                         \
	"CASE WHEN pg_catalog.jsonb_exists(u.was, '" column "') THEN u.was ->> '" column           \
	"' ELSE t." column " END"
#define HOLDERS_OF_ESCALATION                                                                  \
	HOLDERS_OF("e") " LEFT JOIN LATERAL (SELECT pg_catalog.jsonb_object_agg(w.key, w.value"    \
	" ORDER BY v.event_no DESC) AS was FROM sla.event v,"                                      \
	" pg_catalog.jsonb_each(v.details -> 'was') w WHERE e.kind = 'warning'"                    \
	" AND v.ticket_id = e.ticket_id AND v.recorded_at > e.raise_at"                            \
	" AND w.key IN ('owner', 'assignee', 'department')) AS u ON true"
#define SAME_ESCALATION(other)                                                                 \
	SAME_CHAIN(other, "e") " AND " other ".due_at = e.due_at AND " other ".kind = e.kind"      \
	" AND " other ".level = e.level"
#define STANDING                                                                               \
	" LEFT JOIN LATERAL (SELECT s.stands, s.milestone FROM sla.escalation_standing s WHERE "   \
	SAME_ESCALATION("s") " OFFSET 0) AS s ON true"

/*
 * The breach a step is about, and from when on it can be told if that was too late: a violation
 * is known when its event is recorded, a deadline with its clock; a promise that had fallen
 * away holds again.
 */
#define BREACH_OF_STEPS                                                                        \
	"b.ticket_id, b.target, b.cycle, b.due_at, b.kind, b.seq, b.policy, b.policy_version,"     \
	" GREATEST(b.resumed_at, CASE WHEN b.kind = 'process_violation' THEN b.detected_at"        \
	" WHEN b.born_overdue THEN (SELECT c.created_at FROM sla.clock c WHERE "                   \
	SAME_CHAIN("c", "b") " AND c.seq = b.seq) END)"

/* Whether a breach, as it was and as it is folded now, leads to the same steps and penalties. */
#define SAME_CONSEQUENCES                                                                      \
	"(b.voided_at IS NULL AND b.born_overdue = u.born_overdue AND COALESCE(b.stopped_at = "     \
	"u.stopped_at, b.stopped_at IS NULL) AND (d.decided OR b.responsible = u.responsible))"

/* What events and attached tables may set of a ticket. */
#define TICKET_COLUMNS                                                                         \
	"type, category, urgency, impact, severity, complexity, priority, channel, customer, "     \
	"customer_tier, subject, description, department, departments, owner, assignee, "          \
	"acceptor, carrier, supplier, against_employee, needs_department, onsite_required, "       \
	"business_impact, verification_outcome, complaint_cause, responsibility, "                 \
	"decision_owner, product, asset, fault_code, root_cause, order_ref, amount_involved, "     \
	"loss_amount, happened_at, promised_at, appointment_at, customer_required_at, "            \
	"agreed_reply_at, due_at, legal_hold, repeat_of, parent_ticket, attributes"

/* penalty.c: the ticket of a document that is neither filed nor withdrawn. */
#define OPEN_DOCUMENT                                                                          \
	" FROM sla.ticket t WHERE t.ticket_id = $1 AND t.duty IS NOT NULL AND t.closed_at IS NULL"   \
	" AND t.resolved_at IS NULL"

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
	[QUERY_FIND_TRACES] = {
		"SELECT 1 FROM sla.event WHERE ticket_id = $1 UNION ALL SELECT 1 FROM sla.clock "
		"WHERE ticket_id = $1 LIMIT 1",
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
		"stopped_at, cancelled_at, stop_event, override IS NOT NULL, department FROM sla.clock "
		"WHERE ticket_id = $1",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_READ_BREACHES] = {
		"SELECT b.target, b.cycle, b.due_at, b.kind, b.seq, b.stopped_at, b.born_overdue, CASE "
		"WHEN b.voided_at IS NOT NULL THEN COALESCE(b.voided_by, '?') END, "
		"pg_catalog.concat(pg_catalog.array_to_string(b.responsible_role, E'\\x1f'), E'\\x1e', "
		"pg_catalog.array_to_string(b.responsible, E'\\x1f')), EXISTS (SELECT FROM sla.penalty p "
		"WHERE p.ticket_id = b.ticket_id AND p.ladder = b.ladder AND p.ground = 'offence' AND "
		"p.employee = ANY (b.responsible) AND p.status IN ('effective', 'appealed')), b.department "
		"FROM sla.breach b WHERE b.ticket_id = $1",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
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
		"UPDATE sla.ticket t SET (" TICKET_COLUMNS ") = (SELECT " TICKET_COLUMNS
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
		"raise_at, roles, recipients, medium, reason) SELECT $1, 'reopened', $2, $3, "
		"'reopen_alert', 1, 1, $3, pg_catalog.string_to_array($4, E'\\x1f'), "
		"pg_catalog.string_to_array($5, E'\\x1f'), 'inbox', $6 WHERE NOT EXISTS (SELECT FROM "
		"sla.escalation e WHERE e.ticket_id = $1 AND e.kind = 'reopen_alert') ON CONFLICT DO NOTHING",
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
	/* rows.c; the argument is the ticket of the rows that change */
	[QUERY_INSERT_EVENTS] = {
		"INSERT INTO sla.event (ticket_id, event_no, event, cycle, occurred_at, recorded_at, "
		"effective_at, actor, note, details, implied_by, automatic) SELECT u.ticket_id, "
		"u.event_no, u.event, u.cycle, u.occurred_at, u.recorded_at, u.effective_at, "
		"u.actor, u.note, u.details, u.implied_by, u.automatic FROM new_rows u",
		SPI_OK_INSERT,
		1,
		{INT8OID}},
	[QUERY_INSERT_CLOCKS] = {
		"INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, "
		"milestone, binding, provisional, calendar, started_at, created_at, due_at, warn_at, "
		"paused_at, paused_for, parts_done, stopped_at, cancelled_at, stop_event, "
		"department) SELECT u.ticket_id, u.target, u.cycle, u.seq, u.policy, "
		"u.policy_version, u.milestone, u.binding, u.provisional, u.calendar, u.started_at, "
		"u.created_at, u.due_at, u.warn_at, u.paused_at, u.paused_for, u.parts_done, "
		"u.stopped_at, u.cancelled_at, u.stop_event, u.department FROM new_rows u",
		SPI_OK_INSERT,
		1,
		{INT8OID}},
	[QUERY_UPDATE_CLOCKS] = {
		"UPDATE sla.clock c SET provisional = u.provisional, started_at = u.started_at, "
		"created_at = u.created_at, due_at = u.due_at, warn_at = u.warn_at, paused_at = "
		"u.paused_at, paused_for = u.paused_for, parts_done = u.parts_done, stopped_at = "
		"u.stopped_at, cancelled_at = u.cancelled_at, stop_event = u.stop_event, department = u.department FROM "
		"new_rows u WHERE c.ticket_id = $1 AND c.target = "
		"u.target AND c.cycle = u.cycle AND c.seq = u.seq",
		SPI_OK_UPDATE,
		1,
		{INT8OID}},
	[QUERY_DELETE_CLOCKS] = {
		"DELETE FROM sla.clock c USING new_rows u WHERE c.ticket_id = "
		"$1 AND c.target = u.target AND c.cycle = u.cycle AND c.seq = u.seq",
		SPI_OK_DELETE,
		1,
		{INT8OID}},
	[QUERY_INSERT_BREACHES] = {
		"INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, "
		"policy_version, milestone, binding, ladder, born_overdue, detected_at, stopped_at, "
		"responsible_role, responsible, department) SELECT u.ticket_id, u.target, u.cycle, "
		"u.due_at, u.kind, u.seq, u.policy, u.policy_version, u.milestone, u.binding, "
		"u.ladder, u.born_overdue, u.detected_at, u.stopped_at, u.responsible_role, "
		"u.responsible, u.department FROM new_rows u ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		1,
		{INT8OID}},
	[QUERY_CHANGE_BREACHES] = {
		"UPDATE sla.breach b SET seq = u.seq, born_overdue = u.born_overdue, stopped_at = "
		"u.stopped_at, voided_at = NULL, voided_by = NULL, void_reason = NULL, settled_at = "
		"CASE WHEN " SAME_CONSEQUENCES " THEN b.settled_at END, steps_planned = b.steps_planned "
		"AND " SAME_CONSEQUENCES ", responsible_role = CASE WHEN d.decided THEN "
		"b.responsible_role ELSE u.responsible_role END, responsible = CASE WHEN d.decided "
		"THEN b.responsible ELSE u.responsible END, department = CASE WHEN d.decided THEN "
		"b.department ELSE u.department END, relieved = CASE WHEN d.decided THEN "
		"b.relieved ELSE ARRAY(SELECT r.employee COLLATE \"C\" FROM pg_catalog.unnest(b.relieved "
		"|| CASE WHEN b.born_overdue THEN '{}' ELSE b.responsible END) AS r(employee) EXCEPT "
		"SELECT pg_catalog.unnest(CASE WHEN u.born_overdue THEN '{}' ELSE u.responsible END) "
		"ORDER BY 1) END FROM new_rows u, LATERAL "
		"(SELECT EXISTS (SELECT FROM sla.penalty p, sla.breach x WHERE x.ticket_id = "
		"$1 AND x.target = u.target AND x.cycle = u.cycle AND x.due_at = "
		"u.due_at AND x.kind = u.kind AND p.ticket_id = x.ticket_id AND p.ladder = x.ladder "
		"AND p.ground = 'offence' AND p.employee = ANY (x.responsible) AND p.status IN "
		"('effective', 'appealed')) AS decided) d "
		"WHERE b.ticket_id = $1 AND b.target = u.target AND b.cycle = u.cycle "
		"AND b.due_at = u.due_at AND b.kind = u.kind",
		SPI_OK_UPDATE,
		1,
		{INT8OID}},
	[QUERY_VOID_BREACHES] = {
		"UPDATE sla.breach b SET voided_at = u.voided_at, voided_by = 'sla_ext', void_reason "
		"= u.void_reason, settled_at = NULL, steps_planned = false FROM new_rows u WHERE b.ticket_id = "
		"$1 AND b.target = u.target AND b.cycle = u.cycle AND b.due_at = "
		"u.due_at AND b.kind = u.kind",
		SPI_OK_UPDATE,
		1,
		{INT8OID}},
	[QUERY_RESUME_BREACHES] = {
		"UPDATE sla.breach b SET resumed_at = u.detected_at, settled_at = NULL, steps_planned = "
		"false FROM new_rows u WHERE b.ticket_id = $1 AND b.target = u.target AND b.cycle = "
		"u.cycle AND b.due_at = u.due_at AND b.kind = u.kind AND b.voided_at IS NULL",
		SPI_OK_UPDATE,
		1,
		{INT8OID}},
	[QUERY_INSERT_PENALTIES] = {
		"INSERT INTO sla.penalty (ticket_id, ladder, ground, employee, subject, policy, "
		"policy_version, first_due_at, breach_count, status, created_at) SELECT u.ticket_id, "
		"u.ladder, u.ground, u.employee, u.subject, u.policy, u.policy_version, "
		"u.first_due_at, 0, 'candidate', u.created_at FROM new_rows u ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		1,
		{INT8OID}},
	/* penalty.c */
	[QUERY_OPEN_DOCUMENT] = {
		"INSERT INTO sla.ticket AS d (policy, type, duty, subject_key, parent_ticket, department, "
		"owner, assignee, due_at, received_at) SELECT $2, 'duty', $3, $4, t.ticket_id, CASE $5 "
		"WHEN 'team' THEN $4 WHEN 'carrier' THEN t.department ELSE (SELECT e.department FROM "
		"sla.employee e WHERE e.employee = $4) END, p.person, p.person, $6, $7 FROM sla.ticket t, "
		"LATERAL (SELECT CASE WHEN $5 NOT IN ('team', 'carrier') THEN $4 END AS person) p WHERE "
		"t.ticket_id = $1 AND EXISTS (SELECT FROM sla.penalty_rule r WHERE r.policy = $2 AND "
		"r.duty = $3) RETURNING d.ticket_id",
		SPI_OK_INSERT_RETURNING,
		7,
		{INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID}},
	[QUERY_LOCK_DOCUMENT] = {
		"SELECT 1" OPEN_DOCUMENT " FOR NO KEY UPDATE",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_TRY_LOCK_DOCUMENT] = {
		"SELECT 1" OPEN_DOCUMENT " FOR NO KEY UPDATE SKIP LOCKED",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_OPEN_CASE_FILE] = {
		"INSERT INTO sla.ticket AS f (policy, type, duty, period, received_at) VALUES ($1, 'duty', "
		"'assessment', $2, $3) RETURNING f.ticket_id",
		SPI_OK_INSERT_RETURNING,
		3,
		{TEXTOID, TEXTOID, TIMESTAMPTZOID}},
	/* What is to be done about a period begins with its end. */
	[QUERY_NOTE_CASE_FILE] = {
		"INSERT INTO sla.duty_run (policy, duty, period, ticket_id, starts_at, opened_at) VALUES "
		"($1, 'assessment', $2, $3, $4, $5)",
		SPI_OK_INSERT,
		5,
		{TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID}},
	[QUERY_INSERT_FINDINGS] = {
		"INSERT INTO sla.finding (ticket_id, code, object, message, found_at) SELECT "
		"u.ticket_id, u.code, u.object, u.message, u.found_at FROM new_rows u "
		"ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		1,
		{INT8OID}},
	/* rollup.c */
	[QUERY_MARK_MONTHS] = {
		"INSERT INTO sla.rollup_mark (ticket_id, month_start) SELECT $1, m FROM "
		"pg_catalog.unnest($2) m",
		SPI_OK_INSERT,
		2,
		{INT8OID, DATEARRAY}},
	/* simulate.c */
	[QUERY_SIMULATED_TICKETS] = {
		"SELECT t.ticket_id FROM sla.ticket t WHERE t.policy = $1 AND t.received_at >= $2 "
		"AND t.received_at < $3 ORDER BY t.ticket_id",
		SPI_OK_SELECT,
		3,
		{TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID}},
	[QUERY_RUNNING_TICKETS] = {
		"SELECT DISTINCT c.ticket_id FROM sla.clock c WHERE c.stopped_at IS NULL AND "
		"c.cancelled_at IS NULL AND c.calendar <> '24x7' AND (c.due_at >= $1 OR c.paused_at "
		"IS NOT NULL) ORDER BY c.ticket_id",
		SPI_OK_SELECT,
		1,
		{TIMESTAMPTZOID}},
	/*
	 * attach.c; a key that comes again after its row was deleted is a new row, one whose
	 * ticket has been purged is none; every transaction writes its first finding under a
	 * number of its own, so that no writer waits for another, or fails, because of it
	 */
	[QUERY_LINK_ROWS] = {
		"INSERT INTO sla.attached_row (attachment, source_key, ticket_id) SELECT $1, r.source_key, "
		"r.ticket_id FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS "
		"r(source_key, ticket_id) ON CONFLICT (attachment, source_key) DO UPDATE SET ticket_id = "
		"excluded.ticket_id, deleted_at = NULL",
		SPI_OK_INSERT,
		3,
		{TEXTOID, TEXTARRAYOID, INT8ARRAYOID}},
	[QUERY_FIND_LINK] = {
		"SELECT r.ticket_id FROM sla.attached_row r JOIN sla.ticket t ON t.ticket_id = r.ticket_id "
		"WHERE r.attachment = $1 AND r.source_key = $2 AND r.deleted_at IS NULL",
		SPI_OK_SELECT,
		2,
		{TEXTOID, TEXTOID}},
	[QUERY_LOCK_LINKED] = {
		"SELECT t.* FROM sla.attached_row r JOIN sla.ticket t ON t.ticket_id = r.ticket_id WHERE "
		"r.attachment = $1 AND r.source_key = $2 AND r.deleted_at IS NULL FOR NO KEY UPDATE OF t",
		SPI_OK_SELECT,
		2,
		{TEXTOID, TEXTOID}},
	[QUERY_RENAME_LINK] = {
		"UPDATE sla.attached_row r SET source_key = $3 WHERE r.attachment = $1 AND r.source_key = "
		"$2 AND r.deleted_at IS NULL",
		SPI_OK_UPDATE,
		3,
		{TEXTOID, TEXTOID, TEXTOID}},
	[QUERY_UNLINK_ROW] = {
		"UPDATE sla.attached_row r SET deleted_at = $3 WHERE r.attachment = $1 AND r.source_key = "
		"$2 AND r.deleted_at IS NULL RETURNING r.ticket_id, (SELECT t.closed_at IS NULL FROM "
		"sla.ticket t WHERE t.ticket_id = r.ticket_id)",
		SPI_OK_UPDATE_RETURNING,
		3,
		{TEXTOID, TEXTOID, TIMESTAMPTZOID}},
	[QUERY_LINKED_KEYS] = {
		"SELECT r.source_key FROM sla.attached_row r WHERE r.attachment = $1 AND r.deleted_at IS "
		"NULL ORDER BY r.ticket_id",
		SPI_OK_SELECT,
		1,
		{TEXTOID}},
	[QUERY_INSERT_TICKETS] = {
		"INSERT INTO sla.ticket (ticket_id, policy, received_at, " TICKET_COLUMNS ") OVERRIDING "
		"SYSTEM VALUE SELECT ticket_id, policy, received_at, " TICKET_COLUMNS " FROM new_rows",
		SPI_OK_INSERT,
		1,
		{INT8OID}},
	[QUERY_CHANGE_TICKET] = {
		"UPDATE sla.ticket t SET (" TICKET_COLUMNS ") = (SELECT " TICKET_COLUMNS
		" FROM new_rows) WHERE t.ticket_id = $1",
		SPI_OK_UPDATE,
		1,
		{INT8OID}},
	[QUERY_ATTACHED_FINDING] = {
		"INSERT INTO sla.finding (code, object, ticket_id, message, found_at) SELECT "
		"'attachment_failed', $1, $4, $2, $3 WHERE NOT EXISTS (SELECT FROM sla.finding f WHERE "
		"f.code = 'attachment_failed' AND f.object = $1 AND f.ticket_id < 0) ON CONFLICT DO NOTHING",
		SPI_OK_INSERT,
		4,
		{TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID}},
	/* contact.c, retention.c */
	[QUERY_NEEDS_TO_KNOW] = {
		"SELECT 1 FROM sla.my_tickets WHERE ticket_id = $1",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_LOG_ACCESS] = {
		"INSERT INTO sla.access_log (accessed_at, ticket_id, role_name, login_name, action, "
		"purpose, third_party, legal_basis) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		SPI_OK_INSERT,
		8,
		{TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}},
	[QUERY_READ_CONTACT] = {
		"SELECT name, phone, email, address, other, disclosure_consent, consent_at "
		"FROM sla.contact WHERE ticket_id = $1",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	/* Null keeps a value, empty takes it away. */
	[QUERY_SET_CONTACT] = {
		"INSERT INTO sla.contact AS c (ticket_id, name, phone, email, address, other, "
		"disclosure_consent, consent_at, changed_at, changed_by) VALUES ($1, NULLIF($2, ''), "
		"NULLIF($3, ''), NULLIF($4, ''), NULLIF($5, ''), COALESCE($6, '{}'), $7, CASE WHEN $7 "
		"IS NOT NULL THEN $8 END, $8, $9) ON CONFLICT (ticket_id) DO UPDATE SET "
		"name = NULLIF(COALESCE($2, c.name), ''), phone = NULLIF(COALESCE($3, c.phone), ''), "
		"email = NULLIF(COALESCE($4, c.email), ''), "
		"address = NULLIF(COALESCE($5, c.address), ''), other = COALESCE($6, c.other), "
		"disclosure_consent = COALESCE($7, c.disclosure_consent), "
		"consent_at = CASE WHEN $7 IS NOT NULL THEN $8 ELSE c.consent_at END, "
		"changed_at = $8, changed_by = $9",
		SPI_OK_INSERT,
		9,
		{INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, BOOLOID, TIMESTAMPTZOID, TEXTOID}},
	[QUERY_CONSENTED] = {
		"SELECT 1 FROM sla.contact WHERE ticket_id = $1 AND disclosure_consent",
		SPI_OK_SELECT,
		1,
		{INT8OID}},
	[QUERY_ARCHIVE] = {
		"SELECT sla._archive($1, $2, $3)",
		SPI_OK_SELECT,
		3,
		{TIMESTAMPTZOID, INT4OID, TEXTOID}},
	[QUERY_PURGE] = {
		"SELECT object, row_count FROM sla._purge($1, $2, $3, $4)",
		SPI_OK_SELECT,
		4,
		{TIMESTAMPTZOID, BOOLOID, INT4OID, TEXTOID}},
	/* sweep.c */
	[QUERY_SWEEP_STATE] =
		{"SELECT s.low_water, s.next_low_water, s.next_xid, s.resume_at, s.runs,"
		 " p.xmin, s.last_as_of, s.next_duty_at, r.seen, s.duty_rows = r.seen, s.assess_at FROM (SELECT"
		 " pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) AS xmin) AS p"
		 /* Whatever changes a row gives it another number, and so the sum. */
		 " CROSS JOIN (SELECT pg_catalog.sum(v.xmin::pg_catalog.text::pg_catalog.int8)"
		 "::pg_catalog.int8 AS seen FROM (SELECT p.xmin FROM sla.policy p UNION ALL"
		 " SELECT d.xmin FROM sla.duty d) AS v) AS r"
		 " LEFT JOIN sla.sweep_state s ON true",
		 SPI_OK_SELECT, 0, {0}},
	[QUERY_SWEEP_SAVE] =
		{"INSERT INTO sla.sweep_state"
		 " (low_water, next_low_water, next_xid, resume_at, runs, last_run_at, last_as_of,"
		 " next_duty_at, duty_rows) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
		 " ON CONFLICT (only_row) DO UPDATE SET low_water = excluded.low_water,"
		 " next_low_water = excluded.next_low_water, next_xid = excluded.next_xid,"
		 " resume_at = excluded.resume_at, runs = excluded.runs,"
		 " last_run_at = excluded.last_run_at, last_as_of = excluded.last_as_of,"
		 " next_duty_at = excluded.next_duty_at, duty_rows = excluded.duty_rows",
		 SPI_OK_INSERT, 9,
		 {TIMESTAMPTZOID, TIMESTAMPTZOID, XID8OID, TIMESTAMPTZOID, INT8OID, TIMESTAMPTZOID,
		  TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_LOG] =
		{"WITH old AS (DELETE FROM sla.sweep_log WHERE sweep_no <="
		 " (SELECT pg_catalog.max(l.sweep_no) - 1000 FROM sla.sweep_log l))"
		 " INSERT INTO sla.sweep_log (as_of, started_at, finished_at, low_water, swept, warnings,"
		 " breaches, escalations, notifications, penalties, duties, more)"
		 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		 SPI_OK_INSERT, 12,
		 {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID,
		  INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, BOOLOID}},
	[QUERY_SWEEP_DUTIES] =
		{"SELECT o.tickets, pg_catalog.cardinality(o.tickets), o.breaches, o.more, o.next_at"
		 " FROM sla._open_duties($1, $2, $3) AS o",
		 SPI_OK_SELECT, 3, {TIMESTAMPTZOID, INT8OID, TIMESTAMPTZOID}},
	[QUERY_SWEEP_OPENED] =
		{"SELECT t.ticket_id, t.duty, COALESCE(t.due_at, t.received_at), t.owner, t.assignee,"
		 " t.department, d.roles FROM sla.ticket t JOIN sla.duty d ON d.policy = t.policy"
		 " AND d.version = t.policy_version AND d.duty = t.duty"
		 " WHERE t.ticket_id = ANY ($1) AND d.roles <> '{}' ORDER BY t.ticket_id",
		 SPI_OK_SELECT, 1, {INT8ARRAYOID}},
	[QUERY_SWEEP_PROBE] =
		{"SELECT pg_catalog.count(*) FROM (SELECT" DUE_CLOCKS " ORDER BY c.due_at LIMIT $3) AS d",
		 SPI_OK_SELECT, 3, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_LOCK] =
		{"SELECT c.ticket_id, c.target, c.cycle, c.seq, c.policy, c.policy_version, c.milestone,"
		 " c.binding, c.provisional, c.calendar, c.created_at, c.due_at, c.parts_done" DUE_CLOCKS
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
		{"SELECT " BREACH_OF_STEPS ", b.voided_at IS NOT NULL OR b.steps_planned"
		 " FROM sla.breach b WHERE b.settled_at IS NULL AND b.due_at <= $1"
		 " ORDER BY b.ticket_id LIMIT $2 FOR NO KEY UPDATE OF b SKIP LOCKED",
		 SPI_OK_SELECT, 2, {TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_SETTLE] =
		{"UPDATE sla.breach AS b SET settled_at = $6, steps_planned = false"
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
		 " c.warn_at, c.due_at, t.owner, t.assignee, t.department,"
		 " EXISTS (SELECT FROM sla.event v WHERE v.ticket_id = c.ticket_id"
		 " AND v.recorded_at > c.warn_at OFFSET 0)"
		 " FROM sla.clock c" HOLDERS_OF("c") " WHERE " RUNNING
		 " AND c.warn_at >= $1 AND c.warn_at <= $2 AND c.due_at >= $2"
		 " AND NOT EXISTS (SELECT FROM sla.escalation e WHERE " SAME_CHAIN("e", "c")
		 " AND e.due_at = c.due_at AND e.kind = 'warning' OFFSET 0)"
		 " ORDER BY c.warn_at LIMIT $3",
		 SPI_OK_SELECT, 3, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_ESCALATIONS] =
		{"INSERT INTO sla.escalation (ticket_id, target, cycle, due_at, kind, level, seq, raise_at,"
		 " roles, recipients, unfilled, medium, raised_at)"
		 " SELECT r.ticket_id, r.target, r.cycle, r.due_at, r.kind, r.level, r.seq, r.raise_at,"
		 " r.roles::pg_catalog.text[], r.recipients::pg_catalog.text[],"
		 " r.unfilled::pg_catalog.text[], r.medium, $13"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9),"
		 " pg_catalog.unnest($10), pg_catalog.unnest($11), pg_catalog.unnest($12))"
		 " AS r(ticket_id, target, cycle, due_at, kind, level, seq, raise_at, roles, recipients,"
		 " unfilled, medium)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 13,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
		  TIMESTAMPTZOID}},
	[QUERY_SWEEP_PLANNED] =
		{"SELECT e.ticket_id, e.target, e.cycle, e.due_at, e.kind, e.level, e.medium, e.roles,"
		 " e.unfilled IS NOT NULL OR s.stands AND (e.kind <> 'warning' OR e.due_at >= $1),"
		 " s.milestone, e.recipients, e.unfilled, " HOLDER("owner") ", "
		 HOLDER("assignee") ", " HOLDER("department")
		 " FROM sla.escalation e" STANDING HOLDERS_OF_ESCALATION
		 " WHERE e.raised_at IS NULL AND e.raise_at <= $1"
		 " ORDER BY e.raise_at LIMIT $2 FOR NO KEY UPDATE OF e SKIP LOCKED",
		 SPI_OK_SELECT, 2, {TIMESTAMPTZOID, INT8OID}},
	[QUERY_SWEEP_RAISE] =
		{"UPDATE sla.escalation AS e SET raised_at = $9,"
		 " recipients = r.recipients::pg_catalog.text[], unfilled = r.unfilled::pg_catalog.text[]"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
		 " pg_catalog.unnest($7), pg_catalog.unnest($8))"
		 " AS r(ticket_id, target, cycle, due_at, kind, level, recipients, unfilled)"
		 " WHERE " SAME_ESCALATION("r"),
		 SPI_OK_UPDATE, 9,
		 {INT8ARRAYOID, TEXTARRAYOID, INT4ARRAY, TIMESTAMPTZARRAY, TEXTARRAYOID, INT4ARRAY,
		  TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}},
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
		 " 'due_at', r.due_at,"
		 " 'event', CASE r.kind WHEN 'event' THEN 'duty_opened' END)), $10, $10"
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
	[QUERY_SWEEP_ASSESS] =
		{"SELECT sla._assess_due($1, $2)", SPI_OK_SELECT, 2, {TIMESTAMPTZOID, BOOLOID}},
	[QUERY_SWEEP_FINDINGS] =
		{"INSERT INTO sla.finding (code, object, ticket_id, message, found_at)"
		 " SELECT r.code, r.object, r.ticket_id, r.message, $5"
		 " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
		 " pg_catalog.unnest($4)) AS r(code, object, ticket_id, message)"
		 " ON CONFLICT DO NOTHING",
		 SPI_OK_INSERT, 5,
		 {TEXTARRAYOID, TEXTARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}},
	[QUERY_SWEEP_FOLD] = {"SELECT sla._fold_months($1)", SPI_OK_SELECT, 1, {TIMESTAMPTZOID}},
	/* sweep.c, for one ticket whose history is about to change */
	[QUERY_TICKET_PLAN] =
		{"UPDATE sla.breach b SET steps_planned = true WHERE b.ticket_id = $1"
		 " AND b.settled_at IS NULL AND b.voided_at IS NULL AND NOT b.steps_planned"
		 " RETURNING " BREACH_OF_STEPS,
		 SPI_OK_UPDATE_RETURNING, 1, {INT8OID}},
	[QUERY_TICKET_STEPS] =
		{"SELECT e.ticket_id, e.target, e.cycle, e.due_at, e.kind, e.level, e.roles, s.stands"
		 " FROM sla.escalation e" STANDING " WHERE e.ticket_id = $1 AND e.raised_at IS NULL"
		 " AND e.unfilled IS NULL AND e.kind <> 'warning' AND e.raise_at < $2"
		 " ORDER BY e.target, e.cycle, e.due_at, e.kind, e.level FOR NO KEY UPDATE OF e",
		 SPI_OK_SELECT, 2, {INT8OID, TIMESTAMPTZOID}},
};

static SPIPlanPtr plans[NQUERIES];
static Oid plan_rows[NQUERIES]; /* the row type among a plan's arguments, if any */

/*
 * query_begin connects to SPI and pins the search_path; give its result to query_end.
 * The temporary schema has to be named: where it is not, it comes first for types, and
 * a caller's own type, with checks of his own, would run in the name of the owner.
 */
int
query_begin(void)
{
	int level = NewGUCNestLevel();

	if (strcmp(namespace_search_path, SAFE_PATH) != 0)
		(void) set_config_option("search_path", SAFE_PATH, PGC_USERSET, PGC_S_SESSION,
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

/* argument_types returns the types of a statement's arguments, given the row type. */
static Oid *
argument_types(const Statement *statement, Oid row)
{
	Oid *types = palloc(sizeof(Oid) * MAX_ARGUMENTS);

	for (int i = 0; i < statement->nargs; i++)
		types[i] = statement->types[i] == TICKET_ROW ? row : statement->types[i];
	return types;
}

/* row_type returns the row type that a statement takes, as it is now, if it takes one. */
static Oid
row_type(const Statement *statement)
{
	for (int i = 0; i < statement->nargs; i++)
	{
		if (statement->types[i] == TICKET_ROW)
			return get_rel_type_id(sla_relid("ticket", false));
	}
	return InvalidOid;
}

/*
 * plan_for returns the kept plan of a statement.  A plan is analysed anew when a table
 * changes, but its argument types are for good: where the table has been dropped and
 * made again, the plan has to be, too.
 */
static SPIPlanPtr
plan_for(QueryId query)
{
	const Statement *statement = &statements[query];
	Oid row = row_type(statement);

	if (plans[query] != NULL && plan_rows[query] != row)
	{
		SPI_freeplan(plans[query]);
		plans[query] = NULL;
	}
	if (plans[query] == NULL)
	{
		SPIPlanPtr plan =
			SPI_prepare(statement->sql, statement->nargs, argument_types(statement, row));

		if (plan == NULL)
			elog(ERROR, "could not prepare statement %d: %s", query,
				 SPI_result_code_string(SPI_result));
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "could not keep the plan of statement %d", query);
		plans[query] = plan;
		plan_rows[query] = row;
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

/* query_return adds the rows of the last statement to the result of a set-returning function. */
void
query_return(ReturnSetInfo *result)
{
	SPITupleTable *table = SPI_tuptable;
	int n = table->tupdesc->natts;
	Datum *values = palloc(sizeof(Datum) * n);
	bool *nulls = palloc(sizeof(bool) * n);

	for (uint64 i = 0; i < table->numvals; i++)
	{
		heap_deform_tuple(table->vals[i], table->tupdesc, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * query_write runs a statement that reads the relation new_rows.  The name belongs to
 * a connection of its own, which an error takes away together with the name.
 */
uint64
query_write(QueryId query, const NewRows *new_rows, int64 ticket_id)
{
	EphemeralNamedRelationData relation = {
		.md = {.name = "new_rows",
			   .tupdesc = new_rows->desc,
			   .enrtype = ENR_NAMED_TUPLESTORE,
			   .enrtuples = new_rows->n},
		.reldata = new_rows->store,
	};
	Datum values[1] = {Int64GetDatum(ticket_id)};
	uint64 written;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register relation \"%s\"", relation.md.name);
	written = query_run(query, values, NULL);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	return written;
}
