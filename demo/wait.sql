-- Waits until pg_cron has swept, five seconds at a time, for 75 seconds at most.
SELECT EXISTS (SELECT FROM cron.job_run_details AS d
               WHERE d.jobid = :job AND d.status = 'succeeded') AS swept,
       :waited >= 75 AS tired, :waited + 5 AS waited \gset
\if :swept
SELECT format('   pg_cron: %s at %s, %s', d.status, to_char(d.start_time, 'HH24:MI:SS'), d.command) AS line
FROM cron.job_run_details AS d WHERE d.jobid = :job ORDER BY d.runid DESC LIMIT 1 \gset
\echo :line
\elif :tired
\echo '   pg_cron has not run yet; it will within a minute.'
\else
SELECT format('   waiting for pg_cron, %s', to_char(clock_timestamp(), 'HH24:MI:SS')) AS line, pg_sleep(5) AS slept \gset
\echo :line
\ir wait.sql
\endif
