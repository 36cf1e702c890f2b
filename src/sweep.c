/*
 * sweep.c
 *		The passing of time: what nobody's action brings about.
 *
 * An agent's work is judged at once by the triggers of ticket.c.  A deadline that
 * passes while nothing happens is nobody's statement; sla.sweep() finds it and
 * writes what follows: the breach, the next interval of a repeating promise,
 * escalations, notifications, penalty candidates, warnings.  First of all it opens the
 * duties whose period has begun (duty.sql), so that one that is due already, after an
 * outage, is found missed in the same run.
 *
 * How this part stays correct:
 *
 * Truth does not depend on it.  A breach's time is its deadline, whenever the sweep
 * comes (T-5, W-3); everything it writes has a natural key and is inserted with ON
 * CONFLICT DO NOTHING, so that a sweep that comes twice, or after the trigger that
 * wrote the same miss, changes nothing.
 *
 * It updates no clock and waits for no ticket (W-1).  A due clock is locked with
 * SKIP LOCKED; every writer of a ticket locks the ticket's running clocks before it
 * reads anything (E-4), so that whoever is at work on the ticket either holds the
 * clock, and we pass it by, or waits for us and then reads what we wrote.  The
 * facts about a clock (who holds the ticket, what happened since the deadline) are
 * therefore read by a new statement after the lock.  One clock is unknown to such a
 * writer: an interval that an earlier sweep began while the writer waited.  Where
 * the interval is not the first, the ticket is locked as well.
 *
 * Only the plain case is decided here: a clock that simply ran out, with no event
 * at or after its deadline.  Everything else (timers, half-finished all-of stops,
 * events after the deadline) is left to the fold through ticket_refold().
 *
 * breach.settled_at is null while the consequences of a breach have not been drawn:
 * triggers and people's decisions leave it null whenever they write a breach, or
 * change one, and the sweep settles it.  Misses that the sweep finds are born
 * settled, which saves an update.
 *
 * Nor do its consequences depend on when it comes.  They follow from what was known, and
 * from who had the ticket, when they were due; whoever is about to record something that
 * changes either has first written the misses so far and decided about their steps
 * (work_catch_up() in ticket.c, sweep_decide_steps() below).  Since the last record
 * nothing has changed, so what holds now held when they were due.  Warnings are not
 * decided ahead: it may be too late for them (V-23).
 *
 * The low-water mark makes an idle sweep cheap.  A scan for due clocks begins at
 * the mark, since everything due before it has its consequences.  This is exact
 * beside transactions in flight.  A clock that a scan as of A cannot see was written
 * by a transaction that had its number before the scan, or by one that got it later;
 * the latter, which looks at the time after it has begun to write, finds a deadline
 * before A already past and writes the breach itself (E-11).  So each run notes the
 * next number to be assigned before it scans.  (The xmax of a snapshot will not do:
 * it is one past the last number that has ended, and those in progress may lie above
 * it.)  The mark may move to A once a later run, whose scan still begins below A,
 * sees all transactions below that number ended and ends with nothing left and
 * nothing skipped.  It never moves back.  Clocks written past the triggers, or while
 * the machine's time was set back, are found by every tenth run, which ignores it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "common/int.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/xid8.h"

#include "sla_ext.h"

#define MAX_CLOCKS 100000	 /* upper limit of the argument max_clocks */
#define MISSES_PER_CLOCK 4	 /* room for long chains: so many misses per clock asked for */
#define FULL_EVERY 10		 /* every so many runs the mark is ignored */
#define SWEEP_LOCK 0x736C61	 /* first half of the advisory lock's key; the second is 1 */
#define NO_TIME PG_INT64_MAX /* null in a timestamptz column; also FOLD_NEVER */
#define MAX_COLUMNS 15
#define RESULT_COLUMNS 9

/*
 * A batch collects rows for one statement, column by column, so that they are
 * written at once from unnested arrays.  The statement's last argument is a time.
 */
typedef struct Batch
{
	QueryId query;
	int ncolumns;
	Oid types[MAX_COLUMNS];
	int n;
	int max;
	Datum *values[MAX_COLUMNS];
	bool *nulls[MAX_COLUMNS];
} Batch;

/* The low-water mark and what is needed to move it, as read before the scan. */
typedef struct Marks
{
	TimestampTz low_water;		/* everything due before it is done; DT_NOBEGIN: nothing */
	TimestampTz next_low_water; /* where it may move once next_xid has passed */
	uint64 next_xid;			/* 0: no run has prepared a move */
	TimestampTz resume_at;		/* where the last call left off; DT_NOBEGIN: at the end */
	int64 runs;
	TimestampTz last_as_of;	  /* of the last run; DT_NOBEGIN: there was none */
	TimestampTz next_duty_at; /* no duty is to be opened before; DT_NOBEGIN: not known */
	int64 duty_rows;		  /* tells whether policies and duties have changed since */
	bool same_duties;		  /* they have not */
	TimestampTz assess_at; /* until then no period is to be assessed; DT_NOBEGIN: unknown */
	uint64 xmin;	 /* before the scan, all transactions below had ended */
	uint64 next_new; /* and none from here on had begun */
} Marks;

/* What a sweep has done. */
typedef struct Counts
{
	int64 swept;
	int64 warnings;
	int64 breaches;
	int64 escalations;
	int64 notifications;
	int64 penalties;
	int64 duties;
} Counts;

typedef struct Sweep
{
	TimestampTz as_of;
	TimestampTz started_at;
	int64 limit;
	Marks marks;
	bool full;			   /* the mark is ignored */
	bool resumed;		   /* goes on where an earlier call left off */
	TimestampTz from;	   /* deadlines are looked for from here */
	TimestampTz warn_from; /* and warnings from here */
	bool left_over;		   /* other due clocks were not judged */
	int64 hopeless;		   /* due clocks that no run can judge, as a finding says */
	bool more;			   /* a limit was reached */
	TimestampTz resume_at;
	Counts counts;
	Batch breaches;
	Batch intervals;
	Batch settled;
	Batch raised;		 /* escalations raised at once */
	Batch warned;		 /* warnings raised at once */
	Batch planned;		 /* escalations and warnings for later */
	Batch raised_plans;	 /* planned ones whose time has come */
	Batch dropped_plans; /* planned ones that have become untrue */
	Batch notifications;
	Batch findings;
	MonthMarks months; /* whose figures change */
	Batch penalised; /* tickets whose penalties are to be looked at */
} Sweep;

/* A clock that has run out, as locked, and what is known of its ticket then. */
typedef struct DueClock
{
	int64 ticket_id;
	char *target_name;
	int32 cycle;
	int32 seq;
	char *policy_name;
	int32 version;
	char *milestone;
	bool binding;
	bool provisional;
	char *calendar;
	TimestampTz created_at;
	TimestampTz due_at;
	int32 parts_done;
	Holders holders;
	bool eventful;	/* an event at or after the deadline */
	bool done;		/* somebody has judged it meanwhile */
	bool contested; /* somebody is at work on the ticket */
	const Target *target;
	FoldTarget *rule;
} DueClock;

/* What an escalation is about. */
typedef struct Subject
{
	int64 ticket_id;
	const char *target;
	int32 cycle;
	int32 seq;
	TimestampTz due_at;
	const char *kind;
	const char *milestone;
	Holders holders;
	TimestampTz known_at; /* of a miss born overdue: when it became known; else DT_NOBEGIN */
} Subject;

static bool try_lock(void);
static void run_sweep(Sweep *sweep);

/*
 * ---- The SQL function ----
 */

/* check_arguments fills in the instant and refuses what cannot be swept. */
static void
check_arguments(FunctionCallInfo fcinfo, Sweep *sweep)
{
	TimestampTz now = sla_now();

	sweep->as_of = PG_ARGISNULL(0) ? now : PG_GETARG_TIMESTAMPTZ(0);
	sweep->limit = PG_ARGISNULL(1) ? 10000 : PG_GETARG_INT32(1);
	sweep->started_at = GetCurrentTimestamp();
	if (sweep->as_of > now)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cannot sweep as of %s, which has not come yet",
							   timestamptz_to_str(sweep->as_of)),
						errhint("Leave as_of out to sweep as of now.")));
	if (sweep->limit < 1 || sweep->limit > MAX_CLOCKS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_clocks must be between 1 and %d", MAX_CLOCKS),
						errhint("Use sla.sweep_all() to sweep everything in batches.")));
	PreventCommandIfReadOnly("sla.sweep()");
	PreventCommandIfParallelMode("sla.sweep()");
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_STATE),
						errmsg("cannot sweep in a REPEATABLE READ or SERIALIZABLE transaction"),
						errhint("Use READ COMMITTED; sla.sweep_all() does so by itself.")));
}

/* result_row makes the row that sla.sweep() returns. */
static Datum
result_row(FunctionCallInfo fcinfo, const Sweep *sweep, bool busy)
{
	const Counts *counts = &sweep->counts;
	TupleDesc desc;
	Datum values[RESULT_COLUMNS] = {Int64GetDatum(counts->swept),
									Int64GetDatum(counts->warnings),
									Int64GetDatum(counts->breaches),
									Int64GetDatum(counts->escalations),
									Int64GetDatum(counts->notifications),
									Int64GetDatum(counts->penalties),
									Int64GetDatum(counts->duties),
									BoolGetDatum(sweep->more),
									BoolGetDatum(busy)};
	bool nulls[RESULT_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != RESULT_COLUMNS)
		elog(ERROR, "sla.sweep() is declared with another result");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

PG_FUNCTION_INFO_V1(sla_sweep);
/* sla_sweep is SQL's sla.sweep(as_of, max_clocks): one transaction's worth of work. */
Datum
sla_sweep(PG_FUNCTION_ARGS)
{
	Sweep *sweep = palloc0(sizeof(Sweep));
	OwnerSwitch saved;
	bool busy;

	check_arguments(fcinfo, sweep);
	sla_owner_begin(&saved);
	busy = !try_lock();
	if (!busy)
	{
		int level = query_begin();

		run_sweep(sweep);
		query_end(level);
	}
	sla_owner_end(&saved);
	PG_RETURN_DATUM(result_row(fcinfo, sweep, busy));
}

/* try_lock takes the lock that only one sweep holds, to the end of the transaction. */
static bool
try_lock(void)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, SWEEP_LOCK, 1, 2);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

/*
 * ---- Values, rows and batches ----
 */

static inline NullableDatum
of_int8(int64 value)
{
	return (NullableDatum){Int64GetDatum(value), false};
}

static inline NullableDatum
of_int4(int32 value)
{
	return (NullableDatum){Int32GetDatum(value), false};
}

static inline NullableDatum
of_bool(bool value)
{
	return (NullableDatum){BoolGetDatum(value), false};
}

static inline NullableDatum
of_time(TimestampTz value)
{
	return (NullableDatum){TimestampTzGetDatum(value), value == NO_TIME};
}

static inline NullableDatum
of_text(const char *value)
{
	return (NullableDatum){value ? CStringGetTextDatum(value) : (Datum)0, value == NULL};
}

/* list_literal writes a List of C strings the way a text[] is written. */
static char *
list_literal(List *names)
{
	StringInfoData literal;
	ListCell *cell;

	initStringInfo(&literal);
	appendStringInfoChar(&literal, '{');
	foreach (cell, names)
	{
		appendStringInfoString(&literal, literal.len > 1 ? ",\"" : "\"");
		for (const char *c = lfirst(cell); *c; c++)
		{
			if (*c == '"' || *c == '\\')
				appendStringInfoChar(&literal, '\\');
			appendStringInfoChar(&literal, *c);
		}
		appendStringInfoChar(&literal, '"');
	}
	appendStringInfoChar(&literal, '}');
	return literal.data;
}

/* The columns of a row of the last statement's result; null is 0 or what is given. */
static Datum
column(int row, int number, bool *isnull)
{
	SPITupleTable *table = SPI_tuptable;

	return SPI_getbinval(table->vals[row], table->tupdesc, number, isnull);
}

static int64
column_int8(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

static int32
column_int4(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

static bool
column_bool(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return !isnull && DatumGetBool(value);
}

static TimestampTz
column_time(int row, int number, TimestampTz otherwise)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? otherwise : DatumGetTimestampTz(value);
}

static char *
column_text(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static bool
column_null(int row, int number)
{
	bool isnull;

	(void) column(row, number, &isnull);
	return isnull;
}

/* column_xid reads a transaction number; null is 0. */
static uint64
column_xid(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);

	return isnull ? 0 : U64FromFullTransactionId(DatumGetFullTransactionId(value));
}

/* column_holders reads owner, assignee and department. */
static Holders
column_holders(int row, int number)
{
	return (Holders){.owner = column_text(row, number),
					 .assignee = column_text(row, number + 1),
					 .department = column_text(row, number + 2)};
}

/* column_names reads a text[] as a List of C strings. */
static List *
column_names(int row, int number)
{
	bool isnull;
	Datum value = column(row, number, &isnull);
	Datum *elements;
	bool *nulls;
	int n;
	List *names = NIL;

	if (isnull)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

/* add_row adds a row to a batch. */
static void
add_row(Batch *batch, const NullableDatum *row)
{
	if (batch->n == batch->max)
	{
		int max = batch->max == 0 ? 64 : batch->max * 2;

		for (int i = 0; i < batch->ncolumns; i++)
		{
			batch->values[i] = batch->max == 0 ? palloc(sizeof(Datum) * max)
											   : repalloc(batch->values[i], sizeof(Datum) * max);
			batch->nulls[i] = batch->max == 0 ? palloc(sizeof(bool) * max)
											  : repalloc(batch->nulls[i], sizeof(bool) * max);
		}
		batch->max = max;
	}
	for (int i = 0; i < batch->ncolumns; i++)
	{
		batch->values[i][batch->n] = row[i].value;
		batch->nulls[i][batch->n] = row[i].isnull;
	}
	batch->n++;
}

/* run_batch runs a batch's statement, empties it and returns the rows processed. */
static uint64
run_batch(Batch *batch, TimestampTz at)
{
	Datum values[MAX_COLUMNS + 1];
	char nulls[MAX_COLUMNS + 1];
	int n = batch->n;

	if (n == 0)
		return 0;
	for (int i = 0; i < batch->ncolumns; i++)
	{
		int lower = 1;
		int16 length;
		bool byval;
		char align;

		get_typlenbyvalalign(batch->types[i], &length, &byval, &align);
		values[i] =
			PointerGetDatum(construct_md_array(batch->values[i], batch->nulls[i], 1, &n, &lower,
											   batch->types[i], length, byval, align));
		nulls[i] = ' ';
	}
	values[batch->ncolumns] = TimestampTzGetDatum(at);
	nulls[batch->ncolumns] = at == NO_TIME ? 'n' : ' ';
	batch->n = 0;
	return query_run(batch->query, values, nulls);
}

/* init_batches says what each batch collects and which statement takes it. */
static void
init_batches(Sweep *sweep)
{
	static const Batch escalations = {.query = QUERY_SWEEP_ESCALATIONS,
									  .ncolumns = 12,
									  .types = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID,
												INT4OID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID,
												TEXTOID, TEXTOID}};

	sweep->breaches =
		(Batch){.query = QUERY_SWEEP_BREACHES,
				.ncolumns = 15,
				.types = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, INT4OID, TEXTOID,
						  INT4OID, TEXTOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID, TEXTOID, TEXTOID}};
	sweep->intervals = (Batch){.query = QUERY_SWEEP_INTERVALS,
							   .ncolumns = 15,
							   .types = {INT8OID, TEXTOID, INT4OID, INT4OID, TEXTOID, INT4OID,
										 TEXTOID, BOOLOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
										 TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, TEXTOID}};
	sweep->settled = (Batch){.query = QUERY_SWEEP_SETTLE,
							 .ncolumns = 5,
							 .types = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID}};
	sweep->raised = escalations;
	sweep->warned = escalations;
	sweep->planned = escalations;
	sweep->raised_plans =
		(Batch){.query = QUERY_SWEEP_RAISE,
				.ncolumns = 8,
				.types = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, INT4OID, TEXTOID,
						  TEXTOID}};
	sweep->dropped_plans =
		(Batch){.query = QUERY_SWEEP_DROP,
				.ncolumns = 6,
				.types = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, INT4OID}};
	sweep->notifications = (Batch){.query = QUERY_SWEEP_NOTIFICATIONS,
								   .ncolumns = 9,
								   .types = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID,
											 INT4OID, TEXTOID, TEXTOID, TEXTOID}};
	sweep->findings = (Batch){.query = QUERY_SWEEP_FINDINGS,
							  .ncolumns = 4,
							  .types = {TEXTOID, TEXTOID, INT8OID, TEXTOID}};
	sweep->penalised = (Batch){.query = QUERY_SWEEP_PENALTIES, .ncolumns = 1, .types = {INT8OID}};
}

/* find notes something about a ticket that somebody has to put right. */
static void
find(Sweep *sweep, const char *code, const char *object, int64 ticket_id, const char *message)
{
	add_row(&sweep->findings, (NullableDatum[]){of_text(code), of_text(object), of_int8(ticket_id),
												of_text(message)});
}

/* leave_off ends the work before a deadline, from which the next call goes on. */
static void
leave_off(Sweep *sweep, TimestampTz due_at)
{
	sweep->more = true;
	sweep->resume_at = Min(sweep->resume_at, due_at);
}

/*
 * ---- Escalations ----
 */

/* find_recipients returns the people in some roles, and the roles that nobody holds. */
static List *
find_recipients(List *roles, const Holders *holders, List **unfilled)
{
	List *recipients = NIL;
	ListCell *cell;

	*unfilled = NIL;
	foreach (cell, roles)
	{
		List *people = people_in_role(lfirst(cell), holders);

		if (people == NIL)
			*unfilled = lappend(*unfilled, lfirst(cell));
		recipients = names_add(recipients, people);
	}
	return recipients;
}

/* find_unfilled notes roles of a raised escalation that nobody held. */
static void
find_unfilled(Sweep *sweep, int64 ticket_id, List *unfilled)
{
	ListCell *cell;

	foreach (cell, unfilled)
		find(sweep, "role_unresolved", lfirst(cell), ticket_id,
			 psprintf("an escalation was raised for role \"%s\", which nobody holds",
					  (char *)lfirst(cell)));
}

/* notify puts one notification per recipient into the outbox. */
static void
notify(Sweep *sweep, const Subject *subject, int level, const char *medium, List *recipients)
{
	ListCell *cell;

	foreach (cell, recipients)
		add_row(&sweep->notifications,
				(NullableDatum[]){of_int8(subject->ticket_id), of_text(subject->target),
								  of_int4(subject->cycle), of_time(subject->due_at),
								  of_text(subject->kind), of_int4(level), of_text(lfirst(cell)),
								  of_text(medium), of_text(subject->milestone)});
}

/* add_plan adds one level of an escalation that is to be raised later. */
static void
add_plan(Sweep *sweep, const Subject *subject, const Step *step, TimestampTz raise_at, List *roles)
{
	add_row(&sweep->planned,
			(NullableDatum[]){of_int8(subject->ticket_id), of_text(subject->target),
							  of_int4(subject->cycle), of_time(subject->due_at),
							  of_text(subject->kind), of_int4(step->level), of_int4(subject->seq),
							  of_time(raise_at), of_text(list_literal(roles)), of_text("{}"),
							  of_text(NULL), of_text(step->medium)});
}

/* raise_step raises one level at once and tells its recipients. */
static void
raise_step(Sweep *sweep, Batch *batch, const Subject *subject, const Step *step,
		   TimestampTz raise_at, List *roles)
{
	List *unfilled;
	List *recipients = find_recipients(roles, &subject->holders, &unfilled);

	add_row(batch,
			(NullableDatum[]){of_int8(subject->ticket_id), of_text(subject->target),
							  of_int4(subject->cycle), of_time(subject->due_at),
							  of_text(subject->kind), of_int4(step->level), of_int4(subject->seq),
							  of_time(raise_at), of_text(list_literal(roles)),
							  of_text(list_literal(recipients)), of_text(list_literal(unfilled)),
							  of_text(step->medium)});
	find_unfilled(sweep, subject->ticket_id, unfilled);
	notify(sweep, subject, step->level, step->medium, recipients);
}

/* step_roles returns a step's own roles, or else those that are given. */
static List *
step_roles(const Step *step, char *const *otherwise, int notherwise)
{
	char *const *names = step->nroles > 0 ? step->roles : otherwise;
	int n = step->nroles > 0 ? step->nroles : notherwise;
	List *roles = NIL;

	for (int i = 0; i < n; i++)
		roles = lappend(roles, names[i]);
	return roles;
}

/*
 * step_time returns when a breach step is raised, which is not before the miss could be known;
 * false if that is beyond all time.
 */
static bool
step_time(const Step *step, const Subject *subject, TimestampTz *raise_at)
{
	if (step->at_fraction > 0 || pg_add_s64_overflow(subject->due_at, step->after, raise_at) ||
		!IS_VALID_TIMESTAMP(*raise_at))
		return false;
	*raise_at = Max(*raise_at, subject->known_at);
	return true;
}

/* escalate_miss raises the steps whose time has come and plans the later ones. */
static void
escalate_miss(Sweep *sweep, const DueClock *clock, FoldKind kind)
{
	const Target *target = clock->target;
	Subject subject = {.ticket_id = clock->ticket_id,
					   .target = clock->target_name,
					   .cycle = clock->cycle,
					   .seq = clock->seq,
					   .due_at = clock->due_at,
					   .kind = breach_kinds[kind],
					   .milestone = clock->milestone,
					   .holders = clock->holders,
					   .known_at = clock->due_at < clock->created_at ? clock->created_at
																	 : DT_NOBEGIN};

	for (int i = 0; i < target->nsteps; i++)
	{
		const Step *step = &target->steps[i];
		List *roles = step_roles(step, target->notify, target->nnotify);
		TimestampTz raise_at;

		if (!step_time(step, &subject, &raise_at))
			continue;
		if (raise_at <= sweep->as_of)
			raise_step(sweep, &sweep->raised, &subject, step, raise_at, roles);
		else
			add_plan(sweep, &subject, step, raise_at, roles);
	}
}

/*
 * ---- Duties ----
 */

/* tell_opened tells the people in a duty's roles of its new tickets. */
static void
tell_opened(Sweep *sweep, Datum tickets)
{
	int n = (int)query_run(QUERY_SWEEP_OPENED, &tickets, NULL);
	SPITupleTable *table = SPI_tuptable;

	for (int i = 0; i < n; i++)
	{
		Subject subject = {.ticket_id = column_int8(i, 1),
						   .target = column_text(i, 2),
						   .cycle = 1,
						   .due_at = column_time(i, 3, 0),
						   .kind = "event",
						   .holders = column_holders(i, 4)};
		List *recipients = NIL;
		ListCell *cell;

		foreach (cell, column_names(i, 7))
		{
			List *people = people_in_role(lfirst(cell), &subject.holders);

			if (people == NIL)
				find(sweep, "role_unresolved", lfirst(cell), subject.ticket_id,
					 psprintf("duty \"%s\" was opened for role \"%s\", which nobody holds",
							  subject.target, (char *)lfirst(cell)));
			recipients = names_add(recipients, people);
		}
		notify(sweep, &subject, 0, "inbox", recipients);
	}
	SPI_freetuptable(table);
}

/*
 * open_duties opens the duties whose period has begun.  While none can begin and no row
 * of a policy or duty has changed, it is not even asked.
 */
static void
open_duties(Sweep *sweep)
{
	Marks *marks = &sweep->marks;
	Datum values[3] = {TimestampTzGetDatum(sweep->as_of), Int64GetDatum(sweep->limit),
					   TimestampTzGetDatum(marks->last_as_of)};
	SPITupleTable *table;
	bool isnull;
	Datum tickets;

	if (marks->same_duties && sweep->as_of < marks->next_duty_at && !sweep->full &&
		!sla_now_is_set())
		return;
	query_run(QUERY_SWEEP_DUTIES, values, NULL);
	table = SPI_tuptable;
	tickets = column(0, 1, &isnull);
	sweep->counts.duties = column_int4(0, 2);
	sweep->counts.breaches += column_int8(0, 3);
	sweep->more = column_bool(0, 4);
	marks->next_duty_at = sla_now_is_set() ? DT_NOBEGIN : column_time(0, 5, DT_NOBEGIN);
	if (sweep->counts.duties > 0)
		tell_opened(sweep, tickets);
	SPI_freetuptable(table);
}

/*
 * ---- Breaches that nobody's action has brought about ----
 */

/* find_target looks a target of a policy version up; NULL if there is none. */
static const Target *
find_target(const char *policy_name, int32 version, const char *name, FoldTarget **rule)
{
	Policy *policy = policy_find(policy_name, version);

	for (int i = 0; policy != NULL && i < policy->ntargets; i++)
	{
		if (strcmp(policy->targets[i].name, name) == 0)
		{
			*rule = &policy->fold[i];
			return &policy->targets[i];
		}
	}
	return NULL;
}

/* find_unknown_target notes that a clock, or a breach, has lost its target. */
static void
find_unknown_target(Sweep *sweep, int64 ticket_id, const char *policy, int32 version,
					const char *target)
{
	find(sweep, "target_unknown", target, ticket_id,
		 psprintf("policy \"%s\" version %d has no target \"%s\"", policy, version, target));
}

/* any_due tells whether more than so many due clocks are without consequences. */
static bool
any_due(Sweep *sweep, int64 beyond)
{
	query_run(QUERY_SWEEP_PROBE,
			  (Datum[]){TimestampTzGetDatum(sweep->from), TimestampTzGetDatum(sweep->as_of),
						Int64GetDatum(beyond + 1)},
			  NULL);
	return column_int8(0, 1) > beyond;
}

/* lock_due locks and reads them, in the order of their deadlines. */
static DueClock *
lock_due(Sweep *sweep, int *n)
{
	DueClock *clocks;

	*n = (int)query_run(QUERY_SWEEP_LOCK,
						(Datum[]){TimestampTzGetDatum(sweep->from),
								  TimestampTzGetDatum(sweep->as_of), Int64GetDatum(sweep->limit)},
						NULL);
	clocks = palloc0(sizeof(DueClock) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		clocks[i] = (DueClock){.ticket_id = column_int8(i, 1),
							   .target_name = column_text(i, 2),
							   .cycle = column_int4(i, 3),
							   .seq = column_int4(i, 4),
							   .policy_name = column_text(i, 5),
							   .version = column_int4(i, 6),
							   .milestone = column_text(i, 7),
							   .binding = column_bool(i, 8),
							   .provisional = column_bool(i, 9),
							   .calendar = column_text(i, 10),
							   .created_at = column_time(i, 11, 0),
							   .due_at = column_time(i, 12, 0),
							   .parts_done = column_int4(i, 13)};
		clocks[i].target =
			find_target(clocks[i].policy_name, clocks[i].version, clocks[i].target_name,
						&clocks[i].rule);
	}
	SPI_freetuptable(SPI_tuptable);
	return clocks;
}

/* lock_contested locks the tickets of later intervals, and marks those it cannot get. */
static void
lock_contested(DueClock *clocks, int n)
{
	Batch tickets = {.query = QUERY_SWEEP_LOCK_TICKETS, .ncolumns = 1, .types = {INT8OID}};
	int ngot;
	int got = 0;

	for (int i = 0; i < n; i++)
	{
		if (clocks[i].seq > 1)
			add_row(&tickets, (NullableDatum[]){of_int8(clocks[i].ticket_id)});
	}
	if (tickets.n == 0)
		return;
	ngot = (int)run_batch(&tickets, NO_TIME);
	for (int i = 0; i < n; i++)
	{
		while (got < ngot && column_int8(got, 1) < clocks[i].ticket_id)
			got++;
		clocks[i].contested =
			clocks[i].seq > 1 && (got == ngot || column_int8(got, 1) != clocks[i].ticket_id);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* learn_facts reads, now that the clocks are locked, what their judgement depends on. */
static void
learn_facts(DueClock *clocks, int n)
{
	Batch facts = {.query = QUERY_SWEEP_FACTS,
				   .ncolumns = 6,
				   .types = {INT8OID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID, BOOLOID}};

	for (int i = 0; i < n; i++)
		add_row(&facts,
				(NullableDatum[]){of_int8(clocks[i].ticket_id), of_text(clocks[i].target_name),
								  of_int4(clocks[i].cycle), of_int4(clocks[i].seq),
								  of_time(clocks[i].due_at), of_bool(clocks[i].provisional)});
	if (run_batch(&facts, NO_TIME) != n)
		elog(ERROR, "the facts of some clocks are missing");
	for (int i = 0; i < n; i++)
	{
		clocks[i].holders = column_holders(i, 1);
		clocks[i].eventful = column_bool(i, 4);
		clocks[i].done = column_bool(i, 5);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* count_breaches counts the breaches of a ticket that stand. */
static int64
count_breaches(int64 ticket_id)
{
	int64 n;

	query_run(QUERY_SWEEP_COUNT, (Datum[]){Int64GetDatum(ticket_id)}, NULL);
	n = column_int8(0, 1);
	SPI_freetuptable(SPI_tuptable);
	return n;
}

/*
 * refold lets the fold decide about a ticket.  Its error is a finding about that
 * ticket: one that cannot be folded must not keep all others from being swept.
 */
static void
refold(Sweep *sweep, int64 ticket_id, int nclocks)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	int64 before = count_breaches(ticket_id);
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		done = ticket_refold(ticket_id, sweep->as_of);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;
		int category;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		if (category == ERRCODE_OPERATOR_INTERVENTION || category == ERRCODE_INSUFFICIENT_RESOURCES)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (category != ERRCODE_TRANSACTION_ROLLBACK)
		{
			sweep->hopeless += nclocks;
			find(sweep, "refold_failed", unpack_sql_state(error->sqlerrcode), ticket_id,
				 error->message);
		}
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	if (done)
		sweep->counts.breaches += Max(count_breaches(ticket_id) - before, 0);
}

/* needs_fold tells whether a clock is more than one that simply ran out. */
static bool
needs_fold(const DueClock *clock)
{
	return clock->target->on_due != NULL || clock->eventful ||
		   (clock->rule->stops_all && clock->parts_done > 0);
}

/* add_miss writes down one miss and what follows from it. */
static void
add_miss(Sweep *sweep, const DueClock *clock, FoldKind kind, List *roles, List *people)
{
	const Target *target = clock->target;
	bool born_overdue = clock->due_at < clock->created_at;

	add_row(&sweep->breaches,
			(NullableDatum[]){of_int8(clock->ticket_id), of_text(clock->target_name),
							  of_int4(clock->cycle), of_time(clock->due_at),
							  of_text(breach_kinds[kind]), of_int4(clock->seq),
							  of_text(clock->policy_name), of_int4(clock->version),
							  of_text(clock->milestone), of_bool(clock->binding),
							  of_text(target->ladder), of_bool(born_overdue),
							  of_text(list_literal(roles)), of_text(list_literal(people)),
							  of_text(clock->holders.department)});
	months_note(&sweep->months, clock->due_at);
	if (clock->binding && target->ladder != NULL && !born_overdue)
		add_row(&sweep->penalised, (NullableDatum[]){of_int8(clock->ticket_id)});
	escalate_miss(sweep, clock, kind);
}

/* warning_time finds when to warn of a deadline, as the fold does. */
static TimestampTz
warning_time(const FoldTarget *rule, TimestampTz started_at, TimestampTz created_at,
			 TimestampTz due_at)
{
	int64 open;
	int64 warn_at;

	if (rule->warn_at <= 0 ||
		worktime_between(rule->calendar, started_at, due_at, &open) != WORK_OK || open <= 0 ||
		worktime_add(rule->calendar, started_at, 0, (int64)(rule->warn_at * (double)open),
					 &warn_at) != WORK_OK ||
		Max(warn_at, created_at) >= due_at)
		return NO_TIME;
	return Max(warn_at, created_at);
}

/* next_interval turns a missed interval into the one that follows it. */
static void
next_interval(Sweep *sweep, DueClock *clock, TimestampTz next_due)
{
	TimestampTz started_at = clock->due_at;

	clock->seq++;
	clock->due_at = next_due;
	months_note(&sweep->months, next_due);
	add_row(&sweep->intervals,
			(NullableDatum[]){of_int8(clock->ticket_id), of_text(clock->target_name),
							  of_int4(clock->cycle), of_int4(clock->seq),
							  of_text(clock->policy_name), of_int4(clock->version),
							  of_text(clock->milestone), of_bool(clock->binding),
							  of_text(clock->calendar), of_time(started_at),
							  of_time(clock->created_at), of_time(next_due),
							  of_time(warning_time(clock->rule, started_at,
												   clock->created_at, next_due)),
							  of_int4(clock->parts_done), of_text(clock->holders.department)});
}

/* miss_intervals misses one interval after the other until one is still to come. */
static void
miss_intervals(Sweep *sweep, DueClock *clock, List *roles, List *people)
{
	const FoldTarget *rule = clock->rule;
	int64 room = sweep->limit * MISSES_PER_CLOCK;
	int64 next_due;

	while (clock->due_at < sweep->as_of)
	{
		if (sweep->breaches.n >= room)
		{
			leave_off(sweep, clock->due_at);
			return;
		}
		if (rule->calendar == NULL ||
			worktime_add(rule->calendar, clock->due_at, rule->days, rule->time, &next_due) !=
				WORK_OK ||
			next_due <= clock->due_at)
		{
			sweep->hopeless++;
			find(sweep, "calendar_failed", clock->target_name, clock->ticket_id,
				 psprintf("calendar \"%s\" has no open time for the next interval after %s",
						  clock->calendar, timestamptz_to_str(clock->due_at)));
			return;
		}
		add_miss(sweep, clock, FOLD_MISSED_INTERVAL, roles, people);
		next_interval(sweep, clock, next_due);
	}
}

/* miss judges a clock that simply ran out. */
static void
miss(Sweep *sweep, DueClock *clock)
{
	FoldKind kind = clock->provisional		 ? FOLD_START_MISSING
					: clock->rule->repeating ? FOLD_MISSED_INTERVAL
											 : FOLD_LATE;
	List *roles = NIL;
	List *people = NIL;

	ticket_responsible(clock->target, kind, PG_UINT32_MAX, &clock->holders, &roles, &people);
	if (kind == FOLD_MISSED_INTERVAL)
		miss_intervals(sweep, clock, roles, people);
	else if (sweep->breaches.n < sweep->limit * MISSES_PER_CLOCK)
		add_miss(sweep, clock, kind, roles, people);
	else
		leave_off(sweep, clock->due_at);
}

/* judge_ticket judges the due clocks of one ticket. */
static void
judge_ticket(Sweep *sweep, DueClock *clocks, int n)
{
	bool folded = false;

	for (int i = 0; i < n; i++)
	{
		if (clocks[i].target == NULL)
		{
			sweep->hopeless++;
			find_unknown_target(sweep, clocks[i].ticket_id, clocks[i].policy_name,
								clocks[i].version, clocks[i].target_name);
		}
		else if (!folded && !clocks[i].contested && !clocks[i].done && needs_fold(&clocks[i]))
		{
			refold(sweep, clocks[i].ticket_id, n);
			folded = true;
		}
	}
	sweep->counts.swept += n;
	for (int i = 0; i < n && !folded; i++)
	{
		if (clocks[i].target != NULL && !clocks[i].contested && !clocks[i].done)
			miss(sweep, &clocks[i]);
	}
}

/* compare_clocks orders clocks by ticket, so that rows are written in key order. */
static int
compare_clocks(const void *left, const void *right)
{
	const DueClock *a = left;
	const DueClock *b = right;
	int order;

	if (a->ticket_id != b->ticket_id)
		return a->ticket_id < b->ticket_id ? -1 : 1;
	order = strcmp(a->target_name, b->target_name);
	if (order == 0)
		order = a->cycle - b->cycle;
	return order != 0 ? order : a->seq - b->seq;
}

/* judge_clocks judges the due clocks, ticket by ticket. */
static void
judge_clocks(Sweep *sweep, DueClock *clocks, int n)
{
	qsort(clocks, n, sizeof(DueClock), compare_clocks);
	lock_contested(clocks, n);
	learn_facts(clocks, n);
	for (int i = 0, end; i < n; i = end)
	{
		for (end = i + 1; end < n && clocks[end].ticket_id == clocks[i].ticket_id;)
			end++;
		judge_ticket(sweep, &clocks[i], end - i);
	}
}

/* find_misses judges the clocks whose deadline has passed, and writes the misses. */
static void
find_misses(Sweep *sweep)
{
	DueClock *clocks;
	int n;

	if (!any_due(sweep, 0))
		return;
	clocks = lock_due(sweep, &n);
	if (n == sweep->limit)
		leave_off(sweep, clocks[n - 1].due_at);
	if (n > 0)
		judge_clocks(sweep, clocks, n);
	sweep->counts.breaches += run_batch(&sweep->breaches, sweep->as_of);
	run_batch(&sweep->intervals, NO_TIME);
	months_write(&sweep->months, n > 0 ? clocks[n - 1].ticket_id : 0);
	if (!sweep->more)
		sweep->left_over = any_due(sweep, sweep->hopeless);
}

/*
 * ---- Breaches that others wrote or changed ----
 */

/* violation_step_roles returns who is told of a process violation. */
static List *
violation_step_roles(const Policy *policy, const char *rule, const Step *step)
{
	for (int i = 0; i < policy->nrules; i++)
	{
		if (strcmp(policy->rules[i].name, rule) == 0)
			return step_roles(step, policy->rules[i].notifies, policy->rules[i].nnotifies);
	}
	return step_roles(step, NULL, 0);
}

/* column_breach reads the breach that steps are about. */
static Subject
column_breach(int row)
{
	return (Subject){.ticket_id = column_int8(row, 1),
					 .target = column_text(row, 2),
					 .cycle = column_int4(row, 3),
					 .due_at = column_time(row, 4, 0),
					 .kind = column_text(row, 5),
					 .seq = column_int4(row, 6),
					 .known_at = column_time(row, 9, DT_NOBEGIN)};
}

/* plan_breach plans every step of a breach; those whose time has come are raised below. */
static void
plan_breach(Sweep *sweep, const Subject *subject, const char *policy_name, int32 version)
{
	Policy *policy = policy_find(policy_name, version);
	bool violation = strcmp(subject->kind, "process_violation") == 0;
	FoldTarget *rule;
	const Target *target =
		violation ? NULL : find_target(policy_name, version, subject->target, &rule);
	int nsteps;
	const Step *steps;

	if (policy == NULL || (!violation && target == NULL))
	{
		find_unknown_target(sweep, subject->ticket_id, policy_name, version, subject->target);
		return;
	}
	nsteps = violation ? policy->nsteps : target->nsteps;
	steps = violation ? policy->steps : target->steps;
	for (int i = 0; i < nsteps; i++)
	{
		TimestampTz raise_at;
		List *roles = violation ? violation_step_roles(policy, subject->target, &steps[i])
								: step_roles(&steps[i], target->notify, target->nnotify);

		if (step_time(&steps[i], subject, &raise_at))
			add_plan(sweep, subject, &steps[i], raise_at, roles);
	}
}

/* settle_breaches draws the consequences of the breaches that wait for them. */
static void
settle_breaches(Sweep *sweep)
{
	int n = (int)query_run(
		QUERY_SWEEP_UNSETTLED,
		(Datum[]){TimestampTzGetDatum(sweep->as_of), Int64GetDatum(sweep->limit)}, NULL);
	SPITupleTable *table = SPI_tuptable;

	if (n == sweep->limit)
		sweep->more = true;
	for (int i = 0; i < n; i++)
	{
		Subject subject = column_breach(i);

		if (!column_bool(i, 10))
			plan_breach(sweep, &subject, column_text(i, 7), column_int4(i, 8));
		add_row(&sweep->penalised, (NullableDatum[]){of_int8(subject.ticket_id)});
		add_row(&sweep->settled, (NullableDatum[]){of_int8(subject.ticket_id),
												   of_text(subject.target), of_int4(subject.cycle),
												   of_time(subject.due_at), of_text(subject.kind)});
	}
	SPI_freetuptable(table);
	run_batch(&sweep->settled, sweep->as_of);
}

/*
 * ---- Warnings ----
 */

/*
 * warn_step_time finds when a later warning is due.  The first one's instant is
 * known; from there to the deadline the rest of the open time runs, pauses or not.
 */
static bool
warn_step_time(const Target *target, const FoldTarget *rule, const Step *step, TimestampTz warn_at,
			   TimestampTz due_at, TimestampTz *raise_at)
{
	double share = (step->at_fraction - target->warn_at) / (1.0 - target->warn_at);
	int64 open;

	if (step->at_fraction <= target->warn_at)
		*raise_at = warn_at;
	else if (rule->calendar == NULL ||
			 worktime_between(rule->calendar, warn_at, due_at, &open) != WORK_OK ||
			 worktime_add(rule->calendar, warn_at, 0, (int64)(share * (double)open), raise_at) !=
				 WORK_OK)
		return false;
	return true;
}

/*
 * warn raises the warnings about one clock whose time has come and plans the others.  Where
 * something has been recorded since, all are planned: raise_plans() asks who was to be told.
 */
static void
warn(Sweep *sweep, const Subject *subject, const Target *target, const FoldTarget *rule,
	 TimestampTz warn_at, bool recorded_since)
{
	for (int i = 0; i < target->nsteps; i++)
	{
		const Step *step = &target->steps[i];
		List *roles = step_roles(step, target->responsible, target->nresponsible);
		TimestampTz raise_at;

		if (step->at_fraction <= 0 ||
			!warn_step_time(target, rule, step, warn_at, subject->due_at, &raise_at))
			continue;
		if (raise_at <= sweep->as_of && !recorded_since)
			raise_step(sweep, &sweep->warned, subject, step, raise_at, roles);
		else
			add_plan(sweep, subject, step, raise_at, roles);
	}
}

/* find_warnings warns of deadlines that come near. */
static void
find_warnings(Sweep *sweep)
{
	int n =
		(int)query_run(QUERY_SWEEP_WARNINGS,
					   (Datum[]){TimestampTzGetDatum(sweep->warn_from),
								 TimestampTzGetDatum(sweep->as_of), Int64GetDatum(sweep->limit)},
					   NULL);
	SPITupleTable *table = SPI_tuptable;

	for (int i = 0; i < n; i++)
	{
		Subject subject = {.ticket_id = column_int8(i, 1),
						   .target = column_text(i, 2),
						   .cycle = column_int4(i, 3),
						   .seq = column_int4(i, 4),
						   .milestone = column_text(i, 7),
						   .due_at = column_time(i, 9, 0),
						   .kind = "warning",
						   .holders = column_holders(i, 10)};
		FoldTarget *rule;
		const Target *target =
			find_target(column_text(i, 5), column_int4(i, 6), subject.target, &rule);

		if (target != NULL)
			warn(sweep, &subject, target, rule, column_time(i, 8, 0), column_bool(i, 13));
	}
	if (n == sweep->limit)
		sweep->more = true;
	SPI_freetuptable(table);
}

/*
 * ---- Planned escalations ----
 */

/* add_verdict writes whom a planned escalation tells, or that it has become untrue. */
static void
add_verdict(Sweep *sweep, const Subject *subject, int level, bool stands, List *recipients,
			List *unfilled)
{
	/* The statement that drops plans has no use for the last values. */
	add_row(stands ? &sweep->raised_plans : &sweep->dropped_plans,
			(NullableDatum[]){of_int8(subject->ticket_id), of_text(subject->target),
							  of_int4(subject->cycle), of_time(subject->due_at),
							  of_text(subject->kind), of_int4(level),
							  of_text(list_literal(recipients)), of_text(list_literal(unfilled))});
}

/* raise_plan raises a planned escalation whose time has come, if it is still true. */
static void
raise_plan(Sweep *sweep, int row)
{
	Subject subject = {.ticket_id = column_int8(row, 1),
					   .target = column_text(row, 2),
					   .cycle = column_int4(row, 3),
					   .due_at = column_time(row, 4, 0),
					   .kind = column_text(row, 5),
					   .milestone = column_text(row, 10),
					   .holders = column_holders(row, 13)};
	int level = column_int4(row, 6);
	bool stands = column_bool(row, 9);
	List *recipients = column_names(row, 11);
	List *unfilled = column_names(row, 12);

	if (stands)
	{
		if (column_null(row, 12))
			recipients = find_recipients(column_names(row, 8), &subject.holders, &unfilled);
		find_unfilled(sweep, subject.ticket_id, unfilled);
		notify(sweep, &subject, level, column_text(row, 7), recipients);
		if (strcmp(subject.kind, "warning") == 0)
			sweep->counts.warnings++;
		else
			sweep->counts.escalations++;
	}
	add_verdict(sweep, &subject, level, stands, recipients, unfilled);
}

/* raise_plans looks at the planned escalations whose time has come. */
static void
raise_plans(Sweep *sweep)
{
	int n = (int)query_run(
		QUERY_SWEEP_PLANNED,
		(Datum[]){TimestampTzGetDatum(sweep->as_of), Int64GetDatum(sweep->limit)}, NULL);
	SPITupleTable *table = SPI_tuptable;

	if (n == sweep->limit)
		sweep->more = true;
	for (int i = 0; i < n; i++)
		raise_plan(sweep, i);
	SPI_freetuptable(table);
	run_batch(&sweep->raised_plans, sweep->as_of);
	run_batch(&sweep->dropped_plans, NO_TIME);
}

/*
 * ---- Before a record changes what is known of a ticket ----
 */

/* plan_ticket plans the steps of a ticket's breaches that wait for a sweep. */
static void
plan_ticket(Sweep *sweep, int64 ticket_id)
{
	int n = (int)query_run(QUERY_TICKET_PLAN, (Datum[]){Int64GetDatum(ticket_id)}, NULL);
	SPITupleTable *table = SPI_tuptable;

	for (int i = 0; i < n; i++)
	{
		Subject subject = column_breach(i);

		plan_breach(sweep, &subject, column_text(i, 7), column_int4(i, 8));
	}
	SPI_freetuptable(table);
	run_batch(&sweep->planned, NO_TIME);
}

/*
 * sweep_decide_steps decides about the steps of one ticket whose time came before an instant:
 * whether they are raised, and whom they tell.  A sweep that had come in time would have
 * judged them by what was known, and told those who had the ticket, then; so must one that
 * comes late, when a record has changed both.  The caller has locked the ticket and its
 * clocks, and is about to write such a record.
 *
 * Only escalations are written.  The sweep raises what has been decided, and does the rest
 * (notifications, findings, penalties): whoever works on a ticket may wait for a sweep, but
 * a sweep must never wait for him.
 */
void
sweep_decide_steps(int64 ticket_id, TimestampTz before, const Holders *holders)
{
	Sweep *sweep = palloc0(sizeof(Sweep));
	SPITupleTable *table;
	int n;

	init_batches(sweep);
	plan_ticket(sweep, ticket_id);
	n = (int)query_run(QUERY_TICKET_STEPS,
					   (Datum[]){Int64GetDatum(ticket_id), TimestampTzGetDatum(before)}, NULL);
	table = SPI_tuptable;
	for (int i = 0; i < n; i++)
	{
		Subject subject = {.ticket_id = ticket_id,
						   .target = column_text(i, 2),
						   .cycle = column_int4(i, 3),
						   .due_at = column_time(i, 4, 0),
						   .kind = column_text(i, 5)};
		List *unfilled;
		List *recipients = find_recipients(column_names(i, 7), holders, &unfilled);

		add_verdict(sweep, &subject, column_int4(i, 6), column_bool(i, 8), recipients, unfilled);
	}
	SPI_freetuptable(table);
	/* Not raised yet: without a time. */
	run_batch(&sweep->raised_plans, NO_TIME);
	run_batch(&sweep->dropped_plans, NO_TIME);
}

/*
 * sweep_plan_warnings plans the warnings of a deadline that a record has brought about when
 * it was time to warn already: the sweep looks for warnings from its low-water mark on.
 */
void
sweep_plan_warnings(int64 ticket_id, const Target *target, const FoldTarget *rule,
					const FoldClock *clock)
{
	Sweep *sweep = palloc0(sizeof(Sweep));
	Subject subject = {.ticket_id = ticket_id,
					   .target = target->name,
					   .cycle = clock->cycle,
					   .seq = clock->seq,
					   .due_at = clock->due_at,
					   .kind = "warning"};

	init_batches(sweep);
	warn(sweep, &subject, target, rule, clock->warn_at, true);
	run_batch(&sweep->planned, NO_TIME);
}

/*
 * ---- The whole ----
 */

/* read_marks reads the state, and how far transactions are, before the first scan. */
static void
read_marks(Marks *marks)
{
	FullTransactionId next_new = ReadNextFullTransactionId();

	query_run(QUERY_SWEEP_STATE, NULL, NULL);
	*marks = (Marks){.low_water = column_time(0, 1, DT_NOBEGIN),
					 .next_low_water = column_time(0, 2, DT_NOBEGIN),
					 .next_xid = column_xid(0, 3),
					 .resume_at = column_time(0, 4, DT_NOBEGIN),
					 .runs = column_int8(0, 5) + 1,
					 .xmin = column_xid(0, 6),
					 .last_as_of = column_time(0, 7, DT_NOBEGIN),
					 .next_duty_at = column_time(0, 8, DT_NOBEGIN),
					 .duty_rows = column_int8(0, 9),
					 .same_duties = column_bool(0, 10),
					 .assess_at = column_time(0, 11, DT_NOBEGIN),
					 .next_new = U64FromFullTransactionId(next_new)};
	SPI_freetuptable(SPI_tuptable);
}

/* begin_sweep decides from which deadline on this run looks. */
static void
begin_sweep(Sweep *sweep)
{
	Marks *marks = &sweep->marks;

	init_batches(sweep);
	read_marks(marks);
	sweep->resumed = !TIMESTAMP_IS_NOBEGIN(marks->resume_at);
	sweep->full = marks->runs % FULL_EVERY == 0 && !sweep->resumed;
	sweep->from = sweep->warn_from = DT_NOBEGIN;
	sweep->resume_at = DT_NOEND;
	if (sla_now_is_set() || sweep->full)
		return;
	sweep->from = sweep->resumed ? marks->resume_at : marks->low_water;
	sweep->warn_from = marks->low_water;
}

/*
 * move_marks moves the low-water mark as far as the head comment allows.  Only a run
 * that began below the mark prepared, or ignores it, and left nothing counts.
 */
static void
move_marks(const Sweep *sweep, Marks *marks)
{
	bool ready = marks->next_xid != 0 && marks->xmin >= marks->next_xid;

	if (sla_now_is_set())
		return;
	marks->resume_at =
		sweep->more && !TIMESTAMP_IS_NOEND(sweep->resume_at) ? sweep->resume_at : DT_NOBEGIN;
	if (sweep->more || sweep->left_over || sweep->resumed)
		return;
	if (ready)
		marks->low_water = Max(marks->low_water, marks->next_low_water);
	if (ready || sweep->full || marks->next_xid == 0)
	{
		marks->next_low_water = sweep->as_of;
		marks->next_xid = marks->next_new;
	}
}

/* save_marks writes the state down. */
static void
save_marks(const Sweep *sweep)
{
	Marks marks = sweep->marks;
	Datum values[9];
	char nulls[10] = "         ";

	move_marks(sweep, &marks);
	values[0] = TimestampTzGetDatum(marks.low_water);
	values[1] = TimestampTzGetDatum(marks.next_low_water);
	values[2] = FullTransactionIdGetDatum(FullTransactionIdFromU64(marks.next_xid));
	values[3] = TimestampTzGetDatum(marks.resume_at);
	values[4] = Int64GetDatum(marks.runs);
	values[5] = TimestampTzGetDatum(sweep->started_at);
	values[6] = TimestampTzGetDatum(sweep->as_of);
	values[7] = TimestampTzGetDatum(marks.next_duty_at);
	values[8] = Int64GetDatum(marks.duty_rows);
	nulls[0] = TIMESTAMP_IS_NOBEGIN(marks.low_water) ? 'n' : ' ';
	nulls[1] = nulls[2] = marks.next_xid == 0 ? 'n' : ' ';
	nulls[3] = TIMESTAMP_IS_NOBEGIN(marks.resume_at) ? 'n' : ' ';
	query_run(QUERY_SWEEP_SAVE, values, nulls);
}

/* did_anything tells whether a run changed more than its own state. */
static bool
did_anything(const Counts *counts)
{
	return counts->warnings + counts->breaches + counts->escalations + counts->notifications +
			   counts->penalties + counts->duties >
		   0;
}

/*
 * check_progress makes sure that "more" means that another call gets further: this
 * one has written something, or leaves off later than it began.
 */
static void
check_progress(Sweep *sweep)
{
	bool advanced = !sla_now_is_set() && !TIMESTAMP_IS_NOEND(sweep->resume_at) &&
					sweep->resume_at > sweep->from;

	sweep->more = sweep->more && (advanced || did_anything(&sweep->counts));
}

/* log_sweep leaves a line in the log, unless there was nothing to do. */
static void
log_sweep(const Sweep *sweep)
{
	const Counts *counts = &sweep->counts;
	Datum values[12] = {TimestampTzGetDatum(sweep->as_of),
						TimestampTzGetDatum(sweep->started_at),
						TimestampTzGetDatum(GetCurrentTimestamp()),
						TimestampTzGetDatum(sweep->from),
						Int64GetDatum(counts->swept),
						Int64GetDatum(counts->warnings),
						Int64GetDatum(counts->breaches),
						Int64GetDatum(counts->escalations),
						Int64GetDatum(counts->notifications),
						Int64GetDatum(counts->penalties),
						Int64GetDatum(counts->duties),
						BoolGetDatum(sweep->more)};
	char nulls[13] = "            ";

	if (counts->swept == 0 && !did_anything(counts))
		return;
	nulls[3] = TIMESTAMP_IS_NOBEGIN(sweep->from) ? 'n' : ' ';
	query_run(QUERY_SWEEP_LOG, values, nulls);
}

/* refresh_penalties makes and takes back candidates of the tickets concerned. */
static void
refresh_penalties(Sweep *sweep)
{
	if (run_batch(&sweep->penalised, NO_TIME) > 0)
		sweep->counts.penalties = column_int4(0, 1);
}

/* fold_months folds the months that are over, before any clock is locked. */
static void
fold_months(const Sweep *sweep)
{
	query_run(QUERY_SWEEP_FOLD, (Datum[]){TimestampTzGetDatum(sweep->as_of)}, NULL);
	SPI_freetuptable(SPI_tuptable);
}

/* assess_periods judges the figures of periods that have ended, at most once an hour. */
static void
assess_periods(Sweep *sweep)
{
	bool remember = !sla_now_is_set();

	if (remember && sweep->marks.assess_at > sweep->as_of)
		return;
	query_run(QUERY_SWEEP_ASSESS,
			  (Datum[]){TimestampTzGetDatum(sweep->as_of), BoolGetDatum(remember)}, NULL);
	sweep->counts.penalties += column_int4(0, 1);
	SPI_freetuptable(SPI_tuptable);
}

/* run_sweep does one transaction's worth of work, in the order in which it depends. */
static void
run_sweep(Sweep *sweep)
{
	Counts *counts = &sweep->counts;

	begin_sweep(sweep);
	if (sweep->full)
		fold_months(sweep);
	open_duties(sweep);
	find_misses(sweep);
	settle_breaches(sweep);
	find_warnings(sweep);
	counts->escalations += run_batch(&sweep->raised, sweep->as_of);
	counts->warnings += run_batch(&sweep->warned, sweep->as_of);
	run_batch(&sweep->planned, NO_TIME);
	raise_plans(sweep);
	counts->notifications += run_batch(&sweep->notifications, sweep->as_of);
	refresh_penalties(sweep);
	assess_periods(sweep);
	run_batch(&sweep->findings, sweep->as_of);
	if (counts->notifications > 0)
		Async_Notify("sla", "notifications");
	check_progress(sweep);
	log_sweep(sweep);
	save_marks(sweep);
}
