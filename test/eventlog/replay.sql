--
-- replay.sql
--		The log in order of time, through the application's own INSERT and UPDATE, with sweeps on the way.
--
SET client_min_messages = warning;
CREATE FUNCTION eventlog.come(at timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	PERFORM set_config('sla.now', at::text, false);
END
$$;
CREATE FUNCTION eventlog.sweep(at timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	PERFORM set_config('sla.now', at::text, false);
	PERFORM sla.sweep();
END
$$;
GRANT EXECUTE ON FUNCTION eventlog.come(timestamptz), eventlog.sweep(timestamptz) TO itsm_app;

CREATE PROCEDURE eventlog.replay(sweep_every interval) LANGUAGE plpgsql AS $$
DECLARE
	e eventlog.entry;
	next_sweep timestamptz;
	last_no CONSTANT bigint := (SELECT max(n.no) FROM eventlog.entry n);
BEGIN
	FOR step IN 1 .. last_no LOOP
		SELECT * INTO e FROM eventlog.entry n WHERE n.no = step;
		next_sweep := coalesce(next_sweep, date_trunc('day', e.at));
		WHILE next_sweep <= e.at LOOP
			PERFORM eventlog.sweep(next_sweep);
			COMMIT;
			next_sweep := next_sweep + sweep_every;
		END LOOP;
		PERFORM eventlog.come(e.at);
		CALL itsm.save(e);
		IF step % 50 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
	-- Long enough for a deadline or two of those that are still open.
	FOR hours IN 1 .. 4 LOOP
		PERFORM eventlog.sweep(e.at + hours * interval '23 hours');
		COMMIT;
	END LOOP;
END
$$;
SET timezone = 'UTC';
SET ROLE itsm_app;
CALL eventlog.replay(:'sweep_every');
RESET ROLE;
