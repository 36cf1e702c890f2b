/*
 * retention.c
 *		Archiving and purging, in the name of the tables' owner (rule K-5).
 *
 * Nobody has the privilege to delete a ticket.  Who may call these functions may have
 * done what they do, and nothing else: what is due is decided by the policy.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "ticket.h"

PG_FUNCTION_INFO_V1(sla_archive);
PG_FUNCTION_INFO_V1(sla_purge);

/* sla_archive is SQL's sla.archive(). */
Datum
sla_archive(PG_FUNCTION_ARGS)
{
	char *caller = GetUserNameFromId(GetUserId(), false);
	Datum values[3] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), CStringGetTextDatum(caller)};
	char nulls[4] = {PG_ARGISNULL(0) ? 'n' : ' ', PG_ARGISNULL(1) ? 'n' : ' ', ' ', '\0'};
	OwnerSwitch owner;
	int level;
	int64 archived;
	bool isnull;

	PreventCommandIfReadOnly("sla.archive()");
	PreventCommandIfParallelMode("sla.archive()");
	(void) sla_relid("ticket", false);
	sla_owner_begin(&owner);
	level = query_begin();
	query_run(QUERY_ARCHIVE, values, nulls);
	archived = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_INT64(archived);
}

/* sla_purge is SQL's sla.purge(). */
Datum
sla_purge(PG_FUNCTION_ARGS)
{
	char *caller = GetUserNameFromId(GetUserId(), false);
	Datum values[4] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2),
					   CStringGetTextDatum(caller)};
	char nulls[5] = {PG_ARGISNULL(0) ? 'n' : ' ', PG_ARGISNULL(1) ? 'n' : ' ',
					 PG_ARGISNULL(2) ? 'n' : ' ', ' ', '\0'};
	OwnerSwitch owner;
	int level;

	if (!PG_ARGISNULL(1) && !PG_GETARG_BOOL(1))
		PreventCommandIfReadOnly("sla.purge()");
	PreventCommandIfParallelMode("sla.purge()");
	(void) sla_relid("ticket", false);
	InitMaterializedSRF(fcinfo, 0);
	sla_owner_begin(&owner);
	level = query_begin();
	query_run(QUERY_PURGE, values, nulls);
	query_return((ReturnSetInfo *) fcinfo->resultinfo);
	query_end(level);
	sla_owner_end(&owner);
	return (Datum) 0;
}
