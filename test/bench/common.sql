--
-- common.sql
--		What all measurements share: candidates that take turns, and the table of results.
--
-- Cost is the backend's own CPU time where the system tells it (Linux, for superusers),
-- else time by the clock.  Candidates of a subject run in every round, forward and then
-- backward; a ratio is the median of the ratios within each round, so that a busy or a
-- slow machine changes both sides alike.
--
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;

CREATE TABLE bench.result (
	no int GENERATED ALWAYS AS IDENTITY,
	subject text, measure text, value numeric, unit text, target text, met boolean
);
CREATE TABLE bench.candidate (subject text, n int, name text, prepare text, work text, units float);
CREATE TABLE bench.timing (subject text, n int, round int, ns float, wal numeric);

-- The CPU time is brought up to date when the process is put to sleep.
CREATE FUNCTION bench.nanoseconds() RETURNS float LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_sleep(0.0001);
	RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);
EXCEPTION WHEN OTHERS THEN
	RETURN extract(epoch FROM clock_timestamp()) * 1e9;
END
$$;

-- Runs all candidates of a subject; what "prepare" does is not measured.
CREATE PROCEDURE bench.race(subject text, rounds int, warm boolean DEFAULT true) LANGUAGE plpgsql AS $$
DECLARE
	run bench.candidate;
	began float;
	spent float;
	wal_began pg_lsn;
	wal numeric;
BEGIN
	FOR round IN CASE WHEN warm THEN 0 ELSE 1 END .. rounds LOOP
		FOR run IN SELECT * FROM bench.candidate c WHERE c.subject = race.subject
			ORDER BY c.n * (1 - 2 * (round % 2)) LOOP
			IF run.prepare <> '' THEN
				EXECUTE run.prepare;
			END IF;
			COMMIT;
			wal_began := pg_current_wal_insert_lsn();
			began := bench.nanoseconds();
			EXECUTE run.work;
			spent := bench.nanoseconds() - began;
			wal := pg_current_wal_insert_lsn() - wal_began;
			COMMIT;
			IF round > 0 THEN
				INSERT INTO bench.timing VALUES (race.subject, run.n, round, spent / run.units, wal / run.units);
			END IF;
		END LOOP;
	END LOOP;
END
$$;

-- Nanoseconds per unit: the median over the rounds.
CREATE FUNCTION bench.cost(subject text, n int) RETURNS numeric LANGUAGE sql AS $$
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ns)::numeric FROM bench.timing t
	WHERE t.subject = cost.subject AND t.n = cost.n
$$;

CREATE FUNCTION bench.wal(subject text, n int) RETURNS numeric LANGUAGE sql AS $$
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY wal)::numeric FROM bench.timing t
	WHERE t.subject = wal.subject AND t.n = wal.n
$$;

-- (a - a0) / (b - b0), each within a round; candidate 0 costs nothing.
CREATE FUNCTION bench.ratio(subject text, a int, b int, a0 int DEFAULT 0, b0 int DEFAULT 0)
RETURNS numeric LANGUAGE sql AS $$
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY (x.ns - coalesce(x0.ns, 0)) / (y.ns - coalesce(y0.ns, 0)))::numeric
	FROM bench.timing x
	JOIN bench.timing y ON y.subject = x.subject AND y.n = b AND y.round = x.round
	LEFT JOIN bench.timing x0 ON x0.subject = x.subject AND x0.n = a0 AND x0.round = x.round
	LEFT JOIN bench.timing y0 ON y0.subject = x.subject AND y0.n = b0 AND y0.round = x.round
	WHERE x.subject = ratio.subject AND x.n = a
$$;

-- Writes a result down; limits are inclusive, and without one there is nothing to meet.
CREATE FUNCTION bench.put(subject text, measure text, value numeric, unit text DEFAULT 'x',
	at_most numeric DEFAULT NULL, at_least numeric DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO bench.result (subject, measure, value, unit, target, met)
	VALUES (subject, measure, value, unit, coalesce('<= ' || at_most, '>= ' || at_least),
		CASE WHEN at_most IS NOT NULL THEN value <= at_most WHEN at_least IS NOT NULL THEN value >= at_least END)
$$;

-- A text of as many out of 3,000 hanzi, some more frequent, the same for the same number.
CREATE FUNCTION bench.hanzi(n bigint, length int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(chr(19968 + (3000 * u * u)::int), '' ORDER BY i)
	FROM (SELECT i, (hashint8extended(n, i) & 65535) / 65536.0::float AS u FROM generate_series(1, length) i) c
$$;

-- Empties what tickets leave behind.
CREATE PROCEDURE bench.clean() LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE sla.ticket, sla.event, sla.clock, sla.breach, sla.finding, sla.escalation,
		sla.notification, sla.penalty, sla.sweep_state, sla.sweep_log,
		sla.compliance_rollup, sla.verdict_rollup, sla.rollup_month, sla.rollup_mark;
END
$$;

SELECT sla.load_preset('trading_company') \g /dev/null
INSERT INTO sla.department (department, head) VALUES ('warehouse', 'head') ON CONFLICT DO NOTHING;
INSERT INTO sla.employee (employee, department, supervisor, roles)
VALUES ('head', 'warehouse', NULL, '{dept_head}'), ('boss', NULL, NULL, '{supervisor}')
ON CONFLICT DO NOTHING;
INSERT INTO sla.employee (employee, supervisor, roles)
SELECT 'agent' || i, 'boss', '{agent}' FROM generate_series(0, 49) i
ON CONFLICT DO NOTHING;
