--
-- What working-time arithmetic costs, as multiples of built-in arithmetic.
--
--	psql -f test/bench/worktime.sql, on a database where sla.setup() has been run
--
-- A million rows; every candidate in every round, forward and then backward; medians of
-- the rounds, net of the round's scan with a call that does nothing, in the backend's own
-- CPU time where the system tells it (Linux, for superusers), else by the clock.  The
-- PL/pgSQL day loop gets fewer rows, scaled.  Everything is rolled back.
--
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET timezone = 'Asia/Shanghai';
BEGIN;
SELECT sla.load_calendar('cn_office') AS day_rows \gset

CREATE TEMP TABLE moment AS
SELECT n, timestamptz '2021-01-01' + random() * interval '4 years' AS at,
	(random() * 10000)::int AS minutes,
	make_interval(mins => (random() * 10000)::int) AS amount,
	timestamptz '2021-01-01' + random() * interval '4 years' AS until
FROM generate_series(1, 1000000) n;
ANALYZE moment;
CREATE TEMP VIEW few AS SELECT * FROM moment LIMIT 1000;

-- The way it is usually done: walk the days, look each one up.
CREATE FUNCTION pg_temp.day_loop(start_at timestamptz, amount interval) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
	today date := (start_at AT TIME ZONE 'Asia/Shanghai')::date;
	cursor_at timestamptz := start_at;
	left_over interval := amount;
	period record;
BEGIN
	LOOP
		FOR period IN
			SELECT (today + opens) AT TIME ZONE 'Asia/Shanghai' AS opens_at,
				(today + closes) AT TIME ZONE 'Asia/Shanghai' AS closes_at
			FROM (
				SELECT opens, closes FROM sla.calendar_day d
				WHERE d.calendar = 'cn_office' AND d.day = today
				UNION ALL
				SELECT opens, closes FROM sla.calendar_hours h
				WHERE h.calendar = 'cn_office' AND h.weekday = extract(isodow FROM today)
					AND NOT EXISTS (SELECT FROM sla.calendar_day d
						WHERE d.calendar = 'cn_office' AND d.day = today)) rule
			WHERE opens IS NOT NULL
			ORDER BY 1
		LOOP
			cursor_at := greatest(cursor_at, period.opens_at);
			CONTINUE WHEN cursor_at >= period.closes_at;
			IF left_over <= period.closes_at - cursor_at THEN
				RETURN cursor_at + left_over;
			END IF;
			left_over := left_over - (period.closes_at - cursor_at);
		END LOOP;
		today := today + 1;
	END LOOP;
END
$$;

CREATE TEMP TABLE candidate (n int, name text, expression text, source text, scale float);
INSERT INTO candidate VALUES
	(1, 'an empty call', 'isfinite(at)', 'moment', 1),
	(2, 'at + make_interval(mins)', 'at + make_interval(mins => minutes)', 'moment', 1),
	(3, 'add_business_time', 'sla.add_business_time(at, amount, ''cn_office'')', 'moment', 1),
	(4, 'add_business_time, 9 hours', 'sla.add_business_time(at, ''9 hours'', ''cn_office'')',
		'moment', 1),
	(5, 'add_business_time, 9 years', 'sla.add_business_time(at, ''16500 hours'', ''cn_office'')',
		'moment', 1),
	(6, 'add_business_time, 3 days', 'sla.add_business_time(at, ''3 days'', ''cn_office'')',
		'moment', 1),
	(7, 'until - at', 'until - at', 'moment', 1),
	(8, 'business_time_between', 'sla.business_time_between(at, until, ''cn_office'')',
		'moment', 1),
	(9, 'business_time_between, 9 hours',
		'sla.business_time_between(at, timestamptz_pl_interval(at, ''9 hours''), ''cn_office'')',
		'moment', 1),
	(10, 'business_time_between, 9 years',
		'sla.business_time_between(at, timestamptz_pl_interval(at, ''78894 hours''), ''cn_office'')',
		'moment', 1),
	(11, 'PL/pgSQL day loop', 'pg_temp.day_loop(at, amount)', 'few', 1000);
CREATE TEMP TABLE timing (round int, n int, ns float);

-- The loop agrees, and every window is compiled, before anything is timed.
SELECT count(*) AS disagreements FROM few
WHERE pg_temp.day_loop(at, amount) IS DISTINCT FROM sla.add_business_time(at, amount, 'cn_office')
	AND amount > '0';

CREATE FUNCTION pg_temp.nanoseconds() RETURNS float LANGUAGE plpgsql AS $$
BEGIN
	RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);
EXCEPTION WHEN OTHERS THEN
	RETURN extract(epoch FROM clock_timestamp()) * 1e9;
END
$$;

DO $$
DECLARE
	run record;
	began float;
	ignored bigint;
BEGIN
	FOR round IN 0 .. 7 LOOP
		FOR run IN SELECT * FROM candidate ORDER BY n * (1 - 2 * (round % 2)) LOOP
			began := pg_temp.nanoseconds();
			EXECUTE format('SELECT count(%s) FROM %s', run.expression, run.source) INTO ignored;
			IF round > 0 THEN
				INSERT INTO timing
				VALUES (round, run.n, (pg_temp.nanoseconds() - began) / 1e6 * run.scale);
			END IF;
		END LOOP;
	END LOOP;
END
$$;

CREATE TEMP VIEW net AS
SELECT round, n, name, t.ns - CASE WHEN source = 'moment' THEN empty.ns ELSE 0 END AS ns
FROM candidate JOIN timing t USING (n)
JOIN (SELECT round, ns FROM timing WHERE n = 1) empty USING (round)
WHERE n > 1;

\echo 'Nanoseconds per call, net of the scan and an empty call'
SELECT name, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY ns))::numeric, 1) AS median,
	round(min(ns)::numeric, 1) AS least
FROM net GROUP BY n, name ORDER BY n;

\echo 'Ratios within a round'
SELECT format('%s / %s', a.name, b.name) AS ratio,
	round((percentile_cont(0.5) WITHIN GROUP (ORDER BY a.ns / b.ns))::numeric, 2) AS median, target
FROM (VALUES (3, 2, '<= 1.5'), (8, 7, '<= 0.75'), (5, 4, '<= 1.2'), (10, 9, '<= 1.2'),
	(11, 3, '>= 1500')) pair (x, y, target)
JOIN net a ON a.n = x JOIN net b ON b.n = y AND b.round = a.round
GROUP BY a.name, b.name, x, target ORDER BY x;
ROLLBACK;
