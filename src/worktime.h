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

typedef enum WorkStatus
{
	WORK_OK,
	WORK_NO_OPEN_TIME, /* no open time in the ten years after (or before) the start */
	WORK_OUT_OF_RANGE, /* the answer, or the start, is outside what a timestamp holds */
} WorkStatus;

typedef struct WorkCalendar WorkCalendar;

/*
 * worktime_add adds "days" working days and then "time" microseconds of open
 * time to start (rules T-3 and T-4).  Negative amounts go backwards.
 */
extern WorkStatus worktime_add(WorkCalendar *calendar, int64_t start, int32_t days, int64_t time,
							   int64_t *result);

/* worktime_between measures the open time in [from, to); negative when reversed. */
extern WorkStatus worktime_between(WorkCalendar *calendar, int64_t from, int64_t to,
								   int64_t *result);

#endif
