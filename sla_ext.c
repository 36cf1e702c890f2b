/*
 * sla_ext.c
 *		Service level agreements enforced inside the database: entry point and map.
 *
 * A ticket's life, and where to read about each step:
 *
 *	ticket row inserted    src/arrive.c     completed by its policy and classified
 *	                       src/policy.c     versions, targets, rules, people
 *	                       src/condition.c  conditions: SQL expressions, compiled once
 *	                       src/match.c      keywords (pure)
 *	deadlines              src/calendar.c   rows and zone -> compiled calendar
 *	                       src/worktime.c   working-time arithmetic (pure)
 *	something happens      src/record.c     sla.record(), and updates by hand
 *	                       src/rules.c      what an event requires, fills and implies
 *	                       src/penalty.c    penalty candidates that it calls for
 *	clocks follow          src/ticket.c     a ticket opened, folded, written back
 *	                       src/engine.c     its rows -> events and states
 *	                       src/fold.c       events -> clocks and misses (pure)
 *	                       src/diff.c       what the fold changes, and
 *	                       src/rows.c       the rows on their way into the tables
 *	a table is attached    src/attach.c     a company's own rows as tickets, by trigger
 *	time passes            src/sweep.c      sla.sweep(): misses and their consequences
 *	a duty's period begins src/duty.sql     opened by the sweep as a ticket of its own
 *	asked why              src/explain.sql  the fold's trace, in two languages
 *	asked what if          src/simulate.c   other versions on history, other calendars
 *
 * Every part has its SQL beside its C.  The install script makes functions only;
 * sla.setup() makes the tables, views and triggers, which belong to the company
 * and not to the extension.  src/query.c is the only file that runs SPI plans.
 *
 * This file holds what all parts share: the settings, the one relcache callback,
 * the per-backend cache of the configuration and the switch to the tables' owner.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "sla_ext.h"

PG_MODULE_MAGIC;

void _PG_init(void);

/* Tables whose rows, or whose shape, the cache depends on. */
static const char *const watched_tables[] = {
	"calendar", "calendar_hours", "calendar_day", "policy", "target", "event_rule",
	"classification", "escalation_step", "penalty_rule", "employee", "department", "ticket"
};

static SlaCache *cache = NULL;
static bool cache_stale = false;
static bool tables_missing = false;
static Oid watched_relids[lengthof(watched_tables)];
static int64 cache_loads[LOAD_KINDS];

static char *now_setting = NULL;
static TimestampTz now_value = 0;

/*
 * check_now accepts an empty string or a complete timestamp, as a point in time
 * and not as a word such as "tomorrow".
 */
static bool
check_now(char **newval, void **extra, GucSource source)
{
	TimestampTz *parsed;

	if (*newval == NULL || (*newval)[0] == '\0')
		return true;
	{
		char *field[MAXDATEFIELDS];
		int ftype[MAXDATEFIELDS];
		char workbuf[MAXDATELEN + MAXDATEFIELDS];
		int dtype;
		int nf;
		int tz;
		fsec_t fsec;
		struct pg_tm tm;
		TimestampTz value;
		bool has_date = false;
		bool has_time = false;
		bool bad = ParseDateTime(*newval, workbuf, sizeof(workbuf), field, ftype, MAXDATEFIELDS,
								 &nf) != 0;

#if PG_VERSION_NUM >= 160000
		DateTimeErrorExtra error;

		bad = bad || DecodeDateTime(field, ftype, nf, &dtype, &tm, &fsec, &tz, &error) != 0;
#else
		bad = bad || DecodeDateTime(field, ftype, nf, &dtype, &tm, &fsec, &tz) != 0;
#endif
		for (int i = 0; !bad && i < nf; i++)
		{
			has_date = has_date || ftype[i] == DTK_DATE;
			has_time = has_time || ftype[i] == DTK_TIME;
		}
		if (bad || !has_date || !has_time || dtype != DTK_DATE ||
			tm2timestamp(&tm, fsec, &tz, &value) != 0)
		{
			GUC_check_errdetail("The value must be a timestamp with a date and a time.");
			return false;
		}
#if PG_VERSION_NUM >= 160000
		parsed = guc_malloc(LOG, sizeof(TimestampTz));
#else
		parsed = malloc(sizeof(TimestampTz));
#endif
		if (parsed == NULL)
			return false;
		*parsed = value;
	}
	*extra = parsed;
	return true;
}

static void
assign_now(const char *newval, void *extra)
{
	now_value = extra ? *(TimestampTz *) extra : 0;
}

/* sla_now_is_set tells whether a superuser has set the clock by hand. */
bool
sla_now_is_set(void)
{
	return now_setting != NULL && now_setting[0] != '\0';
}

/* sla_now returns the time by which all rules are judged (rule T-9). */
TimestampTz
sla_now(void)
{
	return sla_now_is_set() ? now_value : GetCurrentTimestamp();
}

/*
 * config_changed marks the cache stale.  It must do nothing else: it runs at
 * places where no catalog may be read.
 */
static void
config_changed(Datum arg, Oid relid)
{
	if (cache == NULL || cache_stale)
		return;
	if (relid == InvalidOid)
	{
		cache_stale = true;
		return;
	}
	for (int i = 0; i < lengthof(watched_relids); i++)
	{
		if (watched_relids[i] == relid)
		{
			cache_stale = true;
			return;
		}
	}
}

/*
 * retire_cache takes a stale generation out of use.  Callers up the stack may
 * still hold pointers into it, so it is left to the end of the transaction.
 */
static void
retire_cache(void)
{
	MemoryContextSetParent(cache->context, TopTransactionContext);
	cache = NULL;
}

/*
 * watch_tables looks up the tables that the cache depends on, and tells whether they
 * are the same as before.  While some are missing nobody would tell us that they have
 * come, so it is asked every time.
 */
static bool
watch_tables(void)
{
	bool same = true;

	tables_missing = false;
	for (int i = 0; i < lengthof(watched_tables); i++)
	{
		Oid relid = sla_relid(watched_tables[i], true);

		same = same && relid == watched_relids[i];
		watched_relids[i] = relid;
		tables_missing = tables_missing || !OidIsValid(relid);
	}
	return same;
}

/*
 * sla_cache returns the current generation, an empty one where the last has
 * become stale.  The new generation counts as valid before anything is loaded
 * into it, so that a change during a load is not lost.
 */
SlaCache *
sla_cache(void)
{
	if (cache != NULL && tables_missing && !watch_tables())
		cache_stale = true;
	if (cache != NULL && cache_stale)
		retire_cache();
	if (cache == NULL)
	{
		MemoryContext context =
			AllocSetContextCreate(CacheMemoryContext, "sla_ext cache", ALLOCSET_DEFAULT_SIZES);
		SlaCache *fresh = MemoryContextAllocZero(context, sizeof(SlaCache));

		fresh->context = context;
		(void) watch_tables();
		cache = fresh;
		cache_stale = false;
	}
	return cache;
}

/* sla_count_load counts one load of a kind of configuration. */
void
sla_count_load(CacheLoad load)
{
	cache_loads[load]++;
}

PG_FUNCTION_INFO_V1(sla_cache_loads);
/* sla_cache_loads returns how often this backend has loaded one kind of configuration. */
Datum
sla_cache_loads(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {"calendar", "policies", "people"};
	char *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (int i = 0; i < LOAD_KINDS; i++)
	{
		if (strcmp(kind, kinds[i]) == 0)
			PG_RETURN_INT64(cache_loads[i]);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown cache \"%s\"", kind),
					errhint("The caches are calendar, policies and people.")));
}

PG_FUNCTION_INFO_V1(sla_config_changed);
/*
 * sla_config_changed is the trigger on the configuration tables: every backend
 * drops what it knows when the change commits, this one at once.
 */
Datum
sla_config_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" was not called by trigger manager",
							   "config_changed")));
	CacheInvalidateRelcache(trigger->tg_relation);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(sla_now_sql);
/* sla_now_sql is SQL's sla.now(). */
Datum
sla_now_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(sla_now());
}

/* sla_relid finds one of our tables by name, whatever the search_path. */
Oid
sla_relid(const char *table, bool missing_ok)
{
	Oid schema = get_namespace_oid("sla", true);
	Oid relid = OidIsValid(schema) ? get_relname_relid(table, schema) : InvalidOid;

	if (!OidIsValid(relid) && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table \"sla.%s\" does not exist", table),
				 errhint("Run SELECT sla.setup() to create the tables of sla_ext.")));
	return relid;
}

/* sla_list_text joins a List of C strings for an error message. */
char *
sla_list_text(List *names)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	foreach (cell, names)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", (char *) lfirst(cell));
	return text.data;
}

/* sla_owner_begin makes the owner of sla.clock the current user. */
void
sla_owner_begin(OwnerSwitch *saved)
{
	Relation clock = table_open(sla_relid("clock", false), AccessShareLock);
	Oid owner = RelationGetForm(clock)->relowner;

	table_close(clock, NoLock);
	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(owner, saved->context | SECURITY_LOCAL_USERID_CHANGE |
									  SECURITY_NOFORCE_RLS);
}

/* sla_owner_end makes the caller the current user again. */
void
sla_owner_end(const OwnerSwitch *saved)
{
	SetUserIdAndSecContext(saved->user, saved->context);
}

/* config_scan_begin opens a scan over one configuration table. */
void
config_scan_begin(ConfigScan *scan, const char *table)
{
	scan->relation = table_open(sla_relid(table, false), AccessShareLock);
	scan->snapshot = RegisterSnapshot(GetCatalogSnapshot(RelationGetRelid(scan->relation)));
	scan->scan =
		systable_beginscan(scan->relation, InvalidOid, false, scan->snapshot, 0, NULL);
	scan->tuple = NULL;
}

/* config_scan_next moves to the next row. */
bool
config_scan_next(ConfigScan *scan)
{
	scan->tuple = systable_getnext(scan->scan);
	return HeapTupleIsValid(scan->tuple);
}

/* config_scan_end closes the scan; the lock stays to the end of the transaction. */
void
config_scan_end(ConfigScan *scan)
{
	systable_endscan(scan->scan);
	UnregisterSnapshot(scan->snapshot);
	table_close(scan->relation, NoLock);
}

/* config_datum returns a column of the current row; a missing column is null. */
Datum
config_datum(ConfigScan *scan, const char *column, bool *isnull)
{
	TupleDesc desc = RelationGetDescr(scan->relation);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), column) == 0)
			return heap_getattr(scan->tuple, i + 1, desc, isnull);
	}
	*isnull = true;
	return (Datum) 0;
}

char *
config_text(ConfigScan *scan, const char *column)
{
	bool isnull;
	Datum value = config_datum(scan, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

bool
config_bool(ConfigScan *scan, const char *column, bool otherwise)
{
	bool isnull;
	Datum value = config_datum(scan, column, &isnull);

	return isnull ? otherwise : DatumGetBool(value);
}

int32
config_int(ConfigScan *scan, const char *column, int32 otherwise)
{
	bool isnull;
	Datum value = config_datum(scan, column, &isnull);

	return isnull ? otherwise : DatumGetInt32(value);
}

TimestampTz
config_time(ConfigScan *scan, const char *column, TimestampTz otherwise)
{
	bool isnull;
	Datum value = config_datum(scan, column, &isnull);

	return isnull ? otherwise : DatumGetTimestampTz(value);
}

Interval *
config_interval(ConfigScan *scan, const char *column)
{
	bool isnull;
	Datum value = config_datum(scan, column, &isnull);
	Interval *copy;

	if (isnull)
		return NULL;
	copy = palloc(sizeof(Interval));
	*copy = *DatumGetIntervalP(value);
	return copy;
}

char **
config_text_array(ConfigScan *scan, const char *column, int *n)
{
	bool isnull;
	Datum value = config_datum(scan, column, &isnull);
	Datum *elements;
	bool *nulls;
	char **result;

	*n = 0;
	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, n);
	result = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		result[i] = nulls[i] ? pstrdup("") : TextDatumGetCString(elements[i]);
	return result;
}

/* _PG_init defines the settings and registers the one relcache callback. */
void
_PG_init(void)
{
	DefineCustomStringVariable("sla.now",
							   "Sets the time by which sla_ext judges, for tests and replays.",
							   "Empty means the clock's own time.", &now_setting, "", PGC_SUSET,
							   0, check_now, assign_now, NULL);
	MarkGUCPrefixReserved("sla");
	CacheRegisterRelcacheCallback(config_changed, (Datum) 0);
}
