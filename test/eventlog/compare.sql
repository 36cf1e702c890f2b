--
-- compare.sql
--		What the extension has written beside what the oracle says, row by row and both ways.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT set_config('sla.now', at::text, false) FROM oracle.as_of \g /dev/null
CREATE VIEW oracle.watched AS
SELECT 'clock' AS subject, to_jsonb(x) AS row FROM (SELECT r.source_key AS number, c.target, c.cycle, c.seq, c.started_at, c.due_at, extract(epoch FROM c.paused_for) AS paused_for, c.paused_at,
	c.stopped_at, c.cancelled_at, c.state AS verdict FROM sla.clocks c JOIN sla.attached_row r USING (ticket_id)) x
UNION ALL
SELECT 'breach', to_jsonb(x) FROM (SELECT r.source_key AS number, b.target, b.cycle, CASE WHEN b.kind <> 'process_violation' THEN b.seq END AS seq, b.kind, b.due_at,
	b.stopped_at, CASE WHEN b.kind <> 'process_violation' THEN b.responsible END AS responsible
	FROM sla.breach b JOIN sla.attached_row r USING (ticket_id) WHERE b.voided_at IS NULL) x
UNION ALL
SELECT 'ticket', to_jsonb(x) FROM (SELECT r.source_key AS number, t.cycle, t.resolved_at, t.closed_at, t.status FROM sla.ticket t JOIN sla.attached_row r USING (ticket_id)) x;

CREATE TABLE oracle.reckoned AS
SELECT 'clock' AS subject, to_jsonb(x) || jsonb_build_object('paused_for', extract(epoch FROM x.paused_for)) AS row FROM oracle.clock x
UNION ALL SELECT 'breach', to_jsonb(x) FROM oracle.breach x
UNION ALL SELECT 'ticket', to_jsonb(x) FROM oracle.ticket x;

CREATE VIEW oracle.difference AS
WITH watched AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY subject, row) AS no FROM oracle.watched),
	reckoned AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY subject, row) AS no FROM oracle.reckoned)
SELECT subject, row, CASE WHEN r.row IS NULL THEN 'extension' ELSE 'oracle' END AS said_by
FROM watched w FULL JOIN reckoned r USING (subject, row, no) WHERE w.row IS NULL OR r.row IS NULL;
