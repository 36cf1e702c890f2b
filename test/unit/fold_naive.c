/*
 * fold_naive.c
 *		What docs/engine.md says, answered question by question.
 *
 * For one target in one cycle: when did it start, when did its stops happen,
 * when was it done for good, in which stretches did its condition hold?  Each
 * answer scans the whole history.  Only then is the clock drawn, first as if
 * the condition had always held, then cut to what the condition let be seen.
 * "Index" means a position in the history's events, NONE that there is none.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fold_naive.h"

#define NONE INT_MAX

/* One stretch in which the ticket waits: from event "from" until event "to". */
typedef struct Wait
{
	int from;
	int to;
} Wait;

/* One target in one cycle. */
typedef struct Scope
{
	const FoldTarget *target;
	int index; /* of the target */
	int cycle;
	const FoldEvent *events;
	int nevents;
	int first; /* events [first, last) are those of the cycle */
	int last;
	int64_t as_of;
	const Wait *waits;
	int nwaits;
	WorkStatus status;
	FoldResult *result;
} Scope;

/* How a target's time in a cycle went; indexes. */
typedef struct Life
{
	int start;		  /* the real start, as far as it counts */
	int fallback;	  /* the event that begins the provisional clock */
	int stop;		  /* the event that completes the stops */
	int done;		  /* the first event after which nothing may begin */
	int begin;		  /* the event with which a clock is first to be seen */
	int end;		  /* the event that ends it */
	bool stopped;	  /* ended by its stops */
	bool waits_first; /* pauses of the ending event still count */
	int64_t end_at;	  /* meaningful if end is not NONE */
} Life;

/* One clock while it is drawn. */
typedef struct Drawing
{
	int64_t started_at;
	int from; /* events after this one happen to the clock */
	int64_t due_at;
	int64_t warn_at;
	int64_t paused_at;
	int64_t paused_for;
	bool missed; /* for a chain: passed before anything happened */
} Drawing;

/* min_int picks the smaller of two. */
static int
min_int(int a, int b)
{
	return a < b ? a : b;
}

/* max_time picks the later of two instants. */
static int64_t
max_time(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* min_time picks the earlier of two instants. */
static int64_t
min_time(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* at tells when the event with an index took effect. */
static int64_t
at(const Scope *scope, int i)
{
	return i == NONE ? FOLD_NEVER : scope->events[i].at;
}

/* add asks the target's calendar and remembers its refusal. */
static int64_t
add(Scope *scope, int64_t start, int32_t days, int64_t time)
{
	int64_t result = start;
	WorkStatus status = worktime_add(scope->target->calendar, start, days, time, &result);

	if (scope->status == WORK_OK)
		scope->status = status;
	return status == WORK_OK ? result : start;
}

/* between asks the target's calendar and remembers its refusal. */
static int64_t
between(Scope *scope, int64_t from, int64_t to)
{
	int64_t result = 0;
	WorkStatus status = worktime_between(scope->target->calendar, from, to, &result);

	if (scope->status == WORK_OK)
		scope->status = status;
	return status == WORK_OK ? result : 0;
}

/* listed tells whether a list names a code. */
static bool
listed(const FoldEventList *list, int code)
{
	for (int i = 0; i < list->n; i++)
	{
		if (list->codes[i] == code)
			return true;
	}
	return false;
}

/* first_of finds the first event of a code in the cycle; "stands" lets reopened be received. */
static int
first_of(const Scope *scope, int code, bool stands)
{
	for (int i = scope->first; i < scope->last; i++)
	{
		if (scope->events[i].code == code)
			return i;
		if (stands && code == FOLD_RECEIVED && scope->target->restarts &&
			scope->events[i].code == FOLD_REOPENED)
			return i;
	}
	return NONE;
}

/* moment finds the event that fulfils a list: any of it, or all of it. */
static int
moment(const Scope *scope, const FoldEventList *list, bool all, bool stands)
{
	int result = all && list->n > 0 ? -1 : NONE;

	for (int i = 0; i < list->n; i++)
	{
		int found = first_of(scope, list->codes[i], stands);

		if (all ? found > result : found < result)
			result = found;
	}
	return result;
}

/* count_parts counts the stop parts that happened in the cycle. */
static int
count_parts(const Scope *scope)
{
	int n = 0;

	for (int i = 0; i < scope->target->stops.n; i++)
	{
		n += first_of(scope, scope->target->stops.codes[i], false) != NONE;
	}
	return n;
}

/* applies tells whether the condition holds after an event. */
static bool
applies(const Scope *scope, int i)
{
	return scope->events[i].applies[scope->index];
}

/* seen tells whether a clock runs, or would unless stopped, after an event. */
static bool
seen(const Scope *scope, const Life *life, int i)
{
	return i >= scope->first && i < scope->last && i < life->done && applies(scope, i) &&
		   (i >= life->start || i >= life->fallback);
}

/* find_done finds the event that closes the target for the rest of the cycle. */
static int
find_done(const Scope *scope)
{
	int done = moment(scope, &scope->target->cancels, false, false);

	done = min_int(done, first_of(scope, FOLD_CLOSED, false));
	done = min_int(done, first_of(scope, FOLD_CLOSED_NO_RATING, false));
	return min_int(done, first_of(scope, FOLD_WITHDRAWN, false));
}

/*
 * find_stop tells whether the stops ended the clock: they must be complete at
 * a moment at which the clock could be seen, or was seen until just then.
 */
static bool
find_stop(const Scope *scope, Life *life, int *noticed)
{
	if (life->stop == NONE)
		return false;
	for (int i = life->begin; i < scope->last && i <= life->done; i++)
	{
		if (life->stop > i)
			continue;
		if (seen(scope, life, i) ||
			(life->stop == i && i > life->begin && seen(scope, life, i - 1)))
		{
			*noticed = i;
			return true;
		}
	}
	return false;
}

/* find_end finds what ended the clock that was first seen at life->begin. */
static void
find_end(const Scope *scope, Life *life, int *noticed)
{
	int last = min_int(life->done, scope->last);

	life->end = NONE;
	life->waits_first = false;
	life->stopped = find_stop(scope, life, noticed);
	if (life->stopped)
		life->end = life->stop;
	else if (seen(scope, life, last - 1))
	{
		if (last < scope->nevents)
			life->end = last;
		*noticed = last - 1;
	}
	else
	{
		while (!seen(scope, life, last - 1))
			last--;
		life->end = last;
		life->waits_first = true;
		*noticed = last;
	}
	life->end_at = at(scope, life->end);
}

/* look_back reads a life off the history; false: there is no clock. */
static bool
look_back(const Scope *scope, Life *life, int *noticed)
{
	const FoldTarget *target = scope->target;

	life->start = moment(scope, &target->starts, target->starts_all, true);
	life->fallback =
		target->fallback_on == FOLD_NO_EVENT ? NONE : first_of(scope, target->fallback_on, true);
	life->stop = moment(scope, &target->stops, target->stops_all, false);
	life->done = find_done(scope);
	if (life->fallback >= life->start)
		life->fallback = NONE;
	else if (life->stop <= life->start)
		life->start = NONE; /* stopped while provisional */
	for (life->begin = scope->first; life->begin < scope->last; life->begin++)
	{
		if (seen(scope, life, life->begin))
		{
			find_end(scope, life, noticed);
			return true;
		}
	}
	return false;
}

/* draw_warning adds up used time over the stretches between pauses. */
static int64_t
draw_warning(Scope *scope, int64_t used, const int64_t *stretches, int n)
{
	for (int i = 0; i + 2 < n; i += 2)
	{
		int64_t part = between(scope, stretches[i], stretches[i + 1]);

		if (used <= part)
			return add(scope, stretches[i], 0, used);
		used -= part;
	}
	return add(scope, stretches[n - 1], 0, used);
}

/* open_part is the used-up open time at which to warn; -1: never. */
static int64_t
open_part(Scope *scope, int64_t from, int64_t due)
{
	int64_t open;

	if (scope->target->warn_at <= 0)
		return -1;
	open = between(scope, from, due);
	return open <= 0 ? -1 : (int64_t)((double)open * scope->target->warn_at);
}

/*
 * draw computes due date, pauses and warning of a clock that ends with event
 * "limit" (NONE: not yet) at limit_at; a chain's interval may be missed before.
 */
static void
draw(Scope *scope, Drawing *d, int limit, int64_t limit_at, bool waits_first, bool chain)
{
	int64_t *stretches = malloc(sizeof(int64_t) * (2 * (size_t)scope->nwaits + 2));
	int n = 0;
	int64_t used;

	d->due_at = add(scope, d->started_at, scope->target->days, scope->target->time);
	d->paused_at = FOLD_NEVER;
	d->paused_for = 0;
	used = open_part(scope, d->started_at, d->due_at);
	stretches[n++] = d->started_at;
	for (int i = 0; i < scope->nwaits && scope->target->pausable && limit > d->from; i++)
	{
		const Wait *wait = &scope->waits[i];
		int64_t from = max_time(d->started_at, at(scope, wait->from));
		int64_t remaining;
		int64_t to;

		if (wait->to <= d->from && wait->to != NONE)
			continue;
		if (wait->from <= d->from)
			from = d->started_at;
		if (wait->from > limit || (wait->from == limit && !waits_first) || from > d->due_at)
			break;
		d->paused_at = from;
		if (wait->to == NONE && limit == NONE)
			break;
		if (wait->to < limit || (wait->to == limit && waits_first))
			to = at(scope, wait->to);
		else
			to = limit_at;
		to = max_time(to, from);
		remaining = between(scope, from, d->due_at);
		if (to > from)
			d->due_at = add(scope, to, 0, remaining);
		d->paused_for += to - from;
		d->paused_at = FOLD_NEVER;
		stretches[n++] = from;
		stretches[n++] = to;
		if (wait->to >= limit)
			break;
		if (chain)
			d->from = wait->to;
	}
	if (limit == NONE)
		limit_at = max_time(scope->as_of, at(scope, scope->last - 1));
	d->missed = chain && d->paused_at == FOLD_NEVER && d->due_at < limit_at;
	d->warn_at = used < 0 ? FOLD_NEVER : draw_warning(scope, used, stretches, n);
	if (d->warn_at >= d->due_at)
		d->warn_at = FOLD_NEVER;
	free(stretches);
}

/* missing_at names the stop parts that had not happened by an instant. */
static uint32_t
missing_at(const Scope *scope, int64_t due)
{
	const FoldTarget *target = scope->target;
	uint32_t missing = 0;

	for (int i = 0; i < target->stops.n; i++)
	{
		int found = first_of(scope, target->stops.codes[i], false);

		if (!target->stops_all || found == NONE || at(scope, found) > due)
			missing |= UINT32_C(1) << i;
	}
	return missing;
}

/* put_breach adds a breach unless its key is already there. */
static void
put_breach(Scope *scope, const FoldClock *clock, FoldKind kind)
{
	FoldResult *result = scope->result;
	FoldBreach *breach;

	if (scope->target->timer)
		return;
	for (int i = 0; i < result->nbreaches; i++)
	{
		breach = &result->breaches[i];
		if (breach->target == clock->target && breach->cycle == clock->cycle &&
			breach->due_at == clock->due_at && breach->kind == kind)
			return;
	}
	result->breaches =
		realloc(result->breaches, sizeof(FoldBreach) * (size_t)(result->nbreaches + 1));
	breach = &result->breaches[result->nbreaches++];
	memset(breach, 0, sizeof(*breach));
	breach->target = clock->target;
	breach->cycle = clock->cycle;
	breach->seq = clock->seq;
	breach->kind = kind;
	breach->due_at = clock->due_at;
	breach->created_at = clock->created_at;
	breach->stopped_at = kind == FOLD_MISSED_INTERVAL ? FOLD_NEVER : clock->stopped_at;
	breach->missing = missing_at(scope, clock->due_at);
}

/* judge adds a clock, and the breach or the due timer that follows from it. */
static void
judge(Scope *scope, const FoldClock *clock)
{
	FoldResult *result = scope->result;
	int64_t ended = min_time(clock->stopped_at, clock->cancelled_at);

	result->clocks = realloc(result->clocks, sizeof(FoldClock) * (size_t)(result->nclocks + 1));
	result->clocks[result->nclocks] = *clock;
	if (clock->warn_at != FOLD_NEVER)
		result->clocks[result->nclocks].warn_at = max_time(clock->warn_at, clock->created_at);
	if (result->clocks[result->nclocks].warn_at >= clock->due_at)
		result->clocks[result->nclocks].warn_at = FOLD_NEVER;
	result->nclocks++;
	if (clock->paused_at != FOLD_NEVER)
		return;
	if (scope->target->timer && ended == FOLD_NEVER && clock->due_at < scope->as_of)
	{
		FoldTimer timer = {clock->target, clock->cycle, clock->due_at};

		result->timers = realloc(result->timers, sizeof(FoldTimer) * (size_t)(result->ntimers + 1));
		result->timers[result->ntimers++] = timer;
	}
	if (clock->due_at >= min_time(ended, scope->as_of))
		return;
	put_breach(scope, clock,
			   clock->provisional		  ? FOLD_START_MISSING
			   : scope->target->repeating ? FOLD_MISSED_INTERVAL
										  : FOLD_LATE);
}

/* fresh makes a clock with nothing in it yet. */
static FoldClock
fresh(const Scope *scope, int seq)
{
	FoldClock clock;

	memset(&clock, 0, sizeof(clock));
	clock.target = scope->index;
	clock.cycle = scope->cycle;
	clock.seq = seq;
	clock.warn_at = FOLD_NEVER;
	clock.paused_at = FOLD_NEVER;
	clock.stopped_at = FOLD_NEVER;
	clock.cancelled_at = FOLD_NEVER;
	clock.stop_event = -1;
	clock.parts_done = count_parts(scope);
	return clock;
}

/* take_drawing copies what was drawn into the clock. */
static void
take_drawing(FoldClock *clock, const Drawing *d)
{
	clock->started_at = d->started_at;
	clock->due_at = d->due_at;
	clock->warn_at = clock->provisional ? FOLD_NEVER : d->warn_at;
	clock->paused_at = d->paused_at;
	clock->paused_for = d->paused_for;
}

/*
 * known_single gives created_at of a clock that is the only one: a revival counts
 * if the clock had not been missed when the condition turned false before it.
 */
static int64_t
known_single(const Scope *scope, const Life *life, int noticed, const FoldClock *clock)
{
	int64_t missed_at = clock->paused_at != FOLD_NEVER ? FOLD_NEVER : clock->due_at;
	int64_t recorded =
		seen(scope, life, life->begin) ? scope->events[life->begin].recorded : FOLD_NEVER;

	for (int i = life->begin + 1, cut = NONE; i <= noticed && i < scope->last; i++)
	{
		if (!seen(scope, life, i) && seen(scope, life, i - 1))
			cut = i;
		if (!seen(scope, life, i))
			continue;
		if (!clock->provisional && i == life->start)
			recorded = scope->events[i].recorded;
		if (!seen(scope, life, i - 1) &&
			(cut == NONE || (!clock->provisional && cut < life->start) ||
			 missed_at >= at(scope, cut)))
			recorded = scope->events[i].recorded;
	}
	return recorded;
}

/*
 * known_phase gives created_at of a start_missing that the real start ended.
 * Where the start was not to be seen, what was not missed before counts as
 * known from the moment the condition held again.
 */
static int64_t
known_phase(const Scope *scope, const Life *life, const FoldClock *clock)
{
	int cut = life->start;
	int again = life->start;

	if (seen(scope, life, life->start))
		return known_single(scope, life, life->start, clock);
	while (again < scope->last && !seen(scope, life, again))
		again++;
	while (cut > life->begin && !seen(scope, life, cut - 1))
		cut--;
	if (cut > life->begin && clock->due_at < at(scope, cut))
		return known_single(scope, life, cut, clock);
	return scope->events[again].recorded;
}

/* put_phase adds the start_missing of a provisional phase that the real start ended too late. */
static void
put_phase(Scope *scope, const Life *life)
{
	FoldClock clock = fresh(scope, 1);
	Drawing d = {.from = life->fallback};

	d.started_at = at(scope, life->fallback) + scope->target->fallback_after;
	draw(scope, &d, life->start, at(scope, life->start), true, false);
	clock.provisional = true;
	take_drawing(&clock, &d);
	clock.created_at = known_phase(scope, life, &clock);
	clock.stopped_at = at(scope, life->start);
	if (clock.due_at < min_time(clock.stopped_at, scope->as_of))
		put_breach(scope, &clock, FOLD_START_MISSING);
}

/* put_single adds the one clock of a target that does not repeat, or a provisional one. */
static void
put_single(Scope *scope, const Life *life, int noticed, bool provisional)
{
	FoldClock clock = fresh(scope, 1);
	Drawing d = {.from = provisional ? life->fallback : life->start};

	d.started_at = at(scope, d.from) + (provisional ? scope->target->fallback_after : 0);
	draw(scope, &d, life->end, life->end_at, life->waits_first, false);
	clock.provisional = provisional;
	take_drawing(&clock, &d);
	clock.created_at = known_single(scope, life, noticed, &clock);
	if (life->end != NONE)
		clock.stop_event = scope->events[life->end].no;
	if (life->stopped && !scope->target->repeating)
		clock.stopped_at = provisional ? life->end_at : max_time(life->end_at, d.started_at);
	else if (life->end != NONE)
		clock.cancelled_at = life->end_at;
	judge(scope, &clock);
}

/* next_report finds the next re-arming event; it counts whether or not the condition holds. */
static int
next_report(const Scope *scope, const Life *life, int from)
{
	for (int i = from + 1; i < scope->last; i++)
	{
		if (listed(&scope->target->rearms, scope->events[i].code))
			return life->stopped && i >= life->end ? NONE : i;
	}
	return NONE;
}

/*
 * known_interval gives created_at of an interval: a revival counts if the
 * interval was still open when the condition turned false before it.
 */
static int64_t
known_interval(const Scope *scope, const Life *life, int noticed, int64_t missed_at, int report)
{
	int64_t recorded =
		seen(scope, life, life->begin) ? scope->events[life->begin].recorded : FOLD_NEVER;

	for (int i = life->begin + 1, cut = NONE; i <= noticed && i < scope->last; i++)
	{
		if (!seen(scope, life, i) && seen(scope, life, i - 1))
			cut = i;
		if (!seen(scope, life, i))
			continue;
		if (i == life->start)
			recorded = scope->events[i].recorded;
		if (!seen(scope, life, i - 1) && (cut < life->start || cut < report) &&
			(cut < life->start || missed_at >= at(scope, cut)))
			recorded = scope->events[i].recorded;
	}
	return recorded;
}

/* put_chain adds the intervals of a repeating target from its real start. */
static void
put_chain(Scope *scope, const Life *life, int noticed)
{
	Drawing d = {.from = life->start, .started_at = at(scope, life->start)};
	bool open = true;

	for (int seq = 1; open && scope->status == WORK_OK; seq++)
	{
		int report = next_report(scope, life, d.from);
		bool reported = report != NONE && report <= life->end;
		int limit = reported ? report : life->end;
		FoldClock clock = fresh(scope, seq);

		draw(scope, &d, limit, at(scope, limit), !reported && life->waits_first, true);
		take_drawing(&clock, &d);
		clock.created_at = known_interval(scope, life, noticed, d.missed ? d.due_at : FOLD_NEVER,
										  reported && !d.missed ? report : NONE);
		if (reported && !d.missed)
		{
			clock.stopped_at = at(scope, report);
			clock.stop_event = scope->events[report].no;
			d.from = report;
			d.started_at = at(scope, report);
		}
		else if (life->end != NONE)
		{
			clock.cancelled_at = max_time(life->end_at, at(scope, life->start));
			clock.stop_event = scope->events[life->end].no;
		}
		if (d.missed)
			d.started_at = d.due_at;
		open = d.missed || reported;
		judge(scope, &clock);
	}
}

/* standing gives the date in the column after an event; one that a reopening outlived is none. */
static int64_t
standing(const Scope *scope, int i)
{
	int slot = scope->target->due_slot;
	int64_t value = scope->events[i].dues[slot];

	if (scope->cycle == 1 || value == FOLD_NEVER || value > at(scope, scope->first))
		return value;
	for (int j = scope->first + 1; j <= i; j++)
	{
		if (scope->events[j].dues[slot] != scope->events[j - 1].dues[slot])
			return value;
	}
	return FOLD_NEVER;
}

/* end_column ends a due-column clock by an event. */
static void
end_column(const Scope *scope, FoldClock *clock, int i, bool stopped)
{
	*(stopped ? &clock->stopped_at : &clock->cancelled_at) = at(scope, i);
	clock->stop_event = scope->events[i].no;
}

/* finish_column adds a due-column clock that will not change any more. */
static void
finish_column(Scope *scope, FoldClock *clock)
{
	int64_t used = open_part(scope, clock->started_at, clock->due_at);

	if (used >= 0)
		clock->warn_at = add(scope, clock->started_at, 0, used);
	if (clock->warn_at >= clock->due_at)
		clock->warn_at = FOLD_NEVER;
	judge(scope, clock);
}

/* set_column gives a due-column clock a date; a missed one stays, and another begins. */
static void
set_column(Scope *scope, FoldClock *clock, int i, int64_t due)
{
	int64_t ended = min_time(clock->cancelled_at, at(scope, i));
	int seq = clock->seq;

	if (seq == 0 || clock->due_at < ended)
	{
		if (seq > 0 && clock->cancelled_at == FOLD_NEVER)
			end_column(scope, clock, i, false);
		if (seq > 0)
			finish_column(scope, clock);
		*clock = fresh(scope, seq + 1);
		clock->started_at = at(scope, i);
	}
	clock->due_at = due;
	clock->cancelled_at = FOLD_NEVER;
	clock->stop_event = -1;
	clock->created_at = scope->events[i].recorded;
}

/* put_column adds the clocks of a due-column target; without the condition its column is empty. */
static void
put_column(Scope *scope)
{
	int stop = moment(scope, &scope->target->stops, scope->target->stops_all, false);
	int done = min_int(find_done(scope), scope->last);
	int end = min_int(stop, done);
	FoldClock clock = fresh(scope, 0);
	int64_t before = FOLD_NEVER;

	for (int i = scope->first; i < end; i++)
	{
		int64_t due = applies(scope, i) ? standing(scope, i) : FOLD_NEVER;

		if (due == before)
			continue;
		if (due == FOLD_NEVER)
			end_column(scope, &clock, i, false);
		else
			set_column(scope, &clock, i, due);
		before = due;
	}
	if (before != FOLD_NEVER && end < scope->nevents)
		end_column(scope, &clock, end, stop == end);
	if (clock.seq > 0)
		finish_column(scope, &clock);
}

/* put_cycle adds everything about one target in one cycle. */
static void
put_cycle(Scope *scope)
{
	Life life;
	int noticed = 0;
	bool provisional;

	if (scope->target->due_slot >= 0)
	{
		put_column(scope);
		return;
	}
	if (!look_back(scope, &life, &noticed))
		return;
	provisional = life.fallback != NONE && life.start >= life.end;
	if (life.fallback != NONE && !provisional)
		put_phase(scope, &life);
	if (scope->target->repeating && !provisional)
		put_chain(scope, &life, noticed);
	else
		put_single(scope, &life, noticed, provisional);
}

/* waiting tells whether any reason to wait has begun and not ended after an event. */
static bool
waiting(const FoldHistory *history, int i)
{
	for (int j = 0; j <= i; j++)
	{
		const FoldEvent *began = &history->events[j];
		bool ended = false;

		if (began->pause < 0 || began->code == FOLD_WAITING_ENDED)
			continue;
		for (int k = j + 1; k <= i; k++)
		{
			const FoldEvent *event = &history->events[k];

			if (event->code == FOLD_WAITING_ENDED &&
				(event->pause < 0 || event->pause == began->pause))
				ended = true;
		}
		if (!ended)
			return true;
	}
	return false;
}

/* find_waits lists the stretches in which the ticket waits. */
static Wait *
find_waits(const FoldHistory *history, int *nwaits)
{
	Wait *waits = malloc(sizeof(Wait) * ((size_t)history->nevents + 1));

	*nwaits = 0;
	for (int i = 0; i < history->nevents; i++)
	{
		bool before = i > 0 && waiting(history, i - 1);
		bool after = waiting(history, i);

		if (!before && after)
		{
			waits[*nwaits].from = i;
			waits[(*nwaits)++].to = NONE;
		}
		else if (before && !after)
			waits[*nwaits - 1].to = i;
	}
	return waits;
}

/* compare_breaches orders by target, cycle, due_at, kind. */
static int
compare_breaches(const void *left, const void *right)
{
	const FoldBreach *a = left;
	const FoldBreach *b = right;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	if (a->cycle != b->cycle)
		return a->cycle < b->cycle ? -1 : 1;
	if (a->due_at != b->due_at)
		return a->due_at < b->due_at ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

/* put_target adds everything about one target, cycle by cycle. */
static WorkStatus
put_target(Scope *scope)
{
	int end = scope->nevents;

	scope->status = WORK_OK;
	scope->cycle = 0;
	for (scope->first = 0; scope->first < end; scope->first = scope->last)
	{
		scope->cycle++;
		scope->last = scope->first + 1;
		while (scope->last < end &&
			   !(scope->target->restarts && scope->events[scope->last].code == FOLD_REOPENED))
			scope->last++;
		put_cycle(scope);
	}
	return scope->status;
}

/* naive_fold answers what fold() answers, without a trace. */
WorkStatus
naive_fold(const FoldTarget *targets, int ntargets, const FoldHistory *history, FoldResult *result)
{
	Scope scope = {.events = history->events,
				   .nevents = history->nevents,
				   .as_of = history->as_of,
				   .result = result};
	Wait *waits = find_waits(history, &scope.nwaits);
	WorkStatus answer = WORK_OK;

	scope.waits = waits;
	result->nclocks = 0;
	result->nbreaches = 0;
	result->ntimers = 0;
	result->failed_target = -1;
	for (int i = 0; i < ntargets; i++)
	{
		int nclocks = result->nclocks;
		int nbreaches = result->nbreaches;
		int ntimers = result->ntimers;
		WorkStatus status;

		scope.target = &targets[i];
		scope.index = i;
		status = put_target(&scope);
		if (status == WORK_OK)
			continue;
		result->nclocks = nclocks;
		result->nbreaches = nbreaches;
		result->ntimers = ntimers;
		if (answer == WORK_OK)
			result->failed_target = i;
		if (answer == WORK_OK)
			answer = status;
	}
	if (result->nbreaches > 1)
		qsort(result->breaches, (size_t)result->nbreaches, sizeof(FoldBreach), compare_breaches);
	free(waits);
	return answer;
}
