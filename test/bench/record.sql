--
-- record.sql
--		What sla.record() costs per event, beside the UPDATE of one row.
--
CALL bench.clean();
CREATE TABLE bench.event_ticket AS SELECT n AS ticket_id, 'waiting' AS status FROM generate_series(1, :events) n;
ALTER TABLE bench.event_ticket ADD PRIMARY KEY (ticket_id);
CREATE PROCEDURE bench.new_tickets(n int) LANGUAGE plpgsql AS $$
BEGIN
	CALL bench.clean();
	INSERT INTO sla.ticket (policy, type, urgency, owner)
	SELECT 'trading_company', 'complaint', 'urgent', 'agent' || i % 50 FROM generate_series(1, n) i;
	PERFORM sla.record(t.ticket_id, e.event)
	FROM sla.ticket t, (VALUES (1, 'reported_to_supervisor'), (2, 'dept_head_notified'), (3, 'dept_responded')) e (no, event)
	ORDER BY t.ticket_id, e.no;
END
$$;
CREATE PROCEDURE bench.record_each(event text) LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint;
BEGIN
	FOR ticket IN SELECT ticket_id FROM sla.ticket ORDER BY ticket_id LOOP
		PERFORM sla.record(ticket, event);
	END LOOP;
END
$$;
CREATE PROCEDURE bench.update_events() LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint;
BEGIN
	FOR ticket IN SELECT ticket_id FROM sla.ticket ORDER BY ticket_id LOOP
		UPDATE bench.event_ticket SET status = 'done' WHERE ticket_id = ticket;
	END LOOP;
END
$$;
\set fresh 'CALL bench.new_tickets(' :events ')'
INSERT INTO bench.candidate VALUES
	('record', 1, 'UPDATE of a row', :'fresh', 'CALL bench.update_events()', :events),
	('record', 2, 'a stop', '', 'CALL bench.record_each(''first_response'')', :events),
	('record', 3, 'a report', '', 'CALL bench.record_each(''progress_to_customer'')', :events);
CALL bench.race('record', :rounds);
SELECT bench.put('6 sla.record()', 'a simple stop / UPDATE of a row', bench.ratio('record', 2, 1)),
	bench.put('6 sla.record()', 'a report that re-arms a repeating clock / UPDATE of a row', bench.ratio('record', 3, 1)),
	bench.put('6 sla.record()', 'CPU of a simple stop', bench.cost('record', 2) / 1000, 'us') \g /dev/null
CALL bench.clean();
