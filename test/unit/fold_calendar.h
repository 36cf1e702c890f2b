/*
 * fold_calendar.h
 *		Calendars simple enough to be obviously right, for the tests of the engine.
 */
#ifndef SLA_FOLD_CALENDAR_H
#define SLA_FOLD_CALENDAR_H

#include "worktime.h"

enum
{
	CALENDAR_ALWAYS,
	CALENDAR_OFFICE, /* Monday to Friday, 09:00 to 18:00 UTC */
	CALENDAR_SHORT,	 /* Monday to Saturday, 10:00 to 12:00 and 13:00 to 14:00 UTC */
	CALENDAR_BROKEN, /* never answers */
	CALENDAR_COUNT
};

struct WorkCalendar
{
	int kind;
};

extern WorkCalendar test_calendars[CALENDAR_COUNT];

#endif
