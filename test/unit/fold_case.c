/*
 * fold_case.c
 *		Writes, draws, prints, compares and shrinks cases for the engine.
 */
#include <stdlib.h>
#include <string.h>

#include "fold_calendar.h"
#include "fold_case.h"

#define MINUTE INT64_C(60000000)
#define BASE (INT64_C(9403) * WORK_USECS_PER_DAY) /* Monday 2025-09-29 */

static const char *const fixed_names[FOLD_FIRST_FREE] = {
	"received", "reopened", "closed", "closed_no_rating", "withdrawn", "waiting_ended", "changed"};
bool case_verbose;

static char free_names[CASE_FREE_CODES][32];

/* fail stops at a case that is written wrongly. */
static void
fail(const char *what, const char *text)
{
	fprintf(stderr, "bad case: %s: %s\n", what, text);
	abort();
}

/* code_of finds or invents the code of an event name. */
static int
code_of(const char *name)
{
	for (int i = 0; i < FOLD_FIRST_FREE; i++)
	{
		if (strcmp(name, fixed_names[i]) == 0)
			return i;
	}
	for (int i = 0; i < CASE_FREE_CODES; i++)
	{
		if (free_names[i][0] == '\0')
			snprintf(free_names[i], sizeof(free_names[i]), "%s", name);
		if (strcmp(name, free_names[i]) == 0)
			return FOLD_FIRST_FREE + i;
	}
	fail("too many event names", name);
	return -1;
}

/* name_of names a code; drawn codes without a name get one. */
static const char *
name_of(int code)
{
	if (code < FOLD_FIRST_FREE)
		return fixed_names[code];
	if (free_names[code - FOLD_FIRST_FREE][0] == '\0')
		snprintf(free_names[code - FOLD_FIRST_FREE], sizeof(free_names[0]), "e%d", code);
	return free_names[code - FOLD_FIRST_FREE];
}

/* case_time reads an instant. */
int64_t
case_time(const char *text)
{
	int days = 0;
	int hour;
	int minute;
	double second = 0;
	const char *plus = strchr(text, '+');

	if (strcmp(text, "none") == 0)
		return FOLD_NEVER;
	if (plus != NULL)
	{
		days = atoi(text);
		text = plus + 1;
	}
	if (sscanf(text, "%d:%d:%lf", &hour, &minute, &second) < 2)
		fail("time", text);
	return BASE + days * WORK_USECS_PER_DAY + (hour * 60 + minute) * MINUTE +
		   (int64_t)(second * 1e6 + 0.5);
}

/* put_length prints an amount of elapsed time. */
static void
put_length(FILE *out, int64_t length)
{
	if (length < 0)
		fputc('-', out);
	length = length < 0 ? -length : length;
	fprintf(out, "%02d:%02d", (int)(length / MINUTE / 60), (int)(length / MINUTE % 60));
	if (length % MINUTE != 0)
		fprintf(out, ":%02d", (int)(length / 1000000 % 60));
	if (length % 1000000 != 0)
		fprintf(out, ".%06d", (int)(length % 1000000));
}

/* put_time prints an instant as case_time reads it. */
static void
put_time(FILE *out, int64_t at)
{
	int64_t day;

	if (at == FOLD_NEVER)
	{
		fputs("none", out);
		return;
	}
	at -= BASE;
	day = (at - (at < 0 ? WORK_USECS_PER_DAY - 1 : 0)) / WORK_USECS_PER_DAY;
	if (day != 0)
		fprintf(out, "%d+", (int)day);
	put_length(out, at - day * WORK_USECS_PER_DAY);
}

/* case_clear empties a case. */
void
case_clear(Case *c)
{
	memset(c, 0, sizeof(*c));
}

/* case_link lets the pointers of a case point into it again after it was copied. */
void
case_link(Case *c)
{
	for (int i = 0; i < c->ntargets; i++)
	{
		c->targets[i].starts.codes = c->starts[i];
		c->targets[i].stops.codes = c->stops[i];
		c->targets[i].rearms.codes = c->rearms[i];
		c->targets[i].cancels.codes = c->cancels[i];
		c->targets[i].calendar = &test_calendars[c->calendars[i]];
	}
	for (int i = 0; i < c->nevents; i++)
	{
		c->events[i].applies = c->applies[i];
		c->events[i].dues = c->dues[i];
	}
}

/* read_list reads "a,b" or "all(a,b)". */
static void
read_list(char *text, FoldEventList *list, int codes[CASE_CODES], bool *all)
{
	char *save = NULL;

	if (strncmp(text, "all(", 4) == 0)
	{
		*all = true;
		text += 4;
		text[strcspn(text, ")")] = '\0';
	}
	for (char *name = strtok_r(text, ",", &save); name; name = strtok_r(NULL, ",", &save))
	{
		if (list->n == CASE_CODES)
			fail("list too long", text);
		codes[list->n++] = code_of(name);
	}
}

/* read_length reads "30m", "2h" as time and "3d" as working days; "1d2h" is both. */
static void
read_length(const char *text, int32_t *days, int64_t *time)
{
	char *end;

	while (*text != '\0')
	{
		long n = strtol(text, &end, 10);

		if (*end == 'd' && days != NULL)
			*days = (int32_t)n;
		else if (*end == 'h')
			*time += n * 60 * MINUTE;
		else if (*end == 'm')
			*time += n * MINUTE;
		else if (*end == 'u')
			*time += n;
		else
			fail("length", text);
		text = end + 1;
	}
}

/* read_flag reads a word of a target that has no value. */
static void
read_flag(Case *c, FoldTarget *target, const char *word)
{
	int *calendar = &c->calendars[c->ntargets];

	if (strcmp(word, "restarts") == 0)
		target->restarts = true;
	else if (strcmp(word, "pausable") == 0)
		target->pausable = true;
	else if (strcmp(word, "timer") == 0)
		target->timer = true;
	else if (strcmp(word, "office") == 0)
		*calendar = CALENDAR_OFFICE;
	else if (strcmp(word, "short") == 0)
		*calendar = CALENDAR_SHORT;
	else if (strcmp(word, "broken") == 0)
		*calendar = CALENDAR_BROKEN;
	else
		fail("word", word);
}

/* case_target adds a target written as text. */
void
case_target(Case *c, const char *text)
{
	char buffer[512];
	char *save = NULL;
	bool ignored = false;
	FoldTarget *t = &c->targets[c->ntargets];

	if (c->ntargets == CASE_TARGETS)
		fail("too many targets", text);
	snprintf(buffer, sizeof(buffer), "%s", text);
	t->fallback_on = FOLD_NO_EVENT;
	t->due_slot = -1;
	for (char *word = strtok_r(buffer, " ", &save); word; word = strtok_r(NULL, " ", &save))
	{
		if (strncmp(word, "S=", 2) == 0)
			read_list(word + 2, &t->starts, c->starts[c->ntargets], &t->starts_all);
		else if (strncmp(word, "X=", 2) == 0)
			read_list(word + 2, &t->stops, c->stops[c->ntargets], &t->stops_all);
		else if (strncmp(word, "R=", 2) == 0)
			read_list(word + 2, &t->rearms, c->rearms[c->ntargets], &ignored);
		else if (strncmp(word, "K=", 2) == 0)
			read_list(word + 2, &t->cancels, c->cancels[c->ntargets], &ignored);
		else if (strncmp(word, "F=", 2) == 0)
		{
			char *plus = strchr(word, '+');

			*plus = '\0';
			t->fallback_on = code_of(word + 2);
			read_length(plus + 1, NULL, &t->fallback_after);
		}
		else if (strncmp(word, "D=", 2) == 0)
			read_length(word + 2, &t->days, &t->time);
		else if (strncmp(word, "slot=", 5) == 0)
			t->due_slot = atoi(word + 5);
		else if (strncmp(word, "warn=", 5) == 0)
			t->warn_at = atof(word + 5);
		else
			read_flag(c, t, word);
	}
	t->repeating = t->rearms.n > 0;
	c->ntargets++;
}

/* read_modifier reads one word after an event's name. */
static void
read_modifier(Case *c, int i, const char *word)
{
	FoldEvent *event = &c->events[i];

	if (strncmp(word, "on=", 3) == 0)
		c->applies[i][atoi(word + 3)] = true;
	else if (strncmp(word, "off=", 4) == 0)
		c->applies[i][atoi(word + 4)] = false;
	else if (strncmp(word, "due=", 4) == 0)
		c->dues[i][0] = case_time(word + 4);
	else if (strncmp(word, "due1=", 5) == 0)
		c->dues[i][1] = case_time(word + 5);
	else if (strncmp(word, "rec=", 4) == 0)
		event->recorded = case_time(word + 4);
	else if (strncmp(word, "pause=", 6) == 0)
		event->pause = atoi(word + 6);
	else if (strncmp(word, "no=", 3) == 0)
		event->no = atoi(word + 3);
	else
		fail("modifier", word);
}

/* case_events adds the events written as text, numbered as they come, and sorts them. */
void
case_events(Case *c, const char *text)
{
	char buffer[1024];
	char *save = NULL;
	char *save_word = NULL;

	snprintf(buffer, sizeof(buffer), "%s", text);
	for (char *one = strtok_r(buffer, ";", &save); one; one = strtok_r(NULL, ";", &save))
	{
		int i = c->nevents++;
		FoldEvent *event = &c->events[i];

		if (i == CASE_EVENTS)
			fail("too many events", text);
		event->no = i;
		event->at = case_time(strtok_r(one, " ", &save_word));
		event->recorded = event->at;
		event->code = code_of(strtok_r(NULL, " ", &save_word));
		event->pause = -1;
		for (int j = 0; j < CASE_TARGETS; j++)
			c->applies[i][j] = i == 0 || c->applies[i - 1][j];
		for (int j = 0; j < CASE_SLOTS; j++)
			c->dues[i][j] = i == 0 ? FOLD_NEVER : c->dues[i - 1][j];
		for (char *w = strtok_r(NULL, " ", &save_word); w; w = strtok_r(NULL, " ", &save_word))
			read_modifier(c, i, w);
	}
	case_sort(c);
}

/* case_swap lets two events, and what stood after each, change places. */
void
case_swap(Case *c, int i, int j)
{
	FoldEvent event = c->events[i];

	c->events[i] = c->events[j];
	c->events[j] = event;
	for (int k = 0; k < CASE_TARGETS; k++)
	{
		bool applies = c->applies[i][k];

		c->applies[i][k] = c->applies[j][k];
		c->applies[j][k] = applies;
	}
	for (int k = 0; k < CASE_SLOTS; k++)
	{
		int64_t due = c->dues[i][k];

		c->dues[i][k] = c->dues[j][k];
		c->dues[j][k] = due;
	}
}

/* case_sort puts the events into the order of effect, each with what stood after it. */
void
case_sort(Case *c)
{
	for (int i = 1; i < c->nevents; i++)
	{
		for (int j = i; j > 1; j--)
		{
			const FoldEvent *a = &c->events[j - 1];
			const FoldEvent *b = &c->events[j];

			if (a->at < b->at || (a->at == b->at && a->no < b->no))
				break;
			case_swap(c, j - 1, j);
		}
	}
	case_link(c);
}

/* put_list prints a list as read_list reads it. */
static void
put_list(FILE *out, const char *key, const FoldEventList *list, bool all)
{
	if (list->n == 0)
		return;
	fprintf(out, " %s=%s", key, all ? "all(" : "");
	for (int i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", name_of(list->codes[i]));
	fputs(all ? ")" : "", out);
}

/* put_amount prints a duration as read_length reads it. */
static void
put_amount(FILE *out, int32_t days, int64_t time)
{
	if (days != 0)
		fprintf(out, "%dd", (int)days);
	if (time % MINUTE != 0)
		fprintf(out, "%ldu", (long)time);
	else if (time != 0 || days == 0)
		fprintf(out, "%ldm", (long)(time / MINUTE));
}

/* dump_target prints a target as text. */
static void
dump_target(const Case *c, int i, FILE *out)
{
	static const char *const calendars[CALENDAR_COUNT] = {"", " office", " short", " broken"};
	const FoldTarget *t = &c->targets[i];

	fprintf(out, "  target %d:", i);
	put_list(out, "S", &t->starts, t->starts_all);
	if (t->fallback_on != FOLD_NO_EVENT)
	{
		fprintf(out, " F=%s+", name_of(t->fallback_on));
		put_amount(out, 0, t->fallback_after);
	}
	put_list(out, "X", &t->stops, t->stops_all);
	put_list(out, "R", &t->rearms, false);
	put_list(out, "K", &t->cancels, false);
	if (t->due_slot >= 0)
		fprintf(out, " slot=%d", t->due_slot);
	else
	{
		fputs(" D=", out);
		put_amount(out, t->days, t->time);
	}
	fputs(t->restarts ? " restarts" : "", out);
	fputs(t->pausable ? " pausable" : "", out);
	fputs(t->timer ? " timer" : "", out);
	if (t->warn_at > 0)
		fprintf(out, " warn=%g", t->warn_at);
	fprintf(out, "%s\n", calendars[c->calendars[i]]);
}

/* dump_event prints an event as text, with what changed. */
static void
dump_event(const Case *c, int i, FILE *out)
{
	const FoldEvent *event = &c->events[i];

	fputs(i > 0 ? "; " : "  events: ", out);
	put_time(out, event->at);
	fprintf(out, " %s", name_of(event->code));
	if (event->no != i)
		fprintf(out, " no=%ld", (long)event->no);
	if (event->pause >= 0)
		fprintf(out, " pause=%d", event->pause);
	for (int j = 0; j < c->ntargets; j++)
	{
		bool before = i == 0 || c->applies[i - 1][j];

		if (c->applies[i][j] != before)
			fprintf(out, " %s=%d", before ? "off" : "on", j);
	}
	for (int j = 0; j < CASE_SLOTS; j++)
	{
		if (c->dues[i][j] == (i == 0 ? FOLD_NEVER : c->dues[i - 1][j]))
			continue;
		fputs(j == 0 ? " due=" : " due1=", out);
		put_time(out, c->dues[i][j]);
	}
	if (event->recorded != event->at)
	{
		fputs(" rec=", out);
		put_time(out, event->recorded);
	}
}

/* case_dump prints a case as the text it could have been written as. */
void
case_dump(const Case *c, FILE *out)
{
	for (int i = 0; i < c->ntargets; i++)
		dump_target(c, i, out);
	for (int i = 0; i < c->nevents; i++)
		dump_event(c, i, out);
	fputs("\n  as of: ", out);
	put_time(out, c->as_of);
	fputc('\n', out);
}

/* put_when prints a named instant that may be none. */
static void
put_when(FILE *out, const char *name, int64_t at)
{
	if (at == FOLD_NEVER)
		return;
	fprintf(out, " %s ", name);
	put_time(out, at);
}

/* render_clock prints one clock in a line. */
static void
render_clock(const Case *c, const FoldClock *clock, FILE *out)
{
	fprintf(out, "%d.%d.%d ", clock->target, clock->cycle, clock->seq);
	put_time(out, clock->started_at);
	put_when(out, "due", clock->due_at);
	fputs(clock->provisional ? " provisional" : "", out);
	put_when(out, "warn", clock->warn_at);
	put_when(out, "paused", clock->paused_at);
	if (clock->paused_for != 0)
	{
		fputs(" held ", out);
		put_length(out, clock->paused_for);
	}
	put_when(out, "stopped", clock->stopped_at);
	put_when(out, "cancelled", clock->cancelled_at);
	if (clock->stop_event >= 0)
		fprintf(out, " by %ld", (long)clock->stop_event);
	if (c->targets[clock->target].stops_all || case_verbose)
		fprintf(out, " parts %d", clock->parts_done);
	if (clock->created_at != clock->started_at)
		put_when(out, "known", clock->created_at);
	fputc('\n', out);
}

/* render_breach prints one breach in a line. */
static void
render_breach(const Case *c, const FoldBreach *breach, FILE *out)
{
	static const char *const kinds[] = {"late", "missed_interval", "start_missing"};
	const FoldTarget *target = &c->targets[breach->target];

	fprintf(out, "! %d.%d.%d %s", breach->target, breach->cycle, breach->seq, kinds[breach->kind]);
	put_when(out, "due", breach->due_at);
	put_when(out, "stopped", breach->stopped_at);
	if (target->stops_all)
		fputs(" missing", out);
	for (int i = 0; i < target->stops.n && target->stops_all; i++)
	{
		if (breach->missing & (UINT32_C(1) << i))
			fprintf(out, " %s", name_of(target->stops.codes[i]));
	}
	if (case_verbose)
		put_when(out, "known", breach->created_at);
	fputs(breach->due_at < breach->created_at ? " born overdue\n" : "\n", out);
}

/* case_render prints a result, one line each; what is left out is the usual. */
void
case_render(const Case *c, const FoldResult *result, FILE *out)
{
	for (int i = 0; i < result->nclocks; i++)
		render_clock(c, &result->clocks[i], out);
	for (int i = 0; i < result->nbreaches; i++)
		render_breach(c, &result->breaches[i], out);
	for (int i = 0; i < result->ntimers; i++)
	{
		fprintf(out, "timer %d.%d", result->timers[i].target, result->timers[i].cycle);
		put_when(out, "due", result->timers[i].due_at);
		fputc('\n', out);
	}
}
