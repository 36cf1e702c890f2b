/*
 * condition.c
 *		SQL expressions over one ticket: checked, stored, compiled, evaluated.
 *
 * A condition is one bare boolean expression over the columns of sla.ticket.
 * It is written by whoever configures a policy and evaluated inside triggers and
 * the sweep, in the name of the tables' owner.  So it may only do what cannot
 * harm: call built-in immutable functions.  Text is refused before anything in
 * it is run, even the input function of a type (refuse_raw), and again after
 * analysis, by a list of what is allowed (check_node).
 *
 * What a condition means depends neither on the session's settings, which are
 * pinned while it is parsed, nor on the day: "now" and its like are refused.
 *
 * A condition that fails does not hold: a ticket is never lost because a rule
 * divides by zero.  The error becomes a Problem, and that a row of sla.health.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "sla_ext.h"

const char *const tracked_columns[] = {
	"type", "category", "urgency", "impact", "severity", "complexity", "priority", "channel",
	"customer_tier", "department", "departments", "owner", "assignee", "acceptor", "carrier",
	"supplier", "against_employee", "needs_department", "onsite_required", "business_impact",
	"verification_outcome", "complaint_cause", "responsibility", "decision_owner", "product",
	"asset", "fault_code", "root_cause", "amount_involved", "loss_amount", "happened_at",
	"promised_at", "appointment_at", "customer_required_at", "agreed_reply_at", "due_at", "duty",
	"last_score", "legal_hold", "repeat_of", "parent_ticket", "attributes"
};
const int ntracked_columns = lengthof(tracked_columns);

/* What an event rule may read of its event, in the order of their Params. */
static const char *const event_names[] = {"event_actor", "event_note", "event_details",
										  "event_implied_by"};
static const Oid event_types[] = {TEXTOID, TEXTOID, JSONBOID, TEXTOID};
static const Oid event_collations[] = {C_COLLATION_OID, C_COLLATION_OID, InvalidOid,
									   C_COLLATION_OID};

#define NEVENT_NAMES lengthof(event_names)

/* Words that a date's input function replaces by the day on which it runs. */
static const char *const relative_dates[] = {"now", "today", "tomorrow", "yesterday"};

/* The settings on which the meaning of an expression, or its deparsed text, depends. */
static const char *const pinned_settings[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"standard_conforming_strings", "on"},
	{"transform_null_equals", "off"},
	{"array_nulls", "on"},
	{"quote_all_identifiers", "off"},
	{"extra_float_digits", "1"},
};

struct Condition
{
	ExprState *state; /* NULL: could not be compiled */
	bool safe;		  /* nothing in it can raise an error */
	bool reads_event; /* not only the ticket */
	const char *object;
	const char *problem; /* why it could not be compiled */
};

/* One condition on its way from text to expression. */
typedef struct Reading
{
	const char *text;
	ConditionScope scope;
	Relation ticket;
	List *relative; /* locations of literals with one of relative_dates */
	List *rtable;
	Node *expr;	   /* as analysed */
	Expr *planned; /* with constants folded */
	bool safe;
	bool reads_event;
} Reading;

static ExprContext *evaluation = NULL;

static bool refuse_raw(Node *node, void *context);
static bool check_node(Node *node, void *context);

/* is_known finds a word in a list. */
static bool
is_known(const char *word, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (strcmp(word, list[i]) == 0)
			return true;
	}
	return false;
}

/* readable_columns lists what a condition may read, for a hint. */
static char *
readable_columns(ConditionScope scope)
{
	List *names = NIL;

	for (int i = 0; i < ntracked_columns; i++)
		names = lappend(names, unconstify(char *, tracked_columns[i]));
	if (scope == CONDITION_EVENT)
	{
		for (int i = 0; i < NEVENT_NAMES; i++)
			names = lappend(names, unconstify(char *, event_names[i]));
	}
	return sla_list_text(names);
}

/* pin_settings pins what the parser listens to; undone by AtEOXact_GUC. */
static int
pin_settings(void)
{
	int level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(pinned_settings); i++)
		(void) set_config_option(pinned_settings[i][0], pinned_settings[i][1], PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return level;
}

/*
 * explain_error lets an error of the parser point into the condition, and not
 * into the statement that happens to run.
 */
static void
explain_error(void *arg)
{
	Reading *reading = arg;
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(reading->text);
	}
	switch (geterrcode())
	{
		case ERRCODE_SYNTAX_ERROR:
			errhint("A condition is one SQL expression over the columns of sla.ticket, such as: "
					"urgency = 'urgent' AND needs_department.");
			break;
		case ERRCODE_GROUPING_ERROR:
		case ERRCODE_WINDOWING_ERROR:
			errhint("A condition sees one ticket only; count in a report instead.");
			break;
		case ERRCODE_DATATYPE_MISMATCH:
			errhint("A condition answers true or false.");
			break;
		case ERRCODE_FEATURE_NOT_SUPPORTED:
		case ERRCODE_INVALID_COLUMN_REFERENCE:
			if (position > 0) /* the parser's, without a hint */
				errhint("Use columns, constants, operators, built-in functions, CASE, COALESCE, "
						"IN, LIKE, IS NULL.");
			break;
		default:
			if (ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_DATA_EXCEPTION)
				errhint("This would fail for every ticket.");
			break;
	}
	errcontext("condition \"%s\"", reading->text);
}

/* has_relative_date tells whether a literal contains one of relative_dates as a word. */
static bool
has_relative_date(const char *literal)
{
	while (*literal)
	{
		char word[16];
		int length = 0;

		while (isalpha((unsigned char) *literal))
		{
			if (length < sizeof(word) - 1)
				word[length++] = pg_tolower((unsigned char) *literal);
			literal++;
		}
		word[length] = '\0';
		if (length > 0 && is_known(word, relative_dates, lengthof(relative_dates)))
			return true;
		if (*literal && !isalpha((unsigned char) *literal))
			literal++;
	}
	return false;
}

/*
 * refuse_foreign_type refuses types whose input function is not built in: that
 * function would run while the condition is parsed.  Enums have a built-in one.
 */
static void
refuse_foreign_type(TypeName *name)
{
	Type type = LookupTypeName(NULL, name, NULL, true);
	Oid typid;
	Oid element;

	if (type == NULL)
		return; /* the parser will say so */
	typid = typeTypeId(type);
	ReleaseSysCache(type);
	element = get_element_type(typid);
	if (OidIsValid(element))
		typid = element;
	if (!IsPinnedObject(TypeRelationId, typid) && get_typtype(typid) != TYPTYPE_ENUM)
		ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						errmsg("type %s is not built in", format_type_be(typid)),
						errhint("Conditions use built-in types and enums only.")));
}

/* refuse_whole_row refuses "*" and "ticket.*". */
static void
refuse_whole_row(List *fields)
{
	if (fields != NIL && IsA(llast(fields), A_Star))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a condition cannot use the whole ticket"),
						errhint("Name the columns that matter.")));
}

/* refuse_call refuses calls that only make sense over many rows. */
static void
refuse_call(FuncCall *call)
{
	if (call->over != NULL || call->agg_star || call->agg_distinct || call->agg_within_group ||
		call->agg_filter != NULL || call->agg_order != NIL)
		ereport(ERROR, (errcode(ERRCODE_GROUPING_ERROR),
						errmsg("a condition cannot use aggregate or window functions"),
						errhint("A condition sees one ticket only; count in a report instead.")));
}

/*
 * refuse_raw walks what the grammar made of the text and refuses what must not
 * even be analysed.
 */
static bool
refuse_raw(Node *node, void *context)
{
	Reading *reading = context;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SubLink:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("a condition cannot contain a subquery"),
							errhint("Read the columns of the ticket; what lies in other tables "
									"belongs into a column, or into \"attributes\".")));
			break;
		case T_ParamRef:
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_PARAMETER),
							errmsg("a condition has no parameters"),
							errhint("Write the value itself.")));
			break;
		case T_ColumnRef:
			refuse_whole_row(((ColumnRef *) node)->fields);
			break;
		case T_A_Indirection:
			refuse_whole_row(((A_Indirection *) node)->indirection);
			break;
		case T_FuncCall:
			refuse_call((FuncCall *) node);
			break;
		case T_TypeName:
			refuse_foreign_type((TypeName *) node);
			break;
		case T_A_Const:
			{
				A_Const *literal = (A_Const *) node;

				if (!literal->isnull && IsA(&literal->val, String) &&
					has_relative_date(strVal(&literal->val)))
					reading->relative = lappend_int(reading->relative, literal->location);
				return false;
			}
		default:
			break;
	}
	return raw_expression_tree_walker(node, refuse_raw, context);
}

/* parse_text makes one raw expression of the text and refuses anything more. */
static Node *
parse_text(const char *text)
{
	List *parsed = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *select = castNode(SelectStmt, linitial_node(RawStmt, parsed)->stmt);
	ResTarget *target;

	if (select->distinctClause != NIL || select->intoClause != NULL || select->fromClause != NIL ||
		select->whereClause != NULL || select->groupClause != NIL || select->havingClause != NULL ||
		select->windowClause != NIL || select->valuesLists != NIL || select->sortClause != NIL ||
		select->limitOffset != NULL || select->limitCount != NULL || select->lockingClause != NIL ||
		select->withClause != NULL || select->op != SETOP_NONE ||
		list_length(select->targetList) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("a condition must be a single expression")));
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL || target->indirection != NIL)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("a condition must be a single expression without a name")));
	return target->val;
}

/*
 * resolve_name is asked about every column reference: it offers the event's
 * names to event rules and says what is readable when a name means nothing.
 */
static Node *
resolve_name(ParseState *pstate, ColumnRef *cref, Node *var)
{
	Reading *reading = pstate->p_ref_hook_state;
	char *name = strVal(llast(cref->fields));

	if (var != NULL)
		return NULL;
	if (reading->scope == CONDITION_EVENT && list_length(cref->fields) == 1)
	{
		for (int i = 0; i < NEVENT_NAMES; i++)
		{
			if (strcmp(name, event_names[i]) == 0)
			{
				Param *param = makeNode(Param);

				reading->reads_event = true;
				param->paramkind = PARAM_EXTERN;
				param->paramid = i + 1;
				param->paramtype = event_types[i];
				param->paramtypmod = -1;
				param->paramcollid = event_collations[i];
				param->location = cref->location;
				return (Node *) param;
			}
		}
	}
	if (reading->scope != CONDITION_EVENT && is_known(name, event_names, NEVENT_NAMES))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("\"%s\" can be read by event rules only", name),
						errhint("Read the columns of the ticket: %s.",
								readable_columns(reading->scope)),
						parser_errposition(pstate, cref->location)));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist in sla.ticket", NameListToString(cref->fields)),
			 errhint("A condition may read: %s.", readable_columns(reading->scope)),
			 parser_errposition(pstate, cref->location)));
}

/* check_function accepts built-in immutable functions. */
static bool
check_function(Oid function, void *context)
{
	Reading *reading = context;

	if (!IsPinnedObject(ProcedureRelationId, function))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("function %s is not built in", format_procedure(function)),
				 errhint("Conditions call built-in functions only. Put the result of your function "
						 "into a column of the ticket, or into \"attributes\".")));
	if (func_volatile(function) != PROVOLATILE_IMMUTABLE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("function %s is not immutable", format_procedure(function)),
				 errhint("A condition depends on the ticket alone, not on the time or the "
						 "session. Waiting is what a target's duration says; for the day or hour "
						 "of a time write (column AT TIME ZONE 'Asia/Shanghai')::date.")));
	switch (function)
	{
		case F_NUMERIC_EQ:
		case F_NUMERIC_NE:
		case F_NUMERIC_GT:
		case F_NUMERIC_GE:
		case F_NUMERIC_LT:
		case F_NUMERIC_LE:
		case F_JSONB_OBJECT_FIELD_TEXT:
		case F_JSONB_EXISTS:
			break; /* not marked leakproof, but they do not raise either */
		default:
			if (!get_func_leakproof(function))
				reading->safe = false;
	}
	return false;
}

/* check_column accepts the columns that the scope may read. */
static void
check_column(Var *var, Reading *reading)
{
	Form_pg_attribute attribute;

	if (var->varattno == InvalidAttrNumber)
		refuse_whole_row(list_make1(makeNode(A_Star)));
	if (var->varattno < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
						errmsg("a condition cannot read system columns"),
						errhint("A condition may read: %s.", readable_columns(reading->scope))));
	attribute = TupleDescAttr(RelationGetDescr(reading->ticket), var->varattno - 1);
	if (attribute->attgenerated != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("a condition cannot read the generated column \"%s\"",
						NameStr(attribute->attname)),
				 errhint("It is computed only after the condition is judged; write its expression "
						 "instead.")));
	if (reading->scope == CONDITION_TRACKED &&
		!is_known(NameStr(attribute->attname), tracked_columns, ntracked_columns))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("a target's condition cannot read column \"%s\"",
						NameStr(attribute->attname)),
				 errhint("Only columns whose changes are events can decide which targets apply: "
						 "%s. Facts of your own go into \"attributes\".",
						 readable_columns(reading->scope))));
}

/*
 * check_literal refuses dates that would be frozen at the day on which the
 * condition was published.
 */
static void
check_literal(Const *literal, Reading *reading)
{
	Oid type = literal->consttype;
	char category;
	bool preferred;

	if (!list_member_int(reading->relative, literal->location))
		return;
	if (OidIsValid(get_element_type(type)))
		type = get_element_type(type);
	get_type_category_preferred(type, &category, &preferred);
	if (category == TYPCATEGORY_DATETIME || category == TYPCATEGORY_RANGE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("a condition cannot depend on the day it is read"),
				 errhint("\"now\", \"today\", \"tomorrow\" and \"yesterday\" would be frozen when "
						 "the policy is published. Waiting is what a target's duration says.")));
}

/*
 * check_collation refuses comparisons between texts of different collations,
 * which would fail for every ticket.
 */
static void
check_collation(Node *node, Reading *reading)
{
	List *args;
	ListCell *cell;

	if (IsA(node, ScalarArrayOpExpr))
		args = ((ScalarArrayOpExpr *) node)->args;
	else if (IsA(node, FuncExpr))
		args = ((FuncExpr *) node)->args;
	else
		args = ((OpExpr *) node)->args;
	if (OidIsValid(exprInputCollation(node)))
		return;
	foreach (cell, args)
	{
		if (!OidIsValid(get_typcollation(exprType(lfirst(cell)))))
			continue;
		reading->safe = false;
		if (!IsA(node, FuncExpr) && exprType(node) == BOOLOID)
			ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_COLLATION),
							errmsg("a condition compares texts of different collations"),
							errhint("Add COLLATE \"C\" to one of them.")));
	}
}

/* refuse_node names what a condition cannot contain. */
static void
refuse_node(Node *node)
{
	switch (nodeTag(node))
	{
		case T_MinMaxExpr:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("a condition cannot use GREATEST or LEAST"),
							errhint("Use CASE WHEN ... THEN ... END.")));
			break;
		case T_CoerceToDomain:
		case T_CoerceToDomainValue:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("a condition cannot convert to a domain"),
							errhint("Convert to the domain's base type.")));
			break;
		case T_SQLValueFunction:
			ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
							errmsg("a condition cannot depend on the time or the session"),
							errhint("Waiting is what a target's duration says.")));
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("a condition cannot contain this kind of expression"),
							errhint("Use columns, constants, operators, built-in functions, CASE, "
									"COALESCE, IN, LIKE, IS NULL.")));
	}
}

/* check_node walks the analysed expression and accepts what is on its list. */
static bool
check_node(Node *node, void *context)
{
	Reading *reading = context;

	if (node == NULL)
		return false;
	check_functions_in_node(node, check_function, context);
	switch (nodeTag(node))
	{
		case T_Var:
			check_column((Var *) node, reading);
			break;
		case T_Const:
			check_literal((Const *) node, reading);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
		case T_FuncExpr:
			check_collation(node, reading);
			break;
		case T_SubscriptingRef:
			if (!IsPinnedObject(TypeRelationId, ((SubscriptingRef *) node)->refcontainertype))
				refuse_node(node);
			reading->safe = false;
			break;
		case T_ArrayExpr:
			if (((ArrayExpr *) node)->multidims)
				reading->safe = false;
			break;
		case T_RowCompareExpr:
		case T_ArrayCoerceExpr:
		case T_CoerceViaIO:
			reading->safe = false;
			break;
		case T_List:
		case T_Param:
		case T_BoolExpr:
		case T_RelabelType:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CaseTestExpr:
		case T_CoalesceExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CollateExpr:
			break;
		default:
			refuse_node(node);
	}
	return expression_tree_walker(node, check_node, context);
}

/* analyse makes a checked boolean expression of the text, under pinned settings. */
static void
analyse(Reading *reading)
{
	ErrorContextCallback callback = {error_context_stack, explain_error, reading};
	ParseState *pstate;
	ParseNamespaceItem *item;
	Node *raw;

	error_context_stack = &callback;
	raw = parse_text(reading->text);
	refuse_raw(raw, reading);
	pstate = make_parsestate(NULL);
	pstate->p_sourcetext = reading->text;
	pstate->p_post_columnref_hook = resolve_name;
	pstate->p_ref_hook_state = reading;
	item = addRangeTableEntryForRelation(pstate, reading->ticket, AccessShareLock, NULL, false,
										 true);
	addNSItemToQuery(pstate, item, false, true, true);
	reading->expr = transformExpr(pstate, raw, EXPR_KIND_CHECK_CONSTRAINT);
	reading->expr = coerce_to_boolean(pstate, reading->expr, "condition");
	assign_expr_collations(pstate, reading->expr);
	reading->rtable = pstate->p_rtable;
	free_parsestate(pstate);
	reading->safe = true;
	check_node(reading->expr, reading);
	reading->planned = expression_planner(copyObject((Expr *) reading->expr));
	error_context_stack = callback.previous;
}

/* name_event_facts replaces the event's Params by Vars, which can be deparsed. */
static Node *
name_event_facts(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param))
	{
		Param *param = (Param *) node;

		return (Node *) makeVar(2, param->paramid, param->paramtype, param->paramtypmod,
								param->paramcollid, 0);
	}
	return expression_tree_mutator(node, name_event_facts, context);
}

/* deparse_reading writes the expression as SQL, with the event as a second relation. */
static char *
deparse_reading(Reading *reading)
{
	PlannedStmt *stmt = makeNode(PlannedStmt);
	RangeTblEntry *event = makeNode(RangeTblEntry);
	List *names = NIL;

	for (int i = 0; i < NEVENT_NAMES; i++)
		names = lappend(names, makeString(unconstify(char *, event_names[i])));
	event->rtekind = RTE_VALUES;
	event->eref = makeAlias("event", names);
	stmt->rtable = lappend(list_copy(reading->rtable), event);
	return deparse_expression(name_event_facts(reading->expr, NULL),
							  deparse_context_for_plan_tree(stmt, list_make2("ticket", "event")),
							  false, false);
}

/*
 * condition_check raises a clear error, or returns the text to store: what the
 * condition means whatever the session's settings.
 */
char *
condition_check(const char *text, ConditionScope scope)
{
	Reading reading = {.text = text, .scope = scope};
	int level = pin_settings();
	char *stored;

	reading.ticket = table_open(sla_relid("ticket", false), AccessShareLock);
	analyse(&reading);
	stored = deparse_reading(&reading);
	table_close(reading.ticket, NoLock);
	AtEOXact_GUC(true, level);
	return stored;
}

/*
 * sla_guard runs work in an internal subtransaction.  It returns NULL, or the
 * message of an error that is the fault of configuration; others are rethrown.
 */
char *
sla_guard(void (*work)(void *arg), void *arg, bool (*tolerated)(int sqlstate))
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char *volatile message = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!tolerated(error->sqlerrcode))
			ReThrowError(error);
		message = pstrdup(error->message);
		FreeErrorData(error);
	}
	PG_END_TRY();
	return message;
}

/* sla_definition_error tells errors that mean: this text says nothing sensible (any more). */
bool
sla_definition_error(int sqlstate)
{
	int class = ERRCODE_TO_CATEGORY(sqlstate);

	return class == ERRCODE_DATA_EXCEPTION || class == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
		   class == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/* value_error tells errors that come from the values of one ticket. */
static bool
value_error(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_DATA_EXCEPTION ||
		   sqlstate == ERRCODE_UNDEFINED_COLUMN || sqlstate == ERRCODE_DATATYPE_MISMATCH ||
		   sqlstate == ERRCODE_INDETERMINATE_COLLATION;
}

/* What condition_compile hands through sla_guard. */
typedef struct Compilation
{
	Reading reading;
	Condition *condition;
} Compilation;

/* compile makes the ExprState, in the current memory context. */
static void
compile(void *arg)
{
	Compilation *work = arg;
	int level = pin_settings();

	work->reading.ticket = table_open(sla_relid("ticket", false), AccessShareLock);
	analyse(&work->reading);
	work->condition->state = ExecInitExpr(work->reading.planned, NULL);
	work->condition->safe = work->reading.safe;
	work->condition->reads_event = work->reading.reads_event;
	table_close(work->reading.ticket, NoLock);
	AtEOXact_GUC(true, level);
}

/*
 * condition_compile compiles a stored condition into the current memory context.
 * It never fails because of what the text says.
 */
Condition *
condition_compile(const char *text, ConditionScope scope, const char *object)
{
	Condition *condition;
	Compilation work = {.reading = {.text = text, .scope = scope}};

	if (text == NULL)
		return NULL;
	condition = palloc0(sizeof(Condition));
	condition->object = pstrdup(object);
	work.condition = condition;
	condition->problem = sla_guard(compile, &work, sla_definition_error);
	if (condition->problem != NULL)
		condition->state = NULL;
	return condition;
}

/* condition_problem says why a condition could not be compiled, or returns NULL. */
const char *
condition_problem(const Condition *condition)
{
	return condition ? condition->problem : NULL;
}

/* evaluation_context returns the one context in which all conditions are evaluated. */
static ExprContext *
evaluation_context(void)
{
	if (evaluation == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
		ExprContext *fresh = CreateStandaloneExprContext();
		ParamListInfo params = makeParamList(NEVENT_NAMES);

		for (int i = 0; i < NEVENT_NAMES; i++)
		{
			params->params[i].isnull = true;
			params->params[i].pflags = 0;
			params->params[i].ptype = event_types[i];
		}
		fresh->ecxt_param_list_info = params;
		evaluation = fresh;
		MemoryContextSwitchTo(old);
	}
	return evaluation;
}

/* bind_facts hands the event's facts to the expression. */
static void
bind_facts(ExprContext *context, const EventFacts *facts)
{
	ParamExternData *params = context->ecxt_param_list_info->params;
	MemoryContext old = MemoryContextSwitchTo(context->ecxt_per_tuple_memory);

	params[0].isnull = facts == NULL || facts->actor == NULL;
	params[0].value = params[0].isnull ? (Datum) 0 : CStringGetTextDatum(facts->actor);
	params[1].isnull = facts == NULL || facts->note == NULL;
	params[1].value = params[1].isnull ? (Datum) 0 : CStringGetTextDatum(facts->note);
	params[2].isnull = facts == NULL;
	params[2].value = params[2].isnull ? (Datum) 0 : facts->details;
	params[3].isnull = facts == NULL || facts->implied_by == NULL;
	params[3].value = params[3].isnull ? (Datum) 0 : CStringGetTextDatum(facts->implied_by);
	MemoryContextSwitchTo(old);
}

/* What condition_holds hands through sla_guard. */
typedef struct Evaluation
{
	ExprState *state;
	ExprContext *context;
	bool holds;
} Evaluation;

/* evaluate asks the expression; null counts as false. */
static void
evaluate(void *arg)
{
	Evaluation *work = arg;
	bool isnull;
	Datum value = ExecEvalExprSwitchContext(work->state, work->context, &isnull);

	work->holds = !isnull && DatumGetBool(value);
}

/* report_problem appends a problem, copied into the current memory context. */
void
sla_report_problem(List **problems, const char *code, const char *object, const char *message)
{
	Problem *problem;

	if (problems == NULL)
		return;
	problem = palloc(sizeof(Problem));
	problem->code = code;
	problem->object = pstrdup(object);
	problem->message = pstrdup(message);
	*problems = lappend(*problems, problem);
}

/* condition_holds tells whether a condition holds for a ticket (and an event). */
bool
condition_holds(Condition *condition, TupleTableSlot *ticket, const EventFacts *facts,
				List **problems)
{
	Evaluation work = {0};
	char *failure = NULL;

	if (condition == NULL)
		return true;
	if (condition->state == NULL)
	{
		sla_report_problem(problems, "condition_failed", condition->object, condition->problem);
		return false;
	}
	work.state = condition->state;
	work.context = evaluation_context();
	ResetExprContext(work.context);
	work.context->ecxt_scantuple = ticket;
	if (condition->reads_event)
		bind_facts(work.context, facts);
	if (condition->safe)
		evaluate(&work);
	else
		failure = sla_guard(evaluate, &work, value_error);
	ResetExprContext(work.context);
	work.context->ecxt_scantuple = NULL;
	if (failure == NULL)
		return work.holds;
	sla_report_problem(problems, "condition_failed", condition->object, failure);
	return false;
}

PG_FUNCTION_INFO_V1(sla_check_condition);
/* sla_check_condition is SQL's sla.check_condition(condition, scope). */
Datum
sla_check_condition(PG_FUNCTION_ARGS)
{
	static const char *const scopes[] = {"target", "ticket", "event"};
	char *condition;
	char *scope = text_to_cstring(PG_GETARG_TEXT_PP(1));

	for (int i = 0; i < lengthof(scopes); i++)
	{
		if (strcmp(scope, scopes[i]) != 0)
			continue;
		condition = text_to_cstring(PG_GETARG_TEXT_PP(0));
		PG_RETURN_TEXT_P(cstring_to_text(condition_check(condition, (ConditionScope) i)));
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown condition scope \"%s\"", scope),
					errhint("The scopes are target, ticket and event.")));
}
