/*
 * fold.c
 *		The engine: a ticket's clocks as a pure fold over its events.
 *
 * docs/engine.md says what is computed here.  Targets do not influence each other,
 * so each one is run through the events alone.  For a target with a duration the
 * clock first runs as if its condition always held; the condition is laid over
 * that: when it turns false, what there is by then is copied, cancelled and kept
 * as the outcome, and when it turns true again the copy is thrown away, so that
 * whatever happened meanwhile counts.  A due-column target needs no such copy: a
 * condition that does not hold is the same as an empty column.
 */
#include "fold.h"

#include <string.h>

#define MAX_PARTS 32
#define MAX_REASONS 32

/* The state of one target while it walks through the events. */
typedef struct Run
{
	const FoldTarget *target;
	int index;
	FoldResult *result;
	const FoldHistory *history;
	WorkStatus status;

	/* of the ticket */
	int reasons[MAX_REASONS]; /* open pause reasons */
	int nreasons;

	/* of the cycle */
	int cycle;
	int first;				 /* this cycle's first clock in result->clocks */
	int open;				 /* the clock that runs, or -1 */
	bool done;				 /* stopped or cancelled by an event: nothing begins any more */
	uint32_t start_parts;
	uint32_t stop_parts;
	int64_t stop_part_at[MAX_PARTS];
	int64_t stop_at;		 /* when the stop was complete, or FOLD_NEVER */
	int64_t stop_no;
	bool fallback_seen;
	int64_t ignored_due;	 /* a due date that had passed when the cycle began */
	FoldBreach missing_start; /* due_at = FOLD_NEVER: none */

	/* of the running clock */
	int64_t open_time; /* open time from start to its first deadline */
	int64_t remaining; /* while paused */

	/* the condition */
	bool applies;
	bool final; /* the copy stays the outcome, whatever comes */
	int64_t frozen_at;
	int frozen_open; /* which of the copies ran until then, or nfrozen */
	FoldClock *frozen; /* the copy, valid while the condition is false */
	int nfrozen, maxfrozen;
	int frozen_steps;
	FoldBreach frozen_missing_start;
} Run;

/* grow makes room for one more element in a growing array. */
static void *
grow(FoldResult *result, void *array, int n, int *max, size_t size)
{
	if (n < *max)
		return array;
	*max = *max == 0 ? 16 : *max * 2;
	return result->resize(array, (size_t) *max * size);
}

static FoldClock *
clock_at(Run *run, int i)
{
	return &run->result->clocks[i];
}

/* note adds one step to the trace. */
static void
note(Run *run, FoldAction action, int seq, int64_t at, int64_t event_no, int64_t due_at)
{
	FoldResult *result = run->result;

	if (!result->trace)
		return;
	result->steps =
		grow(result, result->steps, result->nsteps, &result->maxsteps, sizeof(FoldStep));
	result->steps[result->nsteps++] = (FoldStep){.target = run->index,
												 .cycle = run->cycle,
												 .seq = seq,
												 .action = action,
												 .at = at,
												 .event_no = event_no,
												 .due_at = due_at};
}

/* note_open adds a step about the running clock. */
static void
note_open(Run *run, FoldAction action, int64_t at, int64_t event_no)
{
	FoldClock *clock = clock_at(run, run->open);

	note(run, action, clock->seq, at, event_no, clock->due_at);
}

/* add and between keep the first failure of the calendar. */
static int64_t
add(Run *run, int64_t start, int32_t days, int64_t time)
{
	int64_t result = FOLD_NEVER;
	WorkStatus status = worktime_add(run->target->calendar, start, days, time, &result);

	if (status != WORK_OK && run->status == WORK_OK)
		run->status = status;
	return status == WORK_OK ? result : FOLD_NEVER;
}

static int64_t
between(Run *run, int64_t from, int64_t to)
{
	int64_t result = 0;
	WorkStatus status = worktime_between(run->target->calendar, from, to, &result);

	if (status != WORK_OK && run->status == WORK_OK)
		run->status = status;
	return status == WORK_OK ? result : 0;
}

/* compare_stamp orders stamps by what they are looked up by. */
static int
compare_stamp(const FoldStamp *x, const FoldStamp *y)
{
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	if (x->cycle != y->cycle)
		return x->cycle < y->cycle ? -1 : 1;
	if (x->started_at != y->started_at)
		return x->started_at < y->started_at ? -1 : 1;
	return x->paused_for < y->paused_for ? -1 : x->paused_for > y->paused_for;
}

/* fold_compare_stamps is compare_stamp for qsort. */
int
fold_compare_stamps(const void *a, const void *b)
{
	return compare_stamp(a, b);
}

/* find_stamp finds the deadline that was stamped for a start and its pauses, or NULL. */
static const FoldStamp *
find_stamp(const Run *run, int64_t started_at, int64_t paused_for)
{
	FoldStamp wanted = {.target = run->index,
						.cycle = run->cycle,
						.started_at = started_at,
						.paused_for = paused_for};
	int low = 0;
	int high = run->history->nstamps;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order = compare_stamp(&run->history->stamps[middle], &wanted);

		if (order == 0)
			return &run->history->stamps[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* deadline returns when a clock that starts now is due: as stamped, or by the calendar. */
static int64_t
deadline(Run *run, int64_t started_at)
{
	const FoldStamp *stamp = find_stamp(run, started_at, 0);

	if (stamp != NULL)
		return stamp->due_at;
	return add(run, started_at, run->target->days, run->target->time);
}

/* set_warning finds the instant at which the clock's warning share is used up. */
static void
set_warning(Run *run, FoldClock *clock)
{
	clock->warn_at = FOLD_NEVER;
	if (run->target->warn_at <= 0 || clock->provisional)
		return;
	run->open_time = between(run, clock->started_at, clock->due_at);
	if (run->open_time <= 0)
		return;
	clock->warn_at = add(run, clock->started_at, 0,
						 (int64_t) (run->target->warn_at * (double) run->open_time));
	if (clock->warn_at >= clock->due_at)
		clock->warn_at = FOLD_NEVER;
}

/* move_warning recomputes the warning after a pause that ended at "at". */
static void
move_warning(Run *run, FoldClock *clock, int64_t at)
{
	int64_t used = run->open_time - run->remaining;
	int64_t left = (int64_t) (run->target->warn_at * (double) run->open_time) - used;

	if (clock->warn_at == FOLD_NEVER || left <= 0)
		return;
	clock->warn_at = add(run, at, 0, left);
	if (clock->warn_at >= clock->due_at)
		clock->warn_at = FOLD_NEVER;
}

/* pause_clock stops the running clock's time at "at", unless its deadline has passed. */
static void
pause_clock(Run *run, int64_t at, int64_t event_no)
{
	FoldClock *clock;

	if (run->open < 0 || !run->target->pausable || run->target->due_slot >= 0)
		return;
	clock = clock_at(run, run->open);
	if (clock->paused_at != FOLD_NEVER || clock->due_at < at)
		return;
	/* A provisional clock may not have begun yet. */
	clock->paused_at = at > clock->started_at ? at : clock->started_at;
	run->remaining = between(run, clock->paused_at, clock->due_at);
	note_open(run, FOLD_DID_PAUSE, clock->paused_at, event_no);
}

/* resume lets a clock's time run on from "at". */
static void
resume(Run *run, FoldClock *clock, int64_t at)
{
	if (clock->paused_at == FOLD_NEVER)
		return;
	if (at > clock->paused_at)
	{
		const FoldStamp *stamp;

		clock->paused_for += at - clock->paused_at;
		stamp = find_stamp(run, clock->started_at, clock->paused_for);
		clock->due_at = stamp != NULL ? stamp->due_at : add(run, at, 0, run->remaining);
		move_warning(run, clock, at);
	}
	clock->paused_at = FOLD_NEVER;
}

/* begin_clock opens a new clock, the next in its cycle, and returns it. */
static FoldClock *
begin_clock(Run *run, int64_t started_at, int64_t due_at, int64_t created_at, bool provisional)
{
	FoldResult *result = run->result;
	FoldClock *clock;

	result->clocks =
		grow(result, result->clocks, result->nclocks, &result->maxclocks, sizeof(FoldClock));
	run->open = result->nclocks++;
	clock = clock_at(run, run->open);
	*clock = (FoldClock){.target = run->index,
						 .cycle = run->cycle,
						 .seq = run->open - run->first + 1,
						 .provisional = provisional,
						 .started_at = started_at,
						 .created_at = created_at,
						 .due_at = due_at,
						 .paused_at = FOLD_NEVER,
						 .stopped_at = FOLD_NEVER,
						 .cancelled_at = FOLD_NEVER,
						 .stop_event = -1};
	set_warning(run, clock);
	return clock;
}

/* end_chain gives the missed intervals before the open clock their end. */
static void
end_chain(FoldClock *clocks, int n, int64_t at, int64_t event_no)
{
	for (int i = 0; i < n; i++)
	{
		if (clocks[i].stopped_at == FOLD_NEVER && clocks[i].cancelled_at == FOLD_NEVER)
		{
			clocks[i].cancelled_at = at;
			clocks[i].stop_event = event_no;
		}
	}
}

/* cancel_clock ends the running clock without judging it. */
static void
cancel_clock(Run *run, int64_t at, int64_t event_no)
{
	if (run->open < 0)
		return;
	resume(run, clock_at(run, run->open), at);
	note_open(run, FOLD_DID_CANCEL, at, event_no);
	end_chain(clock_at(run, run->first), run->open - run->first + 1, at, event_no);
	run->open = -1;
}

/* stop_clock ends the running clock because the promise was kept. */
static void
stop_clock(Run *run, int64_t at, int64_t event_no)
{
	FoldClock *clock;

	if (run->target->repeating)
	{
		cancel_clock(run, at, event_no);
		return;
	}
	clock = clock_at(run, run->open);
	resume(run, clock, at);
	clock->stopped_at = at;
	clock->stop_event = event_no;
	note_open(run, FOLD_DID_STOP, at, event_no);
	run->open = -1;
}

/* advance lets time pass up to "at": intervals whose deadline lies before it are missed. */
static void
advance(Run *run, int64_t at)
{
	while (run->target->repeating && run->open >= 0 && run->status == WORK_OK)
	{
		FoldClock missed = *clock_at(run, run->open);
		int64_t due_at;

		if (missed.provisional || missed.paused_at != FOLD_NEVER || missed.due_at >= at)
			return;
		due_at = deadline(run, missed.due_at);
		if (due_at <= missed.due_at)
			run->status = WORK_NO_OPEN_TIME;
		if (run->status != WORK_OK)
			return;
		note_open(run, FOLD_DID_MISS, missed.due_at, -1);
		begin_clock(run, missed.due_at, due_at, missed.created_at, false);
	}
}

/* begins tells whether an event is the code asked for; reopened stands for received. */
static bool
begins(const Run *run, const FoldEvent *event, int code)
{
	if (event->code == code)
		return true;
	return event->code == FOLD_REOPENED && code == FOLD_RECEIVED && run->cycle > 1;
}

static bool
in_list(const FoldEvent *event, const FoldEventList *list)
{
	for (int i = 0; i < list->n; i++)
	{
		if (event->code == list->codes[i])
			return true;
	}
	return false;
}

/* new_parts marks the parts of a list that an event is, and returns those that are new. */
static uint32_t
new_parts(const Run *run, const FoldEvent *event, const FoldEventList *list, uint32_t *done)
{
	uint32_t fresh = 0;

	for (int i = 0; i < list->n && i < MAX_PARTS; i++)
	{
		bool is = list == &run->target->starts ? begins(run, event, list->codes[i])
											   : event->code == list->codes[i];

		if (is && !(*done & (UINT32_C(1) << i)))
			fresh |= UINT32_C(1) << i;
	}
	*done |= fresh;
	return fresh;
}

/* complete tells whether the parts done make the whole. */
static bool
complete(const FoldEventList *list, bool all, uint32_t done)
{
	if (!all)
		return done != 0;
	return list->n > 0 && done == (list->n >= 32 ? UINT32_MAX : (UINT32_C(1) << list->n) - 1);
}

/* look_for_stop takes note of stop parts and stops the running clock. */
static void
look_for_stop(Run *run, const FoldEvent *event)
{
	const FoldTarget *target = run->target;
	uint32_t fresh = new_parts(run, event, &target->stops, &run->stop_parts);

	if (fresh == 0)
		return;
	for (int i = 0; i < target->stops.n && i < MAX_PARTS; i++)
	{
		if (fresh & (UINT32_C(1) << i))
			run->stop_part_at[i] = event->at;
	}
	if (run->stop_at == FOLD_NEVER && complete(&target->stops, target->stops_all, run->stop_parts))
	{
		run->stop_at = event->at;
		run->stop_no = event->no;
		if (run->open >= 0)
		{
			stop_clock(run, event->at, event->no);
			run->done = true;
		}
	}
	else if (run->open >= 0)
		note_open(run, FOLD_DID_PART, event->at, event->no);
}

/* look_for_rearm ends the open interval, met, and begins the next one. */
static void
look_for_rearm(Run *run, const FoldEvent *event)
{
	const FoldTarget *target = run->target;
	FoldClock *clock;
	int64_t created_at;
	int64_t due_at;

	if (!target->repeating || run->open < 0 || !in_list(event, &target->rearms))
		return;
	clock = clock_at(run, run->open);
	if (clock->provisional)
		return;
	resume(run, clock, event->at);
	clock->stopped_at = event->at;
	clock->stop_event = event->no;
	created_at = clock->created_at;
	due_at = deadline(run, event->at);
	begin_clock(run, event->at, due_at, created_at, false);
	note_open(run, FOLD_DID_REARM, event->at, event->no);
	if (run->nreasons > 0)
		pause_clock(run, event->at, event->no);
}

/* look_for_cancel ends the target for this cycle. */
static void
look_for_cancel(Run *run, const FoldEvent *event)
{
	bool closing = event->code == FOLD_CLOSED || event->code == FOLD_CLOSED_NO_RATING ||
				   event->code == FOLD_WITHDRAWN;

	if (!closing && !in_list(event, &run->target->cancels))
		return;
	cancel_clock(run, event->at, event->no);
	/* Nothing begins or revives after this, not even what stopped unseen before it. */
	if (!run->applies)
		run->final = true;
	run->done = true;
}

/* look_for_pause keeps the list of open reasons and pauses or resumes the clock. */
static void
look_for_pause(Run *run, const FoldEvent *event)
{
	int n = 0;

	if (event->code == FOLD_WAITING_ENDED)
	{
		for (int i = 0; i < run->nreasons; i++)
		{
			if (event->pause >= 0 && run->reasons[i] != event->pause)
				run->reasons[n++] = run->reasons[i];
		}
		run->nreasons = n;
		if (n == 0 && run->open >= 0 && clock_at(run, run->open)->paused_at != FOLD_NEVER)
		{
			resume(run, clock_at(run, run->open), event->at);
			note_open(run, FOLD_DID_RESUME, event->at, event->no);
		}
		return;
	}
	if (event->pause < 0)
		return;
	for (int i = 0; i < run->nreasons; i++)
	{
		if (run->reasons[i] == event->pause)
			return;
	}
	if (run->nreasons < MAX_REASONS)
		run->reasons[run->nreasons++] = event->pause;
	pause_clock(run, event->at, event->no);
}

/* freeze copies the cycle's clocks as the condition leaves them when it turns false. */
static void
freeze(Run *run, const FoldEvent *event)
{
	FoldResult *result = run->result;
	int n = result->nclocks - run->first;

	while (run->maxfrozen < n || run->maxfrozen == 0)
		run->frozen = grow(result, run->frozen, run->maxfrozen, &run->maxfrozen,
						   sizeof(FoldClock));
	if (n > 0)
		memcpy(run->frozen, clock_at(run, run->first), sizeof(FoldClock) * (size_t) n);
	run->nfrozen = n;
	run->frozen_at = event->at;
	run->frozen_open = run->open >= 0 ? run->open - run->first : n;
	run->frozen_missing_start = run->missing_start;
	run->final = false;
	if (run->open >= 0)
	{
		FoldClock *clock = &run->frozen[n - 1];

		resume(run, clock, event->at);
		note(run, FOLD_DID_CANCEL, clock->seq, event->at, event->no, clock->due_at);
		end_chain(run->frozen, n, event->at, event->no);
	}
	run->frozen_steps = result->nsteps;
}

/* revive lets count again what ran while the condition was false. */
static void
revive(Run *run, const FoldEvent *event)
{
	FoldResult *result = run->result;

	if (run->final)
		return;
	/* What had ended, or was missed, before the condition turned false keeps its history. */
	for (int i = run->frozen_open; i < result->nclocks - run->first; i++)
	{
		FoldClock *clock = clock_at(run, run->first + i);
		bool missed = i < run->nfrozen && run->frozen[i].due_at < run->frozen[i].cancelled_at &&
					  run->frozen[i].due_at == clock->due_at &&
					  run->frozen[i].provisional == clock->provisional;

		if (!missed)
			clock->created_at = event->recorded;
	}
	if (run->missing_start.due_at != FOLD_NEVER &&
		run->frozen_missing_start.due_at == FOLD_NEVER &&
		(run->nfrozen == 0 || run->missing_start.due_at >= run->frozen_at))
		run->missing_start.created_at = event->recorded;
	if (run->open >= 0)
		note_open(run, FOLD_DID_REVIVE, event->at, event->no);
}

/* look_at_condition lays the condition over the clocks. */
static void
look_at_condition(Run *run, const FoldEvent *event)
{
	bool applies = event->applies[run->index];

	if (applies == run->applies)
		return;
	if (!applies)
		freeze(run, event);
	else
		revive(run, event);
	run->applies = run->final ? run->applies : applies;
}

/* start begins the clock at a real start, or turns the provisional clock into it. */
static void
start(Run *run, const FoldEvent *event)
{
	int64_t due_at = deadline(run, event->at);

	if (run->open >= 0)
	{
		FoldClock *clock = clock_at(run, run->open);

		resume(run, clock, event->at);
		if (clock->due_at < event->at)
			run->missing_start = (FoldBreach){.target = run->index,
											  .cycle = run->cycle,
											  .seq = clock->seq,
											  .kind = FOLD_START_MISSING,
											  .due_at = clock->due_at,
											  .created_at = clock->created_at,
											  .stopped_at = event->at};
		run->result->nclocks--;
	}
	begin_clock(run, event->at, due_at, event->recorded, false);
	note_open(run, FOLD_DID_START, event->at, event->no);
	if (run->stop_at != FOLD_NEVER)
	{
		stop_clock(run, event->at, run->stop_no);
		run->done = true;
	}
	else if (run->nreasons > 0)
		pause_clock(run, event->at, event->no);
}

/* start_provisional begins the clock that runs while the real start is missing. */
static void
start_provisional(Run *run, const FoldEvent *event)
{
	const FoldTarget *target = run->target;
	int64_t started_at = event->at + target->fallback_after;
	int64_t due_at = deadline(run, started_at);

	begin_clock(run, started_at, due_at, event->recorded, true);
	note_open(run, FOLD_DID_START_PROVISIONAL, started_at, event->no);
	if (run->stop_at != FOLD_NEVER)
	{
		stop_clock(run, run->stop_at, run->stop_no);
		run->done = true;
	}
	else if (run->nreasons > 0)
		pause_clock(run, event->at, event->no);
}

/* look_for_start begins a clock, real or provisional. */
static void
look_for_start(Run *run, const FoldEvent *event)
{
	const FoldTarget *target = run->target;
	bool started = complete(&target->starts, target->starts_all, run->start_parts);

	new_parts(run, event, &target->starts, &run->start_parts);
	if (run->done)
		return;
	if (!started && complete(&target->starts, target->starts_all, run->start_parts))
		start(run, event);
	else if (!started && target->fallback_on != FOLD_NO_EVENT && !run->fallback_seen &&
			 begins(run, event, target->fallback_on))
	{
		run->fallback_seen = true;
		start_provisional(run, event);
	}
}

/* follow_due keeps a due-column target's clock in step with its column. */
static void
follow_due(Run *run, const FoldEvent *event)
{
	int64_t value = event->dues[run->target->due_slot];
	int64_t due_at = event->applies[run->index] ? value : FOLD_NEVER;
	FoldResult *result = run->result;
	FoldClock *clock = run->open >= 0 ? clock_at(run, run->open) : NULL;
	FoldClock *last = result->nclocks > run->first ? clock_at(run, result->nclocks - 1) : NULL;

	/* Only the column itself, not the condition, sets a date anew. */
	if (value == run->ignored_due && value != FOLD_NEVER)
		return;
	run->ignored_due = FOLD_NEVER;
	if (run->done || run->stop_at != FOLD_NEVER)
		return;
	if (clock != NULL && clock->due_at == due_at)
		return;
	if (clock != NULL && (due_at == FOLD_NEVER || clock->due_at < event->at))
	{
		cancel_clock(run, event->at, event->no);
		clock = NULL;
	}
	if (due_at == FOLD_NEVER)
		return;
	if (clock == NULL && last != NULL && last->due_at >= last->cancelled_at)
	{
		/* Emptied in time, and set again: the same clock runs on. */
		clock = last;
		clock->cancelled_at = FOLD_NEVER;
		clock->stop_event = -1;
		run->open = result->nclocks - 1;
	}
	if (clock != NULL)
	{
		clock->due_at = due_at;
		clock->created_at = event->recorded;
		set_warning(run, clock);
		note_open(run, FOLD_DID_MOVE, event->at, event->no);
		return;
	}
	begin_clock(run, event->at, due_at, event->recorded, false);
	note_open(run, FOLD_DID_START, event->at, event->no);
}

/* begin_cycle empties what belongs to a cycle. */
static void
begin_cycle(Run *run, int cycle)
{
	run->cycle = cycle;
	run->first = run->result->nclocks;
	run->open = -1;
	run->done = false;
	run->start_parts = 0;
	run->stop_parts = 0;
	run->stop_at = FOLD_NEVER;
	run->stop_no = -1;
	run->fallback_seen = false;
	run->ignored_due = FOLD_NEVER;
	run->missing_start.due_at = FOLD_NEVER;
	run->nfrozen = 0;
	run->frozen_open = 0;
	run->final = false;
	run->frozen_at = FOLD_NEVER;
	run->frozen_steps = run->result->nsteps;
	run->frozen_missing_start.due_at = FOLD_NEVER;
}

/* missing_parts returns the stop parts that had not happened by an instant. */
static uint32_t
missing_parts(const Run *run, int64_t at)
{
	const FoldTarget *target = run->target;
	uint32_t missing = 0;

	for (int i = 0; i < target->stops.n && i < MAX_PARTS; i++)
	{
		bool happened = (run->stop_parts & (UINT32_C(1) << i)) && run->stop_part_at[i] <= at;

		if (!happened || !target->stops_all)
			missing |= UINT32_C(1) << i;
	}
	return missing;
}

/* add_breach inserts a breach in order of deadline; the same key twice is one breach. */
static void
add_breach(Run *run, int first, FoldBreach breach)
{
	FoldResult *result = run->result;
	int at = result->nbreaches;

	breach.missing = missing_parts(run, breach.due_at);
	for (; at > first; at--)
	{
		FoldBreach *other = &result->breaches[at - 1];

		if (other->due_at == breach.due_at && other->kind == breach.kind)
			return;
		if (other->due_at < breach.due_at ||
			(other->due_at == breach.due_at && other->kind < breach.kind))
			break;
	}
	result->breaches = grow(result, result->breaches, result->nbreaches, &result->maxbreaches,
							sizeof(FoldBreach));
	memmove(&result->breaches[at + 1], &result->breaches[at],
			sizeof(FoldBreach) * (size_t) (result->nbreaches - at));
	result->breaches[at] = breach;
	result->nbreaches++;
}

/* judge turns one finished clock into a breach or a due timer. */
static void
judge(Run *run, int first, const FoldClock *clock, int64_t as_of)
{
	FoldResult *result = run->result;
	int64_t end = clock->stopped_at < clock->cancelled_at ? clock->stopped_at : clock->cancelled_at;
	FoldBreach breach = {.target = run->index,
						 .cycle = run->cycle,
						 .seq = clock->seq,
						 .kind = clock->provisional		  ? FOLD_START_MISSING
								 : run->target->repeating ? FOLD_MISSED_INTERVAL
														  : FOLD_LATE,
						 .due_at = clock->due_at,
						 .created_at = clock->created_at,
						 .stopped_at = clock->stopped_at};

	if (clock->paused_at != FOLD_NEVER || clock->due_at >= (end < as_of ? end : as_of))
		return;
	if (!run->target->timer)
	{
		add_breach(run, first, breach);
		return;
	}
	if (end != FOLD_NEVER)
		return;
	result->timers =
		grow(result, result->timers, result->ntimers, &result->maxtimers, sizeof(FoldTimer));
	result->timers[result->ntimers++] =
		(FoldTimer){.target = run->index, .cycle = run->cycle, .due_at = clock->due_at};
}

/* count_parts tells how many stop parts had happened when a clock ended. */
static int
count_parts(const Run *run)
{
	int n = 0;

	for (uint32_t parts = run->stop_parts; parts != 0; parts &= parts - 1)
		n++;
	return n;
}

/* end_cycle settles the outcome of a cycle and derives its breaches. */
static void
end_cycle(Run *run, int64_t as_of)
{
	FoldResult *result = run->result;
	int first_breach = result->nbreaches;

	if (!run->applies && run->target->due_slot < 0)
	{
		result->nclocks = run->first + run->nfrozen;
		if (run->nfrozen > 0)
			memcpy(clock_at(run, run->first), run->frozen,
				   sizeof(FoldClock) * (size_t) run->nfrozen);
		result->nsteps = run->frozen_steps;
		run->missing_start = run->frozen_missing_start;
	}
	if (run->missing_start.due_at != FOLD_NEVER && !run->target->timer &&
		run->missing_start.due_at < as_of)
		add_breach(run, first_breach, run->missing_start);
	for (int i = run->first; i < result->nclocks; i++)
	{
		FoldClock *clock = clock_at(run, i);

		/* Nobody can be warned of a deadline before it is known. */
		if (clock->warn_at < clock->created_at)
			clock->warn_at =
				clock->created_at < clock->due_at ? clock->created_at : FOLD_NEVER;
		clock->parts_done = count_parts(run);
		judge(run, first_breach, clock_at(run, i), as_of);
	}
}

/* step applies one event to the target. */
static void
step(Run *run, const FoldEvent *event, int64_t as_of)
{
	const FoldTarget *target = run->target;

	advance(run, event->at);
	if (event->code == FOLD_REOPENED && target->restarts)
	{
		cancel_clock(run, event->at, event->no);
		end_cycle(run, as_of);
		begin_cycle(run, run->cycle + 1);
		if (target->due_slot >= 0 && event->dues[target->due_slot] <= event->at)
			run->ignored_due = event->dues[target->due_slot];
	}
	look_for_stop(run, event);
	look_for_rearm(run, event);
	look_for_cancel(run, event);
	look_for_pause(run, event);
	if (target->due_slot >= 0)
	{
		follow_due(run, event);
		return;
	}
	look_at_condition(run, event);
	look_for_start(run, event);
}

/* fold_target runs one target through the whole history. */
static WorkStatus
fold_target(const FoldTarget *target, int index, const FoldHistory *history, FoldResult *result,
			Run *run)
{
	run->target = target;
	run->index = index;
	run->result = result;
	run->history = history;
	run->status = WORK_OK;
	run->nreasons = 0;
	run->applies = history->nevents > 0 && history->events[0].applies[index];
	begin_cycle(run, 1);
	for (int i = 0; i < history->nevents && run->status == WORK_OK; i++)
		step(run, &history->events[i], history->as_of);
	advance(run, history->as_of);
	if (run->status == WORK_OK)
		end_cycle(run, history->as_of);
	return run->status;
}

/* fold runs every target; see fold.h. */
WorkStatus
fold(const FoldTarget *targets, int ntargets, const FoldHistory *history, FoldResult *result)
{
	WorkStatus worst = WORK_OK;
	Run run = {.frozen = NULL};

	result->nclocks = result->nbreaches = result->ntimers = result->nsteps = 0;
	result->failed_target = -1;
	for (int i = 0; i < ntargets; i++)
	{
		FoldResult before = *result;
		WorkStatus status = fold_target(&targets[i], i, history, result, &run);

		if (status == WORK_OK)
			continue;
		result->nclocks = before.nclocks;
		result->nbreaches = before.nbreaches;
		result->ntimers = before.ntimers;
		result->nsteps = before.nsteps;
		if (worst == WORK_OK)
		{
			worst = status;
			result->failed_target = i;
		}
	}
	result->release(run.frozen);
	return worst;
}
