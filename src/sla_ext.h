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
	Oid ticket_table;		  /* sla.ticket once seen; ticket.c */
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

/* Something that configuration got wrong; it becomes a row of sla.finding, never an error. */
typedef struct Problem
{
	const char *code;	 /* e.g. "condition_failed" */
	const char *object;	 /* e.g. "trading_company/1/target resolve_urgent" */
	const char *message;
} Problem;

/* condition.c: SQL expressions over one ticket, compiled once per backend (rule E-15) */
typedef enum ConditionScope
{
	CONDITION_TRACKED, /* targets, applies_to: only columns whose changes are events */
	CONDITION_TICKET,  /* classification: any column of the ticket */
	CONDITION_EVENT,   /* event rules: also what is in EventFacts */
} ConditionScope;

/* The event that a rule judges. */
typedef struct EventFacts
{
	const char *actor; /* NULL: none */
	const char *note;
	Datum details;			/* jsonb, never null */
	const char *implied_by; /* the event that brought it with it; NULL: it came by itself */
} EventFacts;

typedef struct Condition Condition;

/*
 * condition_compile never fails because of what the text says: a condition that
 * cannot be compiled any more does not hold and says why.  NULL always holds.
 */
extern Condition *condition_compile(const char *text, ConditionScope scope, const char *object);
extern bool condition_holds(Condition *condition, TupleTableSlot *ticket, const EventFacts *facts,
							List **problems);
extern char *condition_check(const char *text, ConditionScope scope);
extern const char *condition_problem(const Condition *condition);

/*
 * sla_guard runs work in an internal subtransaction and returns NULL, or the message
 * of an error that "tolerated" accepts as the fault of configuration; other errors
 * are rethrown.  sla_definition_error accepts what a bad definition raises.
 */
extern char *sla_guard(void (*work)(void *arg), void *arg, bool (*tolerated)(int sqlstate));
extern bool sla_definition_error(int sqlstate);
extern void sla_report_problem(List **problems, const char *code, const char *object,
							   const char *message);

/* The ticket columns whose changes are events, and that targets' conditions may read. */
extern const char *const tracked_columns[];
extern const int ntracked_columns;

/* policy.c: policies, their targets and rules, and the people who answer for them */
typedef struct Step
{
	int level;
	double at_fraction; /* > 0: a warning before the deadline */
	int64 after;		/* else: so long after it, in microseconds */
	int nroles;			/* 0: the target's notify_roles */
	char **roles;
	char *medium;
} Step;

typedef struct Target
{
	char *name;
	char *milestone;
	char *duty; /* NULL: for tickets that are no duty */
	Condition *condition;
	char *calendar;
	char *due_column; /* NULL: has a duration */
	char *on_due;	  /* NULL: a missed deadline is a breach */
	char *start_owed_by;
	int nstops; /* as the policy names them, for responsible roles per part */
	char **stops;
	int nresponsible; /* 1, or one per stop */
	char **responsible;
	int nnotify;
	char **notify;
	bool binding;
	char *ladder; /* NULL: no penalty */
	int nsteps;	  /* its own and those of '*', by level; own ones replace the same level */
	Step *steps;
	double warn_at; /* the smallest at_fraction of its steps, 0: none */
} Target;

typedef struct EventRule
{
	char *name;
	int event; /* code */
	Condition *applies_when;
	int nrequires_events;
	int *requires_events; /* codes */
	char **requires_names;
	Condition *requires;
	int nactor_roles;
	char **actor_roles;
	bool enforce; /* else: warn, a process violation */
	bool binding;
	char *ladder;
	int nimplies;
	int *implies; /* codes */
	Datum sets;	  /* jsonb, or 0 */
	int nnotifies;
	char **notifies;
	char *message;
	char *message_zh;
} EventRule;

/* A step of a ladder that an event calls for, or that has a condition. */
typedef struct PenaltyRule
{
	char *ladder;
	char *step;
	char *object; /* what it is called in a Problem */
	int event;	  /* code; FOLD_NO_EVENT: no event calls for it */
	Condition *condition;
	char *subject;
} PenaltyRule;

typedef enum OrderCheck
{
	ORDER_OFF,
	ORDER_WARN,
	ORDER_ENFORCE
} OrderCheck;

/* One published version of a policy. */
typedef struct Policy
{
	char *name;
	int version;
	int position;
	TimestampTz effective_from; /* DT_NOBEGIN: always */
	TimestampTz effective_to;	/* exclusive; DT_NOEND: still */
	Condition *applies_to;
	char *calendar;
	int64 late_record_window; /* microseconds */
	int reopen_alert_after;	  /* 0: never */
	int nreopen_alert;
	char **reopen_alert; /* roles that are told then */
	int unsatisfied_max_rating;
	int rating_scale;
	OrderCheck order_check;
	int nevents; /* every event its tickets know; the index is the code */
	char **events;
	bool *pauses; /* per code: begins a pause (sla.policy.pause_on) */
	int ntargets;
	Target *targets;
	FoldTarget *fold; /* the same targets for the engine */
	int ndues;
	char **dues; /* the ticket columns behind due slots */
	int nrules;
	EventRule *rules;
	int npenalties;
	PenaltyRule *penalties; /* by ladder and step */
	int nclassifications;
	struct Classification *classifications;
	struct Matcher *matcher; /* all keywords, rule = index of classification; NULL: none */
	int nsteps;				 /* escalation steps of '*', for process violations */
	Step *steps;
} Policy;

extern Policy *policy_find(const char *name, int version);
extern Policy *policy_effective(const char *name, TimestampTz at);
extern Policy *policy_choose(TupleTableSlot *ticket, TimestampTz at, List **problems);
extern bool policy_is_known(const char *name);
extern char *policy_known_names(void);
extern int policy_event(const Policy *policy, const char *event);
extern char *policy_event_names(const Policy *policy);
extern void policy_applies(const Policy *policy, TupleTableSlot *ticket, bool *applies,
						   List **problems);
extern bool policy_classify(const Policy *policy, TupleTableSlot *ticket, List **problems);

/* Whom a role means on one ticket at one time. */
typedef struct Holders
{
	const char *owner;
	const char *assignee;
	const char *department;
} Holders;

extern List *people_in_role(const char *role, const Holders *holders);
extern List *people_answering(const char *role, const Holders *holders);
extern bool people_has_role(const char *employee, const char *role, const Holders *holders);

/* ticket.c: the ticket, its events and its clocks */

/*
 * ticket_responsible tells who answers for a miss: roles and people, as Lists of
 * C strings.  "missing" has a bit per stop part that had not happened (K-4).
 */
extern void ticket_responsible(const Target *target, FoldKind kind, uint32 missing,
							   const Holders *holders, List **roles, List **people);

/* names_add appends the names that are not in a list of C strings yet. */
extern List *names_add(List *names, List *more);
extern char *names_joined(List *names);

/*
 * ticket_refold locks a ticket, records the events of its timers that are due,
 * folds its events as of an instant and writes the difference.  Returns false,
 * with nothing done, if somebody else is at work on the ticket.
 */
extern bool ticket_refold(int64 ticket_id, TimestampTz as_of);

/* sweep.c: the steps of one ticket that fell due before it is recorded what changes them */
extern void sweep_decide_steps(int64 ticket_id, TimestampTz before, const Holders *holders);
extern void sweep_plan_warnings(int64 ticket_id, const Target *target, const FoldTarget *rule,
								const FoldClock *clock);

/* The names of breach kinds, by FoldKind, then "process_violation". */
extern const char *const breach_kinds[];

/*
 * rollup.c: months whose figures change after they have ended.  Zero is an empty set;
 * what is noted is palloc'd in the current memory context.
 */
typedef struct MonthMarks
{
	List *months;		  /* their first days, as dates */
	bool found;			  /* what follows has been determined */
	TimestampTz boundary; /* from here on, verdicts fall in months that run */
	int32 running;		  /* the first of these, as a date */
} MonthMarks;

extern void months_note(MonthMarks *marks, TimestampTz at);
extern void months_write(MonthMarks *marks, int64 ticket_id);

/* query.c: the only file that prepares, keeps and runs SPI plans */
#include "query.h"

/* calendar.c */
extern WorkCalendar *calendar_lookup(const char *name, bool missing_ok);
extern TimestampTz calendar_known_until(const char *name);
extern void calendar_check_status(WorkStatus status, const char *calendar);

#endif
