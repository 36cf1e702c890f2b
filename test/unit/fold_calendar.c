/*
 * fold_calendar.c
 *		Stands in for src/worktime.c in the tests of the engine: rules T-1 to T-4
 *		for fixed weekly patterns in UTC, one date after the other.
 */
#include "fold_calendar.h"

#define HOUR INT64_C(3600000000)
#define FAR (INT64_C(100000) * WORK_USECS_PER_DAY)
#define SEARCH_DAYS 3660

WorkCalendar test_calendars[CALENDAR_COUNT] = {
	{CALENDAR_ALWAYS},
	{CALENDAR_OFFICE},
	{CALENDAR_SHORT},
	{CALENDAR_BROKEN},
};

/* floor_day names the date an instant lies in. */
static int64_t
floor_day(int64_t at)
{
	int64_t day = at / WORK_USECS_PER_DAY;

	return at % WORK_USECS_PER_DAY < 0 ? day - 1 : day;
}

/* periods lists the open hours of a date (as hours of that day) and counts them. */
static int
periods(const WorkCalendar *calendar, int64_t day, int from[2], int to[2])
{
	int weekday = (int)(((day + 5) % 7 + 7) % 7); /* 2000-01-01 was a Saturday; 0 = Monday */

	if (calendar->kind == CALENDAR_ALWAYS)
	{
		from[0] = 0;
		to[0] = 24;
		return 1;
	}
	if (calendar->kind == CALENDAR_OFFICE)
	{
		from[0] = 9;
		to[0] = 18;
		return weekday < 5 ? 1 : 0;
	}
	from[0] = 10;
	to[0] = 12;
	from[1] = 13;
	to[1] = 14;
	return weekday < 6 ? 2 : 0;
}

/* forward adds open time that is not negative. */
static WorkStatus
forward(const WorkCalendar *calendar, int64_t start, int64_t time, int64_t *result)
{
	int64_t first = floor_day(start);

	if (time > FAR)
		return WORK_OUT_OF_RANGE;
	if (calendar->kind == CALENDAR_ALWAYS)
	{
		*result = start + time;
		return WORK_OK;
	}
	for (int64_t day = first; day < first + SEARCH_DAYS; day++)
	{
		int from[2];
		int to[2];
		int n = periods(calendar, day, from, to);

		for (int i = 0; i < n; i++)
		{
			int64_t opens = day * WORK_USECS_PER_DAY + from[i] * HOUR;
			int64_t closes = day * WORK_USECS_PER_DAY + to[i] * HOUR;

			if (opens < start)
				opens = start;
			if (opens >= closes)
				continue;
			if (time <= closes - opens)
			{
				*result = opens + time;
				return WORK_OK;
			}
			time -= closes - opens;
		}
	}
	return WORK_OUT_OF_RANGE;
}

/* backward takes open time off, the mirror image of forward. */
static WorkStatus
backward(const WorkCalendar *calendar, int64_t start, int64_t time, int64_t *result)
{
	int64_t first = floor_day(start);

	if (time > FAR)
		return WORK_OUT_OF_RANGE;
	for (int64_t day = first; day > first - SEARCH_DAYS; day--)
	{
		int from[2];
		int to[2];

		for (int i = periods(calendar, day, from, to) - 1; i >= 0; i--)
		{
			int64_t opens = day * WORK_USECS_PER_DAY + from[i] * HOUR;
			int64_t closes = day * WORK_USECS_PER_DAY + to[i] * HOUR;

			if (closes > start)
				closes = start;
			if (opens >= closes)
				continue;
			if (time <= closes - opens)
			{
				*result = closes - time;
				return WORK_OK;
			}
			time -= closes - opens;
		}
	}
	return WORK_OUT_OF_RANGE;
}

/* worktime_add adds working days, then open time, as the real one does. */
WorkStatus
worktime_add(WorkCalendar *calendar, int64_t start, int32_t days, int64_t time, int64_t *result)
{
	int64_t day = floor_day(start);
	int from[2];
	int to[2];

	if (calendar->kind == CALENDAR_BROKEN)
		return WORK_NO_OPEN_TIME;
	if (start < -FAR || start > FAR || days < 0 || days > SEARCH_DAYS || time < -FAR)
		return WORK_OUT_OF_RANGE;
	for (int left = days; left > 0;)
	{
		int n = periods(calendar, ++day, from, to);

		if (n > 0 && --left == 0)
			start = day * WORK_USECS_PER_DAY + to[n - 1] * HOUR;
	}
	*result = start;
	if (days > 0 && time == 0)
		return WORK_OK;
	return time < 0 ? backward(calendar, start, -time, result)
					: forward(calendar, start, time, result);
}

/* worktime_between sums the open time date by date. */
WorkStatus
worktime_between(WorkCalendar *calendar, int64_t from, int64_t to, int64_t *result)
{
	int64_t sum = 0;
	int64_t low = from < to ? from : to;
	int64_t high = from < to ? to : from;

	if (calendar->kind == CALENDAR_BROKEN)
		return WORK_NO_OPEN_TIME;
	if (low < -2 * FAR || high > 2 * FAR)
		return WORK_OUT_OF_RANGE;
	if (calendar->kind == CALENDAR_ALWAYS)
	{
		*result = to - from;
		return WORK_OK;
	}
	for (int64_t day = floor_day(low); day <= floor_day(high); day++)
	{
		int starts[2];
		int ends[2];
		int n = periods(calendar, day, starts, ends);

		for (int i = 0; i < n; i++)
		{
			int64_t opens = day * WORK_USECS_PER_DAY + starts[i] * HOUR;
			int64_t closes = day * WORK_USECS_PER_DAY + ends[i] * HOUR;

			if (opens < low)
				opens = low;
			if (closes > high)
				closes = high;
			if (opens < closes)
				sum += closes - opens;
		}
	}
	*result = from <= to ? sum : -sum;
	return WORK_OK;
}
