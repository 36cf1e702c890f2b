/*
 * penalty.c
 *		Candidates that an event calls for, such as a complaint that was verified.
 *
 * A missed promise becomes a candidate through sla.refresh_penalties(), since it may be
 * taken back again.  An event that was recorded stays, so whoever records it writes the
 * candidate at once, as a row of the same ticket (rule K-1).  It punishes nobody: a
 * person confirms it or lets it go.
 *
 * Duty tickets are not inserted by hand.  Those that follow from a decision, the
 * document that a penalty asks for and the case file of a period, are opened here in
 * the name of the tables' owner, for whoever may write penalties.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "ticket.h"

PG_FUNCTION_INFO_V1(sla_penalty_applies);
PG_FUNCTION_INFO_V1(sla_open_document);
PG_FUNCTION_INFO_V1(sla_open_case_file);
PG_FUNCTION_INFO_V1(sla_withdraw_document);

/* struck_by tells whom a rule strikes on a ticket as it stood, or returns NULL. */
static const char *
struck_by(const Work *work, const PenaltyRule *rule, const TicketState *state)
{
	Holders holders;
	List *people = NIL;

	work_holders(work, state, &holders);
	if (strcmp(rule->subject, "against_employee") == 0)
		return work_text(work, &state->row, COLUMN_AGAINST_EMPLOYEE);
	if (strcmp(rule->subject, "carrier") == 0)
		return work_text(work, &state->row, COLUMN_CARRIER);
	if (strcmp(rule->subject, "team") == 0)
		return holders.department;
	people = people_in_role(strcmp(rule->subject, "dept_head") == 0 ? "dept_head" : "agent", &holders);
	return people == NIL ? NULL : linitial(people);
}

/* propose writes the candidate of one rule, or that there is nobody to strike. */
static void
propose(Work *work, Rows *rows, const PenaltyRule *rule, const TicketEvent *event,
		const TicketState *state)
{
	const char *party = struck_by(work, rule, state);

	if (party != NULL && party[0] != '\0')
		rows_add_penalty(rows, work, rule, event, party);
	else
		sla_report_problem(&work->problems, "penalty_without_party", rule->object,
						   psprintf("event \"%s\" calls for step \"%s\" of ladder \"%s\", but the "
									"ticket has nobody for its subject %s",
									event->name, rule->step, rule->ladder, rule->subject));
}

/* work_propose_penalties writes the candidates that the new events call for. */
void
work_propose_penalties(Work *work, Rows *rows)
{
	Policy *policy = work->policy;

	/* Nobody is confronted with what happened before there was a regulation. */
	for (int i = 0; policy != NULL && !work->quiet && i < policy->npenalties; i++)
	{
		PenaltyRule *rule = &policy->penalties[i];

		for (int j = 0; rule->event != FOLD_NO_EVENT && j < work->nevents; j++)
		{
			TicketEvent *event = work->ordered[j];
			Datum details = event->details ? event->details : details_empty();
			EventFacts facts = {event->actor, event->note, details};

			if (event->code != rule->event || !event->is_new)
				continue;
			if (condition_holds(rule->condition, work_put_state(work, work->states[j]), &facts,
								&work->problems))
				propose(work, rows, rule, event, work->states[j]);
		}
	}
}

/* find_rule finds a penalty rule that has a condition, or an event; NULL: neither. */
static PenaltyRule *
find_rule(const Policy *policy, const char *ladder, const char *step)
{
	for (int i = 0; policy != NULL && i < policy->npenalties; i++)
	{
		PenaltyRule *rule = &policy->penalties[i];

		if (strcmp(rule->ladder, ladder) == 0 && strcmp(rule->step, step) == 0)
			return rule;
	}
	return NULL;
}

/* sla_penalty_applies is SQL's sla._penalty_applies(ticket_id, ladder, step). */
Datum
sla_penalty_applies(PG_FUNCTION_ARGS)
{
	Work work = {0};
	OwnerSwitch owner;
	PenaltyRule *rule;
	bool applies;
	int level;

	ticket_check_visible(PG_GETARG_INT64(0));
	sla_owner_begin(&owner);
	level = query_begin();
	if (!work_open(&work, PG_GETARG_INT64(0), QUERY_READ_TICKET))
		ticket_refuse_unknown(PG_GETARG_INT64(0));
	rule = find_rule(work.policy, text_to_cstring(PG_GETARG_TEXT_PP(1)),
					 text_to_cstring(PG_GETARG_TEXT_PP(2)));
	work_order(&work);
	applies = rule == NULL ||
			  condition_holds(rule->condition,
							  work_put_state(&work, work.states[work.nevents - 1]), NULL, NULL);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_BOOL(applies);
}

/* check_may_decide refuses those who may not write penalties. */
static void
check_may_decide(void)
{
	if (pg_class_aclcheck(sla_relid("penalty", false), GetUserId(), ACL_INSERT) != ACLCHECK_OK)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied for table penalty"),
						errhint("SELECT sla.grant_access('manager', ...) lets a role decide.")));
}

/* first_number returns the one value of a statement's one row. */
static int64
first_number(void)
{
	bool isnull;

	return DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* sla_open_document is SQL's sla._open_document(ticket_id, policy, duty, employee, subject, due_at). */
Datum
sla_open_document(PG_FUNCTION_ARGS)
{
	Datum values[7];
	char nulls[8] = "       ";
	OwnerSwitch owner;
	int64 opened;
	int level;

	for (int i = 0; i < 6; i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	values[6] = TimestampTzGetDatum(sla_now());
	check_may_decide();
	sla_owner_begin(&owner);
	level = query_begin();
	if (query_run(QUERY_OPEN_DOCUMENT, values, nulls) != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("no penalty rule asks for such a document, or there is no such ticket"),
						errhint("It is opened by sla.confirm_penalty().")));
	opened = first_number();
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_INT64(opened);
}

/* sla_open_case_file is SQL's sla._open_case_file(policy, period, ends_at). */
Datum
sla_open_case_file(PG_FUNCTION_ARGS)
{
	Datum file[3] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
	Datum run[5] = {file[0], file[1], (Datum) 0, file[2], TimestampTzGetDatum(sla_now())};
	OwnerSwitch owner;
	int level;

	check_may_decide();
	sla_owner_begin(&owner);
	level = query_begin();
	query_run(QUERY_OPEN_CASE_FILE, file, NULL);
	run[2] = Int64GetDatum(first_number());
	query_run(QUERY_NOTE_CASE_FILE, run, NULL);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_DATUM(run[2]);
}

/*
 * sla_withdraw_document is SQL's sla._withdraw_document(duty_ticket, why, wait).  The sweep
 * does not wait for whoever is at work on the document's ticket: he may wait for the sweep.
 */
Datum
sla_withdraw_document(PG_FUNCTION_ARGS)
{
	Datum ticket[1] = {PG_GETARG_DATUM(0)};
	QueryId lock = PG_GETARG_BOOL(2) ? QUERY_LOCK_DOCUMENT : QUERY_TRY_LOCK_DOCUMENT;
	OwnerSwitch owner;
	bool locked;
	int level;

	check_may_decide();
	sla_owner_begin(&owner);
	level = query_begin();
	locked = query_run(lock, ticket, NULL) == 1;
	if (locked)
		(void) ticket_record(DatumGetInt64(ticket[0]), "withdrawn", 0, true, NULL,
							 text_to_cstring(PG_GETARG_TEXT_PP(1)), details_empty(), RECORD_WATCHED);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_BOOL(locked);
}
