/*
 * fold_draw.c
 *		Draws cases for the engine, compares results, shrinks what went wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "fold_calendar.h"
#include "fold_case.h"

#define MINUTE INT64_C(60000000)
#define DRAWN_CODES 6 /* event names of its own a drawn policy uses */

/* one_in is true about every n-th time. */
static bool
one_in(Chooser *chooser, int n)
{
	return chooser->below(chooser, n) == n - 1;
}

/* draw_code picks an event name, most often one without a meaning of its own. */
static int
draw_code(Chooser *chooser)
{
	if (one_in(chooser, 6))
		return chooser->below(chooser, FOLD_FIRST_FREE);
	return FOLD_FIRST_FREE + chooser->below(chooser, DRAWN_CODES);
}

/* draw_list fills a list with at least "least" names, all different. */
static void
draw_list(Chooser *chooser, FoldEventList *list, int codes[CASE_CODES], int least)
{
	int n = least + chooser->below(chooser, 3);

	for (int i = 0; i < n && list->n < CASE_CODES; i++)
	{
		int code = draw_code(chooser);
		bool again = false;

		for (int j = 0; j < list->n; j++)
			again = again || codes[j] == code;
		if (!again)
			codes[list->n++] = code;
	}
}

/* draw_due draws a due-column target. */
static void
draw_due(Case *c, Chooser *chooser, int i)
{
	FoldTarget *t = &c->targets[i];

	t->due_slot = chooser->below(chooser, CASE_SLOTS);
	t->pausable = one_in(chooser, 4);
	draw_list(chooser, &t->stops, c->stops[i], 0);
	t->stops_all = t->stops.n > 1 && one_in(chooser, 2);
}

/* draw_plain draws a target that starts with events. */
static void
draw_plain(Case *c, Chooser *chooser, int i)
{
	static const int minutes[] = {30, 60, 120, 20, 7 * 60, 50};
	FoldTarget *t = &c->targets[i];

	if (one_in(chooser, 3))
		c->starts[i][t->starts.n++] = FOLD_RECEIVED;
	draw_list(chooser, &t->starts, c->starts[i], t->starts.n == 0);
	t->starts_all = t->starts.n > 1 && one_in(chooser, 2);
	draw_list(chooser, &t->stops, c->stops[i], 0);
	t->stops_all = t->stops.n > 1 && one_in(chooser, 2);
	t->time = minutes[chooser->below(chooser, 6)] * MINUTE;
	if (one_in(chooser, 8))
		t->days = 1 + chooser->below(chooser, 2);
	if (t->days > 0 && one_in(chooser, 2))
		t->time = 0;
	if (one_in(chooser, 3))
	{
		t->fallback_on = one_in(chooser, 2) ? FOLD_RECEIVED : draw_code(chooser);
		t->fallback_after = chooser->below(chooser, 4) * 15 * MINUTE;
	}
	t->pausable = one_in(chooser, 2);
	if (one_in(chooser, 3))
	{
		draw_list(chooser, &t->rearms, c->rearms[i], 1);
		t->repeating = true;
	}
}

/* draw_target draws one target. */
static void
draw_target(Case *c, Chooser *chooser, int i)
{
	static const double warns[] = {0.5, 0.8, 0.75, 0.1};
	FoldTarget *t = &c->targets[i];

	t->due_slot = -1;
	t->fallback_on = FOLD_NO_EVENT;
	if (one_in(chooser, 4))
		draw_due(c, chooser, i);
	else
		draw_plain(c, chooser, i);
	t->restarts = one_in(chooser, 2);
	if (one_in(chooser, 3))
		draw_list(chooser, &t->cancels, c->cancels[i], 0);
	if (one_in(chooser, 3))
		t->warn_at = warns[chooser->below(chooser, 4)];
	if (!t->repeating && one_in(chooser, 6))
		t->timer = true;
	c->calendars[i] = one_in(chooser, 3) ? 1 + chooser->below(chooser, 2) : CALENDAR_ALWAYS;
}

/* draw_event draws one event after the ones before it. */
static void
draw_event(Case *c, Chooser *chooser, int i)
{
	static const int steps[] = {0, 10, 30, 60, 5, 120, 0, 30, 20, 600};
	FoldEvent *event = &c->events[i];

	event->no = i;
	event->pause = -1;
	event->at = i == 0 ? case_time("08:00") : c->events[i - 1].at;
	event->at += steps[chooser->below(chooser, 10)] * MINUTE;
	event->recorded = event->at + chooser->below(chooser, 3) * 45 * MINUTE;
	event->code = draw_code(chooser);
	if (event->code == FOLD_RECEIVED)
		event->code = FOLD_CHANGED;
	if (event->code == FOLD_WITHDRAWN && one_in(chooser, 2))
		event->code = FOLD_REOPENED;
	if (i == 0)
		event->code = FOLD_RECEIVED;
	if (one_in(chooser, 6))
		event->pause = chooser->below(chooser, 3);
	else if (one_in(chooser, 6))
		event->code = i == 0 ? FOLD_RECEIVED : FOLD_WAITING_ENDED;
	for (int j = 0; j < CASE_TARGETS; j++)
	{
		c->applies[i][j] = i == 0 || c->applies[i - 1][j];
		if (one_in(chooser, 5))
			c->applies[i][j] = !c->applies[i][j];
	}
	for (int j = 0; j < CASE_SLOTS; j++)
	{
		c->dues[i][j] = i == 0 ? FOLD_NEVER : c->dues[i - 1][j];
		if (one_in(chooser, 4))
			c->dues[i][j] = event->at + (chooser->below(chooser, 16) - 4) * 10 * MINUTE;
		else if (one_in(chooser, 8))
			c->dues[i][j] = FOLD_NEVER;
	}
}

/* case_draw draws a whole case. */
void
case_draw(Case *c, Chooser *chooser)
{
	static const int steps[] = {60, 0, 30, 300, 1, 24 * 60};

	case_clear(c);
	c->ntargets = 1 + chooser->below(chooser, 2);
	for (int i = 0; i < c->ntargets; i++)
		draw_target(c, chooser, i);
	c->nevents = 1 + chooser->below(chooser, 12);
	for (int i = 0; i < c->nevents; i++)
		draw_event(c, chooser, i);
	c->as_of = c->events[c->nevents - 1].at + steps[chooser->below(chooser, 6)] * MINUTE;
	if (one_in(chooser, 4))
		c->as_of++;
	if (one_in(chooser, 8))
		c->as_of = c->events[chooser->below(chooser, c->nevents)].at;
	case_link(c);
}

/* resize is realloc that does not return NULL. */
static void *
resize(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (new == NULL)
		abort();
	return new;
}

/* case_fold runs an engine on a case. */
WorkStatus
case_fold(const Case *c, FoldFunction function, FoldResult *result)
{
	FoldHistory history = {c->nevents, c->events, c->as_of};

	result->resize = resize;
	result->release = free;
	result->trace = false;
	return function(c->targets, c->ntargets, &history, result);
}

/* case_free frees what a result holds. */
void
case_free(FoldResult *result)
{
	free(result->clocks);
	free(result->breaches);
	free(result->timers);
	free(result->steps);
	memset(result, 0, sizeof(*result));
}

/* same_clock compares two clocks field by field. */
static bool
same_clock(const FoldClock *a, const FoldClock *b, bool created)
{
	return a->target == b->target && a->cycle == b->cycle && a->seq == b->seq &&
		   a->provisional == b->provisional && a->started_at == b->started_at &&
		   (!created || a->created_at == b->created_at) && a->due_at == b->due_at &&
		   (!created || a->warn_at == b->warn_at) && a->paused_at == b->paused_at &&
		   a->paused_for == b->paused_for && a->stopped_at == b->stopped_at &&
		   a->cancelled_at == b->cancelled_at && a->stop_event == b->stop_event &&
		   a->parts_done == b->parts_done;
}

/* case_same compares two results; created_at, and warn_at which never precedes it, only if asked for. */
bool
case_same(const FoldResult *a, const FoldResult *b, bool created)
{
	if (a->nclocks != b->nclocks || a->nbreaches != b->nbreaches || a->ntimers != b->ntimers)
		return false;
	for (int i = 0; i < a->nclocks; i++)
	{
		if (!same_clock(&a->clocks[i], &b->clocks[i], created))
			return false;
	}
	for (int i = 0; i < a->nbreaches; i++)
	{
		const FoldBreach *x = &a->breaches[i];
		const FoldBreach *y = &b->breaches[i];

		if (x->target != y->target || x->cycle != y->cycle || x->seq != y->seq ||
			x->kind != y->kind || x->due_at != y->due_at || x->stopped_at != y->stopped_at ||
			x->missing != y->missing || (created && x->created_at != y->created_at))
			return false;
	}
	for (int i = 0; i < a->ntimers; i++)
	{
		if (a->timers[i].target != b->timers[i].target ||
			a->timers[i].cycle != b->timers[i].cycle || a->timers[i].due_at != b->timers[i].due_at)
			return false;
	}
	return true;
}

/* broken_clock names a rule that a clock breaks, given the one before it. */
static const char *
broken_clock(const Case *c, const FoldClock *before, const FoldClock *clock)
{
	const FoldTarget *target = &c->targets[clock->target];
	bool follows =
		before != NULL && before->target == clock->target && before->cycle == clock->cycle;

	if (clock->seq != (follows ? before->seq + 1 : 1))
		return "seq counts from one";
	if (before != NULL && !follows &&
		(before->target > clock->target ||
		 (before->target == clock->target && before->cycle >= clock->cycle)))
		return "clocks come by target and cycle";
	if (!target->restarts && clock->cycle != 1)
		return "a target that does not restart has one cycle";
	if (clock->stopped_at != FOLD_NEVER && clock->cancelled_at != FOLD_NEVER)
		return "stopped or cancelled, not both";
	if ((clock->stopped_at != FOLD_NEVER || clock->cancelled_at != FOLD_NEVER) !=
		(clock->stop_event >= 0))
		return "what ended has an event";
	if (clock->paused_at != FOLD_NEVER && (!target->pausable || clock->stop_event >= 0))
		return "only a running, pausable clock is paused";
	if (clock->paused_for < 0 || (clock->paused_for > 0 && !target->pausable))
		return "pauses have a length";
	if (clock->provisional && target->fallback_on == FOLD_NO_EVENT)
		return "provisional comes from a fallback";
	if (clock->warn_at != FOLD_NEVER && clock->warn_at >= clock->due_at)
		return "a warning comes before the date";
	return NULL;
}

/* case_broken_rule names a rule that holds for every result and does not for this one. */
const char *
case_broken_rule(const Case *c, const FoldResult *result)
{
	const char *broken = NULL;

	for (int i = 0; i < result->nclocks && broken == NULL; i++)
		broken = broken_clock(c, i > 0 ? &result->clocks[i - 1] : NULL, &result->clocks[i]);
	for (int i = 0; i < result->nbreaches && broken == NULL; i++)
	{
		const FoldBreach *breach = &result->breaches[i];
		const FoldBreach *before = i > 0 ? &result->breaches[i - 1] : NULL;
		bool owned = false;

		for (int j = 0; j < result->nclocks; j++)
			owned = owned || (result->clocks[j].target == breach->target &&
							  result->clocks[j].cycle == breach->cycle &&
							  result->clocks[j].seq == breach->seq);
		if (!owned)
			return "a breach has a clock";
		if (c->targets[breach->target].timer)
			return "a timer has no breach";
		if (breach->due_at >= c->as_of)
			return "a breach is past";
		if (before != NULL && before->target == breach->target && before->cycle == breach->cycle &&
			(before->due_at > breach->due_at ||
			 (before->due_at == breach->due_at && before->kind >= breach->kind)))
			return "breaches come by date and kind, each once";
	}
	return broken;
}

/* drop_event takes an event out. */
static void
drop_event(Case *c, int i)
{
	size_t rest = (size_t)(c->nevents - i - 1);

	memmove(&c->events[i], &c->events[i + 1], rest * sizeof(c->events[0]));
	memmove(&c->applies[i], &c->applies[i + 1], rest * sizeof(c->applies[0]));
	memmove(&c->dues[i], &c->dues[i + 1], rest * sizeof(c->dues[0]));
	c->nevents--;
}

/* drop_target takes a target out. */
static void
drop_target(Case *c, int i)
{
	for (c->ntargets--; i < c->ntargets; i++)
	{
		c->targets[i] = c->targets[i + 1];
		c->calendars[i] = c->calendars[i + 1];
		memcpy(c->starts[i], c->starts[i + 1], sizeof(c->starts[0]));
		memcpy(c->stops[i], c->stops[i + 1], sizeof(c->stops[0]));
		memcpy(c->rearms[i], c->rearms[i + 1], sizeof(c->rearms[0]));
		memcpy(c->cancels[i], c->cancels[i + 1], sizeof(c->cancels[0]));
		for (int j = 0; j < c->nevents; j++)
			c->applies[j][i] = c->applies[j][i + 1];
	}
}

/* simplify_target makes one thing about a target plainer; false: there is no such thing. */
static bool
simplify_target(Case *c, int i, int which)
{
	FoldTarget *t = &c->targets[i];
	FoldEventList *lists[] = {&t->stops, &t->cancels, &t->starts, &t->rearms};

	if (which < 4)
		lists[which]->n -= lists[which]->n > (which >= 2);
	else if (which == 4)
		t->fallback_on = FOLD_NO_EVENT;
	else if (which == 5)
		t->warn_at = 0;
	else if (which == 6)
		t->pausable = false;
	else if (which == 7)
		t->restarts = false;
	else if (which == 8)
		t->timer = false;
	else if (which == 9)
		c->calendars[i] = CALENDAR_ALWAYS;
	else if (which == 10)
		t->days = 0;
	else if (which == 11)
		t->starts_all = false;
	else if (which == 12)
		t->stops_all = false;
	else
		return false;
	if (t->time == 0 && t->days == 0)
		t->time = 60 * MINUTE;
	return true;
}

/* simplify_event makes one thing about an event plainer; false: there is no such thing. */
static bool
simplify_event(Case *c, int i, int which)
{
	if (which < CASE_TARGETS)
		c->applies[i][which] = i == 0 || c->applies[i - 1][which];
	else if (which < CASE_TARGETS + CASE_SLOTS)
		c->dues[i][which - CASE_TARGETS] =
			i == 0 ? FOLD_NEVER : c->dues[i - 1][which - CASE_TARGETS];
	else if (which == CASE_TARGETS + CASE_SLOTS)
		c->events[i].pause = -1;
	else if (which == CASE_TARGETS + CASE_SLOTS + 1)
		c->events[i].recorded = c->events[i].at;
	else if (which == CASE_TARGETS + CASE_SLOTS + 2 && i > 0)
		c->events[i].code = FOLD_CHANGED;
	else
		return false;
	return true;
}

/* keep_if_wrong takes a change over if the case still goes wrong. */
static void
keep_if_wrong(Case *c, Case *changed, bool (*wrong)(const Case *c))
{
	case_link(changed);
	if (wrong(changed))
	{
		*c = *changed;
		case_link(c);
	}
}

/* case_shrink makes a case smaller and plainer as long as it goes wrong. */
void
case_shrink(Case *c, bool (*wrong)(const Case *c))
{
	Case changed;

	for (int round = 0; round < 4; round++)
	{
		for (int i = c->ntargets - 1; i >= 0 && c->ntargets > 1; i--)
		{
			changed = *c;
			drop_target(&changed, i);
			keep_if_wrong(c, &changed, wrong);
		}
		for (int i = c->nevents - 1; i > 0; i--)
		{
			changed = *c;
			drop_event(&changed, i);
			keep_if_wrong(c, &changed, wrong);
		}
		for (int i = 0; i < c->ntargets; i++)
		{
			changed = *c;
			for (int which = 0; simplify_target(&changed, i, which); which++)
			{
				keep_if_wrong(c, &changed, wrong);
				changed = *c;
			}
		}
		for (int i = 0; i < c->nevents; i++)
		{
			changed = *c;
			for (int which = 0; simplify_event(&changed, i, which); which++)
			{
				keep_if_wrong(c, &changed, wrong);
				changed = *c;
			}
		}
	}
}
