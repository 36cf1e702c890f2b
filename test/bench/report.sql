--
-- report.sql
--		A month of compliance over finished clocks.
--
CALL bench.clean();
ALTER TABLE sla.ticket DISABLE TRIGGER USER;
INSERT INTO sla.ticket (policy, policy_version, type, urgency, owner, department, received_at, created_at, status)
SELECT 'trading_company', 1, 'complaint', 'normal', 'agent' || n % 50, 'warehouse', at, at, 'closed'
FROM generate_series(1, :finished / 4) n, LATERAL (SELECT timestamptz '2025-01-01' + (n % 365) * interval '1 day' AS at) w;
ALTER TABLE sla.ticket ENABLE TRIGGER USER;
INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding,
	provisional, calendar, started_at, created_at, due_at, stopped_at, department)
SELECT t.ticket_id, g.target, 1, 1, 'trading_company', 1, g.milestone, g.binding, false, '24x7',
	t.received_at, t.received_at, t.received_at + interval '1 hour',
	t.received_at + interval '1 hour' * (t.ticket_id % 10) / 9.5, 'warehouse'
FROM sla.ticket t, sla.target g WHERE g.policy = 'trading_company'
	AND g.target IN ('first_response', 'assign', 'resolve_agent', 'preliminary_solution') ORDER BY 1, 2;
VACUUM ANALYZE sla.ticket, sla.clock;
INSERT INTO bench.candidate VALUES
	('report', 1, 'count', '', 'SELECT count(*) FROM sla.clock', :finished),
	('report', 2, 'year', '', 'SELECT count(*) FROM sla.compliance_monthly', :finished),
	('report', 3, 'month', '', 'SELECT count(*) FROM sla.compliance_monthly WHERE month_start = ''2025-06-01''', :finished);
CALL bench.race('report', :rounds);
SELECT bench.put('8 reports', 'a year''s compliance, all months / count(*) of the clocks', bench.ratio('report', 2, 1)),
	bench.put('8 reports', 'one month of it / count(*) of the clocks', bench.ratio('report', 3, 1)),
	bench.put('8 reports', format('one month of %s finished clocks', :finished), bench.cost('report', 3) * :finished / 1e6, 'ms') \g /dev/null
CALL bench.clean();
