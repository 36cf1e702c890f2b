/*
 * rows.c
 *		Rows on their way into the tables, one statement per table.
 *
 * A batch gathers rows in the shape of the table they are for and is written as one
 * array of that type, so that a COPY of a hundred thousand tickets and a single
 * INSERT run the same statements.  Columns are found by name: what a company adds
 * to one of the tables is left alone.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "ticket.h"

#define MAX_COLUMNS 24
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

/* The tables, and the columns that are written, in the order of the put functions below. */
typedef enum TableKind
{
	TABLE_EVENT,
	TABLE_CLOCK,
	TABLE_BREACH,
	TABLE_FINDING,
	NTABLES
} TableKind;

static const struct
{
	const char *name;
	const char *columns[MAX_COLUMNS];
} tables[NTABLES] = {
	[TABLE_EVENT] = {"event",
					 {"ticket_id", "event_no", "event", "cycle", "occurred_at", "recorded_at",
					  "effective_at", "actor", "note", "details", "implied_by", "automatic"}},
	[TABLE_CLOCK] = {"clock",
					 {"ticket_id", "target", "cycle", "seq", "policy", "policy_version",
					  "milestone", "binding", "provisional", "calendar", "started_at",
					  "created_at", "due_at", "warn_at", "paused_at", "paused_for", "parts_done",
					  "stopped_at", "cancelled_at", "stop_event", "department"}},
	[TABLE_BREACH] = {"breach",
					  {"ticket_id", "target", "cycle", "due_at", "kind", "seq", "policy",
					   "policy_version", "milestone", "binding", "ladder", "born_overdue",
					   "detected_at", "stopped_at", "responsible_role", "responsible",
					   "department", "voided_at", "void_reason"}},
	[TABLE_FINDING] = {"finding", {"ticket_id", "code", "object", "message", "found_at"}},
};

static const struct
{
	QueryId query;
	TableKind table;
} batches[NBATCHES] = {
	[BATCH_EVENTS] = {QUERY_INSERT_EVENTS, TABLE_EVENT},
	[BATCH_NEW_CLOCKS] = {QUERY_INSERT_CLOCKS, TABLE_CLOCK},
	[BATCH_CHANGED_CLOCKS] = {QUERY_UPDATE_CLOCKS, TABLE_CLOCK},
	[BATCH_REMOVED_CLOCKS] = {QUERY_DELETE_CLOCKS, TABLE_CLOCK},
	[BATCH_NEW_BREACHES] = {QUERY_INSERT_BREACHES, TABLE_BREACH},
	[BATCH_CHANGED_BREACHES] = {QUERY_CHANGE_BREACHES, TABLE_BREACH},
	[BATCH_VOIDED_BREACHES] = {QUERY_VOID_BREACHES, TABLE_BREACH},
	[BATCH_FINDINGS] = {QUERY_INSERT_FINDINGS, TABLE_FINDING},
};

/* A table's row type and where our columns are in it. */
typedef struct Shape
{
	TupleDesc desc; /* NULL: not looked up yet */
	int index[MAX_COLUMNS];
} Shape;

typedef struct Batch
{
	int nrows, maxrows;
	Datum *rows;
} Batch;

struct Rows
{
	MemoryContext context; /* of the rows, emptied by every flush */
	Shape shapes[NTABLES];
	Batch batches[NBATCHES];
	int total;
	/* the row that is being put together */
	Shape *shape;
	int column;
	Datum *values;
	bool *nulls;
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

/* shape_of looks a table's row type up, once. */
static Shape *
shape_of(Rows *rows, TableKind table)
{
	Shape *shape = &rows->shapes[table];
	TupleDesc desc;
	MemoryContext old;

	if (shape->desc != NULL)
		return shape;
	desc = lookup_rowtype_tupdesc(get_rel_type_id(sla_relid(tables[table].name, false)), -1);
	old = MemoryContextSwitchTo(GetMemoryChunkContext(rows));
	shape->desc = CreateTupleDescCopy(desc);
	MemoryContextSwitchTo(old);
	ReleaseTupleDesc(desc);
	for (int i = 0; i < MAX_COLUMNS && tables[table].columns[i] != NULL; i++)
	{
		shape->index[i] = -1;
		for (int c = 0; c < shape->desc->natts; c++)
		{
			if (strcmp(NameStr(TupleDescAttr(shape->desc, c)->attname),
					   tables[table].columns[i]) == 0)
				shape->index[i] = c;
		}
		if (shape->index[i] < 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("table \"sla.%s\" has no column \"%s\"", tables[table].name,
								   tables[table].columns[i]),
							errhint("Run SELECT sla.setup() to bring the tables up to date.")));
	}
	return shape;
}

/* begin_row begins a row of a table; the memory context is the rows' until end_row. */
static MemoryContext
begin_row(Rows *rows, BatchKind kind)
{
	Shape *shape = shape_of(rows, batches[kind].table);
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	rows->shape = shape;
	rows->column = 0;
	rows->values = palloc0(sizeof(Datum) * shape->desc->natts);
	rows->nulls = palloc(sizeof(bool) * shape->desc->natts);
	memset(rows->nulls, true, shape->desc->natts);
	return old;
}

/* end_row adds the row to its batch. */
static void
end_row(Rows *rows, BatchKind kind, MemoryContext old)
{
	Batch *batch = &rows->batches[kind];
	HeapTuple tuple = heap_form_tuple(rows->shape->desc, rows->values, rows->nulls);

	if (batch->nrows == batch->maxrows)
	{
		batch->maxrows = batch->maxrows == 0 ? 16 : batch->maxrows * 2;
		batch->rows = batch->rows == NULL
						  ? palloc(sizeof(Datum) * batch->maxrows)
						  : repalloc_huge(batch->rows, sizeof(Datum) * batch->maxrows);
	}
	batch->rows[batch->nrows++] = HeapTupleGetDatum(tuple);
	rows->total++;
	MemoryContextSwitchTo(old);
}

static void
put(Rows *rows, Datum value, bool isnull)
{
	int i = rows->shape->index[rows->column++];

	rows->values[i] = value;
	rows->nulls[i] = isnull;
}

static void
put_int8(Rows *rows, int64 value)
{
	put(rows, Int64GetDatum(value), false);
}

static void
put_int4(Rows *rows, int32 value)
{
	put(rows, Int32GetDatum(value), false);
}

static void
put_bool(Rows *rows, bool value)
{
	put(rows, BoolGetDatum(value), false);
}

/* put_time writes FOLD_NEVER as null. */
static void
put_time(Rows *rows, TimestampTz value)
{
	put(rows, TimestampTzGetDatum(value), value == FOLD_NEVER);
}

static void
put_text(Rows *rows, const char *value)
{
	put(rows, value ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

static void
put_null(Rows *rows)
{
	put(rows, (Datum) 0, true);
}

/* put_elapsed writes microseconds as an interval without days. */
static void
put_elapsed(Rows *rows, int64 value)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = value;
	put(rows, IntervalPGetDatum(interval), false);
}

/* put_names writes a List of C strings as a text array. */
static void
put_names(Rows *rows, List *names)
{
	Datum *elements = palloc(sizeof(Datum) * Max(list_length(names), 1));

	for (int i = 0; i < list_length(names); i++)
		elements[i] = CStringGetTextDatum(list_nth(names, i));
	put(rows,
		PointerGetDatum(construct_array(elements, list_length(names), TEXTOID, -1, false,
										TYPALIGN_INT)),
		false);
}

/* rows_add_event writes a new event. */
void
rows_add_event(Rows *rows, const Work *work, const TicketEvent *event)
{
	MemoryContext old = begin_row(rows, BATCH_EVENTS);

	put_int8(rows, work->ticket_id);
	put_int8(rows, event->no);
	put_text(rows, event->name);
	put_int4(rows, event->cycle);
	put_time(rows, event->occurred_at);
	put_time(rows, event->recorded_at);
	put_time(rows, event->effective_at);
	put_text(rows, event->actor);
	put_text(rows, event->note);
	put(rows, PointerGetDatum(PG_DETOAST_DATUM(event->details)), false);
	put(rows, Int64GetDatum(event->implied_by), event->implied_by == 0);
	put_bool(rows, event->automatic);
	end_row(rows, BATCH_EVENTS, old);
}

/* put_clock_key writes what names a clock. */
static void
put_clock_key(Rows *rows, const Work *work, const FoldClock *clock)
{
	put_int8(rows, work->ticket_id);
	put_text(rows, work->policy->targets[clock->target].name);
	put_int4(rows, clock->cycle);
	put_int4(rows, clock->seq);
}

/* put_clock writes a whole clock. */
static void
put_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	Target *target = &work->policy->targets[clock->target];

	put_clock_key(rows, work, clock);
	put_text(rows, work->policy->name);
	put_int4(rows, work->policy->version);
	put_text(rows, target->milestone);
	put_bool(rows, target->binding);
	put_bool(rows, clock->provisional);
	put_text(rows, target->calendar);
	put_time(rows, clock->started_at);
	put_time(rows, clock->created_at);
	put_time(rows, clock->due_at);
	put_time(rows, clock->warn_at);
	put_time(rows, clock->paused_at);
	put_elapsed(rows, clock->paused_for);
	put_int4(rows, clock->parts_done);
	put_time(rows, clock->stopped_at);
	put_time(rows, clock->cancelled_at);
	put(rows, Int64GetDatum(clock->stop_event), clock->stop_event < 0);
	put_text(rows, work_text(work, &work->states[work->nevents - 1]->row, COLUMN_DEPARTMENT));
}

/* rows_add_clock writes a new clock. */
void
rows_add_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = begin_row(rows, BATCH_NEW_CLOCKS);

	put_clock(rows, work, clock);
	end_row(rows, BATCH_NEW_CLOCKS, old);
}

/* rows_change_clock writes a clock that is stored otherwise. */
void
rows_change_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = begin_row(rows, BATCH_CHANGED_CLOCKS);

	put_clock(rows, work, clock);
	end_row(rows, BATCH_CHANGED_CLOCKS, old);
}

/* rows_remove_clock takes away a clock that, as is known now, never ran. */
void
rows_remove_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = begin_row(rows, BATCH_REMOVED_CLOCKS);

	put_clock_key(rows, work, clock);
	end_row(rows, BATCH_REMOVED_CLOCKS, old);
}

/* put_breach_key writes what names a breach. */
static void
put_breach_key(Rows *rows, const Work *work, const FoldBreach *breach)
{
	put_int8(rows, work->ticket_id);
	put_text(rows, work->policy->targets[breach->target].name);
	put_int4(rows, breach->cycle);
	put_time(rows, breach->due_at);
	put_text(rows, breach_kinds[breach->kind]);
}

/* put_breach writes a whole breach. */
static void
put_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles, List *people,
		   const char *department)
{
	Target *target = &work->policy->targets[breach->target];

	put_breach_key(rows, work, breach);
	put_int4(rows, breach->seq);
	put_text(rows, work->policy->name);
	put_int4(rows, work->policy->version);
	put_text(rows, target->milestone);
	put_bool(rows, target->binding);
	put_text(rows, target->ladder);
	put_bool(rows, breach->due_at < breach->created_at);
	put_time(rows, work->now);
	put_time(rows, breach->stopped_at);
	put_names(rows, roles);
	put_names(rows, people);
	put_text(rows, department);
}

/* rows_add_breach writes a new breach; its consequences are the sweep's work. */
void
rows_add_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles, List *people,
				const char *department)
{
	MemoryContext old = begin_row(rows, BATCH_NEW_BREACHES);

	put_breach(rows, work, breach, roles, people, department);
	end_row(rows, BATCH_NEW_BREACHES, old);
}

/* rows_change_breach writes what changed about a breach, which stands (again). */
void
rows_change_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles,
				   List *people)
{
	MemoryContext old = begin_row(rows, BATCH_CHANGED_BREACHES);

	put_breach(rows, work, breach, roles, people, NULL);
	end_row(rows, BATCH_CHANGED_BREACHES, old);
}

/* rows_void_breach voids a breach that, as is known now, was none. */
void
rows_void_breach(Rows *rows, const Work *work, const StoredBreach *stored, const char *reason)
{
	MemoryContext old = begin_row(rows, BATCH_VOIDED_BREACHES);

	put_breach(rows, work, &stored->breach, NIL, NIL, NULL);
	put_time(rows, work->now);
	put_text(rows, reason);
	end_row(rows, BATCH_VOIDED_BREACHES, old);
}

/* rows_add_violation writes that an event broke a rule which only warns. */
void
rows_add_violation(Rows *rows, const Work *work, const EventRule *rule, const TicketEvent *event,
				   const char *employee)
{
	MemoryContext old = begin_row(rows, BATCH_NEW_BREACHES);

	put_int8(rows, work->ticket_id);
	put_text(rows, rule->name);
	put_int4(rows, event->cycle);
	put_time(rows, event->occurred_at);
	put_text(rows, "process_violation");
	put_int4(rows, 1);
	put_text(rows, work->policy->name);
	put_int4(rows, work->policy->version);
	put_text(rows, rule->name);
	put_bool(rows, rule->binding);
	put_text(rows, rule->ladder);
	put_bool(rows, false);
	put_time(rows, work->now);
	put_null(rows);
	put_names(rows, NIL);
	put_names(rows, employee ? list_make1(unconstify(char *, employee)) : NIL);
	put_text(rows, work_text(work, &work->row, COLUMN_DEPARTMENT));
	end_row(rows, BATCH_NEW_BREACHES, old);
}

/* rows_add_problems writes what configuration got wrong about the ticket. */
void
rows_add_problems(Rows *rows, const Work *work)
{
	ListCell *cell;

	foreach (cell, work->problems)
	{
		Problem *problem = lfirst(cell);
		MemoryContext old = begin_row(rows, BATCH_FINDINGS);

		put_int8(rows, work->ticket_id);
		put_text(rows, problem->code);
		put_text(rows, problem->object);
		put_text(rows, problem->message);
		put_time(rows, work->now);
		end_row(rows, BATCH_FINDINGS, old);
	}
}

/* flush_batch writes one batch. */
static void
flush_batch(Rows *rows, BatchKind kind)
{
	Batch *batch = &rows->batches[kind];
	Datum values[1];

	if (batch->nrows == 0)
		return;
	values[0] = PointerGetDatum(construct_array(batch->rows, batch->nrows,
												rows->shapes[batches[kind].table].desc->tdtypeid,
												-1, false, TYPALIGN_DOUBLE));
	query_run(batches[kind].query, values, NULL);
}

/* rows_flush writes everything and empties the batches. */
void
rows_flush(Rows *rows)
{
	MemoryContext old;

	if (rows->total == 0)
		return;
	old = MemoryContextSwitchTo(rows->context);
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
