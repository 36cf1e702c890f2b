--
-- generate.sql
--		A log of the same shape where the real one is not at hand, and of what it has too little of: more pauses and
--		reopenings, changes of the priority in mid-flight, closings without a resolution, changes after closing, states that
--		go back, times that cannot be, many entries in the same minute, and lines in no order at all.
--
--		"incidents" is how many.  Everything is drawn from hashes, so that it is the same every time.
--
SET client_min_messages = warning;
-- A number from 0 to 99 that depends on what it is asked for.
CREATE FUNCTION eventlog.draw(what text, who integer, step integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(what || ' ' || who || ' ' || step), 1, 8))::bit(32)::bigint % 100)::integer
$$;
CREATE FUNCTION eventlog.written(at timestamp) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(to_char(at, 'DD-MM-YYYY HH24:MI'), '?')
$$;

-- Where an incident goes from a state: cumulated out of 100.
CREATE TABLE eventlog.way (state text, below integer, next text);
INSERT INTO eventlog.way VALUES
	('New', 30, 'New'), ('New', 65, 'Active'), ('New', 78, 'Awaiting User Info'), ('New', 83, 'Awaiting Problem'), ('New', 97, 'Resolved'), ('New', 100, 'Closed'),
	('Active', 35, 'Active'), ('Active', 55, 'Awaiting User Info'), ('Active', 62, 'Awaiting Problem'), ('Active', 67, 'Awaiting Vendor'),
	('Active', 70, 'Awaiting Evidence'), ('Active', 97, 'Resolved'), ('Active', 100, 'Closed'),
	('Awaiting', 30, 'Awaiting User Info'), ('Awaiting', 36, 'Awaiting Problem'), ('Awaiting', 42, 'Awaiting Vendor'), ('Awaiting', 45, 'Awaiting Evidence'),
	('Awaiting', 70, 'Active'), ('Awaiting', 96, 'Resolved'), ('Awaiting', 100, 'Closed'),
	('Resolved', 10, 'Resolved'), ('Resolved', 22, 'Active'), ('Resolved', 27, 'Awaiting User Info'), ('Resolved', 100, 'Closed'),
	('Closed', 15, 'Closed'), ('Closed', 20, 'Active'), ('Closed', 22, 'Resolved'), ('Closed', 23, 'Awaiting Vendor'), ('Closed', 100, NULL);

CREATE FUNCTION eventlog.generate(incidents integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	at timestamp;
	opened timestamp;
	resolved timestamp;
	before text;
	state text;
	was_closed boolean;
	groups integer;
	handler integer;
	level integer;
	moves integer;
	reopened integer;
	pick integer;
BEGIN
	FOR i IN 1 .. incidents LOOP
		at := timestamp '2016-02-29 01:16' + i * interval '151 min' + eventlog.draw('minute', i, 0) * interval '1 min';
		-- Some are said to be opened after their first entry.
		opened := at - CASE WHEN eventlog.draw('opened', i, 0) < 4 THEN interval '-40 min' ELSE eventlog.draw('opened', i, 1) / 9 * interval '1 min' END;
		pick := eventlog.draw('first', i, 0);
		state := CASE WHEN pick < 70 THEN 'New' WHEN pick < 90 THEN 'Active' WHEN pick < 95 THEN 'Awaiting User Info' WHEN pick < 99 THEN 'Resolved' ELSE 'Closed' END;
		groups := eventlog.draw('group', i, 0) % 12;
		handler := eventlog.draw('handler', i, 0) % 40;
		level := eventlog.draw('level', i, 0);
		moves := 0;
		reopened := 0;
		resolved := NULL;
		was_closed := false;
		FOR step IN 0 .. 8 + eventlog.draw('length', i, 0) / 3 LOOP
			INSERT INTO eventlog.line (number, incident_state, active, reassignment_count, reopen_count, sys_mod_count, made_sla, caller_id,
				opened_at, sys_updated_by, sys_updated_at, contact_type, category, subcategory, impact, urgency, priority,
				assignment_group, assigned_to, resolved_at, closed_at)
			VALUES ('GEN' || lpad(i::text, 7, '0'), state, state <> 'Closed', moves, reopened, step, 'TRUE', 'Caller ' || i % 97,
				eventlog.written(opened), 'Updated by ' || eventlog.draw('by', i, step), eventlog.written(at), 'Phone',
				CASE WHEN eventlog.draw('category', i, step / 4) < 5 THEN '?' ELSE 'Category ' || eventlog.draw('category', i, step / 4) END, '?',
				CASE WHEN level < 15 THEN '1 - High' ELSE '2 - Medium' END, CASE WHEN level < 10 THEN '1 - High' ELSE '2 - Medium' END,
				CASE WHEN level < 12 THEN '1 - Critical' WHEN level < 30 THEN '2 - High' WHEN level < 75 THEN '3 - Moderate' ELSE '4 - Low' END,
				CASE WHEN groups = 0 THEN '?' ELSE 'Group ' || groups END, CASE WHEN handler < 10 THEN '?' ELSE 'Resolver ' || handler END, '?', '?');
			IF state = 'Resolved' THEN
				-- Most say so at once; some tell an hour later, the next morning or the day after next when it was.
				pick := eventlog.draw('told', i, step);
				resolved := at - CASE WHEN pick < 75 OR was_closed THEN interval '0' WHEN pick < 87 THEN pick * interval '1 min' WHEN pick < 95 THEN pick * interval '13 min' WHEN pick < 98 THEN interval '31 hours' ELSE interval '90 days' END;
			END IF;
			-- What comes next, and when.
			pick := eventlog.draw('way', i, step);
			EXIT WHEN eventlog.draw('end', i, step) < 2;
			moves := moves + (eventlog.draw('group', i, step + 1) < 25)::integer;
			groups := CASE WHEN eventlog.draw('group', i, step + 1) < 25 THEN eventlog.draw('group', i, step + 50) % 12 ELSE groups END;
			handler := CASE WHEN eventlog.draw('handler', i, step + 1) < 30 THEN eventlog.draw('handler', i, step + 50) % 40 ELSE handler END;
			level := CASE WHEN eventlog.draw('level', i, step + 1) < 12 THEN eventlog.draw('level', i, step + 50) ELSE level END;
			before := state;
			was_closed := was_closed OR state = 'Closed';
			state := (SELECT w.next FROM eventlog.way w WHERE split_part(before, ' ', 1) = w.state AND pick < w.below ORDER BY w.below LIMIT 1);
			EXIT WHEN state IS NULL;
			reopened := reopened + (before IN ('Resolved', 'Closed') AND state NOT IN ('Resolved', 'Closed'))::integer;
			pick := eventlog.draw('pause', i, step);
			at := at + CASE WHEN pick < 20 THEN interval '0' WHEN pick < 50 THEN pick * interval '1 min' WHEN pick < 80 THEN pick * interval '11 min' ELSE pick * interval '73 min' END;
		END LOOP;
		UPDATE eventlog.line l SET resolved_at = eventlog.written(resolved), closed_at = eventlog.written(at)
		WHERE l.number = 'GEN' || lpad(i::text, 7, '0') AND eventlog.draw('unknown', i, 0) > 3;
	END LOOP;
END
$$;
SELECT eventlog.generate(:incidents) \g /dev/null
-- In no order at all.
CREATE TEMP TABLE shuffled AS SELECT * FROM eventlog.line ORDER BY md5(number || line_no);
ALTER TABLE shuffled DROP COLUMN line_no;
TRUNCATE eventlog.line RESTART IDENTITY;
INSERT INTO eventlog.line SELECT * FROM shuffled;
DROP TABLE shuffled;
