--
-- whatif.sql
--		What is asked about the year afterwards: under the version that its tickets have, a simulation says exactly what is on
--		record; and since no calendar has changed, no deadline would move.
--
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SELECT set_config('sla.now', judged_at::text, false) FROM oracle.setting \g /dev/null
CREATE TABLE year.simulated AS
SELECT p.policy, p.version, s.*
FROM sla.policy p, LATERAL sla.simulate(p.policy, p.version, p.effective_from, coalesce(p.effective_to, 'infinity')) s
WHERE p.status <> 'draft' AND p.effective_from < coalesce(p.effective_to, 'infinity');
SELECT policy, version, count(*) AS rows, sum(met_count) AS met, sum(breached_count) AS breached, sum(miss_count) AS misses FROM year.simulated GROUP BY 1, 2 ORDER BY 1, 2;

INSERT INTO oracle.compared (subject, rows, differences)
SELECT 'simulated months', count(*), count(*) FILTER (WHERE (met_count, breached_count, miss_count) IS DISTINCT FROM (simulated_met_count, simulated_breached_count, simulated_miss_count)) FROM year.simulated
UNION ALL
-- The simulation has looked at every ticket: what it counts on record is all there is.
SELECT 'simulated verdicts', sum(s.n), abs(sum(s.n) - sum(s.facts)) FROM (
	SELECT sum(met_count + breached_count) AS n, 0 AS facts FROM year.simulated
	UNION ALL
	SELECT 0, count(*) FROM sla.clock_facts WHERE decided_at IS NOT NULL) s
UNION ALL
SELECT 'recalculated deadlines', (SELECT count(*) FROM sla.clocks WHERE state IN ('running', 'paused')), count(*) FROM sla.recalculate();
INSERT INTO oracle.difference
SELECT 'simulated months', 'engine', NULL, concat_ws(' ', policy, version, month_start, milestone, basis, department), to_jsonb(s)::text FROM year.simulated s
WHERE (met_count, breached_count, miss_count) IS DISTINCT FROM (simulated_met_count, simulated_breached_count, simulated_miss_count)
UNION ALL
SELECT 'recalculated deadlines', 'engine', ticket_id, concat_ws(' ', target, cycle, seq), to_jsonb(r)::text FROM sla.recalculate() r;
SELECT subject, rows, differences FROM oracle.compared ORDER BY no DESC LIMIT 3;
