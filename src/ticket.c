/*
 * ticket.c
 *		A ticket arrives, something happens to it, and its clocks follow.
 *
 * Every writer does the same: it locks the ticket's row, then its open clocks in key
 * order, and only then reads (rule E-4).  It appends its events, folds the whole
 * history and writes the difference.  Nothing here keeps a second set of books: a
 * late entry, a correction or a reopening is just another event in its place.
 *
 * All of it runs as the owner of the tables (rule K-5); what the caller may do is
 * decided by the privileges on sla.ticket and on sla.record().
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/tuplestore.h"

#include "ticket.h"

#define FUTURE_TOLERANCE USECS_PER_MINUTE

/* Columns whose filling is an event of its own, beside "changed". */
static const struct
{
	TicketColumn column;
	const char *event;
} column_events[] = {
	{COLUMN_DEPARTMENT, "assigned"},
	{COLUMN_ASSIGNEE, "assigned"},
	{COLUMN_OWNER, "owner_changed"},
	{COLUMN_PROMISED_AT, "promised"},
	{COLUMN_APPOINTMENT_AT, "appointment_set"},
	{COLUMN_AGREED_REPLY_AT, "reply_agreed"},
};

/* Events that a closed ticket still takes. */
static const char *const after_closing[] = {
	"reopened",			  "rating_recorded",		  "changed",		 "archived",
	"complaint_verified", "responsibility_confirmed", "penalty_decided", "callback_done"};

/* Columns of a ticket that sla.record() may set besides the tracked ones. */
static const char *const untracked_columns[] = {"customer", "subject", "description", "order_ref"};

/* Columns that an event may set, but not empty. */
static const char *const never_null[] = {"attributes"};

/* Tracked columns that an event cannot set: they are not for those who work on tickets. */
static const char *const kept_columns[] = {"last_score", "duty", "due_at", "legal_hold"};

/* Tracked columns whose change by hand is no event. */
static const char *const silent_columns[] = {"duty", "last_score"};

static const char *const urgencies[] = {"normal", "important", "urgent"};

/*
 * The ticket whose row the engine itself updates just now: that is no event.  What a
 * company's own trigger then does to another ticket is one.
 */
static const int64 *engine_writes = NULL;

PG_FUNCTION_INFO_V1(sla_ticket_arrives);
PG_FUNCTION_INFO_V1(sla_tickets_arrived);
PG_FUNCTION_INFO_V1(sla_ticket_changed);
PG_FUNCTION_INFO_V1(sla_record);
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

/* check_trigger makes sure that a trigger function was called as its trigger. */
static TriggerData *
check_trigger(FunctionCallInfo fcinfo, const char *name, TriggerEvent event, TriggerEvent mask)
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

/* empty_details returns {}. */
static Datum
empty_details(void)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
}

/* with_key returns details with one key set to a jsonb value. */
static Datum
with_key(Datum details, const char *key, Datum value)
{
	Jsonb *jsonb = DatumGetJsonbP(value);
	char *text = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
	Datum object =
		DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"%s\": %s}", key, text)));

	return DirectFunctionCall2(jsonb_concat, details, object);
}

/* in_names tells whether a name is in a static list. */
static bool
in_names(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* may_set tells whether sla.record() may set a ticket column. */
static bool
may_set(const char *column)
{
	if (in_names(column, kept_columns, lengthof(kept_columns)))
		return false;
	return in_names(column, tracked_columns, ntracked_columns) ||
		   in_names(column, untracked_columns, lengthof(untracked_columns));
}

/* ---------------------------------------------------------------- opening a ticket */

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
 * open_ticket locks (unless lock is QUERY_READ_TICKET) and reads a ticket.  Returns
 * false if there is no such row, or somebody else has it locked.
 */
static bool
open_ticket(Work *work, int64 ticket_id, QueryId lock)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};
	TupleDesc desc;
	HeapTuple tuple;
	TicketRow row;
	char *policy;
	int version;

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

/* ---------------------------------------------------------------- who answers */

/* add_names appends the people of a role that are not there yet. */
static List *
add_names(List *names, List *more)
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
				*roles = add_names(*roles, list_make1(target->responsible[i]));
		}
	}
	else
	{
		for (int i = 0; i < target->nresponsible; i++)
			*roles = add_names(*roles, list_make1(target->responsible[i]));
	}
	for (int i = 0; i < list_length(*roles); i++)
		*people = add_names(*people, people_in_role(list_nth(*roles, i), holders));
}

/* ---------------------------------------------------------------- appending events */

/* cycle_start returns the position of the event that opened the cycle an event is in. */
static int
cycle_start(const Work *work, int position)
{
	int cycle = work->ordered[position]->cycle;

	while (position > 0 && work->ordered[position - 1]->cycle == cycle)
		position--;
	return position;
}

/* happened_in_cycle tells whether an event happened in the cycle up to a position. */
static bool
happened_in_cycle(const Work *work, const char *name, int position)
{
	int first = cycle_start(work, position);

	for (int i = position; i >= first; i--)
	{
		/* The reopening that begins a cycle is not an event within it. */
		if (i == first && work->ordered[i]->code == FOLD_REOPENED)
			continue;
		if (strcmp(work->ordered[i]->name, name) == 0)
			return true;
	}
	return false;
}

/* put_state loads a state into the slot that conditions are asked about. */
static TupleTableSlot *
put_state(Work *work, const TicketState *state)
{
	ExecClearTuple(work->slot);
	memcpy(work->slot->tts_values, state->row.values, sizeof(Datum) * work->desc->natts);
	memcpy(work->slot->tts_isnull, state->row.nulls, sizeof(bool) * work->desc->natts);
	return ExecStoreVirtualTuple(work->slot);
}

/* rule_applies tells whether an event rule is about this event. */
static bool
rule_applies(Work *work, const EventRule *rule, const TicketEvent *event, const TicketState *state)
{
	EventFacts facts = {event->actor, event->note, event->details};

	return rule->event == event->code && event->code != FOLD_CHANGED &&
		   condition_holds(rule->applies_when, put_state(work, state), &facts, &work->problems);
}

/* fill_from_rules adds what the event's rules fill, to the event's own "set". */
static void
fill_from_rules(Work *work, int number)
{
	TicketEvent *event = &work->events[number];
	TicketState *state = work->states[work_position(work, event)];

	for (int i = 0; i < work->policy->nrules; i++)
	{
		EventRule *rule = &work->policy->rules[i];
		TicketEvent probe = *event;
		Datum fill = (Datum) 0;

		if (rule->sets == 0 || !rule_applies(work, rule, event, state))
			continue;
		probe.details = with_key(empty_details(), "set", rule->sets);
		work_parse_set(work, &probe);
		for (int c = 0; probe.present != NULL && c < work->desc->natts; c++)
		{
			const char *name = NameStr(TupleDescAttr(work->desc, c)->attname);

			if (!probe.present[c])
				continue;
			if (fill == (Datum) 0)
				fill = rule->sets;
			if (!state->row.nulls[c])
				fill = DirectFunctionCall2(jsonb_delete, fill, CStringGetTextDatum(name));
		}
		if (fill != (Datum) 0 && JB_ROOT_COUNT(DatumGetJsonbP(fill)) > 0)
		{
			JsonbValue *own = getKeyJsonValueFromContainer(&DatumGetJsonbP(event->details)->root,
														   "set", 3, NULL);

			if (own != NULL && own->type == jbvBinary)
				fill = DirectFunctionCall2(jsonb_concat, fill,
										   JsonbPGetDatum(JsonbValueToJsonb(own)));
			event->details = with_key(event->details, "set", fill);
			work_parse_set(work, event);
			work_order(work);
			state = work->states[work_position(work, event)];
		}
	}
}

/* refuse raises the error of an event rule that is enforced. */
static void
refuse(const EventRule *rule, const TicketEvent *event, const char *missing)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 rule->message ? errmsg("%s", rule->message)
						   : errmsg("event \"%s\" is refused by rule \"%s\"", event->name, rule->name),
			 missing			 ? errdetail("Missing: %s.", missing)
			 : rule->message_zh ? errdetail("%s", rule->message_zh)
								: errdetail("Rule \"%s\" of event \"%s\" does not hold.",
											rule->name, event->name),
			 errhint("Record what is missing first; the rules of a policy are in sla.event_rule.")));
}

/* missing_events lists the events a rule requires and the cycle lacks, or NULL. */
static char *
missing_events(const Work *work, const EventRule *rule, int position)
{
	List *missing = NIL;

	for (int i = 0; i < rule->nrequires_events; i++)
	{
		if (!happened_in_cycle(work, rule->requires_names[i], position))
			missing = lappend(missing, rule->requires_names[i]);
	}
	return missing == NIL ? NULL : sla_list_text(missing);
}

/* has_actor_role tells whether the actor may record the event. */
static bool
has_actor_role(const Work *work, const EventRule *rule, const TicketEvent *event,
			   const TicketState *state)
{
	Holders holders;

	if (rule->nactor_roles == 0)
		return true;
	work_holders(work, state, &holders);
	for (int i = 0; event->actor != NULL && i < rule->nactor_roles; i++)
	{
		if (people_has_role(event->actor, rule->actor_roles[i], &holders))
			return true;
	}
	return false;
}

/* check_rule holds one rule against an event. */
static void
check_rule(Work *work, Rows *rows, const EventRule *rule, const TicketEvent *event)
{
	int position = work_position(work, event);
	TicketState *state = work->states[position];
	EventFacts facts = {event->actor, event->note, event->details};
	char *missing = missing_events(work, rule, position);
	bool may = has_actor_role(work, rule, event, state);

	if (missing == NULL && may &&
		condition_holds(rule->requires, put_state(work, state), &facts, &work->problems))
		return;
	if (rule->enforce && !may)
	{
		List *roles = NIL;

		for (int i = 0; i < rule->nactor_roles; i++)
			roles = lappend(roles, rule->actor_roles[i]);
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("\"%s\" may not record event \"%s\"",
							   event->actor ? event->actor : "", event->name),
						errhint("Rule \"%s\" leaves it to: %s.", rule->name, sla_list_text(roles))));
	}
	if (rule->enforce)
		refuse(rule, event, missing);
	rows_add_violation(rows, work, rule, event,
					   event->actor ? event->actor : work_text(work, &state->row, COLUMN_OWNER));
}

/* tell_people notifies whom a rule names of an event. */
static void
tell_people(Work *work, const EventRule *rule, const TicketEvent *event, const TicketState *state)
{
	List *people = NIL;
	Holders holders;
	StringInfoData text;
	ListCell *cell;
	Datum values[7];

	work_holders(work, state, &holders);
	for (int i = 0; i < rule->nnotifies; i++)
		people = add_names(people, strcmp(rule->notifies[i], "customer") == 0
									   ? list_make1("customer")
									   : people_in_role(rule->notifies[i], &holders));
	if (people == NIL)
		return;
	initStringInfo(&text);
	foreach (cell, people)
		appendStringInfo(&text, "%s%s", text.len > 0 ? "\x1f" : "", (char *) lfirst(cell));
	values[0] = Int64GetDatum(work->ticket_id);
	values[1] = CStringGetTextDatum(rule->name);
	values[2] = Int32GetDatum(event->cycle);
	values[3] = TimestampTzGetDatum(event->occurred_at);
	values[4] = CStringGetTextDatum(text.data);
	values[5] = CStringGetTextDatum(event->name);
	values[6] = TimestampTzGetDatum(work->now);
	query_run(QUERY_NOTIFY_EVENT, values, NULL);
}

/* check_order is the built-in gate: closing needs a resolution and a content customer. */
static void
check_order(Work *work, Rows *rows, const TicketEvent *event)
{
	static const EventRule closed_without_resolution = {.name = "closed_without_resolution"};
	int position = work_position(work, event);
	TicketRow *row = &work->states[position]->row;
	int score = work_column(work, COLUMN_LAST_SCORE);

	if (event->code != FOLD_CLOSED)
		return;
	if (!row->nulls[score] &&
		DatumGetInt32(row->values[score]) <= work->policy->unsatisfied_max_rating)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("ticket " INT64_FORMAT " cannot be closed: the last rating is unsatisfied",
							   work->ticket_id),
						errhint("Handle it again and record a rating above %d first.",
								work->policy->unsatisfied_max_rating)));
	if (work->policy->order_check == ORDER_OFF || happened_in_cycle(work, "resolved", position))
		return;
	if (work->policy->order_check == ORDER_ENFORCE)
		refuse(&closed_without_resolution, event, "resolved");
	rows_add_violation(rows, work, &closed_without_resolution, event,
					   event->actor ? event->actor : work_text(work, row, COLUMN_OWNER));
}

/* alert_reopening plans the escalation of a ticket that was reopened too often (E-9). */
static void
alert_reopening(Work *work, const TicketEvent *event)
{
	Holders holders;
	List *people;
	Datum values[6];

	if (event->code != FOLD_REOPENED || work->policy->reopen_alert_after == 0 ||
		event->cycle != work->policy->reopen_alert_after + 1)
		return;
	work_holders(work, work->states[work_position(work, event)], &holders);
	people = people_in_role("supervisor", &holders);
	values[0] = Int64GetDatum(work->ticket_id);
	values[1] = Int32GetDatum(event->cycle);
	values[2] = TimestampTzGetDatum(event->effective_at);
	values[3] = CStringGetTextDatum("supervisor");
	values[4] = CStringGetTextDatum(people == NIL ? "" : (char *) linitial(people));
	values[5] = CStringGetTextDatum(psprintf("reopened %d times", event->cycle - 1));
	query_run(QUERY_PLAN_REOPEN_ALERT, values, NULL);
}

static int64 add_event(Work *work, Rows *rows, const char *name, TimestampTz occurred_at,
					   const char *actor, const char *note, Datum details, int64 implied_by);

/* imply appends an event that another one implies, unless the cycle has it (V-22). */
static void
imply(Work *work, Rows *rows, int64 by, const char *name)
{
	TicketEvent *event = &work->events[by - work->events[0].no];

	if (happened_in_cycle(work, name, work_position(work, event)))
		return;
	add_event(work, rows, name, event->occurred_at, event->actor, NULL, empty_details(), by);
}

/* imply_from_columns appends the events that filled columns stand for. */
static void
imply_from_columns(Work *work, Rows *rows, int64 by)
{
	for (int i = 0; i < lengthof(column_events); i++)
	{
		TicketEvent *event = &work->events[by];
		int column = work_column(work, column_events[i].column);

		if (event->present == NULL || !event->present[column] || event->set->nulls[column] ||
			strcmp(event->name, column_events[i].event) == 0)
			continue;
		/* The columns of one act make one event. */
		if (work->events[work->nevents - 1].implied_by == by &&
			strcmp(work->events[work->nevents - 1].name, column_events[i].event) == 0)
			continue;
		add_event(work, rows, column_events[i].event, event->occurred_at, event->actor, NULL,
				  empty_details(), by);
	}
}

/*
 * add_event appends one event and everything that follows from it by the policy's
 * event rules: what it fills, what it requires, what it implies.  Returns its number.
 */
static int64
add_event(Work *work, Rows *rows, const char *name, TimestampTz occurred_at, const char *actor,
		  const char *note, Datum details, int64 implied_by)
{
	TicketEvent *event = work_append(work, name, occurred_at, actor, note, details);
	int64 number = event->no;
	int code = event->code;

	event->implied_by = implied_by;
	work_order(work);
	if (work->policy != NULL)
	{
		fill_from_rules(work, (int) number);
		event = &work->events[number];
		for (int i = 0; i < work->policy->nrules; i++)
		{
			EventRule *rule = &work->policy->rules[i];
			TicketState *state = work->states[work_position(work, event)];

			if (!rule_applies(work, rule, event, state))
				continue;
			check_rule(work, rows, rule, event);
			tell_people(work, rule, event, state);
		}
		check_order(work, rows, event);
		alert_reopening(work, event);
	}
	imply_from_columns(work, rows, number);
	for (int i = 0; work->policy != NULL && i < work->policy->nrules; i++)
	{
		EventRule *rule = &work->policy->rules[i];

		event = &work->events[number];
		if (rule->nimplies == 0 || rule->event != code ||
			!rule_applies(work, rule, event, work->states[work_position(work, event)]))
			continue;
		for (int j = 0; j < rule->nimplies; j++)
			imply(work, rows, number, work->policy->events[rule->implies[j]]);
	}
	return number;
}

/* ---------------------------------------------------------------- writing the outcome */

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

/* columns_to_set gathers what the new events set and no later event has set since. */
static Datum
columns_to_set(const Work *work, TicketEvent **carrier)
{
	Datum columns = empty_details();

	*carrier = NULL;
	for (int i = 0; i < work->nevents; i++)
	{
		TicketEvent *event = work->ordered[i];
		JsonbValue *set;
		Datum mine;

		if (!event->is_new || event->present == NULL)
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

/* write_columns writes what the new events set, and keeps in them what was there before. */
static void
write_columns(Work *work)
{
	TicketEvent *carrier;
	Datum columns = columns_to_set(work, &carrier);
	Datum values[2] = {Int64GetDatum(work->ticket_id), columns};
	bool isnull;

	if (carrier == NULL || JB_ROOT_COUNT(DatumGetJsonbP(columns)) == 0)
		return;
	if (query_run(QUERY_OLD_COLUMNS, values, NULL) != 1)
		elog(ERROR, "could not read ticket " INT64_FORMAT, work->ticket_id);
	carrier->details = with_key(
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

/* lifecycle derives the ticket's state from its events. */
static Lifecycle
lifecycle(const Work *work)
{
	Lifecycle life = {"open", 1, FOLD_NEVER, FOLD_NEVER, FOLD_NEVER, false, 0};
	TicketRow *row = &work->states[work->nevents - 1]->row;
	int score = work_column(work, COLUMN_LAST_SCORE);

	for (int i = 0; i < work->nevents; i++)
	{
		TicketEvent *event = work->ordered[i];
		bool closed = life.closed_at != FOLD_NEVER;

		if (event->code == FOLD_REOPENED || strcmp(event->name, "reopened") == 0)
			life.status = "open", life.resolved_at = life.closed_at = FOLD_NEVER;
		else if (strcmp(event->name, "resolved") == 0 && life.resolved_at == FOLD_NEVER)
		{
			life.resolved_at = event->effective_at;
			life.status = closed ? life.status : "resolved";
		}
		else if (strcmp(event->name, "closed") == 0 || strcmp(event->name, "closed_no_rating") == 0 ||
				 strcmp(event->name, "withdrawn") == 0)
		{
			life.status = strcmp(event->name, "withdrawn") == 0 ? "withdrawn" : "closed";
			life.closed_at = closed ? life.closed_at : event->effective_at;
		}
		else if (strcmp(event->name, "archived") == 0)
			life.archived_at = event->effective_at;
		else if (strcmp(event->name, "waiting_ended") == 0 && strcmp(life.status, "waiting") == 0)
			life.status = "open";
		else if (work->fold_events[i].pause >= 0 && strcmp(life.status, "open") == 0)
			life.status = "waiting";
		life.cycle = event->cycle;
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

/* finish folds the ticket once more and writes everything that changed. */
static void
finish(Work *work, Rows *rows, TimestampTz as_of, bool columns_are_written)
{
	if (!columns_are_written)
		write_columns(work);
	work_fold(work, as_of, false);
	for (int i = 1; i < work->nevents; i++)
	{
		if (work->events[i].is_new)
			rows_add_event(rows, work, &work->events[i]);
	}
	work_write_difference(work, rows);
	rows_add_problems(rows, work);
	rows_flush(rows);
	if (!work->arriving)
		write_lifecycle(work);
}

/* ---------------------------------------------------------------- a ticket arrives */

/* set_column replaces a value of a row that is being inserted. */
static void
set_column(Work *work, TicketColumn column, Datum value, bool isnull)
{
	int i = work_column(work, column);

	work->row.values[i] = value;
	work->row.nulls[i] = isnull;
}

/* check_happened refuses what is reported before it has happened. */
static void
check_happened(TimestampTz happened_at, TimestampTz received_at)
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
		check_happened(DatumGetTimestampTz(work->row.values[happened]), received_at);
}

/*
 * check_row refuses values that no ticket may have.  Of a change only the columns
 * that are present are looked at.
 */
static void
check_row(const Work *work, const TicketRow *row, const bool *present)
{
	int urgency = work_column(work, COLUMN_URGENCY);

	for (int i = 0; i < work->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(work->desc, i);

		if (present != NULL && !present[i])
			continue;
		if (row->nulls[i] && present != NULL &&
			in_names(NameStr(attribute->attname), never_null, lengthof(never_null)))
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
			!in_names(TextDatumGetCString(row->values[i]), urgencies, lengthof(urgencies)))
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

	check_row(work, &work->row, NULL);
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

	return put_state(work, &state);
}

/* fill_assignment fills what the rules of "assigned" fill, where the row comes assigned. */
static void
fill_assignment(Work *work, Policy *policy)
{
	int code = policy_event(policy, "assigned");
	EventFacts facts = {NULL, NULL, empty_details()};
	MemoryContext row = work->slot->tts_mcxt;

	for (int i = 0; i < policy->nrules; i++)
	{
		EventRule *rule = &policy->rules[i];
		TicketEvent probe = {.name = "assigned"};

		if (rule->event != code || rule->sets == 0 ||
			!condition_holds(rule->applies_when, arriving_slot(work), &facts, &work->problems))
			continue;
		probe.details = with_key(empty_details(), "set", rule->sets);
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
	if (policy_classify(policy, arriving_slot(work), &work->problems))
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
	bool assigned = comes_assigned(work);

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
	TriggerData *trigger = check_trigger(
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
		add_event(work, rows, "occurred", DatumGetTimestampTz(work->row.values[happened]), NULL,
				  NULL, empty_details(), 0);
	for (int i = 0; i < lengthof(column_events); i++)
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
		add_event(work, rows, name, work->received_at, NULL, NULL, empty_details(), 0);
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
		reception->details = empty_details();
		if (!rule_applies(work, rule, reception, work->states[0]))
			continue;
		check_rule(work, rows, rule, reception);
		tell_people(work, rule, reception, work->states[0]);
		for (int j = 0; j < rule->nimplies; j++)
			add_event(work, rows, work->policy->events[rule->implies[j]], work->now, NULL, NULL,
					  empty_details(), 0);
	}
}

/* arrive writes the clocks of one new ticket. */
static void
arrive(Work *work, Rows *rows, int64 ticket_id, TupleDesc desc, TupleTableSlot *slot, TicketRow row,
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
	work_order(work);
	if (work->policy == NULL)
	{
		Problem *problem = palloc(sizeof(Problem));

		problem->code = "no_policy";
		problem->object = policy ? policy : "";
		problem->message = "no published policy version rules this ticket; it has no clocks";
		work->problems = lappend(work->problems, problem);
	}
	else
		check_reception(work, rows);
	arrival_events(work, rows);
	work_fold(work, now, false);
	for (int i = 1; i < work->nevents; i++)
		rows_add_event(rows, work, &work->events[i]);
	work_write_difference(work, rows);
	rows_add_problems(rows, work);
}

/* sla_tickets_arrived is the AFTER INSERT statement trigger of sla.ticket. */
Datum
sla_tickets_arrived(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = check_trigger(fcinfo, "tickets_arrived",
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

		slot_getallattrs(stored);
		row.values = stored->tts_values;
		row.nulls = stored->tts_isnull;
		old = MemoryContextSwitchTo(context);
		work.desc = desc;
		arrive(&work, rows, DatumGetInt64(row.values[work_column(&work, COLUMN_TICKET_ID)]), desc, slot,
			   row, now);
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

/* ---------------------------------------------------------------- a ticket changes */

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
			!in_names(tracked_columns[i], silent_columns, lengthof(silent_columns)))
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
	check_row(work, probe.set, probe.present);
	if (probe.present[happened] && !probe.set->nulls[happened])
		check_happened(DatumGetTimestampTz(probe.set->values[happened]), work->received_at);
}

/* sla_ticket_changed is the AFTER UPDATE row trigger of sla.ticket. */
Datum
sla_ticket_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = check_trigger(
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
	if (engine_writes != NULL && *engine_writes == DatumGetInt64(key))
		return PointerGetDatum(NULL);
	sla_owner_begin(&owner);
	level = query_begin();
	changes = changed_columns(trigger);
	if (changes != (Datum) 0 && open_ticket(&work, DatumGetInt64(key), QUERY_LOCK_TICKET))
	{
		Rows *rows = rows_begin();
		TimestampTz at = Max(work.now, work.received_at);

		check_changes(&work, "changed", changes);
		work_fire_timers(&work, work.now);
		add_event(&work, rows, "changed", at, NULL, NULL, changes, 0);
		finish(&work, rows, work.now, true);
	}
	query_end(level);
	sla_owner_end(&owner);
	return PointerGetDatum(NULL);
}

/* ---------------------------------------------------------------- recording an event */

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

/* check_not_closed refuses an event that comes after the ticket was closed. */
static void
check_not_closed(Work *work, const char *name, TimestampTz effective_at)
{
	const char *closed_by = NULL;

	for (int i = 0; i < work->nevents && work->ordered[i]->effective_at <= effective_at; i++)
	{
		const char *other = work->ordered[i]->name;

		if (strcmp(other, "closed") == 0 || strcmp(other, "closed_no_rating") == 0 ||
			strcmp(other, "withdrawn") == 0)
			closed_by = other;
		else if (strcmp(other, "reopened") == 0)
			closed_by = NULL;
	}
	if (closed_by != NULL && !in_names(name, after_closing, lengthof(after_closing)))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("ticket " INT64_FORMAT " is closed", work->ticket_id),
						errdetail("Event \"%s\" ended it.", closed_by),
						errhint("Record \"reopened\" first, or the time at which \"%s\" happened.",
								name)));
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

/* refuse_ticket raises the error for a ticket that does not exist. */
static void
refuse_ticket(int64 ticket_id)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("ticket " INT64_FORMAT " does not exist", ticket_id),
					errhint("sla.ticket lists the tickets.")));
}

/* record does the work of sla.record(). */
static int64
record(int64 ticket_id, const char *name, TimestampTz at, bool at_now, const char *actor,
	   const char *note, Datum details)
{
	Work work = {0};
	Rows *rows;
	int64 number;

	if (!open_ticket(&work, ticket_id, QUERY_LOCK_TICKET))
		refuse_ticket(ticket_id);
	if (at_now)
		at = Max(work.now, work.received_at);
	check_event_name(&work, name);
	check_event_time(&work, name, at);
	check_details(details);
	if (strcmp(name, "rating_recorded") == 0)
		check_score(&work, details);
	check_changes(&work, name, details);
	rows = rows_begin();
	work_fire_timers(&work, at);
	check_not_closed(&work, name, at);
	number = add_event(&work, rows, name, at, actor, note, details, 0);
	work_fire_timers(&work, work.now);
	finish(&work, rows, work.now, false);
	return number;
}

/*
 * check_visible makes sure that the caller, who is still the current user, may read a
 * ticket: what is done next is done by an owner from whom nothing is hidden.
 */
static void
check_visible(int64 ticket_id)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};
	int level = query_begin();

	(void) sla_relid("ticket", false);
	if (query_run(QUERY_READ_TICKET, values, NULL) == 0)
		refuse_ticket(ticket_id);
	query_end(level);
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
		check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	number = record(PG_GETARG_INT64(0), text_argument(fcinfo, 1),
					PG_ARGISNULL(2) ? 0 : PG_GETARG_TIMESTAMPTZ(2), PG_ARGISNULL(2),
					text_argument(fcinfo, 3), text_argument(fcinfo, 4),
					PG_ARGISNULL(5) ? empty_details() : PG_GETARG_DATUM(5));
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_INT64(number);
}

/* ticket_refold does for one ticket what the sweep cannot do for many at once. */
bool
ticket_refold(int64 ticket_id, TimestampTz as_of)
{
	Work work = {0};
	/* A level of its own frees what was read; a sweep may do this for thousands of tickets. */
	int level = query_begin();
	bool locked = open_ticket(&work, ticket_id, QUERY_TRY_LOCK_TICKET);

	if (locked)
	{
		Rows *rows = rows_begin();

		work.now = as_of;
		work_fire_timers(&work, as_of);
		finish(&work, rows, as_of, false);
	}
	query_end(level);
	return locked;
}

/* ---------------------------------------------------------------- looking into it */

static const char *const action_names[] = {"start_provisional", "start",  "rearm", "miss",
										   "pause",				"resume", "move",  "part",
										   "stop",				"cancel", "revive"};

/* look_into reads and folds a ticket without locking or writing anything. */
static void
look_into(Work *work, int64 ticket_id, TimestampTz as_of, bool trace)
{
	if (!open_ticket(work, ticket_id, QUERY_READ_TICKET))
		refuse_ticket(ticket_id);
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
	check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	look_into(&work, PG_GETARG_INT64(0), sla_now(), true);
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
	check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	look_into(&work, PG_GETARG_INT64(0), as_of, false);
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
