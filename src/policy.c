/*
 * policy.c
 *		Policies as C sees them: loaded, chosen, applied; and the people behind roles.
 *
 * All published and retired versions are read at once, without a plan, into the
 * cache's current generation (see sla_cache()); a row that cannot be used is left
 * out and remembered as a Problem, because a ticket must never be refused for
 * what the configuration gets wrong (rule E-18).  What publishing refuses and
 * why is in policy.sql; here a version may still have gone bad since, when a
 * calendar or a column has disappeared.
 *
 * Names are kept as C strings; events become the small integers of fold.h.  The
 * first codes mean something to the engine, then come the built-in names, then
 * whatever else the version's own rows use.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "sla_ext.h"

/* Events every ticket knows.  The first FOLD_FIRST_FREE are the engine's, in its order. */
static const char *const builtin_events[] = {
	"received", "reopened", "closed", "closed_no_rating", "withdrawn", "waiting_ended", "changed",
	/* of tickets */
	"occurred", "registered", "classified", "accepted", "first_response", "answered", "auto_reply",
	"cannot_answer", "unsolvable", "assigned", "department_added", "reported_to_supervisor",
	"reported_to_project_lead", "dept_head_notified", "dept_responded", "emergency_meeting",
	"emergency_team_formed", "coordination_meeting", "verified", "cause_analysed",
	"plan_proposed", "plan_agreed", "plan_approved", "schedule_communicated", "fault_confirmed",
	"appointment_set", "promised", "reply_agreed", "arrived_on_site", "work_started",
	"responsible_informed", "progress_to_supervisor", "progress_to_customer", "follow_up",
	"escalated", "expert_requested", "tech_review", "resolved", "result_to_cs",
	"result_notified", "survey_requested", "rating_recorded", "customer_confirmed",
	"callback_done", "service_report_filed", "written_report_filed", "complaint_verified",
	"responsibility_confirmed", "penalty_decided", "archived", "waiting_customer",
	"owner_changed",
	/* of duties */
	"report_filed", "meeting_held", "maintenance_done", "stocktake_done", "visit_done",
	"document_filed", "rectified", "part_shipped", "part_receipt_confirmed", "installation_done"
};

/* Roles that follow from the ticket; all others are those of sla.employee. */
static const char *const ticket_roles[] = {"agent", "dept_handler", "handler", "dept_head",
										   "supervisor"};

/* Ticket columns that rules may not set: keys, and what the engine keeps itself. */
static const char *const engine_columns[] = {
	"ticket_id", "policy", "policy_version", "duty", "subject_key", "period", "received_at",
	"created_at", "status", "cycle", "last_score", "classified_by", "resolved_at", "closed_at",
	"archived_at"
};

/* A value that a rule gives to a ticket column. */
typedef struct Fill
{
	AttrNumber attnum;
	Datum value;
	bool byval;
	int16 length;
} Fill;

typedef struct Classification
{
	int position;
	bool has_keywords;
	Condition *condition;
	List *fills;
} Classification;

/* A target under construction, with what the engine needs of it. */
typedef struct DraftTarget
{
	Target target;
	FoldTarget fold;
} DraftTarget;

/* An escalation step and the target it belongs to. */
typedef struct DraftStep
{
	Step step;
	char *target; /* "*": every target */
} DraftStep;

typedef struct DraftKeyword
{
	char *keyword;
	Classification *rule;
} DraftKeyword;

/* A policy version under construction. */
typedef struct Draft
{
	Policy *policy;
	char **pause_names;
	int npauses;
	List *events;	/* char * */
	List *dues;		/* char * */
	List *targets;	/* DraftTarget * */
	List *steps;	/* DraftStep * */
	List *rules;	/* EventRule * */
	List *penalties; /* PenaltyRule * */
	List *classes;	/* Classification * */
	List *keywords; /* DraftKeyword * */
} Draft;

typedef struct PolicySet
{
	int npolicies;
	Policy *policies; /* by position, name, version */
	List *problems;	  /* Problem * */
} PolicySet;

/* What a load works on. */
typedef struct Loading
{
	List *drafts;
	PolicySet *set;
} Loading;

typedef struct Employee
{
	char *name; /* hash key */
	char *department;
	char *supervisor;
	bool active;
	int nroles;
	char **roles;
} Employee;

typedef struct Department
{
	char *name; /* hash key */
	char *head;
} Department;

typedef struct RoleMembers
{
	char *name; /* hash key */
	List *members;
} RoleMembers;

typedef struct People
{
	HTAB *employees;
	HTAB *departments;
	HTAB *roles;
} People;

/* ---- reading rows ---- */

/*
 * interval_usecs is an interval as elapsed time; a month counts 30 days, as in SQL.
 * Ten thousand years are as good as for ever, infinity included, and can be added to
 * any time that a ticket has.
 */
static int64
interval_usecs(const Interval *interval)
{
	int64 most = INT64CONST(10000) * 365 * USECS_PER_DAY;
	int64 days;
	int64 result;

	if (interval == NULL)
		return 0;
	days = (int64) interval->month * DAYS_PER_MONTH + interval->day;
	if (pg_mul_s64_overflow(days, USECS_PER_DAY, &result) ||
		pg_add_s64_overflow(result, interval->time, &result))
		return days < 0 ? -most : most;
	return Max(Min(result, most), -most);
}

/* index_of finds a name in a List of C strings, or returns -1. */
static int
index_of(List *names, const char *name)
{
	int i = 0;
	ListCell *cell;

	foreach (cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return i;
		i++;
	}
	return -1;
}

/* code_of returns the code of an event, a new one for a name not seen before. */
static int
code_of(Draft *draft, const char *event)
{
	int code = index_of(draft->events, event);

	if (code < 0)
	{
		code = list_length(draft->events);
		draft->events = lappend(draft->events, pstrdup(event));
	}
	return code;
}

/* codes_of returns the codes of a text array column. */
static int *
codes_of(Draft *draft, ConfigScan *scan, const char *column, int *n, char ***names)
{
	char **events = config_text_array(scan, column, n);
	int *codes = palloc(sizeof(int) * Max(*n, 1));

	for (int i = 0; i < *n; i++)
		codes[i] = code_of(draft, events[i]);
	if (names != NULL)
		*names = events;
	return codes;
}

/* list_of reads a text array column of events as the engine's list. */
static FoldEventList
list_of(Draft *draft, ConfigScan *scan, const char *column)
{
	FoldEventList list;

	list.codes = codes_of(draft, scan, column, &list.n, NULL);
	return list;
}

/* draft_of finds the version that the current row belongs to; NULL for drafts. */
static Draft *
draft_of(Loading *loading, ConfigScan *scan)
{
	char *policy = config_text(scan, "policy");
	int version = config_int(scan, "version", 0);
	ListCell *cell;

	foreach (cell, loading->drafts)
	{
		Draft *draft = lfirst(cell);

		if (draft->policy->version == version && strcmp(draft->policy->name, policy) == 0)
			return draft;
	}
	return NULL;
}

/* object_name names a row for a Problem. */
static char *
object_name(const Draft *draft, const char *kind, const char *name)
{
	return psprintf("%s/%d/%s %s", draft->policy->name, draft->policy->version, kind, name);
}

/* condition_of compiles one condition and remembers what is wrong with it. */
static Condition *
condition_of(Loading *loading, ConfigScan *scan, const char *column, ConditionScope scope,
			 const char *object)
{
	Condition *condition = condition_compile(config_text(scan, column), scope, object);

	if (condition_problem(condition) != NULL)
		sla_report_problem(&loading->set->problems, "condition_failed", object,
						   condition_problem(condition));
	return condition;
}

/* order_check_of reads how the built-in order of events is enforced. */
static OrderCheck
order_check_of(const char *name)
{
	if (name != NULL && strcmp(name, "enforce") == 0)
		return ORDER_ENFORCE;
	if (name != NULL && strcmp(name, "off") == 0)
		return ORDER_OFF;
	return ORDER_WARN;
}

/* read_policy reads one row of sla.policy. */
static void
read_policy(Loading *loading, ConfigScan *scan)
{
	Draft *draft = palloc0(sizeof(Draft));
	Policy *policy = draft->policy = palloc0(sizeof(Policy));

	policy->name = config_text(scan, "policy");
	policy->version = config_int(scan, "version", 0);
	policy->position = config_int(scan, "position", 0);
	policy->effective_from = config_time(scan, "effective_from", DT_NOEND);
	policy->effective_to = config_time(scan, "effective_to", DT_NOEND);
	policy->applies_to = condition_of(loading, scan, "applies_to", CONDITION_TRACKED,
									  psprintf("%s/%d/policy", policy->name, policy->version));
	policy->calendar = config_text(scan, "calendar");
	policy->late_record_window = interval_usecs(config_interval(scan, "late_record_window"));
	policy->reopen_alert_after = config_int(scan, "reopen_alert_after", 0);
	policy->reopen_alert = config_text_array(scan, "reopen_alert_roles", &policy->nreopen_alert);
	policy->unsatisfied_max_rating = config_int(scan, "unsatisfied_max_rating", 0);
	policy->rating_scale = config_int(scan, "rating_scale", 0);
	policy->order_check = order_check_of(config_text(scan, "order_check"));
	for (int i = 0; i < lengthof(builtin_events); i++)
		draft->events = lappend(draft->events, unconstify(char *, builtin_events[i]));
	draft->pause_names = config_text_array(scan, "pause_on", &draft->npauses);
	for (int i = 0; i < draft->npauses; i++)
		(void) code_of(draft, draft->pause_names[i]);
	loading->drafts = lappend(loading->drafts, draft);
}

/* read_policies reads every version that tickets may have. */
static void
read_policies(Loading *loading)
{
	ConfigScan scan;

	config_scan_begin(&scan, "policy");
	while (config_scan_next(&scan))
	{
		if (strcmp(config_text(&scan, "status"), "draft") != 0)
			read_policy(loading, &scan);
	}
	config_scan_end(&scan);
}

/* read_step reads one row of sla.escalation_step. */
static void
read_step(Loading *loading, Draft *draft, ConfigScan *scan)
{
	DraftStep *row = palloc0(sizeof(DraftStep));
	bool isnull;
	Datum percent = config_datum(scan, "at_percent", &isnull);

	row->target = config_text(scan, "target");
	row->step.level = config_int(scan, "level", 0);
	if (!isnull)
		row->step.at_fraction =
			DatumGetFloat8(DirectFunctionCall1(numeric_float8, percent)) / 100.0;
	else
		row->step.after = interval_usecs(config_interval(scan, "after"));
	row->step.roles = config_text_array(scan, "roles", &row->step.nroles);
	row->step.medium = config_text(scan, "medium");
	draft->steps = lappend(draft->steps, row);
}

/* What calendar_of hands through sla_guard. */
typedef struct CalendarCall
{
	const char *name;
	WorkCalendar *calendar;
} CalendarCall;

/* look_calendar_up is the part of calendar_of that may raise an error. */
static void
look_calendar_up(void *arg)
{
	CalendarCall *call = arg;

	call->calendar = calendar_lookup(call->name, true);
}

/* calendar_of looks a calendar up and says in *message what is wrong with it. */
static WorkCalendar *
calendar_of(const char *name, char **message)
{
	CalendarCall call = {name, NULL};

	*message = sla_guard(look_calendar_up, &call, sla_definition_error);
	if (*message == NULL && call.calendar == NULL)
		*message = psprintf("calendar \"%s\" does not exist", name);
	return call.calendar;
}

/* due_slot_of returns the slot of a due column. */
static int
due_slot_of(Draft *draft, const char *column)
{
	int slot;

	if (column == NULL)
		return -1;
	slot = index_of(draft->dues, column);
	if (slot < 0)
	{
		slot = list_length(draft->dues);
		draft->dues = lappend(draft->dues, pstrdup(column));
	}
	return slot;
}

/* add_code appends an event to a list of the engine. */
static void
add_code(FoldEventList *list, int code)
{
	int *codes = palloc(sizeof(int) * (list->n + 1));

	if (list->n > 0)
		memcpy(codes, list->codes, sizeof(int) * list->n);
	codes[list->n++] = code;
	list->codes = codes;
}

/*
 * read_fold reads what the engine needs of a target.  It returns NULL, or why
 * the target cannot be used.
 */
static char *
read_fold(Draft *draft, ConfigScan *scan, DraftTarget *row)
{
	FoldTarget *fold = &row->fold;
	Interval *every = config_interval(scan, "every");
	Interval *limit = every ? every : config_interval(scan, "duration");
	char *fallback = config_text(scan, "fallback_on");
	char *message = NULL;

	if (limit != NULL && (limit->month != 0 || limit->day < 0 || limit->time < 0))
		return pstrdup("the duration has months or is negative");
	fold->days = limit ? limit->day : 0;
	fold->time = limit ? limit->time : 0;
	fold->repeating = every != NULL;
	fold->due_slot = due_slot_of(draft, row->target.due_column);
	fold->starts = list_of(draft, scan, "starts_on");
	if (fold->due_slot >= 0)
		fold->starts.n = 0;
	fold->starts_all = config_bool(scan, "starts_all", false);
	fold->fallback_on = fallback ? code_of(draft, fallback) : FOLD_NO_EVENT;
	fold->fallback_after = interval_usecs(config_interval(scan, "fallback_after"));
	fold->stops = list_of(draft, scan, "stops_on");
	fold->stops_all = config_bool(scan, "stops_all", false);
	fold->rearms = list_of(draft, scan, "rearms_on");
	fold->cancels = list_of(draft, scan, "cancels_on");
	fold->restarts = config_bool(scan, "restarts", true);
	fold->pausable = config_bool(scan, "pausable", true) && fold->due_slot < 0 &&
					 row->target.duty == NULL;
	fold->timer = row->target.on_due != NULL;
	if (fold->timer)
		add_code(&fold->stops, code_of(draft, row->target.on_due));
	fold->calendar = calendar_of(row->target.calendar, &message);
	return message;
}

/* read_target reads one row of sla.target. */
static void
read_target(Loading *loading, Draft *draft, ConfigScan *scan)
{
	DraftTarget *row = palloc0(sizeof(DraftTarget));
	Target *target = &row->target;
	char *object;
	char *failure;

	target->name = config_text(scan, "target");
	target->due_column = config_text(scan, "due_column");
	if (target->due_column == NULL && config_interval(scan, "duration") == NULL &&
		config_interval(scan, "every") == NULL)
		return; /* switched off */
	object = object_name(draft, "target", target->name);
	target->milestone = config_text(scan, "milestone");
	target->duty = config_text(scan, "duty");
	target->calendar = config_text(scan, "calendar");
	if (target->calendar == NULL)
		target->calendar = draft->policy->calendar;
	target->on_due = config_text(scan, "on_due");
	target->start_owed_by = config_text(scan, "start_owed_by");
	target->stops = config_text_array(scan, "stops_on", &target->nstops);
	target->responsible = config_text_array(scan, "responsible_role", &target->nresponsible);
	target->notify = config_text_array(scan, "notify_roles", &target->nnotify);
	target->binding = config_bool(scan, "binding", false);
	target->ladder = config_text(scan, "ladder");
	failure = read_fold(draft, scan, row);
	if (failure != NULL)
	{
		sla_report_problem(&loading->set->problems, "target_unusable", object, failure);
		return;
	}
	target->condition = condition_of(loading, scan, "condition", CONDITION_TRACKED, object);
	draft->targets = lappend(draft->targets, row);
}

/* read_rule reads one row of sla.event_rule. */
static void
read_rule(Loading *loading, Draft *draft, ConfigScan *scan)
{
	EventRule *rule = palloc0(sizeof(EventRule));
	bool isnull;
	Datum sets = config_datum(scan, "sets", &isnull);
	char *object;

	rule->name = config_text(scan, "rule");
	object = object_name(draft, "event_rule", rule->name);
	rule->event = code_of(draft, config_text(scan, "event"));
	rule->applies_when = condition_of(loading, scan, "applies_when", CONDITION_EVENT, object);
	rule->requires_events = codes_of(draft, scan, "requires_events", &rule->nrequires_events,
									 &rule->requires_names);
	rule->requires = condition_of(loading, scan, "requires", CONDITION_EVENT, object);
	rule->actor_roles = config_text_array(scan, "actor_roles", &rule->nactor_roles);
	rule->enforce = strcmp(config_text(scan, "mode"), "enforce") == 0;
	rule->binding = config_bool(scan, "binding", false);
	rule->ladder = config_text(scan, "ladder");
	rule->implies = codes_of(draft, scan, "implies", &rule->nimplies, NULL);
	rule->sets = isnull ? (Datum) 0 : PointerGetDatum(PG_DETOAST_DATUM_COPY(sets));
	rule->notifies = config_text_array(scan, "notifies", &rule->nnotifies);
	rule->message = config_text(scan, "message");
	rule->message_zh = config_text(scan, "message_zh");
	draft->rules = lappend(draft->rules, rule);
}

/* read_penalty_rule reads one row of sla.penalty_rule, if the engine has to know it. */
static void
read_penalty_rule(Loading *loading, Draft *draft, ConfigScan *scan)
{
	char *event = config_text(scan, "event");
	bool triggers = strcmp(config_text(scan, "trigger"), "event") == 0;
	PenaltyRule *rule;

	/* An event has a code even where it calls for nothing, so that it may be recorded. */
	int code = event ? code_of(draft, event) : FOLD_NO_EVENT;

	if (!triggers && config_text(scan, "condition") == NULL)
		return;
	rule = palloc0(sizeof(PenaltyRule));
	rule->ladder = config_text(scan, "ladder");
	rule->step = config_text(scan, "step");
	rule->object = object_name(draft, "penalty_rule", psprintf("%s/%s", rule->ladder, rule->step));
	rule->event = triggers && code != FOLD_CHANGED ? code : FOLD_NO_EVENT;
	rule->condition = condition_of(loading, scan, "condition",
								   triggers ? CONDITION_EVENT : CONDITION_TICKET, rule->object);
	rule->subject = config_text(scan, "subject");
	draft->penalties = lappend(draft->penalties, rule);
}

/* ---- values that rules give to columns ---- */

/* scalar_text is a JSON value as the text that an input function reads; NULL for null. */
static char *
scalar_text(JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBinary:
			return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
		default:
			return NULL;
	}
}

/* array_text is a JSON array as the text of a SQL array. */
static char *
array_text(JsonbContainer *array)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbIteratorToken token;
	JsonbValue value;
	StringInfoData text;

	initStringInfo(&text);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char *element;

		if (token != WJB_ELEM)
			continue;
		element = scalar_text(&value);
		appendStringInfoString(&text, text.len > 0 ? "," : "{");
		appendStringInfoString(&text, element ? "\"" : "NULL");
		for (char *p = element; p != NULL && *p; p++)
		{
			if (*p == '"' || *p == '\\')
				appendStringInfoChar(&text, '\\');
			appendStringInfoChar(&text, *p);
		}
		if (element != NULL)
			appendStringInfoChar(&text, '"');
	}
	appendStringInfoString(&text, text.len > 0 ? "}" : "{}");
	return text.data;
}

/* value_text is a JSON value as the input text of a column. */
static char *
value_text(JsonbValue *value, Form_pg_attribute column)
{
	if (column->atttypid == JSONBOID || column->atttypid == JSONOID)
		return JsonbToCString(NULL, &JsonbValueToJsonb(value)->root, -1);
	if (value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) &&
		OidIsValid(get_element_type(column->atttypid)))
		return array_text(value->val.binary.data);
	return scalar_text(value);
}

/* settable_column finds a column that rules may set, or raises an error. */
static Form_pg_attribute
settable_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < lengthof(engine_columns); i++)
	{
		if (strcmp(name, engine_columns[i]) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
							errmsg("a rule cannot set column \"%s\"", name),
							errhint("Keys and the columns that the engine keeps itself are not set "
									"by rules; use \"implies\" to record an event.")));
	}
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!column->attisdropped && column->attgenerated == '\0' &&
			strcmp(NameStr(column->attname), name) == 0)
			return column;
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("column \"%s\" does not exist in sla.ticket", name),
					errhint("\"sets\" is a JSON object of columns of sla.ticket and their values; "
							"facts of your own go into \"attributes\".")));
	return NULL; /* keep the compiler quiet */
}

/* fills_of reads the values that "sets" gives to columns of sla.ticket, or raises an error. */
static List *
fills_of(Jsonb *sets)
{
	Relation ticket = table_open(sla_relid("ticket", false), AccessShareLock);
	JsonbIterator *iterator = JsonbIteratorInit(&sets->root);
	JsonbValue key;
	JsonbValue value;
	List *fills = NIL;

	if (JsonbIteratorNext(&iterator, &key, true) != WJB_BEGIN_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"sets\" must be a JSON object"),
						errhint("Write for example {\"urgency\": \"urgent\"}.")));
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		char *name = pnstrdup(key.val.string.val, key.val.string.len);
		Form_pg_attribute column = settable_column(RelationGetDescr(ticket), name);
		Fill *fill = palloc0(sizeof(Fill));
		char *text;
		Oid input;
		Oid ioparam;

		(void) JsonbIteratorNext(&iterator, &value, true);
		text = value_text(&value, column);
		if (text == NULL)
			continue;
		getTypeInputInfo(column->atttypid, &input, &ioparam);
		fill->attnum = column->attnum;
		fill->value = OidInputFunctionCall(input, text, ioparam, column->atttypmod);
		fill->byval = column->attbyval;
		fill->length = column->attlen;
		fills = lappend(fills, fill);
	}
	table_close(ticket, NoLock);
	return fills;
}

/* What read_classification hands through sla_guard. */
typedef struct FillCall
{
	Jsonb *sets;
	List *fills;
} FillCall;

/* read_fills is the part of read_classification that may raise an error. */
static void
read_fills(void *arg)
{
	FillCall *call = arg;

	call->fills = fills_of(call->sets);
}

/* read_classification reads one row of sla.classification. */
static void
read_classification(Loading *loading, Draft *draft, ConfigScan *scan)
{
	Classification *rule = palloc0(sizeof(Classification));
	FillCall call = {0};
	bool isnull;
	Datum sets = config_datum(scan, "sets", &isnull);
	int nkeywords;
	char **keywords = config_text_array(scan, "keywords", &nkeywords);
	char *object;
	char *failure = NULL;

	rule->position = config_int(scan, "position", 0);
	object = object_name(draft, "classification", psprintf("%d", rule->position));
	if (!isnull)
	{
		call.sets = DatumGetJsonbPCopy(sets);
		failure = sla_guard(read_fills, &call, sla_definition_error);
	}
	if (failure != NULL)
	{
		sla_report_problem(&loading->set->problems, "classification_unusable", object, failure);
		return;
	}
	rule->fills = call.fills;
	rule->condition = condition_of(loading, scan, "condition", CONDITION_TICKET, object);
	rule->has_keywords = nkeywords > 0;
	for (int i = 0; i < nkeywords; i++)
	{
		DraftKeyword *keyword = palloc(sizeof(DraftKeyword));

		keyword->keyword = keywords[i];
		keyword->rule = rule;
		draft->keywords = lappend(draft->keywords, keyword);
	}
	draft->classes = lappend(draft->classes, rule);
}

/* ---- finishing a version ---- */

/* compare_targets orders targets by name. */
static int
compare_targets(const ListCell *a, const ListCell *b)
{
	return strcmp(((DraftTarget *) lfirst(a))->target.name,
				  ((DraftTarget *) lfirst(b))->target.name);
}

/* compare_rules orders event rules by name. */
static int
compare_rules(const ListCell *a, const ListCell *b)
{
	return strcmp(((EventRule *) lfirst(a))->name, ((EventRule *) lfirst(b))->name);
}

/* compare_penalties orders penalty rules by ladder and step. */
static int
compare_penalties(const ListCell *a, const ListCell *b)
{
	const PenaltyRule *left = lfirst(a);
	const PenaltyRule *right = lfirst(b);
	int order = strcmp(left->ladder, right->ladder);

	return order != 0 ? order : strcmp(left->step, right->step);
}

/* compare_classes orders classification rules by position. */
static int
compare_classes(const ListCell *a, const ListCell *b)
{
	return ((Classification *) lfirst(a))->position - ((Classification *) lfirst(b))->position;
}

/* compare_steps orders escalation steps by level. */
static int
compare_steps(const ListCell *a, const ListCell *b)
{
	return ((DraftStep *) lfirst(a))->step.level - ((DraftStep *) lfirst(b))->step.level;
}

/*
 * steps_of collects the steps of one target in order of level: its own, and those
 * of every target ("*") where it has no own step of that level.
 */
static Step *
steps_of(const Draft *draft, const char *target, int *nsteps)
{
	Step *steps = palloc(sizeof(Step) * Max(list_length(draft->steps), 1));
	ListCell *cell;
	int n = 0;

	foreach (cell, draft->steps)
	{
		DraftStep *row = lfirst(cell);
		bool own = strcmp(row->target, target) == 0;

		if (!own && strcmp(row->target, "*") != 0)
			continue;
		if (n > 0 && steps[n - 1].level == row->step.level)
		{
			if (own)
				steps[n - 1] = row->step;
		}
		else
			steps[n++] = row->step;
	}
	*nsteps = n;
	return steps;
}

/* smallest_warning returns the first fraction at which a target warns, 0 for none. */
static double
smallest_warning(const Step *steps, int nsteps)
{
	double warn_at = 0;

	for (int i = 0; i < nsteps; i++)
	{
		if (steps[i].at_fraction > 0 && (warn_at == 0 || steps[i].at_fraction < warn_at))
			warn_at = steps[i].at_fraction;
	}
	return warn_at;
}

/* finish_targets puts the targets and their steps into the policy, by name. */
static void
finish_targets(Draft *draft)
{
	Policy *policy = draft->policy;
	ListCell *cell;
	int i = 0;

	list_sort(draft->targets, compare_targets);
	list_sort(draft->steps, compare_steps);
	policy->ntargets = list_length(draft->targets);
	policy->targets = palloc(sizeof(Target) * Max(policy->ntargets, 1));
	policy->fold = palloc(sizeof(FoldTarget) * Max(policy->ntargets, 1));
	foreach (cell, draft->targets)
	{
		DraftTarget *row = lfirst(cell);
		Target *target = &policy->targets[i];

		*target = row->target;
		target->steps = steps_of(draft, target->name, &target->nsteps);
		target->warn_at = smallest_warning(target->steps, target->nsteps);
		policy->fold[i] = row->fold;
		policy->fold[i].warn_at = target->warn_at;
		i++;
	}
	policy->steps = steps_of(draft, "*", &policy->nsteps);
}

/* allocate is palloc under the contract that the matcher asks for. */
static void *
allocate(size_t size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

/* in_utf8 turns text into UTF-8; where the database does not say what it holds, as it is. */
static char *
in_utf8(char *text)
{
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return text;
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/* finish_classifications sorts the rules and compiles their keywords. */
static void
finish_classifications(Draft *draft)
{
	Policy *policy = draft->policy;
	int nkeywords = list_length(draft->keywords);
	const char **keywords = palloc(sizeof(char *) * Max(nkeywords, 1));
	int *rules = palloc(sizeof(int) * Max(nkeywords, 1));
	ListCell *cell;
	int i = 0;

	list_sort(draft->classes, compare_classes);
	policy->nclassifications = list_length(draft->classes);
	policy->classifications = palloc(sizeof(Classification) * Max(policy->nclassifications, 1));
	foreach (cell, draft->classes)
		policy->classifications[i++] = *(Classification *) lfirst(cell);
	i = 0;
	foreach (cell, draft->keywords)
	{
		DraftKeyword *row = lfirst(cell);

		keywords[i] = in_utf8(row->keyword);
		for (rules[i] = 0; policy->classifications[rules[i]].position != row->rule->position;)
			rules[i]++;
		i++;
	}
	if (nkeywords > 0)
		policy->matcher = match_build(keywords, rules, nkeywords, allocate);
}

/* finish_names puts the names of events and due columns into the policy. */
static void
finish_names(Draft *draft)
{
	Policy *policy = draft->policy;
	ListCell *cell;
	int i = 0;

	policy->nevents = list_length(draft->events);
	policy->events = palloc(sizeof(char *) * policy->nevents);
	policy->pauses = palloc0(sizeof(bool) * policy->nevents);
	foreach (cell, draft->events)
		policy->events[i++] = lfirst(cell);
	for (i = 0; i < draft->npauses; i++)
		policy->pauses[code_of(draft, draft->pause_names[i])] = true;
	policy->ndues = list_length(draft->dues);
	policy->dues = palloc(sizeof(char *) * Max(policy->ndues, 1));
	i = 0;
	foreach (cell, draft->dues)
		policy->dues[i++] = lfirst(cell);
}

/* finish_policy turns the draft's lists into the policy's arrays. */
static void
finish_policy(Draft *draft)
{
	Policy *policy = draft->policy;
	ListCell *cell;
	int i = 0;

	finish_targets(draft);
	finish_classifications(draft);
	finish_names(draft);
	list_sort(draft->rules, compare_rules);
	policy->nrules = list_length(draft->rules);
	policy->rules = palloc(sizeof(EventRule) * Max(policy->nrules, 1));
	foreach (cell, draft->rules)
		policy->rules[i++] = *(EventRule *) lfirst(cell);
	i = 0;
	list_sort(draft->penalties, compare_penalties);
	policy->npenalties = list_length(draft->penalties);
	policy->penalties = palloc(sizeof(PenaltyRule) * Max(policy->npenalties, 1));
	foreach (cell, draft->penalties)
		policy->penalties[i++] = *(PenaltyRule *) lfirst(cell);
}

/* compare_drafts orders policies as policy_choose tries them. */
static int
compare_drafts(const ListCell *a, const ListCell *b)
{
	const Policy *left = ((Draft *) lfirst(a))->policy;
	const Policy *right = ((Draft *) lfirst(b))->policy;
	int order;

	if (left->position != right->position)
		return left->position < right->position ? -1 : 1;
	order = strcmp(left->name, right->name);
	return order != 0 ? order : left->version - right->version;
}

typedef void (*ReadRow)(Loading *loading, Draft *draft, ConfigScan *scan);

/* read_rows reads the rows of all versions from one table. */
static void
read_rows(Loading *loading, const char *table, ReadRow read_row)
{
	ConfigScan scan;

	config_scan_begin(&scan, table);
	while (config_scan_next(&scan))
	{
		Draft *draft = draft_of(loading, &scan);

		if (draft != NULL)
			read_row(loading, draft, &scan);
	}
	config_scan_end(&scan);
}

/* load_policies reads all policies into the current generation. */
static PolicySet *
load_policies(SlaCache *cache)
{
	MemoryContext old = MemoryContextSwitchTo(cache->context);
	PolicySet *set = palloc0(sizeof(PolicySet));
	Loading loading = {NIL, set};
	ListCell *cell;

	sla_count_load(LOAD_POLICIES);
	read_policies(&loading);
	read_rows(&loading, "target", read_target);
	read_rows(&loading, "escalation_step", read_step);
	read_rows(&loading, "event_rule", read_rule);
	read_rows(&loading, "classification", read_classification);
	read_rows(&loading, "penalty_rule", read_penalty_rule);
	list_sort(loading.drafts, compare_drafts);
	set->policies = palloc(sizeof(Policy) * Max(list_length(loading.drafts), 1));
	foreach (cell, loading.drafts)
	{
		finish_policy(lfirst(cell));
		set->policies[set->npolicies++] = *((Draft *) lfirst(cell))->policy;
	}
	MemoryContextSwitchTo(old);
	return set;
}

/*
 * policy_set returns the policies of the current generation.  What it returns
 * stays readable until the end of the transaction.
 */
static PolicySet *
policy_set(void)
{
	SlaCache *cache = sla_cache();

	if (cache->policies == NULL)
		cache->policies = load_policies(cache);
	return cache->policies;
}

/* ---- asking ---- */

/* policy_find returns one version, published or retired, or NULL. */
Policy *
policy_find(const char *name, int version)
{
	PolicySet *set = policy_set();

	for (int i = 0; i < set->npolicies; i++)
	{
		if (set->policies[i].version == version && strcmp(set->policies[i].name, name) == 0)
			return &set->policies[i];
	}
	return NULL;
}

/* is_effective tells whether a version holds for tickets received at an instant. */
static bool
is_effective(const Policy *policy, TimestampTz at)
{
	return policy->effective_from <= at && at < policy->effective_to;
}

/* policy_effective returns the version that holds for tickets received at "at", or NULL. */
Policy *
policy_effective(const char *name, TimestampTz at)
{
	PolicySet *set = policy_set();

	for (int i = set->npolicies - 1; i >= 0; i--)
	{
		if (strcmp(set->policies[i].name, name) == 0 && is_effective(&set->policies[i], at))
			return &set->policies[i];
	}
	return NULL;
}

/* ticket_text reads a text column of a ticket; NULL when null or missing. */
static char *
ticket_text(TupleTableSlot *ticket, const char *column)
{
	TupleDesc desc = ticket->tts_tupleDescriptor;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		bool isnull;
		Datum value;

		if (attribute->attisdropped || strcmp(NameStr(attribute->attname), column) != 0)
			continue;
		value = slot_getattr(ticket, i + 1, &isnull);
		return isnull ? NULL : TextDatumGetCString(value);
	}
	return NULL;
}

/*
 * policy_choose finds the version for a ticket received at "at": of the policy it
 * names, else of the first one, by position and name, that applies to it.
 */
Policy *
policy_choose(TupleTableSlot *ticket, TimestampTz at, List **problems)
{
	PolicySet *set = policy_set();
	char *named = ticket_text(ticket, "policy");

	if (named != NULL)
		return policy_effective(named, at);
	for (int i = 0; i < set->npolicies; i++)
	{
		if (is_effective(&set->policies[i], at) &&
			condition_holds(set->policies[i].applies_to, ticket, NULL, problems))
			return &set->policies[i];
	}
	return NULL;
}

/* policy_is_known tells whether a policy of that name was ever published. */
bool
policy_is_known(const char *name)
{
	PolicySet *set = policy_set();

	for (int i = 0; i < set->npolicies; i++)
	{
		if (strcmp(set->policies[i].name, name) == 0)
			return true;
	}
	return false;
}

/* policy_known_names lists the published policies, for a hint. */
char *
policy_known_names(void)
{
	PolicySet *set = policy_set();
	List *names = NIL;

	for (int i = 0; i < set->npolicies; i++)
	{
		if (index_of(names, set->policies[i].name) < 0)
			names = lappend(names, set->policies[i].name);
	}
	return sla_list_text(names);
}

/* policy_event returns the code of an event's name, or -1. */
int
policy_event(const Policy *policy, const char *event)
{
	for (int i = 0; i < policy->nevents; i++)
	{
		if (strcmp(policy->events[i], event) == 0)
			return i;
	}
	return -1;
}

/* policy_event_names lists the events of a policy, for a hint. */
char *
policy_event_names(const Policy *policy)
{
	List *names = NIL;

	for (int i = 0; i < policy->nevents; i++)
		names = lappend(names, policy->events[i]);
	return sla_list_text(names);
}

/* policy_applies answers for every target whether it applies to the ticket. */
void
policy_applies(const Policy *policy, TupleTableSlot *ticket, bool *applies, List **problems)
{
	char *duty = ticket_text(ticket, "duty");

	for (int i = 0; i < policy->ntargets; i++)
	{
		const Target *target = &policy->targets[i];
		bool same_duty = duty == NULL || target->duty == NULL ? duty == target->duty
															  : strcmp(duty, target->duty) == 0;

		applies[i] = same_duty && condition_holds(target->condition, ticket, NULL, problems);
	}
}

/* ---- classifying ---- */

/* searched_text is what keywords are looked for in: subject and description, in UTF-8. */
static char *
searched_text(TupleTableSlot *ticket)
{
	char *subject = ticket_text(ticket, "subject");
	char *description = ticket_text(ticket, "description");
	char *text = psprintf("%s\n%s", subject ? subject : "", description ? description : "");

	return in_utf8(text);
}

/* wants_any tells whether a rule has a value for a column that is still empty. */
static bool
wants_any(const Classification *rule, TupleTableSlot *ticket)
{
	ListCell *cell;

	foreach (cell, rule->fills)
	{
		if (ticket->tts_isnull[((Fill *) lfirst(cell))->attnum - 1])
			return true;
	}
	return false;
}

/* apply_fills fills the empty columns that a rule has values for, and notes "column:position". */
static void
apply_fills(const Classification *rule, TupleTableSlot *ticket, StringInfo used)
{
	ListCell *cell;

	foreach (cell, rule->fills)
	{
		Fill *fill = lfirst(cell);

		if (!ticket->tts_isnull[fill->attnum - 1])
			continue;
		ticket->tts_values[fill->attnum - 1] = datumCopy(fill->value, fill->byval, fill->length);
		ticket->tts_isnull[fill->attnum - 1] = false;
		appendStringInfo(
			used, "%s%s:%d", used->len > 0 ? ", " : "",
			NameStr(TupleDescAttr(ticket->tts_tupleDescriptor, fill->attnum - 1)->attname),
			rule->position);
	}
}

/* note_rules writes into classified_by which rules filled something. */
static void
note_rules(TupleTableSlot *ticket, const char *rules)
{
	TupleDesc desc = ticket->tts_tupleDescriptor;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || strcmp(NameStr(attribute->attname), "classified_by") != 0)
			continue;
		ticket->tts_values[i] = CStringGetTextDatum(rules);
		ticket->tts_isnull[i] = false;
	}
}

/*
 * policy_classify fills the empty columns of a ticket, each by the first rule that
 * matches and has a value for it, and says whether it filled any.  A rule sees
 * what the rules before it have filled.  The slot's values are changed in place.
 */
bool
policy_classify(const Policy *policy, TupleTableSlot *ticket, List **problems)
{
	char *text = NULL;
	int hit = -1; /* the smallest rule >= the present one with a keyword in the text */
	StringInfoData used;

	initStringInfo(&used);
	slot_getallattrs(ticket);
	for (int i = 0; i < policy->nclassifications; i++)
	{
		const Classification *rule = &policy->classifications[i];

		if (!wants_any(rule, ticket))
			continue;
		if (rule->has_keywords)
		{
			if (text == NULL)
				text = searched_text(ticket);
			if (hit < i)
				hit = match_first(policy->matcher, text, strlen(text), i);
			if (hit < 0)
				hit = INT_MAX;
			if (hit != i)
				continue;
		}
		if (!condition_holds(rule->condition, ticket, NULL, problems))
			continue;
		apply_fills(rule, ticket, &used);
	}
	if (used.len > 0)
		note_rules(ticket, used.data);
	return used.len > 0;
}

/* ---- people ---- */

/* hash_name hashes the C string that an entry begins with. */
static uint32
hash_name(const void *key, Size keysize)
{
	const char *name = *(const char *const *) key;

	return hash_bytes((const unsigned char *) name, strlen(name));
}

/* compare_names compares the C strings that two entries begin with. */
static int
compare_names(const void *a, const void *b, Size keysize)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* name_table makes a hash table whose entries begin with a C string. */
static HTAB *
name_table(const char *what, Size entry, MemoryContext context)
{
	HASHCTL control = {0};

	control.keysize = sizeof(char *);
	control.entrysize = entry;
	control.hash = hash_name;
	control.match = compare_names;
	control.hcxt = context;
	return hash_create(what, 64, &control, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* find_name looks a name up, NULL included. */
static void *
find_name(HTAB *table, const char *name)
{
	return name ? hash_search(table, &name, HASH_FIND, NULL) : NULL;
}

/* add_member makes an employee a member of a role. */
static void
add_member(People *people, char *role, char *employee)
{
	bool found;
	RoleMembers *members = hash_search(people->roles, &role, HASH_ENTER, &found);

	if (!found)
		members->members = NIL;
	members->members = lappend(members->members, employee);
}

/* load_employees reads sla.employee. */
static void
load_employees(People *people)
{
	ConfigScan scan;

	config_scan_begin(&scan, "employee");
	while (config_scan_next(&scan))
	{
		char *name = config_text(&scan, "employee");
		Employee *employee = hash_search(people->employees, &name, HASH_ENTER, NULL);

		employee->department = config_text(&scan, "department");
		employee->supervisor = config_text(&scan, "supervisor");
		employee->active = config_bool(&scan, "active", true);
		employee->roles = config_text_array(&scan, "roles", &employee->nroles);
		for (int i = 0; employee->active && i < employee->nroles; i++)
			add_member(people, employee->roles[i], name);
	}
	config_scan_end(&scan);
}

/* load_departments reads sla.department. */
static void
load_departments(People *people)
{
	ConfigScan scan;

	config_scan_begin(&scan, "department");
	while (config_scan_next(&scan))
	{
		char *name = config_text(&scan, "department");
		Department *department = hash_search(people->departments, &name, HASH_ENTER, NULL);

		department->head = config_text(&scan, "head");
	}
	config_scan_end(&scan);
}

/* compare_members orders employees by name. */
static int
compare_members(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* people_now returns the people of the current generation. */
static People *
people_now(void)
{
	SlaCache *cache = sla_cache();
	MemoryContext old;
	HASH_SEQ_STATUS status;
	RoleMembers *role;
	People *people;

	if (cache->people != NULL)
		return cache->people;
	sla_count_load(LOAD_PEOPLE);
	old = MemoryContextSwitchTo(cache->context);
	people = palloc(sizeof(People));
	people->employees = name_table("sla_ext employees", sizeof(Employee), cache->context);
	people->departments = name_table("sla_ext departments", sizeof(Department), cache->context);
	people->roles = name_table("sla_ext roles", sizeof(RoleMembers), cache->context);
	load_employees(people);
	load_departments(people);
	hash_seq_init(&status, people->roles);
	while ((role = hash_seq_search(&status)) != NULL)
		list_sort(role->members, compare_members);
	cache->people = people;
	MemoryContextSwitchTo(old);
	return people;
}

/* one_person makes a List of one name, NIL where there is none. */
static List *
one_person(const char *name)
{
	return name ? list_make1(unconstify(char *, name)) : NIL;
}

/* head_of returns the head of the ticket's department, or NULL. */
static const char *
head_of(const People *people, const Holders *holders)
{
	Department *department = find_name(people->departments, holders->department);

	return department ? department->head : NULL;
}

/* members_of returns the members of a role, only those of the department if it has some. */
static List *
members_of(const People *people, const char *role, const char *department)
{
	RoleMembers *entry = find_name(people->roles, role);
	List *near = NIL;
	ListCell *cell;

	if (entry == NULL)
		return NIL;
	foreach (cell, entry->members)
	{
		Employee *employee = find_name(people->employees, lfirst(cell));

		if (department != NULL && employee->department != NULL &&
			strcmp(employee->department, department) == 0)
			near = lappend(near, lfirst(cell));
	}
	return near != NIL ? near : list_copy(entry->members);
}

/*
 * people_in_role resolves a role on a ticket (rule K-4) to a List of names; NIL
 * where nobody holds it.
 */
List *
people_in_role(const char *role, const Holders *holders)
{
	People *people = people_now();

	if (strcmp(role, "agent") == 0)
		return one_person(holders->owner);
	if (strcmp(role, "dept_handler") == 0)
		return one_person(holders->assignee ? holders->assignee : head_of(people, holders));
	if (strcmp(role, "handler") == 0)
		return one_person(holders->assignee				? holders->assignee
						  : head_of(people, holders) ? head_of(people, holders)
													 : holders->owner);
	if (strcmp(role, "dept_head") == 0)
		return one_person(head_of(people, holders));
	if (strcmp(role, "supervisor") == 0)
	{
		Employee *owner = find_name(people->employees, holders->owner);

		return one_person(owner ? owner->supervisor : NULL);
	}
	return members_of(people, role, holders->department);
}

/* holds_role tells whether sla.employee gives an employee a role. */
static bool
holds_role(const People *people, const char *employee, const char *role)
{
	Employee *entry = find_name(people->employees, employee);

	for (int i = 0; entry != NULL && entry->active && i < entry->nroles; i++)
	{
		if (strcmp(entry->roles[i], role) == 0)
			return true;
	}
	return false;
}

/*
 * people_answering resolves a role to those who answer for a miss in it: of several
 * field engineers the one who has the ticket, and only where nobody has it all of them.
 */
List *
people_answering(const char *role, const Holders *holders)
{
	People *people = people_now();

	for (int i = 0; i < lengthof(ticket_roles); i++)
	{
		if (strcmp(role, ticket_roles[i]) == 0)
			return people_in_role(role, holders);
	}
	if (holds_role(people, holders->assignee, role))
		return one_person(holders->assignee);
	if (holds_role(people, holders->owner, role))
		return one_person(holders->owner);
	return people_in_role(role, holders);
}

/*
 * people_has_role tells whether an employee may act in a role: on this ticket, or
 * because sla.employee says so.
 */
bool
people_has_role(const char *employee, const char *role, const Holders *holders)
{
	if (employee == NULL)
		return false;
	return holds_role(people_now(), employee, role) ||
		   index_of(people_in_role(role, holders), employee) >= 0;
}

/* ---- SQL ---- */

PG_FUNCTION_INFO_V1(sla_policy_problems);
/* sla_policy_problems returns what the last load left out, and why. */
Datum
sla_policy_problems(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List *problems = policy_set()->problems;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach (cell, problems)
	{
		Problem *problem = lfirst(cell);
		Datum values[3] = {CStringGetTextDatum(problem->code),
						   CStringGetTextDatum(problem->object),
						   CStringGetTextDatum(problem->message)};
		bool nulls[3] = {false, false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(sla_check_sets);
/* sla_check_sets raises an error where "sets" names what a rule cannot set. */
Datum
sla_check_sets(PG_FUNCTION_ARGS)
{
	(void) fills_of(PG_GETARG_JSONB_P(0));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(sla_event_names);
/* sla_event_names returns the built-in names of events. */
Datum
sla_event_names(PG_FUNCTION_ARGS)
{
	Datum names[lengthof(builtin_events)];

	for (int i = 0; i < lengthof(builtin_events); i++)
		names[i] = CStringGetTextDatum(builtin_events[i]);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(names, lengthof(builtin_events), TEXTOID, -1, false, TYPALIGN_INT));
}
