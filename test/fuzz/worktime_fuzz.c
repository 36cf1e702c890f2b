/*
 * worktime_fuzz.c
 *		Arbitrary bytes as a calendar, a zone and questions: no crash, no hang, and
 *		what is added comes back as open time.
 *
 * A libFuzzer target (clang -fsanitize=fuzzer); with -DFUZZ_ALONE a program that
 * reads one input from the file named, or from standard input.
 */
#include "../../src/worktime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TRANSITIONS 64
#define MAX_PERIODS 64

typedef struct Input
{
	const uint8_t *bytes;
	size_t left;
} Input;

typedef struct Zone
{
	WorkTransition transitions[MAX_TRANSITIONS];
	size_t n;
} Zone;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* take reads the next n bytes as a number; zero when there are no more. */
static int64_t
take(Input *input, size_t n)
{
	int64_t value = 0;

	if (input->left < n)
		n = input->left;
	for (size_t i = 0; i < n; i++)
		value = (int64_t) ((uint64_t) value << 8 | input->bytes[i]);
	input->bytes += n;
	input->left -= n;
	return value;
}

/* fuzz_resize is realloc(), with a size of zero to free. */
static void *
fuzz_resize(void *context, void *block, size_t size)
{
	(void) context;
	if (size == 0)
	{
		free(block);
		return NULL;
	}
	return realloc(block, size);
}

/* fuzz_grow compiles with all transitions of the zone. */
static bool
fuzz_grow(WorkCalendar *calendar, void *context, int64_t from, int64_t to)
{
	Zone *zone = context;

	return worktime_compile(calendar, from, to, zone->transitions, zone->n);
}

/* take_zone reads the transitions of a zone. */
static void
take_zone(Input *input, Zone *zone)
{
	int64_t at = -100 * 366 * WORK_USECS_PER_DAY;

	zone->n = (size_t) (take(input, 1) % MAX_TRANSITIONS) + 1;
	for (size_t i = 0; i < zone->n; i++)
	{
		zone->transitions[i].at = i == 0 ? INT64_MIN : at;
		zone->transitions[i].offset = (int32_t) (take(input, 2) % 86401) - 43200;
		at += take(input, 6) % (10000 * WORK_USECS_PER_DAY) + 1;
	}
}

/* take_periods reads periods, often malformed ones. */
static size_t
take_periods(Input *input, WorkPeriod *list, bool dates)
{
	size_t n = (size_t) (take(input, 1) % MAX_PERIODS);

	for (size_t i = 0; i < n; i++)
	{
		list[i].day = (int32_t) (dates ? take(input, 2) - 10000 : take(input, 1) % 8);
		list[i].opens = take(input, 5) % (WORK_USECS_PER_DAY + 2);
		list[i].closes = list[i].opens + take(input, 5) % (WORK_USECS_PER_DAY + 2);
	}
	return n;
}

/* require aborts where a promise is broken. */
static void
require(bool holds, const char *what)
{
	if (!holds)
	{
		fprintf(stderr, "violated: %s\n", what);
		abort();
	}
}

/* ask reads a question and judges the answers. */
static void
ask(Input *input, WorkCalendar *calendar)
{
	int64_t start = take(input, 8) >> take(input, 1) % 24;
	int64_t time = take(input, 8) >> take(input, 1) % 40;
	int32_t days = (int32_t) take(input, 4) >> take(input, 1) % 28;
	int64_t result = 0;
	int64_t closes = 0;
	int64_t back = 0;
	bool open = false;

	if (worktime_add(calendar, start, 0, time, &result) == WORK_OK)
	{
		require(time >= 0 ? result >= start : result <= start, "add goes the right way");
		if (worktime_between(calendar, start, result, &back) == WORK_OK)
			require(back == time, "add then between gives the time back");
	}
	if (worktime_add(calendar, start, days, 0, &result) == WORK_OK && days != 0)
		require(days > 0 ? result > start - 2 * WORK_USECS_PER_DAY
						 : result < start + 2 * WORK_USECS_PER_DAY,
				"days go the right way");
	(void) worktime_add(calendar, start, days, time, &result);
	if (worktime_next_open(calendar, start, &result) == WORK_OK)
	{
		require(worktime_is_open(calendar, result, &open) == WORK_OK && open,
				"the next open instant is open");
		require(worktime_next_period(calendar, start, &result, &closes) == WORK_OK &&
					closes > start,
				"the next period ends later");
	}
}

/* LLVMFuzzerTestOneInput reads a calendar and asks it questions. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static WorkPeriod weekly[MAX_PERIODS];
	static WorkPeriod dates[MAX_PERIODS];
	static Zone zone;
	Input input = { bytes, size };
	WorkHost host = { &zone, fuzz_resize, fuzz_grow };
	bool always = take(&input, 1) == 0;
	size_t nweekly;
	size_t ndates;
	WorkCalendar *calendar;

	take_zone(&input, &zone);
	nweekly = take_periods(&input, weekly, false);
	ndates = take_periods(&input, dates, true);
	calendar = worktime_create(&host, always, weekly, nweekly, dates, ndates);
	while (calendar == NULL && nweekly + ndates > 0)
	{
		/* malformed or overlapping; fewer periods may do */
		nweekly /= 2;
		ndates /= 2;
		calendar = worktime_create(&host, always, weekly, nweekly, dates, ndates);
	}
	if (calendar == NULL)
		return 0;
	for (int i = 0; i < 16 && input.left > 0; i++)
		ask(&input, calendar);
	worktime_free(calendar);
	return 0;
}

#ifdef FUZZ_ALONE
/* main reads one input. */
int
main(int argc, char **argv)
{
	static uint8_t bytes[1 << 20];
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : stdin;
	size_t size;

	if (file == NULL)
	{
		perror(argv[1]);
		return 1;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	if (argc > 1)
		fclose(file);
	return LLVMFuzzerTestOneInput(bytes, size);
}
#endif
