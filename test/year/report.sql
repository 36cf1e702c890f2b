--
-- report.sql
--		Every report has something to say about the year, and tells a month in less than a second.
--
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SELECT set_config('sla.now', judged_at::text, false) FROM oracle.setting \g /dev/null
CREATE TABLE year.report (name text PRIMARY KEY, months boolean, is_report boolean, rows bigint, ms float);
DO $$
DECLARE
	v record;
	began timestamptz;
	found bigint;
BEGIN
	FOR v IN
		SELECT c.relname AS name, coalesce(obj_description(c.oid) LIKE 'R-%', false) AS is_report, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'month_start' AND NOT a.attisdropped) AS months
		FROM pg_class c WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'v' ORDER BY 1
	LOOP
		-- The first reading warms the cache and the plan; October has holidays, make-up days and the end of a quarter before it.
		FOR i IN 1..2 LOOP
			began := clock_timestamp();
			-- Of a report every column is told; facts are only found.
			EXECUTE format('SELECT count(%s) FROM (SELECT * FROM sla.%I %s OFFSET 0) x', CASE WHEN v.is_report THEN 'x' ELSE '*' END, v.name, CASE WHEN v.months THEN $q$WHERE month_start = '2025-10-01'$q$ ELSE '' END) INTO found;
		END LOOP;
		INSERT INTO year.report VALUES (v.name, v.months, v.is_report, found, extract(epoch FROM clock_timestamp() - began) * 1000);
	END LOOP;
END
$$;
SELECT name, CASE WHEN months THEN 'October' ELSE 'all' END AS asked, rows, round(ms::numeric, 1) AS ms FROM year.report ORDER BY 1;
-- What may be empty: nothing is left over, and no month that is over is counted anew once it is folded.
CREATE VIEW year.poor_report AS
SELECT name, rows, ms FROM year.report, year.setting
WHERE rows = 0 AND name NOT IN ('tickets_without_owner_or_due', 'compliance_live', 'verdicts_live')
  -- Facts are a row per clock, and the plain view counts what the report reads, for whoever wants to see that it is the same.
  OR months AND is_report AND name <> 'compliance_monthly_plain' AND ms > 1000 AND tickets >= 100000;
