/*
 * arrive.c
 *		A ticket is inserted: completed row by row, its clocks written statement by statement.
 *
 * The BEFORE trigger fills what the row left empty and refuses what is wrong in it;
 * wrong configuration never stops a ticket (rule E-18).  The AFTER trigger reads all
 * new rows of the statement at once, so that a COPY costs one batch and not one call
 * per row.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "ticket.h"

static const char *const urgencies[] = {"normal", "important", "urgent"};

/* Columns that an event may set, but not empty. */
static const char *const never_null[] = {"attributes"};

/*
 * Tickets that this transaction has inserted and whose AFTER trigger has not come yet.
 * A company's own row trigger, or a WITH query, may already record something about
 * such a ticket; then it arrives at once, and the statement's trigger passes it by.
 */
typedef struct Arrival
{
	int64 ticket_id; /* key */
	bool early;
} Arrival;

static HTAB *arrivals = NULL;

PG_FUNCTION_INFO_V1(sla_ticket_arrives);
PG_FUNCTION_INFO_V1(sla_tickets_arrived);

/* set_column replaces a value of a row that is being inserted. */
static void
set_column(Work *work, TicketColumn column, Datum value, bool isnull)
{
	int i = work_column(work, column);

	work->row.values[i] = value;
	work->row.nulls[i] = isnull;
}

/* ticket_check_happened refuses what is reported before it has happened. */
void
ticket_check_happened(TimestampTz happened_at, TimestampTz received_at)
{
	if (happened_at > received_at)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("happened_at is later than received_at"),
						errhint("A ticket is received after what it reports has happened.")));
}

/* check_times refuses a reception that cannot be. */
static void
check_times(Work *work)
{
	int received = work_column(work, COLUMN_RECEIVED_AT);
	int happened = work_column(work, COLUMN_HAPPENED_AT);
	TimestampTz received_at;

	if (work->row.nulls[received])
		set_column(work, COLUMN_RECEIVED_AT, TimestampTzGetDatum(work->now), false);
	received_at = DatumGetTimestampTz(work->row.values[received]);
	if (TIMESTAMP_NOT_FINITE(received_at))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("received_at must be a finite timestamp"),
						errhint("Leave it empty to mean now.")));
	if (received_at > work->now + FUTURE_TOLERANCE)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("received_at %s is in the future", timestamptz_to_str(received_at)),
						errhint("Leave it empty to mean now.")));
	if (!work->row.nulls[happened])
		ticket_check_happened(DatumGetTimestampTz(work->row.values[happened]), received_at);
}

/*
 * ticket_check_row refuses values that no ticket may have.  Of a change only the columns
 * that are present are looked at.
 */
void
ticket_check_row(const Work *work, const TicketRow *row, const bool *present)
{
	int urgency = work_column(work, COLUMN_URGENCY);

	for (int i = 0; i < work->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(work->desc, i);

		if (present != NULL && !present[i])
			continue;
		if (row->nulls[i] && present != NULL &&
			name_in(NameStr(attribute->attname), never_null, lengthof(never_null)))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("column \"%s\" of a ticket must not be null", NameStr(attribute->attname)),
					 errhint("Leave it out to keep its value.")));
		if (row->nulls[i])
			continue;
		if (attribute->atttypid == TIMESTAMPTZOID &&
			TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(row->values[i])))
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("%s must be a finite timestamp", NameStr(attribute->attname)),
							errhint("Leave it empty where there is no such date.")));
		if (i == urgency &&
			!name_in(TextDatumGetCString(row->values[i]), urgencies, lengthof(urgencies)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown urgency \"%s\"", TextDatumGetCString(row->values[i])),
					 errhint("Urgencies are normal, important and urgent; leave it empty to have "
							 "the ticket classified.")));
	}
}

/* check_values refuses wrong values that the row itself brings. */
static void
check_values(Work *work)
{
	char *policy = work_text(work, &work->row, COLUMN_POLICY);

	ticket_check_row(work, &work->row, NULL);
	if (policy != NULL && !policy_is_known(policy))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown policy \"%s\"", policy),
						errhint("Published policies: %s.", policy_known_names())));
}

/* arriving_slot shows the row that is being inserted to conditions. */
static TupleTableSlot *
arriving_slot(Work *work)
{
	TicketState state = {.row = work->row};

	return work_put_state(work, &state);
}

/* fill_assignment fills what the rules of "assigned" fill, where the row comes assigned. */
static void
fill_assignment(Work *work, Policy *policy)
{
	int code = policy_event(policy, "assigned");
	EventFacts facts = {NULL, NULL, details_empty(), NULL};
	MemoryContext row = work->slot->tts_mcxt;

	for (int i = 0; i < policy->nrules; i++)
	{
		EventRule *rule = &policy->rules[i];
		TicketEvent probe = {.name = "assigned"};

		if (rule->event != code || rule->sets == 0 ||
			!condition_holds(rule->applies_when, arriving_slot(work), &facts, &work->problems))
			continue;
		probe.details = details_with(details_empty(), "set", rule->sets);
		work_parse_set(work, &probe);
		for (int c = 0; c < work->desc->natts; c++)
		{
			Form_pg_attribute attribute = TupleDescAttr(work->desc, c);
			MemoryContext old;

			if (!probe.present[c] || !work->row.nulls[c] || probe.set->nulls[c])
				continue;
			old = MemoryContextSwitchTo(row);
			work->row.values[c] =
				datumCopy(probe.set->values[c], attribute->attbyval, attribute->attlen);
			work->row.nulls[c] = false;
			MemoryContextSwitchTo(old);
		}
	}
}

/*
 * is_duty tells whether a row is what the policy itself wants done.  Its rules about
 * what people bring, and how it is assigned, are not about that.
 */
static bool
is_duty(Work *work)
{
	return !work->row.nulls[work_column(work, COLUMN_DUTY)];
}

/* comes_assigned tells whether a row names who is to handle it. */
static bool
comes_assigned(Work *work)
{
	return !work->row.nulls[work_column(work, COLUMN_DEPARTMENT)] ||
		   !work->row.nulls[work_column(work, COLUMN_ASSIGNEE)];
}

/* choose_policy stamps the policy and version that rule the ticket, and classifies it. */
static Policy *
choose_policy(Work *work)
{
	TimestampTz received_at =
		DatumGetTimestampTz(work->row.values[work_column(work, COLUMN_RECEIVED_AT)]);
	Policy *policy = policy_choose(arriving_slot(work), received_at, &work->problems);

	set_column(work, COLUMN_POLICY_VERSION, Int32GetDatum(policy ? policy->version : 0),
			   policy == NULL);
	if (policy == NULL)
		return NULL;
	set_column(work, COLUMN_POLICY, CStringGetTextDatum(policy->name), false);
	if (!is_duty(work) &&
		policy_classify(policy, arriving_slot(work), &work->problems))
	{
		memcpy(work->row.values, work->slot->tts_values, sizeof(Datum) * work->desc->natts);
		memcpy(work->row.nulls, work->slot->tts_isnull, sizeof(bool) * work->desc->natts);
	}
	return policy;
}

/* reset_lifecycle makes sure that a new ticket begins as one. */
static void
reset_lifecycle(Work *work)
{
	set_column(work, COLUMN_CREATED_AT, TimestampTzGetDatum(work->now), false);
	set_column(work, COLUMN_STATUS, CStringGetTextDatum("open"), false);
	set_column(work, COLUMN_CYCLE, Int32GetDatum(1), false);
	set_column(work, COLUMN_LAST_SCORE, (Datum) 0, true);
	set_column(work, COLUMN_RESOLVED_AT, (Datum) 0, true);
	set_column(work, COLUMN_CLOSED_AT, (Datum) 0, true);
	set_column(work, COLUMN_ARCHIVED_AT, (Datum) 0, true);
}

/* forget_arrivals is called when the transaction's memory goes. */
static void
forget_arrivals(void *arg)
{
	arrivals = NULL;
}

/* expect_arrival notes that a row is on its way into sla.ticket. */
static void
expect_arrival(int64 ticket_id)
{
	Arrival *arrival;

	if (arrivals == NULL)
	{
		HASHCTL control = {.keysize = sizeof(int64),
						   .entrysize = sizeof(Arrival),
						   .hcxt = TopTransactionContext};
		MemoryContextCallback *callback =
			MemoryContextAlloc(TopTransactionContext, sizeof(MemoryContextCallback));

		callback->func = forget_arrivals;
		callback->arg = NULL;
		MemoryContextRegisterResetCallback(TopTransactionContext, callback);
		arrivals = hash_create("sla_ext arrivals", 64, &control,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	arrival = hash_search(arrivals, &ticket_id, HASH_ENTER, NULL);
	arrival->early = false;
}

/*
 * is_stored tells whether a ticket has arrived: what an early arrival wrote is still there and
 * was not rolled back, or the row on its way met one with its number and was not inserted.
 */
static bool
is_stored(int64 ticket_id)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};

	return query_run(QUERY_FIND_TRACES, values, NULL) > 0;
}

/* came_early tells whether a ticket has arrived before its statement's trigger. */
static bool
came_early(int64 ticket_id)
{
	Arrival *arrival =
		arrivals == NULL ? NULL : hash_search(arrivals, &ticket_id, HASH_REMOVE, NULL);

	return arrival != NULL && arrival->early && is_stored(ticket_id);
}

/* write_problems stores what went wrong while a row was prepared. */
static void
write_problems(Work *work)
{
	Rows *rows = rows_begin();

	work->ticket_id = DatumGetInt64(work->row.values[work_column(work, COLUMN_TICKET_ID)]);
	rows_add_problems(rows, work);
	rows_flush(rows);
}

/*
 * complete_row fills a new row.  Only what cannot be done without a statement is
 * done in the owner's name: this runs for every single row.
 */
static void
complete_row(Work *work)
{
	Policy *policy;
	OwnerSwitch owner;
	int level;
	bool assigned = comes_assigned(work) && !is_duty(work);

	check_times(work);
	check_values(work);
	reset_lifecycle(work);
	policy = choose_policy(work);
	if (work->problems == NIL && !(assigned && policy != NULL))
		return;
	sla_owner_begin(&owner);
	level = query_begin();
	if (assigned && policy != NULL)
		fill_assignment(work, policy);
	if (work->problems != NIL)
		write_problems(work);
	query_end(level);
	sla_owner_end(&owner);
}

/* sla_ticket_arrives is the BEFORE INSERT trigger of sla.ticket. */
Datum
sla_ticket_arrives(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ticket_check_trigger(
		fcinfo, "ticket_arrives", TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW | TRIGGER_EVENT_INSERT,
		TRIGGER_EVENT_TIMINGMASK | TRIGGER_EVENT_ROW | TRIGGER_EVENT_OPMASK);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple result;
	Work work = {0};

	work.desc = desc;
	work.now = sla_now();
	work.slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	work.row.values = palloc(sizeof(Datum) * desc->natts);
	work.row.nulls = palloc(sizeof(bool) * desc->natts);
	heap_deform_tuple(trigger->tg_trigtuple, desc, work.row.values, work.row.nulls);
	complete_row(&work);
	expect_arrival(DatumGetInt64(work.row.values[work_column(&work, COLUMN_TICKET_ID)]));
	result = heap_form_tuple(desc, work.row.values, work.row.nulls);
	ExecDropSingleTupleTableSlot(work.slot);
	return PointerGetDatum(result);
}

/* classified_department tells whether a rule, and not the client, filled the department. */
static bool
classified_department(const Work *work)
{
	char *by = work_text(work, &work->row, COLUMN_CLASSIFIED_BY);

	return by != NULL &&
		   (strncmp(by, "department:", 11) == 0 || strncmp(by, "assignee:", 9) == 0 ||
			strstr(by, " department:") != NULL || strstr(by, " assignee:") != NULL);
}

/* arrival_events appends the events that a new row's own columns stand for. */
static void
arrival_events(Work *work, Rows *rows)
{
	int happened = work_column(work, COLUMN_HAPPENED_AT);

	if (!work->row.nulls[happened])
		work_add_event(work, rows, "occurred", DatumGetTimestampTz(work->row.values[happened]), NULL,
				  NULL, details_empty(), 0);
	for (int i = 0; i < ncolumn_events; i++)
	{
		const char *name = column_events[i].event;

		if (strcmp(name, "owner_changed") == 0 ||
			work->row.nulls[work_column(work, column_events[i].column)])
			continue;
		if (strcmp(name, "assigned") == 0 && classified_department(work))
			continue;
		if (i > 0 && strcmp(name, column_events[i - 1].event) == 0 &&
			!work->row.nulls[work_column(work, column_events[i - 1].column)])
			continue;
		work_add_event(work, rows, name, work->received_at, NULL, NULL, details_empty(), 0);
	}
}

/* check_reception holds the rules of "received" against a new ticket. */
static void
check_reception(Work *work, Rows *rows)
{
	for (int i = 0; i < work->policy->nrules; i++)
	{
		EventRule *rule = &work->policy->rules[i];
		TicketEvent *reception = &work->events[0];

		if (rule->event != FOLD_RECEIVED)
			continue;
		reception->details = details_empty();
		if (!rule_is_about(work, rule, reception, work->states[0]))
			continue;
		rule_check(work, rows, rule, reception);
		rule_tell(work, rule, reception, work->states[0]);
		for (int j = 0; j < rule->nimplies; j++)
			work_add_event(work, rows, work->policy->events[rule->implies[j]], work->now, NULL, NULL,
					  details_empty(), 0);
	}
}

/* begin_arrival prepares the work on a ticket that has just been inserted. */
static void
begin_arrival(Work *work, int64 ticket_id, TupleDesc desc, TupleTableSlot *slot, TicketRow row,
			  TimestampTz now)
{
	char *policy;
	int version;

	work->desc = desc;
	policy = work_text(work, &row, COLUMN_POLICY);
	version = work_column(work, COLUMN_POLICY_VERSION);
	work_begin(work, ticket_id,
			   policy != NULL && !row.nulls[version]
				   ? policy_find(policy, DatumGetInt32(row.values[version]))
				   : NULL,
			   desc, slot, row, now);
	work->arriving = true;
	work->events[0].is_new = true;
	work_order(work);
}

/* ticket_receive applies the rules of the reception, and the events that a new row stands for. */
void
ticket_receive(Work *work, Rows *rows)
{
	if (work->policy == NULL)
	{
		Problem *problem = palloc(sizeof(Problem));
		char *policy = work_text(work, &work->row, COLUMN_POLICY);

		problem->code = "no_policy";
		problem->object = policy ? policy : "";
		problem->message = "no published policy version rules this ticket; it has no clocks";
		work->problems = lappend(work->problems, problem);
	}
	else if (!work->is_duty)
		check_reception(work, rows);
	if (!work->is_duty)
		arrival_events(work, rows);
	work->arriving = false;
}

/* arrive writes the clocks of one new ticket. */
static void
arrive(Work *work, Rows *rows, int64 ticket_id, TupleDesc desc, TupleTableSlot *slot, TicketRow row,
	   TimestampTz now)
{
	begin_arrival(work, ticket_id, desc, slot, row, now);
	ticket_receive(work, rows);
	work_fold(work, now, false);
	for (int i = 1; i < work->nevents; i++)
		rows_add_event(rows, work, &work->events[i]);
	work_write_difference(work, rows);
	work_propose_penalties(work, rows);
	rows_add_problems(rows, work);
}

/* read_arriving reads the row of a ticket whose statement has not ended yet. */
static bool
read_arriving(int64 ticket_id, TupleDesc *desc, TicketRow *row)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};

	if (query_run(QUERY_READ_TICKET, values, NULL) == 0)
		return false;
	*desc = SPI_tuptable->tupdesc;
	row->values = palloc(sizeof(Datum) * (*desc)->natts);
	row->nulls = palloc(sizeof(bool) * (*desc)->natts);
	heap_deform_tuple(SPI_tuptable->vals[0], *desc, row->values, row->nulls);
	return true;
}

/*
 * ticket_begin_history prepares the arrival of a ticket with a history, within the statement
 * that inserts it.  Returns false if that is not so, or it has arrived already.
 */
bool
ticket_begin_history(Work *work, int64 ticket_id)
{
	Arrival *arrival =
		arrivals == NULL ? NULL : hash_search(arrivals, &ticket_id, HASH_FIND, NULL);
	TupleDesc desc;
	TicketRow row;

	if (arrival == NULL || is_stored(ticket_id) || !read_arriving(ticket_id, &desc, &row))
		return false;
	arrival->early = true;
	begin_arrival(work, ticket_id, desc, MakeSingleTupleTableSlot(desc, &TTSOpsVirtual), row,
				  sla_now());
	return true;
}

/*
 * ticket_arrive_early writes the clocks of a ticket whose statement has not ended yet;
 * any other ticket it leaves alone.  The row is the ticket as inserted, or NULL to read it.
 */
void
ticket_arrive_early(int64 ticket_id, HeapTuple tuple, TupleDesc desc)
{
	Arrival *arrival =
		arrivals == NULL ? NULL : hash_search(arrivals, &ticket_id, HASH_FIND, NULL);
	Work work = {0};
	TicketRow row;
	TupleTableSlot *slot;
	Rows *rows;

	if (arrival == NULL || is_stored(ticket_id))
		return;
	if (tuple == NULL)
	{
		if (!read_arriving(ticket_id, &desc, &row))
			return;
	}
	else
	{
		row.values = palloc(sizeof(Datum) * desc->natts);
		row.nulls = palloc(sizeof(bool) * desc->natts);
		heap_deform_tuple(tuple, desc, row.values, row.nulls);
	}
	arrival->early = true;
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	rows = rows_begin();
	arrive(&work, rows, ticket_id, desc, slot, row, sla_now());
	rows_flush(rows);
	ExecDropSingleTupleTableSlot(slot);
}

/* sla_tickets_arrived is the AFTER INSERT statement trigger of sla.ticket. */
Datum
sla_tickets_arrived(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ticket_check_trigger(fcinfo, "tickets_arrived",
										 TRIGGER_EVENT_AFTER | TRIGGER_EVENT_INSERT,
										 TRIGGER_EVENT_TIMINGMASK | TRIGGER_EVENT_ROW |
											 TRIGGER_EVENT_OPMASK);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	TupleTableSlot *stored;
	TupleTableSlot *slot;
	MemoryContext context;
	MemoryContext old;
	TimestampTz now = sla_now();
	OwnerSwitch owner;
	Rows *rows;
	Work work = {0};
	int level;

	if (trigger->tg_newtable == NULL)
		elog(ERROR, "trigger \"tickets_arrived\" has no transition table");
	sla_owner_begin(&owner);
	level = query_begin();
	stored = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	rows = rows_begin();
	/* The result's arrays live as long as the statement and are used for every ticket. */
	work.result.maxclocks = 64;
	work.result.clocks = palloc(sizeof(FoldClock) * 64);
	work.result.maxbreaches = 64;
	work.result.breaches = palloc(sizeof(FoldBreach) * 64);
	work.result.maxtimers = 16;
	work.result.timers = palloc(sizeof(FoldTimer) * 16);
	context = AllocSetContextCreate(CurrentMemoryContext, "sla_ext ticket", ALLOCSET_DEFAULT_SIZES);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, stored))
	{
		TicketRow row;
		int64 ticket_id;

		slot_getallattrs(stored);
		row.values = stored->tts_values;
		row.nulls = stored->tts_isnull;
		work.desc = desc;
		ticket_id = DatumGetInt64(row.values[work_column(&work, COLUMN_TICKET_ID)]);
		if (came_early(ticket_id))
			continue;
		old = MemoryContextSwitchTo(context);
		arrive(&work, rows, ticket_id, desc, slot, row, now);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		if (rows_full(rows))
			rows_flush(rows);
	}
	rows_flush(rows);
	ExecDropSingleTupleTableSlot(stored);
	ExecDropSingleTupleTableSlot(slot);
	query_end(level);
	sla_owner_end(&owner);
	return PointerGetDatum(NULL);
}
