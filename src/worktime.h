/*
 * worktime.h
 *		Working-time arithmetic on a compiled calendar.
 *
 * Pure C: no PostgreSQL header, no allocation other than through the calendar's
 * own resize function.  Instants are microseconds since 2000-01-01 00:00 UTC,
 * as PostgreSQL's TimestampTz; local dates are days since 2000-01-01.
 */
#ifndef SLA_WORKTIME_H
#define SLA_WORKTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORK_USECS_PER_DAY INT64_C(86400000000)
#define WORK_NEVER INT64_MAX /* no such instant */

/* What a timestamp holds: 4714-11-24 BC up to, not including, the year 294277. */
#define WORK_FIRST_INSTANT INT64_C(-211813488000000000)
#define WORK_END_INSTANT INT64_C(9223371331200000000)

/* The dates that may have periods of their own: 1900-01-01 to 2199-12-31. */
#define WORK_FIRST_DATE (-36524)
#define WORK_LAST_DATE 73048

/* A zone's transitions are wanted this far before and after the window compiled. */
#define WORK_ZONE_MARGIN (4 * WORK_USECS_PER_DAY)

typedef enum WorkStatus
{
	WORK_OK,
	WORK_NO_OPEN_TIME, /* no open time in the ten years after (or before) the start */
	WORK_OUT_OF_RANGE, /* the answer, or the start, is outside what a timestamp holds */
} WorkStatus;

typedef struct WorkCalendar WorkCalendar;

/*
 * One period of local wall-clock time, [opens, closes) in microseconds after
 * midnight.  The day is an ISO weekday (1 to 7) or a date.  A date's row with
 * opens = closes says that the date has no period.
 */
typedef struct WorkPeriod
{
	int32_t day;
	int64_t opens;
	int64_t closes;
} WorkPeriod;

/* From this instant on, local time is UTC plus offset (in seconds). */
typedef struct WorkTransition
{
	int64_t at;
	int32_t offset;
} WorkTransition;

/* How a calendar gets memory, and the time zone's transitions when it needs more days. */
typedef struct WorkHost
{
	void *context;
	/* as realloc(); block may be NULL; size 0 frees; NULL when there is no memory */
	void *(*resize)(void *context, void *block, size_t size);

	/*
	 * must call worktime_compile(calendar, from, to, ...) with the transitions
	 * from WORK_ZONE_MARGIN before "from" to WORK_ZONE_MARGIN after "to"
	 */
	bool (*grow)(WorkCalendar *calendar, void *context, int64_t from, int64_t to);
} WorkHost;

/*
 * worktime_add adds "days" working days and then "time" microseconds of open
 * time to start (rules T-3 and T-4).  Negative amounts go backwards.
 */
extern WorkStatus worktime_add(WorkCalendar *calendar, int64_t start, int32_t days, int64_t time,
							   int64_t *result);

/* worktime_between measures the open time in [from, to); negative when reversed. */
extern WorkStatus worktime_between(WorkCalendar *calendar, int64_t from, int64_t to,
								   int64_t *result);

/* worktime_is_open tells whether an instant is open (rule T-1). */
extern WorkStatus worktime_is_open(WorkCalendar *calendar, int64_t at, bool *result);

/* worktime_next_open finds the first open instant at or after an instant. */
extern WorkStatus worktime_next_open(WorkCalendar *calendar, int64_t at, int64_t *result);

/*
 * worktime_next_period finds the first open period that ends after an instant,
 * however far away; WORK_NO_OPEN_TIME when there is none.  A long period may be
 * returned in adjoining pieces.
 */
extern WorkStatus worktime_next_period(WorkCalendar *calendar, int64_t at, int64_t *opens,
									   int64_t *closes);

/* worktime_compiled returns the window of instants compiled so far. */
extern void worktime_compiled(const WorkCalendar *calendar, int64_t *from, int64_t *to);

/*
 * worktime_create makes a calendar of weekly periods and dates with periods of
 * their own; NULL when a period is malformed, a date out of bounds, two periods
 * overlap or memory is short.  With "always" every instant is open.
 */
extern WorkCalendar *worktime_create(const WorkHost *host, bool always, const WorkPeriod *weekly,
									 size_t nweekly, const WorkPeriod *dates, size_t ndates);
extern void worktime_free(WorkCalendar *calendar);

/*
 * worktime_compile replaces the calendar's window by [from, to).  The first
 * transition gives the offset in force before the second.  On failure the
 * calendar stays as it was.
 */
extern bool worktime_compile(WorkCalendar *calendar, int64_t from, int64_t to,
							 const WorkTransition *transitions, size_t ntransitions);

#endif
