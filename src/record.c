/*
 * record.c
 *		Something happens to a ticket: sla.record(), and changes made by hand.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rls.h"

#include "ticket.h"

/* Events that a closed ticket still takes. */
static const char *const after_closing[] = {
	"reopened",			  "rating_recorded",		  "changed",		 "archived",
	"complaint_verified", "responsibility_confirmed", "penalty_decided", "callback_done"};

/* Columns of a ticket that sla.record() may set besides the tracked ones. */
static const char *const untracked_columns[] = {"customer", "subject", "description", "order_ref"};

/* Tracked columns that an event cannot set: they are not for those who work on tickets. */
static const char *const kept_columns[] = {"last_score", "duty", "due_at", "legal_hold"};

/* Tracked columns whose change by hand is no event. */
static const char *const silent_columns[] = {"duty", "last_score"};

PG_FUNCTION_INFO_V1(sla_ticket_changed);
PG_FUNCTION_INFO_V1(sla_record);
PG_FUNCTION_INFO_V1(sla_set_legal_hold);

/* may_set tells whether sla.record() may set a ticket column. */
static bool
may_set(const char *column)
{
	if (name_in(column, kept_columns, lengthof(kept_columns)))
		return false;
	return name_in(column, tracked_columns, ntracked_columns) ||
		   name_in(column, untracked_columns, lengthof(untracked_columns));
}

PG_FUNCTION_INFO_V1(sla_settable_columns);
/* sla_settable_columns returns the ticket columns that an event may set. */
Datum
sla_settable_columns(PG_FUNCTION_ARGS)
{
	Datum *names = palloc(sizeof(Datum) * (ntracked_columns + lengthof(untracked_columns)));
	int n = 0;

	for (int i = 0; i < ntracked_columns; i++)
	{
		if (may_set(tracked_columns[i]))
			names[n++] = CStringGetTextDatum(tracked_columns[i]);
	}
	for (int i = 0; i < lengthof(untracked_columns); i++)
		names[n++] = CStringGetTextDatum(untracked_columns[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* work_check_columns makes sure that the columns which an event may set have their names. */
void
work_check_columns(const Work *work)
{
	for (int i = 0; i < ntracked_columns; i++)
	{
		if (may_set(tracked_columns[i]))
			(void) work_column_by_name(work, tracked_columns[i]);
	}
	for (int i = 0; i < lengthof(untracked_columns); i++)
		(void) work_column_by_name(work, untracked_columns[i]);
}

/*
 * may_have_changed tells whether the image of a column that is an event's business
 * differs.  This runs for every updated row, so it looks the columns up only where the
 * rows have another shape than the last time.
 */
static bool
may_have_changed(TriggerData *trigger)
{
	static int *known = NULL;
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	Datum *was = palloc(sizeof(Datum) * desc->natts);
	Datum *is = palloc(sizeof(Datum) * desc->natts);
	bool *was_null = palloc(sizeof(bool) * desc->natts);
	bool *is_null = palloc(sizeof(bool) * desc->natts);
	Work work = {.desc = desc};

	if (known == NULL)
		known = MemoryContextAllocZero(TopMemoryContext, sizeof(int) * ntracked_columns);
	heap_deform_tuple(trigger->tg_trigtuple, desc, was, was_null);
	heap_deform_tuple(trigger->tg_newtuple, desc, is, is_null);
	for (int i = 0; i < ntracked_columns; i++)
	{
		int c = known[i];
		Form_pg_attribute column;

		if (c >= desc->natts ||
			strcmp(NameStr(TupleDescAttr(desc, c)->attname), tracked_columns[i]) != 0)
			c = known[i] = work_column_by_name(&work, tracked_columns[i]);
		if (was_null[c] && is_null[c])
			continue;
		column = TupleDescAttr(desc, c);
		if ((was_null[c] || is_null[c] ||
			 !datum_image_eq(was[c], is[c], column->attbyval, column->attlen)) &&
			!name_in(tracked_columns[i], silent_columns, lengthof(silent_columns)))
			return true;
	}
	return false;
}

/* tracked_array returns the tracked columns as a text array. */
static Datum
tracked_array(void)
{
	Datum *names = palloc(sizeof(Datum) * ntracked_columns);

	for (int i = 0; i < ntracked_columns; i++)
		names[i] = CStringGetTextDatum(tracked_columns[i]);
	return PointerGetDatum(
		construct_array(names, ntracked_columns, TEXTOID, -1, false, TYPALIGN_INT));
}

/* changed_columns returns {"set": ..., "was": ...} of an update, or 0. */
static Datum
changed_columns(TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	Datum values[3] = {heap_copy_tuple_as_datum(trigger->tg_newtuple, desc),
					   heap_copy_tuple_as_datum(trigger->tg_trigtuple, desc), tracked_array()};
	bool isnull;

	if (query_run(QUERY_CHANGED_COLUMNS, values, NULL) == 0)
		return (Datum) 0;
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
}

/* check_changes refuses changes that a new ticket would not take either. */
static void
check_changes(Work *work, const char *name, Datum details)
{
	TicketEvent probe = {.name = name, .details = details};
	int happened = work_column(work, COLUMN_HAPPENED_AT);

	work_parse_set(work, &probe);
	if (probe.present == NULL)
		return;
	ticket_check_row(work, probe.set, probe.present);
	if (probe.present[happened] && !probe.set->nulls[happened])
		ticket_check_happened(DatumGetTimestampTz(probe.set->values[happened]), work->received_at);
}

/* old_row returns the ticket as it was before the update. */
static TicketRow
old_row(TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	TicketRow row = {palloc(sizeof(Datum) * desc->natts), palloc(sizeof(bool) * desc->natts)};

	heap_deform_tuple(trigger->tg_trigtuple, desc, row.values, row.nulls);
	return row;
}

/* sla_ticket_changed is the AFTER UPDATE row trigger of sla.ticket. */
Datum
sla_ticket_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ticket_check_trigger(
		fcinfo, "ticket_changed", TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW | TRIGGER_EVENT_UPDATE,
		TRIGGER_EVENT_TIMINGMASK | TRIGGER_EVENT_ROW | TRIGGER_EVENT_OPMASK);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	OwnerSwitch owner;
	Work work = {0};
	Datum changes;
	Datum key;
	bool isnull;
	int level;

	if (!may_have_changed(trigger))
		return PointerGetDatum(NULL);
	work.desc = desc;
	key = heap_getattr(trigger->tg_newtuple, work_column(&work, COLUMN_TICKET_ID) + 1, desc, &isnull);
	if (work_is_writing(DatumGetInt64(key)))
		return PointerGetDatum(NULL);
	sla_owner_begin(&owner);
	level = query_begin();
	ticket_arrive_early(DatumGetInt64(key), trigger->tg_trigtuple, desc);
	changes = changed_columns(trigger);
	if (changes != (Datum) 0 && work_open(&work, DatumGetInt64(key), QUERY_LOCK_TICKET))
	{
		Rows *rows = rows_begin();
		TicketRow before = old_row(trigger);
		TimestampTz at = Max(work.now, work.received_at);

		check_changes(&work, "changed", changes);
		work_catch_up(&work, &before);
		work_add_event(&work, rows, "changed", at, NULL, NULL, changes, 0);
		work_finish(&work, rows, work.now, true);
	}
	query_end(level);
	sla_owner_end(&owner);
	return PointerGetDatum(NULL);
}

/* check_event_time refuses an event that cannot have happened then. */
static void
check_event_time(const Work *work, const char *name, TimestampTz at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("an event needs a finite time"),
						errhint("Leave \"at\" empty to mean now.")));
	if (at > work->now + FUTURE_TOLERANCE)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("event \"%s\" at %s is in the future", name, timestamptz_to_str(at)),
						errhint("An event is recorded when it has happened.")));
	if (at < work->received_at)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("event \"%s\" at %s lies before the ticket was received", name,
							   timestamptz_to_str(at)),
						errdetail("Ticket " INT64_FORMAT " was received at %s.", work->ticket_id,
								  timestamptz_to_str(work->received_at)),
						errhint("What was before the reception is told by happened_at.")));
}

/* check_event_name refuses a name that the ticket's policy does not know. */
static void
check_event_name(const Work *work, const char *name)
{
	if (strcmp(name, "received") == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("event \"received\" is the insertion of the ticket"),
						errhint("Insert into sla.ticket instead.")));
	if (work->policy != NULL && policy_event(work->policy, name) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown event \"%s\"", name),
						errhint("Events of policy \"%s\": %s.", work->policy->name,
								policy_event_names(work->policy))));
}

/* closed_by names the event that had closed the ticket by an instant, or NULL. */
static const char *
closed_by(const Work *work, TimestampTz effective_at)
{
	const char *closing = NULL;

	for (int i = 0; i < work->nevents && work->ordered[i]->effective_at <= effective_at; i++)
	{
		const char *other = work->ordered[i]->name;

		if (strcmp(other, "closed") == 0 || strcmp(other, "closed_no_rating") == 0 ||
			strcmp(other, "withdrawn") == 0)
			closing = other;
		else if (strcmp(other, "reopened") == 0)
			closing = NULL;
	}
	return closing;
}

/* check_not_closed refuses an event that comes after the ticket was closed. */
static void
check_not_closed(const Work *work, const char *name, TimestampTz effective_at)
{
	const char *closing = closed_by(work, effective_at);

	if (closing != NULL && !name_in(name, after_closing, lengthof(after_closing)))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("ticket " INT64_FORMAT " is closed", work->ticket_id),
						errdetail("Event \"%s\" ended it.", closing),
						errhint("Record \"reopened\" first, or the time at which \"%s\" happened.",
								name)));
}

/* ticket_takes_event tells whether a ticket in effective order may take an event then. */
bool
ticket_takes_event(const Work *work, const char *name, TimestampTz at)
{
	return name != NULL && strcmp(name, "received") != 0 &&
		   (work->policy == NULL || policy_event(work->policy, name) >= 0) &&
		   (closed_by(work, at) == NULL ||
			name_in(name, after_closing, lengthof(after_closing)));
}

/* check_score refuses a rating outside the policy's scale. */
static void
check_score(const Work *work, Datum details)
{
	JsonbValue *score =
		getKeyJsonValueFromContainer(&DatumGetJsonbP(details)->root, "score", 5, NULL);
	int scale = work->policy ? work->policy->rating_scale : 5;
	Datum value;

	if (score != NULL && score->type == jbvNumeric)
	{
		value = NumericGetDatum(score->val.numeric);
		if (DatumGetBool(DirectFunctionCall2(numeric_ge, value,
											 DirectFunctionCall1(int4_numeric, Int32GetDatum(1)))) &&
			DatumGetBool(DirectFunctionCall2(numeric_le, value,
											 DirectFunctionCall1(int4_numeric, Int32GetDatum(scale)))) &&
			DatumGetBool(DirectFunctionCall2(numeric_eq, value, DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(0)))))
			return;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("a rating needs a score from 1 to %d", scale),
					errhint("Use sla.rate(), or details such as {\"score\": %d}.", scale)));
}

/* check_details refuses details that are no object, or set what may not be set. */
static void
check_details(Datum details)
{
	Jsonb *jsonb = DatumGetJsonbP(details);
	JsonbValue *set;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue key;

	if (!JB_ROOT_IS_OBJECT(jsonb))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("details must be a JSON object"),
						errhint("For example {\"set\": {\"urgency\": \"urgent\"}}.")));
	if (getKeyJsonValueFromContainer(&jsonb->root, "was", 3, NULL) != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the key \"was\" of details is written by sla.record() itself"),
						errhint("Give \"set\" only.")));
	set = getKeyJsonValueFromContainer(&jsonb->root, "set", 3, NULL);
	if (set == NULL)
		return;
	if (set->type != jbvBinary || !JsonContainerIsObject(set->val.binary.data))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the key \"set\" of details must be a JSON object"),
						errhint("For example {\"set\": {\"urgency\": \"urgent\"}}.")));
	iterator = JsonbIteratorInit(set->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		char *name = token == WJB_KEY ? pnstrdup(key.val.string.val, key.val.string.len) : NULL;

		if (name != NULL && !may_set(name))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("an event cannot set \"%s\"", name),
							errhint("Only columns of sla.ticket that describe the case can be set, "
									"such as urgency, department, assignee or promised_at.")));
	}
}

/*
 * ticket_record does the work of sla.record().  What is not asked for but watched has
 * happened in a table of the company's: there what a rule would refuse is a process
 * violation, what is said to be before the reception happened at it, and what a closed
 * ticket does not take is passed over; then 0 is returned.  What is attested counts at its
 * own time, however late it is recorded.
 */
int64
ticket_record(int64 ticket_id, const char *name, TimestampTz at, bool at_now, const char *actor,
			  const char *note, Datum details, RecordMode mode)
{
	Work work = {0};
	TimestampTz now;
	Rows *rows;
	int64 number;

	if (!work_open(&work, ticket_id, QUERY_LOCK_TICKET))
		ticket_refuse_unknown(ticket_id);
	if (at_now)
		at = Max(work.now, work.received_at);
	else if (mode == RECORD_WATCHED && !TIMESTAMP_NOT_FINITE(at))
		at = Max(at, work.received_at);
	check_event_name(&work, name);
	check_event_time(&work, name, at);
	check_details(details);
	if (strcmp(name, "rating_recorded") == 0)
		check_score(&work, details);
	check_changes(&work, name, details);
	/* What is attested has been known since it happened. */
	now = work.now;
	work.now = mode == RECORD_ATTESTED ? at : now;
	work_catch_up(&work, NULL);
	work.now = now;
	work.lenient = mode != RECORD_ASKED;
	rows = rows_begin();
	work_order(&work);
	if (mode == RECORD_WATCHED && !ticket_takes_event(&work, name, at))
		return 0;
	check_not_closed(&work, name, at);
	work.attested = mode == RECORD_ATTESTED;
	number = work_add_event(&work, rows, name, at, actor, note, details, 0);
	work.attested = false;
	work_fire_timers(&work, work.now);
	work_finish(&work, rows, work.now, false);
	return number;
}

/* text_argument returns a text argument, or NULL. */
static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* sla_record is SQL's sla.record(). */
Datum
sla_record(PG_FUNCTION_ARGS)
{
	OwnerSwitch owner;
	int level;
	int64 number;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("ticket_id and event must not be null"),
						errhint("Call sla.record(ticket_id, event).")));
	/* Row security hides tickets; the privilege to record does not uncover them. */
	if (check_enable_rls(sla_relid("ticket", false), InvalidOid, true) == RLS_ENABLED)
		ticket_check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	number = ticket_record(PG_GETARG_INT64(0), text_argument(fcinfo, 1),
						   PG_ARGISNULL(2) ? 0 : PG_GETARG_TIMESTAMPTZ(2), PG_ARGISNULL(2),
						   text_argument(fcinfo, 3), text_argument(fcinfo, 4),
						   PG_ARGISNULL(5) ? details_empty() : PG_GETARG_DATUM(5), RECORD_ASKED);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_INT64(number);
}


PG_FUNCTION_INFO_V1(sla_record_attested);
/*
 * sla_record_attested is sla._record_attested(): what the company's own tables say has
 * happened.  It is the sweep's, which runs as the owner of the tables; nobody else gets
 * around the window for late records here.
 */
Datum
sla_record_attested(PG_FUNCTION_ARGS)
{
	Oid caller = GetUserId();
	OwnerSwitch owner;
	int level;
	int64 number;

	sla_owner_begin(&owner);
	if (GetUserId() != caller)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only the sweep may call sla._record_attested()"),
						errhint("Use sla.record().")));
	level = query_begin();
	number = ticket_record(PG_GETARG_INT64(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
						   PG_GETARG_TIMESTAMPTZ(2), false, NULL, NULL, details_empty(),
						   PG_GETARG_BOOL(3) ? RECORD_ATTESTED : RECORD_WATCHED);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_INT64(number);
}

/* set_legal_hold does the work of sla.set_legal_hold(). */
static bool
set_legal_hold(int64 ticket_id, bool hold, const char *reason, const char *decided_by)
{
	Work work = {0};
	Rows *rows;
	Datum details;
	int column;

	if (!work_open(&work, ticket_id, QUERY_LOCK_TICKET))
		ticket_refuse_unknown(ticket_id);
	column = work_column_by_name(&work, "legal_hold");
	if (DatumGetBool(work.row.values[column]) == hold)
		return false;
	details = DirectFunctionCall1(
		jsonb_in, CStringGetDatum(hold ? "{\"set\": {\"legal_hold\": true}}"
									   : "{\"set\": {\"legal_hold\": false}}"));
	work_catch_up(&work, NULL);
	rows = rows_begin();
	work_fire_timers(&work, work.now);
	work_add_event(&work, rows, "changed", Max(work.now, work.received_at), decided_by, reason, details, 0);
	work_finish(&work, rows, work.now, false);
	return true;
}

/* sla_set_legal_hold is SQL's sla.set_legal_hold(). */
Datum
sla_set_legal_hold(PG_FUNCTION_ARGS)
{
	OwnerSwitch owner;
	int level;
	bool changed;

	for (int i = 0; i < 4; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a legal hold is set on a ticket, for a reason and in somebody's name, "
							"and none of them may be null"),
					 errhint("Call sla.set_legal_hold(ticket_id, true or false, reason, decided_by).")));
	}
	if (check_enable_rls(sla_relid("ticket", false), InvalidOid, true) == RLS_ENABLED)
		ticket_check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	changed = set_legal_hold(PG_GETARG_INT64(0), PG_GETARG_BOOL(1), text_argument(fcinfo, 2),
							 text_argument(fcinfo, 3));
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_BOOL(changed);
}
