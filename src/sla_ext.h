/*
 * sla_ext.h
 *		The map: shared structs, and every part's prototypes under its file.
 */
#ifndef SLA_EXT_H
#define SLA_EXT_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "utils/hsearch.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "fold.h"
#include "match.h"
#include "worktime.h"

#if PG_VERSION_NUM < 150000
#error "sla_ext needs PostgreSQL 15 or later"
#endif

/* The version of the tables that this library's sla.setup() makes. */
#define SLA_SCHEMA_VERSION 1

/*
 * What one backend knows of the configuration.  A generation is built lazily
 * and dropped as a whole when any configuration table, or sla.ticket, changes;
 * a dropped generation stays readable until the end of the transaction, so
 * pointers into it may be held across SPI calls.
 */
typedef struct SlaCache
{
	MemoryContext context;
	HTAB *calendars;		  /* calendar.c */
	struct PolicySet *policies; /* policy.c */
	struct People *people;	  /* policy.c */
} SlaCache;

/* Which loads a cache has done in this backend, for the tests that count them. */
typedef enum CacheLoad
{
	LOAD_CALENDAR,
	LOAD_POLICIES,
	LOAD_PEOPLE,
	LOAD_KINDS
} CacheLoad;

/* sla_ext.c */
extern SlaCache *sla_cache(void);
extern void sla_count_load(CacheLoad load);
extern TimestampTz sla_now(void);
extern bool sla_now_is_set(void);
extern Oid sla_relid(const char *table, bool missing_ok);
extern char *sla_list_text(List *names);

/*
 * Work done in the name of the company's tables: from sla_owner_begin to
 * sla_owner_end the current user is the owner of sla.clock (rule K-5).  An error
 * in between restores the user with the (sub)transaction.
 */
typedef struct OwnerSwitch
{
	Oid user;
	int context;
} OwnerSwitch;

extern void sla_owner_begin(OwnerSwitch *saved);
extern void sla_owner_end(const OwnerSwitch *saved);

/*
 * One scan over a configuration table under a fresh catalog snapshot, columns by
 * name.  Used by the cache loaders only; it neither needs a plan nor asks for
 * privileges, and sees the newest committed rows in every isolation level.
 */
typedef struct ConfigScan
{
	Relation relation;
	Snapshot snapshot;
	struct SysScanDescData *scan;
	HeapTuple tuple;
} ConfigScan;

extern void config_scan_begin(ConfigScan *scan, const char *table);
extern bool config_scan_next(ConfigScan *scan);
extern void config_scan_end(ConfigScan *scan);
extern Datum config_datum(ConfigScan *scan, const char *column, bool *isnull);
extern char *config_text(ConfigScan *scan, const char *column);		 /* NULL when null */
extern bool config_bool(ConfigScan *scan, const char *column, bool otherwise);
extern int32 config_int(ConfigScan *scan, const char *column, int32 otherwise);
extern TimestampTz config_time(ConfigScan *scan, const char *column, TimestampTz otherwise);
extern Interval *config_interval(ConfigScan *scan, const char *column); /* NULL when null */
extern char **config_text_array(ConfigScan *scan, const char *column, int *n);

/* calendar.c */
extern WorkCalendar *calendar_lookup(const char *name, bool missing_ok);
extern TimestampTz calendar_known_until(const char *name);
extern void calendar_check_status(WorkStatus status, const char *calendar);

#endif
