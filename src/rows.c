/*
 * rows.c
 *		Rows on their way into the tables, one statement per table.
 *
 * A batch gathers rows in a tuplestore, which a statement reads as the relation
 * new_rows, so that a COPY of a hundred thousand tickets and a single INSERT run the
 * same statements and a row is formed once on its way.  Columns are found by name:
 * what a company adds to one of the tables is left alone.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"
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
	BATCH_RESUMED_BREACHES,
	BATCH_PENALTIES,
	BATCH_FINDINGS,
	NBATCHES
} BatchKind;

/* The tables, and the columns that are written, in the order of the put functions below. */
typedef enum TableKind
{
	TABLE_EVENT,
	TABLE_CLOCK,
	TABLE_BREACH,
	TABLE_PENALTY,
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
	[TABLE_PENALTY] = {"penalty",
					   {"ticket_id", "ladder", "ground", "employee", "subject", "policy",
						"policy_version", "first_due_at", "created_at"}},
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
	[BATCH_RESUMED_BREACHES] = {QUERY_RESUME_BREACHES, TABLE_BREACH},
	[BATCH_PENALTIES] = {QUERY_INSERT_PENALTIES, TABLE_PENALTY},
	[BATCH_FINDINGS] = {QUERY_INSERT_FINDINGS, TABLE_FINDING},
};

typedef struct Batch
{
	int nrows;
	Tuplestorestate *store;
} Batch;

/* What is the same in all rows of a target, as SQL has it. */
typedef struct TargetTexts
{
	bool made;
	Datum name, milestone, calendar;
} TargetTexts;

struct Rows
{
	MemoryContext context; /* of the rows, emptied by every flush */
	TupleDesc shapes[NTABLES]; /* our columns of each table; NULL: not looked up yet */
	Batch batches[NBATCHES];
	int total;
	int64 ticket_id; /* of the last row; changes are flushed for one ticket at a time */
	MonthMarks marks;
	/* the policy of the last clocks */
	const Policy *policy;
	Datum policy_name;
	TargetTexts *texts;
	/* the row that is being put together */
	int column;
	Datum values[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS];
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

/* find_column finds a column of a table by name. */
static AttrNumber
find_column(TupleDesc desc, const char *table, const char *column)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), column) == 0)
			return i + 1;
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("table \"sla.%s\" has no column \"%s\"", table, column),
					errhint("If it was renamed, rename it back: ALTER TABLE sla.%s RENAME COLUMN ... TO "
							"\"%s\"; after an upgrade run SELECT sla.setup().",
							table, column)));
}

/* shape_of looks the types of our columns of a table up, once. */
static TupleDesc
shape_of(Rows *rows, TableKind table)
{
	const char *const *columns = tables[table].columns;
	TupleDesc all;
	MemoryContext old;
	int n = 0;

	if (rows->shapes[table] != NULL)
		return rows->shapes[table];
	all = lookup_rowtype_tupdesc(get_rel_type_id(sla_relid(tables[table].name, false)), -1);
	old = MemoryContextSwitchTo(GetMemoryChunkContext(rows));
	while (n < MAX_COLUMNS && columns[n] != NULL)
		n++;
	rows->shapes[table] = CreateTemplateTupleDesc(n);
	for (int i = 0; i < n; i++)
		TupleDescCopyEntry(rows->shapes[table], i + 1, all,
						   find_column(all, tables[table].name, columns[i]));
	MemoryContextSwitchTo(old);
	ReleaseTupleDesc(all);
	return rows->shapes[table];
}

/* begin_row begins a row of a table; the memory context is the rows' until end_row. */
static MemoryContext
begin_row(Rows *rows)
{
	rows->column = 0;
	return MemoryContextSwitchTo(rows->context);
}

/* end_row adds the row, whose last columns may be left out, to its batch. */
static void
end_row(Rows *rows, BatchKind kind, MemoryContext old)
{
	Batch *batch = &rows->batches[kind];
	TupleDesc shape = shape_of(rows, batches[kind].table);

	memset(rows->nulls + rows->column, true, sizeof(bool) * (MAX_COLUMNS - rows->column));
	if (batch->store == NULL)
		batch->store = tuplestore_begin_heap(false, false, work_mem);
	tuplestore_putvalues(batch->store, shape, rows->values, rows->nulls);
	batch->nrows++;
	rows->total++;
	rows->ticket_id = DatumGetInt64(rows->values[0]);
	MemoryContextSwitchTo(old);
}

static void
put(Rows *rows, Datum value, bool isnull)
{
	rows->values[rows->column] = value;
	rows->nulls[rows->column++] = isnull;
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
	static const Interval nothing = {0};
	Interval *interval;

	if (value == 0)
	{
		put(rows, PointerGetDatum(&nothing), false);
		return;
	}
	interval = palloc0(sizeof(Interval));
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
	MemoryContext old = begin_row(rows);

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

/* texts_of makes the texts of a target, once as long as the policy stays the same. */
static TargetTexts *
texts_of(Rows *rows, const Policy *policy, int number)
{
	const Target *target = &policy->targets[number];
	TargetTexts *texts;

	if (rows->policy != policy)
	{
		rows->policy = policy;
		rows->policy_name = CStringGetTextDatum(policy->name);
		rows->texts = palloc0(sizeof(TargetTexts) * policy->ntargets);
	}
	texts = &rows->texts[number];
	if (!texts->made)
	{
		texts->name = CStringGetTextDatum(target->name);
		texts->milestone = CStringGetTextDatum(target->milestone);
		texts->calendar = CStringGetTextDatum(target->calendar);
		texts->made = true;
	}
	return texts;
}

/* put_clock_key writes what names a clock. */
static void
put_clock_key(Rows *rows, const Work *work, const FoldClock *clock)
{
	put_int8(rows, work->ticket_id);
	put(rows, texts_of(rows, work->policy, clock->target)->name, false);
	put_int4(rows, clock->cycle);
	put_int4(rows, clock->seq);
}

/* put_clock writes a whole clock. */
static void
put_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	TargetTexts *texts = texts_of(rows, work->policy, clock->target);
	/* as it stood once what happened at the start had happened */
	TicketRow *ticket = &work_state_before(work, clock->started_at + 1)->row;
	int department = work_column(work, COLUMN_DEPARTMENT);

	put_clock_key(rows, work, clock);
	put(rows, rows->policy_name, false);
	put_int4(rows, work->policy->version);
	put(rows, texts->milestone, false);
	put_bool(rows, work->policy->targets[clock->target].binding);
	put_bool(rows, clock->provisional);
	put(rows, texts->calendar, false);
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
	put(rows, ticket->values[department], ticket->nulls[department]);
}

/* rows_add_clock writes a new clock. */
void
rows_add_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = begin_row(rows);

	put_clock(rows, work, clock);
	end_row(rows, BATCH_NEW_CLOCKS, old);
}

/* rows_change_clock writes a clock that is stored otherwise. */
void
rows_change_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = begin_row(rows);

	put_clock(rows, work, clock);
	end_row(rows, BATCH_CHANGED_CLOCKS, old);
}

/* rows_remove_clock takes away a clock that, as is known now, never ran. */
void
rows_remove_clock(Rows *rows, const Work *work, const FoldClock *clock)
{
	MemoryContext old = begin_row(rows);

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
	MemoryContext old = begin_row(rows);

	put_breach(rows, work, breach, roles, people, department);
	end_row(rows, BATCH_NEW_BREACHES, old);
}

/* rows_change_breach writes what changed about a breach, which stands (again). */
void
rows_change_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles,
				   List *people, const char *department)
{
	MemoryContext old = begin_row(rows);

	put_breach(rows, work, breach, roles, people, department);
	end_row(rows, BATCH_CHANGED_BREACHES, old);
}

/* rows_void_breach voids a breach that, as is known now, was none. */
void
rows_void_breach(Rows *rows, const Work *work, const StoredBreach *stored, const char *reason)
{
	MemoryContext old = begin_row(rows);

	put_breach(rows, work, &stored->breach, NIL, NIL, NULL);
	put_time(rows, work->now);
	put_text(rows, reason);
	end_row(rows, BATCH_VOIDED_BREACHES, old);
}

/* rows_resume_breach writes that a promise, once missed and then fallen away, holds again. */
void
rows_resume_breach(Rows *rows, const Work *work, const FoldBreach *breach)
{
	MemoryContext old = begin_row(rows);

	put_breach(rows, work, breach, NIL, NIL, NULL);
	end_row(rows, BATCH_RESUMED_BREACHES, old);
}

/* rows_add_violation writes that an event broke a rule which only warns. */
void
rows_add_violation(Rows *rows, const Work *work, const EventRule *rule, const TicketEvent *event,
				   const char *employee)
{
	MemoryContext old = begin_row(rows);

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

/* rows_add_penalty writes a candidate that an event calls for. */
void
rows_add_penalty(Rows *rows, const Work *work, const PenaltyRule *rule, const TicketEvent *event,
				 const char *party)
{
	MemoryContext old = begin_row(rows);

	put_int8(rows, work->ticket_id);
	put_text(rows, rule->ladder);
	put_text(rows, rule->step);
	put_text(rows, party);
	put_text(rows, rule->subject);
	put_text(rows, work->policy->name);
	put_int4(rows, work->policy->version);
	put_time(rows, event->effective_at);
	put_time(rows, work->now);
	end_row(rows, BATCH_PENALTIES, old);
}

/* rows_add_problems writes what configuration got wrong about the ticket. */
void
rows_add_problems(Rows *rows, const Work *work)
{
	ListCell *cell;

	foreach (cell, work->problems)
	{
		Problem *problem = lfirst(cell);
		MemoryContext old = begin_row(rows);

		put_int8(rows, work->ticket_id);
		put_text(rows, problem->code);
		put_text(rows, problem->object);
		put_text(rows, problem->message);
		put_time(rows, work->now);
		end_row(rows, BATCH_FINDINGS, old);
	}
}

/* rows_note notes that the figures of the month of an instant change with the rows. */
void
rows_note(Rows *rows, TimestampTz at)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	months_note(&rows->marks, at);
	MemoryContextSwitchTo(old);
}

/* flush_batch writes one batch. */
static void
flush_batch(Rows *rows, BatchKind kind)
{
	Batch *batch = &rows->batches[kind];
	NewRows new_rows = {rows->shapes[batches[kind].table], batch->store, batch->nrows};

	if (batch->nrows == 0)
		return;
	query_write(batches[kind].query, &new_rows, rows->ticket_id);
	tuplestore_end(batch->store);
}

/* rows_flush writes everything and empties the batches. */
void
rows_flush(Rows *rows)
{
	if (rows->total == 0)
		return;
	for (int kind = 0; kind < NBATCHES; kind++)
		flush_batch(rows, kind);
	months_write(&rows->marks, rows->ticket_id);
	MemoryContextReset(rows->context);
	memset(rows->batches, 0, sizeof(rows->batches));
	rows->policy = NULL;
	rows->total = 0;
}

/* rows_full tells whether it is time to write. */
bool
rows_full(const Rows *rows)
{
	return rows->total >= ROWS_PER_FLUSH;
}
