/*
 * worktime_test.c
 *		worktime.c against a brute-force oracle on random calendars and zones.
 *
 * The oracle knows no spans: it walks the time minute by minute, asks the C
 * library for the wall clock of each and looks the periods of that date up.
 *
 * Usage: worktime_test [seed [iterations]]
 */
#define _GNU_SOURCE
#include "../../src/worktime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define USECS_PER_SEC INT64_C(1000000)
#define MINUTE (60 * USECS_PER_SEC)
#define HOUR (60 * MINUTE)
#define DAY WORK_USECS_PER_DAY
#define UNIX_TO_2000 INT64_C(946684800)
#define NEVER_FOUND INT64_MIN
#define MAX_WALK (240 * DAY)

static const char *const zones[] = { "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
									 "Africa/Cairo",		"Europe/Berlin",  "Asia/Shanghai",
									 "America/St_Johns",	"UTC",			  "America/Santiago",
									 "Africa/Casablanca" };
#define NZONES ((int) (sizeof(zones) / sizeof(zones[0])))

/* One random calendar, in the form that both sides read. */
typedef struct Case
{
	bool always;
	WorkPeriod weekly[64];
	size_t nweekly;
	WorkPeriod dates[256];
	size_t ndates;
} Case;

static WorkTransition transitions[8192];
static size_t ntransitions;
static long passed;
static long failed;
static const char *zone_name;

static uint64_t random_state;

/* random_bits returns the next 64 bits of the generator. */
static uint64_t
random_bits(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * UINT64_C(2685821657736338717);
}

/* random_below returns a number from 0 to n - 1. */
static int64_t
random_below(int64_t n)
{
	return (int64_t) ((random_bits() >> 1) % (uint64_t) n);
}

/* floor_div divides and rounds towards minus infinity. */
static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* ------------------------------------------------------------------------
 * The zone, from the C library
 * ------------------------------------------------------------------------ */

/* libc_offset asks the C library for the offset from UTC at an instant. */
static int32_t
libc_offset(int64_t at)
{
	time_t t = (time_t) (floor_div(at, USECS_PER_SEC) + UNIX_TO_2000);
	struct tm tm;

	localtime_r(&t, &tm);
	return (int32_t) tm.tm_gmtoff;
}

/* scan_zone collects the transitions of 1950 to 2100, hour by hour. */
static void
scan_zone(const char *name)
{
	int64_t end = 100 * 366 * DAY;
	int64_t at = -50 * 366 * DAY;

	zone_name = name;
	setenv("TZ", name, 1);
	tzset();
	transitions[0].at = INT64_MIN;
	transitions[0].offset = libc_offset(at);
	ntransitions = 1;
	for (; at < end; at += HOUR)
	{
		int64_t lo = at;
		int64_t hi = at + HOUR;

		if (libc_offset(hi) == transitions[ntransitions - 1].offset)
			continue;
		while (hi - lo > USECS_PER_SEC)
		{
			int64_t middle = lo + (hi - lo) / USECS_PER_SEC / 2 * USECS_PER_SEC;

			if (libc_offset(middle) == transitions[ntransitions - 1].offset)
				lo = middle;
			else
				hi = middle;
		}
		transitions[ntransitions].at = hi;
		transitions[ntransitions].offset = libc_offset(hi);
		ntransitions++;
	}
}

/* test_resize is realloc(), with a size of zero to free. */
static void *
test_resize(void *context, void *block, size_t size)
{
	(void) context;
	if (size == 0)
	{
		free(block);
		return NULL;
	}
	return realloc(block, size);
}

/* test_grow compiles with all transitions of the zone. */
static bool
test_grow(WorkCalendar *calendar, void *context, int64_t from, int64_t to)
{
	(void) context;
	return worktime_compile(calendar, from, to, transitions, ntransitions);
}

static const WorkHost host = { NULL, test_resize, test_grow };

/* ------------------------------------------------------------------------
 * The oracle
 * ------------------------------------------------------------------------ */

/* oracle_piece lists the open pieces of [from, to), which has one offset. */
static int
oracle_piece(const Case *c, int64_t from, int64_t to, int64_t pieces[][2], int64_t want_date)
{
	int64_t offset = libc_offset(from) * USECS_PER_SEC;
	int n = 0;

	for (int64_t date = floor_div(from + offset, DAY); date * DAY < to + offset; date++)
	{
		bool own = false;

		if (want_date != NEVER_FOUND && date != want_date)
			continue;
		for (size_t i = 0; i < c->ndates; i++)
			own = own || c->dates[i].day == date;
		for (size_t i = 0; i < (own ? c->ndates : c->nweekly); i++)
		{
			const WorkPeriod *p = own ? &c->dates[i] : &c->weekly[i];
			int64_t open;
			int64_t close;

			if (own ? p->day != date : p->day != (date + 5 - floor_div(date + 5, 7) * 7) + 1)
				continue;
			open = date * DAY + p->opens - offset;
			close = date * DAY + p->closes - offset;
			open = open < from ? from : open;
			close = close > to ? to : close;
			if (open >= close)
				continue;
			pieces[n][0] = open;
			pieces[n][1] = close;
			n++;
		}
	}
	for (int i = 1; i < n; i++)
	{
		for (int j = i; j > 0 && pieces[j - 1][0] > pieces[j][0]; j--)
		{
			int64_t swap[2] = { pieces[j][0], pieces[j][1] };

			memcpy(pieces[j], pieces[j - 1], sizeof(swap));
			memcpy(pieces[j - 1], swap, sizeof(swap));
		}
	}
	return n;
}

/* next_step returns the end of a stretch of constant offset, an hour or a minute. */
static int64_t
next_step(int64_t at, int64_t limit)
{
	int64_t hour = (floor_div(at, HOUR) + 1) * HOUR;
	int64_t step = libc_offset(at) == libc_offset(hour) ? hour
														: (floor_div(at, MINUTE) + 1) * MINUTE;

	return step < limit ? step : limit;
}

/* previous_step returns the begin of a stretch of constant offset. */
static int64_t
previous_step(int64_t at, int64_t limit)
{
	int64_t hour = floor_div(at - 1, HOUR) * HOUR;
	int64_t step = libc_offset(at - 1) == libc_offset(hour) ? hour
															: floor_div(at - 1, MINUTE) * MINUTE;

	return step > limit ? step : limit;
}

/* oracle_between sums the open pieces up. */
static int64_t
oracle_between(const Case *c, int64_t from, int64_t to)
{
	int64_t pieces[80][2];
	int64_t sum = 0;

	while (from < to)
	{
		int64_t step = next_step(from, to);
		int n = oracle_piece(c, from, step, pieces, NEVER_FOUND);

		for (int i = 0; i < n; i++)
			sum += pieces[i][1] - pieces[i][0];
		from = step;
	}
	return sum;
}

/* oracle_add walks forward or backward until the amount is used up. */
static int64_t
oracle_add(const Case *c, int64_t start, int64_t time)
{
	int64_t pieces[80][2];
	int64_t limit = time >= 0 ? start + MAX_WALK : start - MAX_WALK;
	int64_t left = time >= 0 ? time : -time;

	for (int64_t at = start; at != limit;)
	{
		int64_t step = time >= 0 ? next_step(at, limit) : previous_step(at, limit);
		int n = time >= 0 ? oracle_piece(c, at, step, pieces, NEVER_FOUND)
						  : oracle_piece(c, step, at, pieces, NEVER_FOUND);

		for (int i = 0; i < n; i++)
		{
			int64_t *piece = pieces[time >= 0 ? i : n - 1 - i];
			int64_t length = piece[1] - piece[0];

			if (length >= left)
				return time >= 0 ? piece[0] + left : piece[1] - left;
			left -= length;
		}
		at = step;
	}
	return NEVER_FOUND;
}

/* oracle_is_open looks at one microsecond. */
static bool
oracle_is_open(const Case *c, int64_t at)
{
	int64_t pieces[80][2];

	return oracle_piece(c, at, at + 1, pieces, NEVER_FOUND) > 0;
}

/* oracle_date finds first opening and last closing of a local date. */
static bool
oracle_date(const Case *c, int64_t date, int64_t *open, int64_t *close)
{
	int64_t pieces[80][2];
	int64_t end = (date + 2) * DAY;
	bool found = false;

	for (int64_t at = (date - 1) * DAY; at < end;)
	{
		int64_t step = next_step(at, end);
		int n = oracle_piece(c, at, step, pieces, date);

		if (n > 0)
		{
			if (!found)
				*open = pieces[0][0];
			*close = pieces[n - 1][1];
			found = true;
		}
		at = step;
	}
	return found;
}

/* oracle_add_days walks the local dates one by one. */
static int64_t
oracle_add_days(const Case *c, int64_t start, int32_t days)
{
	int64_t date = floor_div(start + libc_offset(start) * USECS_PER_SEC, DAY);
	int32_t left = days > 0 ? days : -days;

	for (int i = 0; i < MAX_WALK / DAY; i++)
	{
		int64_t open;
		int64_t close;

		date += days > 0 ? 1 : -1;
		if (oracle_date(c, date, &open, &close) && --left == 0)
			return days > 0 ? close : open;
	}
	return NEVER_FOUND;
}

/* ------------------------------------------------------------------------
 * Random cases
 * ------------------------------------------------------------------------ */

/* random_time returns a time of day, often a round one or one near a change of clocks. */
static int64_t
random_time(void)
{
	switch (random_below(6))
	{
		case 0:
			return random_below(DAY + 1);
		case 1:
			return random_below(1441) * MINUTE;
		case 2:
			return random_below(240) * MINUTE; /* where daylight saving happens */
		case 3:
			return random_below(2) * DAY;
		default:
			return random_below(97) * 15 * MINUTE;
	}
}

/* add_periods adds up to three periods of a day that do not overlap. */
static size_t
add_periods(WorkPeriod *list, size_t n, int32_t day)
{
	int64_t cuts[6];
	int count = 2 * (int) (1 + random_below(3));

	for (int i = 0; i < count; i++)
	{
		cuts[i] = random_time();
		for (int j = i; j > 0 && cuts[j - 1] > cuts[j]; j--)
		{
			int64_t swap = cuts[j];

			cuts[j] = cuts[j - 1];
			cuts[j - 1] = swap;
		}
	}
	for (int i = 0; i < count; i += 2)
	{
		if (cuts[i] < cuts[i + 1])
			list[n++] = (WorkPeriod){ day, cuts[i], cuts[i + 1] };
	}
	return n;
}

/* random_case makes a calendar with dates of its own around an instant. */
static void
random_case(Case *c, int64_t around)
{
	memset(c, 0, sizeof(Case));
	c->always = random_below(20) == 0;
	for (int day = 1; day <= 7; day++)
	{
		if (c->always)
			c->weekly[c->nweekly++] = (WorkPeriod){ day, 0, DAY };
		else if (random_below(8) == 0)
			c->weekly[c->nweekly++] = (WorkPeriod){ day, 0, DAY };
		else if (random_below(4) != 0)
			c->nweekly = add_periods(c->weekly, c->nweekly, day);
	}
	if (c->nweekly == 0)
		c->weekly[c->nweekly++] = (WorkPeriod){ 3, 0, DAY };
	for (int i = 0; !c->always && i < random_below(12); i++)
	{
		int32_t day = (int32_t) (around / DAY + random_below(20) - 10);
		bool taken = false;

		for (size_t j = 0; j < c->ndates; j++)
			taken = taken || c->dates[j].day == day;
		if (taken)
			continue;
		if (random_below(2) == 0)
			c->dates[c->ndates++] = (WorkPeriod){ day, 0, 0 };
		else
			c->ndates = add_periods(c->dates, c->ndates, day);
	}
}

/* check counts a success, or prints a failure. */
static void
check(const char *what, int64_t start, int64_t amount, WorkStatus status, int64_t got,
	  int64_t expected)
{
	if (status == WORK_OK && got == expected)
	{
		passed++;
		return;
	}
	failed++;
	if (failed <= 20)
		printf("%s: %s from %lld by %lld: status %d, %lld instead of %lld\n", zone_name, what,
			   (long long) start, (long long) amount, status, (long long) got,
			   (long long) expected);
}

/* check_add compares one addition, and measures what it added. */
static void
check_add(const Case *c, WorkCalendar *calendar, int64_t start, int64_t time)
{
	int64_t expected = oracle_add(c, start, time);
	int64_t got = 0;
	int64_t back = 0;
	WorkStatus status;

	if (expected == NEVER_FOUND)
		return;
	status = worktime_add(calendar, start, 0, time, &got);
	check("add", start, time, status, got, expected);
	status = worktime_between(calendar, start, got, &back);
	check("add then between", start, time, status, back, time);
}

/* check_days compares one addition of working days. */
static void
check_days(const Case *c, WorkCalendar *calendar, int64_t start, int32_t days, int64_t time)
{
	int64_t expected = oracle_add_days(c, start, days);
	int64_t got = 0;
	WorkStatus status;

	if (expected != NEVER_FOUND && time != 0)
		expected = oracle_add(c, expected, time);
	if (expected == NEVER_FOUND)
		return;
	status = worktime_add(calendar, start, days, time, &got);
	check(time == 0 ? "days" : "days and time", start, days, status, got, expected);
}

/* check_periods sums the iterated periods up and compares with between. */
static void
check_periods(WorkCalendar *calendar, int64_t from, int64_t to)
{
	int64_t sum = 0;
	int64_t expected = 0;
	int64_t opens;
	int64_t closes;
	WorkStatus status;

	for (int64_t at = from; at < to; at = closes)
	{
		if (worktime_next_period(calendar, at, &opens, &closes) != WORK_OK || opens >= to)
			break;
		sum += (closes < to ? closes : to) - (opens > from ? opens : from);
	}
	status = worktime_between(calendar, from, to, &expected);
	check("periods", from, to - from, status, sum, expected);
}

/* check_case asks one calendar questions around an instant. */
static void
check_case(const Case *c, WorkCalendar *calendar, int64_t around)
{
	for (int i = 0; i < 6; i++)
	{
		int64_t start = around + random_below(8 * DAY) - 4 * DAY;
		int64_t to;
		int64_t got = 0;
		int64_t time = random_below(3) == 0 ? random_below(6 * DAY) : random_below(20 * HOUR);
		bool open = false;
		WorkStatus status;

		if (random_below(3) == 0)
			start = floor_div(start, 30 * MINUTE) * 30 * MINUTE;
		if (random_below(8) == 0)
			time = 0;
		to = start + random_below(10 * DAY);
		status = worktime_between(calendar, start, to, &got);
		check("between", start, to - start, status, got, oracle_between(c, start, to));
		status = worktime_between(calendar, to, start, &got);
		check("between reversed", start, to - start, status, got, -oracle_between(c, start, to));
		check_add(c, calendar, start, time);
		check_add(c, calendar, start, -time - 1);
		status = worktime_is_open(calendar, start, &open);
		check("is_open", start, 0, status, open, oracle_is_open(c, start));
		check_periods(calendar, start, to);
		if (i > 1)
			continue;
		check_days(c, calendar, start, (int32_t) (1 + random_below(8)), 0);
		check_days(c, calendar, start, -(int32_t) (1 + random_below(8)), 0);
		check_days(c, calendar, start, (int32_t) (1 + random_below(3)),
				   random_below(2 * DAY) - DAY);
	}
}

/* ------------------------------------------------------------------------
 * What no walk can reach
 * ------------------------------------------------------------------------ */

/*
 * check_far compares far-away results with the same ones a number of 400-year
 * cycles nearer, and whole spans with their sum over a point between.
 */
static void
check_far(const Case *c, WorkCalendar *calendar)
{
	static const int64_t cycle = 146097 * DAY;

	(void) c;
	for (int i = 0; i < 20; i++)
	{
		int64_t at = 73414 * DAY + random_below(cycle);
		int64_t k = 1 + random_below(700);
		int64_t days = random_below(3) == 0 ? 1 + random_below(200000) : 0;
		int64_t time = random_below(3) == 0 ? random_below(cycle * 4) : random_below(40 * DAY);
		int64_t near_by = 0;
		int64_t far_away = 0;
		int64_t half = 0;
		int64_t rest = 0;
		int64_t whole = 0;
		WorkStatus status;

		if (i % 2 == 1)
		{
			at = -73048 * DAY - 1 - random_below(cycle);
			k = -random_below(11);
			days = -days;
			time = -time;
		}
		status = worktime_add(calendar, at, (int32_t) days, time, &near_by);
		if (status != WORK_OK || near_by + k * cycle < WORK_FIRST_INSTANT)
			continue;
		status = worktime_add(calendar, at + k * cycle, (int32_t) days, time, &far_away);
		check("far add", at + k * cycle, time, status, far_away, near_by + k * cycle);
		status = worktime_between(calendar, 0, at + k * cycle, &half);
		check("status", at, k, status, 0, 0);
		status = worktime_between(calendar, at + k * cycle, far_away, &rest);
		check("status", at, k, status, 0, 0);
		status = worktime_between(calendar, 0, far_away, &whole);
		check("far between", at, k, status, half + rest, whole);
		status = worktime_add(calendar, 0, 0, whole, &rest);
		if (whole != 0 && days == 0 && time != 0)
			check("far there and back", 0, whole, status, rest, far_away);
	}
}

/* check_limits looks at the statuses: empty, finite and gappy calendars, and ends of time. */
static void
check_limits(void)
{
	WorkPeriod far[] = { { 0, 9 * HOUR, 10 * HOUR }, { 3000, 0, HOUR }, { 7000, 0, HOUR } };
	WorkPeriod bad[] = { { 1, 9 * HOUR, 12 * HOUR }, { 1, 11 * HOUR, 13 * HOUR } };
	WorkPeriod monday = { 1, 9 * HOUR, 17 * HOUR };
	WorkCalendar *empty = worktime_create(&host, false, NULL, 0, NULL, 0);
	WorkCalendar *gappy = worktime_create(&host, false, NULL, 0, far, 3);
	WorkCalendar *weekly = worktime_create(&host, false, &monday, 1, NULL, 0);
	WorkCalendar *always = worktime_create(&host, true, NULL, 0, NULL, 0);
	int64_t got = 0;

#define STATUS(call, expected) check(#call, 0, 0, WORK_OK, call, expected)
	STATUS(worktime_add(empty, 0, 0, 1, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(empty, 0, 0, -1, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(empty, 0, 1, 0, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_next_open(empty, 0, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_between(empty, 0, DAY, &got), WORK_OK);
	STATUS(worktime_add(gappy, 0, 0, 0, &got), WORK_OK);
	STATUS(worktime_add(gappy, 0, 0, HOUR + 1, &got), WORK_OK);
	STATUS(worktime_add(gappy, 0, 0, 2 * HOUR + 1, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, 0, 2, 0, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, 6000 * DAY, 1, 0, &got), WORK_OK);
	STATUS(worktime_add(gappy, 6000 * DAY, 2, 0, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, 6000 * DAY, -1, 0, &got), WORK_OK);
	STATUS(worktime_add(gappy, 6000 * DAY, -2, 0, &got), WORK_OK);
	STATUS(worktime_add(gappy, 6900 * DAY, -1, 0, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, 9000 * DAY, 0, -HOUR, &got), WORK_OK);
	STATUS(worktime_add(gappy, 9000 * DAY, 0, -HOUR - 1, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, -3600 * DAY, 0, 0, &got), WORK_OK);
	STATUS(worktime_add(gappy, -3700 * DAY, 0, 0, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, WORK_FIRST_INSTANT, 0, 1, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(gappy, WORK_END_INSTANT - 1, 0, -1, &got), WORK_NO_OPEN_TIME);
	STATUS(worktime_add(weekly, INT64_MAX, 0, 1, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, INT64_MIN, 0, 1, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, 0, 0, INT64_MAX, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, 0, 0, INT64_MIN, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, 0, INT32_MAX, 0, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, 0, INT32_MIN, 0, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, WORK_END_INSTANT - 1, 0, 0, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(weekly, WORK_FIRST_INSTANT, 0, 1, &got), WORK_OK);
	STATUS(worktime_add(weekly, WORK_FIRST_INSTANT, 0, -HOUR, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_between(weekly, WORK_FIRST_INSTANT, WORK_END_INSTANT - 1, &got), WORK_OK);
	STATUS(worktime_add(always, 0, 0, WORK_END_INSTANT, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(always, 0, 0, WORK_END_INSTANT - 1, &got), WORK_OK);
	STATUS(worktime_add(always, WORK_END_INSTANT - 1, 1, 0, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_add(always, WORK_FIRST_INSTANT, -1, 0, &got), WORK_OUT_OF_RANGE);
	STATUS(worktime_between(always, WORK_FIRST_INSTANT, WORK_END_INSTANT - 1, &got),
		   WORK_OUT_OF_RANGE);
	check("overlap refused", 0, 0, WORK_OK,
		  worktime_create(&host, false, bad, 2, NULL, 0) == NULL, true);
	worktime_free(empty);
	worktime_free(gappy);
	worktime_free(weekly);
	worktime_free(always);
}

/* check_repeated_hour is the example of the rules: 01:30-02:30 when 02:00 becomes 01:00. */
static void
check_repeated_hour(void)
{
	WorkPeriod night = { 7, 90 * MINUTE, 150 * MINUTE };
	WorkCalendar *calendar = worktime_create(&host, false, &night, 1, NULL, 0);
	int64_t midnight = 9073 * DAY + 4 * HOUR; /* Sunday 2024-11-03 00:00 EDT */
	int64_t opens = 0;
	int64_t closes = 0;
	WorkStatus status;

	status = worktime_next_period(calendar, midnight, &opens, &closes);
	check("first pass", midnight, 0, status, opens - midnight, 90 * MINUTE);
	check("first pass", midnight, 0, status, closes - midnight, 120 * MINUTE);
	status = worktime_next_period(calendar, closes, &opens, &closes);
	check("second pass", midnight, 0, status, opens - midnight, 150 * MINUTE);
	check("second pass", midnight, 0, status, closes - midnight, 210 * MINUTE);
	worktime_free(calendar);
}

/* main runs random cases in all zones, then the fixed ones. */
int
main(int argc, char **argv)
{
	long iterations = argc > 2 ? strtol(argv[2], NULL, 10) : 20;

	random_state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2 + 1 : 2026;
	for (int z = 0; z < NZONES; z++)
	{
		scan_zone(zones[z]);
		for (long i = 0; i < iterations; i++)
		{
			Case c;
			size_t t = (size_t) random_below((int64_t) ntransitions);
			int64_t around = t > 0 && random_below(4) != 0 ? transitions[t].at
														   : random_below(10000) * DAY;
			WorkCalendar *calendar;

			/* the scan stops at 2100 */
			if (around > 35000 * DAY)
				around = 9000 * DAY;
			random_case(&c, around);
			calendar = worktime_create(&host, c.always, c.weekly, c.nweekly, c.dates, c.ndates);
			check_case(&c, calendar, around);
			if (i % 10 == 0)
				check_far(&c, calendar);
			worktime_free(calendar);
		}
	}
	scan_zone("UTC");
	check_limits();
	scan_zone("America/New_York");
	check_repeated_hour();
	printf("%ld passed, %ld failed\n", passed, failed);
	return failed > 0;
}
