/*
 * engine.c
 *		From a ticket's rows to the pure fold and its answer.
 *
 * The ticket's row and the events' "set" and "was" together are the ticket's
 * history: undoing every "was", newest first, gives the row as it was received;
 * applying every "set" in effective order gives what it was after each event.  So a
 * change that is recorded late counts from when it took place, and conditions are
 * asked about the ticket as it stood then.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

#include "ticket.h"

/* Room for half a million intervals of one ticket: thirty years of one every half hour. */
#define MAX_FOLD_BYTES (64 * 1024 * 1024)

/*
 * fold_resize is realloc in the memory of whoever began the work.  A ticket may live
 * for decades; one that was received a thousand years ago is a mistake.
 */
static void *
fold_resize(void *old, size_t size)
{
	if (size > MAX_FOLD_BYTES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the ticket has too many intervals"),
						errhint("It was received too long ago for how often its policy wants to "
								"hear of it.")));
	if (old == NULL)
		return MemoryContextAllocHuge(CurrentMemoryContext, size);
	return repalloc_huge(old, size);
}

static void
fold_release(void *old)
{
	if (old != NULL)
		pfree(old);
}

/* work_begin prepares the work on one ticket; the result's arrays are kept from the last. */
void
work_begin(Work *work, int64 ticket_id, Policy *policy, TupleDesc desc, TupleTableSlot *slot,
		   TicketRow row, TimestampTz now)
{
	FoldResult result = work->result;
	TicketEvent *reception;

	memset(work, 0, sizeof(Work));
	work->result = result;
	work->result.resize = fold_resize;
	work->result.release = fold_release;
	work->ticket_id = ticket_id;
	work->policy = policy;
	work->desc = desc;
	work->slot = slot;
	work->row = row;
	work->now = now;
	work->received_at =
		DatumGetTimestampTz(row.values[work_column(work, COLUMN_RECEIVED_AT)]);
	work->created_at = DatumGetTimestampTz(row.values[work_column(work, COLUMN_CREATED_AT)]);
	work->maxevents = 8;
	work->events = palloc0(sizeof(TicketEvent) * work->maxevents);
	work->nevents = 1;
	reception = &work->events[0];
	reception->name = "received";
	reception->code = FOLD_RECEIVED;
	reception->occurred_at = reception->effective_at = work->received_at;
	/* A duty follows from the policy: it is known from its beginning, however late the sweep is. */
	work->is_duty = !row.nulls[work_column(work, COLUMN_DUTY)];
	reception->recorded_at = work->is_duty ? work->received_at : work->created_at;
	reception->cycle = 1;
}

/* work_column_by_name finds a ticket column's index. */
int
work_column_by_name(const Work *work, const char *name)
{
	for (int i = 0; i < work->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(work->desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("table \"sla.ticket\" has no column \"%s\"", name),
			 errhint("If it was renamed, rename it back: ALTER TABLE sla.ticket RENAME COLUMN ... TO "
					 "\"%s\"; after an upgrade run SELECT sla.setup().",
					 name)));
}

/*
 * work_column finds the index of a column the engine knows.  Where it was the last
 * time is tried first.
 */
int
work_column(const Work *work, TicketColumn column)
{
	static const char *const names[NCOLUMNS] = {
		[COLUMN_TICKET_ID] = "ticket_id",
		[COLUMN_POLICY] = "policy",
		[COLUMN_POLICY_VERSION] = "policy_version",
		[COLUMN_DUTY] = "duty",
		[COLUMN_RECEIVED_AT] = "received_at",
		[COLUMN_CREATED_AT] = "created_at",
		[COLUMN_HAPPENED_AT] = "happened_at",
		[COLUMN_STATUS] = "status",
		[COLUMN_CYCLE] = "cycle",
		[COLUMN_LAST_SCORE] = "last_score",
		[COLUMN_RESOLVED_AT] = "resolved_at",
		[COLUMN_CLOSED_AT] = "closed_at",
		[COLUMN_ARCHIVED_AT] = "archived_at",
		[COLUMN_OWNER] = "owner",
		[COLUMN_ASSIGNEE] = "assignee",
		[COLUMN_DEPARTMENT] = "department",
		[COLUMN_PROMISED_AT] = "promised_at",
		[COLUMN_APPOINTMENT_AT] = "appointment_at",
		[COLUMN_AGREED_REPLY_AT] = "agreed_reply_at",
		[COLUMN_URGENCY] = "urgency",
		[COLUMN_CARRIER] = "carrier",
		[COLUMN_AGAINST_EMPLOYEE] = "against_employee",
		[COLUMN_CLASSIFIED_BY] = "classified_by",
	};
	static int known[NCOLUMNS];
	int i = known[column];

	if (i >= work->desc->natts ||
		strcmp(NameStr(TupleDescAttr(work->desc, i)->attname), names[column]) != 0)
		i = known[column] = work_column_by_name(work, names[column]);
	return i;
}

/* work_text returns a text column of a row, or NULL. */
char *
work_text(const Work *work, const TicketRow *row, TicketColumn column)
{
	int i = work_column(work, column);

	return row->nulls[i] ? NULL : TextDatumGetCString(row->values[i]);
}

/* work_holders tells whom the roles of a ticket meant in one of its states. */
void
work_holders(const Work *work, const TicketState *state, Holders *holders)
{
	holders->owner = work_text(work, &state->row, COLUMN_OWNER);
	holders->assignee = work_text(work, &state->row, COLUMN_ASSIGNEE);
	holders->department = work_text(work, &state->row, COLUMN_DEPARTMENT);
}

/* grow_events makes room for one more event. */
static void
grow_events(Work *work)
{
	if (work->nevents < work->maxevents)
		return;
	work->maxevents *= 2;
	work->events = repalloc(work->events, sizeof(TicketEvent) * work->maxevents);
}

/*
 * work_effective_time is occurred_at where the event was recorded in time, else the
 * time of recording (rule T-8).  It depends on the event alone.
 */
TimestampTz
work_effective_time(const Work *work, const TicketEvent *event)
{
	int64 window = work->policy ? work->policy->late_record_window : USECS_PER_DAY;

	/* What happened before the reception is no entry that came late. */
	if (event->automatic ||
		(strcmp(event->name, "occurred") == 0 && event->occurred_at <= work->received_at))
		return event->occurred_at;
	return event->recorded_at - event->occurred_at <= window ? event->occurred_at
															 : event->recorded_at;
}

/*
 * work_append adds a new event, the next in number.  The pointer holds until the
 * next one is added.
 */
TicketEvent *
work_append(Work *work, const char *name, TimestampTz occurred_at, const char *actor,
			const char *note, Datum details)
{
	TicketEvent *event;
	int code = work->policy ? policy_event(work->policy, name) : FOLD_CHANGED;

	grow_events(work);
	event = &work->events[work->nevents];
	memset(event, 0, sizeof(TicketEvent));
	event->no = work->events[work->nevents - 1].no + 1;
	work->nevents++;
	event->name = name;
	event->code = code < 0 ? FOLD_CHANGED : code;
	event->occurred_at = occurred_at;
	event->recorded_at = work->now;
	event->actor = actor;
	event->note = note;
	event->details = details;
	event->is_new = true;
	event->automatic = work->attested;
	event->effective_at = work_effective_time(work, event);
	work_parse_set(work, event);
	return event;
}

/* details_object returns a key's object from an event's details, or NULL. */
static Jsonb *
details_object(Datum details, const char *key)
{
	Jsonb *jsonb = DatumGetJsonbP(details);
	JsonbValue *value;

	if (!JB_ROOT_IS_OBJECT(jsonb) || JB_ROOT_COUNT(jsonb) == 0)
		return NULL;
	value = getKeyJsonValueFromContainer(&jsonb->root, key, strlen(key), NULL);
	if (value == NULL || value->type != jbvBinary)
		return NULL;
	return JsonbValueToJsonb(value);
}

/*
 * populate_function returns jsonb_populate_record() prepared for the rows of sla.ticket.
 * What it learns about their type it keeps, and looks again when the table is altered.
 */
static FmgrInfo *
populate_function(Oid type)
{
	static MemoryContext context = NULL;
	static FmgrInfo function;
	static Oid prepared_for = InvalidOid;
	MemoryContext old;
	List *arguments;

	if (prepared_for == type)
		return &function;
	if (context == NULL)
		context = AllocSetContextCreate(CacheMemoryContext, "sla_ext columns", ALLOCSET_SMALL_SIZES);
	prepared_for = InvalidOid;
	MemoryContextReset(context);
	old = MemoryContextSwitchTo(context);
	fmgr_info_cxt(F_JSONB_POPULATE_RECORD, &function, context);
	arguments = list_make2(makeNullConst(type, -1, InvalidOid),
						   makeNullConst(JSONBOID, -1, InvalidOid));
	fmgr_info_set_expr((Node *) makeFuncExpr(F_JSONB_POPULATE_RECORD, type, arguments, InvalidOid,
											 InvalidOid, COERCE_EXPLICIT_CALL),
					   &function);
	MemoryContextSwitchTo(old);
	prepared_for = type;
	return &function;
}

/* populate_row makes a row of sla.ticket of {"column": value}. */
static HeapTupleHeader
populate_row(Oid type, Jsonb *object)
{
	LOCAL_FCINFO(call, 2);

	InitFunctionCallInfoData(*call, populate_function(type), 2, InvalidOid, NULL, NULL);
	call->args[0].value = (Datum) 0;
	call->args[0].isnull = true;
	call->args[1].value = JsonbPGetDatum(object);
	call->args[1].isnull = false;
	return DatumGetHeapTupleHeader(FunctionCallInvoke(call));
}

/* mark_present tells which columns {"column": value} has. */
static void
mark_present(TupleDesc desc, Jsonb *object, bool *present)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		const char *name = NameStr(column->attname);

		if (!column->attisdropped &&
			getKeyJsonValueFromContainer(&object->root, name, strlen(name), NULL) != NULL)
			present[i] = true;
	}
}

/* parse_columns turns {"column": value} into values, and marks which are present. */
static TicketRow *
parse_columns(Work *work, Jsonb *object, bool **present)
{
	TicketRow *row = palloc(sizeof(TicketRow));
	int natts = work->desc->natts;
	Oid type = get_rel_type_id(sla_relid("ticket", false));
	TupleDesc columns = lookup_rowtype_tupdesc(type, -1);
	HeapTupleHeader header = populate_row(type, object);
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};

	row->values = palloc0(sizeof(Datum) * natts);
	row->nulls = palloc(sizeof(bool) * natts);
	*present = palloc0(sizeof(bool) * natts);
	mark_present(work->desc, object, *present);
	/* A dropped column is in the table's row and in a trigger's, but not in a query's. */
	for (int i = 0, from = 0; i < natts; i++)
	{
		row->nulls[i] = true;
		if (TupleDescAttr(work->desc, i)->attisdropped)
			continue;
		while (TupleDescAttr(columns, from)->attisdropped)
			from++;
		row->values[i] = heap_getattr(&tuple, ++from, columns, &row->nulls[i]);
	}
	ReleaseTupleDesc(columns);
	return row;
}

/* set_score makes a rating the ticket's last_score from then on. */
static void
set_score(Work *work, TicketEvent *event)
{
	Jsonb *jsonb = DatumGetJsonbP(event->details);
	JsonbValue *score;
	int column = work_column(work, COLUMN_LAST_SCORE);

	if (!JB_ROOT_IS_OBJECT(jsonb))
		return;
	score = getKeyJsonValueFromContainer(&jsonb->root, "score", 5, NULL);
	if (score == NULL || score->type != jbvNumeric)
		return;
	if (event->set == NULL)
	{
		event->set = palloc(sizeof(TicketRow));
		event->set->values = palloc0(sizeof(Datum) * work->desc->natts);
		event->set->nulls = palloc0(sizeof(bool) * work->desc->natts);
		event->present = palloc0(sizeof(bool) * work->desc->natts);
	}
	event->set->values[column] =
		DirectFunctionCall1(numeric_int4, NumericGetDatum(score->val.numeric));
	event->set->nulls[column] = false;
	event->present[column] = true;
}

/* work_parse_set reads which columns an event sets. */
void
work_parse_set(Work *work, TicketEvent *event)
{
	Jsonb *set = details_object(event->details, "set");

	event->set = NULL;
	event->present = NULL;
	if (set != NULL)
		event->set = parse_columns(work, set, &event->present);
	if (strcmp(event->name, "rating_recorded") == 0)
		set_score(work, event);
}

/* apply overlays the columns that are present in a set. */
static void
apply(TicketRow *row, const TicketRow *set, const bool *present, int natts)
{
	for (int i = 0; i < natts; i++)
	{
		if (present[i])
		{
			row->values[i] = set->values[i];
			row->nulls[i] = set->nulls[i];
		}
	}
}

/* copy_row copies the arrays of a row, not what they point to. */
static TicketRow
copy_row(const TicketRow *row, int natts)
{
	TicketRow copy = {palloc(sizeof(Datum) * natts), palloc(sizeof(bool) * natts)};

	memcpy(copy.values, row->values, sizeof(Datum) * natts);
	memcpy(copy.nulls, row->nulls, sizeof(bool) * natts);
	return copy;
}

/* received_row undoes what every event changed, newest first. */
static TicketRow
received_row(Work *work)
{
	TicketRow row = copy_row(&work->row, work->desc->natts);
	int score;

	if (work->arriving)
		return row;
	for (int i = work->nevents - 1; i > 0; i--)
	{
		Jsonb *was;
		bool *present;
		TicketRow *old;

		if (work->events[i].set == NULL)
			continue;
		was = details_object(work->events[i].details, "was");
		if (was == NULL)
			continue;
		old = parse_columns(work, was, &present);
		apply(&row, old, present, work->desc->natts);
	}
	score = work_column(work, COLUMN_LAST_SCORE);
	row.nulls[score] = true;
	return row;
}

/* compare_events orders by effective time, then by number. */
static int
compare_events(const void *a, const void *b)
{
	const TicketEvent *x = *(TicketEvent *const *) a;
	const TicketEvent *y = *(TicketEvent *const *) b;

	if (x->effective_at != y->effective_at)
		return x->effective_at < y->effective_at ? -1 : 1;
	return x->no < y->no ? -1 : x->no > y->no;
}

/* make_state asks the conditions, and reads the due columns, of a ticket as it stood. */
static TicketState *
make_state(Work *work, TicketRow row)
{
	TicketState *state = palloc(sizeof(TicketState));
	Policy *policy = work->policy;

	state->row = row;
	state->applies = NULL;
	state->dues = NULL;
	if (policy == NULL)
		return state;
	state->applies = palloc0(sizeof(bool) * Max(policy->ntargets, 1));
	state->dues = palloc(sizeof(int64) * Max(policy->ndues, 1));
	ExecClearTuple(work->slot);
	memcpy(work->slot->tts_values, row.values, sizeof(Datum) * work->desc->natts);
	memcpy(work->slot->tts_isnull, row.nulls, sizeof(bool) * work->desc->natts);
	ExecStoreVirtualTuple(work->slot);
	policy_applies(policy, work->slot, state->applies, &work->problems);
	for (int i = 0; i < policy->ndues; i++)
	{
		int column = work_column_by_name(work, policy->dues[i]);

		state->dues[i] =
			row.nulls[column] ? FOLD_NEVER : DatumGetTimestampTz(row.values[column]);
	}
	return state;
}

/* pause_code names the reason that an event begins, or ends, a pause for. */
static int
pause_code(const Work *work, const TicketEvent *event)
{
	Jsonb *jsonb;
	JsonbValue *reason;

	if (work->policy == NULL)
		return -1;
	if (event->code != FOLD_WAITING_ENDED)
		return event->code != FOLD_CHANGED && work->policy->pauses[event->code] ? event->code : -1;
	jsonb = DatumGetJsonbP(event->details);
	if (!JB_ROOT_IS_OBJECT(jsonb))
		return -1;
	reason = getKeyJsonValueFromContainer(&jsonb->root, "reason", 6, NULL);
	if (reason == NULL || reason->type != jbvString)
		return -1;
	return policy_event(work->policy,
						pnstrdup(reason->val.string.val, reason->val.string.len));
}

/* work_order puts the events in effective order, with the ticket's state after each. */
void
work_order(Work *work)
{
	TicketState *state = NULL;
	int n = work->nevents;
	int cycle = 1;

	work->ordered = palloc(sizeof(TicketEvent *) * n);
	work->fold_events = palloc(sizeof(FoldEvent) * n);
	work->states = palloc(sizeof(TicketState *) * n);
	for (int i = 0; i < n; i++)
		work->ordered[i] = &work->events[i];
	if (n > 1)
		qsort(work->ordered, n, sizeof(TicketEvent *), compare_events);
	for (int i = 0; i < n; i++)
	{
		TicketEvent *event = work->ordered[i];

		if (state == NULL)
			state = make_state(work, received_row(work));
		if (event->set != NULL)
		{
			TicketRow row = copy_row(&state->row, work->desc->natts);

			apply(&row, event->set, event->present, work->desc->natts);
			state = make_state(work, row);
		}
		if (event->code == FOLD_REOPENED)
			cycle++;
		event->cycle = cycle;
		work->states[i] = state;
		work->fold_events[i] = (FoldEvent){.no = event->no,
										   .code = event->code,
										   .at = event->effective_at,
										   .recorded = event->automatic ? event->effective_at
																		: event->recorded_at,
										   .pause = event->no == 0 ? -1 : pause_code(work, event),
										   .applies = state->applies,
										   .dues = state->dues};
	}
}

/* work_position returns where an event stands in effective order. */
int
work_position(const Work *work, const TicketEvent *event)
{
	for (int i = 0; i < work->nevents; i++)
	{
		if (work->ordered[i] == event)
			return i;
	}
	elog(ERROR, "event " INT64_FORMAT " is not in order", event->no);
}

/* work_state_before returns the ticket as it stood just before an instant (rule K-4). */
TicketState *
work_state_before(const Work *work, TimestampTz at)
{
	TicketState *state = work->states[0];

	for (int i = 0; i < work->nevents && (work->ordered[i]->effective_at < at ||
										  work->ordered[i]->code == FOLD_RECEIVED);
		 i++)
		state = work->states[i];
	return state;
}

/* stamps_of gathers the deadlines that the ticket's stored clocks have been given. */
static FoldStamp *
stamps_of(const Work *work, int *n)
{
	FoldStamp *stamps;

	*n = 0;
	if (work->nclocks == 0 || work->anew)
		return NULL;
	stamps = palloc(sizeof(FoldStamp) * work->nclocks);
	for (int i = 0; i < work->nclocks; i++)
	{
		const FoldClock *clock = &work->clocks[i].clock;

		if (clock->target >= 0 && !work->clocks[i].released &&
			work->policy->fold[clock->target].due_slot < 0)
			stamps[(*n)++] = (FoldStamp){.target = clock->target,
										 .cycle = clock->cycle,
										 .started_at = clock->started_at,
										 .paused_for = clock->paused_for,
										 .due_at = clock->due_at};
	}
	qsort(stamps, *n, sizeof(FoldStamp), fold_compare_stamps);
	return stamps;
}

/* work_fold folds the ordered events as of an instant, or of the last event if that is later. */
void
work_fold(Work *work, TimestampTz as_of, bool trace)
{
	FoldHistory history = {work->nevents, work->fold_events, as_of, 0, NULL};
	TimestampTz last = work->fold_events[work->nevents - 1].at;
	Policy *policy = work->policy;
	WorkStatus status;

	work->result.trace = trace;
	if (last > history.as_of)
		history.as_of = last;
	if (policy == NULL)
	{
		work->result.nclocks = work->result.nbreaches = work->result.ntimers = 0;
		work->result.nsteps = 0;
		return;
	}
	history.stamps = stamps_of(work, &history.nstamps);
	status = fold(policy->fold, policy->ntargets, &history, &work->result);
	if (status != WORK_OK)
	{
		Problem *problem = palloc(sizeof(Problem));
		Target *target = &policy->targets[work->result.failed_target];

		problem->code = "deadline_impossible";
		problem->object =
			psprintf("%s/%d/target %s", policy->name, policy->version, target->name);
		problem->message = psprintf(
			status == WORK_NO_OPEN_TIME
				? "calendar \"%s\" has no open time for the deadline of target \"%s\""
				: "calendar \"%s\": the deadline of target \"%s\" is outside the range of timestamps",
			target->calendar, target->name);
		work->problems = lappend(work->problems, problem);
	}
}

/*
 * work_fire_timers records the events of timers whose time came strictly before
 * an instant, as they would have been recorded then (V-30).
 */
void
work_fire_timers(Work *work, TimestampTz before)
{
	for (;;)
	{
		FoldTimer *first = NULL;
		TicketEvent *event;

		work_order(work);
		work_fold(work, before, false);
		for (int i = 0; i < work->result.ntimers; i++)
		{
			FoldTimer *timer = &work->result.timers[i];

			if (timer->due_at < before && (first == NULL || timer->due_at < first->due_at))
				first = timer;
		}
		if (first == NULL)
			return;
		event = work_append(work, work->policy->targets[first->target].on_due, first->due_at, NULL,
							NULL, DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
		event->automatic = true;
		event->effective_at = first->due_at;
	}
}
