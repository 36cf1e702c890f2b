/*
 * attach.c
 *		A company's own ticket table, watched without being changed.
 *
 * sla.attach() describes the table by views: one that shows its rows as tickets, and one
 * per kind of event that shows when it happened and who did it.  PostgreSQL checks
 * them, follows renames, and dumps them.  The triggers here do not read the views; they
 * evaluate the views' columns on the very row that the trigger is about, as the user who
 * writes it, and do the rest as the owner of the tables (rule K-5).
 *
 * Whether a change matters is decided by PostgreSQL, in the triggers' own WHEN.
 *
 * The company's transaction comes first: unless the attachment says otherwise, an error
 * here becomes a finding, and sla.reconcile() makes up for it.
 *
 * An update that moves a row to another partition fires DELETE and INSERT, and no UPDATE.
 * So on a partitioned table a deleted row is kept until the end of the transaction; if
 * the same key comes again, it was an update, and the triggers' WHENs are asked about both
 * rows here.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tupconvert.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "catalog/dependency.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "ticket.h"

#if PG_VERSION_NUM >= 170000
#define identity_sequence(table, column) getIdentitySequence(table, column, false)
#else
#define identity_sequence(table, column) getIdentitySequence(RelationGetRelid(table), column, false)
#endif

PG_FUNCTION_INFO_V1(sla_attached_inserted);
PG_FUNCTION_INFO_V1(sla_attached_changed);
PG_FUNCTION_INFO_V1(sla_attached_event);
PG_FUNCTION_INFO_V1(sla_attached_deleted);
PG_FUNCTION_INFO_V1(sla_arrive_from_history);
PG_FUNCTION_INFO_V1(sla_record_watched);

/* A view whose columns are evaluated on single rows of the table behind it. */
typedef struct Mapping
{
	Oid table;
	TupleDesc desc; /* of the table */
	TupleTableSlot *slot;
	ExprContext *context;
	EState *estate;
	int ncolumns;
	char **names;
	Oid *types;
	ExprState **columns;
	Oid part; /* the partition that "convert" is for */
	TupleConversionMap *convert;
} Mapping;

/* What a trigger keeps from row to row of one statement. */
typedef struct Attached
{
	const char *name; /* of the attachment */
	bool raise;		  /* an error is the writer's, not a finding */
	Mapping *rows;	  /* rows as tickets */
	Mapping *event;	  /* only of an event's trigger */
	const char *event_name;
} Attached;

/* A row that was deleted from a partition, and may come again in another. */
typedef struct LeavingKey
{
	Oid table;
	const char *key;
} LeavingKey;

typedef struct Leaving
{
	LeavingKey key;
	HeapTuple tuple; /* in the shape of the whole table */
} Leaving;

static HTAB *leaving = NULL;

/* ---- mappings ---- */

/* only_table finds the one table that a mapping view reads, or fails. */
static RangeTblEntry *
only_table(const Query *query, const char *view, int *index)
{
	RangeTblRef *from = NULL;

	if (list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef))
		from = linitial(query->jointree->fromlist);
	if (from == NULL || query->jointree->quals != NULL || query->hasAggs || query->hasSubLinks ||
		query->hasTargetSRFs || query->groupClause != NIL || query->distinctClause != NIL ||
		query->setOperations != NULL || query->limitCount != NULL || query->limitOffset != NULL ||
		rt_fetch(from->rtindex, query->rtable)->rtekind != RTE_RELATION)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("view \"sla.%s\" does not show the rows of one table one by one", view),
						errhint("Make it anew with sla.attach().")));
	*index = from->rtindex;
	return rt_fetch(from->rtindex, query->rtable);
}

/* compile_columns prepares the columns of a mapping view for evaluation. */
static void
compile_columns(Mapping *mapping, Query *query)
{
	int n = list_length(query->targetList);
	ListCell *cell;

	mapping->names = palloc(sizeof(char *) * n);
	mapping->types = palloc(sizeof(Oid) * n);
	mapping->columns = palloc(sizeof(ExprState *) * n);
	foreach (cell, query->targetList)
	{
		TargetEntry *entry = lfirst(cell);
		int i = mapping->ncolumns;

		if (entry->resjunk)
			continue;
		mapping->names[i] = entry->resname;
		mapping->types[i] = exprType((Node *) entry->expr);
		mapping->columns[i] = ExecPrepareExpr(entry->expr, mapping->estate);
		mapping->ncolumns++;
	}
}

/* mapping_of opens a mapping view and prepares it. */
static Mapping *
mapping_of(const char *view)
{
	Mapping *mapping = palloc0(sizeof(Mapping));
	Relation relation = table_open(sla_relid(view, false), AccessShareLock);
	Relation table;
	Query *query;
	int index;

	if (relation->rd_rel->relkind != RELKIND_VIEW)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"sla.%s\" is not a view", view),
						errhint("Make it anew with sla.attach().")));
	query = copyObject(get_view_query(relation));
	mapping->table = only_table(query, view, &index)->relid;
	table_close(relation, NoLock);
	table = table_open(mapping->table, NoLock);
	mapping->desc = CreateTupleDescCopy(RelationGetDescr(table));
	table_close(table, NoLock);
	mapping->slot = MakeSingleTupleTableSlot(mapping->desc, &TTSOpsHeapTuple);
	mapping->estate = CreateExecutorState();
	mapping->context = GetPerTupleExprContext(mapping->estate);
	compile_columns(mapping, query);
	return mapping;
}

/* check_is_of makes sure that a row's table is the mapping's, or a partition of it. */
static void
check_is_of(const Mapping *mapping, Relation relation)
{
	Oid relid = RelationGetRelid(relation);

	if (relid != mapping->table &&
		!(relation->rd_rel->relispartition &&
		  list_member_oid(get_partition_ancestors(relid), mapping->table)))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("table \"%s\" is not attached under this name",
							   RelationGetRelationName(relation)),
						errhint("Use sla.attach() to attach it.")));
}

/* whole_tuple gives a partition's row the shape of the whole table. */
static HeapTuple
whole_tuple(Mapping *mapping, Relation relation, HeapTuple tuple)
{
	if (RelationGetRelid(relation) == mapping->table)
		return tuple;
	if (mapping->part != RelationGetRelid(relation))
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(mapping));

		mapping->convert = convert_tuples_by_name(RelationGetDescr(relation), mapping->desc);
		mapping->part = RelationGetRelid(relation);
		MemoryContextSwitchTo(old);
	}
	return mapping->convert ? execute_attr_map_tuple(tuple, mapping->convert) : tuple;
}

/* evaluate computes the columns of a mapping on one row of the whole table. */
static void
evaluate(Mapping *mapping, HeapTuple tuple, Datum *values, bool *nulls)
{
	MemoryContext old;

	ExecForceStoreHeapTuple(tuple, mapping->slot, false);
	mapping->context->ecxt_scantuple = mapping->slot;
	old = MemoryContextSwitchTo(CurrentMemoryContext);
	for (int i = 0; i < mapping->ncolumns; i++)
	{
		int16 length;
		bool byval;

		values[i] = ExecEvalExprSwitchContext(mapping->columns[i], mapping->context, &nulls[i]);
		if (nulls[i])
			continue;
		get_typlenbyval(mapping->types[i], &length, &byval);
		values[i] = datumCopy(values[i], byval, length);
	}
	ResetExprContext(mapping->context);
	MemoryContextSwitchTo(old);
}

/* mapping_column finds a column of a mapping, or -1. */
static int
mapping_column(const Mapping *mapping, const char *name)
{
	for (int i = 0; i < mapping->ncolumns; i++)
	{
		if (strcmp(mapping->names[i], name) == 0)
			return i;
	}
	return -1;
}

/* text_of returns a text column of an evaluated row, or NULL. */
static char *
text_of(const Mapping *mapping, const char *name, const Datum *values, const bool *nulls)
{
	int i = mapping_column(mapping, name);

	return i < 0 || nulls[i] ? NULL : TextDatumGetCString(values[i]);
}

/* ---- triggers ---- */

/* has_view tells whether the view that a trigger goes by is still there. */
static bool
has_view(const Trigger *definition)
{
	return OidIsValid(sla_relid(definition->tgnargs > 3 ? definition->tgargs[3]
														: psprintf("attached_%s", definition->tgargs[0]),
								true));
}

/*
 * attached_of prepares a trigger once per statement.  Where somebody has dropped our view,
 * with a column of his, it is not the writers' fault, and none of them hears of it.
 */
static Attached *
attached_of(FunctionCallInfo fcinfo, const char *function)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Attached *attached = fcinfo->flinfo->fn_extra;
	Trigger *definition;
	MemoryContext old;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" was not called by trigger manager", function)));
	definition = trigger->tg_trigger;
	if (definition->tgnargs < 2 || !TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" was fired by the wrong kind of trigger", function),
						errhint("Use sla.attach() to attach a table.")));
	if (attached != NULL)
		return attached;
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	attached = palloc0(sizeof(Attached));
	attached->name = pstrdup(definition->tgargs[0]);
	attached->raise = strcmp(definition->tgargs[1], "raise") == 0 && has_view(definition);
	fcinfo->flinfo->fn_extra = attached;
	MemoryContextSwitchTo(old);
	return attached;
}

/* prepare_rows prepares the view that shows rows as tickets. */
static void
prepare_rows(Attached *attached, MemoryContext context, Relation relation)
{
	MemoryContext old = MemoryContextSwitchTo(context);

	if (attached->rows == NULL)
		attached->rows = mapping_of(psprintf("attached_%s", attached->name));
	MemoryContextSwitchTo(old);
	check_is_of(attached->rows, relation);
}

/* One piece of a trigger's work, so that its errors can be caught. */
typedef struct Piece
{
	void (*work)(struct Piece *piece);
	Attached *attached;
	TriggerData *trigger;
	FmgrInfo *flinfo;
} Piece;

/* What could not be done, to be written down. */
typedef struct Failure
{
	const char *name; /* of the attachment */
	const ErrorData *error;
} Failure;

/* note_failure writes down what could not be done, for sla.health. */
static void
note_failure(void *argument)
{
	const Failure *failure = argument;
	const ErrorData *error = failure->error;
	OwnerSwitch owner;
	Datum values[4] = {CStringGetTextDatum(failure->name),
					   CStringGetTextDatum(psprintf("%s (%s)", error->message,
													unpack_sql_state(error->sqlerrcode))),
					   TimestampTzGetDatum(sla_now()),
					   Int64GetDatum(-(int64) U64FromFullTransactionId(GetTopFullTransactionId()))};
	int level;

	sla_owner_begin(&owner);
	level = query_begin();
	query_run(QUERY_ATTACHED_FINDING, values, NULL);
	query_end(level);
	sla_owner_end(&owner);
}

/* work_on does a piece of work. */
static void
work_on(void *argument)
{
	Piece *piece = argument;

	piece->work(piece);
}

/* must_pass_on tells whether an error is not ours to swallow. */
static bool
must_pass_on(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_OPERATOR_INTERVENTION ||
		   sqlstate == ERRCODE_T_R_SERIALIZATION_FAILURE;
}

/* error_of does something and returns its error, of which nothing is left, or NULL. */
static ErrorData *
error_of(void (*work)(void *argument), void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(argument);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = resources;
	if (error != NULL && must_pass_on(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

/* try_piece does a piece of work; its error is a finding, unless the writer wants it. */
static void
try_piece(Piece *piece)
{
	Failure failure = {.name = piece->attached->name};
	ErrorData *error;

	if (piece->attached->raise)
	{
		piece->work(piece);
		return;
	}
	failure.error = error_of(work_on, piece);
	if (failure.error == NULL)
		return;
	/* What was prepared may be half-made. */
	piece->attached->rows = piece->attached->event = NULL;
	error = error_of(note_failure, &failure);
	if (error != NULL)
		ereport(WARNING, (errcode(error->sqlerrcode),
						  errmsg("attachment \"%s\" has failed, and could not write it down: %s",
								 failure.name, error->message),
						  errdetail("What failed: %s", failure.error->message)));
}

/*
 * run_piece does a piece of work with the triggers of our own tables.  Where the row comes
 * by replication they would not fire; but its ticket does not come: it is made here.  The
 * variable is set without its hook, which would forget all plans for the sake of rules,
 * of which our tables have none.
 */
static void
run_piece(Piece *piece)
{
	int role = SessionReplicationRole;

	SessionReplicationRole = SESSION_REPLICATION_ROLE_ORIGIN;
	PG_TRY();
	{
		try_piece(piece);
	}
	PG_FINALLY();
	{
		SessionReplicationRole = role;
	}
	PG_END_TRY();
}

/* ---- rows that come ---- */

/* Tickets on their way into sla.ticket, and their links. */
typedef struct Coming
{
	TupleDesc desc; /* of sla.ticket */
	Oid sequence;
	Tuplestorestate *tickets;
	MemoryContext row; /* what one row needs until it is in there */
	List *ids;
	List *keys;
} Coming;

/* coming_begin looks up what a new ticket is made of. */
static void
coming_begin(Coming *coming)
{
	Relation ticket = table_open(sla_relid("ticket", false), AccessShareLock);
	AttrNumber id = get_attnum(RelationGetRelid(ticket), "ticket_id");

	coming->desc = CreateTupleDescCopy(RelationGetDescr(ticket));
	coming->sequence = identity_sequence(ticket, id);
	coming->tickets = tuplestore_begin_heap(false, false, work_mem);
	coming->row =
		AllocSetContextCreate(CurrentMemoryContext, "sla_ext row", ALLOCSET_DEFAULT_SIZES);
	coming->ids = coming->keys = NIL;
	table_close(ticket, NoLock);
}

/* ticket_values turns an evaluated row into the values of a ticket. */
static void
ticket_values(const Mapping *mapping, const Datum *values, const bool *nulls, TupleDesc desc,
			  Datum *into, bool *into_nulls)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		int from = column->attisdropped ? -1 : mapping_column(mapping, NameStr(column->attname));

		into_nulls[i] = from < 0 || nulls[from];
		into[i] = into_nulls[i] ? (Datum) 0 : values[from];
		if (from >= 0 && mapping->types[from] != column->atttypid)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" of the attachment is of the wrong type",
								   NameStr(column->attname)),
							errhint("Attach the table anew with sla.attach().")));
	}
}

/* set_value gives one column of a ticket a value. */
static void
set_value(TupleDesc desc, const char *name, Datum value, Datum *values, bool *nulls)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0 && nulls[i])
		{
			values[i] = value;
			nulls[i] = false;
		}
	}
}

/* receive_by_now lets a row that claims a reception to come be received now: it is here. */
static void
receive_by_now(TupleDesc desc, Datum *values, const bool *nulls)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), "received_at") == 0 && !nulls[i] &&
			!TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(values[i])))
			values[i] = TimestampTzGetDatum(Min(DatumGetTimestampTz(values[i]), sla_now()));
	}
}

/* add_coming adds one row of the table to the tickets that are to be inserted. */
static void
add_coming(Coming *coming, Mapping *mapping, HeapTuple tuple)
{
	MemoryContext old = MemoryContextSwitchTo(coming->row);
	Datum *values = palloc(sizeof(Datum) * mapping->ncolumns);
	bool *nulls = palloc(sizeof(bool) * mapping->ncolumns);
	Datum *ticket = palloc(sizeof(Datum) * coming->desc->natts);
	bool *ticket_nulls = palloc(sizeof(bool) * coming->desc->natts);
	char *key;
	int64 *id;

	evaluate(mapping, tuple, values, nulls);
	key = text_of(mapping, "source_key", values, nulls);
	if (key == NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("a row without a key cannot be a ticket"),
						errhint("Attach the table by columns that are never null.")));
	MemoryContextSwitchTo(old);
	id = palloc(sizeof(int64));
	*id = nextval_internal(coming->sequence, false);
	coming->ids = lappend(coming->ids, id);
	coming->keys = lappend(coming->keys, pstrdup(key));
	MemoryContextSwitchTo(coming->row);
	ticket_values(mapping, values, nulls, coming->desc, ticket, ticket_nulls);
	receive_by_now(coming->desc, ticket, ticket_nulls);
	set_value(coming->desc, "ticket_id", Int64GetDatum(*id), ticket, ticket_nulls);
	set_value(coming->desc, "attributes", details_empty(), ticket, ticket_nulls);
	set_value(coming->desc, "legal_hold", BoolGetDatum(false), ticket, ticket_nulls);
	tuplestore_putvalues(coming->tickets, coming->desc, ticket, ticket_nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(coming->row);
}

/* array_of makes a Datum of a C array. */
static Datum
array_of(Datum *elements, int n, Oid type)
{
	int16 length;
	bool byval;
	char align;

	get_typlenbyvalalign(type, &length, &byval, &align);
	return PointerGetDatum(construct_array(elements, n, type, length, byval, align));
}

/* write_coming inserts the tickets and links them to their rows. */
static void
write_coming(const Attached *attached, Coming *coming)
{
	int n = list_length(coming->ids);
	Datum *ids = palloc(sizeof(Datum) * Max(n, 1));
	Datum *keys = palloc(sizeof(Datum) * Max(n, 1));
	NewRows rows = {coming->desc, coming->tickets, n};
	Datum values[3];
	OwnerSwitch owner;
	int level;

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
	{
		ids[i] = Int64GetDatum(*(int64 *) list_nth(coming->ids, i));
		keys[i] = CStringGetTextDatum(list_nth(coming->keys, i));
	}
	values[0] = CStringGetTextDatum(attached->name);
	values[1] = array_of(keys, n, TEXTOID);
	values[2] = array_of(ids, n, INT8OID);
	sla_owner_begin(&owner);
	level = query_begin();
	query_run(QUERY_LINK_ROWS, values, NULL);
	(void) query_write(QUERY_INSERT_TICKETS, &rows, 0);
	query_end(level);
	sla_owner_end(&owner);
	tuplestore_end(coming->tickets);
}

/* insert_statement makes tickets of all rows that a statement has inserted. */
static void
insert_statement(Piece *piece)
{
	TriggerData *trigger = piece->trigger;
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	Coming coming;

	prepare_rows(piece->attached, piece->flinfo->fn_mcxt, trigger->tg_relation);
	coming_begin(&coming);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(coming.row);
		HeapTuple tuple = ExecFetchSlotHeapTuple(slot, false, NULL);

		MemoryContextSwitchTo(old);
		add_coming(&coming, piece->attached->rows, tuple);
	}
	ExecDropSingleTupleTableSlot(slot);
	write_coming(piece->attached, &coming);
}

/* row_key computes the key of one row. */
static char *
row_key(Mapping *mapping, HeapTuple tuple)
{
	Datum *values = palloc(sizeof(Datum) * mapping->ncolumns);
	bool *nulls = palloc(sizeof(bool) * mapping->ncolumns);

	evaluate(mapping, tuple, values, nulls);
	return text_of(mapping, "source_key", values, nulls);
}

/* ticket_of finds the ticket of a row; 0 if the row is not watched. */
static int64
ticket_of(const Attached *attached, const char *key)
{
	Datum values[2] = {CStringGetTextDatum(attached->name), CStringGetTextDatum(key)};
	bool isnull;

	if (query_run(QUERY_FIND_LINK, values, NULL) == 0)
		return 0;
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* ---- rows that change ---- */

/* same_value tells whether a column has the same value in two rows. */
static bool
same_value(Oid type, Datum x, bool x_null, Datum y, bool y_null)
{
	int16 length;
	bool byval;

	if (x_null || y_null)
		return x_null && y_null;
	get_typlenbyval(type, &length, &byval);
	return datum_image_eq(x, y, byval, length);
}

/*
 * change_ticket carries the changed columns of a row over to its ticket.  Columns that
 * did not change stay as the ticket has them: rules may have filled them since.
 */
static void
change_ticket(const Attached *attached, const char *key, const Datum *was, const bool *was_null,
			  const Datum *is, const bool *is_null)
{
	Mapping *mapping = attached->rows;
	Datum link[2] = {CStringGetTextDatum(attached->name), CStringGetTextDatum(key)};
	NewRows rows = {.n = 1};
	HeapTuple tuple;
	Datum *values;
	bool *nulls;
	bool changed = false;

	if (query_run(QUERY_LOCK_LINKED, link, NULL) == 0)
		return;
	rows.desc = CreateTupleDescCopy(SPI_tuptable->tupdesc);
	tuple = SPI_tuptable->vals[0];
	values = palloc(sizeof(Datum) * rows.desc->natts);
	nulls = palloc(sizeof(bool) * rows.desc->natts);
	heap_deform_tuple(tuple, rows.desc, values, nulls);
	for (int i = 0; i < rows.desc->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(rows.desc, i)->attname);
		int from = mapping_column(mapping, name);

		if (from < 0 || strcmp(name, "received_at") == 0 ||
			same_value(mapping->types[from], was[from], was_null[from], is[from], is_null[from]))
			continue;
		values[i] = is[from];
		nulls[i] = is_null[from];
		changed = true;
	}
	if (!changed)
		return;
	rows.store = tuplestore_begin_heap(false, false, work_mem);
	tuplestore_putvalues(rows.store, rows.desc, values, nulls);
	(void) query_write(QUERY_CHANGE_TICKET, &rows,
					   DatumGetInt64(values[SPI_fnumber(rows.desc, "ticket_id") - 1]));
	tuplestore_end(rows.store);
}

/* change_row carries the change of one row over to its ticket. */
static void
change_row(Attached *attached, HeapTuple old, HeapTuple new)
{
	Mapping *mapping = attached->rows;
	Datum *was = palloc(sizeof(Datum) * mapping->ncolumns);
	bool *was_null = palloc(sizeof(bool) * mapping->ncolumns);
	Datum *is = palloc(sizeof(Datum) * mapping->ncolumns);
	bool *is_null = palloc(sizeof(bool) * mapping->ncolumns);
	char *old_key;
	char *new_key;
	OwnerSwitch owner;
	int level;

	evaluate(mapping, old, was, was_null);
	evaluate(mapping, new, is, is_null);
	old_key = text_of(mapping, "source_key", was, was_null);
	new_key = text_of(mapping, "source_key", is, is_null);
	if (old_key == NULL || new_key == NULL)
		return;
	sla_owner_begin(&owner);
	level = query_begin();
	if (strcmp(old_key, new_key) != 0)
	{
		Datum values[3] = {CStringGetTextDatum(attached->name), CStringGetTextDatum(old_key),
						   CStringGetTextDatum(new_key)};

		query_run(QUERY_RENAME_LINK, values, NULL);
	}
	change_ticket(attached, new_key, was, was_null, is, is_null);
	query_end(level);
	sla_owner_end(&owner);
}

/* update_row is the work of the trigger on changed columns. */
static void
update_row(Piece *piece)
{
	TriggerData *trigger = piece->trigger;
	Mapping *mapping;

	prepare_rows(piece->attached, piece->flinfo->fn_mcxt, trigger->tg_relation);
	mapping = piece->attached->rows;
	change_row(piece->attached, whole_tuple(mapping, trigger->tg_relation, trigger->tg_trigtuple),
			   whole_tuple(mapping, trigger->tg_relation, trigger->tg_newtuple));
}

/* ---- events ---- */

/* record_event records the event that a row tells of. */
static void
record_event(Attached *attached, HeapTuple tuple)
{
	Mapping *mapping = attached->event;
	Datum *values = palloc(sizeof(Datum) * mapping->ncolumns);
	bool *nulls = palloc(sizeof(bool) * mapping->ncolumns);
	char *key;
	int at;
	OwnerSwitch owner;
	int64 ticket_id;
	int level;

	evaluate(mapping, tuple, values, nulls);
	key = text_of(mapping, "source_key", values, nulls);
	at = mapping_column(mapping, "at");
	if (key == NULL)
		return;
	sla_owner_begin(&owner);
	level = query_begin();
	ticket_id = ticket_of(attached, key);
	if (ticket_id != 0)
		(void) ticket_record(ticket_id, attached->event_name,
							 at < 0 || nulls[at] ? 0 : DatumGetTimestampTz(values[at]),
							 at < 0 || nulls[at], text_of(mapping, "actor", values, nulls),
							 text_of(mapping, "note", values, nulls), details_empty(), RECORD_WATCHED);
	query_end(level);
	sla_owner_end(&owner);
}

/* event_row is the work of a trigger that stands for an event. */
static void
event_row(Piece *piece)
{
	TriggerData *trigger = piece->trigger;
	Attached *attached = piece->attached;
	HeapTuple tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
																  : trigger->tg_trigtuple;

	if (attached->event == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(piece->flinfo->fn_mcxt);

		attached->event_name = pstrdup(trigger->tg_trigger->tgargs[2]);
		attached->event = mapping_of(trigger->tg_trigger->tgargs[3]);
		MemoryContextSwitchTo(old);
	}
	check_is_of(attached->event, trigger->tg_relation);
	record_event(attached, whole_tuple(attached->event, trigger->tg_relation, tuple));
}

/* ---- rows that move from one partition to another ---- */

/* hash_leaving and match_leaving make a table and a text the key of a hash table. */
static uint32
hash_leaving(const void *key, Size size)
{
	const LeavingKey *row = key;

	return hash_combine(murmurhash32(row->table), string_hash(row->key, strlen(row->key) + 1));
}

static int
match_leaving(const void *one, const void *other, Size size)
{
	const LeavingKey *x = one;
	const LeavingKey *y = other;

	return x->table == y->table ? strcmp(x->key, y->key) : 1;
}

/* forget_leaving is called when the transaction's memory goes. */
static void
forget_leaving(void *arg)
{
	leaving = NULL;
}

/* expect_leaving makes the hash table of deleted rows, once per transaction. */
static void
expect_leaving(void)
{
	HASHCTL control = {.keysize = sizeof(LeavingKey),
					   .entrysize = sizeof(Leaving),
					   .hash = hash_leaving,
					   .match = match_leaving,
					   .hcxt = TopTransactionContext};
	MemoryContextCallback *callback;

	if (leaving != NULL)
		return;
	callback = MemoryContextAllocZero(TopTransactionContext, sizeof(MemoryContextCallback));
	callback->func = forget_leaving;
	MemoryContextRegisterResetCallback(TopTransactionContext, callback);
	leaving = hash_create("sla_ext leaving", 64, &control,
						  HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* remember_leaving keeps a deleted row until the transaction ends. */
static void
remember_leaving(const Mapping *mapping, const char *key, HeapTuple tuple)
{
	MemoryContext old;
	LeavingKey entry = {mapping->table, key};
	Leaving *row;

	expect_leaving();
	old = MemoryContextSwitchTo(TopTransactionContext);
	entry.key = pstrdup(key);
	tuple = heap_copytuple(tuple);
	row = hash_search(leaving, &entry, HASH_ENTER, NULL);
	row->tuple = tuple;
	MemoryContextSwitchTo(old);
}

/* take_leaving takes a row that was deleted under a key out of the table, or returns NULL. */
static HeapTuple
take_leaving(const Mapping *mapping, const char *key)
{
	LeavingKey entry = {mapping->table, key};
	Leaving *row = leaving == NULL ? NULL : hash_search(leaving, &entry, HASH_REMOVE, NULL);

	return row == NULL ? NULL : row->tuple;
}

/* holds_for_move tells whether a trigger's own WHEN holds for an old and a new row. */
static bool
holds_for_move(Mapping *mapping, const Trigger *definition, HeapTuple old, HeapTuple new)
{
	TupleTableSlot *old_slot;
	TupleTableSlot *new_slot;
	Node *condition;
	bool holds;

	if (definition->tgqual == NULL)
		return true;
	condition = stringToNode(definition->tgqual);
	ChangeVarNodes(condition, PRS2_OLD_VARNO, INNER_VAR, 0);
	ChangeVarNodes(condition, PRS2_NEW_VARNO, OUTER_VAR, 0);
	old_slot = MakeSingleTupleTableSlot(mapping->desc, &TTSOpsHeapTuple);
	new_slot = MakeSingleTupleTableSlot(mapping->desc, &TTSOpsHeapTuple);
	ExecForceStoreHeapTuple(old, old_slot, false);
	ExecForceStoreHeapTuple(new, new_slot, false);
	mapping->context->ecxt_innertuple = old_slot;
	mapping->context->ecxt_outertuple = new_slot;
	holds = ExecQual(ExecPrepareQual(make_ands_implicit((Expr *) condition), mapping->estate),
					 mapping->context);
	ExecDropSingleTupleTableSlot(old_slot);
	ExecDropSingleTupleTableSlot(new_slot);
	return holds;
}

/* move_row does for a moved row what its UPDATE triggers would have done. */
static void
move_row(Attached *attached, HeapTuple old, HeapTuple new)
{
	Relation table = table_open(attached->rows->table, AccessShareLock);
	TriggerDesc *triggers = table->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger *definition = &triggers->triggers[i];
		char *function;

		if (!TRIGGER_FOR_UPDATE(definition->tgtype) || !TRIGGER_FOR_ROW(definition->tgtype) ||
			get_func_namespace(definition->tgfoid) != get_namespace_oid("sla", true) ||
			definition->tgnargs < 2 || strcmp(definition->tgargs[0], attached->name) != 0 ||
			!holds_for_move(attached->rows, definition, old, new))
			continue;
		function = get_func_name(definition->tgfoid);
		if (strcmp(function, "attached_changed") == 0)
			change_row(attached, old, new);
		else if (strcmp(function, "attached_event") == 0 && definition->tgnargs == 4)
		{
			attached->event_name = definition->tgargs[2];
			attached->event = mapping_of(definition->tgargs[3]);
			record_event(attached, new);
		}
	}
	table_close(table, NoLock);
}

/* insert_row makes a ticket of one row, unless the row has only moved. */
static void
insert_row(Piece *piece)
{
	TriggerData *trigger = piece->trigger;
	Attached *attached = piece->attached;
	HeapTuple tuple;
	Coming coming;
	HeapTuple moved;
	char *key;

	prepare_rows(attached, piece->flinfo->fn_mcxt, trigger->tg_relation);
	tuple = whole_tuple(attached->rows, trigger->tg_relation, trigger->tg_trigtuple);
	key = row_key(attached->rows, tuple);
	moved = key == NULL ? NULL : take_leaving(attached->rows, key);
	if (moved != NULL)
	{
		move_row(attached, moved, tuple);
		return;
	}
	coming_begin(&coming);
	add_coming(&coming, attached->rows, tuple);
	write_coming(attached, &coming);
}

/* ---- rows that go ---- */

/* withdraw ends the ticket of a row that is gone; what happened until then stays. */
static void
withdraw(const Attached *attached, const char *key)
{
	Datum values[3] = {CStringGetTextDatum(attached->name), CStringGetTextDatum(key),
					   TimestampTzGetDatum(sla_now())};
	OwnerSwitch owner;
	int level;
	bool isnull;

	sla_owner_begin(&owner);
	level = query_begin();
	if (query_run(QUERY_UNLINK_ROW, values, NULL) > 0)
	{
		int64 ticket_id = DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		bool is_open = DatumGetBool(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));

		if (is_open && !isnull)
			(void) ticket_record(ticket_id, "withdrawn", 0, true, NULL, "the row was deleted",
								 details_empty(), RECORD_WATCHED);
	}
	query_end(level);
	sla_owner_end(&owner);
}

/* delete_row is the work of the trigger on deleted rows. */
static void
delete_row(Piece *piece)
{
	TriggerData *trigger = piece->trigger;
	Attached *attached = piece->attached;
	HeapTuple tuple;
	char *key;

	prepare_rows(attached, piece->flinfo->fn_mcxt, trigger->tg_relation);
	tuple = whole_tuple(attached->rows, trigger->tg_relation, trigger->tg_trigtuple);
	key = row_key(attached->rows, tuple);
	if (key == NULL)
		return;
	/* With a third argument it is about a partitioned table: leave now, end later. */
	if (trigger->tg_trigger->tgnargs > 2 && strcmp(trigger->tg_trigger->tgargs[2], "leave") == 0)
		remember_leaving(attached->rows, key, tuple);
	else if (trigger->tg_trigger->tgnargs == 2 || take_leaving(attached->rows, key) != NULL)
		withdraw(attached, key);
}

/* truncate_table ends the tickets of all rows. */
static void
truncate_table(Piece *piece)
{
	Datum name = CStringGetTextDatum(piece->attached->name);
	OwnerSwitch owner;
	SPITupleTable *table;
	int level;
	int n;

	sla_owner_begin(&owner);
	level = query_begin();
	n = (int) query_run(QUERY_LINKED_KEYS, &name, NULL);
	table = SPI_tuptable;
	for (int i = 0; i < n; i++)
		withdraw(piece->attached, SPI_getvalue(table->vals[i], table->tupdesc, 1));
	query_end(level);
	sla_owner_end(&owner);
}

/* ---- the trigger functions ---- */

/* run_trigger runs the work of one trigger call. */
static Datum
run_trigger(FunctionCallInfo fcinfo, const char *function, void (*work)(Piece *piece))
{
	Piece piece = {.work = work,
				   .attached = attached_of(fcinfo, function),
				   .trigger = (TriggerData *) fcinfo->context,
				   .flinfo = fcinfo->flinfo};

	run_piece(&piece);
	return PointerGetDatum(NULL);
}

/* sla_attached_inserted is the AFTER INSERT trigger of an attached table, of either kind. */
Datum
sla_attached_inserted(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	return run_trigger(fcinfo, "attached_inserted",
					   CALLED_AS_TRIGGER(fcinfo) && TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event)
						   ? insert_statement
						   : insert_row);
}

/* sla_attached_changed is the AFTER UPDATE row trigger of an attached table. */
Datum
sla_attached_changed(PG_FUNCTION_ARGS)
{
	return run_trigger(fcinfo, "attached_changed", update_row);
}

/* sla_attached_event is the row trigger that stands for an event. */
Datum
sla_attached_event(PG_FUNCTION_ARGS)
{
	return run_trigger(fcinfo, "attached_event", event_row);
}

/* sla_attached_deleted is the AFTER DELETE row, or TRUNCATE, trigger of an attached table. */
Datum
sla_attached_deleted(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	return run_trigger(fcinfo, "attached_deleted",
					   CALLED_AS_TRIGGER(fcinfo) && TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)
						   ? truncate_table
						   : delete_row);
}

/* ---- history ---- */

/* json_text returns a key's text from a JSON object, or NULL. */
static char *
json_text(JsonbContainer *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, key, strlen(key), NULL);

	if (value == NULL || value->type != jbvString)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* add_history records what a list of events says, each as if it had been recorded then. */
static void
add_history(Work *work, Rows *rows, Jsonb *history)
{
	TimestampTz now = work->now;
	JsonbIterator *iterator = JsonbIteratorInit(&history->root);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		JsonbContainer *event = value.val.binary.data;
		char *name;

		if (token != WJB_ELEM || value.type != jbvBinary)
			continue;
		name = json_text(event, "event");
		work->now = DatumGetTimestampTz(
			DirectFunctionCall3(timestamptz_in, CStringGetDatum(json_text(event, "at")),
								ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
		work->now = Max(Min(work->now, now), work->received_at);
		work_fire_timers(work, work->now);
		if (ticket_takes_event(work, name, work->now))
			work_add_event(work, rows, name, work->now, json_text(event, "actor"),
						   json_text(event, "note"), details_empty(), 0);
	}
	work->now = now;
}

/*
 * sla_arrive_from_history is SQL's sla._arrive_from_history(): the arrival of a ticket that the
 * statement around it is inserting, with events that happened long ago.
 */
Datum
sla_arrive_from_history(PG_FUNCTION_ARGS)
{
	Work work = {0};
	OwnerSwitch owner;
	Rows *rows;
	int level;

	sla_owner_begin(&owner);
	level = query_begin();
	if (ticket_begin_history(&work, PG_GETARG_INT64(0)))
	{
		TimestampTz now = work.now;

		rows = rows_begin();
		work.lenient = work.quiet = true;
		work.now = work.received_at;
		ticket_receive(&work, rows);
		work.now = now;
		add_history(&work, rows, PG_GETARG_JSONB_P(1));
		work_fire_timers(&work, work.now);
		work_finish(&work, rows, work.now, false);
	}
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_VOID();
}

/* sla_record_watched is SQL's sla._record_watched(). */
Datum
sla_record_watched(PG_FUNCTION_ARGS)
{
	OwnerSwitch owner;
	int64 number;
	int level;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	sla_owner_begin(&owner);
	level = query_begin();
	number = ticket_record(PG_GETARG_INT64(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
						   PG_ARGISNULL(2) ? 0 : PG_GETARG_TIMESTAMPTZ(2), PG_ARGISNULL(2),
						   PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3)),
						   PG_ARGISNULL(4) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(4)),
						   details_empty(), RECORD_WATCHED);
	query_end(level);
	sla_owner_end(&owner);
	if (number == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(number);
}
