/*
 * simulate.c
 *		What would follow: other versions on real history, other calendars on running clocks.
 *
 * Both are the fold again.  Simulating reads a ticket as it is, puts another version's
 * targets, conditions and windows in the place of its own and writes nothing.
 * Recalculating forgets the stamps of the deadlines that are still to come, and only of
 * those: what has been judged was judged by the calendar of its day (rule E-12).
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "ticket.h"

PG_FUNCTION_INFO_V1(sla_simulated);
PG_FUNCTION_INFO_V1(sla_recalculate);

/* What sla._simulated() returns about each ticket. */
typedef struct Verdict
{
	const char *what; /* ticket, clock or breach */
	int target;		  /* -1: the row is about the ticket itself */
	int cycle;
	int seq;
	const char *state; /* of a clock as sla.clock_state says it, of a breach its kind */
	TimestampTz due_at;
	TimestampTz stopped_at;
	const TicketState *where; /* the ticket as it stood where the row is booked */
} Verdict;

/* put_verdict writes one row of sla._simulated(). */
static void
put_verdict(ReturnSetInfo *result, const Work *work, const Verdict *verdict)
{
	const Target *target = verdict->target < 0 ? NULL : &work->policy->targets[verdict->target];
	char *department =
		verdict->where ? work_text(work, &verdict->where->row, COLUMN_DEPARTMENT) : NULL;
	Datum values[11] = {0};
	bool nulls[11] = {false};

	values[0] = CStringGetTextDatum(verdict->what);
	values[1] = Int64GetDatum(work->ticket_id);
	if (target != NULL)
	{
		values[2] = CStringGetTextDatum(target->name);
		values[3] = Int32GetDatum(verdict->cycle);
		values[4] = Int32GetDatum(verdict->seq);
		values[5] = CStringGetTextDatum(target->milestone);
		values[6] = BoolGetDatum(target->binding);
		values[7] = CStringGetTextDatum(verdict->state);
		values[8] = TimestampTzGetDatum(verdict->due_at);
		values[9] = TimestampTzGetDatum(verdict->stopped_at);
		nulls[9] = verdict->stopped_at == FOLD_NEVER;
	}
	else
		memset(nulls + 2, true, sizeof(bool) * 8);
	nulls[10] = department == NULL;
	if (department != NULL)
		values[10] = CStringGetTextDatum(department);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* state_of tells a folded clock's state as of an instant, in the words of sla.clock_state. */
static const char *
state_of(const FoldClock *clock, TimestampTz as_of)
{
	if (clock->paused_at == FOLD_NEVER &&
		clock->due_at < Min(Min(clock->stopped_at, clock->cancelled_at), as_of))
		return "breached";
	if (clock->stopped_at != FOLD_NEVER)
		return "met";
	if (clock->cancelled_at != FOLD_NEVER)
		return "cancelled";
	return clock->paused_at != FOLD_NEVER ? "paused" : "running";
}

/* put_verdicts writes what the fold has found about one ticket; timers judge nobody. */
static void
put_verdicts(ReturnSetInfo *result, const Work *work, TimestampTz as_of)
{
	put_verdict(result, work, &(Verdict){.what = "ticket", .target = -1});
	if (work->policy == NULL)
		return;
	for (int i = 0; i < work->result.nclocks; i++)
	{
		const FoldClock *clock = &work->result.clocks[i];
		const char *state = state_of(clock, as_of);
		bool missed = strcmp(state, "breached") == 0;

		if (!work->policy->fold[clock->target].timer)
			put_verdict(result, work,
						&(Verdict){"clock", clock->target, clock->cycle, clock->seq, state,
								   clock->due_at, clock->stopped_at,
								   work_state_before(work, missed ? clock->due_at
																  : clock->started_at + 1)});
	}
	for (int i = 0; i < work->result.nbreaches; i++)
	{
		const FoldBreach *breach = &work->result.breaches[i];

		put_verdict(result, work,
					&(Verdict){"breach", breach->target, breach->cycle, breach->seq,
							   breach_kinds[breach->kind], breach->due_at, breach->stopped_at,
							   work_state_before(work, breach->due_at)});
	}
}

/*
 * put_under gives a ticket that has been read another policy version.  What people and
 * their events' rules have recorded is history; what a timer of its own version did is not.
 */
static void
put_under(Work *work, Policy *policy)
{
	int n = 1;

	work->policy = policy;
	work->anew = true;
	work->nclocks = work->nbreaches = 0;
	for (int i = 1; i < work->nevents; i++)
	{
		TicketEvent *event = &work->events[n];
		int code;

		if (work->events[i].automatic)
			continue;
		*event = work->events[i];
		code = policy_event(policy, event->name);
		event->code = code < 0 ? FOLD_CHANGED : code;
		event->effective_at = work_effective_time(work, event);
		n++;
	}
	work->nevents = n;
}

/* simulate_ticket folds one ticket under a version; false if the ticket is gone meanwhile. */
static void
simulate_ticket(ReturnSetInfo *result, int64 ticket_id, Policy *policy, TimestampTz as_of)
{
	int level = query_begin();
	Work work = {0};

	if (work_open(&work, ticket_id, QUERY_READ_TICKET))
	{
		if (work.policy != policy)
		{
			put_under(&work, policy);
			work_fire_timers(&work, as_of);
		}
		work_order(&work);
		work_fold(&work, as_of, false);
		put_verdicts(result, &work, as_of);
	}
	query_end(level);
}

/* ticket_ids runs a statement that returns ticket numbers and keeps them. */
static int64 *
ticket_ids(QueryId query, const Datum *values, int *n)
{
	int64 *ids;

	*n = (int) query_run(query, values, NULL);
	ids = palloc(sizeof(int64) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		bool isnull;

		ids[i] = DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	return ids;
}

/* sla_simulated is SQL's sla._simulated(policy, version, from_at, to_at). */
Datum
sla_simulated(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int version = PG_GETARG_INT32(1);
	Datum values[3] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
	TimestampTz as_of = sla_now();
	OwnerSwitch owner;
	int64 *ids;
	int level;
	int n;

	InitMaterializedSRF(fcinfo, 0);
	sla_owner_begin(&owner);
	level = query_begin();
	ids = ticket_ids(QUERY_SIMULATED_TICKETS, values, &n);
	for (int i = 0; i < n; i++)
	{
		Policy *policy = policy_find(name, version);

		if (policy == NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("policy \"%s\" has no published version %d", name, version),
							errhint("sla.policy lists the versions.")));
		simulate_ticket(result, ids[i], policy, as_of);
	}
	query_end(level);
	sla_owner_end(&owner);
	return (Datum) 0;
}

/* is_to_come tells whether a stored deadline has not been judged and may still move. */
static bool
is_to_come(const Work *work, const FoldClock *clock)
{
	return clock->target >= 0 && work->policy->fold[clock->target].due_slot < 0 &&
		   clock->stopped_at == FOLD_NEVER && clock->cancelled_at == FOLD_NEVER &&
		   (clock->paused_at != FOLD_NEVER || clock->due_at >= work->now);
}

/* folded_as finds what the fold makes of a stored clock, or NULL. */
static const FoldClock *
folded_as(const Work *work, const FoldClock *stored)
{
	for (int i = 0; i < work->result.nclocks; i++)
	{
		const FoldClock *clock = &work->result.clocks[i];

		if (clock->target == stored->target && clock->cycle == stored->cycle &&
			clock->seq == stored->seq)
			return clock;
	}
	return NULL;
}

/* has_passed tells whether a new deadline would turn a running clock into a miss. */
static bool
has_passed(const Work *work, const FoldClock *folded)
{
	return folded->paused_at == FOLD_NEVER && folded->due_at < work->now;
}

/* put_moved writes one row of sla.recalculate(). */
static void
put_moved(ReturnSetInfo *result, const Work *work, const StoredClock *stored, TimestampTz after,
		  bool applied)
{
	const FoldClock *clock = &stored->clock;
	const Target *target = &work->policy->targets[clock->target];
	Datum values[8] = {Int64GetDatum(work->ticket_id),
					   CStringGetTextDatum(target->name),
					   Int32GetDatum(clock->cycle),
					   Int32GetDatum(clock->seq),
					   CStringGetTextDatum(target->calendar),
					   TimestampTzGetDatum(clock->due_at),
					   TimestampTzGetDatum(after),
					   BoolGetDatum(applied)};
	bool nulls[8] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * release_stamps lets the deadlines that are still to come follow today's calendar.
 * One that would have passed already keeps its stamp: nobody can keep a promise in the
 * past.  Returns whether any other deadline moves.
 */
static bool
release_stamps(ReturnSetInfo *result, Work *work, bool dry_run)
{
	bool refold = false;
	bool moves = false;

	for (int i = 0; i < work->nclocks; i++)
		work->clocks[i].released = is_to_come(work, &work->clocks[i].clock);
	work_order(work);
	work_fold(work, work->now, false);
	for (int i = 0; i < work->nclocks; i++)
	{
		StoredClock *stored = &work->clocks[i];
		const FoldClock *folded = stored->released ? folded_as(work, &stored->clock) : NULL;
		bool passed;

		if (folded == NULL || folded->due_at == stored->clock.due_at)
			continue;
		passed = has_passed(work, folded);
		put_moved(result, work, stored, folded->due_at, !dry_run && !passed);
		stored->released = !passed;
		refold = refold || passed;
		moves = moves || !passed;
	}
	if (refold)
		work_fold(work, work->now, false);
	return moves;
}

/* recalculate_ticket moves the deadlines of one ticket, or only tells. */
static void
recalculate_ticket(ReturnSetInfo *result, int64 ticket_id, bool dry_run)
{
	int level = query_begin();
	Work work = {0};

	if (work_open(&work, ticket_id, dry_run ? QUERY_READ_TICKET : QUERY_LOCK_TICKET) &&
		work.policy != NULL && release_stamps(result, &work, dry_run) && !dry_run)
	{
		Rows *rows = rows_begin();

		work_finish(&work, rows, work.now, false);
	}
	query_end(level);
}

/* sla_recalculate is SQL's sla.recalculate(dry_run). */
Datum
sla_recalculate(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool dry_run = PG_ARGISNULL(0) || PG_GETARG_BOOL(0);
	Datum values[1] = {TimestampTzGetDatum(sla_now())};
	OwnerSwitch owner;
	int64 *ids;
	int level;
	int n;

	InitMaterializedSRF(fcinfo, 0);
	sla_owner_begin(&owner);
	level = query_begin();
	ids = ticket_ids(QUERY_RUNNING_TICKETS, values, &n);
	for (int i = 0; i < n; i++)
		recalculate_ticket(result, ids[i], dry_run);
	query_end(level);
	sla_owner_end(&owner);
	return (Datum) 0;
}
