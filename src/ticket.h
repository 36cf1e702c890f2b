/*
 * ticket.h
 *		One ticket at work: what ticket.c, engine.c and rows.c share.
 */
#ifndef SLA_TICKET_H
#define SLA_TICKET_H

#include "access/tupdesc.h"
#include "commands/trigger.h"

#include "sla_ext.h"

/* The ticket's columns that the engine itself reads or writes. */
typedef enum TicketColumn
{
	COLUMN_TICKET_ID,
	COLUMN_POLICY,
	COLUMN_POLICY_VERSION,
	COLUMN_DUTY,
	COLUMN_RECEIVED_AT,
	COLUMN_CREATED_AT,
	COLUMN_HAPPENED_AT,
	COLUMN_STATUS,
	COLUMN_CYCLE,
	COLUMN_LAST_SCORE,
	COLUMN_RESOLVED_AT,
	COLUMN_CLOSED_AT,
	COLUMN_ARCHIVED_AT,
	COLUMN_OWNER,
	COLUMN_ASSIGNEE,
	COLUMN_DEPARTMENT,
	COLUMN_PROMISED_AT,
	COLUMN_APPOINTMENT_AT,
	COLUMN_AGREED_REPLY_AT,
	COLUMN_URGENCY,
	COLUMN_CARRIER,
	COLUMN_AGAINST_EMPLOYEE,
	COLUMN_CLASSIFIED_BY,
	NCOLUMNS
} TicketColumn;

/* Values of ticket columns, by column number less one. */
typedef struct TicketRow
{
	Datum *values;
	bool *nulls;
} TicketRow;

/* One event of the ticket; number 0 is the reception, which is no row of its own. */
typedef struct TicketEvent
{
	int64 no;
	const char *name;
	int code;
	TimestampTz occurred_at;
	TimestampTz recorded_at;
	TimestampTz effective_at;
	const char *actor;
	const char *note;
	Datum details; /* jsonb */
	int64 implied_by; /* 0: not implied */
	bool automatic;
	bool is_new;   /* not stored yet */
	int cycle;	   /* by effective order */
	TicketRow *set; /* columns it sets; others are marked absent */
	bool *present;
} TicketEvent;

/* The ticket as it stood after an event. */
typedef struct TicketState
{
	TicketRow row;
	bool *applies;
	int64 *dues;
} TicketState;

/* A stored clock; target = -1 if this policy version knows it no more. */
typedef struct StoredClock
{
	FoldClock clock;
	bool overridden; /* by a person */
	char *department;
	bool released; /* its deadline is not stamped any more: it follows today's calendar */
} StoredClock;

/* A stored breach. */
typedef struct StoredBreach
{
	FoldBreach breach;
	bool born_overdue;
	bool voided;
	bool voided_by_system;
	char *responsible; /* roles and people as text, to compare */
	char *department;
	bool decided;	   /* a penalty rests on it: who answers for it stays (V-16) */
} StoredBreach;

typedef struct Work
{
	int64 ticket_id;
	Policy *policy; /* NULL: no version applies to it */
	TupleDesc desc;
	TupleTableSlot *slot; /* for conditions */
	TicketRow row;		  /* the ticket's row as it is now */
	TimestampTz now;
	TimestampTz received_at;
	TimestampTz created_at;
	bool arriving; /* just inserted: nothing is stored yet */
	bool is_duty;
	bool attested; /* what is recorded counts at its own time, however late that is */
	bool lenient;  /* rules refuse nothing: what they forbid is a process violation */
	bool quiet;	   /* nobody is told: it happened long ago */
	bool anew;	   /* fold by today's calendars, as if no deadline had been stamped */

	TicketEvent *events; /* by number, the reception first */
	int nevents, maxevents;

	TicketEvent **ordered; /* by effective time */
	FoldEvent *fold_events;
	TicketState **states;

	StoredClock *clocks;
	int nclocks;
	StoredBreach *breaches;
	int nbreaches;
	bool has_violations; /* process violations are stored as well */

	FoldResult result;
	List *problems;
} Work;

/* engine.c */
extern void work_begin(Work *work, int64 ticket_id, Policy *policy, TupleDesc desc,
					   TupleTableSlot *slot, TicketRow row, TimestampTz now);
extern TicketEvent *work_append(Work *work, const char *name, TimestampTz occurred_at,
								const char *actor, const char *note, Datum details);
extern TimestampTz work_effective_time(const Work *work, const TicketEvent *event);
extern void work_order(Work *work);
extern void work_fold(Work *work, TimestampTz as_of, bool trace);
extern void work_fire_timers(Work *work, TimestampTz before);
extern int work_position(const Work *work, const TicketEvent *event);
extern TicketState *work_state_before(const Work *work, TimestampTz at);
extern void work_parse_set(Work *work, TicketEvent *event);
extern int work_column(const Work *work, TicketColumn column);
extern int work_column_by_name(const Work *work, const char *name);
extern char *work_text(const Work *work, const TicketRow *row, TicketColumn column);
extern void work_holders(const Work *work, const TicketState *state, Holders *holders);

/*
 * rows.c: rows on their way into the tables.  They are gathered for one statement's
 * tickets, or for one, and written with one statement per table.
 */
typedef struct Rows Rows;

extern Rows *rows_begin(void);
extern void rows_add_event(Rows *rows, const Work *work, const TicketEvent *event);
extern void rows_add_clock(Rows *rows, const Work *work, const FoldClock *clock);
extern void rows_change_clock(Rows *rows, const Work *work, const FoldClock *clock);
extern void rows_remove_clock(Rows *rows, const Work *work, const FoldClock *clock);
extern void rows_add_breach(Rows *rows, const Work *work, const FoldBreach *breach, List *roles,
							List *people, const char *department);
extern void rows_change_breach(Rows *rows, const Work *work, const FoldBreach *breach,
							   List *roles, List *people, const char *department);
extern void rows_void_breach(Rows *rows, const Work *work, const StoredBreach *breach,
							 const char *reason);
extern void rows_resume_breach(Rows *rows, const Work *work, const FoldBreach *breach);
extern void rows_add_violation(Rows *rows, const Work *work, const EventRule *rule,
							   const TicketEvent *event, const char *employee);
extern void rows_add_penalty(Rows *rows, const Work *work, const PenaltyRule *rule,
							 const TicketEvent *event, const char *party);
extern void rows_add_problems(Rows *rows, const Work *work);
extern void rows_note(Rows *rows, TimestampTz at);
extern void rows_flush(Rows *rows);
extern bool rows_full(const Rows *rows);

/* ticket.c: one ticket, opened under its locks and written back */
extern TriggerData *ticket_check_trigger(FunctionCallInfo fcinfo, const char *name,
										 TriggerEvent event, TriggerEvent mask);
extern bool work_open(Work *work, int64 ticket_id, QueryId lock);
extern void work_finish(Work *work, Rows *rows, TimestampTz as_of, bool columns_are_written);
extern void work_catch_up(Work *work, const TicketRow *before);
extern void ticket_refuse_unknown(int64 ticket_id);
extern void ticket_check_visible(int64 ticket_id);
extern bool work_is_writing(int64 ticket_id);
extern Datum details_empty(void);
extern Datum details_with(Datum details, const char *key, Datum value);
extern bool name_in(const char *name, const char *const *names, int n);

/* record.c */
extern void work_check_columns(const Work *work);

/* rules.c: what follows from an event */
typedef struct ColumnEvent
{
	TicketColumn column;
	const char *event;
} ColumnEvent;

extern const ColumnEvent column_events[]; /* columns whose filling is an event */
extern const int ncolumn_events;

extern int64 work_add_event(Work *work, Rows *rows, const char *name, TimestampTz occurred_at,
							const char *actor, const char *note, Datum details, int64 implied_by);
extern TupleTableSlot *work_put_state(Work *work, const TicketState *state);
extern bool rule_is_about(Work *work, const EventRule *rule, const TicketEvent *event,
						  const TicketState *state);
extern void rule_check(Work *work, Rows *rows, const EventRule *rule, const TicketEvent *event);
extern void rule_tell(Work *work, const EventRule *rule, const TicketEvent *event,
					  const TicketState *state);

/* penalty.c: candidates that events call for */
extern void work_propose_penalties(Work *work, Rows *rows);

/* record.c: something happens to a ticket */
typedef enum RecordMode
{
	RECORD_ASKED,	 /* rules may refuse it */
	RECORD_WATCHED,	 /* it has happened elsewhere: rules only note what they forbid, and a
					  * closed ticket passes over what it does not take */
	RECORD_ATTESTED, /* so it has, and counts at its own time however late it is recorded */
} RecordMode;

extern int64 ticket_record(int64 ticket_id, const char *name, TimestampTz at, bool at_now,
						   const char *actor, const char *note, Datum details, RecordMode mode);
extern bool ticket_takes_event(const Work *work, const char *name, TimestampTz at);

/* arrive.c: a new ticket */
#define FUTURE_TOLERANCE USECS_PER_MINUTE /* clocks differ (rule T-8) */

extern void ticket_check_row(const Work *work, const TicketRow *row, const bool *present);
extern void ticket_arrive_early(int64 ticket_id, HeapTuple row, TupleDesc desc);
extern bool ticket_begin_history(Work *work, int64 ticket_id);
extern void ticket_receive(Work *work, Rows *rows);
extern void ticket_check_happened(TimestampTz happened_at, TimestampTz received_at);

/* diff.c: what a fold changes in the stored rows */
extern void work_read_stored(Work *work);
extern bool work_is_behind(const Work *work);
extern void work_write_difference(Work *work, Rows *rows);
extern void work_note_verdicts(Work *work, Rows *rows);
extern List *work_differences(Work *work);

#endif
