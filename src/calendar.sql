-- Working time: calendars and arithmetic (rules T-1 to T-7).

CREATE FUNCTION sla.add_business_time(start_at timestamptz, duration interval, calendar text)
RETURNS timestamptz
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
AS 'MODULE_PATHNAME', 'sla_add_business_time';

COMMENT ON FUNCTION sla.add_business_time(timestamptz, interval, text) IS
'The deadline: start_at plus a duration in a calendar''s open time. The days of the duration are working days: the start''s local date is not counted, whatever it is, and the result is the close of the last open period of the n-th working day (on 24x7: local midnight after it); then its time part is added as open time, exact to the microsecond. A deadline exactly on closing time stays there. Zero gives the first open instant at or after start_at; a negative duration goes backwards. Errors: 42704 unknown calendar; 22023 months in the duration, or no open time within ten years; 22008 infinite or out of range.';

CREATE FUNCTION sla.business_time_between(from_at timestamptz, to_at timestamptz, calendar text)
RETURNS interval
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
AS 'MODULE_PATHNAME', 'sla_business_time_between';

COMMENT ON FUNCTION sla.business_time_between(timestamptz, timestamptz, text) IS
'The open time of a calendar in [from_at, to_at), exact to the microsecond and always as hours, minutes and seconds, never as days; negative when to_at is before from_at. Errors: 42704 unknown calendar; 22008 infinite or out of range.';

CREATE FUNCTION sla.is_open(at timestamptz, calendar text)
RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
AS 'MODULE_PATHNAME', 'sla_is_open';

COMMENT ON FUNCTION sla.is_open(timestamptz, text) IS
'Whether an instant is open: its wall clock in the calendar''s time zone lies in one of the half-open periods of its local date. Errors: 42704 unknown calendar; 22008 infinite.';

CREATE FUNCTION sla.next_open(at timestamptz, calendar text)
RETURNS timestamptz
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
AS 'MODULE_PATHNAME', 'sla_next_open';

COMMENT ON FUNCTION sla.next_open(timestamptz, text) IS
'The first open instant at or after an instant. Errors: 42704 unknown calendar; 22023 no open time within ten years; 22008 infinite.';

CREATE FUNCTION sla.open_periods(from_at timestamptz, to_at timestamptz, calendar text)
RETURNS TABLE (opens_at timestamptz, closes_at timestamptz)
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10 ROWS 100
AS 'MODULE_PATHNAME', 'sla_open_periods';

COMMENT ON FUNCTION sla.open_periods(timestamptz, timestamptz, text) IS
'The open periods [opens_at, closes_at) between two instants, in order, cut off at both; periods that adjoin, such as those before and after midnight, are one. Errors: 42704 unknown calendar; 22008 infinite; 54000 more than a million periods.';

CREATE FUNCTION sla.check_time_zone()
RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'sla_check_time_zone';

COMMENT ON FUNCTION sla.check_time_zone() IS
'Trigger of sla.calendar: refuses a time zone that is not a name of the IANA database (22023).';

CREATE FUNCTION sla.check_periods()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rival record;
BEGIN
	IF new.calendar = '24x7' THEN
		RAISE EXCEPTION 'calendar "24x7" is always open'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give a calendar with hours of its own another name.';
	END IF;

	-- Two sessions must not add overlapping periods without seeing each other.
	PERFORM FROM sla.calendar c WHERE c.calendar = new.calendar FOR NO KEY UPDATE;

	IF tg_table_name = 'calendar_hours' THEN
		SELECT a.opens, a.closes, b.opens AS other_opens, b.closes AS other_closes,
			format('weekday %s', new.weekday) AS day
		INTO rival
		FROM sla.calendar_hours a
		JOIN sla.calendar_hours b USING (calendar, weekday)
		WHERE a.calendar = new.calendar AND a.weekday = new.weekday
			AND a.opens < b.opens AND a.closes > b.opens
		LIMIT 1;
	ELSE
		SELECT a.opens, a.closes, b.opens AS other_opens, b.closes AS other_closes,
			new.day::text AS day
		INTO rival
		FROM sla.calendar_day a
		JOIN sla.calendar_day b USING (calendar, day)
		WHERE a.calendar = new.calendar AND a.day = new.day
			AND (a.opens < b.opens AND a.closes > b.opens
				OR a.opens IS NULL AND b.opens IS NOT NULL)
		LIMIT 1;
	END IF;

	IF FOUND AND rival.opens IS NULL THEN
		RAISE EXCEPTION 'calendar "%" is both closed and open on %', new.calendar, rival.day
			USING ERRCODE = 'exclusion_violation',
				HINT = 'Delete the row without times, or the periods of that date.';
	ELSIF FOUND THEN
		RAISE EXCEPTION 'periods %-% and %-% of calendar "%" overlap on %',
				rival.opens, rival.closes, rival.other_opens, rival.other_closes,
				new.calendar, rival.day
			USING ERRCODE = 'exclusion_violation',
				HINT = 'Make one period of them, or end the first where the second begins.';
	END IF;
	RETURN NULL;
END
$$;

COMMENT ON FUNCTION sla.check_periods() IS
'Trigger of sla.calendar_hours and sla.calendar_day: refuses overlapping periods, and a date that is both closed and open (23P01).';

CREATE FUNCTION sla.load_calendar(calendar text)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- Notices of the General Office of the State Council on the holidays of 2020 to 2026.
	make_up_days CONSTANT date[] := ARRAY[
		'2020-01-19', '2020-04-26', '2020-05-09', '2020-06-28', '2020-09-27', '2020-10-10',
		'2021-02-07', '2021-02-20', '2021-04-25', '2021-05-08', '2021-09-18', '2021-09-26', '2021-10-09',
		'2022-01-29', '2022-01-30', '2022-04-02', '2022-04-24', '2022-05-07', '2022-10-08', '2022-10-09',
		'2023-01-28', '2023-01-29', '2023-04-23', '2023-05-06', '2023-06-25', '2023-10-07', '2023-10-08',
		'2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28', '2024-05-11', '2024-09-14', '2024-09-29', '2024-10-12',
		'2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11',
		'2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'
	];
	opening CONSTANT time[] := CASE $1
		WHEN 'cn_workday' THEN ARRAY['00:00']
		WHEN 'cn_office' THEN ARRAY['09:00', '13:30'] END;
	closing CONSTANT time[] := CASE $1
		WHEN 'cn_workday' THEN ARRAY['24:00']
		WHEN 'cn_office' THEN ARRAY['12:00', '18:00'] END;
	rows integer;
BEGIN
	IF opening IS NULL THEN
		RAISE EXCEPTION 'unknown preset calendar "%"', $1
			USING ERRCODE = 'undefined_object',
				HINT = 'The preset calendars are: cn_office, cn_workday.';
	END IF;

	INSERT INTO sla.calendar AS c (calendar, time_zone, known_until, description, description_zh)
	VALUES ($1, 'Asia/Shanghai', '2026-12-31',
		CASE $1
			WHEN 'cn_workday' THEN 'Chinese working days, around the clock'
			ELSE 'Chinese working days, 09:00-12:00 and 13:30-18:00' END,
		CASE $1
			WHEN 'cn_workday' THEN '中国法定工作日，全天'
			ELSE '中国法定工作日，09:00-12:00、13:30-18:00' END)
	ON CONFLICT (calendar) DO UPDATE SET known_until = excluded.known_until
	WHERE c.known_until < excluded.known_until;

	INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
	SELECT $1, weekday, opens, closes
	FROM generate_series(1, 5) weekday, unnest(opening, closing) period (opens, closes)
	WHERE NOT EXISTS (SELECT FROM sla.calendar_hours h WHERE h.calendar = $1);

	-- A date that already has rows keeps them: the company may have changed it.
	INSERT INTO sla.calendar_day (calendar, day, opens, closes, name)
	SELECT $1, known.day, known.opens, known.closes, known.name
	FROM (
		SELECT holiday.first + n AS day, NULL::time AS opens, NULL::time AS closes, holiday.name
		FROM (VALUES
			(date '2020-01-01', date '2020-01-01', '元旦'),
			(date '2020-01-24', date '2020-02-02', '春节'),
			(date '2020-04-04', date '2020-04-06', '清明'),
			(date '2020-05-01', date '2020-05-05', '劳动节'),
			(date '2020-06-25', date '2020-06-27', '端午'),
			(date '2020-10-01', date '2020-10-08', '国庆节'),
			(date '2021-01-01', date '2021-01-03', '元旦'),
			(date '2021-02-11', date '2021-02-17', '春节'),
			(date '2021-04-03', date '2021-04-05', '清明'),
			(date '2021-05-01', date '2021-05-05', '劳动节'),
			(date '2021-06-12', date '2021-06-14', '端午'),
			(date '2021-09-19', date '2021-09-21', '中秋'),
			(date '2021-10-01', date '2021-10-07', '国庆节'),
			(date '2022-01-01', date '2022-01-03', '元旦'),
			(date '2022-01-31', date '2022-02-06', '春节'),
			(date '2022-04-03', date '2022-04-05', '清明'),
			(date '2022-04-30', date '2022-05-04', '劳动节'),
			(date '2022-06-03', date '2022-06-05', '端午'),
			(date '2022-09-10', date '2022-09-12', '中秋'),
			(date '2022-10-01', date '2022-10-07', '国庆节'),
			(date '2022-12-31', date '2023-01-02', '元旦'),
			(date '2023-01-21', date '2023-01-27', '春节'),
			(date '2023-04-05', date '2023-04-05', '清明'),
			(date '2023-04-29', date '2023-05-03', '劳动节'),
			(date '2023-06-22', date '2023-06-24', '端午'),
			(date '2023-09-29', date '2023-09-29', '中秋'),
			(date '2023-09-30', date '2023-10-06', '国庆节'),
			(date '2024-01-01', date '2024-01-01', '元旦'),
			(date '2024-02-10', date '2024-02-17', '春节'),
			(date '2024-04-04', date '2024-04-06', '清明'),
			(date '2024-05-01', date '2024-05-05', '劳动节'),
			(date '2024-06-10', date '2024-06-10', '端午'),
			(date '2024-09-15', date '2024-09-17', '中秋'),
			(date '2024-10-01', date '2024-10-07', '国庆节'),
			(date '2025-01-01', date '2025-01-01', '元旦'),
			(date '2025-01-28', date '2025-02-04', '春节'),
			(date '2025-04-04', date '2025-04-06', '清明'),
			(date '2025-05-01', date '2025-05-05', '劳动节'),
			(date '2025-05-31', date '2025-06-02', '端午'),
			(date '2025-10-01', date '2025-10-05', '国庆节'),
			(date '2025-10-06', date '2025-10-06', '中秋'),
			(date '2025-10-07', date '2025-10-08', '国庆节'),
			(date '2026-01-01', date '2026-01-03', '元旦'),
			(date '2026-02-15', date '2026-02-23', '春节'),
			(date '2026-04-04', date '2026-04-06', '清明'),
			(date '2026-05-01', date '2026-05-05', '劳动节'),
			(date '2026-06-19', date '2026-06-21', '端午'),
			(date '2026-09-25', date '2026-09-27', '中秋'),
			(date '2026-10-01', date '2026-10-07', '国庆节')
		) holiday (first, last, name), generate_series(0, last - first) n
		UNION ALL
		SELECT day, opens, closes, '调休上班'
		FROM unnest(make_up_days) day, unnest(opening, closing) period (opens, closes)
	) known
	WHERE NOT EXISTS (
		SELECT FROM sla.calendar_day d WHERE d.calendar = $1 AND d.day = known.day);

	SELECT count(*) INTO rows FROM sla.calendar_day d WHERE d.calendar = $1;
	RETURN rows;
END
$$;

COMMENT ON FUNCTION sla.load_calendar(text) IS
'Loads a preset calendar: cn_workday (working days in China, around the clock) or cn_office (the same days, 09:00-12:00 and 13:30-18:00), with the public holidays and make-up working days of 2020 to 2026. Rows that exist already stay as they are, so it may be called again. Returns the number of rows that the calendar has in sla.calendar_day. Errors: 42704 unknown name.';

-- setup:
CREATE TABLE IF NOT EXISTS sla.calendar (
	calendar text COLLATE "C" PRIMARY KEY CHECK (octet_length(calendar) BETWEEN 1 AND 63),
	time_zone text NOT NULL,
	known_until date,
	description text,
	description_zh text
);
COMMENT ON TABLE sla.calendar IS
'Working-time calendars, by which deadlines are counted. The calendar 24x7 is built in and always open; its row only gives the time zone in which its days begin.';
COMMENT ON COLUMN sla.calendar.calendar IS 'Name by which targets refer to the calendar.';
COMMENT ON COLUMN sla.calendar.time_zone IS 'IANA time zone of the calendar''s wall clock, such as Asia/Shanghai.';
COMMENT ON COLUMN sla.calendar.known_until IS 'Last date for which holidays are entered; afterwards only the weekly rule holds, and sla.health says so. Empty: nothing is missing.';
COMMENT ON COLUMN sla.calendar.description IS 'What the calendar is for, in English.';
COMMENT ON COLUMN sla.calendar.description_zh IS 'What the calendar is for, in Chinese.';

CREATE TABLE IF NOT EXISTS sla.calendar_hours (
	calendar text COLLATE "C" NOT NULL
		REFERENCES sla.calendar ON UPDATE CASCADE ON DELETE CASCADE,
	weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
	opens time NOT NULL,
	closes time NOT NULL,
	PRIMARY KEY (calendar, weekday, opens),
	CHECK (opens < closes)
);
COMMENT ON TABLE sla.calendar_hours IS
'The weekly rule of a calendar: its open periods [opens, closes) per weekday, in local time. A period that crosses midnight is two rows. Periods of one weekday must not overlap.';
COMMENT ON COLUMN sla.calendar_hours.calendar IS 'The calendar.';
COMMENT ON COLUMN sla.calendar_hours.weekday IS 'ISO weekday: 1 is Monday, 7 is Sunday.';
COMMENT ON COLUMN sla.calendar_hours.opens IS 'Local time at which the period begins.';
COMMENT ON COLUMN sla.calendar_hours.closes IS 'Local time at which the period ends, itself not open any more; 24:00 is the end of the day.';

CREATE TABLE IF NOT EXISTS sla.calendar_day (
	calendar text COLLATE "C" NOT NULL
		REFERENCES sla.calendar ON UPDATE CASCADE ON DELETE CASCADE,
	day date NOT NULL CHECK (day BETWEEN '1900-01-01' AND '2199-12-31'),
	opens time,
	closes time,
	name text,
	UNIQUE NULLS NOT DISTINCT (calendar, day, opens),
	CHECK ((opens IS NULL) = (closes IS NULL) AND opens < closes)
);
-- It cannot have a primary key, but its rows must be published as others are.
IF (SELECT relreplident FROM pg_class WHERE oid = 'sla.calendar_day'::regclass) = 'd' THEN
	ALTER TABLE sla.calendar_day REPLICA IDENTITY FULL;
END IF;
COMMENT ON TABLE sla.calendar_day IS
'Dates with periods of their own, in place of the weekly rule: a row without times closes the date (a holiday), rows with times open it (a make-up working day, shorter hours).';
COMMENT ON COLUMN sla.calendar_day.calendar IS 'The calendar.';
COMMENT ON COLUMN sla.calendar_day.day IS 'Local date.';
COMMENT ON COLUMN sla.calendar_day.opens IS 'Local time at which the period begins; empty: the date is closed.';
COMMENT ON COLUMN sla.calendar_day.closes IS 'Local time at which the period ends, itself not open any more; 24:00 is the end of the day.';
COMMENT ON COLUMN sla.calendar_day.name IS 'What the date is called, such as the holiday''s name.';

CREATE OR REPLACE TRIGGER time_zone_known BEFORE INSERT OR UPDATE OF time_zone ON sla.calendar
FOR EACH ROW EXECUTE FUNCTION sla.check_time_zone();
CREATE OR REPLACE TRIGGER periods_disjoint AFTER INSERT OR UPDATE ON sla.calendar_hours
FOR EACH ROW EXECUTE FUNCTION sla.check_periods();
CREATE OR REPLACE TRIGGER periods_disjoint AFTER INSERT OR UPDATE ON sla.calendar_day
FOR EACH ROW EXECUTE FUNCTION sla.check_periods();
-- See src/policy.sql for the two.
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.calendar
FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
ALTER TABLE sla.calendar ENABLE ALWAYS TRIGGER config_changed;
CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.calendar
FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
ALTER TABLE sla.calendar ENABLE REPLICA TRIGGER config_replicated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.calendar_hours
FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
ALTER TABLE sla.calendar_hours ENABLE ALWAYS TRIGGER config_changed;
CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.calendar_hours
FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
ALTER TABLE sla.calendar_hours ENABLE REPLICA TRIGGER config_replicated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.calendar_day
FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
ALTER TABLE sla.calendar_day ENABLE ALWAYS TRIGGER config_changed;
CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.calendar_day
FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
ALTER TABLE sla.calendar_day ENABLE REPLICA TRIGGER config_replicated;

INSERT INTO sla.calendar (calendar, time_zone, description, description_zh)
VALUES ('24x7', 'Asia/Shanghai', 'Always open', '全天候')
ON CONFLICT DO NOTHING;
