-- Plays the day that lies "day" days back, and then the days after it.
SELECT format('   %s  %s tickets, %s events', to_char(b.base - :day * interval '1 day', 'YYYY-MM-DD HH24:MI'), p.tickets, p.events) AS line,
       :day - 1 AS day, :day > 1 AS more
FROM (SELECT :'base'::timestamptz AS base) AS b,
     pg_temp.play(b.base - :day * interval '1 day', b.base - (:day - 1) * interval '1 day') AS p \gset
\echo :line
\if :more
\ir play.sql
\endif
