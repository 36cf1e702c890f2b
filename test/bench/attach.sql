--
-- attach.sql
--		What being attached costs the application: each statement on a company's own table,
--		with our triggers and without.
--
-- Six columns of the table are mapped, two timestamps are events, one column is the
-- company's own business.  Single rows are written by one statement each.
--
CALL bench.clean();
CREATE TABLE bench.desk (
	no bigint PRIMARY KEY, title text, body text, priority text, agent text, customer text, remark text,
	created_at timestamptz NOT NULL DEFAULT now(), replied_at timestamptz, solved_at timestamptz
);
CREATE TABLE bench.desk_in AS
SELECT n AS no, bench.hanzi(n, 12) AS title, bench.hanzi(-n, 100) AS body, 'agent' || n % 50 AS agent, 'C' || n AS customer,
	(ARRAY['urgent', 'medium', 'low', 'urgent', 'medium', 'low', 'medium', 'urgent', 'medium', 'low'])[n % 10 + 1] AS priority
FROM generate_series(1, :tickets) n;
VACUUM ANALYZE bench.desk_in;
SELECT sla.attach('bench.desk', policy => 'trading_company', columns => '{
	"received_at": "created_at", "subject": "title", "description": "body", "owner": "agent", "customer": "customer",
	"urgency": {"column": "priority", "map": {"urgent": "urgent"}, "else": "normal"}, "type": {"value": "complaint"}}', events => '[
	{"event": "first_response", "at": "replied_at", "when": "NEW.replied_at IS NOT NULL AND NEW.replied_at IS DISTINCT FROM OLD.replied_at"},
	{"event": "resolved", "at": "solved_at", "when": "NEW.solved_at IS NOT NULL AND NEW.solved_at IS DISTINCT FROM OLD.solved_at"}]') \g /dev/null

-- Empties the table, and switches our triggers on or off.
CREATE PROCEDURE bench.empty_desk(state text) LANGUAGE plpgsql AS $$
BEGIN
	CALL bench.clean();
	TRUNCATE bench.desk, sla.attached_row;
	EXECUTE 'ALTER TABLE bench.desk ' || state || ' TRIGGER USER';
END
$$;

-- Updates, or inserts, one row at a time, as applications do.
CREATE PROCEDURE bench.update_desk(change text) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 500 LOOP
		EXECUTE 'UPDATE bench.desk SET ' || change || ' WHERE no = $1' USING i;
	END LOOP;
END
$$;
CREATE PROCEDURE bench.insert_desk() LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 500 LOOP
		EXECUTE 'INSERT INTO bench.desk (no, title, body, priority, agent, customer)
			SELECT no, title, body, priority, agent, customer FROM bench.desk_in WHERE no = $1' USING i;
	END LOOP;
END
$$;
ALTER TABLE bench.desk_in ADD PRIMARY KEY (no);

\set fill 'INSERT INTO bench.desk (no, title, body, priority, agent, customer) SELECT no, title, body, priority, agent, customer FROM bench.desk_in'
INSERT INTO bench.candidate VALUES
	('attach insert', 1, 'single, without', 'CALL bench.empty_desk(''DISABLE'')', 'CALL bench.insert_desk()', 500),
	('attach insert', 2, 'single, with', 'CALL bench.empty_desk(''ENABLE'')', 'CALL bench.insert_desk()', 500),
	('attach insert', 3, 'bulk, without', 'CALL bench.empty_desk(''DISABLE'')', :'fill', :tickets),
	('attach insert', 4, 'bulk, with', 'CALL bench.empty_desk(''ENABLE'')', :'fill', :tickets);
CALL bench.race('attach insert', :rounds);

CALL bench.empty_desk('ENABLE');
:fill;
VACUUM ANALYZE bench.desk, sla.ticket, sla.clock, sla.event, sla.attached_row;
INSERT INTO bench.candidate
SELECT 'attach update', 2 * n - (state = 'DISABLE')::int, state, format('ALTER TABLE bench.desk %s TRIGGER USER', state),
	format(CASE WHEN one THEN 'CALL bench.update_desk(%L)' ELSE 'UPDATE bench.desk SET %s' END, change),
	CASE WHEN one THEN 500 ELSE :tickets END
FROM (VALUES (1, 'remark = ''seen''', true), (2, 'title = title || 1', true), (3, 'replied_at = now()', true),
	(4, 'remark = ''seen''', false), (5, 'title = title || 1', false)) AS c (n, change, one),
	unnest('{DISABLE,ENABLE}'::text[]) AS state;
CALL bench.race('attach update', :rounds);

SELECT bench.put('9 attached table', 'UPDATE of an irrelevant column, with / without', bench.ratio('attach update', 2, 1)),
	bench.put('9 attached table', 'UPDATE of a mapped column, with / without', bench.ratio('attach update', 4, 3)),
	bench.put('9 attached table', 'UPDATE that is an event, with / without', bench.ratio('attach update', 6, 5)),
	bench.put('9 attached table', 'INSERT of a row, with / without', bench.ratio('attach insert', 2, 1)),
	bench.put('9 attached table', 'INSERT ... SELECT of many rows, with / without', bench.ratio('attach insert', 4, 3)),
	bench.put('9 attached table', 'UPDATE of all rows, irrelevant column, with / without', bench.ratio('attach update', 8, 7)),
	bench.put('9 attached table', 'UPDATE of all rows, mapped column, with / without', bench.ratio('attach update', 10, 9)),
	bench.put('9 attached table', 'UPDATE of one row, without', bench.cost('attach update', 1) / 1000, 'us') \g /dev/null
SELECT sla.detach('bench.desk', keep_history => false) \g /dev/null
CALL bench.clean();
