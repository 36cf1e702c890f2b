/*
 * rules.c
 *		What follows from an event by the policy's event rules.
 *
 * A rule says what an event requires, who may record it, what it fills and implies, and
 * who is told.  A rule that is enforced refuses the event with an error that names what
 * is missing; one that only warns lets it pass and writes a process violation.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "ticket.h"

/* Columns whose filling is an event of its own, beside "changed". */
const ColumnEvent column_events[] = {
	{COLUMN_DEPARTMENT, "assigned"},
	{COLUMN_ASSIGNEE, "assigned"},
	{COLUMN_OWNER, "owner_changed"},
	{COLUMN_PROMISED_AT, "promised"},
	{COLUMN_APPOINTMENT_AT, "appointment_set"},
	{COLUMN_AGREED_REPLY_AT, "reply_agreed"},
};
const int ncolumn_events = lengthof(column_events);

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

/* work_put_state loads a state into the slot that conditions are asked about. */
TupleTableSlot *
work_put_state(Work *work, const TicketState *state)
{
	ExecClearTuple(work->slot);
	memcpy(work->slot->tts_values, state->row.values, sizeof(Datum) * work->desc->natts);
	memcpy(work->slot->tts_isnull, state->row.nulls, sizeof(bool) * work->desc->natts);
	return ExecStoreVirtualTuple(work->slot);
}

/* facts_of tells what conditions may read of an event. */
static EventFacts
facts_of(const Work *work, const TicketEvent *event)
{
	EventFacts facts = {event->actor, event->note, event->details, NULL};

	if (event->implied_by > 0)
		facts.implied_by = work->events[event->implied_by - work->events[0].no].name;
	return facts;
}

/* rule_is_about tells whether an event rule is about this event. */
bool
rule_is_about(Work *work, const EventRule *rule, const TicketEvent *event, const TicketState *state)
{
	EventFacts facts = facts_of(work, event);

	return rule->event == event->code && event->code != FOLD_CHANGED &&
		   condition_holds(rule->applies_when, work_put_state(work, state), &facts, &work->problems);
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

		if (rule->sets == 0 || !rule_is_about(work, rule, event, state))
			continue;
		probe.details = details_with(details_empty(), "set", rule->sets);
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
			event->details = details_with(event->details, "set", fill);
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

/* rule_check holds one rule against an event. */
void
rule_check(Work *work, Rows *rows, const EventRule *rule, const TicketEvent *event)
{
	int position = work_position(work, event);
	TicketState *state = work->states[position];
	EventFacts facts = facts_of(work, event);
	char *missing = missing_events(work, rule, position);
	bool may = has_actor_role(work, rule, event, state);

	if (missing == NULL && may &&
		condition_holds(rule->requires, work_put_state(work, state), &facts, &work->problems))
		return;
	if (rule->enforce && !may && !work->lenient)
	{
		List *roles = NIL;

		for (int i = 0; i < rule->nactor_roles; i++)
			roles = lappend(roles, rule->actor_roles[i]);
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("\"%s\" may not record event \"%s\"",
							   event->actor ? event->actor : "", event->name),
						errhint("Rule \"%s\" leaves it to: %s.", rule->name, sla_list_text(roles))));
	}
	if (rule->enforce && !work->lenient)
		refuse(rule, event, missing);
	rows_add_violation(rows, work, rule, event,
					   event->actor ? event->actor : work_text(work, &state->row, COLUMN_OWNER));
}

/* rule_tell notifies whom a rule names of an event. */
void
rule_tell(Work *work, const EventRule *rule, const TicketEvent *event, const TicketState *state)
{
	List *people = NIL;
	Holders holders;
	Datum values[7];

	if (work->quiet || rule->nnotifies == 0)
		return;
	work_holders(work, state, &holders);
	for (int i = 0; i < rule->nnotifies; i++)
		people = names_add(people, strcmp(rule->notifies[i], "customer") == 0
									   ? list_make1("customer")
									   : people_in_role(rule->notifies[i], &holders));
	if (people == NIL)
		return;
	values[0] = Int64GetDatum(work->ticket_id);
	values[1] = CStringGetTextDatum(rule->name);
	values[2] = Int32GetDatum(event->cycle);
	values[3] = TimestampTzGetDatum(event->occurred_at);
	values[4] = CStringGetTextDatum(names_joined(people));
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
	if (!work->lenient && !row->nulls[score] &&
		DatumGetInt32(row->values[score]) <= work->policy->unsatisfied_max_rating)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("ticket " INT64_FORMAT " cannot be closed: the last rating is unsatisfied",
							   work->ticket_id),
						errhint("Handle it again and record a rating above %d first.",
								work->policy->unsatisfied_max_rating)));
	if (work->policy->order_check == ORDER_OFF || happened_in_cycle(work, "resolved", position))
		return;
	if (work->policy->order_check == ORDER_ENFORCE && !work->lenient)
		refuse(&closed_without_resolution, event, "resolved");
	rows_add_violation(rows, work, &closed_without_resolution, event,
					   event->actor ? event->actor : work_text(work, row, COLUMN_OWNER));
}

/* reopening_of finds the event that began a cycle, or NULL. */
static const TicketEvent *
reopening_of(const Work *work, int cycle)
{
	for (int i = 0; i < work->nevents; i++)
	{
		if (work->ordered[i]->code == FOLD_REOPENED && work->ordered[i]->cycle == cycle)
			return work->ordered[i];
	}
	return NULL;
}

/*
 * alert_reopening plans the escalation of a ticket that was reopened too often (E-9).  A
 * reopening that is told late may make another one the one too many.
 */
static void
alert_reopening(Work *work, const TicketEvent *told)
{
	const TicketEvent *event;
	Policy *policy = work->policy;
	Holders holders;
	List *roles = NIL;
	List *people = NIL;
	Datum values[6];

	if (work->quiet || told->code != FOLD_REOPENED || policy->reopen_alert_after == 0)
		return;
	event = reopening_of(work, policy->reopen_alert_after + 1);
	if (event == NULL)
		return;
	work_holders(work, work->states[work_position(work, event)], &holders);
	for (int i = 0; i < policy->nreopen_alert; i++)
	{
		roles = lappend(roles, policy->reopen_alert[i]);
		people = names_add(people, people_in_role(policy->reopen_alert[i], &holders));
	}
	values[0] = Int64GetDatum(work->ticket_id);
	values[1] = Int32GetDatum(event->cycle);
	values[2] = TimestampTzGetDatum(event->effective_at);
	values[3] = CStringGetTextDatum(names_joined(roles));
	values[4] = CStringGetTextDatum(names_joined(people));
	values[5] = CStringGetTextDatum(psprintf("reopened %d times", event->cycle - 1));
	query_run(QUERY_PLAN_REOPEN_ALERT, values, NULL);
}

/* imply appends an event that another one implies, unless the cycle has it by then (V-22). */
static void
imply(Work *work, Rows *rows, int64 by, const char *name)
{
	TicketEvent *event = &work->events[by - work->events[0].no];
	int position = work_position(work, event);

	/* Another rule of the same event may have implied it already. */
	while (position + 1 < work->nevents &&
		   work->ordered[position + 1]->effective_at == event->effective_at &&
		   work->ordered[position + 1]->cycle == event->cycle)
		position++;
	if (happened_in_cycle(work, name, position))
		return;
	work_add_event(work, rows, name, event->occurred_at, event->actor, NULL, details_empty(), by);
}

/* imply_from_columns appends the events that filled columns stand for. */
static void
imply_from_columns(Work *work, Rows *rows, int64 by)
{
	for (int i = 0; i < ncolumn_events; i++)
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
		work_add_event(work, rows, column_events[i].event, event->occurred_at, event->actor, NULL,
				  details_empty(), by);
	}
}

/*
 * work_add_event appends one event and everything that follows from it by the policy's
 * event rules: what it fills, what it requires, what it implies.  Returns its number.
 */
int64
work_add_event(Work *work, Rows *rows, const char *name, TimestampTz occurred_at, const char *actor,
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

			if (!rule_is_about(work, rule, event, state))
				continue;
			rule_check(work, rows, rule, event);
			rule_tell(work, rule, event, state);
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
			!rule_is_about(work, rule, event, work->states[work_position(work, event)]))
			continue;
		for (int j = 0; j < rule->nimplies; j++)
			imply(work, rows, number, work->policy->events[rule->implies[j]]);
	}
	return number;
}
