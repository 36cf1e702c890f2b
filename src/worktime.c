/*
 * worktime.c
 *		Working-time arithmetic on a compiled calendar, O(1) whatever the distance.
 *
 * A calendar's periods are local wall-clock time.  worktime_compile turns those
 * of a window of days into spans of instants, one constant-offset segment of the
 * zone at a time: an hour that daylight saving repeats lies in two segments and
 * gives two spans, one that it skips lies in none.  Adjoining spans are merged.
 *
 * Every span knows the open time before it.  Two arrays make both directions
 * O(1): by_instant (a slot per 9.5 hours) leads to the span at or after an instant,
 * by_amount (two slots per span) to the span in which an amount of open time is
 * reached.  For the days part of a duration every local date knows its first
 * opening and its last closing, and the working days are numbered.
 *
 * The window grows when somebody asks for an instant beyond it.  It never grows
 * without end: outside 1800 to 2201 nothing but the weekly rule and the zone's
 * own rule hold, which repeat every 400 years (146097 days are whole weeks), so
 * instants out there are moved by whole cycles into the nearest one.
 */
#include "worktime.h"

#include <stdlib.h>
#include <string.h>

#define DAY WORK_USECS_PER_DAY
#define USECS_PER_SEC INT64_C(1000000)
#define TEN_YEARS (3653 * DAY)
#define MAX_OFFSET (24 * 3600)	 /* no zone is further from UTC, in seconds */
#define MAX_SPANS ((size_t) 4 << 20) /* a window with more is refused */

/* Instants in [REGULAR_BEFORE, REGULAR_AFTER) may be irregular, others are not. */
#define CYCLE_DAYS 146097
#define CYCLE (CYCLE_DAYS * DAY)
#define REGULAR_BEFORE_DAY (-73048) /* 1800-01-01 */
#define REGULAR_AFTER_DAY 73414		/* 2201-01-01 */
#define REGULAR_BEFORE (REGULAR_BEFORE_DAY * DAY)
#define REGULAR_AFTER (REGULAR_AFTER_DAY * DAY)
#define CYCLE_SPARE (60 * DAY) /* longer than any gap of a regular cycle */

#define INSTANT_SHIFT 35 /* one slot of by_instant is 2^35 us = 9.5 hours */

/* An open period as the compilation finds it. */
typedef struct Piece
{
	int64_t open;
	int64_t close;
} Piece;

/* The same with its prefix sum; small, since speed is a matter of cache lines. */
typedef struct Span
{
	int64_t open;
	int64_t before; /* open time from the window's start to "open" */
} Span;

/* First opening and last closing of a local date; equal when it has none. */
typedef struct Date
{
	int64_t open;
	int64_t close;
} Date;

typedef struct Window
{
	int64_t lo;
	int64_t hi;
	Piece *pieces; /* only while compiling */
	size_t pieces_room;
	Span *spans; /* followed by two sentinels: a span beyond the window's end */
	size_t nspans;
	int64_t total;
	bool sparse; /* some gap is longer than ten years */
	uint32_t *by_instant;
	uint32_t *by_amount;
	int amount_shift;
	WorkTransition *zone;
	size_t nzone;
	int64_t first_date;
	size_t ndates;
	Date *dates;
	uint32_t *ordinals; /* working days before each date, ndates + 1 of them */
	uint32_t *workdays; /* index of each working day in dates */
	size_t nworkdays;
} Window;

struct WorkCalendar
{
	Window window;
	WorkHost host;
	bool always;
	bool regular; /* has a weekly rule, so the cycles hold */
	int64_t lo_limit;
	int64_t hi_limit;
	size_t week[9];	 /* weekly[week[d]] .. weekly[week[d + 1]]: ISO weekday d */
	WorkPeriod *weekly;
	WorkPeriod *dates;
	size_t ndates;
};

/* An instant moved by whole cycles to where the window can be. */
typedef struct Place
{
	int64_t at;
	int64_t cycles;
} Place;

/* floor_div divides and rounds towards minus infinity. */
static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b < 0);
}

/* add_checked adds two numbers unless the sum overflows. */
static bool
add_checked(int64_t a, int64_t b, int64_t *sum)
{
	if ((b > 0 && a > INT64_MAX - b) || (b < 0 && a < INT64_MIN - b))
		return false;
	*sum = a + b;
	return true;
}

/* multiply_checked multiplies two numbers unless the product overflows. */
static bool
multiply_checked(int64_t a, int64_t b, int64_t *product)
{
	if (a != 0 && b != 0)
	{
		uint64_t ua = a < 0 ? -(uint64_t) a : (uint64_t) a;
		uint64_t ub = b < 0 ? -(uint64_t) b : (uint64_t) b;

		if (ua > (uint64_t) INT64_MAX / ub)
			return false;
	}
	*product = a * b;
	return true;
}

/* in_range tells whether a timestamp can hold an instant. */
static bool
in_range(int64_t at)
{
	return at >= WORK_FIRST_INSTANT && at < WORK_END_INSTANT;
}

/* too_far tells whether more than ten years lie between two instants in order. */
static bool
too_far(int64_t earlier, int64_t later)
{
	return later > earlier && (uint64_t) later - (uint64_t) earlier > (uint64_t) TEN_YEARS;
}

/* resize gets, changes or gives back memory of the host. */
static void *
resize(const WorkCalendar *calendar, void *block, size_t size)
{
	return calendar->host.resize(calendar->host.context, block, size);
}

/* release gives a block back, if there is one. */
static void
release(const WorkCalendar *calendar, void *block)
{
	if (block != NULL)
		resize(calendar, block, 0);
}

/* ------------------------------------------------------------------------
 * Definition
 * ------------------------------------------------------------------------ */

/* compare_periods orders periods by day, opening and closing, for qsort(). */
static int
compare_periods(const void *a, const void *b)
{
	const WorkPeriod *x = a;
	const WorkPeriod *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->opens != y->opens)
		return x->opens < y->opens ? -1 : 1;
	return (x->closes > y->closes) - (x->closes < y->closes);
}

/*
 * take_periods copies and sorts periods, and refuses malformed and overlapping
 * ones, and days outside [first, last].
 */
static bool
take_periods(WorkCalendar *calendar, const WorkPeriod *input, size_t n, int32_t first,
			 int32_t last, bool may_close, WorkPeriod **output)
{
	WorkPeriod *sorted = resize(calendar, NULL, sizeof(WorkPeriod) * (n + 1));

	*output = sorted;
	if (sorted == NULL)
		return false;
	if (n > 0)
		memcpy(sorted, input, sizeof(WorkPeriod) * n);
	qsort(sorted, n, sizeof(WorkPeriod), compare_periods);
	for (size_t i = 0; i < n; i++)
	{
		WorkPeriod *period = &sorted[i];

		if (period->day < first || period->day > last || period->opens < 0 ||
			period->closes > DAY || period->opens > period->closes ||
			(period->opens == period->closes && !may_close))
			return false;
		if (i > 0 && period[-1].day == period->day && period[-1].closes > period->opens)
			return false;
	}
	return true;
}

/* worktime_create takes the definition; nothing is compiled before it is needed. */
WorkCalendar *
worktime_create(const WorkHost *host, bool always, const WorkPeriod *weekly, size_t nweekly,
				const WorkPeriod *dates, size_t ndates)
{
	static const WorkPeriod whole_days[] = { { 1, 0, DAY }, { 2, 0, DAY }, { 3, 0, DAY },
											 { 4, 0, DAY }, { 5, 0, DAY }, { 6, 0, DAY },
											 { 7, 0, DAY } };
	WorkCalendar *calendar = host->resize(host->context, NULL, sizeof(WorkCalendar));

	if (calendar == NULL)
		return NULL;
	memset(calendar, 0, sizeof(WorkCalendar));
	calendar->host = *host;
	calendar->always = always;
	if (always)
	{
		weekly = whole_days;
		nweekly = 7;
		ndates = 0;
	}
	if (!take_periods(calendar, weekly, nweekly, 1, 7, false, &calendar->weekly) ||
		!take_periods(calendar, dates, ndates, WORK_FIRST_DATE, WORK_LAST_DATE, true,
					  &calendar->dates))
	{
		worktime_free(calendar);
		return NULL;
	}
	calendar->ndates = ndates;
	for (size_t i = 0, day = 1; day <= 8; day++)
	{
		while (i < nweekly && calendar->weekly[i].day < (int32_t) day)
			i++;
		calendar->week[day] = i;
	}
	calendar->regular = nweekly > 0;
	calendar->lo_limit = REGULAR_BEFORE - CYCLE - CYCLE_SPARE;
	calendar->hi_limit = REGULAR_AFTER + CYCLE + CYCLE_SPARE;
	if (!calendar->regular)
	{
		calendar->lo_limit = ndates > 0 ? (calendar->dates[0].day - 4) * DAY : 0;
		calendar->hi_limit = ndates > 0 ? (calendar->dates[ndates - 1].day + 5) * DAY : DAY;
	}
	return calendar;
}

/* release_window gives all arrays of a window back. */
static void
release_window(const WorkCalendar *calendar, Window *window)
{
	release(calendar, window->pieces);
	release(calendar, window->spans);
	release(calendar, window->by_instant);
	release(calendar, window->by_amount);
	release(calendar, window->zone);
	release(calendar, window->dates);
	release(calendar, window->ordinals);
	release(calendar, window->workdays);
}

/* worktime_free gives a calendar and all it holds back. */
void
worktime_free(WorkCalendar *calendar)
{
	release_window(calendar, &calendar->window);
	release(calendar, calendar->weekly);
	release(calendar, calendar->dates);
	release(calendar, calendar);
}

/* worktime_compiled shows how far the window reaches. */
void
worktime_compiled(const WorkCalendar *calendar, int64_t *from, int64_t *to)
{
	*from = calendar->window.lo;
	*to = calendar->window.hi;
}

/* ------------------------------------------------------------------------
 * Compiling a window
 * ------------------------------------------------------------------------ */

/* periods_of finds the periods of a local date: its own ones, else its weekday's. */
static const WorkPeriod *
periods_of(const WorkCalendar *calendar, int64_t date, size_t *n)
{
	size_t lo = 0;
	size_t hi = calendar->ndates;
	int weekday;

	while (lo < hi)
	{
		size_t middle = (lo + hi) / 2;

		if (calendar->dates[middle].day < date)
			lo = middle + 1;
		else
			hi = middle;
	}
	for (hi = lo; hi < calendar->ndates && calendar->dates[hi].day == date;)
		hi++;
	if (hi > lo)
	{
		*n = hi - lo;
		return &calendar->dates[lo];
	}
	/* 2000-01-01 was a Saturday */
	weekday = (int) (date + 5 - floor_div(date + 5, 7) * 7) + 1;
	*n = calendar->week[weekday + 1] - calendar->week[weekday];
	return &calendar->weekly[calendar->week[weekday]];
}

/* push_piece appends [open, close), as far as it lies in the window. */
static bool
push_piece(const WorkCalendar *calendar, Window *window, int64_t open, int64_t close)
{
	if (open < window->lo)
		open = window->lo;
	if (close > window->hi)
		close = window->hi;
	if (open >= close)
		return true;
	if (window->nspans > 0 && window->pieces[window->nspans - 1].close == open)
	{
		window->pieces[window->nspans - 1].close = close;
		return true;
	}
	if (window->nspans == window->pieces_room)
	{
		size_t room = window->pieces_room * 2;
		Piece *pieces;

		if (room > MAX_SPANS)
			return false;
		pieces = resize(calendar, window->pieces, sizeof(Piece) * room);
		if (pieces == NULL)
			return false;
		window->pieces = pieces;
		window->pieces_room = room;
	}
	window->pieces[window->nspans].open = open;
	window->pieces[window->nspans].close = close;
	window->nspans++;
	return true;
}

/* note_date widens what is known of a local date by one piece of a period. */
static void
note_date(Window *window, int64_t date, int64_t open, int64_t close)
{
	Date *entry;

	if (date < window->first_date || date >= window->first_date + (int64_t) window->ndates)
		return;
	entry = &window->dates[date - window->first_date];
	if (entry->open == entry->close)
		entry->open = open;
	entry->close = close;
}

/*
 * compile_segment adds the spans of [from, to), in which local time is UTC plus
 * offset.
 */
static bool
compile_segment(const WorkCalendar *calendar, Window *window, int64_t from, int64_t to,
				int64_t offset)
{
	int64_t last = floor_div(to + offset - 1, DAY);

	for (int64_t date = floor_div(from + offset, DAY); date <= last; date++)
	{
		size_t n;
		const WorkPeriod *periods = periods_of(calendar, date, &n);

		for (size_t i = 0; i < n; i++)
		{
			int64_t open = date * DAY + periods[i].opens - offset;
			int64_t close = date * DAY + periods[i].closes - offset;

			if (open < from)
				open = from;
			if (close > to)
				close = to;
			if (open >= close)
				continue;
			note_date(window, date, open, close);
			if (!calendar->always && !push_piece(calendar, window, open, close))
				return false;
		}
	}
	return true;
}

/* compile_spans walks the zone's segments over the window and its margin. */
static bool
compile_spans(const WorkCalendar *calendar, Window *window)
{
	int64_t from = window->lo - WORK_ZONE_MARGIN;
	int64_t end = window->hi + WORK_ZONE_MARGIN;

	for (size_t i = 0; i < window->nzone && from < end; i++)
	{
		int64_t to = i + 1 < window->nzone ? window->zone[i + 1].at : end;

		if (to > end)
			to = end;
		if (to <= from)
			continue;
		if (!compile_segment(calendar, window, from, to, window->zone[i].offset * USECS_PER_SEC))
			return false;
		from = to;
	}
	return true;
}

/* sum_spans makes spans with prefix sums of the pieces, and looks for long gaps. */
static bool
sum_spans(const WorkCalendar *calendar, Window *window)
{
	size_t n = window->nspans;
	int64_t total = 0;

	window->spans = resize(calendar, NULL, sizeof(Span) * (n + 2));
	if (window->spans == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
	{
		const Piece *piece = &window->pieces[i];

		window->spans[i].open = piece->open;
		window->spans[i].before = total;
		total += piece->close - piece->open;
		if (i > 0 && too_far(piece[-1].close, piece->open))
			window->sparse = true;
	}
	window->total = total;
	window->spans[n].open = window->hi;
	window->spans[n].before = total;
	window->spans[n + 1].open = window->hi + DAY;
	window->spans[n + 1].before = total + DAY;
	release(calendar, window->pieces);
	window->pieces = NULL;
	return true;
}

/* close_of returns the end of a span. */
static inline int64_t
close_of(const Window *window, size_t i)
{
	const Span *span = &window->spans[i];

	return span->open + (span[1].before - span->before);
}

/* index_spans builds the two arrays that lead from an instant and an amount to a span. */
static bool
index_spans(const WorkCalendar *calendar, Window *window)
{
	size_t slots = (size_t) ((uint64_t) (window->hi - window->lo) >> INSTANT_SHIFT) + 2;
	size_t span = 0;

	window->by_instant = resize(calendar, NULL, sizeof(uint32_t) * slots);
	if (window->by_instant == NULL)
		return false;
	for (size_t i = 0; i < slots; i++)
	{
		int64_t at = window->lo + ((int64_t) i << INSTANT_SHIFT);

		while (span < window->nspans && close_of(window, span) <= at)
			span++;
		window->by_instant[i] = (uint32_t) span;
	}

	while (window->amount_shift < 62 &&
		   (uint64_t) window->total >> window->amount_shift > window->nspans * 2)
		window->amount_shift++;
	slots = (size_t) ((uint64_t) window->total >> window->amount_shift) + 2;
	window->by_amount = resize(calendar, NULL, sizeof(uint32_t) * slots);
	if (window->by_amount == NULL)
		return false;
	span = 0;
	for (size_t i = 0; i < slots; i++)
	{
		int64_t amount = (int64_t) ((uint64_t) i << window->amount_shift);

		while (span + 1 < window->nspans && window->spans[span + 1].before <= amount)
			span++;
		window->by_amount[i] = (uint32_t) span;
	}
	return true;
}

/* number_workdays numbers the dates that have an open instant. */
static bool
number_workdays(const WorkCalendar *calendar, Window *window)
{
	window->ordinals = resize(calendar, NULL, sizeof(uint32_t) * (window->ndates + 1));
	window->workdays = resize(calendar, NULL, sizeof(uint32_t) * (window->ndates + 1));
	if (window->ordinals == NULL || window->workdays == NULL)
		return false;
	for (size_t i = 0; i < window->ndates; i++)
	{
		window->ordinals[i] = (uint32_t) window->nworkdays;
		if (window->dates[i].open < window->dates[i].close)
			window->workdays[window->nworkdays++] = (uint32_t) i;
	}
	window->ordinals[window->ndates] = (uint32_t) window->nworkdays;
	return true;
}

/* prepare_window allocates a window's first arrays and copies the transitions. */
static bool
prepare_window(const WorkCalendar *calendar, Window *window, const WorkTransition *transitions,
			   size_t ntransitions)
{
	window->first_date = floor_div(window->lo, DAY) - 2;
	window->ndates = (size_t) (floor_div(window->hi, DAY) + 3 - window->first_date);
	window->pieces_room = 64;
	window->pieces = resize(calendar, NULL, sizeof(Piece) * window->pieces_room);
	window->dates = resize(calendar, NULL, sizeof(Date) * window->ndates);
	window->zone = resize(calendar, NULL, sizeof(WorkTransition) * ntransitions);
	if (window->pieces == NULL || window->dates == NULL || window->zone == NULL)
		return false;
	memset(window->dates, 0, sizeof(Date) * window->ndates);
	memcpy(window->zone, transitions, sizeof(WorkTransition) * ntransitions);
	window->nzone = ntransitions;
	for (size_t i = 0; i < ntransitions; i++)
	{
		if (transitions[i].offset > MAX_OFFSET || transitions[i].offset < -MAX_OFFSET ||
			(i > 0 && transitions[i].at <= transitions[i - 1].at))
			return false;
	}
	return true;
}

/* worktime_compile builds a new window beside the old one and then takes its place. */
bool
worktime_compile(WorkCalendar *calendar, int64_t from, int64_t to,
				 const WorkTransition *transitions, size_t ntransitions)
{
	Window window = { 0 };

	if (from >= to || from < calendar->lo_limit || to > calendar->hi_limit || ntransitions == 0)
		return false;
	window.lo = from;
	window.hi = to;
	if (!prepare_window(calendar, &window, transitions, ntransitions) ||
		!compile_spans(calendar, &window) || !sum_spans(calendar, &window) ||
		!index_spans(calendar, &window) || !number_workdays(calendar, &window))
	{
		release_window(calendar, &window);
		return false;
	}
	release_window(calendar, &calendar->window);
	calendar->window = window;
	return true;
}

/* ------------------------------------------------------------------------
 * The window and what lies beyond
 * ------------------------------------------------------------------------ */

/*
 * place_of moves an instant by whole cycles to where the window can be.  Where
 * nothing is regular there is nothing beyond the limits, and it is moved there.
 */
static Place
place_of(const WorkCalendar *calendar, int64_t at)
{
	Place place = { at, 0 };

	if (!calendar->regular)
	{
		if (at < calendar->lo_limit)
			place.at = calendar->lo_limit;
		else if (at >= calendar->hi_limit)
			place.at = calendar->hi_limit - 1;
	}
	else if (at >= REGULAR_AFTER + CYCLE)
		place.cycles = (at - REGULAR_AFTER) / CYCLE;
	else if (at < REGULAR_BEFORE - CYCLE)
		place.cycles = -((REGULAR_BEFORE - 1 - at) / CYCLE);
	place.at -= place.cycles * CYCLE;
	return place;
}

/* grow_window makes the window include [from, to), with some reserve. */
static bool
grow_window(WorkCalendar *calendar, int64_t from, int64_t to)
{
	const Window *window = &calendar->window;
	int64_t lo = from - 366 * DAY;
	int64_t hi = to + 4 * 366 * DAY;

	if (window->lo < window->hi)
	{
		int64_t length = window->hi - window->lo;

		lo = window->lo;
		hi = window->hi;
		if (from < lo)
			lo = from < lo - length ? from : lo - length;
		if (to > hi)
			hi = to > hi + length ? to : hi + length;
	}
	if (lo < calendar->lo_limit)
		lo = calendar->lo_limit;
	if (hi > calendar->hi_limit)
		hi = calendar->hi_limit;
	if (window->lo <= lo && window->hi >= hi && window->lo < window->hi)
		return true;
	return calendar->host.grow(calendar, calendar->host.context, lo, hi) &&
		   calendar->window.lo <= lo && calendar->window.hi >= hi;
}

/* covers tells whether an instant lies in the window. */
static inline bool
covers(const Window *window, int64_t at)
{
	return at >= window->lo && at < window->hi;
}

/* cover makes the window include a place, and the cycle it was moved by. */
static bool
cover(WorkCalendar *calendar, Place place)
{
	int64_t from = place.at;
	int64_t to = place.at + 1;

	if (place.cycles > 0)
	{
		from = REGULAR_AFTER;
		to = calendar->hi_limit;
	}
	if (place.cycles < 0)
	{
		from = calendar->lo_limit;
		to = REGULAR_BEFORE + 1;
	}
	if (from >= calendar->window.lo && to <= calendar->window.hi &&
		calendar->window.lo < calendar->window.hi)
		return true;
	return grow_window(calendar, from, to);
}

/*
 * extend makes the window longer on one side; there, "whole" tells when nothing
 * is left to be compiled and the window holds all of the cycle that repeats.
 */
static bool
extend(WorkCalendar *calendar, bool future, bool *whole)
{
	const Window *window = &calendar->window;

	*whole = false;
	if (future && window->hi < calendar->hi_limit)
		return grow_window(calendar, window->lo, window->hi + 1);
	if (!future && window->lo > calendar->lo_limit)
		return grow_window(calendar, window->lo - 1, window->hi);
	if (calendar->regular && future && window->lo > REGULAR_AFTER)
		return grow_window(calendar, REGULAR_AFTER, window->hi);
	if (calendar->regular && !future && window->hi <= REGULAR_BEFORE)
		return grow_window(calendar, window->lo, REGULAR_BEFORE + 1);
	*whole = true;
	return true;
}

/* span_after finds the first span that ends after an instant of the window. */
static inline size_t
span_after(const Window *window, int64_t at)
{
	size_t slot = (size_t) ((uint64_t) (at - window->lo) >> INSTANT_SHIFT);
	size_t i = window->by_instant[slot];
	size_t end = window->by_instant[slot + 1];

	while (end - i > 8)
	{
		size_t middle = (i + end) / 2;

		if (close_of(window, middle) <= at)
			i = middle + 1;
		else
			end = middle;
	}
	/* a slot rarely has more than one closing: step without a branch, then look */
	i += close_of(window, i) <= at;
	while (close_of(window, i) <= at)
		i++;
	return i;
}

/* open_before measures the open time from the window's start to an instant of it. */
static inline int64_t
open_before(const Window *window, int64_t at)
{
	const Span *span = &window->spans[span_after(window, at)];
	int64_t into = at - span->open;

	return span->before + (into > 0 ? into : 0);
}

/* span_of finds the span in which an amount below the window's total is reached. */
static inline size_t
span_of(const Window *window, int64_t amount)
{
	size_t slot = (size_t) ((uint64_t) amount >> window->amount_shift);
	size_t i = window->by_amount[slot];
	size_t end = window->by_amount[slot + 1];

	while (end - i > 8)
	{
		size_t middle = (i + end + 1) / 2;

		if (window->spans[middle].before <= amount)
			i = middle;
		else
			end = middle - 1;
	}
	i += window->spans[i + 1].before <= amount;
	while (window->spans[i + 1].before <= amount)
		i++;
	return i;
}

/* cycle_time measures the open time of one cycle of the far future or past. */
static int64_t
cycle_time(const Window *window, bool future)
{
	if (future)
		return open_before(window, REGULAR_AFTER + CYCLE) - open_before(window, REGULAR_AFTER);
	return open_before(window, REGULAR_BEFORE) - open_before(window, REGULAR_BEFORE - CYCLE);
}

/* position measures the open time from the window's start to any covered place. */
static bool
position(const Window *window, Place place, int64_t *result)
{
	int64_t moved = 0;

	if (place.cycles != 0 &&
		!multiply_checked(place.cycles, cycle_time(window, place.cycles > 0), &moved))
		return false;
	return add_checked(open_before(window, place.at), moved, result);
}

/* finish moves a result by whole cycles and checks that a timestamp can hold it. */
static WorkStatus
finish(int64_t at, int64_t cycles, int64_t *result)
{
	int64_t moved;

	if (!multiply_checked(cycles, CYCLE, &moved) || !add_checked(at, moved, &at) || !in_range(at))
		return WORK_OUT_OF_RANGE;
	*result = at;
	return WORK_OK;
}

/* ------------------------------------------------------------------------
 * Open time
 * ------------------------------------------------------------------------ */

/*
 * gap_before tells whether the search from an instant towards the span "found"
 * passes ten years without an open one.  A span number beyond the array means
 * the search goes on past the window.
 */
static bool
gap_before(const Window *window, int64_t start, Place place, bool forward, size_t found)
{
	size_t i = span_after(window, place.at);
	size_t n = window->nspans;

	if (n == 0 || place.cycles != 0)
		return false;
	if (forward)
	{
		if (i < n && too_far(start, window->spans[i].open))
			return true;
	}
	else
	{
		if (i == n || window->spans[i].open >= start)
		{
			if (i == 0)
				return false;
			i--;
		}
		if (too_far(close_of(window, i), start))
			return true;
	}
	if (!window->sparse)
		return false;
	if (found >= n)
		found = forward ? n - 1 : 0;
	for (size_t a = forward ? i : found; a < (forward ? found : i); a++)
	{
		if (too_far(close_of(window, a), window->spans[a + 1].open))
			return true;
	}
	return false;
}

/*
 * at_amount finds the instant of an amount of open time counted from the window's
 * start; beyond the window it counts in cycles.  Forward, the instant is the end
 * of that microsecond, so that a deadline on closing time stays there.
 */
static WorkStatus
at_amount(const WorkCalendar *calendar, int64_t start, Place place, bool forward, int64_t amount,
		  int64_t *result)
{
	const Window *window = &calendar->window;
	int64_t cycles = 0;
	bool inside = amount >= 0 && amount < window->total;
	size_t i;

	if (!inside)
	{
		bool future = amount >= 0;
		int64_t length;
		int64_t edge;

		if (!calendar->regular || gap_before(window, start, place, forward, window->nspans))
			return WORK_NO_OPEN_TIME;
		if (amount < -(INT64_C(1) << 60))
			return WORK_OUT_OF_RANGE;
		length = cycle_time(window, future);
		edge = open_before(window, future ? REGULAR_AFTER : REGULAR_BEFORE);
		if (length <= 0)
			return WORK_NO_OPEN_TIME;
		cycles = future ? (amount - edge) / length : -((edge - 1 - amount) / length);
		amount -= cycles * length;
	}
	i = span_of(window, amount);
	if (inside && gap_before(window, start, place, forward, i))
		return WORK_NO_OPEN_TIME;
	return finish(window->spans[i].open + (amount - window->spans[i].before) + forward, cycles,
				  result);
}

/* add_time_far adds open time where the window may have to grow, or to be left. */
static WorkStatus
add_time_far(WorkCalendar *calendar, int64_t start, int64_t time, int64_t *result)
{
	const Window *window = &calendar->window;
	Place place = place_of(calendar, start);
	bool forward = time > 0;

	for (;;)
	{
		int64_t amount;
		bool whole;

		if (!cover(calendar, place) || !position(window, place, &amount) ||
			!add_checked(amount, forward ? time - 1 : time, &amount))
			return WORK_OUT_OF_RANGE;
		if (amount < 0 || amount >= window->total)
		{
			if (!extend(calendar, amount >= 0, &whole))
				return WORK_OUT_OF_RANGE;
			if (!whole)
				continue;
		}
		return at_amount(calendar, start, place, forward, amount, result);
	}
}

/* add_time adds open time other than zero. */
static WorkStatus
add_time(WorkCalendar *calendar, int64_t start, int64_t time, int64_t *result)
{
	const Window *window = &calendar->window;

	if (covers(window, start) && !window->sparse)
	{
		size_t i = span_after(window, start);
		const Span *span = &window->spans[i];
		int64_t into = start - span->open;
		int64_t amount = span->before + (into > 0 ? into : 0);

		/* the first gap is in sight only forward */
		if (time > 0 && i < window->nspans && time <= window->total - amount &&
			into >= -TEN_YEARS)
		{
			amount += time - 1;
			span = &window->spans[span_of(window, amount)];
			*result = span->open + (amount - span->before) + 1;
			return WORK_OK;
		}
	}
	return add_time_far(calendar, start, time, result);
}

/* next_span finds the first period that ends after an instant. */
static WorkStatus
next_span(WorkCalendar *calendar, int64_t at, int64_t *opens, int64_t *closes)
{
	const Window *window = &calendar->window;
	Place place = place_of(calendar, at);

	for (;;)
	{
		size_t i;

		if (!cover(calendar, place))
			return WORK_OUT_OF_RANGE;
		i = calendar->regular || covers(window, at) || at < window->lo
				? span_after(window, place.at)
				: window->nspans;
		if (i < window->nspans)
		{
			WorkStatus status = finish(window->spans[i].open, place.cycles, opens);

			if (status == WORK_OK &&
				finish(close_of(window, i), place.cycles, closes) != WORK_OK)
				*closes = WORK_END_INSTANT - 1;
			return status;
		}
		if (window->hi >= calendar->hi_limit)
			return WORK_NO_OPEN_TIME;
		if (!grow_window(calendar, window->lo, window->hi + 1))
			return WORK_OUT_OF_RANGE;
	}
}

/* worktime_next_period is next_span for callers that iterate. */
WorkStatus
worktime_next_period(WorkCalendar *calendar, int64_t at, int64_t *opens, int64_t *closes)
{
	if (!in_range(at))
		return WORK_OUT_OF_RANGE;
	if (calendar->always)
	{
		*opens = at;
		*closes = WORK_END_INSTANT - 1;
		return at < *closes ? WORK_OK : WORK_NO_OPEN_TIME;
	}
	return next_span(calendar, at, opens, closes);
}

/* worktime_next_open looks no further than ten years. */
WorkStatus
worktime_next_open(WorkCalendar *calendar, int64_t at, int64_t *result)
{
	int64_t opens;
	int64_t closes;
	WorkStatus status;

	if (!in_range(at))
		return WORK_OUT_OF_RANGE;
	if (calendar->always)
	{
		*result = at;
		return WORK_OK;
	}
	status = next_span(calendar, at, &opens, &closes);
	if (status == WORK_OK && too_far(at, opens))
		status = WORK_NO_OPEN_TIME;
	if (status == WORK_OK)
		*result = opens > at ? opens : at;
	return status;
}

/* worktime_is_open looks at the first span that ends after the instant. */
WorkStatus
worktime_is_open(WorkCalendar *calendar, int64_t at, bool *result)
{
	const Window *window = &calendar->window;
	Place place;

	if (!in_range(at))
		return WORK_OUT_OF_RANGE;
	*result = calendar->always;
	if (calendar->always)
		return WORK_OK;
	place = place_of(calendar, at);
	if (!cover(calendar, place))
		return WORK_OUT_OF_RANGE;
	*result = window->spans[span_after(window, place.at)].open <= place.at;
	return WORK_OK;
}

/* worktime_between subtracts two prefix sums. */
WorkStatus
worktime_between(WorkCalendar *calendar, int64_t from, int64_t to, int64_t *result)
{
	const Window *window = &calendar->window;
	Place from_place;
	Place to_place;
	int64_t before_from;
	int64_t before_to;

	if (covers(window, from) && covers(window, to) && !calendar->always)
	{
		*result = open_before(window, to) - open_before(window, from);
		return WORK_OK;
	}
	if (!in_range(from) || !in_range(to))
		return WORK_OUT_OF_RANGE;
	if (calendar->always)
	{
		before_from = from;
		before_to = to;
	}
	else
	{
		from_place = place_of(calendar, from);
		to_place = place_of(calendar, to);
		if (!cover(calendar, from_place) || !cover(calendar, to_place) ||
			!position(window, from_place, &before_from) || !position(window, to_place, &before_to))
			return WORK_OUT_OF_RANGE;
	}
	return add_checked(before_to, -before_from, result) ? WORK_OK : WORK_OUT_OF_RANGE;
}

/* ------------------------------------------------------------------------
 * Working days
 * ------------------------------------------------------------------------ */

/* local_date returns the local date of an instant of the window. */
static int64_t
local_date(const Window *window, int64_t at)
{
	size_t lo = 0;
	size_t hi = window->nzone;

	while (hi - lo > 1)
	{
		size_t middle = (lo + hi) / 2;

		if (window->zone[middle].at <= at)
			lo = middle;
		else
			hi = middle;
	}
	return floor_div(at + window->zone[lo].offset * USECS_PER_SEC, DAY);
}

/* workdays_before counts the window's working days before a date. */
static int64_t
workdays_before(const Window *window, int64_t date)
{
	return window->ordinals[date - window->first_date];
}

/* cycle_workdays counts the working days of one cycle of the far future or past. */
static int64_t
cycle_workdays(const Window *window, bool future)
{
	int64_t first = future ? REGULAR_AFTER_DAY : REGULAR_BEFORE_DAY - CYCLE_DAYS;

	return workdays_before(window, first + CYCLE_DAYS) - workdays_before(window, first);
}

/*
 * gap_between_days tells whether the search from an instant over the working days
 * numbered "first" to "last" passes ten years without one.
 */
static bool
gap_between_days(const Window *window, int64_t start, bool forward, int64_t first, int64_t last)
{
	int64_t step = forward ? 1 : -1;

	for (int64_t n = first;; n += step)
	{
		const Date *date = &window->dates[window->workdays[n]];

		if (forward ? too_far(start, date->open) : too_far(date->close, start))
			return true;
		start = forward ? date->close : date->open;
		/* only calendars with a long gap need the walk */
		if (n == last || !window->sparse)
			return false;
	}
}

/* at_workday finds the n-th working day, and counts in cycles beyond the window. */
static WorkStatus
at_workday(const WorkCalendar *calendar, int64_t start, int64_t first, int64_t n, bool forward,
		   int64_t *result)
{
	const Window *window = &calendar->window;
	int64_t count = (int64_t) window->nworkdays;
	int64_t cycles = 0;
	const Date *date;

	if (first >= 0 && first < count)
	{
		int64_t last = n < 0 ? 0 : n >= count ? count - 1 : n;

		if (gap_between_days(window, start, forward, first, last))
			return WORK_NO_OPEN_TIME;
	}
	if (n < 0 || n >= count)
	{
		bool future = n >= 0;
		int64_t length;
		int64_t edge;

		if (!calendar->regular)
			return WORK_NO_OPEN_TIME;
		length = cycle_workdays(window, future);
		edge = workdays_before(window, future ? REGULAR_AFTER_DAY : REGULAR_BEFORE_DAY);
		if (length <= 0)
			return WORK_NO_OPEN_TIME;
		cycles = future ? (n - edge) / length : -((edge - 1 - n) / length);
		n -= cycles * length;
	}
	date = &window->dates[window->workdays[n]];
	return finish(forward ? date->close : date->open, cycles, result);
}

/* add_days goes to the close (backwards: the opening) of the n-th working day. */
static WorkStatus
add_days(WorkCalendar *calendar, int64_t start, int32_t days, int64_t *result)
{
	const Window *window = &calendar->window;
	Place place = place_of(calendar, start);
	bool forward = days > 0;

	for (;;)
	{
		int64_t date;
		int64_t first;
		int64_t n;
		bool whole;

		if (!cover(calendar, place))
			return WORK_OUT_OF_RANGE;
		date = local_date(window, place.at);
		first = forward ? workdays_before(window, date + 1) : workdays_before(window, date) - 1;
		if (place.cycles != 0)
			first += place.cycles * cycle_workdays(window, place.cycles > 0);
		n = forward ? first + days - 1 : first + days + 1;
		if (n < 0 || n >= (int64_t) window->nworkdays)
		{
			if (!extend(calendar, n >= 0, &whole))
				return WORK_OUT_OF_RANGE;
			if (!whole)
				continue;
		}
		return at_workday(calendar, start, first, n, forward, result);
	}
}

/* worktime_add does the days first, then the time. */
WorkStatus
worktime_add(WorkCalendar *calendar, int64_t start, int32_t days, int64_t time, int64_t *result)
{
	WorkStatus status;

	if (!in_range(start))
		return WORK_OUT_OF_RANGE;
	if (days != 0)
	{
		status = add_days(calendar, start, days, &start);
		if (status != WORK_OK || time == 0)
		{
			*result = start;
			return status;
		}
	}
	if (calendar->always)
	{
		if (!add_checked(start, time, &start) || !in_range(start))
			return WORK_OUT_OF_RANGE;
		*result = start;
		return WORK_OK;
	}
	if (time == 0)
		return worktime_next_open(calendar, start, result);
	return add_time(calendar, start, time, result);
}
