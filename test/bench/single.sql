--
-- single.sql
--		One ticket per transaction: CPU time of a session that executes a prepared INSERT.
--
-- "way" is off or on: without or with the triggers; "file" holds the session's INSERTs.
-- The commits wait for nothing, so that only work is counted.
--
CALL bench.clean();
ALTER TABLE sla.ticket :state TRIGGER USER;
SET synchronous_commit = off;
SELECT bench.nanoseconds() AS began \gset
\o /dev/null
\i :file
\o
INSERT INTO bench.timing VALUES ('single', :n, :round, (bench.nanoseconds() - :began) / :singles, 0);
