/*
 * rollup.c
 *		Marks on the months that have ended, for whoever changes their figures.
 *
 * What marks are for, and why they keep the folded months exact, is told in
 * rollup.sql.  Here is only the writer's side: an instant at which a verdict fell, or
 * no longer falls, is noted, and its month is marked if it may have been folded.
 *
 * A month is folded a day after it has ended in Greenwich; it is marked from twelve
 * hours after that, when it has ended everywhere.  The time is looked at after the
 * transaction has its number, as the sweep relies on, and it is the machine's own
 * time, whatever sla.now says.  In everyday work all instants lie in months that run,
 * and noting one is a comparison.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/rel.h"

#include "sla_ext.h"

/* The last and the first time zone, from Greenwich. */
#define WEST (INT64CONST(12) * USECS_PER_HOUR)
#define EAST (INT64CONST(14) * USECS_PER_HOUR)

PG_FUNCTION_INFO_V1(sla_mark_months);

/* month_of returns the first day of the month of an instant, in Greenwich. */
static DateADT
month_of(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t fsec;

	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, 1) - POSTGRES_EPOCH_JDATE;
}

/* find_boundary finds the instant up to which months have ended everywhere. */
static void
find_boundary(MonthMarks *marks)
{
	(void) GetTopTransactionId();
	marks->running = month_of(GetCurrentTimestamp() - WEST);
	marks->boundary = (TimestampTz) marks->running * USECS_PER_DAY + WEST;
	marks->found = true;
}

/* months_note notes that the figures of the month of an instant change. */
void
months_note(MonthMarks *marks, TimestampTz at)
{
	DateADT last;

	if (!marks->found)
		find_boundary(marks);
	if (at >= marks->boundary || TIMESTAMP_NOT_FINITE(at))
		return;
	/* Whatever the policy's time zone, it is one of at most two. */
	last = month_of(at + EAST);
	if (last < marks->running)
		marks->months = list_append_unique_int(marks->months, last);
	marks->months = list_append_unique_int(marks->months, month_of(at - WEST));
}

/* months_write leaves the marks, in the name of a ticket that was written. */
void
months_write(MonthMarks *marks, int64 ticket_id)
{
	Datum *months;
	Datum values[2];
	int n = list_length(marks->months);

	if (n == 0)
		return;
	months = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
		months[i] = DateADTGetDatum(list_nth_int(marks->months, i));
	values[0] = Int64GetDatum(ticket_id);
	values[1] = PointerGetDatum(
		construct_array(months, n, DATEOID, sizeof(DateADT), true, TYPALIGN_INT));
	query_run(QUERY_MARK_MONTHS, values, NULL);
	marks->months = NIL;
}

/* note_columns notes the instants in some columns of a row; a null is none. */
static void
note_columns(MonthMarks *marks, TriggerData *trigger, HeapTuple row)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);

	for (int i = 0; i < trigger->tg_trigger->tgnargs; i++)
	{
		int column = SPI_fnumber(desc, trigger->tg_trigger->tgargs[i]);
		bool isnull;
		Datum value;

		if (column <= 0 || SPI_gettypeid(desc, column) != TIMESTAMPTZOID)
			ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
							errmsg("table \"%s\" has no time \"%s\"",
								   RelationGetRelationName(trigger->tg_relation),
								   trigger->tg_trigger->tgargs[i]),
							errhint("Run SELECT sla.setup() to restore the triggers.")));
		value = heap_getattr(row, column, desc, &isnull);
		if (!isnull)
			months_note(marks, DatumGetTimestampTz(value));
	}
}

/*
 * check_marked_table refuses the trigger on a table of somebody else's: a mark is
 * written in the name of the tables' owner, and costs everybody time.
 */
static void
check_marked_table(Relation table)
{
	Relation clock = table_open(sla_relid("clock", false), AccessShareLock);

	if (RelationGetForm(table)->relowner != RelationGetForm(clock)->relowner)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("table \"%s\" cannot have the triggers of sla_ext",
							   RelationGetRelationName(table)),
						errhint("Only the tables that sla.setup() makes can.")));
	table_close(clock, NoLock);
}

/* sla_mark_months is the trigger that SQL calls sla._mark_months(). */
Datum
sla_mark_months(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	MonthMarks marks = {0};
	OwnerSwitch owner;
	int level;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"_mark_months\" was not called by trigger manager")));
	check_marked_table(trigger->tg_relation);
	sla_owner_begin(&owner);
	level = query_begin();
	if (trigger->tg_trigger->tgnargs == 0)
		marks.months = list_make1_int(DATEVAL_NOBEGIN);
	else
	{
		note_columns(&marks, trigger, trigger->tg_trigtuple);
		if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
			note_columns(&marks, trigger, trigger->tg_newtuple);
	}
	months_write(&marks, 0);
	query_end(level);
	sla_owner_end(&owner);
	return PointerGetDatum(NULL);
}
