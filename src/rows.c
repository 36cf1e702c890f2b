/*
 * rows.c
 *		Rows on their way into the tables, one statement per table.
 *
 * A batch gathers values column by column and is written as arrays, so that a
 * COPY of a hundred thousand tickets and a single INSERT run the same statements.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "ticket.h"

#define MAX_COLUMNS 21
#define ROWS_PER_FLUSH 8192

const char *const breach_kinds[] = {"late", "missed_interval", "start_missing",
									"process_violation"};

typedef enum BatchKind
{
	BATCH_EVENTS,
	BATCH_NEW_CLOCKS,
	BATCH_CHANGED_CLOCKS,
	BATCH_REMOVED_CLOCKS,
	BATCH_NEW_BREACHES,
	BATCH_CHANGED_BREACHES,
	BATCH_VOIDED_BREACHES,
	BATCH_FINDINGS,
	NBATCHES
} BatchKind;

typedef struct BatchShape
{
	QueryId query;
	int ncolumns;
	Oid types[MAX_COLUMNS];
} BatchShape;

#define TS TIMESTAMPTZOID

static const BatchShape shapes[NBATCHES] = {
	[BATCH_EVENTS] = {QUERY_INSERT_EVENTS,
					  12,
					  {INT8OID, INT8OID, TEXTOID, INT4OID, TS, TS, TS, TEXTOID, TEXTOID, JSONBOID,
					   INT8OID, BOOLOID}},
	[BATCH_NEW_CLOCKS] = {QUERY_INSERT_CLOCKS,
						  21,
						  {INT8OID, TEXTOID, INT4OID, INT4OID, TEXTOID, INT4OID, TEXTOID, BOOLOID,
						   BOOLOID, TEXTOID, TS, TS, TS, TS, TS, INT8OID, INT4OID, TS, TS, INT8OID,
						   TEXTOID}},
	[BATCH_CHANGED_CLOCKS] = {QUERY_UPDATE_CLOCKS,
							  15,
							  {INT8OID, TEXTOID, INT4OID, INT4OID, BOOLOID, TS, TS, TS, TS, TS,
							   INT8OID, INT4OID, TS, TS, INT8OID}},
	[BATCH_REMOVED_CLOCKS] = {QUERY_DELETE_CLOCKS, 4, {INT8OID, TEXTOID, INT4OID, INT4OID}},
	[BATCH_NEW_BREACHES] = {QUERY_INSERT_BREACHES,
							17,
							{INT8OID, TEXTOID, INT4OID, TS, TEXTOID, INT4OID, TEXTOID, INT4OID,
							 TEXTOID, BOOLOID, TEXTOID, BOOLOID, TS, TS, TEXTOID, TEXTOID, TEXTOID}},
	[BATCH_CHANGED_BREACHES] = {QUERY_CHANGE_BREACHES,
								10,
								{INT8OID, TEXTOID, INT4OID, TS, TEXTOID, INT4OID, BOOLOID, TS,
								 TEXTOID, TEXTOID}},
	[BATCH_VOIDED_BREACHES] = {QUERY_VOID_BREACHES,
							   7,
							   {INT8OID, TEXTOID, INT4OID, TS, TEXTOID, TS, TEXTOID}},
	[BATCH_FINDINGS] = {QUERY_INSERT_FINDINGS, 5, {TEXTOID, TEXTOID, INT8OID, TEXTOID, TS}},
};

typedef struct Batch
{
	int nrows, maxrows;
	int column; /* of the row that is being put together */
	Datum *values[MAX_COLUMNS];
	bool *nulls[MAX_COLUMNS];
} Batch;

struct Rows
{
	MemoryContext context;
	Batch batches[NBATCHES];
	int total;
};

/* rows_begin opens an empty set of batches in the current memory context. */
Rows *
rows_begin(void)
{
	Rows *rows = palloc0(sizeof(Rows));

	rows->context =
		AllocSetContextCreate(CurrentMemoryContext, "sla_ext rows", ALLOCSET_DEFAULT_SIZES);
	return rows;
}

/* next_row makes room for a row and begins it. */
static Batch *
next_row(Rows *rows, BatchKind kind)
{
	Batch *batch = &rows->batches[kind];

	if (batch->nrows == batch->maxrows)
	{
		batch->maxrows = batch->maxrows == 0 ? 16 : batch->maxrows * 2;
		for (int i = 0; i < shapes[kind].ncolumns; i++)
		{
			if (batch->values[i] == NULL)
			{
				batch->values[i] = palloc(sizeof(Datum) * batch->maxrows);
				batch->nulls[i] = palloc(sizeof(bool) * batch->maxrows);
				continue;
			}
			batch->values[i] = repalloc_huge(batch->values[i], sizeof(Datum) * batch->maxrows);
			batch->nulls[i] = repalloc_huge(batch->nulls[i], sizeof(bool) * batch->maxrows);
		}
	}
	batch->nrows++;
	batch->column = 0;
	rows->total++;
	return batch;
}

static void
put(Batch *batch, Datum value, bool isnull)
{
	batch->values[batch->column][batch->nrows - 1] = value;
	batch->nulls[batch->column][batch->nrows - 1] = isnull;
	batch->column++;
}

static void
put_int8(Batch *batch, int64 value)
{
	put(batch, Int64GetDatum(value), false);
}

static void
put_int4(Batch *batch, int32 value)
{
	put(batch, Int32GetDatum(value), false);
}

static void
put_bool(Batch *batch, bool value)
{
	put(batch, BoolGetDatum(value), false);
}

/* put_time writes FOLD_NEVER as null. */
static void
put_time(Batch *batch, TimestampTz value)
{
	put(batch, TimestampTzGetDatum(value), value == FOLD_NEVER);
}

static void
put_text(Batch *batch, const char *value)
{
	put(batch, value ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

/* put_list writes names as one text, which the statement splits again. */
static void
put_list(Batch *batch, List *names)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	foreach (cell, names)
		appendStringInfo(&text, "%s%s", cell == list_head(names) ? "" : "\x1f",
						 (char *) lfirst(cell));
	put_text(batch, text.data);
}

/* rows_add_event writes a new event. */
void
rows_add_event(Rows *rows, const Work *work, const TicketEvent *event)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_EVENTS);

	put_int8(batch, work->ticket_id);
	put_int8(batch, event->no);
	put_text(batch, event->name);
	put_int4(batch, event->cycle);
	put_time(batch, event->occurred_at);
	put_time(batch, event->recorded_at);
	put_time(batch, event->effective_at);
	put_text(batch, event->actor);
	put_text(batch, event->note);
	put(batch, PointerGetDatum(PG_DETOAST_DATUM_COPY(event->details)), false);
	put(batch, Int64GetDatum(event->implied_by), event->implied_by == 0);
	put_bool(batch, event->automatic);
	MemoryContextSwitchTo(old);
}

/* put_clock_key writes what names a clock. */
static void
put_clock_key(Batch *batch, const Work *work, const FoldClock *clock)
{
	put_int8(batch, work->ticket_id);
	put_text(batch, work->policy->targets[clock->target].name);
	put_int4(batch, clock->cycle);
	put_int4(batch, clock->seq);
}

/* put_clock_times writes what the fold says of a clock, in the statements' common order. */
static void
put_clock_times(Batch *batch, const FoldClock *clock)
{
	put_time(batch, clock->started_at);
	put_time(batch, clock->created_at);
	put_time(batch, clock->due_at);
	put_time(batch, clock->warn_at);
	put_time(batch, clock->paused_at);
	put_int8(batch, clock->paused_for);
	put_int4(batch, clock->parts_done);
	put_time(batch, clock->stopped_at);
	put_time(batch, clock->cancelled_at);
	put(batch, Int64GetDatum(clock->stop_event), clock->stop_event < 0);
}

/* rows_add_clock writes a new clock. */
void
rows_add_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_NEW_CLOCKS);
	Target *target = &work->policy->targets[clock->target];

	put_clock_key(batch, work, clock);
	put_text(batch, work->policy->name);
	put_int4(batch, work->policy->version);
	put_text(batch, target->milestone);
	put_bool(batch, target->binding);
	put_bool(batch, clock->provisional);
	put_text(batch, target->calendar);
	put_clock_times(batch, clock);
	put_text(batch, work_text(work, &work->states[work->nevents - 1]->row, "department"));
	MemoryContextSwitchTo(old);
}

/* rows_change_clock writes a clock that is stored otherwise. */
void
rows_change_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_CHANGED_CLOCKS);

	put_clock_key(batch, work, clock);
	put_bool(batch, clock->provisional);
	put_clock_times(batch, clock);
	MemoryContextSwitchTo(old);
}

/* rows_remove_clock takes away a clock that, as is known now, never ran. */
void
rows_remove_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	put_clock_key(next_row(rows, BATCH_REMOVED_CLOCKS), work, clock);
	MemoryContextSwitchTo(old);
}

/* put_breach_key writes what names a breach. */
static void
put_breach_key(Batch *batch, const Work *work, const FoldBreach *breach)
{
	put_int8(batch, work->ticket_id);
	put_text(batch, work->policy->targets[breach->target].name);
	put_int4(batch, breach->cycle);
	put_time(batch, breach->due_at);
	put_text(batch, breach_kinds[breach->kind]);
}

/* rows_add_breach writes a new breach; its consequences are the sweep's work. */
void
rows_add_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles, List *people,
				const char *department)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_NEW_BREACHES);
	Target *target = &work->policy->targets[breach->target];

	put_breach_key(batch, work, breach);
	put_int4(batch, breach->seq);
	put_text(batch, work->policy->name);
	put_int4(batch, work->policy->version);
	put_text(batch, target->milestone);
	put_bool(batch, target->binding);
	put_text(batch, target->ladder);
	put_bool(batch, breach->due_at < breach->created_at);
	put_time(batch, work->now);
	put_time(batch, breach->stopped_at);
	put_list(batch, roles);
	put_list(batch, people);
	put_text(batch, department);
	MemoryContextSwitchTo(old);
}

/* rows_change_breach writes what changed about a breach, which stands (again). */
void
rows_change_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles,
				   List *people)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_CHANGED_BREACHES);

	put_breach_key(batch, work, breach);
	put_int4(batch, breach->seq);
	put_bool(batch, breach->due_at < breach->created_at);
	put_time(batch, breach->stopped_at);
	put_list(batch, roles);
	put_list(batch, people);
	MemoryContextSwitchTo(old);
}

/* rows_void_breach voids a breach that, as is known now, was none. */
void
rows_void_breach(Rows *rows, const Work *work, const StoredBreach *stored, const char *reason)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_VOIDED_BREACHES);

	put_breach_key(batch, work, &stored->breach);
	put_time(batch, work->now);
	put_text(batch, reason);
	MemoryContextSwitchTo(old);
}

/* rows_add_violation writes that an event broke a rule which only warns. */
void
rows_add_violation(Rows *rows, const Work *work, const EventRule *rule, const TicketEvent *event,
				   const char *employee)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	Batch *batch = next_row(rows, BATCH_NEW_BREACHES);

	put_int8(batch, work->ticket_id);
	put_text(batch, rule->name);
	put_int4(batch, event->cycle);
	put_time(batch, event->occurred_at);
	put_text(batch, "process_violation");
	put_int4(batch, 1);
	put_text(batch, work->policy->name);
	put_int4(batch, work->policy->version);
	put_text(batch, rule->name);
	put_bool(batch, rule->binding);
	put_text(batch, rule->ladder);
	put_bool(batch, false);
	put_time(batch, work->now);
	put_time(batch, FOLD_NEVER);
	put_text(batch, "");
	put_text(batch, employee ? employee : "");
	put_text(batch, work_text(work, &work->row, "department"));
	MemoryContextSwitchTo(old);
}

/* rows_add_problems writes what configuration got wrong about the ticket. */
void
rows_add_problems(Rows *rows, const Work *work)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);
	ListCell *cell;

	foreach (cell, work->problems)
	{
		Problem *problem = lfirst(cell);
		Batch *batch = next_row(rows, BATCH_FINDINGS);

		put_text(batch, problem->code);
		put_text(batch, problem->object);
		put_int8(batch, work->ticket_id);
		put_text(batch, problem->message);
		put_time(batch, work->now);
	}
	MemoryContextSwitchTo(old);
}

/* column_array turns one column of a batch into an array. */
static Datum
column_array(Batch *batch, int column, Oid type)
{
	int16 length;
	bool by_value;
	char align;
	int dims[1] = {batch->nrows};
	int lower[1] = {1};

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(construct_md_array(batch->values[column], batch->nulls[column], 1, dims,
											  lower, type, length, by_value, align));
}

/* flush_batch writes one batch. */
static void
flush_batch(Rows *rows, BatchKind kind)
{
	Batch *batch = &rows->batches[kind];
	Datum arrays[MAX_COLUMNS];

	if (batch->nrows == 0)
		return;
	for (int i = 0; i < shapes[kind].ncolumns; i++)
		arrays[i] = column_array(batch, i, shapes[kind].types[i]);
	query_run(shapes[kind].query, arrays, NULL);
}

/* rows_flush writes everything and empties the batches. */
void
rows_flush(Rows *rows)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	for (int kind = 0; kind < NBATCHES; kind++)
		flush_batch(rows, kind);
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->context);
	memset(rows->batches, 0, sizeof(rows->batches));
	rows->total = 0;
}

/* rows_full tells whether it is time to write. */
bool
rows_full(const Rows *rows)
{
	return rows->total >= ROWS_PER_FLUSH;
}
