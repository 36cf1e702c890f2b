--
-- sweep.sql
--		The sweep with nothing to do, and per miss.
--
-- Clocks are written in bulk, past the triggers.  The floor of a miss is the plain bulk
-- INSERT of the same rows, presorted, into tables with the same indexes.
--
CALL bench.clean();
CREATE PROCEDURE bench.running_clocks(first int, last int) LANGUAGE sql AS $$
	INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding,
		provisional, calendar, started_at, created_at, due_at)
	SELECT n, 'resolve_agent', 1, 1, 'trading_company', 1, 'resolve', false, false, '24x7', now(), now(),
		now() + interval '1 day' + random() * interval '10 days'
	FROM generate_series(first, last) n
$$;
CREATE PROCEDURE bench.sweeps(n int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. n LOOP
		PERFORM sla.sweep();
		COMMIT;
	END LOOP;
END
$$;
CREATE FUNCTION bench.due_buffers() RETURNS numeric LANGUAGE sql AS $$
	SELECT idx_blks_read + idx_blks_hit FROM pg_statio_all_indexes WHERE indexrelid = 'sla.clock_due'::regclass
$$;

CREATE TABLE bench.one (only_row boolean PRIMARY KEY, at timestamptz);
INSERT INTO bench.one VALUES (true, now());
CREATE PROCEDURE bench.updates(n int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. n LOOP
		UPDATE bench.one SET at = clock_timestamp() WHERE only_row;
		COMMIT;
	END LOOP;
END
$$;
CREATE PROCEDURE bench.idle(subject text, rounds int) LANGUAGE plpgsql AS $$
DECLARE
	began float;
	between float;
BEGIN
	FOR round IN 1 .. rounds LOOP
		began := bench.nanoseconds();
		CALL bench.sweeps(200);
		between := bench.nanoseconds();
		CALL bench.updates(200);
		INSERT INTO bench.timing VALUES (subject, 1, round, (between - began) / 200, 0),
			(subject, 2, round, (bench.nanoseconds() - between) / 200, 0);
		COMMIT;
	END LOOP;
END
$$;
SET synchronous_commit = off;

CALL bench.running_clocks(1, 1000);
VACUUM ANALYZE sla.clock;
CALL bench.sweeps(3);
CALL bench.idle('idle', :rounds);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT bench.due_buffers() AS before \gset
CALL bench.sweeps(20);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT (bench.due_buffers() - :before) / 20 AS small_buffers \gset

CALL bench.running_clocks(1001, :running);
VACUUM ANALYZE sla.clock;
CALL bench.sweeps(3);
CALL bench.idle('idle_many', :rounds);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT bench.due_buffers() AS before \gset
CALL bench.sweeps(20);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT (bench.due_buffers() - :before) / 20 AS many_buffers \gset
SELECT bench.put('4 sweep, idle', 'buffers of the index of deadlines, 1000 running', :small_buffers, '', at_most => 3),
	bench.put('4 sweep, idle', format('the same, %s running', :running), :many_buffers, '', at_most => 3),
	bench.put('4 sweep, idle', format('CPU, %s running / 1000 running', :running),
		bench.cost('idle_many', 1) / bench.cost('idle_many', 2) / bench.ratio('idle', 1, 2), at_most => 1.1),
	bench.put('4 sweep, idle', 'CPU of a sweep and its commit', bench.cost('idle_many', 1) / 1000, 'us'),
	bench.put('4 sweep, idle', 'the same / UPDATE of one row and its commit', bench.ratio('idle_many', 1, 2)) \g /dev/null

-- Due clocks of tickets that have somebody to answer for them.
CALL bench.clean();
ALTER TABLE sla.ticket DISABLE TRIGGER USER;
INSERT INTO sla.ticket (policy, policy_version, type, urgency, owner, received_at, created_at)
SELECT 'trading_company', 1, 'complaint', 'normal', 'agent' || n % 50, now() - interval '3 days', now()
FROM generate_series(1, :due) n;
ALTER TABLE sla.ticket ENABLE TRIGGER USER;
CREATE PROCEDURE bench.due_clocks(which text) LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE sla.clock, sla.breach, sla.escalation, sla.notification, sla.penalty, sla.finding, sla.sweep_state;
	INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding,
		provisional, calendar, started_at, created_at, due_at)
	SELECT t.ticket_id, g.target, 1, 1, 'trading_company', 1, g.milestone, g.binding, false, '24x7',
		now() - interval '2 days', now() - interval '2 days', now() - interval '1 day' * (0.1 + random())
	FROM sla.ticket t, sla.target g WHERE g.policy = 'trading_company' AND g.target = which;
END
$$;
CREATE PROCEDURE bench.floor(penalties boolean) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO bench.breach SELECT * FROM bench.breach_in;
	INSERT INTO bench.escalation SELECT * FROM bench.escalation_in;
	INSERT INTO bench.notification OVERRIDING SYSTEM VALUE SELECT * FROM bench.notification_in;
	IF penalties THEN
		INSERT INTO bench.penalty SELECT * FROM bench.penalty_in;
	END IF;
END
$$;
CREATE TABLE bench.breach (LIKE sla.breach INCLUDING ALL);
CREATE TABLE bench.escalation (LIKE sla.escalation INCLUDING ALL);
CREATE TABLE bench.notification (LIKE sla.notification INCLUDING ALL);
CREATE TABLE bench.penalty (LIKE sla.penalty INCLUDING ALL);
CALL bench.due_clocks('first_response');
VACUUM ANALYZE sla.ticket, sla.clock;
SELECT * FROM sla.sweep(max_clocks => :due) \g /dev/null
CREATE TABLE bench.breach_in AS SELECT * FROM sla.breach ORDER BY ticket_id;
CREATE TABLE bench.escalation_in AS SELECT * FROM sla.escalation ORDER BY ticket_id;
CREATE TABLE bench.notification_in AS SELECT * FROM sla.notification ORDER BY ticket_id;
CREATE TABLE bench.penalty_in AS SELECT * FROM sla.penalty ORDER BY ticket_id;
\set empty 'TRUNCATE bench.breach, bench.escalation, bench.notification, bench.penalty'
INSERT INTO bench.candidate VALUES
	('miss', 1, 'floor', :'empty', 'CALL bench.floor(false)', :due),
	('miss', 2, 'without ladder', 'CALL bench.due_clocks(''resolve_agent'')', 'SELECT sla.sweep(max_clocks => ' || :due || ')', :due),
	('miss', 3, 'floor with penalties', :'empty', 'CALL bench.floor(true)', :due),
	('miss', 4, 'with ladder', 'CALL bench.due_clocks(''first_response'')', 'SELECT sla.sweep(max_clocks => ' || :due || ')', :due);
CALL bench.race('miss', :rounds);
SELECT bench.put('5 sweep, per miss', 'rows without penalty', ((SELECT count(*) FROM bench.breach_in) + (SELECT count(*) FROM bench.escalation_in)
		+ (SELECT count(*) FROM bench.notification_in)) / :due::numeric, ''),
	bench.put('5 sweep, per miss', 'breach, escalations, notifications / plain insert of them', bench.ratio('miss', 2, 1), at_most => 1.5),
	bench.put('5 sweep, per miss', 'the same and a penalty / plain insert of them', bench.ratio('miss', 4, 3), at_most => 1.5),
	bench.put('5 sweep, per miss', 'CPU, without penalty', bench.cost('miss', 2) / 1000, 'us'),
	bench.put('5 sweep, per miss', 'WAL, without penalty / plain insert', bench.wal('miss', 2) / bench.wal('miss', 1)) \g /dev/null

-- Idle again, after as many misses, beside a snapshot that is older than all of them.
CALL bench.due_clocks('resolve_agent');
\! psql -X -q -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT count(*) FROM sla.sweep_log" -c "SELECT pg_sleep(120) AS bench_old_snapshot" >/dev/null 2>&1 &
SELECT pg_sleep(0.5) \g /dev/null
SELECT sla.sweep(max_clocks => :due) \g /dev/null
UPDATE sla.clock SET stopped_at = now();
CALL bench.sweeps(3);
SELECT runs % 10 AS runs FROM sla.sweep_state \gset
SELECT 20 - :runs AS to_full \gset
CALL bench.sweeps(:to_full);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT bench.due_buffers() AS before \gset
CALL bench.sweeps(9);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT round((bench.due_buffers() - :before) / 9, 1) AS old_buffers, bench.due_buffers() AS before \gset
CALL bench.sweeps(1);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT bench.due_buffers() - :before AS full_buffers \gset
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%bench_old_snapshot' AND pid <> pg_backend_pid() \g /dev/null
SELECT bench.put('4 sweep, idle', format('buffers after %s misses, beside an old snapshot', :due), :old_buffers, '', at_most => 3),
	bench.put('4 sweep, idle', 'the same in the tenth run, which looks at everything', :full_buffers, '') \g /dev/null
CALL bench.clean();
