/*
 * fold.h
 *		The engine: a ticket's clocks as a pure fold over its events.
 *
 * Given the targets of one policy version, the events of one ticket in effective
 * order and an instant, fold() answers which clocks there are and which
 * promises were missed by that instant.  It knows nothing of tables: the same
 * function serves recording, explaining, simulating and recalculating.
 *
 * Pure C: no PostgreSQL header.  Instants are microseconds since 2000-01-01 UTC;
 * FOLD_NEVER stands for "not yet" and "none".
 */
#ifndef SLA_FOLD_H
#define SLA_FOLD_H

#include "worktime.h"

#define FOLD_NEVER WORK_NEVER
#define FOLD_NO_EVENT (-1)

/*
 * Events are small integers.  The first ones mean something to the engine; a
 * policy numbers all other names it uses from FOLD_FIRST_FREE upwards.
 */
enum
{
	FOLD_RECEIVED,		/* always the first event, number 0 */
	FOLD_REOPENED,		/* begins the next cycle */
	FOLD_CLOSED,		/* these three cancel every clock that is running */
	FOLD_CLOSED_NO_RATING,
	FOLD_WITHDRAWN,
	FOLD_WAITING_ENDED, /* ends every pause, or the one whose code is in "pause" */
	FOLD_CHANGED,		/* carries no meaning of its own, only new attributes */
	FOLD_FIRST_FREE
};

/* A list of event codes. */
typedef struct FoldEventList
{
	int n;
	const int *codes;
} FoldEventList;

/* One promise of a policy version, as far as the engine needs it. */
typedef struct FoldTarget
{
	FoldEventList starts;	/* empty for a due-column target */
	bool starts_all;		/* all of them, or the first of them */
	int fallback_on;		/* FOLD_NO_EVENT: no fallback */
	int64_t fallback_after; /* elapsed time after fallback_on */
	FoldEventList stops;
	bool stops_all;
	FoldEventList rearms; /* not empty exactly for repeating targets */
	bool repeating;		  /* first due = start + every, then every + every ... */
	FoldEventList cancels;
	int32_t days; /* duration, or "every": working days, then open time */
	int64_t time;
	int due_slot;	 /* index into FoldEvent.dues, or -1: not a due-column target */
	bool restarts;	 /* a reopened ticket starts it again, in the next cycle */
	bool pausable;
	bool timer;		 /* a passed deadline is no breach: the owner records an event, in "stops" */
	double warn_at;	 /* fraction of the open time after which to warn; 0 = never */
	WorkCalendar *calendar;
} FoldTarget;

/* What happened to the ticket.  Sorted by (at, no); the first is FOLD_RECEIVED. */
typedef struct FoldEvent
{
	int64_t no;		  /* event_no; 0 is the reception */
	int code;
	int64_t at;		  /* effective time */
	int64_t recorded; /* when it was entered */
	int pause;		  /* code >= 0: this event begins a pause for that reason; with
					   * FOLD_WAITING_ENDED, the one reason that ends; -1: none, or all */
	const bool *applies;  /* per target: does its condition hold after this event? */
	const int64_t *dues;  /* per due slot: the date after this event, or FOLD_NEVER */
} FoldEvent;

/*
 * A deadline that was stamped before.  It holds as long as the same start and the same
 * pauses lead to it, whatever the calendar says today (rule E-12).
 */
typedef struct FoldStamp
{
	int target;
	int cycle;
	int64_t started_at;
	int64_t paused_for;
	int64_t due_at;
} FoldStamp;

typedef struct FoldHistory
{
	int nevents;
	const FoldEvent *events;
	int64_t as_of;
	int nstamps; /* sorted by target, cycle, started_at, paused_for */
	const FoldStamp *stamps;
} FoldHistory;

typedef enum FoldKind
{
	FOLD_LATE,
	FOLD_MISSED_INTERVAL,
	FOLD_START_MISSING,
} FoldKind;

/* One clock: key (target, cycle, seq). */
typedef struct FoldClock
{
	int target;
	int cycle;
	int seq;
	bool provisional;	 /* runs from the fallback, the real start is missing */
	int64_t started_at;
	int64_t created_at;	 /* when this deadline became known: recording time of its cause */
	int64_t due_at;
	int64_t warn_at;	 /* FOLD_NEVER: none */
	int64_t paused_at;	 /* FOLD_NEVER: not paused now */
	int64_t paused_for;	 /* elapsed time of the pauses that ended */
	int64_t stopped_at;
	int64_t cancelled_at;
	int64_t stop_event;	 /* number of the event that stopped or cancelled it; -1: none */
	int parts_done;		 /* how many of stops have happened */
} FoldClock;

/* One missed promise: key (target, cycle, due_at, kind). */
typedef struct FoldBreach
{
	int target;
	int cycle;
	int seq;
	FoldKind kind;
	int64_t due_at;
	int64_t created_at; /* the clock's; due_at < created_at means born overdue */
	int64_t stopped_at; /* when the promise was kept after all */
	uint32_t missing;	/* bit i: part i of stops had not happened at due_at */
} FoldBreach;

/* A timer whose time has come: the owner records its event at due_at and folds again. */
typedef struct FoldTimer
{
	int target;
	int cycle;
	int64_t due_at;
} FoldTimer;

/* One step of the reasoning, in the order of effect; only where a trace is asked for. */
typedef enum FoldAction
{
	FOLD_DID_START_PROVISIONAL,
	FOLD_DID_START,
	FOLD_DID_REARM,
	FOLD_DID_MISS,
	FOLD_DID_PAUSE,
	FOLD_DID_RESUME,
	FOLD_DID_MOVE,	  /* a due column changed */
	FOLD_DID_PART,	  /* one part of an all-of stop */
	FOLD_DID_STOP,
	FOLD_DID_CANCEL,
	FOLD_DID_REVIVE,
} FoldAction;

typedef struct FoldStep
{
	int target;
	int cycle;
	int seq;
	FoldAction action;
	int64_t at;
	int64_t event_no; /* -1: the passing of time */
	int64_t due_at;	  /* after the step */
} FoldStep;

/*
 * What fold() finds.  The arrays grow through "resize", which has realloc's
 * contract but does not return NULL; "release" is its free.  A result can be used again: fold() empties
 * it first.
 */
typedef struct FoldResult
{
	void *(*resize)(void *old, size_t size);
	void (*release)(void *old); /* takes NULL as well */
	bool trace;

	FoldClock *clocks; /* by target, cycle, seq */
	int nclocks, maxclocks;
	FoldBreach *breaches; /* by target, cycle, due_at */
	int nbreaches, maxbreaches;
	FoldTimer *timers;
	int ntimers, maxtimers;
	FoldStep *steps;
	int nsteps, maxsteps;
	int failed_target; /* where the calendar could not answer */
} FoldResult;

/* fold_compare_stamps puts stamps into the order that fold() looks them up in, for qsort. */
extern int fold_compare_stamps(const void *a, const void *b);

/*
 * fold computes clocks, breaches, due timers and (if asked) the trace.  Any
 * status but WORK_OK comes from a target's calendar; that target then has no
 * clock in the result, the others are complete, and the first such target is
 * named in failed_target.
 */
extern WorkStatus fold(const FoldTarget *targets, int ntargets, const FoldHistory *history,
					   FoldResult *result);

#endif
