--
-- plan.sql
--		What happens in the year, before anybody has recorded it: who writes when, what is done and how long it takes,
--		what is forgotten, told late, told twice, handed over.  All of it follows from the number of the ticket.
--

-- There are busy and quiet days, and in a day busy and quiet hours.
CREATE TABLE year.hour AS
WITH weight AS (
	SELECT h AS begins,
		CASE WHEN d.opens IS NOT NULL THEN 1.0 WHEN d.day IS NOT NULL THEN 0.35
			WHEN extract(isodow FROM local) = 6 THEN 0.7 WHEN extract(isodow FROM local) = 7 THEN 0.55 ELSE 1.0 END
		* (ARRAY[1, 0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 2, 5, 9, 10, 9, 6, 6, 8, 9, 8, 7, 5, 5, 6, 6, 4, 2])[1 + extract(hour FROM local)::integer]
		-- The eleventh of November sells.
		* CASE WHEN local::date BETWEEN '2025-11-11' AND '2025-11-13' THEN 2.5 ELSE 1 END AS weight
	FROM year.setting s, generate_series(s.begins, s.ends - interval '1 hour', '1 hour') h
	CROSS JOIN LATERAL (SELECT h AT TIME ZONE 'Asia/Shanghai' AS local) l
	LEFT JOIN (SELECT DISTINCT ON (day) day, opens FROM sla.calendar_day WHERE calendar = 'cn_workday') d ON d.day = local::date
)
SELECT row_number() OVER (ORDER BY begins) AS no, begins, (sum(weight) OVER (ORDER BY begins) - weight) / sum(weight) OVER () AS low,
	sum(weight) OVER (ORDER BY begins) / sum(weight) OVER () AS high
FROM weight;

ALTER TABLE year.hour ALTER low TYPE float, ALTER high TYPE float;

CREATE TABLE year.arrival AS
SELECT n, k.regime, k.path, k.facts,
	date_trunc('second', h.begins + interval '1 hour' * (t.u - h.low) / (h.high - h.low)) AS received_at,
	year.pick(n, 'department', 'tech', 'logistics', 'warehouse', 'quality') AS department
FROM (SELECT n, (year.u(n, 'minute') + row_number() OVER (ORDER BY year.u(n, 'time')) - 1) / s.tickets AS u, year.u(n, 'kind') AS kind
	FROM year.setting s, generate_series(1, s.tickets) n) t
JOIN year.hour h ON h.no = width_bucket(t.u, (SELECT array_agg(x.low ORDER BY x.no) FROM year.hour x))
-- Only regimes that are there.
JOIN (SELECT *, (sum(share) OVER w - share) / sum(share) OVER () AS low, sum(share) OVER w / sum(share) OVER () AS high
	FROM year.kind WHERE regime IN (SELECT policy FROM sla.policy) WINDOW w AS (ORDER BY regime, path, facts)) k ON t.kind >= k.low AND t.kind < k.high;

-- What a ticket says when it is entered, and the names that its steps will need.  Most are entered as they come in, some hours
-- afterwards, and on the fifteenth of every month a branch that was offline for two days sends all of its own at once.
CREATE TABLE year.ticket AS
SELECT a.n, a.regime, a.path, a.received_at,
	CASE WHEN way.bulk THEN date_trunc('month', a.received_at) + interval '14 days 9 hours'
		WHEN u.late < 0.03 THEN a.received_at + date_trunc('second', interval '20 hours' * pow(year.u(n, 'how late'), 3) + interval '1 min')
		WHEN u.late < 0.035 THEN a.received_at + interval '1 day' * (1 + 3 * year.u(n, 'how late'))
		ELSE a.received_at END AS entered_at,
	way.bulk,
	jsonb_strip_nulls(jsonb_build_object('order_ref', 'Y' || a.n,
		'policy', CASE WHEN year.u(n, 'named') < 0.7 OR a.facts ? 'named' THEN a.regime END,
		'received_at', CASE WHEN way.bulk OR u.late < 0.035 THEN a.received_at END,
		'owner', 'agent_' || 1 + floor(60 * year.u(n, 'owner'))::integer,
		'channel', year.pick(n, 'channel', 'hotline', 'email', 'web_chat', 'phone'),
		'customer', 'C' || floor(5000 * year.u(n, 'customer')),
		'customer_tier', year.pick(n, 'tier', 'key', 'normal', 'normal', 'normal'),
		'category', year.pick(n, 'category', 'product_quality', 'service_attitude', 'logistics'),
		'root_cause', CASE WHEN year.u(n, 'known cause') < 0.6 THEN year.pick(n, 'cause', 'design_defect', 'transport', 'operation', 'unknown') END,
		'product', 'P' || floor(40 * year.u(n, 'product')),
		'subject', CASE a.facts ->> 'urgency' WHEN 'urgent' THEN '设备冒烟,请立即处理' WHEN 'important' THEN '产线停产,影响业务' ELSE '货到后发现包装破损' END,
		'department', CASE WHEN u.given < 0.04 THEN a.department END))
	-- Whoever has a unit repaired has it for good, and some units have the same fault again.
	|| CASE WHEN a.facts ? 'unit' THEN jsonb_build_object('asset', 'U' || u.unit, 'customer', 'C' || u.unit, 'product', 'P' || u.unit % 40,
		'fault_code', year.pick(n, 'fault code', 'E1', 'E1', 'E2', 'E3')) ELSE '{}' END
	|| CASE WHEN a.facts ? 'happened' THEN jsonb_build_object('happened_at', a.received_at - (a.facts ->> 'happened')::interval * (0.4 + 1.5 * year.u(n, 'happened'))) ELSE '{}' END
	|| CASE WHEN year.u(n, 'unsaid') < 0.3 AND NOT a.facts ? 'said' THEN a.facts - 'urgency' ELSE a.facts END - '{said,named,happened,unit}'::text[] AS columns,
	jsonb_build_object('department', a.department, 'assignee', a.department || '_' || 1 + floor(8 * year.u(n, 'assignee'))::integer,
		'other', a.department || '_' || 1 + floor(8 * year.u(n, 'other'))::integer,
		'colleague', 'agent_' || 1 + floor(60 * year.u(n, 'colleague'))::integer,
		'elsewhere', year.pick(n, 'elsewhere', 'tech', 'logistics', 'warehouse', 'quality'),
		'owner', 'agent_' || 1 + floor(60 * year.u(n, 'owner'))::integer, 'engineer', 'field_' || 1 + floor(8 * year.u(n, 'engineer'))::integer,
		'outcome', year.pick(n, 'outcome', 'substantiated', 'substantiated', 'not_substantiated'), 'loss', floor(200 + 5000 * year.u(n, 'loss'))::text,
		'fault', year.pick(n, 'fault', 'quarrel', 'solicitation', 'late_personal', 'repeat_personal', 'product'),
		'effect', year.pick(n, 'effect', 'effective', 'effective', 'ineffective'),
		'needs', CASE WHEN a.path IN ('dept', 'desk') OR year.u(n, 'needs') < 0.2 THEN 'true' ELSE 'false' END) AS names
FROM year.arrival a
CROSS JOIN LATERAL (SELECT year.u(n, 'late') AS late, year.u(n, 'given') AS given,
	floor((SELECT tickets FROM year.setting) / 40.0 * year.u(n, 'unit'))::integer AS unit) u
CROSS JOIN LATERAL (SELECT a.received_at >= date_trunc('month', a.received_at) + interval '12 days 9 hours'
	AND a.received_at < date_trunc('month', a.received_at) + interval '14 days 9 hours' AND year.u(n, 'bulk') < 0.1 AS bulk) way;

-- The courses that a ticket takes in a cycle: that of its kind, and what comes on top.
CREATE TABLE year.course (n integer, cycle integer, path text, begins_at timestamptz);
INSERT INTO year.course SELECT n, 1, path, received_at FROM year.ticket;
INSERT INTO year.course
SELECT t.n, 1, e.path, t.received_at FROM year.ticket t
JOIN year.extra e ON t.regime ~ e.regime AND t.path ~ e.of AND year.u(t.n, 'extra ' || e.path) < e.chance;

-- Everything that happens, in truth.
CREATE TABLE year.happening (n integer, cycle integer, path text, step text, at timestamptz, score integer);
CREATE INDEX ON year.happening (n, cycle, path, step);
CREATE UNIQUE INDEX ON year.ticket (n);
ANALYZE year.ticket, year.course, year.step;

-- Adds the steps of one cycle: first those that wait only for its beginning, then those that wait for a step.
CREATE PROCEDURE year.happen(now_cycle integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR level IN 0..20 LOOP
		INSERT INTO year.happening
		SELECT n, cycle, path, step,
			-- Now and then it takes exactly as long as a deadline, and now and then days.
			begins_at + CASE WHEN year.u(n, salt || 'exact') < 0.02 THEN coalesce(exact, typical)
				ELSE date_trunc('second', typical * exp(spread * year.gauss(n, salt)))
					+ CASE WHEN year.u(n, salt || 'lost') < 0.012 THEN date_trunc('second', interval '5 days' * year.u(n, salt || 'how lost')) ELSE interval '0' END END,
			CASE WHEN event IS DISTINCT FROM 'rating' THEN NULL
				WHEN year.u(n, salt || 'score') < 0.06 * (1 + cycle) THEN 1 + floor(2 * year.u(n, salt || 'low'))
				ELSE 3 + floor(3 * year.u(n, salt || 'high')) END
		FROM (
			SELECT c.n, c.cycle, s.path, s.step, CASE WHEN level = 0 THEN c.begins_at ELSE h.at END AS begins_at, s.typical, s.spread, s.exact, s.event, s.chance,
				s.path || s.step || c.cycle || ' ' AS salt
			FROM year.course c
			JOIN year.step s ON s.path = c.path
			LEFT JOIN year.happening h ON h.n = c.n AND h.cycle = c.cycle AND h.path = s.path AND h.step = s.after
			WHERE c.cycle = now_cycle AND s.round = level AND (level = 0 OR h.n IS NOT NULL)) x
		WHERE year.u(n, salt || 'chance') < chance;
		EXIT WHEN NOT FOUND AND level > 0;
		ANALYZE year.happening;
	END LOOP;
END
$$;

-- How many steps come before a step.
ALTER TABLE year.step ADD round integer;
WITH RECURSIVE r AS (
	SELECT path, step, 0 AS round FROM year.step WHERE after IN ('received', 'reopened')
	UNION ALL
	SELECT s.path, s.step, r.round + 1 FROM year.step s JOIN r ON r.path = s.path AND r.step = s.after
)
UPDATE year.step s SET round = r.round FROM r WHERE (r.path, r.step) = (s.path, s.step);

CREATE PROCEDURE year.happen() LANGUAGE plpgsql AS $$
BEGIN
	FOR now_cycle IN 1..7 LOOP
		CALL year.happen(now_cycle);
		-- Who is not satisfied begins another cycle.
		INSERT INTO year.course
		SELECT h.n, h.cycle + 1, a.path, h.at FROM year.happening h
		JOIN year.ticket t USING (n)
		JOIN year.again a ON a.regime = t.regime
		WHERE h.cycle = now_cycle AND h.score <= 2;
		ANALYZE year.course;
	END LOOP;
END
$$;
CALL year.happen();

-- How it gets to the database.  Most is recorded at once.  Some is told later, within a day or at its very end, some too late
-- to count; now and then somebody tells the same thing again, because it was earlier than was said.
CREATE TABLE year.action AS
SELECT row_number() OVER (ORDER BY at, kind, n, salt) AS no, x.*
FROM (
	SELECT t.entered_at AS at, 'enter' AS kind, t.n, NULL AS event, NULL::timestamptz AS happened_at, NULL AS actor, NULL AS note, NULL::jsonb AS details, '' AS salt
	FROM year.ticket t WHERE NOT t.bulk
	UNION ALL
	SELECT DISTINCT t.entered_at, 'bulk', NULL::integer, NULL, NULL::timestamptz, NULL, NULL, NULL::jsonb, '' FROM year.ticket t WHERE t.bulk
	UNION ALL
	SELECT greatest(told.at, t.entered_at + interval '1 second'), told.kind, t.n, s.event,
		CASE WHEN told.at > h.at OR t.entered_at >= h.at OR told.again THEN greatest(h.at - told.earlier, t.received_at + interval '1 second') END,
		CASE WHEN s.actor ~ '^\$' THEN t.names ->> substr(s.actor, 2) ELSE s.actor END, s.note, told.details, told.salt
	FROM year.happening h
	JOIN year.ticket t ON t.n = h.n
	JOIN year.step s ON s.path = h.path AND s.step = h.step
	CROSS JOIN LATERAL (SELECT h.path || h.step || h.cycle || ' ' AS salt) p
	CROSS JOIN LATERAL (SELECT year.u(t.n, p.salt || 'told') AS u, year.u(t.n, p.salt || 'told when') AS v) x
	CROSS JOIN LATERAL (SELECT CASE
		WHEN s.kind = 'update' THEN h.at
		WHEN x.u < 0.05 THEN h.at + date_trunc('second', interval '5 min' + interval '20 hours' * x.v * x.v)
		WHEN x.u < 0.053 THEN h.at + interval '1 day'
		WHEN x.u < 0.056 THEN h.at + interval '1 day 1 second'
		WHEN x.u < 0.062 THEN h.at + interval '25 hours' + date_trunc('second', interval '40 hours' * x.v)
		ELSE h.at END AS told_at) y
	CROSS JOIN LATERAL (
		SELECT y.told_at AS at, CASE WHEN s.event = 'rating' THEN 'rate' ELSE s.kind END AS kind, false AS again, interval '0' AS earlier,
			CASE WHEN s.event = 'rating' THEN jsonb_build_object('score', h.score)
				ELSE year.fill(s.details, t.names, h.at, t.n, p.salt) END AS details, p.salt
		UNION ALL
		SELECT y.told_at + date_trunc('second', interval '10 min' + interval '5 hours' * x.v), 'record', true, date_trunc('second', interval '1 min' + interval '25 min' * x.v),
			'{}'::jsonb, p.salt || 'again'
		WHERE s.kind = 'record' AND s.event NOT IN ('rating', 'waiting_customer', 'waiting_parts', 'waiting_ended', 'closed', 'withdrawn', 'reopened') AND x.v > 0.985) told
	WHERE y.told_at < (SELECT judged_at FROM year.setting)
) x;
CREATE INDEX ON year.action (no);
