/*
 * penalty.c
 *		Candidates that an event calls for, such as a complaint that was verified.
 *
 * A missed promise becomes a candidate through sla.refresh_penalties(), since it may be
 * taken back again.  An event that was recorded stays, so whoever records it writes the
 * candidate at once, as a row of the same ticket (rule K-1).  It punishes nobody: a
 * person confirms it or lets it go.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "ticket.h"

PG_FUNCTION_INFO_V1(sla_penalty_applies);

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
