--
-- Working time: calendars and arithmetic.  All in one transaction that is rolled back;
-- statements that fail are undone alone.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_sla_calendar;
GRANT USAGE ON SCHEMA sla TO regress_sla_calendar;

-- Cases of other libraries, through rows and SQL functions like anybody's.
\getenv directory PG_ABS_SRCDIR
\set file :directory '/test/data/business_time.sql'
\set ECHO none
\i :file
\set ECHO all
INSERT INTO sla.calendar (calendar, time_zone)
SELECT 'case ' || id, time_zone FROM business_calendar;

INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'case ' || id, split_part(period, ' ', 1)::smallint, split_part(period, ' ', 2)::time,
	split_part(period, ' ', 3)::time
FROM business_calendar, string_to_table(hours, ',') period;

INSERT INTO sla.calendar_day (calendar, day, opens, closes)
SELECT 'case ' || id, split_part(date, ' ', 1)::date, nullif(split_part(date, ' ', 2), '')::time,
	nullif(split_part(date, ' ', 3), '')::time
FROM business_calendar, string_to_table(dates, ',') date;

-- Where the source moves a deadline to the next opening, ours stays on the close (T-4).  One
-- library gives zero for reversed arguments, where ours is negative.
CREATE TEMP TABLE result AS
SELECT id, op, expected, opens_next, closes, name,
	CASE WHEN op = 'add' THEN
		sla.add_business_time(start_at, operand::numeric * interval '1 second', name) END AS added,
	CASE WHEN op = 'between' THEN sla.business_time_between(start_at, operand::timestamptz, name)
		* (operand::timestamptz >= start_at)::int END AS measured
FROM business_case, concat('case ', calendar) name;

SELECT count(*) AS cases, count(added) AS additions, count(measured) AS measurements,
	count(opens_next) AS next_openings, count(closes) AS closes
FROM result;

SELECT id, op, expected, added, measured, closes, opens_next
FROM result
WHERE CASE
	WHEN op = 'between' THEN measured IS DISTINCT FROM expected::numeric * interval '1 second'
	WHEN closes IS NOT NULL THEN added IS DISTINCT FROM closes
		OR sla.next_open(added, name) IS DISTINCT FROM expected::timestamptz
	ELSE added IS DISTINCT FROM expected::timestamptz
		OR opens_next IS DISTINCT FROM sla.next_open(added, name) AND opens_next IS NOT NULL
	END;

DELETE FROM sla.calendar WHERE calendar LIKE 'case %';

-- The preset calendars; loading again changes nothing, and keeps what the company changed.
SELECT sla.load_calendar('cn_workday'), sla.load_calendar('cn_office');
UPDATE sla.calendar_day SET name = 'ours' WHERE calendar = 'cn_workday' AND day = '2025-10-01';
SELECT sla.load_calendar('cn_workday'), sla.load_calendar('cn_office');
SELECT day, opens, closes, name FROM sla.calendar_day
WHERE calendar = 'cn_workday' AND day BETWEEN '2025-09-20' AND '2025-10-03' ORDER BY day;
SELECT calendar, time_zone, known_until, description_zh FROM sla.calendar
WHERE calendar IN ('24x7', 'cn_workday', 'cn_office') ORDER BY calendar;
SELECT extract(year FROM day) AS year, count(*) FILTER (WHERE opens IS NULL) AS holidays,
	count(*) FILTER (WHERE opens IS NOT NULL) AS make_up_days
FROM sla.calendar_day WHERE calendar = 'cn_workday' GROUP BY 1 ORDER BY 1;
SELECT sla.load_calendar('cn');

-- Working days: the start's date is never counted, whatever it is.
INSERT INTO sla.calendar VALUES ('office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours
SELECT 'office', day, '09:00', '18:00' FROM generate_series(1, 5) day;
INSERT INTO sla.calendar_day
SELECT 'office', day, CASE WHEN opens IS NOT NULL THEN time '09:00' END,
	CASE WHEN opens IS NOT NULL THEN time '18:00' END
FROM sla.calendar_day WHERE calendar = 'cn_workday';
SELECT start_at, duration, calendar, sla.add_business_time(start_at, duration, calendar) AS due_at
FROM (VALUES
	(1, timestamptz '2025-10-03 16:00', interval '3 days', 'cn_workday'),
	(2, '2025-09-28 10:00', '1 day', 'cn_workday'),
	(3, '2025-09-28 10:00', '3 days', 'cn_workday'),
	(4, '2025-09-30 07:00', '1 day', 'office'),
	(5, '2025-09-30 12:00', '1 day', 'office'),
	(6, '2025-09-30 20:00', '1 day', 'office'),
	(7, '2025-10-10 00:00', '1 day', 'cn_workday'),
	(8, '2025-09-29 10:00', '1 day 2 hours', 'office'),
	(9, '2025-10-03 16:00', '24:00:00', '24x7'),
	(10, '2025-10-03 16:00', '1 day', '24x7'),
	(11, '2025-09-20 00:15', '3 days', 'cn_workday'),
	(12, '2025-10-09 10:00', '-1 day', 'office'),
	(13, '2025-10-09 10:00', '-1 day -2 hours', 'office'),
	(14, '2025-10-09 10:00', '1 day -2 hours', 'office'),
	(15, '2025-10-09 10:00', '-2 days', '24x7')) vector (n, start_at, duration, calendar)
ORDER BY n;

-- Half of the open time of a target of working days.
SELECT sla.business_time_between('2025-09-29 10:00', '2025-10-11', 'cn_workday') AS open_time,
	sla.add_business_time('2025-09-29 10:00',
		sla.business_time_between('2025-09-29 10:00', '2025-10-11', 'cn_workday') / 2,
		'cn_workday') AS half;

-- A deadline on closing time stays there; zero means the first open instant; microseconds count.
SELECT sla.add_business_time('2025-09-29 09:00', '9 hours', 'office') AS on_closing_time,
	sla.add_business_time('2025-09-29 09:00', '09:00:00.000001', 'office') AS a_moment_later,
	sla.add_business_time('2025-09-29 18:00', '0', 'office') AS zero,
	sla.add_business_time('2025-09-30 09:00', '-9 hours', 'office') AS on_opening_time;
SELECT sla.is_open('2025-09-29 09:00', 'office') AS opening,
	sla.is_open('2025-09-29 17:59:59.999999', 'office') AS last_moment,
	sla.is_open('2025-09-29 18:00', 'office') AS closing,
	sla.next_open('2025-09-30 18:00', 'office'),
	sla.business_time_between('2025-10-09 10:00', '2025-09-30 17:00', 'office') AS reversed;
SELECT * FROM sla.open_periods('2025-09-26 12:00', '2025-10-10 10:00', 'cn_office');
SELECT * FROM sla.open_periods('2025-09-26 12:00', '2025-10-12 10:00', 'cn_workday');
SELECT * FROM sla.open_periods('2025-09-26 12:00', '2025-10-12 10:00', '24x7');
SELECT count(*), sum(closes_at - opens_at) FROM sla.open_periods('1900-01-01', '2300-01-01', 'office');
SELECT count(*) FROM sla.open_periods('2025-10-12', '2025-10-10', '24x7');

-- An hour that comes twice counts twice, one that is skipped not at all.
INSERT INTO sla.calendar VALUES ('night', 'America/New_York');
INSERT INTO sla.calendar_hours VALUES ('night', 7, '01:30', '02:30');
SET timezone = 'America/New_York';
SELECT * FROM sla.open_periods('2024-11-03', '2024-11-04', 'night');
SELECT * FROM sla.open_periods('2024-03-10', '2024-03-11', 'night');
SELECT sla.business_time_between('2024-11-03', '2024-11-04', 'night') AS twice,
	sla.business_time_between('2024-03-10', '2024-03-11', 'night') AS half;
SET timezone = 'Asia/Shanghai';

-- A date that the zone left out is no working day.
INSERT INTO sla.calendar VALUES ('apia', 'Pacific/Apia');
INSERT INTO sla.calendar_hours SELECT 'apia', day, '00:00', '24:00' FROM generate_series(1, 7) day;
SELECT sla.add_business_time('2011-12-29 12:00 Pacific/Apia', '1 day', 'apia')
	AT TIME ZONE 'Pacific/Apia' AS end_of_next_date;

-- Far away: the weekly rule goes on for ever, and the sums agree.
SELECT sla.add_business_time('9999-10-03 16:00', '1 day 3 hours', 'office') AS far,
	sla.add_business_time('4000-06-01 00:00 BC', '9 hours', 'office') AS long_ago,
	sla.add_business_time('2025-10-09 09:00',
		sla.business_time_between('2025-10-09 09:00', '200000-01-03 10:00', 'office'), 'office')
		AS there;

-- Calendars come from the cache: one load each, and a new one after a change.
SELECT sla._cache_loads('calendar') AS loads \gset
SELECT count(sla.is_open(at, calendar))
FROM generate_series(timestamptz '2020-01-01', '2026-01-01', '10 days') at,
	unnest(ARRAY['office', 'cn_office', '24x7']) calendar;
SELECT sla._cache_loads('calendar') - :loads AS loads;
INSERT INTO sla.calendar_day VALUES ('office', '2025-12-24', '09:00', '12:00', 'half a day');
SELECT sla.add_business_time('2025-12-24 09:00', '4 hours', 'office');
SELECT sla._cache_loads('calendar') - :loads AS loads;
SAVEPOINT before;
DELETE FROM sla.calendar_day WHERE calendar = 'office' AND day = '2025-12-24';
SELECT sla.add_business_time('2025-12-24 09:00', '4 hours', 'office');
ROLLBACK TO before;
SELECT sla.add_business_time('2025-12-24 09:00', '4 hours', 'office');
UPDATE sla.calendar SET calendar = 'bureau', time_zone = 'UTC' WHERE calendar = 'office';
SELECT sla.add_business_time('2025-12-24 17:00', '4 hours', 'bureau');
SELECT sla.is_open('2025-12-24 17:00', 'office');
-- 24x7 has the zone of its row, Asia/Shanghai without one
UPDATE sla.calendar SET time_zone = 'UTC' WHERE calendar = '24x7';
SELECT sla.add_business_time('2025-12-24 17:00', '1 day', '24x7');
DELETE FROM sla.calendar WHERE calendar = '24x7';
SELECT sla.add_business_time('2025-12-24 17:00', '1 day', '24x7');

-- An unprivileged role needs nothing but the schema.
SET ROLE regress_sla_calendar;
SELECT sla.add_business_time('2025-09-29 17:00', '2 hours', 'cn_office');
SELECT count(*) FROM sla.calendar;
RESET ROLE;

-- What is refused, when it is defined.
INSERT INTO sla.calendar VALUES ('24x7', 'UTC');
INSERT INTO sla.calendar_hours VALUES ('24x7', 1, '09:00', '18:00');
INSERT INTO sla.calendar VALUES ('bad', 'Asia/Shanghia');
INSERT INTO sla.calendar VALUES ('bad', 'Asia/Shanghai8');
UPDATE sla.calendar SET time_zone = 'CST' WHERE calendar = 'bureau';
INSERT INTO sla.calendar VALUES ('good', 'Etc/GMT+8');
INSERT INTO sla.calendar VALUES ('', 'UTC');
INSERT INTO sla.calendar_hours VALUES ('bureau', 6, '09:00', '12:00'), ('bureau', 6, '11:00', '13:00');
INSERT INTO sla.calendar_hours VALUES ('bureau', 1, '18:00', '19:00'), ('bureau', 1, '08:00', '09:00');
UPDATE sla.calendar_hours SET opens = '17:00' WHERE calendar = 'bureau' AND opens = '18:00';
COPY sla.calendar_hours FROM stdin;
bureau	7	09:00	24:00
bureau	7	23:00	23:30
\.
INSERT INTO sla.calendar_hours VALUES ('bureau', 7, '18:00', '09:00');
INSERT INTO sla.calendar_hours VALUES ('bureau', 8, '09:00', '18:00');
INSERT INTO sla.calendar_hours VALUES ('nobody', 1, '09:00', '18:00');
INSERT INTO sla.calendar_day VALUES ('bureau', '2025-12-24', '11:00', '13:00');
INSERT INTO sla.calendar_day VALUES ('bureau', '2025-12-24');
INSERT INTO sla.calendar_day VALUES ('bureau', '2025-12-25'), ('bureau', '2025-12-25');
INSERT INTO sla.calendar_day VALUES ('bureau', '2025-12-25', '09:00', NULL);
INSERT INTO sla.calendar_day VALUES ('bureau', 'infinity');

-- What is refused, when it is used.
SELECT sla.add_business_time('2025-12-24', '1 hour', 'nobody');
SELECT sla.add_business_time('2025-12-24', '1 hour', repeat('bureau', 20)) IS NULL;
SELECT sla.add_business_time('2025-12-24', '1 month', 'bureau');
SELECT sla.add_business_time('2025-12-24', '1 year -12 months 1 hour', 'bureau');
SELECT sla.add_business_time('infinity', '1 hour', 'bureau');
SELECT sla.add_business_time('-infinity', '1 hour', '24x7');
SELECT sla.business_time_between('2025-12-24', 'infinity', 'bureau');
SELECT sla.is_open('infinity', 'bureau');
SELECT sla.next_open('-infinity', 'bureau');
SELECT * FROM sla.open_periods('2025-12-24', 'infinity', '24x7');
SELECT count(*) FROM sla.open_periods('4000-01-01 BC', '200000-01-01', 'cn_office');
SELECT sla.add_business_time('294276-12-30', '900 days', 'bureau');
SELECT sla.add_business_time('2025-12-24', '2147483647 days', 'bureau');
SELECT sla.add_business_time('294276-12-30', '48:00', '24x7');
INSERT INTO sla.calendar VALUES ('closed', 'UTC'), ('once', 'UTC');
INSERT INTO sla.calendar_day VALUES ('once', '2025-12-24', '09:00', '12:00');
SELECT sla.add_business_time('2025-12-24', '1 hour', 'closed');
SELECT sla.next_open('2025-12-24', 'closed');
SELECT sla.business_time_between('2025-12-24', '2026-12-24', 'closed'), sla.is_open('2025-12-24', 'closed');
SELECT sla.add_business_time('2016-12-24', '3 hours', 'once');
SELECT sla.add_business_time('2015-12-24', '3 hours', 'once');
SELECT sla.add_business_time('2025-12-24', '3 hours 1 second', 'once');
SELECT sla.add_business_time('2025-12-24', '2 days', 'once');
SELECT sla.add_business_time(NULL, '1 hour', 'bureau') IS NULL AS no_start,
	sla.add_business_time('2025-12-24', NULL, 'bureau') IS NULL AS no_duration,
	sla.business_time_between('2025-12-24', '2025-12-25', NULL) IS NULL AS no_calendar;

-- A calendar whose creation is undone is forgotten.
ROLLBACK;
SELECT sla.is_open('2025-12-24 17:00', 'bureau');
