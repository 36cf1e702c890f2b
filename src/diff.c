/*
 * diff.c
 *		What a fold changes in the stored clocks and breaches of a ticket.
 *
 * Both sides are sorted by their keys and walked together.  Clocks follow the fold
 * exactly.  Breaches are never deleted: one that the fold no longer knows is
 * voided, and one that a person has voided stays so, whatever the fold says.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "ticket.h"

/* column reads one column of a row that a statement returned. */
static Datum
column(int row, int number, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, isnull);
}

static TimestampTz
time_column(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? FOLD_NEVER : DatumGetTimestampTz(value);
}

static int64
int_column(int row, int number, int64 otherwise)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? otherwise : DatumGetInt64(value);
}

static char *
text_column(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* target_index finds a target of the ticket's policy version, or -1. */
static int
target_index(const Work *work, const char *name)
{
	for (int i = 0; i < work->policy->ntargets; i++)
	{
		if (strcmp(work->policy->targets[i].name, name) == 0)
			return i;
	}
	return -1;
}

static int
compare_clock_keys(const FoldClock *x, const FoldClock *y)
{
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	if (x->cycle != y->cycle)
		return x->cycle < y->cycle ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int
compare_stored_clocks(const void *a, const void *b)
{
	return compare_clock_keys(&((const StoredClock *) a)->clock, &((const StoredClock *) b)->clock);
}

static int
compare_breach_keys(const FoldBreach *x, const FoldBreach *y)
{
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	if (x->cycle != y->cycle)
		return x->cycle < y->cycle ? -1 : 1;
	if (x->due_at != y->due_at)
		return x->due_at < y->due_at ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int
compare_stored_breaches(const void *a, const void *b)
{
	return compare_breach_keys(&((const StoredBreach *) a)->breach,
							   &((const StoredBreach *) b)->breach);
}

/* read_clocks reads the ticket's stored clocks, in key order. */
static void
read_clocks(Work *work)
{
	Datum values[1] = {Int64GetDatum(work->ticket_id)};
	int n = (int) query_run(QUERY_READ_CLOCKS, values, NULL);

	work->clocks = palloc0(sizeof(StoredClock) * Max(n, 1));
	work->nclocks = n;
	for (int i = 0; i < n; i++)
	{
		bool isnull;

		work->clocks[i].clock = (FoldClock){
			.target = target_index(work, text_column(i, 1)),
			.cycle = DatumGetInt32(column(i, 2, &isnull)),
			.seq = DatumGetInt32(column(i, 3, &isnull)),
			.provisional = DatumGetBool(column(i, 4, &isnull)),
			.started_at = time_column(i, 5),
			.created_at = time_column(i, 6),
			.due_at = time_column(i, 7),
			.warn_at = time_column(i, 8),
			.paused_at = time_column(i, 9),
			.paused_for = int_column(i, 10, 0),
			.parts_done = DatumGetInt32(column(i, 11, &isnull)),
			.stopped_at = time_column(i, 12),
			.cancelled_at = time_column(i, 13),
			.stop_event = int_column(i, 14, -1),
		};
		work->clocks[i].overridden = DatumGetBool(column(i, 15, &isnull));
		work->clocks[i].department = text_column(i, 16);
	}
	qsort(work->clocks, n, sizeof(StoredClock), compare_stored_clocks);
}

/* kind_index turns the name of a breach's kind into the fold's. */
static FoldKind
kind_index(const char *name)
{
	for (int i = FOLD_LATE; i <= FOLD_START_MISSING; i++)
	{
		if (strcmp(breach_kinds[i], name) == 0)
			return (FoldKind) i;
	}
	elog(ERROR, "unexpected kind of breach \"%s\"", name);
}

/* read_breaches reads the ticket's stored breaches, in key order. */
static void
read_breaches(Work *work)
{
	Datum values[1] = {Int64GetDatum(work->ticket_id)};
	int n = (int) query_run(QUERY_READ_BREACHES, values, NULL);

	work->breaches = palloc0(sizeof(StoredBreach) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		StoredBreach *stored;
		char *voided_by = text_column(i, 8);
		bool isnull;

		/* A process violation is an event's, and none of the fold's. */
		if (strcmp(text_column(i, 4), breach_kinds[FOLD_START_MISSING + 1]) == 0)
		{
			work->has_violations = true;
			continue;
		}
		stored = &work->breaches[work->nbreaches++];
		stored->breach = (FoldBreach){
			.target = target_index(work, text_column(i, 1)),
			.cycle = DatumGetInt32(column(i, 2, &isnull)),
			.due_at = time_column(i, 3),
			.kind = kind_index(text_column(i, 4)),
			.seq = DatumGetInt32(column(i, 5, &isnull)),
			.stopped_at = time_column(i, 6),
		};
		stored->born_overdue = DatumGetBool(column(i, 7, &isnull));
		stored->voided = voided_by != NULL;
		stored->voided_by_system = voided_by != NULL && strcmp(voided_by, "sla_ext") == 0;
		stored->responsible = text_column(i, 9);
		stored->decided = DatumGetBool(column(i, 10, &isnull));
		stored->department = text_column(i, 11);
	}
	qsort(work->breaches, work->nbreaches, sizeof(StoredBreach), compare_stored_breaches);
}

/* work_read_stored reads what the last fold wrote. */
void
work_read_stored(Work *work)
{
	if (work->policy == NULL)
		return;
	read_clocks(work);
	read_breaches(work);
}

/* runs tells whether a clock runs towards its deadline. */
static bool
runs(const FoldClock *clock)
{
	return clock->stopped_at == FOLD_NEVER && clock->cancelled_at == FOLD_NEVER &&
		   clock->paused_at == FOLD_NEVER;
}

/* kind_of tells what it is when a clock runs out. */
static FoldKind
kind_of(const Work *work, const FoldClock *clock)
{
	return clock->provisional							  ? FOLD_START_MISSING
		   : work->policy->fold[clock->target].repeating ? FOLD_MISSED_INTERVAL
														  : FOLD_LATE;
}

/*
 * work_is_behind tells whether a deadline has passed of which nothing is written yet: a miss,
 * or a timer's event.
 */
bool
work_is_behind(const Work *work)
{
	for (int i = 0; i < work->nclocks; i++)
	{
		const FoldClock *clock = &work->clocks[i].clock;
		const FoldClock *next = i + 1 < work->nclocks ? &work->clocks[i + 1].clock : NULL;
		StoredBreach key;

		if (clock->target < 0 || clock->due_at >= work->now || !runs(clock))
			continue;
		/* An interval that another follows has been judged. */
		if (next != NULL && next->target == clock->target && next->cycle == clock->cycle)
			continue;
		key.breach = (FoldBreach){.target = clock->target,
								  .cycle = clock->cycle,
								  .due_at = clock->due_at,
								  .kind = kind_of(work, clock)};
		if (bsearch(&key, work->breaches, work->nbreaches, sizeof(StoredBreach),
					compare_stored_breaches) == NULL)
			return true;
	}
	return false;
}

/* same_text compares texts that may be NULL. */
static bool
same_text(const char *x, const char *y)
{
	return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

/* same_department tells whether a stored clock names the department that had the ticket at its start. */
static bool
same_department(const Work *work, const FoldClock *stored, const FoldClock *folded)
{
	const TicketState *start = work_state_before(work, folded->started_at + 1);

	return same_text(((const StoredClock *) stored)->department,
					 work_text(work, &start->row, COLUMN_DEPARTMENT));
}

/* same_times tells whether two clocks ran alike. */
static bool
same_times(const FoldClock *x, const FoldClock *y)
{
	return x->provisional == y->provisional && x->started_at == y->started_at &&
		   x->created_at == y->created_at && x->due_at == y->due_at && x->warn_at == y->warn_at &&
		   x->paused_at == y->paused_at && x->paused_for == y->paused_for &&
		   x->parts_done == y->parts_done && x->stopped_at == y->stopped_at &&
		   x->cancelled_at == y->cancelled_at && x->stop_event == y->stop_event;
}

/* same_clock tells whether a stored clock is what the fold says. */
static bool
same_clock(const Work *work, const FoldClock *stored, const FoldClock *folded)
{
	return same_times(stored, folded) && same_department(work, stored, folded);
}

/* What is done with a clock that is stored, that the fold knows, or both. */
typedef void (*ClockVisitor)(Work *work, void *where, const FoldClock *stored,
							 const FoldClock *folded);

/* walk_clocks visits the stored clocks and the fold's, side by side. */
static void
walk_clocks(Work *work, ClockVisitor visit, void *where)
{
	FoldResult *result = &work->result;
	int i = 0;
	int j = 0;

	while (i < work->nclocks && work->clocks[i].clock.target < 0)
		i++;
	while (i < work->nclocks || j < result->nclocks)
	{
		const FoldClock *stored = i < work->nclocks ? &work->clocks[i].clock : NULL;
		const FoldClock *folded = j < result->nclocks ? &result->clocks[j] : NULL;
		int order = stored == NULL	 ? 1
					: folded == NULL ? -1
									 : compare_clock_keys(stored, folded);

		visit(work, where, order <= 0 ? stored : NULL, order >= 0 ? folded : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

/*
 * left_out tells whether the fold may have left a target out because its calendar
 * fails.  What is stored of it then stays: nothing is known that speaks against it.
 */
static bool
left_out(const Work *work, int target)
{
	if (work->result.failed_target < 0)
		return false;
	for (int i = 0; i < work->result.nclocks; i++)
	{
		if (work->result.clocks[i].target == target)
			return false;
	}
	return true;
}

/* ended_at tells when a clock ended, however. */
static TimestampTz
ended_at(const FoldClock *clock)
{
	return Min(clock->stopped_at, clock->cancelled_at);
}

/* verdict_at tells when a verdict about a clock falls, and whether it is a miss. */
static TimestampTz
verdict_at(const FoldClock *clock, bool *missed)
{
	*missed = clock->paused_at == FOLD_NEVER && clock->due_at < ended_at(clock);
	return *missed || clock->stopped_at != FOLD_NEVER ? Min(clock->due_at, clock->stopped_at)
													  : FOLD_NEVER;
}

/* same_verdict tells whether two clocks, either of which may be NULL, count alike. */
static bool
same_verdict(const FoldClock *x, const FoldClock *y)
{
	bool x_missed;
	bool y_missed;

	if (x == NULL || y == NULL)
		return false;
	return verdict_at(x, &x_missed) == verdict_at(y, &y_missed) && x_missed == y_missed &&
		   x->provisional == y->provisional;
}

/* note_verdict notes that a clock, which may be NULL, counts otherwise than before. */
static void
note_verdict(Rows *rows, const FoldClock *clock, bool overridden)
{
	bool missed;

	if (clock == NULL)
		return;
	rows_note(rows, verdict_at(clock, &missed));
	if (overridden)
	{
		rows_note(rows, clock->due_at);
		rows_note(rows, clock->stopped_at);
	}
}

/* plan_warnings plans the warnings of a deadline for which it is time already. */
static void
plan_warnings(const Work *work, const FoldClock *stored, const FoldClock *folded)
{
	if (folded->warn_at < work->now && folded->due_at >= work->now &&
		runs(folded) && (stored == NULL || !runs(stored) || stored->due_at != folded->due_at))
		sweep_plan_warnings(work->ticket_id, &work->policy->targets[folded->target],
							&work->policy->fold[folded->target], folded);
}

/*
 * resumes tells whether a missed promise that was over is so no more: its condition holds again.
 * The steps of the meantime, which nobody was told of, are told now.
 */
static bool
resumes(const FoldClock *stored, const FoldClock *folded)
{
	return stored->due_at == folded->due_at && stored->due_at < ended_at(stored) &&
		   ended_at(stored) != FOLD_NEVER && ended_at(folded) == FOLD_NEVER;
}

/* resume_breach notes it with the breach of a clock. */
static void
resume_breach(Rows *rows, const Work *work, const FoldClock *clock)
{
	FoldBreach breach = {.target = clock->target,
						 .cycle = clock->cycle,
						 .seq = clock->seq,
						 .due_at = clock->due_at,
						 .kind = kind_of(work, clock),
						 .stopped_at = FOLD_NEVER};

	rows_resume_breach(rows, work, &breach);
}

/* write_clock makes one stored clock what the fold says. */
static void
write_clock(Work *work, void *where, const FoldClock *stored, const FoldClock *folded)
{
	Rows *rows = where;
	bool overridden = stored != NULL && ((const StoredClock *) stored)->overridden;

	if (stored == NULL)
		rows_add_clock(rows, work, folded);
	else if (folded == NULL && left_out(work, stored->target))
		return;
	else if (folded == NULL)
		rows_remove_clock(rows, work, stored);
	else if (same_clock(work, stored, folded))
		return;
	else
		rows_change_clock(rows, work, folded);
	if (overridden || !same_verdict(stored, folded) || !same_department(work, stored, folded))
	{
		note_verdict(rows, stored, overridden);
		note_verdict(rows, folded, overridden);
	}
	if (stored != NULL && folded != NULL && resumes(stored, folded))
		resume_breach(rows, work, folded);
	if (folded != NULL)
		plan_warnings(work, stored, folded);
}

/* breach_people finds who answers for a breach: the holders just before its deadline. */
static void
breach_people(const Work *work, const FoldBreach *breach, List **roles, List **people,
			  Holders *holders)
{
	work_holders(work, work_state_before(work, breach->due_at), holders);
	ticket_responsible(&work->policy->targets[breach->target], breach->kind, breach->missing,
					   holders, roles, people);
}

/* same_breach tells whether a stored breach is what the fold says. */
static bool
same_breach(const StoredBreach *stored, const FoldBreach *breach, List *roles, List *people,
			const char *department)
{
	return !stored->voided && stored->breach.seq == breach->seq &&
		   stored->breach.stopped_at == breach->stopped_at &&
		   stored->born_overdue == (breach->due_at < breach->created_at) &&
		   (stored->decided ||
			(same_text(stored->department, department) &&
			 strcmp(stored->responsible,
					psprintf("%s\x1e%s", names_joined(roles), names_joined(people))) == 0));
}

/*
 * void_reason says why a stored breach is none any more: its promise proved to be
 * kept, or there was no such deadline (it moved, was cancelled or re-armed before).
 */
static const char *
void_reason(const Work *work, const FoldBreach *breach)
{
	for (int i = 0; i < work->result.nclocks; i++)
	{
		FoldClock *clock = &work->result.clocks[i];

		if (clock->target == breach->target && clock->cycle == breach->cycle &&
			clock->due_at == breach->due_at && clock->stopped_at <= clock->due_at &&
			!work->policy->fold[clock->target].repeating)
			return "clock_met";
	}
	return "clock_moved";
}

/* What is done with a breach that is stored, that the fold knows, or both. */
typedef void (*BreachVisitor)(Work *work, void *where, const StoredBreach *stored,
							  const FoldBreach *folded);

/* walk_breaches visits the stored breaches and the fold's, side by side. */
static void
walk_breaches(Work *work, BreachVisitor visit, void *where)
{
	FoldResult *result = &work->result;
	int i = 0;
	int j = 0;

	while (i < work->nbreaches && work->breaches[i].breach.target < 0)
		i++;
	while (i < work->nbreaches || j < result->nbreaches)
	{
		const StoredBreach *stored = i < work->nbreaches ? &work->breaches[i] : NULL;
		const FoldBreach *folded = j < result->nbreaches ? &result->breaches[j] : NULL;
		int order = stored == NULL	 ? 1
					: folded == NULL ? -1
									 : compare_breach_keys(&stored->breach, folded);

		visit(work, where, order <= 0 ? stored : NULL, order >= 0 ? folded : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

/* write_breach makes one stored breach what the fold says. */
static void
write_breach(Work *work, void *where, const StoredBreach *stored, const FoldBreach *folded)
{
	Rows *rows = where;
	List *roles;
	List *people;
	Holders holders;

	if (folded == NULL)
	{
		if (!stored->voided && !left_out(work, stored->breach.target))
			rows_void_breach(rows, work, stored, void_reason(work, &stored->breach));
		return;
	}
	/* What a person has voided stays void, whatever the fold says. */
	if (stored != NULL && stored->voided && !stored->voided_by_system)
		return;
	breach_people(work, folded, &roles, &people, &holders);
	if (stored == NULL)
	{
		rows_add_breach(rows, work, folded, roles, people, holders.department);
		rows_note(rows, folded->due_at);
	}
	else if (!same_breach(stored, folded, roles, people, holders.department))
		rows_change_breach(rows, work, folded, roles, people, holders.department);
}

/* work_write_difference queues everything that the fold changes. */
void
work_write_difference(Work *work, Rows *rows)
{
	if (work->policy == NULL)
		return;
	walk_clocks(work, write_clock, rows);
	walk_breaches(work, write_breach, rows);
}

/*
 * work_note_verdicts notes the months of all verdicts of a ticket: what they are
 * counted for has changed.
 */
void
work_note_verdicts(Work *work, Rows *rows)
{
	for (int i = 0; i < work->nclocks; i++)
		note_verdict(rows, &work->clocks[i].clock, work->clocks[i].overridden);
	for (int i = 0; i < work->result.nclocks; i++)
		note_verdict(rows, &work->result.clocks[i], false);
}

/* clock_text describes a clock for people who compare. */
static char *
clock_text(const Work *work, const FoldClock *clock)
{
	static const char *const none = "-";
	int64 times[] = {clock->started_at, clock->due_at,	  clock->warn_at,
					 clock->paused_at,	clock->stopped_at, clock->cancelled_at};
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s/%d/%d%s", work->policy->targets[clock->target].name, clock->cycle,
					 clock->seq, clock->provisional ? " provisional" : "");
	for (int i = 0; i < lengthof(times); i++)
		appendStringInfo(&text, " %s",
						 times[i] == FOLD_NEVER ? none : timestamptz_to_str(times[i]));
	return text.data;
}

/* tell_clock notes how a stored clock differs from the fold's. */
static void
tell_clock(Work *work, void *where, const FoldClock *stored, const FoldClock *folded)
{
	List **found = where;

	if (folded == NULL)
		*found = lappend(*found, psprintf("clock stored but not folded: %s",
										  clock_text(work, stored)));
	else if (stored == NULL)
		*found = lappend(*found, psprintf("clock folded but not stored: %s",
										  clock_text(work, folded)));
	else if (!same_clock(work, stored, folded))
		*found = lappend(*found, psprintf("clock differs: stored %s, folded %s",
										  clock_text(work, stored), clock_text(work, folded)));
}

/* breach_differs tells whether a breach on both sides is not the same. */
static bool
breach_differs(const Work *work, const StoredBreach *stored, const FoldBreach *folded)
{
	List *roles;
	List *people;
	Holders holders;

	if (stored->voided && !stored->voided_by_system)
		return false;
	breach_people(work, folded, &roles, &people, &holders);
	return !same_breach(stored, folded, roles, people, holders.department);
}

/* tell_breach notes how a stored breach differs from the fold's. */
static void
tell_breach(Work *work, void *where, const StoredBreach *stored, const FoldBreach *folded)
{
	List **found = where;
	const FoldBreach *named = folded != NULL ? folded : &stored->breach;
	const char *what;

	if (folded == NULL)
		what = stored->voided ? NULL : "breach stored but not folded";
	else if (stored == NULL)
		what = "breach folded but not stored";
	else
		what = breach_differs(work, stored, folded) ? "breach differs" : NULL;
	if (what != NULL)
		*found = lappend(*found, psprintf("%s: %s/%d %s %s", what,
										  work->policy->targets[named->target].name, named->cycle,
										  breach_kinds[named->kind],
										  timestamptz_to_str(named->due_at)));
}

/* work_differences lists what is stored otherwise than the fold says. */
List *
work_differences(Work *work)
{
	List *found = NIL;

	if (work->policy == NULL)
		return NIL;
	walk_clocks(work, tell_clock, &found);
	walk_breaches(work, tell_breach, &found);
	return found;
}
