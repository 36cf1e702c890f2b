--
-- classify.sql
--		Classification of new tickets by 200 rules with 971 keywords.
--
-- Two policies, one with the rules and one with a single rule that needs no keyword; both
-- fill the same column.  Their clocks are not written.
--
CALL bench.clean();
INSERT INTO sla.policy (policy, version, title) VALUES ('bench_plain', 1, 'one rule'), ('bench_rules', 1, '200 rules');
INSERT INTO sla.classification (policy, version, position, keywords, sets)
SELECT 'bench_rules', 1, n, k, '{"category": "hit"}'
FROM generate_series(1, 200) n, LATERAL (SELECT array_agg(DISTINCT bench.hanzi(n * 100 + i, 2 + i % 3) || chr(19968 + n * 50 + i)) AS k
	FROM generate_series(1, CASE WHEN n <= 171 THEN 5 ELSE 4 END) i) w;
INSERT INTO sla.classification (policy, version, position, sets)
SELECT p, 1, 1000, '{"category": "none"}' FROM unnest('{bench_plain,bench_rules}'::text[]) p;
INSERT INTO sla.target (policy, version, target, milestone, title, starts_on, stops_on, duration, responsible_role, binding)
SELECT p, 1, 'first_response', 'first_response', 'answer', '{received}', '{first_response}', '00:05:00', '{agent}', false
FROM unnest('{bench_plain,bench_rules}'::text[]) p;
SELECT sla.publish_policy(p, 1, '-infinity') FROM unnest('{bench_plain,bench_rules}'::text[]) p \g /dev/null
CREATE TABLE bench.text_in AS
SELECT n, bench.hanzi(n, 200) AS description FROM generate_series(1, :texts) n;
VACUUM ANALYZE bench.text_in;
\set off 'CALL bench.clean(); ALTER TABLE sla.ticket DISABLE TRIGGER tickets_arrived'
INSERT INTO bench.candidate
SELECT 'classify', n, p, :'off', format('INSERT INTO sla.ticket (policy, urgency, type, description) SELECT %L, ''normal'', ''other'', description FROM bench.text_in', p), :texts
FROM (VALUES (1, 'bench_plain'), (2, 'bench_rules')) c (n, p);
INSERT INTO bench.candidate VALUES
	('classify', 3, 'scan', '', 'SELECT count(n) FROM bench.text_in, generate_series(1, 10)', :texts * 10.0),
	('classify', 4, 'length', '', 'SELECT count(length(description)) FROM bench.text_in, generate_series(1, 10)', :texts * 10.0);
CALL bench.race('classify', 2 * :rounds + 1);
ALTER TABLE sla.ticket ENABLE TRIGGER USER;
SELECT bench.put('7 classification', '200 rules, 971 keywords, 200 hanzi / length(text)', bench.ratio('classify', 2, 4, 1, 3), at_most => 1.5),
	bench.put('7 classification', 'memory of the configuration in a backend', (SELECT sum(total_bytes) / 1048576 FROM pg_backend_memory_contexts WHERE name = 'sla_ext cache' OR parent = 'sla_ext cache'), 'MB', at_most => 1),
	bench.put('7 classification', 'length(text)', bench.cost('classify', 4) - bench.cost('classify', 3), 'ns') \g /dev/null
CALL bench.clean();
