--
-- result.sql
--		In a few lines: what is wrong, or that nothing is.
--
SET timezone = 'Asia/Shanghai';
SELECT 'difference: ' || subject || ', ' || side || ' only, ticket ' || coalesce(ticket_id::text, '-') || ', ' || coalesce(what, '-') || ': ' || row
FROM oracle.difference ORDER BY subject, ticket_id, side LIMIT 20;
SELECT 'report: ' || name || ' has ' || rows || ' rows and takes ' || round(ms) || ' ms' FROM year.poor_report ORDER BY 1;
SELECT format('%s tickets, %s events, %s clocks, %s breaches, %s sweeps', (SELECT count(*) FROM sla.ticket), (SELECT count(*) FROM sla.event), (SELECT count(*) FROM sla.clock),
	(SELECT count(*) FROM sla.breach), (SELECT count(*) FROM oracle.sweep));
SELECT format('%s rows compared, %s differences, %s spoilt rows unseen, %s reports poor', sum(rows), sum(differences), (SELECT rows FROM oracle.unseen), (SELECT count(*) FROM year.poor_report))
FROM oracle.compared;
SELECT sum(differences) + (SELECT rows FROM oracle.unseen) + (SELECT count(*) FROM year.poor_report) > 0 AS is_wrong FROM oracle.compared \gset
\if :is_wrong
DO 'BEGIN RAISE EXCEPTION ''the year and the oracle do not agree''; END';
\endif
