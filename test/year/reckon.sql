--
-- reckon.sql
--		The reckoning itself, for the tickets from one number to another.
--
CREATE PROCEDURE oracle.reckon(low bigint, high bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	judged_at CONSTANT timestamptz := (SELECT s.judged_at FROM oracle.setting s);
	v record;
BEGIN
	-- Cases, and what is known in each: the reception is event 0; a late record counts when it happened only within the
	-- policy's window, a timer always at its time, and so do the two times of the ticket itself (T-8, V-30, V-32).
	CREATE TEMP TABLE known ON COMMIT DROP AS
	SELECT e.ticket_id, e.event_no, e.event, CASE WHEN e.automatic THEN e.occurred_at ELSE e.recorded_at END AS recorded_at, e.automatic, e.implied_by, e.details,
		CASE WHEN e.automatic OR e.event = 'occurred' AND e.recorded_at = t.created_at OR e.recorded_at - e.occurred_at <= p.late_record_window THEN e.occurred_at ELSE e.recorded_at END AS effective_at
	FROM sla.event e JOIN sla.ticket t USING (ticket_id) JOIN sla.policy p ON (p.policy, p.version) = (t.policy, t.policy_version)
	WHERE e.ticket_id BETWEEN low AND high
	UNION ALL
	-- A duty is known when its period begins, whenever the sweep opens it.
	SELECT t.ticket_id, 0, 'received', CASE WHEN t.duty IS NULL THEN t.created_at ELSE t.received_at END, false, NULL, '{}', t.received_at
	FROM sla.ticket t WHERE t.ticket_id BETWEEN low AND high AND t.policy_version IS NOT NULL;
	INSERT INTO oracle.event SELECT ticket_id, event_no, effective_at FROM known WHERE event_no > 0;

	CREATE TEMP TABLE c ON COMMIT DROP AS
	SELECT t.ticket_id * 1000 + 999 AS case_id, t.ticket_id, 998::bigint AS last_event, judged_at AS as_of, true AS is_final, t.policy, t.policy_version AS version
	FROM sla.ticket t WHERE t.ticket_id BETWEEN low AND high AND t.policy_version IS NOT NULL
	UNION ALL
	-- What comes with the arrival is known from the beginning.
	SELECT t.ticket_id * 1000 + k.event_no - 1, t.ticket_id, k.event_no - 1, k.recorded_at, false, t.policy, t.policy_version
	FROM known k JOIN sla.ticket t USING (ticket_id)
	WHERE k.effective_at < k.recorded_at AND NOT k.automatic AND k.implied_by IS NULL AND k.recorded_at > t.created_at;
	CREATE INDEX ON c (ticket_id);
	ANALYZE c, known;
	INSERT INTO oracle.cases SELECT * FROM c;

	-- In order of effect; every "reopened" begins a cycle.
	CREATE TEMP TABLE ev ON COMMIT DROP AS
	SELECT c.case_id, c.policy, c.version, k.event_no AS no, k.event, k.effective_at AS t, k.recorded_at AS rec, k.details, k.automatic,
		row_number() OVER o AS ord, (1 + count(*) FILTER (WHERE k.event = 'reopened') OVER o)::integer AS cycle
	FROM c JOIN known k ON k.ticket_id = c.ticket_id AND k.event_no <= c.last_event
	WINDOW o AS (PARTITION BY c.case_id ORDER BY k.effective_at, k.event_no);
	CREATE INDEX ON ev (case_id, ord);
	ANALYZE ev;

	-- What the ticket looked like: as it arrived, and every time one of its columns was set or a rating came.
	CREATE TEMP TABLE state ON COMMIT DROP AS
	SELECT s.case_id, s.policy, s.version, s.ord, s.t, s.state, s.state ->> 'owner' AS owner, s.state ->> 'assignee' AS assignee, s.state ->> 'department' AS department
	FROM (
		SELECT x.case_id, x.policy, x.version, x.ord, x.t, oracle.overlay(x.part) OVER (PARTITION BY x.case_id ORDER BY x.ord) AS state
		FROM (
			SELECT e.case_id, e.policy, e.version, e.ord, e.t,
				CASE WHEN e.ord = 1 THEN a.row ELSE '{}' END || coalesce(e.details -> 'set', '{}')
				|| CASE WHEN e.event = 'rating_recorded' THEN jsonb_build_object('last_score', e.details -> 'score') ELSE '{}' END AS part
			FROM ev e JOIN year.arrived a ON a.ticket_id = e.case_id / 1000
			WHERE e.ord = 1 OR e.details ? 'set' OR e.event = 'rating_recorded') x) s;
	CREATE INDEX ON state (case_id, ord);
	ANALYZE state;

	-- To which targets a condition opens or shuts the door, and when.
	CREATE TEMP TABLE holds (case_id bigint, tid integer, ord bigint, holds boolean) ON COMMIT DROP;
	FOR v IN
		SELECT policy, version, format('SELECT x.case_id, y.tid, x.ord, y.holds FROM (
				SELECT s.case_id, s.ord AS ord, r.* FROM pg_temp.state s, jsonb_populate_record(NULL::sla.ticket, s.state) r
				WHERE s.policy = %L AND s.version = %s) x, LATERAL (VALUES %s) y(tid, holds)',
			policy, version, string_agg(format('(%s, (%s) IS TRUE)', tid, condition), ', ')) AS query
		FROM oracle.target WHERE condition IS NOT NULL GROUP BY policy, version
	LOOP
		EXECUTE 'INSERT INTO pg_temp.holds ' || v.query;
	END LOOP;
	CREATE TEMP TABLE door ON COMMIT DROP AS
	SELECT case_id, tid, opens, shuts FROM (
		SELECT case_id, tid, ord AS opens, lead(ord) OVER w AS shuts, holds FROM (
			SELECT case_id, tid, ord, holds, lag(holds) OVER (PARTITION BY case_id, tid ORDER BY ord) IS DISTINCT FROM holds AS turns FROM holds) x
		WHERE turns WINDOW w AS (PARTITION BY case_id, tid ORDER BY ord)) y
	WHERE holds
	UNION ALL
	SELECT c.case_id, t.tid, 1, NULL FROM c JOIN oracle.target t USING (policy, version) WHERE t.condition IS NULL;
	-- A target is for cases, or for one kind of duty.
	DELETE FROM door d USING oracle.target t, year.arrived a
	WHERE t.tid = d.tid AND a.ticket_id = d.case_id / 1000 AND t.duty IS DISTINCT FROM a.row ->> 'duty';
	CREATE INDEX ON door (case_id, tid);
	ANALYZE door;

	-- Waiting: of each reason from its event to the end of waiting, of that reason or of all; what overlaps is one pause.
	CREATE TEMP TABLE wait ON COMMIT DROP AS
	WITH sign AS (
		SELECT e.case_id, e.ord, e.t, r.reason, e.event = r.reason AS begins
		FROM ev e JOIN sla.policy p USING (policy, version) CROSS JOIN LATERAL unnest(p.pause_on) r(reason)
		WHERE e.event = r.reason OR e.event = 'waiting_ended' AND coalesce(e.details ->> 'reason', r.reason) = r.reason
	), edge AS (
		SELECT case_id, ord, t, reason, begins FROM (
			SELECT *, lag(begins, 1, false) OVER (PARTITION BY case_id, reason ORDER BY ord) AS was FROM sign) x WHERE begins <> was
	), depth AS (
		-- One waiting_ended may end several reasons.
		SELECT case_id, ord, min(t) AS t, sum(sum(CASE WHEN begins THEN 1 ELSE -1 END)) OVER (PARTITION BY case_id ORDER BY ord) AS reasons
		FROM edge GROUP BY case_id, ord
	), turn AS (
		SELECT case_id, ord, t, reasons FROM (
			SELECT *, lag(reasons, 1, 0) OVER (PARTITION BY case_id ORDER BY ord) AS was FROM depth) x WHERE (reasons > 0) <> (was > 0)
	)
	SELECT case_id, k, p_ord, p_t, r_ord, r_t FROM (
		SELECT case_id, reasons, ord AS p_ord, t AS p_t, lead(ord) OVER w AS r_ord, lead(t) OVER w AS r_t,
			count(*) FILTER (WHERE reasons > 0) OVER w AS k FROM turn WINDOW w AS (PARTITION BY case_id ORDER BY ord)) x
	WHERE reasons > 0;
	CREATE INDEX ON wait (case_id, k);
	ANALYZE wait;

	-- One line per case, target and cycle: when its start, fallback, stop and end came, if at all (E-1, E-3, E-9).
	CREATE TEMP TABLE span ON COMMIT DROP AS
	SELECT case_id, cycle, ord AS first_ord, lead(ord) OVER (PARTITION BY case_id ORDER BY cycle) AS reopened
	FROM (SELECT case_id, cycle, min(ord) AS ord FROM ev GROUP BY case_id, cycle) x;
	CREATE INDEX ON span (case_id, cycle);
	CREATE TEMP TABLE line ON COMMIT DROP AS
	SELECT row_number() OVER () AS line, l.*, s.first_ord, CASE WHEN t.restarts THEN s.reopened END AS reopened, least(l.start, l.fallback) AS begins
	FROM (
		SELECT case_id, tid, cycle,
			CASE WHEN NOT bool_or(starts_all) THEN min(ord) FILTER (WHERE role = 'start')
				WHEN count(*) FILTER (WHERE role = 'start') = max(cardinality(starts_on)) THEN max(ord) FILTER (WHERE role = 'start') END AS start,
			min(ord) FILTER (WHERE role = 'fallback') AS fallback,
			CASE WHEN NOT bool_or(stops_all) THEN min(ord) FILTER (WHERE role IN ('stop', 'fire'))
				WHEN count(*) FILTER (WHERE role = 'stop') = max(cardinality(stops_on)) THEN max(ord) FILTER (WHERE role = 'stop') END AS stop,
			min(ord) FILTER (WHERE role = 'cancel') AS cancel,
			(count(*) FILTER (WHERE role IN ('stop', 'fire')))::integer AS parts_done,
			array_agg(part) FILTER (WHERE role = 'stop') AS parts, array_agg(ord) FILTER (WHERE role = 'stop') AS part_ords
		FROM (
			SELECT e.case_id, m.tid, CASE WHEN m.restarts THEN e.cycle ELSE 1 END AS cycle, m.role, m.part, min(e.ord) AS ord
			FROM ev e JOIN oracle.meaning m ON (m.policy, m.version, m.event) = (e.policy, e.version, e.event)
			WHERE m.role <> 'rearm' GROUP BY 1, 2, 3, 4, 5) f
		JOIN oracle.target t USING (tid) GROUP BY case_id, tid, cycle) l
	JOIN oracle.target t USING (tid)
	JOIN span s ON s.case_id = l.case_id AND s.cycle = l.cycle;
	CREATE INDEX ON line (case_id, tid, cycle);
	ANALYZE line;

	-- Where the door was open while there was something to see; a door that opens at or after the end opens nothing (E-7).
	CREATE TEMP TABLE seen ON COMMIT DROP AS
	SELECT *, lag(shuts) OVER w AS shut_before FROM (
		SELECT l.line, row_number() OVER w AS i, greatest(d.opens, l.first_ord) AS opens, d.shuts, l.case_id, l.begins, l.start, l.fallback, l.stop, l.cancel, l.reopened
		FROM line l JOIN door d USING (case_id, tid)
		WHERE l.begins IS NOT NULL AND (d.shuts IS NULL OR d.shuts > l.begins) AND (l.cancel IS NULL OR greatest(d.opens, l.begins) < l.cancel)
			AND (l.reopened IS NULL OR d.opens < l.reopened)
		WINDOW w AS (PARTITION BY l.line ORDER BY d.opens)) x
	WINDOW w AS (PARTITION BY line ORDER BY i);
	CREATE INDEX ON seen (line, i);
	ANALYZE seen;

	-- How it ends.  The last stretch that counts is the first one that is open when the stop comes, or after it; a stop in
	-- an event goes before the end that the same event brings.
	CREATE TEMP TABLE fate ON COMMIT DROP AS
	SELECT f.*, f.stop IS NOT NULL AND (f.ends IS NULL OR f.stop <= f.ends) AS stopped,
		f.fallback IS NOT NULL AND (f.start IS NULL OR f.fallback < f.start) AS awaited
	FROM (
		SELECT s.line, s.case_id, s.begins, s.start, s.fallback, s.stop, greatest(f.opens, s.begins) AS seen_from, s.i AS last_i, least(s.shuts, s.cancel, s.reopened) AS ends
		FROM (SELECT DISTINCT ON (line) * FROM seen
			ORDER BY line, stop IS NOT NULL AND (shuts IS NULL OR shuts >= stop) DESC,
				CASE WHEN stop IS NOT NULL AND (shuts IS NULL OR shuts >= stop) THEN i ELSE -i END) s
		JOIN seen f ON f.line = s.line AND f.i = 1) f;
	ALTER TABLE fate ADD real boolean;
	-- A start replaces the provisional clock unless that was stopped or ended before; the end goes before the start.
	UPDATE fate SET real = start IS NOT NULL AND (NOT awaited OR NOT (stopped AND stop <= start) AND (ends IS NULL OR start < ends));
	CREATE UNIQUE INDEX ON fate (line);
	ANALYZE fate;

	-- The phases of a clock: provisional until the start, and real.
	CREATE TEMP TABLE phase ON COMMIT DROP AS
	SELECT p.line, p.provisional, p.case_id, l.tid, l.cycle, t.calendar, t.pausable, p.from_ord, p.from_ord AS walk_from,
		CASE WHEN p.provisional THEN b.t + t.fallback_after ELSE b.t END AS started_at, p.until_ord, u.t AS until_t,
		NULL::timestamptz AS due_at, NULL::timestamptz AS warn_at, interval '0' AS paused_for, NULL::timestamptz AS paused_at
	FROM (
		SELECT f.line, f.case_id, true AS provisional, f.fallback AS from_ord, CASE WHEN f.real THEN f.start WHEN f.stopped THEN f.stop ELSE f.ends END AS until_ord
		FROM fate f WHERE f.awaited
		UNION ALL
		SELECT f.line, f.case_id, false, f.start, CASE WHEN f.stopped THEN greatest(f.stop, f.start) ELSE f.ends END FROM fate f WHERE f.real) p
	JOIN line l USING (line) JOIN oracle.target t USING (tid)
	JOIN ev b ON b.case_id = p.case_id AND b.ord = p.from_ord
	LEFT JOIN ev u ON u.case_id = p.case_id AND u.ord = p.until_ord;
	UPDATE phase p SET due_at = oracle.add(t.calendar, p.started_at, coalesce(t.duration, t.every)) FROM oracle.target t WHERE t.tid = p.tid;
	UPDATE phase p SET warn_at = oracle.add_time(t.calendar, p.started_at, trunc(t.warn_part * oracle.open_between(t.calendar, p.started_at, p.due_at))::bigint)
	FROM oracle.target t WHERE t.tid = p.tid AND t.warn_part IS NOT NULL AND NOT p.provisional;
	CREATE INDEX ON phase (line);

	-- Pauses push the deadline and the warning on, one after the other: what is left when a pause begins is left when it ends (E-8).
	WITH RECURSIVE walk AS (
		SELECT p.line, p.provisional, p.case_id, p.calendar, p.started_at, p.from_ord, p.until_ord, p.until_t, 0::bigint AS k, p.due_at, p.warn_at, p.paused_for, p.paused_at
		FROM phase p JOIN oracle.target t USING (tid)
		WHERE p.pausable AND (t.every IS NULL OR p.provisional) AND EXISTS (SELECT FROM wait w WHERE w.case_id = p.case_id)
		UNION ALL
		SELECT w.line, w.provisional, w.case_id, w.calendar, w.started_at, w.from_ord, w.until_ord, w.until_t, p.k,
			CASE WHEN a.counts AND a.till IS NOT NULL THEN oracle.add_time(w.calendar, a.till, oracle.open_between(w.calendar, a.since, w.due_at)) ELSE w.due_at END,
			CASE WHEN a.counts AND a.till IS NOT NULL AND a.since <= w.warn_at
				THEN oracle.add_time(w.calendar, a.till, oracle.open_between(w.calendar, a.since, w.warn_at)) ELSE w.warn_at END,
			CASE WHEN a.counts AND a.till IS NOT NULL THEN w.paused_for + (a.till - a.since) ELSE w.paused_for END,
			CASE WHEN a.counts AND a.till IS NULL THEN a.since ELSE w.paused_at END
		FROM walk w JOIN wait p ON p.case_id = w.case_id AND p.k = w.k + 1
		CROSS JOIN LATERAL (SELECT greatest(p.p_t, w.started_at) AS since, least(p.r_t, w.until_t) AS till) b
		CROSS JOIN LATERAL (SELECT b.since, b.till, (p.r_ord IS NULL OR p.r_ord > w.from_ord) AND (w.until_ord IS NULL OR p.p_ord < w.until_ord AND w.until_ord > w.from_ord)
			AND b.since <= w.due_at AND (b.till IS NULL OR b.till > w.started_at) AS counts) a
	)
	UPDATE phase p SET due_at = w.due_at, warn_at = w.warn_at, paused_for = w.paused_for, paused_at = w.paused_at
	FROM (SELECT DISTINCT ON (line, provisional) * FROM walk ORDER BY line, provisional, k DESC) w
	WHERE w.line = p.line AND w.provisional = p.provisional;
	ANALYZE phase;

	-- When a deadline became known: with its start, with the door that opened, with the start that replaced the provisional
	-- one, with a revival unless the miss was there already.
	CREATE TEMP TABLE birth ON COMMIT DROP AS
	SELECT f.line, max(b.ord) AS ord, max(b.ord) FILTER (WHERE b.of_provisional) AS provisional_ord
	FROM fate f
	LEFT JOIN phase pp ON pp.line = f.line AND pp.provisional
	LEFT JOIN phase pr ON pr.line = f.line AND NOT pr.provisional
	JOIN LATERAL (
		SELECT f.seen_from AS ord, true AS of_provisional
		UNION ALL
		SELECT f.start, false FROM seen s WHERE f.real AND f.awaited AND s.line = f.line AND s.opens <= f.start AND (s.shuts IS NULL OR f.start < s.shuts) AND f.start > f.seen_from
		UNION ALL
		SELECT s.opens, coalesce(s.shut_before <= f.start, true)
		FROM seen s JOIN ev x ON x.case_id = s.case_id AND x.ord = s.shut_before
		WHERE s.line = f.line AND s.i BETWEEN 2 AND f.last_i
			AND CASE WHEN NOT f.real OR f.awaited AND f.start >= s.shut_before THEN pp.due_at ELSE pr.due_at END >= x.t
		UNION ALL
		SELECT s.opens, false FROM seen s WHERE s.line = f.line AND s.i BETWEEN 2 AND f.last_i AND f.real AND f.awaited AND f.start >= s.shut_before AND f.start <= s.opens
	) b ON true
	GROUP BY f.line;
	CREATE INDEX ON birth (line);
	ANALYZE birth;

	-- The plain clocks.
	CREATE TEMP TABLE clock ON COMMIT DROP AS
	SELECT f.line, l.case_id, l.tid, l.cycle, 1 AS seq, NOT f.real AS provisional, p.started_at, p.from_ord AS started_ord, n.rec AS created_at, p.due_at,
		CASE WHEN p.warn_at IS NOT NULL AND greatest(p.warn_at, n.rec) < p.due_at THEN greatest(p.warn_at, n.rec) END AS warn_at,
		p.paused_at, p.paused_for, l.parts_done,
		CASE WHEN f.stopped THEN CASE WHEN f.real THEN greatest(p.started_at, x.t) ELSE x.t END END AS stopped_at,
		CASE WHEN NOT f.stopped THEN z.t END AS cancelled_at, CASE WHEN f.stopped THEN x.no ELSE z.no END AS stop_event
	FROM fate f JOIN line l USING (line) JOIN oracle.target t USING (tid)
	JOIN phase p ON p.line = f.line AND p.provisional = NOT f.real
	JOIN birth b ON b.line = f.line
	JOIN ev n ON n.case_id = f.case_id AND n.ord = b.ord
	LEFT JOIN ev x ON x.case_id = f.case_id AND x.ord = f.stop
	LEFT JOIN ev z ON z.case_id = f.case_id AND z.ord = f.ends
	WHERE t.every IS NULL;

	-- A provisional clock of a repeating target does not roll, and what would stop it cancels it.
	INSERT INTO clock
	SELECT f.line, l.case_id, l.tid, l.cycle, 1, true, p.started_at, p.from_ord, n.rec, p.due_at, NULL, p.paused_at, p.paused_for, l.parts_done,
		NULL, CASE WHEN f.stopped THEN x.t ELSE z.t END, CASE WHEN f.stopped THEN x.no ELSE z.no END
	FROM fate f JOIN line l USING (line) JOIN oracle.target t USING (tid)
	JOIN phase p ON p.line = f.line AND p.provisional
	JOIN birth b ON b.line = f.line
	JOIN ev n ON n.case_id = f.case_id AND n.ord = b.ord
	LEFT JOIN ev x ON x.case_id = f.case_id AND x.ord = f.stop
	LEFT JOIN ev z ON z.case_id = f.case_id AND z.ord = f.ends
	WHERE t.every IS NOT NULL AND NOT f.real;

	-- Repeating: a report in time begins the next interval, a missed deadline does so itself (E-6, K-8).
	CREATE TEMP TABLE chain ON COMMIT DROP AS
	SELECT f.line, l.case_id, l.tid, l.cycle, t.calendar, t.every, p.started_at, p.from_ord, p.until_ord, p.until_t, c.as_of, t.pausable,
		least(p.until_t, c.as_of) AS horizon, l.parts_done, CASE WHEN f.stopped THEN x.no ELSE z.no END AS end_event
	FROM fate f JOIN line l USING (line) JOIN oracle.target t USING (tid) JOIN phase p ON p.line = f.line AND NOT p.provisional JOIN c ON c.case_id = l.case_id
	LEFT JOIN ev x ON x.case_id = f.case_id AND x.ord = f.stop
	LEFT JOIN ev z ON z.case_id = f.case_id AND z.ord = f.ends
	WHERE t.every IS NOT NULL;
	CREATE TEMP TABLE turn ON COMMIT DROP AS
	SELECT h.line, e.ord, e.t, e.no, 'rearm' AS role FROM chain h JOIN oracle.target t USING (tid)
	JOIN ev e ON e.case_id = h.case_id AND e.event = ANY (t.rearms_on) AND (NOT t.restarts OR e.cycle = h.cycle)
	WHERE e.ord > h.from_ord AND (h.until_ord IS NULL OR e.ord < h.until_ord)
	UNION ALL
	SELECT h.line, w.p_ord, w.p_t, NULL, 'pause' FROM chain h JOIN wait w USING (case_id)
	WHERE h.pausable AND w.p_ord > h.from_ord AND (h.until_ord IS NULL OR w.p_ord < h.until_ord)
	UNION ALL
	SELECT h.line, w.r_ord, w.r_t, NULL, 'resume' FROM chain h JOIN wait w USING (case_id)
	WHERE h.pausable AND w.r_ord > h.from_ord AND (h.until_ord IS NULL OR w.r_ord < h.until_ord);
	CREATE INDEX ON turn (line, ord);
	ANALYZE chain, turn;
	CREATE TEMP TABLE interval ON COMMIT DROP AS
	WITH RECURSIVE walk AS (
		SELECT h.line, 1 AS step, 1 AS seq, h.started_at, h.from_ord AS started_ord, h.from_ord AS seen, d.due_at, interval '0' AS paused_for,
			CASE WHEN q.waits THEN h.started_at END AS paused_at, CASE WHEN q.waits THEN oracle.open_between(h.calendar, h.started_at, d.due_at) END AS remaining,
			NULL::timestamptz AS before_stopped_at, NULL::bigint AS before_stop_event, NULL::timestamptz AS before_due_at, NULL::interval AS before_paused_for,
			h.started_at AS turned_at
		FROM chain h CROSS JOIN LATERAL (SELECT oracle.add(h.calendar, h.started_at, h.every) AS due_at) d
		CROSS JOIN LATERAL (SELECT h.pausable AND EXISTS (SELECT FROM wait w WHERE w.case_id = h.case_id AND w.p_ord < h.from_ord AND (w.r_ord IS NULL OR w.r_ord > h.from_ord)) AS waits) q
		UNION ALL
		SELECT w.line, w.step + 1, w.seq + (m.missed OR n.role = 'rearm')::integer,
			CASE WHEN m.missed THEN w.due_at WHEN n.role = 'rearm' THEN n.t ELSE w.started_at END,
			CASE WHEN m.missed THEN NULL WHEN n.role = 'rearm' THEN n.ord ELSE w.started_ord END,
			CASE WHEN m.missed THEN w.seen ELSE n.ord END,
			CASE WHEN m.missed THEN oracle.add(h.calendar, w.due_at, h.every) WHEN n.role = 'rearm' THEN oracle.add(h.calendar, n.t, h.every)
				WHEN n.role = 'resume' AND w.paused_at IS NOT NULL THEN oracle.add_time(h.calendar, n.t, w.remaining) ELSE w.due_at END,
			CASE WHEN m.missed OR n.role = 'rearm' THEN interval '0' WHEN n.role = 'resume' THEN w.paused_for + coalesce(n.t - w.paused_at, '0') ELSE w.paused_for END,
			CASE WHEN m.missed THEN NULL WHEN n.role = 'rearm' AND w.paused_at IS NOT NULL THEN n.t WHEN n.role = 'pause' THEN n.t WHEN n.role = 'resume' THEN NULL ELSE w.paused_at END,
			CASE WHEN m.missed THEN NULL WHEN n.role = 'rearm' AND w.paused_at IS NOT NULL THEN oracle.open_between(h.calendar, n.t, oracle.add(h.calendar, n.t, h.every))
				WHEN n.role = 'pause' THEN oracle.open_between(h.calendar, n.t, w.due_at) WHEN n.role = 'resume' THEN NULL ELSE w.remaining END,
			CASE WHEN NOT m.missed AND n.role = 'rearm' THEN n.t END, CASE WHEN NOT m.missed AND n.role = 'rearm' THEN n.no END,
			CASE WHEN NOT m.missed AND n.role = 'rearm' AND w.paused_at IS NOT NULL THEN oracle.add_time(h.calendar, n.t, w.remaining) END,
			CASE WHEN NOT m.missed AND n.role = 'rearm' AND w.paused_at IS NOT NULL THEN w.paused_for + (n.t - w.paused_at) END,
			CASE WHEN m.missed THEN w.due_at ELSE n.t END
		FROM walk w JOIN chain h USING (line)
		LEFT JOIN LATERAL (SELECT * FROM turn u WHERE u.line = w.line AND u.ord > w.seen ORDER BY u.ord LIMIT 1) n ON true
		CROSS JOIN LATERAL (SELECT w.paused_at IS NULL AND w.due_at < least(n.t, h.horizon) AS missed) m
		WHERE m.missed OR n.ord IS NOT NULL
	)
	SELECT w.line, w.seq, w.started_at, w.started_ord, h.case_id, h.tid, h.cycle, h.parts_done,
		CASE WHEN x.line IS NOT NULL THEN coalesce(x.before_due_at, w.due_at)
			WHEN w.paused_at IS NOT NULL AND h.until_t IS NOT NULL THEN oracle.add_time(h.calendar, h.until_t, w.remaining) ELSE w.due_at END AS due_at,
		CASE WHEN x.line IS NOT NULL THEN coalesce(x.before_paused_for, w.paused_for)
			WHEN w.paused_at IS NOT NULL AND h.until_t IS NOT NULL THEN w.paused_for + (h.until_t - w.paused_at) ELSE w.paused_for END AS paused_for,
		CASE WHEN x.line IS NULL AND h.until_t IS NULL THEN w.paused_at END AS paused_at,
		x.before_stopped_at AS stopped_at, x.before_stop_event AS stop_event, x.line IS NOT NULL AND x.before_stopped_at IS NULL AS missed,
		h.until_t, h.end_event, x.turned_at AS over_at, x.started_ord AS over_ord
	FROM (SELECT DISTINCT ON (line, seq) * FROM walk ORDER BY line, seq, step DESC) w
	JOIN chain h USING (line)
	LEFT JOIN LATERAL (SELECT * FROM walk x WHERE x.line = w.line AND x.seq = w.seq + 1 ORDER BY x.step LIMIT 1) x ON true;
	CREATE INDEX ON interval (line, seq);
	ANALYZE interval;
	-- A revival is news for the interval that was open when the door shut, and for those after it.
	INSERT INTO clock
	SELECT n.line, n.case_id, n.tid, n.cycle, n.seq, false, n.started_at, n.started_ord, b.rec, n.due_at,
		NULL, n.paused_at, n.paused_for, n.parts_done, n.stopped_at,
		CASE WHEN n.stopped_at IS NULL THEN n.until_t END, CASE WHEN n.stopped_at IS NULL THEN n.end_event ELSE n.stop_event END
	FROM interval n JOIN fate f USING (line)
	CROSS JOIN LATERAL (
		SELECT e.rec FROM (
			SELECT max(ord) AS ord FROM (
				SELECT f.seen_from AS ord
				UNION ALL
				SELECT f.start WHERE f.awaited AND f.start > f.seen_from AND EXISTS (SELECT FROM seen s WHERE s.line = n.line AND s.opens <= f.start AND (s.shuts IS NULL OR f.start < s.shuts))
				UNION ALL
				SELECT s.opens FROM seen s JOIN ev x ON x.case_id = s.case_id AND x.ord = s.shut_before
				WHERE s.line = n.line AND s.i BETWEEN 2 AND f.last_i
					AND (n.over_at IS NULL OR CASE WHEN n.missed THEN n.due_at >= x.t ELSE n.over_ord >= s.shut_before END)) o) m
		JOIN ev e ON e.case_id = n.case_id AND e.ord = m.ord) b;

	-- A date on the ticket: a clock as long as there is one; moved in time it is the same, afterwards another (E-13).
	CREATE TEMP TABLE dates ON COMMIT DROP AS
	SELECT case_id, tid, ord, value FROM (
		SELECT s.case_id, t.tid, s.ord, (s.state ->> t.due_column)::timestamptz AS value FROM state s JOIN oracle.target t USING (policy, version) WHERE t.due_column IS NOT NULL) x;
	CREATE INDEX ON dates (case_id, tid, ord);
	ANALYZE dates;
	CREATE TEMP TABLE segment ON COMMIT DROP AS
	WITH place AS (
		-- Every instant at which the value, the condition or the cycle may change.
		SELECT case_id, tid, ord FROM dates
		UNION SELECT d.case_id, d.tid, d.opens FROM door d JOIN oracle.target t USING (tid) WHERE t.due_column IS NOT NULL
		UNION SELECT d.case_id, d.tid, d.shuts FROM door d JOIN oracle.target t USING (tid) WHERE t.due_column IS NOT NULL AND d.shuts IS NOT NULL
		UNION SELECT s.case_id, t.tid, s.first_ord FROM span s JOIN c USING (case_id) JOIN oracle.target t USING (policy, version) WHERE t.due_column IS NOT NULL AND t.restarts
	), value AS (
		SELECT p.case_id, p.tid, p.ord, CASE WHEN t.restarts THEN e.cycle ELSE 1 END AS cycle, e.t, e.rec, e.no,
			CASE WHEN EXISTS (SELECT FROM door o WHERE o.case_id = p.case_id AND o.tid = p.tid AND o.opens <= p.ord AND (o.shuts IS NULL OR o.shuts > p.ord))
				THEN (SELECT d.value FROM dates d WHERE d.case_id = p.case_id AND d.tid = p.tid AND d.ord <= p.ord ORDER BY d.ord DESC LIMIT 1) END AS value
		FROM place p JOIN oracle.target t USING (tid) JOIN ev e ON e.case_id = p.case_id AND e.ord = p.ord
	), changed AS (
		SELECT * FROM (SELECT *, lag(value) OVER w IS DISTINCT FROM value OR lag(ord) OVER w IS NULL AS changes FROM value
			WINDOW w AS (PARTITION BY case_id, tid, cycle ORDER BY ord)) x WHERE changes
	)
	SELECT v.case_id, v.tid, v.cycle, v.ord, v.t, v.rec, v.value, lead(v.ord) OVER w AS next_ord,
		l.line, l.stop, l.cancel, CASE WHEN t.restarts THEN s.reopened END AS reopened, coalesce(l.parts_done, 0) AS parts_done
	FROM (
		-- In a new cycle a date that has passed counts for nothing until it is set anew.
		SELECT case_id, tid, cycle, ord, t, rec, no, CASE WHEN cycle > 1 AND ord = first AND value <= t THEN NULL ELSE value END AS value
		FROM (SELECT *, min(ord) OVER (PARTITION BY case_id, tid, cycle) AS first FROM changed) x) v
	JOIN oracle.target t USING (tid)
	JOIN span s ON s.case_id = v.case_id AND s.cycle = v.cycle
	LEFT JOIN line l ON l.case_id = v.case_id AND l.tid = v.tid AND l.cycle = v.cycle
	WINDOW w AS (PARTITION BY v.case_id, v.tid, v.cycle ORDER BY v.ord);
	CREATE INDEX ON segment (case_id, tid, cycle, ord);
	ANALYZE segment;
	INSERT INTO clock
	SELECT NULL, g.case_id, g.tid, g.cycle, g.seq, false, run.t, run.ord, g.rec, g.value,
		CASE WHEN t.warn_part IS NOT NULL AND greatest(w.warn_at, g.rec) < g.value THEN greatest(w.warn_at, g.rec) END, NULL, '0', g.parts_done, CASE WHEN g.stopped THEN x.t END, CASE WHEN NOT g.stopped THEN z.t END, CASE WHEN g.stopped THEN x.no ELSE z.no END
	FROM (
		SELECT *, lead(ord) OVER s IS NULL OR lead(seq) OVER s <> seq AS last FROM (
			SELECT *, 1 + coalesce(sum(missed::integer) OVER (PARTITION BY case_id, tid, cycle ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::integer AS seq FROM (
				SELECT g.*, g.stop IS NOT NULL AND (g.ends IS NULL OR g.stop <= g.ends) AS stopped,
					g.value < least(CASE WHEN g.stop IS NOT NULL AND (g.ends IS NULL OR g.stop <= g.ends) THEN (SELECT t FROM ev WHERE case_id = g.case_id AND ord = g.stop) END,
						(SELECT t FROM ev WHERE case_id = g.case_id AND ord = g.ends), c.as_of) AS missed
				FROM (SELECT *, least(next_ord, cancel, reopened) AS ends FROM segment WHERE value IS NOT NULL
					AND (stop IS NULL OR ord < stop) AND (cancel IS NULL OR ord < cancel)) g JOIN c USING (case_id)) x) y
		WINDOW s AS (PARTITION BY case_id, tid, cycle ORDER BY ord)) g
	-- The clock began with the first of its dates, also where it was empty for a while.
	CROSS JOIN LATERAL (
		SELECT r.t, r.ord FROM segment r
		WHERE r.case_id = g.case_id AND r.tid = g.tid AND r.cycle = g.cycle AND r.ord <= g.ord AND r.value IS NOT NULL
			AND NOT EXISTS (SELECT FROM segment q JOIN ev e ON e.case_id = q.case_id AND e.ord = q.next_ord
				WHERE q.case_id = r.case_id AND q.tid = r.tid AND q.cycle = r.cycle AND q.ord >= r.ord AND q.ord < g.ord AND q.value < e.t)
		ORDER BY r.ord LIMIT 1) run
	JOIN oracle.target t ON t.tid = g.tid
	CROSS JOIN LATERAL (SELECT oracle.add_time(t.calendar, run.t, trunc(t.warn_part * oracle.open_between(t.calendar, run.t, g.value))::bigint) AS warn_at) w
	LEFT JOIN ev x ON x.case_id = g.case_id AND x.ord = g.stop
	LEFT JOIN ev z ON z.case_id = g.case_id AND z.ord = g.ends
	WHERE g.last;
	CREATE INDEX ON clock (case_id, tid);
	ANALYZE clock;

	-- Misses (T-5): the deadline lies before the end, the cancellation and the instant of judgement, and the clock is not paused.
	CREATE TEMP TABLE miss ON COMMIT DROP AS
	SELECT k.line, k.case_id, k.tid, k.cycle, k.due_at, CASE WHEN k.provisional THEN 'start_missing' WHEN t.every IS NOT NULL THEN 'missed_interval' ELSE 'late' END AS kind, k.seq,
		k.created_at, CASE WHEN t.every IS NULL THEN k.stopped_at END AS stopped_at, k.provisional
	FROM clock k JOIN oracle.target t USING (tid) JOIN c USING (case_id)
	WHERE t.on_due IS NULL AND k.paused_at IS NULL AND k.due_at < least(k.stopped_at, k.cancelled_at, c.as_of)
	UNION ALL
	-- The start came, but after the provisional deadline.
	SELECT f.line, f.case_id, l.tid, l.cycle, p.due_at, 'start_missing', 1, n.rec, s.t, false
	FROM fate f JOIN line l USING (line) JOIN oracle.target t USING (tid) JOIN phase p ON p.line = f.line AND p.provisional
	JOIN birth b ON b.line = f.line
	JOIN ev s ON s.case_id = f.case_id AND s.ord = f.start
	JOIN ev n ON n.case_id = f.case_id AND n.ord = b.provisional_ord
	WHERE f.real AND p.due_at < s.t AND t.on_due IS NULL;

	-- Who answers: the holders of the roles just before the deadline; of several parts only of those that were missing (K-4).
	CREATE TEMP TABLE blame ON COMMIT DROP AS
	SELECT m.*, r.roles, s.owner, s.assignee, s.department
	FROM miss m JOIN oracle.target t USING (tid)
	LEFT JOIN line l ON l.line = m.line
	CROSS JOIN LATERAL (SELECT CASE WHEN m.kind = 'start_missing' THEN ARRAY[t.start_owed_by]
		WHEN t.stops_all AND cardinality(t.responsible_role) = cardinality(t.stops_on) THEN (
			SELECT array_agg(DISTINCT p.role) FROM unnest(t.stops_on, t.responsible_role) p(part, role)
			WHERE NOT EXISTS (SELECT FROM unnest(l.parts, l.part_ords) d(part, ord) JOIN ev e ON e.case_id = m.case_id AND e.ord = d.ord WHERE d.part = p.part AND e.t <= m.due_at))
		ELSE t.responsible_role END AS roles) r
	LEFT JOIN LATERAL (SELECT s.owner, s.assignee, s.department FROM state s
		WHERE s.case_id = m.case_id AND (s.t < m.due_at OR s.ord = 1) ORDER BY s.ord DESC LIMIT 1) s ON true;
	CREATE TEMP TABLE holder ON COMMIT DROP AS
	SELECT x.*, ARRAY(SELECT DISTINCT h.employee FROM unnest(x.roles) role, LATERAL oracle.holders(role, x.owner, x.assignee, x.department, true) h(employee) ORDER BY 1) AS employees
	FROM (SELECT DISTINCT roles, owner, assignee, department FROM blame) x;
	ANALYZE blame, holder;
	INSERT INTO oracle.breach (case_id, ticket_id, target, cycle, due_at, kind, seq, tid, created_at, stopped_at, responsible_role, responsible, department, provisional)
	SELECT m.case_id, m.case_id / 1000, t.target, m.cycle, m.due_at, m.kind, m.seq, m.tid, m.created_at, m.stopped_at, m.roles, h.employees, m.department, m.provisional
	FROM blame m JOIN oracle.target t USING (tid)
	JOIN holder h ON (h.roles, coalesce(h.owner, ''), coalesce(h.assignee, ''), coalesce(h.department, '')) = (m.roles, coalesce(m.owner, ''), coalesce(m.assignee, ''), coalesce(m.department, ''));

	-- The department that had the ticket when the clock began, once all that happened at that instant had happened.
	INSERT INTO oracle.clock
	SELECT k.case_id / 1000, t.target, k.cycle, k.seq, t.policy, t.version, t.milestone, t.binding, k.provisional, t.calendar, k.started_at, k.created_at, k.due_at,
		k.warn_at, k.paused_at, k.paused_for, k.parts_done, k.stopped_at, k.cancelled_at, k.stop_event, NULL, s.department
	FROM clock k JOIN c USING (case_id) JOIN oracle.target t USING (tid)
	LEFT JOIN LATERAL (SELECT s.department FROM state s
		WHERE s.case_id = k.case_id AND s.t <= k.started_at
		ORDER BY s.ord DESC LIMIT 1) s ON true
	WHERE c.is_final;

	-- What the rules say of each event, as the ticket was known when it was recorded (E-10): as it is in the end, unless something
	-- was told late.
	CREATE TEMP TABLE moment ON COMMIT DROP AS
	WITH late AS (SELECT DISTINCT case_id / 1000 * 1000 + 999 AS case_id FROM c WHERE NOT is_final),
	k AS (
		SELECT e.*, array_agg(e.event) OVER (PARTITION BY e.case_id, e.cycle ORDER BY e.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS past FROM ev e JOIN c USING (case_id) WHERE c.is_final
	), asked AS (
		SELECT k.* FROM k WHERE k.no > 0 AND (k.event = 'closed' OR k.details ? 'set'
			OR EXISTS (SELECT FROM sla.event_rule r WHERE (r.policy, r.version, r.event) = (k.policy, k.version, k.event))
			OR EXISTS (SELECT FROM sla.penalty_rule r WHERE (r.policy, r.version, r.event) = (k.policy, k.version, k.event)))
	), prompt AS (
		SELECT k.case_id, k.policy, k.version, k.no, k.ord, k.event, k.t, k.details, k.cycle, now.state || jsonb_build_object('cycle', k.cycle) AS state, k.past, coalesce(was.state, now.state) AS before
		FROM asked k
		JOIN LATERAL (SELECT s.state FROM state s WHERE s.case_id = k.case_id AND s.ord <= k.ord ORDER BY s.ord DESC LIMIT 1) now ON true
		LEFT JOIN LATERAL (SELECT s.state FROM state s WHERE s.case_id = k.case_id AND s.ord < k.ord ORDER BY s.ord DESC LIMIT 1) was ON true
		WHERE NOT EXISTS (SELECT FROM late l WHERE l.case_id = k.case_id)
	), told AS (
		SELECT k.case_id, k.policy, k.version, k.no, k.ord, k.event, k.t, k.details, j.cycle, j.state, j.past, j.before
		FROM asked k JOIN late USING (case_id)
		CROSS JOIN LATERAL (
			SELECT (1 + count(*) FILTER (WHERE x.event = 'reopened'))::integer AS cycle,
				oracle.overlay(CASE WHEN x.ord = 1 THEN a.row ELSE '{}' END
					|| coalesce(x.details -> 'set', '{}') || CASE WHEN x.event = 'rating_recorded' THEN jsonb_build_object('last_score', x.details -> 'score') ELSE '{}' END ORDER BY x.ord)
					|| jsonb_build_object('cycle', (1 + count(*) FILTER (WHERE x.event = 'reopened'))::integer) AS state,
				oracle.overlay(CASE WHEN x.ord = 1 THEN a.row ELSE '{}' END || CASE WHEN x.no < k.no THEN coalesce(x.details -> 'set', '{}') ELSE '{}' END ORDER BY x.ord) AS before,
				array_agg(x.event) FILTER (WHERE x.no < k.no AND x.ord < k.ord AND x.ord >= y.since) AS past
			FROM ev x JOIN year.arrived a ON a.ticket_id = k.case_id / 1000
			CROSS JOIN LATERAL (SELECT coalesce(max(z.ord) FILTER (WHERE z.event = 'reopened'), 1) AS since FROM ev z
				WHERE z.case_id = k.case_id AND z.no <= k.no AND z.ord <= k.ord) y
			WHERE x.case_id = k.case_id AND x.no <= k.no AND x.ord <= k.ord) j
	)
	SELECT x.*, e.occurred_at, e.actor, e.note, i.event AS implied_by
	FROM (SELECT * FROM prompt UNION ALL SELECT * FROM told) x
	JOIN sla.event e ON e.ticket_id = x.case_id / 1000 AND e.event_no = x.no
	LEFT JOIN sla.event i ON i.ticket_id = e.ticket_id AND i.event_no = e.implied_by;
	CREATE INDEX ON moment (case_id, no);
	CREATE INDEX ON moment (policy, version, event);
	ANALYZE moment;
	CREATE TEMP TABLE ruling (LIKE oracle.ruling) ON COMMIT DROP;
	FOR v IN
		SELECT r.policy, r.version, r.event, format('INSERT INTO pg_temp.ruling SELECT m.case_id / 1000, m.no, m.cycle, m.event, y.rule, m.t, m.occurred_at, y.met, m.actor, m.owner, m.department
			FROM (SELECT s.case_id, s.no, s.ord, s.event, s.t, s.occurred_at, s.actor, s.past, s.actor AS event_actor, s.note AS event_note, s.details AS event_details, s.implied_by AS event_implied_by, r.*
				FROM pg_temp.moment s, jsonb_populate_record(NULL::sla.ticket, s.state) r WHERE s.policy = %L AND s.version = %s AND s.event = %L) m,
				LATERAL (VALUES %s) y(rule, applies, met) WHERE y.applies',
			r.policy, r.version, r.event, string_agg(format('(%L, (%s) IS TRUE, (%s) IS TRUE AND coalesce(m.past, ''{}'') @> %L::text[] AND (%L::text[] = ''{}'' OR oracle.has_role(m.actor, %L, m.owner, m.assignee, m.department)))',
				r.rule, coalesce(r.applies_when, 'true'), coalesce(r.requires, 'true'), r.requires_events, r.actor_roles, r.actor_roles), ', ')) AS query
		FROM sla.event_rule r JOIN sla.policy p USING (policy, version) WHERE p.status <> 'draft' GROUP BY r.policy, r.version, r.event
	LOOP
		EXECUTE v.query;
	END LOOP;
	-- Events that call for a penalty, whatever the clocks say (K-1, K-2).
	FOR v IN
		SELECT format('INSERT INTO oracle.called SELECT m.case_id / 1000, %L, %L, m.party, m.no, m.t FROM (
				SELECT s.case_id, s.no, s.t, s.actor AS event_actor, s.note AS event_note, s.details AS event_details, s.implied_by AS event_implied_by,
					CASE %L WHEN ''against_employee'' THEN r.against_employee WHEN ''carrier'' THEN r.carrier END AS party, r.*
				FROM pg_temp.moment s, jsonb_populate_record(NULL::sla.ticket, s.state) r WHERE s.policy = %L AND s.version = %s AND s.event = %L) m
			WHERE m.party IS NOT NULL AND (%s) IS TRUE', r.ladder, r.step, r.subject, r.policy, r.version, r.event, coalesce(r.condition, 'true')) AS query
		FROM sla.penalty_rule r JOIN sla.policy p USING (policy, version) WHERE p.status <> 'draft' AND r.trigger = 'event'
	LOOP
		EXECUTE v.query;
	END LOOP;
	-- Closing what was not resolved is out of order, whatever the regulation.
	INSERT INTO ruling
	SELECT m.case_id / 1000, m.no, m.cycle, m.event, 'closed_without_resolution', m.t, m.occurred_at, coalesce('resolved' = ANY (m.past), false), m.actor, m.state ->> 'owner', m.state ->> 'department'
	FROM moment m JOIN sla.policy p USING (policy, version) WHERE m.event = 'closed' AND p.order_check = 'warn';
	ANALYZE ruling;
	INSERT INTO oracle.ruling SELECT * FROM ruling;
	-- What an event brings along: by a rule what the cycle has not had yet, and what a column means that it sets.
	INSERT INTO oracle.implied
	SELECT DISTINCT r.ticket_id, i.event, r.event_no FROM ruling r JOIN moment m ON m.case_id = r.ticket_id * 1000 + 999 AND m.no = r.event_no
	JOIN sla.event_rule u ON (u.policy, u.version, u.rule) = (m.policy, m.version, r.rule) CROSS JOIN LATERAL unnest(u.implies) i(event)
	WHERE (i.event = 'reopened' OR NOT i.event = ANY (coalesce(m.past, '{}')))
	UNION
	SELECT m.case_id / 1000, x.event, m.no FROM moment m
	CROSS JOIN LATERAL (VALUES ('department', 'assigned'), ('assignee', 'assigned'), ('owner', 'owner_changed'), ('promised_at', 'promised'), ('appointment_at', 'appointment_set'), ('agreed_reply_at', 'reply_agreed'))
		x(name, event)
	WHERE m.details -> 'set' ->> x.name IS NOT NULL AND m.event <> x.event AND m.before ->> x.name IS DISTINCT FROM m.details -> 'set' ->> x.name
		AND CASE WHEN x.name LIKE '%_at' THEN (m.before ->> x.name)::timestamptz IS DISTINCT FROM (m.details -> 'set' ->> x.name)::timestamptz ELSE true END;

	INSERT INTO oracle.history SELECT case_id / 1000, t, ord, owner, assignee, department FROM state JOIN c USING (case_id) WHERE c.is_final;
	INSERT INTO oracle.gap
	SELECT l.case_id / 1000, t.target, l.cycle, gone.t, back.t FROM seen s JOIN line l USING (line) JOIN oracle.target t USING (tid) JOIN c ON c.case_id = l.case_id
	JOIN ev gone ON gone.case_id = l.case_id AND gone.ord = s.shut_before JOIN ev back ON back.case_id = l.case_id AND back.ord = s.opens
	WHERE c.is_final AND s.i > 1;
	INSERT INTO oracle.interrupted
	SELECT l.case_id / 1000, t.target, l.cycle FROM line l JOIN oracle.target t USING (tid) JOIN c USING (case_id)
	WHERE c.is_final AND (EXISTS (SELECT FROM seen s WHERE s.line = l.line AND s.i > 1) OR t.pausable AND EXISTS (SELECT FROM wait w WHERE w.case_id = l.case_id))
	UNION
	SELECT s.case_id / 1000, t.target, s.cycle FROM segment s JOIN oracle.target t USING (tid) JOIN c USING (case_id)
	WHERE c.is_final AND s.value IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) > 1;

	INSERT INTO oracle.ticket
	SELECT x.case_id / 1000,
		CASE WHEN closing.event = 'withdrawn' THEN 'withdrawn' WHEN closing.event IS NOT NULL THEN 'closed' WHEN resolving.t IS NOT NULL THEN 'resolved'
			WHEN EXISTS (SELECT FROM wait w WHERE w.case_id = x.case_id AND w.r_ord IS NULL) THEN 'waiting' ELSE 'open' END,
		x.cycle, (s.state ->> 'last_score')::integer, resolving.t, closing.t, archiving.t, s.state
	FROM (SELECT case_id, max(cycle) AS cycle FROM ev JOIN c USING (case_id) WHERE c.is_final GROUP BY case_id) x
	LEFT JOIN LATERAL (SELECT event, t FROM ev e WHERE e.case_id = x.case_id AND e.cycle = x.cycle AND event IN ('closed', 'closed_no_rating', 'withdrawn') ORDER BY ord LIMIT 1) closing ON true
	LEFT JOIN LATERAL (SELECT t FROM ev e WHERE e.case_id = x.case_id AND e.cycle = x.cycle AND event = 'resolved' ORDER BY ord LIMIT 1) resolving ON true
	LEFT JOIN LATERAL (SELECT t FROM ev e WHERE e.case_id = x.case_id AND e.cycle = x.cycle AND event = 'archived' ORDER BY ord LIMIT 1) archiving ON true
	JOIN LATERAL (SELECT state FROM state s WHERE s.case_id = x.case_id ORDER BY s.ord DESC LIMIT 1) s ON true;
END
$$;
