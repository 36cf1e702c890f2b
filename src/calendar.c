/*
 * calendar.c
 *		Calendar rows and time zones to compiled calendars, and their SQL functions.
 *
 * The only file that touches time zones.  A calendar is loaded once per backend
 * and cache generation, under one catalog snapshot per table, and entered into
 * the cache when it is complete; its window of days grows inside the cache's own
 * memory.  A name that has no row is remembered too, as long as the generation
 * lives, so that a wrong name in a policy costs one search.
 *
 * Callers in a hurry pass the name as text: a small array of recent names saves
 * them the copy and the hash lookup.  It holds pointers into the generation whose
 * hash table was made last, and is emptied when a new one is made.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "sla_ext.h"

#define ALWAYS_OPEN "24x7"
#define ALWAYS_OPEN_ZONE "Asia/Shanghai"
#define MAX_OPEN_PERIODS 1000000
#define RECENT_NAMES 16

/* What a calendar's window needs to grow. */
typedef struct CalendarHost
{
	MemoryContext memory;
	pg_tz *zone;
} CalendarHost;

/* One name of the cache; without a calendar where no row has that name. */
typedef struct CalendarEntry
{
	char name[NAMEDATALEN];
	WorkCalendar *calendar;
	TimestampTz known_until;
} CalendarEntry;

/* The rows of one calendar. */
typedef struct CalendarRows
{
	bool found;
	char *zone;
	DateADT known_until;
	WorkPeriod *hours;
	size_t nhours;
	WorkPeriod *dates;
	size_t ndates;
} CalendarRows;

typedef struct RecentName
{
	int length;
	const CalendarEntry *entry;
} RecentName;

static RecentName recent[RECENT_NAMES];

static CalendarEntry *find_entry(const char *name);
static WorkCalendar *calendar_of(text *name);

PG_FUNCTION_INFO_V1(sla_add_business_time);
PG_FUNCTION_INFO_V1(sla_business_time_between);
PG_FUNCTION_INFO_V1(sla_is_open);
PG_FUNCTION_INFO_V1(sla_next_open);
PG_FUNCTION_INFO_V1(sla_open_periods);
PG_FUNCTION_INFO_V1(sla_check_time_zone);

/* refuse_duration raises the error for a duration that is not days and time. */
static void
refuse_duration(const Interval *duration)
{
#ifdef INTERVAL_NOT_FINITE
	if (INTERVAL_NOT_FINITE(duration))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("duration must be finite"),
						errhint("Leave the promise out where there is no limit.")));
#endif
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("duration must not contain months or years"),
					errhint("Use days, which count as working days, and time, which counts as "
							"open time.")));
}

/* sla_add_business_time is SQL's sla.add_business_time(). */
Datum
sla_add_business_time(PG_FUNCTION_ARGS)
{
	TimestampTz start = PG_GETARG_TIMESTAMPTZ(0);
	Interval *duration = PG_GETARG_INTERVAL_P(1);
	text *name = PG_GETARG_TEXT_PP(2);
	int64_t result;
	WorkStatus status;

	if (unlikely(duration->month != 0))
		refuse_duration(duration);
	status = worktime_add(calendar_of(name), start, duration->day, duration->time, &result);
	if (unlikely(status != WORK_OK))
		calendar_check_status(status, text_to_cstring(name));
	PG_RETURN_TIMESTAMPTZ(result);
}

/* sla_business_time_between is SQL's sla.business_time_between(). */
Datum
sla_business_time_between(PG_FUNCTION_ARGS)
{
	TimestampTz from = PG_GETARG_TIMESTAMPTZ(0);
	TimestampTz to = PG_GETARG_TIMESTAMPTZ(1);
	text *name = PG_GETARG_TEXT_PP(2);
	int64_t time;
	WorkStatus status = worktime_between(calendar_of(name), from, to, &time);
	Interval *result;

	if (unlikely(status != WORK_OK))
		calendar_check_status(status, text_to_cstring(name));
	result = palloc(sizeof(Interval));
	result->time = time;
	result->day = 0;
	result->month = 0;
	PG_RETURN_INTERVAL_P(result);
}

/* sla_is_open is SQL's sla.is_open(). */
Datum
sla_is_open(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	text *name = PG_GETARG_TEXT_PP(1);
	bool result;
	WorkStatus status = worktime_is_open(calendar_of(name), at, &result);

	if (unlikely(status != WORK_OK))
		calendar_check_status(status, text_to_cstring(name));
	PG_RETURN_BOOL(result);
}

/* sla_next_open is SQL's sla.next_open(). */
Datum
sla_next_open(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	text *name = PG_GETARG_TEXT_PP(1);
	int64_t result;
	WorkStatus status = worktime_next_open(calendar_of(name), at, &result);

	if (unlikely(status != WORK_OK))
		calendar_check_status(status, text_to_cstring(name));
	PG_RETURN_TIMESTAMPTZ(result);
}

/* put_period writes one open period, unless it would be one too many. */
static void
put_period(ReturnSetInfo *rsinfo, int64 opens, int64 closes, int64 *n)
{
	Datum values[2];
	bool nulls[2] = {false, false};

	if (++*n > MAX_OPEN_PERIODS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("range contains more than %d open periods", MAX_OPEN_PERIODS),
						errhint("Ask for a shorter range.")));
	values[0] = TimestampTzGetDatum(opens);
	values[1] = TimestampTzGetDatum(closes);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * sla_open_periods is SQL's sla.open_periods().  A period that the window's edge
 * has cut in two comes in adjoining pieces, which are put together again.
 */
Datum
sla_open_periods(PG_FUNCTION_ARGS)
{
	TimestampTz from = PG_GETARG_TIMESTAMPTZ(0);
	TimestampTz to = PG_GETARG_TIMESTAMPTZ(1);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int64 open_at = from;
	int64 open_until = from;
	int64 n = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (TIMESTAMP_NOT_FINITE(from) || TIMESTAMP_NOT_FINITE(to))
		calendar_check_status(WORK_OUT_OF_RANGE, name);
	for (TimestampTz at = from; at < to;)
	{
		int64_t opens;
		int64_t closes;
		WorkStatus status =
			worktime_next_period(calendar_lookup(name, false), at, &opens, &closes);

		CHECK_FOR_INTERRUPTS();
		if (status == WORK_OUT_OF_RANGE)
			calendar_check_status(status, name);
		if (status == WORK_NO_OPEN_TIME || opens >= to)
			break;
		opens = Max(opens, from);
		if (opens > open_until && open_until > open_at)
			put_period(rsinfo, open_at, open_until, &n);
		if (opens > open_until || open_until == open_at)
			open_at = opens;
		open_until = Min(closes, to);
		at = closes;
	}
	if (open_until > open_at)
		put_period(rsinfo, open_at, open_until, &n);
	PG_RETURN_NULL();
}

/* usable_zone finds a time zone by name; NULL when the server cannot use it. */
static pg_tz *
usable_zone(const char *name)
{
	pg_tz *zone = pg_tzset(name);

	return zone != NULL && pg_tz_acceptable(zone) ? zone : NULL;
}

/* is_zone_name tells whether a name is one of the IANA database. */
static bool
is_zone_name(const char *name)
{
	pg_tzenum *all;
	pg_tz *candidate;
	bool found = false;

	if (usable_zone(name) == NULL)
		return false;

	/*
	 * A name with digits may be a POSIX rule, and then a typing error such as
	 * Asia/Shanghai8 is a zone of its own.  Only names that exist will do.
	 */
	if (strpbrk(name, "0123456789") == NULL)
		return true;
	all = pg_tzenumerate_start();
	while (!found && (candidate = pg_tzenumerate_next(all)) != NULL)
		found = pg_strcasecmp(pg_get_timezone_name(candidate), name) == 0;
	pg_tzenumerate_end(all);
	return found;
}

/* refuse_zone raises the error for a time zone that does not exist. */
static void
refuse_zone(const char *zone)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown time zone \"%s\"", zone),
					errhint("Use a name of the view pg_timezone_names, such as Asia/Shanghai.")));
}

/*
 * sla_check_time_zone is the row trigger on sla.calendar that refuses an unknown
 * time zone.
 */
Datum
sla_check_time_zone(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	HeapTuple row;
	int column;
	char *zone;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" must be called by a row trigger",
							   "check_time_zone")));
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
													 : trigger->tg_trigtuple;
	column = SPI_fnumber(RelationGetDescr(trigger->tg_relation), "time_zone");
	zone = column > 0 ? SPI_getvalue(row, RelationGetDescr(trigger->tg_relation), column) : NULL;
	if (zone != NULL && !is_zone_name(zone))
		refuse_zone(zone);
	return PointerGetDatum(row);
}

/* calendar_check_status raises the error for a status other than WORK_OK. */
void
calendar_check_status(WorkStatus status, const char *calendar)
{
	switch (status)
	{
		case WORK_OK:
			break;
		case WORK_NO_OPEN_TIME:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("calendar \"%s\" has no open time within ten years of where it is "
							"looked for",
							calendar),
					 errhint("Add its hours to sla.calendar_hours.")));
			break;
		case WORK_OUT_OF_RANGE:
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("timestamp out of range for calendar \"%s\"", calendar),
							errhint("Start and result must be finite timestamps.")));
			break;
	}
}

/* compare_names orders a List of C strings. */
static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* refuse_calendar raises the error for a calendar that does not exist. */
static void
refuse_calendar(const char *name)
{
	List *names = list_make1(pstrdup(ALWAYS_OPEN));
	ConfigScan scan;

	config_scan_begin(&scan, "calendar");
	while (config_scan_next(&scan))
	{
		char *other = config_text(&scan, "calendar");

		if (strcmp(other, ALWAYS_OPEN) != 0)
			names = lappend(names, other);
	}
	config_scan_end(&scan);
	list_sort(names, compare_names);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("unknown calendar \"%s\"", name),
					errhint("The calendars are: %s.", sla_list_text(names))));
}

/*
 * calendar_lookup returns a compiled calendar, valid as long as the cache's
 * generation; NULL or an error when there is none of that name.
 */
WorkCalendar *
calendar_lookup(const char *name, bool missing_ok)
{
	CalendarEntry *entry = find_entry(name);

	if (entry == NULL && !missing_ok)
		refuse_calendar(name);
	return entry != NULL ? entry->calendar : NULL;
}

/*
 * calendar_known_until returns the instant from which on only the weekly rule is
 * known, infinity where nothing else is needed or the calendar does not exist.
 */
TimestampTz
calendar_known_until(const char *name)
{
	CalendarEntry *entry = find_entry(name);

	return entry != NULL ? entry->known_until : DT_NOEND;
}

/* calendar_of looks a calendar up by a name as SQL passes it, without a copy. */
static WorkCalendar *
calendar_of(text *name)
{
	const char *bytes = VARDATA_ANY(name);
	int length = VARSIZE_ANY_EXHDR(name);
	int hash = length > 0 ? length + (unsigned char) bytes[0] * 5 +
								(unsigned char) bytes[length - 1] * 3
						  : 0;
	RecentName *slot = &recent[hash % RECENT_NAMES];
	SlaCache *cache = sla_cache();
	CalendarEntry *entry;
	char *key;

	if (likely(cache->calendars != NULL && slot->entry != NULL && slot->length == length &&
			   memcmp(slot->entry->name, bytes, length) == 0))
		return slot->entry->calendar;

	key = text_to_cstring(name);
	entry = find_entry(key);
	if (entry == NULL)
		refuse_calendar(key);
	/* the load may have met an invalidation, and so a later generation */
	slot = &recent[hash % RECENT_NAMES];
	slot->entry = entry;
	slot->length = length;
	pfree(key);
	return entry->calendar;
}

/* ------------------------------------------------------------------------
 * Loading
 * ------------------------------------------------------------------------ */

/* calendar_resize is realloc() in the cache's memory. */
static void *
calendar_resize(void *context, void *block, size_t size)
{
	CalendarHost *host = context;

	if (size == 0)
	{
		pfree(block);
		return NULL;
	}
	return block != NULL ? repalloc(block, size) : MemoryContextAlloc(host->memory, size);
}

/* time_from_unix turns seconds since 1970 into an instant. */
static int64
time_from_unix(pg_time_t seconds)
{
	return (seconds - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) * USECS_PER_SEC;
}

/* time_to_unix turns an instant into seconds since 1970. */
static pg_time_t
time_to_unix(int64 at)
{
	return at / USECS_PER_SEC + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
}

/* calendar_grow compiles a new window of days with the zone's transitions. */
static bool
calendar_grow(WorkCalendar *calendar, void *context, int64_t from, int64_t to)
{
	CalendarHost *host = context;
	pg_time_t at = time_to_unix(from - WORK_ZONE_MARGIN);
	pg_time_t end = time_to_unix(to + WORK_ZONE_MARGIN) + 1;
	size_t room = 64;
	size_t n = 0;
	WorkTransition *list = palloc(sizeof(WorkTransition) * room);
	bool done;

	for (bool more = true; more && at < end;)
	{
		long int before;
		long int after;
		int is_dst;
		pg_time_t boundary;
		int found =
			pg_next_dst_boundary(&at, &before, &is_dst, &boundary, &after, &is_dst, host->zone);

		if (found < 0)
			break;
		if (n == 0)
			list[n++] = (WorkTransition){PG_INT64_MIN, before};
		more = found > 0 && boundary > at;
		if (!more || list[n - 1].offset == after)
		{
			at = boundary;
			continue;
		}
		if (n == room)
			list = repalloc(list, sizeof(WorkTransition) * (room *= 2));
		list[n++] = (WorkTransition){time_from_unix(boundary), after};
		at = boundary;
	}
	done = worktime_compile(calendar, from, to, list, n);
	pfree(list);
	return done;
}

/* add_period appends a row's period; a row without times is a closed date. */
static void
add_period(ConfigScan *scan, const char *day_column, WorkPeriod **list, size_t *n, size_t *room)
{
	WorkPeriod *period;
	bool isnull;

	if (*n == *room)
		*list = repalloc(*list, sizeof(WorkPeriod) * (*room *= 2));
	period = &(*list)[(*n)++];
	if (strcmp(day_column, "weekday") == 0)
		period->day = DatumGetInt16(config_datum(scan, day_column, &isnull));
	else
		period->day = DatumGetDateADT(config_datum(scan, day_column, &isnull));
	period->opens = DatumGetTimeADT(config_datum(scan, "opens", &isnull));
	period->closes = DatumGetTimeADT(config_datum(scan, "closes", &isnull));
	if (isnull)
		period->opens = period->closes = 0;
}

/* read_periods reads a calendar's rows of sla.calendar_hours or sla.calendar_day. */
static WorkPeriod *
read_periods(const char *table, const char *day_column, const char *name, size_t *n)
{
	size_t room = 64;
	WorkPeriod *list = palloc(sizeof(WorkPeriod) * room);
	ConfigScan scan;

	*n = 0;
	config_scan_begin(&scan, table);
	while (config_scan_next(&scan))
	{
		char *calendar = config_text(&scan, "calendar");

		if (calendar != NULL && strcmp(calendar, name) == 0)
			add_period(&scan, day_column, &list, n, &room);
		if (calendar != NULL)
			pfree(calendar);
	}
	config_scan_end(&scan);
	return list;
}

/*
 * read_calendar reads all rows of one calendar.  The built-in one needs none, not
 * even the tables.
 */
static void
read_calendar(const char *name, CalendarRows *rows)
{
	bool built_in = strcmp(name, ALWAYS_OPEN) == 0;
	ConfigScan scan;

	memset(rows, 0, sizeof(CalendarRows));
	rows->found = built_in;
	rows->zone = ALWAYS_OPEN_ZONE;
	DATE_NOEND(rows->known_until);
	if (built_in && !OidIsValid(sla_relid("calendar", true)))
		return;
	config_scan_begin(&scan, "calendar");
	while (config_scan_next(&scan))
	{
		char *calendar = config_text(&scan, "calendar");
		bool isnull;
		Datum known_until;

		if (strcmp(calendar, name) != 0)
			continue;
		rows->found = true;
		rows->zone = config_text(&scan, "time_zone");
		known_until = config_datum(&scan, "known_until", &isnull);
		if (!isnull && !built_in)
			rows->known_until = DatumGetDateADT(known_until);
	}
	config_scan_end(&scan);
	if (!rows->found || built_in)
		return;
	rows->hours = read_periods("calendar_hours", "weekday", name, &rows->nhours);
	rows->dates = read_periods("calendar_day", "day", name, &rows->ndates);
}

/* local_end returns the end of a local date. */
static TimestampTz
local_end(DateADT date, pg_tz *zone)
{
	struct pg_tm tm;

	if (DATE_NOT_FINITE(date) || date > WORK_LAST_DATE || date < WORK_FIRST_DATE)
		return DATE_IS_NOBEGIN(date) || date < WORK_FIRST_DATE ? DT_NOBEGIN : DT_NOEND;
	memset(&tm, 0, sizeof(tm));
	j2date(date + 1 + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	return (date + 1) * USECS_PER_DAY + DetermineTimeZoneOffset(&tm, zone) * USECS_PER_SEC;
}

/* make_calendar makes the cache's form of a calendar's rows. */
static WorkCalendar *
make_calendar(MemoryContext memory, const char *name, const CalendarRows *rows)
{
	CalendarHost *host = MemoryContextAlloc(memory, sizeof(CalendarHost));
	WorkHost functions = {host, calendar_resize, calendar_grow};
	WorkCalendar *calendar;

	host->memory = memory;
	host->zone = usable_zone(rows->zone);
	if (host->zone == NULL)
		refuse_zone(rows->zone);
	calendar = worktime_create(&functions, strcmp(name, ALWAYS_OPEN) == 0, rows->hours,
							   rows->nhours, rows->dates, rows->ndates);
	if (calendar == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("periods of calendar \"%s\" overlap", name),
						errhint("Correct its rows in sla.calendar_hours and sla.calendar_day.")));
	sla_count_load(LOAD_CALENDAR);
	return calendar;
}

/* make_table makes the hash table of a new generation, and forgets the last one's names. */
static void
make_table(SlaCache *cache)
{
	HASHCTL control;

	memset(recent, 0, sizeof(recent));
	control.keysize = NAMEDATALEN;
	control.entrysize = sizeof(CalendarEntry);
	control.hcxt = cache->context;
	cache->calendars = hash_create("sla_ext calendars", 16, &control,
								   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* find_entry finds a calendar in the cache, or loads it; NULL when there is none. */
static CalendarEntry *
find_entry(const char *name)
{
	SlaCache *cache = sla_cache();
	MemoryContext scratch;
	MemoryContext previous;
	CalendarEntry *entry;
	CalendarEntry fresh;
	CalendarRows rows;

	/* longer names would be cut off by the hash table; no row has them */
	if (strlen(name) >= NAMEDATALEN)
		return NULL;
	if (cache->calendars == NULL)
		make_table(cache);
	entry = hash_search(cache->calendars, name, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->calendar != NULL ? entry : NULL;

	scratch = AllocSetContextCreate(CurrentMemoryContext, "sla_ext calendar load",
									ALLOCSET_DEFAULT_SIZES);
	previous = MemoryContextSwitchTo(scratch);
	read_calendar(name, &rows);
	memset(&fresh, 0, sizeof(fresh));
	if (rows.found)
	{
		fresh.calendar = make_calendar(cache->context, name, &rows);
		fresh.known_until = local_end(rows.known_until, usable_zone(rows.zone));
	}
	MemoryContextSwitchTo(previous);
	MemoryContextDelete(scratch);

	entry = hash_search(cache->calendars, name, HASH_ENTER, NULL);
	entry->calendar = fresh.calendar;
	entry->known_until = fresh.known_until;
	return fresh.calendar != NULL ? entry : NULL;
}
