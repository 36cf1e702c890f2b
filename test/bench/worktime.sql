--
-- worktime.sql
--		Working-time arithmetic, as multiples of built-in arithmetic.
--
-- All net of the scan with a call that does nothing.  The PL/pgSQL day loop, the way it
-- is usually done, gets a thousandth of the rows.
--
SET timezone = 'Asia/Shanghai';
SELECT sla.load_calendar('cn_office') \g /dev/null

CREATE TABLE bench.moment AS
SELECT n, timestamptz '2021-01-01' + random() * interval '4 years' AS at,
	(random() * 10000)::int AS minutes,
	make_interval(mins => (random() * 10000)::int) AS amount,
	timestamptz '2021-01-01' + random() * interval '4 years' AS until
FROM generate_series(1, :calls) n;
CREATE TABLE bench.few AS SELECT * FROM bench.moment WHERE n <= :calls / 1000;
VACUUM ANALYZE bench.moment, bench.few;

CREATE FUNCTION bench.day_loop(start_at timestamptz, amount interval) RETURNS timestamptz
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

-- The loop must agree.
SELECT count(*) FILTER (WHERE bench.day_loop(at, amount) <> sla.add_business_time(at, amount, 'cn_office')) = 0
	AS agrees FROM bench.few WHERE amount > '0' \gset
\if :agrees
\else
	\warn 'worktime.sql: the day loop disagrees'
\endif

INSERT INTO bench.candidate
SELECT 'worktime', n, name, '', format('SELECT count(%s) FROM bench.moment', expression), :calls
FROM (VALUES (1, 'an empty call', 'isfinite(at)'),
	(2, 'ts + make_interval(mins)', 'at + make_interval(mins => minutes)'),
	(3, 'add', 'sla.add_business_time(at, amount, ''cn_office'')'),
	(4, 'add, 9 hours', 'sla.add_business_time(at, ''9 hours'', ''cn_office'')'),
	(5, 'add, 9 years', 'sla.add_business_time(at, ''16500 hours'', ''cn_office'')'),
	(6, 'ts2 - ts1', 'until - at'),
	(7, 'between', 'sla.business_time_between(at, until, ''cn_office'')'),
	(8, 'between, 9 hours',
		'sla.business_time_between(at, timestamptz_pl_interval(at, ''9 hours''), ''cn_office'')'),
	(9, 'between, 9 years',
		'sla.business_time_between(at, timestamptz_pl_interval(at, ''78894 hours''), ''cn_office'')'))
	c (n, name, expression);
INSERT INTO bench.candidate VALUES ('worktime', 10, 'PL/pgSQL day loop', '',
	'SELECT count(bench.day_loop(at, amount)) FROM bench.few', (SELECT count(*) FROM bench.few));
CALL bench.race('worktime', 2 * :rounds + 1);

SELECT bench.put('1 working time', 'add_business_time / (ts + make_interval)',
		bench.ratio('worktime', 3, 2, 1, 1), at_most => 1.5),
	bench.put('1 working time', 'business_time_between / (ts2 - ts1)',
		bench.ratio('worktime', 7, 6, 1, 1), at_most => 0.75),
	bench.put('1 working time', 'add, 9 years / 9 hours', bench.ratio('worktime', 5, 4, 1, 1), at_most => 1.2),
	bench.put('1 working time', 'between, 9 years / 9 hours',
		bench.ratio('worktime', 9, 8, 1, 1), at_most => 1.2),
	bench.put('1 working time', 'PL/pgSQL day loop / add', bench.ratio('worktime', 10, 3, 0, 1), at_least => 1500),
	bench.put('1 working time', 'add, per call', bench.cost('worktime', 3) - bench.cost('worktime', 1), 'ns'),
	bench.put('1 working time', 'between, per call', bench.cost('worktime', 7) - bench.cost('worktime', 1), 'ns')
	\g /dev/null
