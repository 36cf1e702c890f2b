--
-- result.sql
--		In one line each: what is wrong, or that nothing is.
--
\set QUIET on
SELECT 'difference: ' || subject || ', ' || side || ' only, ticket ' || coalesce(ticket_id::text, '-') || ', ' || coalesce(what, '-') || ': ' || row
FROM oracle.difference ORDER BY subject, ticket_id, side LIMIT 20;
SELECT format('%s tickets, %s events, %s clocks, %s breaches, %s sweeps', (SELECT count(*) FROM sla.ticket), (SELECT count(*) FROM sla.event), (SELECT count(*) FROM sla.clock),
	(SELECT count(*) FROM sla.breach), (SELECT count(*) FROM oracle.sweep));
SELECT format('%s rows compared, %s differences', sum(rows), sum(differences)) FROM oracle.compared;
