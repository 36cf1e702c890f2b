/*
 * ticket.c
 *		One ticket at work: opened under its locks, folded, and written back.
 *
 * Every writer does the same: it locks the ticket's row, then its open clocks in key
 * order, and only then reads (rule E-4).  It appends its events (rules.c), folds the
 * whole history (engine.c) and writes the difference (diff.c, rows.c).  Nothing keeps a
 * second set of books: a late entry, a correction or a reopening is just another event
 * in its place.
 *
 * All of it runs as the owner of the tables (rule K-5); what the caller may do is
 * decided by the privileges on sla.ticket and on sla.record().
 */
#include "postgres.h"

#include "access/table.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "ticket.h"

/*
 * The ticket whose row the engine itself updates just now: that is no event.  What a
 * company's own trigger then does to another ticket is one.
 */
static const int64 *engine_writes = NULL;

PG_FUNCTION_INFO_V1(sla_catch_up);
PG_FUNCTION_INFO_V1(sla_trace);
PG_FUNCTION_INFO_V1(sla_refold_check);

/* same_columns tells whether two tables have the same columns in the same places. */
static bool
same_columns(TupleDesc one, TupleDesc other)
{
	bool same = one->natts == other->natts;

	for (int i = 0; same && i < one->natts; i++)
		same = TupleDescAttr(one, i)->atttypid == TupleDescAttr(other, i)->atttypid &&
			   strcmp(NameStr(TupleDescAttr(one, i)->attname),
					  NameStr(TupleDescAttr(other, i)->attname)) == 0;
	return same;
}

/*
 * check_table refuses a trigger on a table that is not sla.ticket, or a part of it
 * under another name.  What the triggers write, they write in the name of the tables'
 * owner; anybody can put them on a table of his own.
 */
static void
check_table(Relation table)
{
	SlaCache *cache = sla_cache();
	Relation ticket;

	if (RelationGetRelid(table) == cache->ticket_table)
		return;
	ticket = table_open(sla_relid("ticket", false), AccessShareLock);
	if (RelationGetRelid(table) == RelationGetRelid(ticket))
		cache->ticket_table = RelationGetRelid(ticket);
	else if (RelationGetForm(table)->relowner != RelationGetForm(ticket)->relowner ||
			 !same_columns(RelationGetDescr(table), RelationGetDescr(ticket)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("table \"%s\" cannot have the triggers of sla.ticket",
							   RelationGetRelationName(table)),
						errhint("Only sla.ticket, or a table of the same owner with the same "
								"columns, can.")));
	table_close(ticket, NoLock);
}

/* ticket_check_trigger makes sure that a trigger function was called as its trigger. */
TriggerData *
ticket_check_trigger(FunctionCallInfo fcinfo, const char *name, TriggerEvent event, TriggerEvent mask)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" was not called by trigger manager", name)));
	if ((trigger->tg_event & mask) != event)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" was fired by the wrong kind of trigger", name),
						errhint("Run SELECT sla.setup() to restore the triggers.")));
	check_table(trigger->tg_relation);
	return trigger;
}

/* details_empty returns {}. */
Datum
details_empty(void)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
}

/* details_with returns details with one key set to a jsonb value. */
Datum
details_with(Datum details, const char *key, Datum value)
{
	Jsonb *jsonb = DatumGetJsonbP(value);
	char *text = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
	Datum object =
		DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"%s\": %s}", key, text)));

	return DirectFunctionCall2(jsonb_concat, details, object);
}

/* name_in tells whether a name is in a static list. */
bool
name_in(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* read_events adds the stored events to the work. */
static void
read_events(Work *work)
{
	Datum values[1] = {Int64GetDatum(work->ticket_id)};
	int n = (int) query_run(QUERY_READ_EVENTS, values, NULL);
	SPITupleTable *table = SPI_tuptable;

	work->maxevents = n + 9;
	work->events = repalloc(work->events, sizeof(TicketEvent) * work->maxevents);
	for (int i = 0; i < n; i++)
	{
		TicketEvent *event = &work->events[work->nevents++];
		Datum v[10];
		bool null[10];
		int code;

		for (int column = 0; column < 10; column++)
			v[column] = SPI_getbinval(table->vals[i], table->tupdesc, column + 1, &null[column]);
		memset(event, 0, sizeof(TicketEvent));
		event->no = DatumGetInt64(v[0]);
		event->name = TextDatumGetCString(v[1]);
		code = work->policy ? policy_event(work->policy, event->name) : FOLD_CHANGED;
		event->code = code < 0 ? FOLD_CHANGED : code;
		event->occurred_at = DatumGetTimestampTz(v[2]);
		event->recorded_at = DatumGetTimestampTz(v[3]);
		event->effective_at = DatumGetTimestampTz(v[4]);
		event->actor = null[5] ? NULL : TextDatumGetCString(v[5]);
		event->note = null[6] ? NULL : TextDatumGetCString(v[6]);
		event->details = v[7];
		event->implied_by = null[8] ? 0 : DatumGetInt64(v[8]);
		event->automatic = DatumGetBool(v[9]);
		work_parse_set(work, event);
	}
}

/*
 * work_open locks (unless lock is QUERY_READ_TICKET) and reads a ticket.  Returns
 * false if there is no such row, or somebody else has it locked.
 */
bool
work_open(Work *work, int64 ticket_id, QueryId lock)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};
	TupleDesc desc;
	HeapTuple tuple;
	TicketRow row;
	char *policy;
	int version;

	if (lock != QUERY_READ_TICKET)
		ticket_arrive_early(ticket_id, NULL, NULL);
	if (query_run(lock, values, NULL) == 0)
		return false;
	desc = SPI_tuptable->tupdesc;
	tuple = SPI_tuptable->vals[0];
	row.values = palloc(sizeof(Datum) * desc->natts);
	row.nulls = palloc(sizeof(bool) * desc->natts);
	heap_deform_tuple(tuple, desc, row.values, row.nulls);
	if (lock != QUERY_READ_TICKET)
		query_run(QUERY_LOCK_CLOCKS, values, NULL);
	memset(&work->result, 0, sizeof(FoldResult));
	work->desc = desc;
	policy = work_text(work, &row, COLUMN_POLICY);
	version = work_column(work, COLUMN_POLICY_VERSION);
	work_begin(work, ticket_id,
			   policy != NULL && !row.nulls[version]
				   ? policy_find(policy, DatumGetInt32(row.values[version]))
				   : NULL,
			   desc, MakeSingleTupleTableSlot(desc, &TTSOpsVirtual), row, sla_now());
	read_events(work);
	work_read_stored(work);
	return true;
}

/* ticket_refuse_unknown raises the error for a ticket that does not exist. */
void
ticket_refuse_unknown(int64 ticket_id)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("ticket " INT64_FORMAT " does not exist", ticket_id),
					errhint("sla.ticket lists the tickets.")));
}

/*
 * ticket_check_visible makes sure that the caller, who is still the current user, may read a
 * ticket: what is done next is done by an owner from whom nothing is hidden.
 */
void
ticket_check_visible(int64 ticket_id)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};
	int level = query_begin();

	(void) sla_relid("ticket", false);
	if (query_run(QUERY_READ_TICKET, values, NULL) == 0)
		ticket_refuse_unknown(ticket_id);
	query_end(level);
}

/* names_add appends the people of a role that are not there yet. */
List *
names_add(List *names, List *more)
{
	ListCell *cell;

	foreach (cell, more)
	{
		ListCell *other;
		bool found = false;

		foreach (other, names)
			found = found || strcmp(lfirst(other), lfirst(cell)) == 0;
		if (!found)
			names = lappend(names, lfirst(cell));
	}
	return names;
}

/* names_joined writes names as statements take and return them, split by \x1f. */
char *
names_joined(List *names)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	foreach (cell, names)
		appendStringInfo(&text, "%s%s", cell == list_head(names) ? "" : "\x1f",
						 (char *) lfirst(cell));
	return text.data;
}

/* ticket_responsible tells who answers for a miss. */
void
ticket_responsible(const Target *target, FoldKind kind, uint32 missing, const Holders *holders,
				   List **roles, List **people)
{
	*roles = NIL;
	*people = NIL;
	if (kind == FOLD_START_MISSING && target->start_owed_by != NULL)
		*roles = list_make1(target->start_owed_by);
	else if (target->nresponsible > 1 && target->nresponsible == target->nstops)
	{
		for (int i = 0; i < target->nstops; i++)
		{
			if (missing & (UINT32_C(1) << i))
				*roles = names_add(*roles, list_make1(target->responsible[i]));
		}
	}
	else
	{
		for (int i = 0; i < target->nresponsible; i++)
			*roles = names_add(*roles, list_make1(target->responsible[i]));
	}
	for (int i = 0; i < list_length(*roles); i++)
		*people = names_add(*people, people_answering(list_nth(*roles, i), holders));
}

/* stored_sets_later tells whether a stored event, effective later, sets a column too. */
static bool
stored_sets_later(const Work *work, int position, int column)
{
	for (int i = position + 1; i < work->nevents; i++)
	{
		TicketEvent *event = work->ordered[i];

		if (!event->is_new && event->present != NULL && event->present[column])
			return true;
	}
	return false;
}

/*
 * columns_to_set gathers what the new events set and no later event has set since: all of
 * them, or where the ticket's row has been updated by hand only those that follow from that.
 */
static Datum
columns_to_set(const Work *work, bool implied_only, TicketEvent **carrier)
{
	Datum columns = details_empty();

	*carrier = NULL;
	for (int i = 0; i < work->nevents; i++)
	{
		TicketEvent *event = work->ordered[i];
		JsonbValue *set;
		Datum mine;

		if (!event->is_new || event->present == NULL || (implied_only && event->implied_by <= 0))
			continue;
		set = getKeyJsonValueFromContainer(&DatumGetJsonbP(event->details)->root, "set", 3, NULL);
		if (set == NULL || set->type != jbvBinary)
			continue;
		mine = JsonbPGetDatum(JsonbValueToJsonb(set));
		for (int c = 0; c < work->desc->natts; c++)
		{
			if (event->present[c] && stored_sets_later(work, i, c))
				mine = DirectFunctionCall2(
					jsonb_delete, mine,
					CStringGetTextDatum(NameStr(TupleDescAttr(work->desc, c)->attname)));
		}
		columns = DirectFunctionCall2(jsonb_concat, columns, mine);
		if (*carrier == NULL)
			*carrier = event;
	}
	return columns;
}

/* run_as_engine runs an update of sla.ticket that is no event of its own. */
static void
run_as_engine(QueryId query, const Datum *values, const char *nulls)
{
	const int64 *outer = engine_writes;
	int64 ticket_id = DatumGetInt64(values[0]);

	engine_writes = &ticket_id;
	PG_TRY();
	{
		query_run(query, values, nulls);
	}
	PG_FINALLY();
	{
		engine_writes = outer;
	}
	PG_END_TRY();
}

/* work_is_writing tells whether the engine itself updates a ticket's row just now. */
bool
work_is_writing(int64 ticket_id)
{
	return engine_writes != NULL && *engine_writes == ticket_id;
}

/* write_columns writes what the new events set, and keeps in them what was there before. */
static void
write_columns(Work *work, bool implied_only)
{
	TicketEvent *carrier;
	Datum columns = columns_to_set(work, implied_only, &carrier);
	Datum values[2] = {Int64GetDatum(work->ticket_id), columns};
	bool isnull;

	if (carrier == NULL || JB_ROOT_COUNT(DatumGetJsonbP(columns)) == 0)
		return;
	work_check_columns(work);
	if (query_run(QUERY_OLD_COLUMNS, values, NULL) != 1)
		elog(ERROR, "could not read ticket " INT64_FORMAT, work->ticket_id);
	carrier->details = details_with(
		carrier->details, "was",
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	run_as_engine(QUERY_SET_COLUMNS, values, NULL);
}

typedef struct Lifecycle
{
	const char *status;
	int cycle;
	TimestampTz resolved_at, closed_at, archived_at;
	bool rated;
	int last_score;
} Lifecycle;

/*
 * duty_done_at tells when a duty was done: all that it promises in a cycle has ended, and
 * something of it was kept.
 */
static TimestampTz
duty_done_at(const Work *work, int cycle)
{
	TimestampTz done_at = FOLD_NEVER;

	for (int i = 0; i < work->result.nclocks; i++)
	{
		const FoldClock *clock = &work->result.clocks[i];
		const FoldTarget *rule = &work->policy->fold[clock->target];

		if (rule->timer || (rule->restarts && clock->cycle != cycle))
			continue;
		if (clock->stopped_at == FOLD_NEVER && clock->cancelled_at == FOLD_NEVER)
			return FOLD_NEVER;
		if (clock->stopped_at != FOLD_NEVER)
			done_at = done_at == FOLD_NEVER ? clock->stopped_at : Max(done_at, clock->stopped_at);
	}
	return done_at;
}

/* note_waiting keeps the list of what a ticket waits for: an end of waiting ends one reason, or all. */
static List *
note_waiting(const Work *work, int i, List *reasons)
{
	int reason = work->fold_events[i].pause;

	if (work->ordered[i]->code == FOLD_WAITING_ENDED)
		return reason < 0 ? NIL : list_delete_int(reasons, reason);
	return reason < 0 ? reasons : list_append_unique_int(reasons, reason);
}

/* lifecycle derives the ticket's state from its events; a duty that is done is closed. */
static Lifecycle
lifecycle(const Work *work)
{
	List *reasons = NIL;
	Lifecycle life = {"open", 1, FOLD_NEVER, FOLD_NEVER, FOLD_NEVER, false, 0};
	TicketRow *row = &work->states[work->nevents - 1]->row;
	int score = work_column(work, COLUMN_LAST_SCORE);

	for (int i = 0; i < work->nevents; i++)
	{
		TicketEvent *event = work->ordered[i];
		bool closed = life.closed_at != FOLD_NEVER;

		reasons = note_waiting(work, i, reasons);
		if (event->code == FOLD_REOPENED || strcmp(event->name, "reopened") == 0)
			life.status = "open", life.resolved_at = life.closed_at = life.archived_at = FOLD_NEVER;
		else if (strcmp(event->name, "resolved") == 0 && life.resolved_at == FOLD_NEVER)
		{
			life.resolved_at = event->effective_at;
			life.status = closed ? life.status : "resolved";
		}
		else if (strcmp(event->name, "closed") == 0 || strcmp(event->name, "closed_no_rating") == 0 ||
				 strcmp(event->name, "withdrawn") == 0)
		{
			/* The first counts, also where it is told after another. */
			if (!closed)
			{
				life.status = strcmp(event->name, "withdrawn") == 0 ? "withdrawn" : "closed";
				life.closed_at = event->effective_at;
			}
		}
		else if (strcmp(event->name, "archived") == 0 && life.archived_at == FOLD_NEVER)
			life.archived_at = event->effective_at;
		life.cycle = event->cycle;
	}
	if (reasons != NIL && strcmp(life.status, "open") == 0)
		life.status = "waiting";
	if (work->is_duty && life.closed_at == FOLD_NEVER)
	{
		life.closed_at = duty_done_at(work, life.cycle);
		if (life.closed_at != FOLD_NEVER)
		{
			life.status = "closed";
			life.resolved_at = Min(life.resolved_at, life.closed_at);
		}
	}
	life.rated = !row->nulls[score];
	life.last_score = life.rated ? DatumGetInt32(row->values[score]) : 0;
	return life;
}

/* same_time compares a column of the ticket with an instant or FOLD_NEVER. */
static bool
same_time(const Work *work, TicketColumn column, TimestampTz at)
{
	int i = work_column(work, column);

	return work->row.nulls[i] ? at == FOLD_NEVER
							  : DatumGetTimestampTz(work->row.values[i]) == at;
}

/* write_lifecycle writes the ticket's state where it changed. */
static void
write_lifecycle(Work *work)
{
	Lifecycle life = lifecycle(work);
	int cycle = work_column(work, COLUMN_CYCLE);
	int score = work_column(work, COLUMN_LAST_SCORE);
	Datum values[7] = {Int64GetDatum(work->ticket_id),
					   CStringGetTextDatum(life.status),
					   Int32GetDatum(life.cycle),
					   Int32GetDatum(life.last_score),
					   TimestampTzGetDatum(life.resolved_at),
					   TimestampTzGetDatum(life.closed_at),
					   TimestampTzGetDatum(life.archived_at)};
	char nulls[8] = "       ";

	if (strcmp(work_text(work, &work->row, COLUMN_STATUS), life.status) == 0 &&
		DatumGetInt32(work->row.values[cycle]) == life.cycle &&
		work->row.nulls[score] == !life.rated &&
		(!life.rated || DatumGetInt32(work->row.values[score]) == life.last_score) &&
		same_time(work, COLUMN_RESOLVED_AT, life.resolved_at) &&
		same_time(work, COLUMN_CLOSED_AT, life.closed_at) &&
		same_time(work, COLUMN_ARCHIVED_AT, life.archived_at))
		return;
	nulls[3] = life.rated ? ' ' : 'n';
	nulls[4] = life.resolved_at == FOLD_NEVER ? 'n' : ' ';
	nulls[5] = life.closed_at == FOLD_NEVER ? 'n' : ' ';
	nulls[6] = life.archived_at == FOLD_NEVER ? 'n' : ' ';
	run_as_engine(QUERY_SET_LIFECYCLE, values, nulls);
}

/* is_counted_otherwise tells whether the new events change what reports count a ticket for. */
static bool
is_counted_otherwise(const Work *work)
{
	static const TicketColumn counted_for[] = {COLUMN_URGENCY, COLUMN_OWNER, COLUMN_ASSIGNEE,
											   COLUMN_DEPARTMENT};

	for (int i = 1; i < work->nevents; i++)
	{
		const TicketEvent *event = &work->events[i];

		for (int c = 0; event->is_new && event->present != NULL && c < lengthof(counted_for); c++)
		{
			if (event->present[work_column(work, counted_for[c])])
				return true;
		}
	}
	return false;
}

/* work_finish folds the ticket once more and writes everything that changed. */
void
work_finish(Work *work, Rows *rows, TimestampTz as_of, bool columns_are_written)
{
	if (!work->arriving)
		write_columns(work, columns_are_written);
	work_fold(work, as_of, false);
	for (int i = 1; i < work->nevents; i++)
	{
		if (work->events[i].is_new)
			rows_add_event(rows, work, &work->events[i]);
	}
	work_write_difference(work, rows);
	if (is_counted_otherwise(work))
		work_note_verdicts(work, rows);
	work_propose_penalties(work, rows);
	rows_add_problems(rows, work);
	rows_flush(rows);
	if (!work->arriving)
		write_lifecycle(work);
}

/* may_have_steps tells whether escalation steps of a ticket may wait for a sweep. */
static bool
may_have_steps(const Work *work)
{
	int cycle = DatumGetInt32(work->row.values[work_column(work, COLUMN_CYCLE)]);

	return work->nbreaches > 0 || work->has_violations ||
		   (work->policy->reopen_alert_after > 0 && cycle > work->policy->reopen_alert_after);
}

/*
 * work_catch_up writes what time has brought about so far, as a sweep just now would, before
 * something is recorded that changes what is known of the ticket: the misses since the last
 * sweep (E-11), the events of timers (V-30), and which steps were to be raised and whom they
 * tell.  So it makes no difference when a sweep comes.  "before" is the ticket's row before
 * the change that is to be recorded, or NULL where it has not been made yet.
 */
void
work_catch_up(Work *work, const TicketRow *before)
{
	TicketRow row = work->row;
	TimestampTz now = work->now;
	Holders holders;
	bool behind;

	if (work->policy == NULL)
		return;
	if (before != NULL)
		work->row = *before;
	behind = work_is_behind(work);
	if (behind)
	{
		Rows *rows = rows_begin();

		work_fire_timers(work, now);
		work_finish(work, rows, now, true);
	}
	if (behind || may_have_steps(work))
	{
		TicketState state = {.row = work->row};

		work_holders(work, &state, &holders);
		sweep_decide_steps(work->ticket_id, now, &holders);
	}
	work->row = row;
	if (behind)
	{
		/* What was read is out of date; the time of the record stays. */
		if (!work_open(work, work->ticket_id, QUERY_LOCK_TICKET))
			elog(ERROR, "ticket " INT64_FORMAT " has gone", work->ticket_id);
		work->now = now;
	}
}

/* ticket_refold does for one ticket what the sweep cannot do for many at once. */
bool
ticket_refold(int64 ticket_id, TimestampTz as_of)
{
	Work work = {0};
	/* A level of its own frees what was read; a sweep may do this for thousands of tickets. */
	int level = query_begin();
	bool locked = work_open(&work, ticket_id, QUERY_TRY_LOCK_TICKET);

	if (locked)
	{
		Rows *rows = rows_begin();

		work.now = as_of;
		work_fire_timers(&work, as_of);
		work_finish(&work, rows, as_of, false);
	}
	query_end(level);
	return locked;
}

/* sla_catch_up is SQL's sla._catch_up(). */
Datum
sla_catch_up(PG_FUNCTION_ARGS)
{
	Oid breach = sla_relid("breach", false);
	Work work = {0};
	OwnerSwitch owner;
	int level;

	if (pg_class_aclcheck(breach, GetUserId(), ACL_UPDATE) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(breach, GetUserId(), ACL_UPDATE, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, "breach");
	ticket_check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	if (!work_open(&work, PG_GETARG_INT64(0), QUERY_LOCK_TICKET))
		ticket_refuse_unknown(PG_GETARG_INT64(0));
	work_catch_up(&work, NULL);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_VOID();
}

static const char *const action_names[] = {"start_provisional", "start",  "rearm", "miss",
										   "pause",				"resume", "move",  "part",
										   "stop",				"cancel", "revive"};

/* look_into reads and folds a ticket without locking or writing anything. */
static void
look_into(Work *work, int64 ticket_id, TimestampTz as_of, bool trace, bool anew)
{
	if (!work_open(work, ticket_id, QUERY_READ_TICKET))
		ticket_refuse_unknown(ticket_id);
	work->anew = anew;
	work_order(work);
	work_fold(work, as_of, trace);
}

/* put_step writes one step of the trace as a row. */
static void
put_step(ReturnSetInfo *result, int number, const FoldStep *step)
{
	Datum values[7] = {Int32GetDatum(number),
					   Int32GetDatum(step->cycle),
					   Int32GetDatum(step->seq),
					   CStringGetTextDatum(action_names[step->action]),
					   TimestampTzGetDatum(step->at),
					   Int64GetDatum(step->event_no),
					   TimestampTzGetDatum(step->due_at)};
	bool nulls[7] = {false};

	nulls[5] = step->event_no < 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* sla_trace is SQL's sla._trace(). */
Datum
sla_trace(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char *target = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Work work = {0};
	OwnerSwitch owner;
	int level;
	int number = 0;

	InitMaterializedSRF(fcinfo, 0);
	ticket_check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	look_into(&work, PG_GETARG_INT64(0), sla_now(), true, false);
	for (int i = 0; i < work.result.nsteps; i++)
	{
		FoldStep *step = &work.result.steps[i];

		if (strcmp(work.policy->targets[step->target].name, target) == 0)
			put_step(result, ++number, step);
	}
	query_end(level);
	sla_owner_end(&owner);
	return (Datum) 0;
}

/* sla_refold_check is SQL's sla._refold_check(). */
Datum
sla_refold_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz as_of = PG_ARGISNULL(1) ? sla_now() : PG_GETARG_TIMESTAMPTZ(1);
	Work work = {0};
	OwnerSwitch owner;
	ListCell *cell;
	int level;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	if (as_of > sla_now() && as_of > GetCurrentTimestamp())
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("as_of %s has not come yet", timestamptz_to_str(as_of)),
						errhint("Leave it out to mean now.")));
	ticket_check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	look_into(&work, PG_GETARG_INT64(0), as_of, false, true);
	foreach (cell, work_differences(&work))
	{
		Datum values[1] = {CStringGetTextDatum(lfirst(cell))};
		bool nulls[1] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	query_end(level);
	sla_owner_end(&owner);
	return (Datum) 0;
}
