--
-- ticket.sql
--		Inserting and updating many tickets, with and without the triggers.
--
-- A ticket of the trading company with 100 hanzi; three in ten are urgent.  The floor is
-- the plain bulk INSERT of the same clock rows, in the same order, into a table with the
-- same indexes.
--
CREATE TABLE bench.ticket_in AS
SELECT n, 'trading_company' AS policy, (ARRAY['complaint', 'fault_report', 'inquiry'])[n % 3 + 1] AS type,
	CASE WHEN n % 10 < 3 THEN 'urgent' ELSE 'normal' END AS urgency, 'hotline' AS channel,
	'C' || n AS customer, bench.hanzi(n, 12) AS subject, bench.hanzi(-n, 100) AS description,
	'agent' || n % 50 AS owner
FROM generate_series(1, :tickets) n;
VACUUM ANALYZE bench.ticket_in;

\set given 'policy, type, urgency, channel, customer, subject, description, owner'
SELECT 'INSERT INTO sla.ticket (' || :'given' || ') SELECT ' || :'given' || ' FROM bench.ticket_in' AS insert_given \gset
CALL bench.clean();
:insert_given;
CREATE TABLE bench.ticket_full AS SELECT * FROM sla.ticket;
CREATE TABLE bench.clock_in AS SELECT * FROM sla.clock;
CREATE TABLE bench.clock (LIKE sla.clock INCLUDING ALL);
VACUUM ANALYZE bench.ticket_full, bench.clock_in;
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS all_columns,
	'INSERT INTO sla.ticket (' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ') SELECT '
		|| string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ' FROM bench.ticket_full' AS insert_all,
	format('%L', current_setting('data_directory') || '/bench_given') AS given_file,
	format('%L', current_setting('data_directory') || '/bench_all') AS all_file
FROM pg_attribute WHERE attrelid = 'sla.ticket'::regclass AND attnum > 1 AND NOT attisdropped \gset
COPY (SELECT :given FROM bench.ticket_in) TO :given_file;
COPY (SELECT :all_columns FROM bench.ticket_full) TO :all_file;

\set off 'CALL bench.clean(); ALTER TABLE sla.ticket DISABLE TRIGGER USER'
\set on 'CALL bench.clean(); ALTER TABLE sla.ticket ENABLE TRIGGER USER'
INSERT INTO bench.candidate VALUES
	('bulk', 1, 'without triggers', :'off', :'insert_all', :tickets),
	('bulk', 2, 'with triggers', :'on', :'insert_given', :tickets),
	('bulk', 3, 'floor', 'TRUNCATE bench.clock', 'INSERT INTO bench.clock SELECT * FROM bench.clock_in', :tickets),
	('bulk', 4, 'COPY without', :'off', format('COPY sla.ticket (%s) FROM %s', :'all_columns', :'all_file'), :tickets),
	('bulk', 5, 'COPY with', :'on', format('COPY sla.ticket (%s) FROM %s', :'given', :'given_file'), :tickets);
CALL bench.race('bulk', :rounds);

SELECT bench.put('2 tickets, bulk', 'clocks per ticket', (SELECT count(*) FROM bench.clock_in)::numeric / :tickets, ''),
	bench.put('2 tickets, bulk', 'INSERT ... SELECT: extra / plain insert of the clocks',
		bench.ratio('bulk', 2, 3, 1), at_most => 1.2),
	bench.put('2 tickets, bulk', 'COPY: extra / plain insert of the clocks',
		bench.ratio('bulk', 5, 3, 4), at_most => 1.2),
	bench.put('2 tickets, bulk', 'INSERT ... SELECT, with / without', bench.ratio('bulk', 2, 1)),
	bench.put('2 tickets, bulk', 'plain insert of the clocks of a ticket', bench.cost('bulk', 3) / 1000, 'us'),
	bench.put('2 tickets, bulk', 'extra WAL / plain insert of the clocks',
		(bench.wal('bulk', 2) - bench.wal('bulk', 1)) / bench.wal('bulk', 3)) \g /dev/null

-- Updates one row at a time, as applications do.
CREATE PROCEDURE bench.update_each(change text) LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint;
BEGIN
	FOR ticket IN SELECT ticket_id FROM sla.ticket ORDER BY ticket_id LIMIT 500 LOOP
		EXECUTE 'UPDATE sla.ticket SET ' || change || ' WHERE ticket_id = $1' USING ticket;
	END LOOP;
END
$$;
CALL bench.clean();
ALTER TABLE sla.ticket ENABLE TRIGGER USER;
:insert_given;
VACUUM ANALYZE sla.ticket, sla.clock, sla.event;
INSERT INTO bench.candidate VALUES
	('update', 1, 'without', 'ALTER TABLE sla.ticket DISABLE TRIGGER USER', 'CALL bench.update_each(''subject = subject || 1'')', least(500, :tickets)),
	('update', 2, 'irrelevant', 'ALTER TABLE sla.ticket ENABLE TRIGGER USER', 'CALL bench.update_each(''subject = subject || 1'')', least(500, :tickets)),
	('update', 3, 'tracked', 'ALTER TABLE sla.ticket ENABLE TRIGGER USER', 'CALL bench.update_each(''needs_department = needs_department IS NOT TRUE'')', least(500, :tickets));
CALL bench.race('update', 2 * :rounds + 1);
SELECT bench.put('2 tickets, update', 'of an irrelevant column, with / without', bench.ratio('update', 2, 1), at_most => 1.05),
	bench.put('2 tickets, update', 'of a tracked column, with / without', bench.ratio('update', 3, 1)),
	bench.put('2 tickets, update', 'of one row, without', bench.cost('update', 1) / 1000, 'us') \g /dev/null
CALL bench.clean();
