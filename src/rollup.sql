--
-- rollup.sql
--		Monthly compliance, added up once a month is over and kept exact ever after.
--
-- A month that has ended is folded into sla.compliance_rollup and sla.verdict_rollup
-- by the sweep; sla.compliance_monthly and sla.verdicts_monthly (report.sql) read the
-- fold where it holds, and count the clocks where it does not: in the month that runs, and in a month about which
-- something has been written since.  How the fold stays exact:
--
-- Whoever writes what the figures of an ended month depend on leaves a mark, in the
-- same transaction (rollup.c).  A mark is a row of its own, without any unique key: no
-- writer ever waits for another, or for the sweep.  While a mark can be seen its month
-- is counted anew, and mark and change become visible to a reader at the same instant.
--
-- The sweep takes away the marks that it sees and only then, in a later statement,
-- reads the clocks: what it took away it has counted, and the mark of a transaction
-- that commits later is still there when that happens.  Were marks unique, a second
-- writer would find the first one's mark, leave none, and be forgotten with it.
--
-- While a month runs nobody marks it.  So a month is folded only when every
-- transaction that may still have taken it for running has ended: closed_by is the
-- number of a transaction that began after the month was over; later transactions look
-- at the time after they have their number, and mark.  A day is left between, so that
-- neither time zones nor a clock that is set back make a difference.
--
-- Only the sweep writes the months and the fold, one sweep at a time.
--

CREATE FUNCTION sla._mark_months() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'sla_mark_months';
COMMENT ON FUNCTION sla._mark_months() IS
  'Trigger on what monthly figures depend on: marks the months of the columns it is given, of the old row and the new; without any, all months.';

CREATE FUNCTION sla._close_months(instant timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- The first month that is not known yet; what is older is found by the mark it left.
  first CONSTANT timestamp := coalesce((SELECT max(m.month_start) + interval '1 month' FROM sla.rollup_month AS m), '2000-01-01');
  last  CONSTANT timestamp := date_trunc('month', (instant - interval '1 day') AT TIME ZONE 'UTC') - interval '1 month';
BEGIN
  -- Numbers of another server, from which these rows were restored, say nothing here.
  UPDATE sla.rollup_month AS m SET closed_by = pg_current_xact_id()
  WHERE m.closed_by > pg_current_xact_id();
  UPDATE sla.rollup_month AS m SET closed_by = NULL
  WHERE m.closed_by < pg_snapshot_xmin(pg_current_snapshot());

  INSERT INTO sla.rollup_month (month_start, closes_at, closed_by)
  SELECT s.month, (s.month + interval '1 month 1 day') AT TIME ZONE 'UTC', pg_current_xact_id()
  FROM (
    SELECT g.month FROM generate_series(first, last, interval '1 month') AS g(month)
    UNION
    SELECT k.month_start::timestamp FROM sla.rollup_mark AS k WHERE k.month_start < first AND isfinite(k.month_start)
  ) AS s
  ON CONFLICT DO NOTHING;

  -- The mark of a month that is not over yet says nothing.
  DELETE FROM sla.rollup_mark AS k
  WHERE k.month_start >= first AND k.month_start > last AND isfinite(k.month_start);
END
$$;

COMMENT ON FUNCTION sla._close_months(timestamptz) IS
'Enters the months that are over at an instant into sla.rollup_month.';

CREATE FUNCTION sla._fold_months(as_of timestamptz, rest interval DEFAULT '10 minutes') RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  began  CONSTANT timestamptz := clock_timestamp();
  month  date;
  folded integer := 0;
BEGIN
  -- Whatever the time is said to be: writers go by the true one.
  PERFORM sla._close_months(least(as_of, began));

  DELETE FROM sla.rollup_mark AS k WHERE k.month_start = '-infinity';
  IF FOUND THEN
    UPDATE sla.rollup_month AS m SET folded_at = NULL WHERE m.folded_at IS NOT NULL;
  END IF;

  FOR month IN
    SELECT m.month_start
    FROM sla.rollup_month AS m
    WHERE m.closed_by IS NULL
      AND m.closes_at <= least(as_of, began)
      AND (m.folded_at IS NULL
           OR m.folded_at <= began - rest
              AND EXISTS (SELECT FROM sla.rollup_mark AS k WHERE k.month_start = m.month_start))
    -- What failed before must not keep the others waiting.
    ORDER BY EXISTS (SELECT FROM sla.finding AS f
                     WHERE f.ticket_id = 0 AND f.code = 'fold_failed' AND f.object = to_char(m.month_start, 'YYYY-MM')),
             m.month_start DESC
  LOOP
    BEGIN
      -- First the marks, then the clocks, each statement with a snapshot of its own.
      DELETE FROM sla.rollup_mark AS k WHERE k.month_start = month;
      DELETE FROM sla.compliance_rollup AS r WHERE r.month_start = month AND r.source = 'live';
      UPDATE sla.rollup_month AS m SET folded_at = NULL WHERE m.month_start = month AND m.folded_at IS NOT NULL;
      INSERT INTO sla.compliance_rollup
        (month_start, source, policy, milestone, basis, urgency, department, employee, met_count, breached_count)
      SELECT l.month_start, 'live', l.policy, l.milestone, l.basis, l.urgency, l.department, l.employee,
             l.met_count, l.breached_count
      FROM sla.compliance_live AS l
      WHERE l.month_start = month;
      DELETE FROM sla.verdict_rollup AS r WHERE r.month_start = month;
      INSERT INTO sla.verdict_rollup
        (month_start, policy, dimension, value, judged_count, advisory_judged_count, met_count, breached_count)
      SELECT l.month_start, l.policy, l.dimension, l.value, l.judged_count, l.advisory_judged_count, l.met_count, l.breached_count
      FROM sla.verdicts_live AS l
      WHERE l.month_start = month;
      UPDATE sla.rollup_month AS m SET folded_at = clock_timestamp() WHERE m.month_start = month;
      DELETE FROM sla.finding AS f
      WHERE f.ticket_id = 0 AND f.code = 'fold_failed' AND f.object = to_char(month, 'YYYY-MM');
      folded := folded + 1;
    EXCEPTION
      WHEN transaction_rollback THEN
        NULL; -- somebody else was in the way; the next run comes
      WHEN OTHERS THEN
        -- The views count the month meanwhile, and deadlines must not wait for it.
        INSERT INTO sla.finding (ticket_id, code, object, message, found_at)
        VALUES (0, 'fold_failed', to_char(month, 'YYYY-MM'), SQLERRM, as_of)
        ON CONFLICT DO NOTHING;
    END;
    EXIT WHEN clock_timestamp() > began + interval '2 seconds';
  END LOOP;
  RETURN folded;
END
$$;

COMMENT ON FUNCTION sla._fold_months(timestamptz, interval) IS
'Folds the months that are over and have not been folded, or have been marked since; a month that was folded rests for a while before it is folded again. Ends with the first month after two seconds; what is left is counted by the views meanwhile. A month that cannot be folded is a finding (fold_failed), and is tried again last. Returns how many months it folded. Only for the sweep, which holds the lock that one sweep holds.';

REVOKE EXECUTE ON FUNCTION sla._close_months(timestamptz) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla._fold_months(timestamptz, interval) FROM PUBLIC;

-- setup:

CREATE TABLE IF NOT EXISTS sla.compliance_rollup (
  cell           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month_start    date NOT NULL,
  source         text COLLATE "C" NOT NULL CHECK (source IN ('live', 'purged')),
  policy         varchar(64) COLLATE "C" NOT NULL,
  milestone      varchar(64) NOT NULL,
  basis          varchar(16) NOT NULL,
  urgency        varchar(64) COLLATE "C",
  department     varchar(64) COLLATE "C",
  employee       varchar(64) COLLATE "C",
  met_count      integer NOT NULL,
  breached_count integer NOT NULL,
  UNIQUE NULLS NOT DISTINCT (month_start, source, department, policy, milestone, basis, urgency, employee)
);

COMMENT ON TABLE sla.compliance_rollup IS
'Folded figures of sla.compliance_monthly, which is what to read. Written by the sweep (source live) and by what purges tickets (source purged).';
COMMENT ON COLUMN sla.compliance_rollup.cell IS 'Number of the row.';
COMMENT ON COLUMN sla.compliance_rollup.month_start IS 'First day of the local month of the verdicts.';
COMMENT ON COLUMN sla.compliance_rollup.source IS 'live: the month''s figures as they were when it was folded, with those of purged tickets; purged: what purged tickets contributed, kept for good since nothing else tells it any more.';
COMMENT ON COLUMN sla.compliance_rollup.policy IS 'The policy.';
COMMENT ON COLUMN sla.compliance_rollup.milestone IS 'What was promised.';
COMMENT ON COLUMN sla.compliance_rollup.basis IS 'binding or advisory.';
COMMENT ON COLUMN sla.compliance_rollup.urgency IS 'Urgency of the tickets.';
COMMENT ON COLUMN sla.compliance_rollup.department IS 'Department the clocks are counted for.';
COMMENT ON COLUMN sla.compliance_rollup.employee IS 'Employee the clocks are counted for.';
COMMENT ON COLUMN sla.compliance_rollup.met_count IS 'Clocks met.';
COMMENT ON COLUMN sla.compliance_rollup.breached_count IS 'Clocks breached and not void.';

CREATE TABLE IF NOT EXISTS sla.verdict_rollup (
  cell                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month_start           date NOT NULL,
  policy                varchar(64) COLLATE "C" NOT NULL,
  dimension             varchar(16) NOT NULL,
  value                 varchar(64) COLLATE "C",
  judged_count          integer NOT NULL,
  advisory_judged_count integer NOT NULL,
  met_count             integer NOT NULL,
  breached_count        integer NOT NULL,
  UNIQUE NULLS NOT DISTINCT (month_start, dimension, policy, value)
);

COMMENT ON TABLE sla.verdict_rollup IS
'Folded figures of sla.verdicts_monthly, which is what to read. Written by the sweep.';
COMMENT ON COLUMN sla.verdict_rollup.cell IS 'Number of the row.';
COMMENT ON COLUMN sla.verdict_rollup.month_start IS 'First day of the local month of the verdicts.';
COMMENT ON COLUMN sla.verdict_rollup.policy IS 'The policy.';
COMMENT ON COLUMN sla.verdict_rollup.dimension IS 'all, department, employee or tier: what value names.';
COMMENT ON COLUMN sla.verdict_rollup.value IS 'The department, employee or tier; null: the whole, or no tier.';
COMMENT ON COLUMN sla.verdict_rollup.judged_count IS 'Tickets with a verdict on a binding promise.';
COMMENT ON COLUMN sla.verdict_rollup.advisory_judged_count IS 'Tickets with a verdict on an advisory promise.';
COMMENT ON COLUMN sla.verdict_rollup.met_count IS 'Binding clocks of cases met.';
COMMENT ON COLUMN sla.verdict_rollup.breached_count IS 'Binding clocks of cases breached and not void.';

CREATE TABLE IF NOT EXISTS sla.rollup_month (
  month_start date PRIMARY KEY,
  closes_at   timestamptz NOT NULL,
  closed_by   xid8,
  folded_at   timestamptz
);

COMMENT ON TABLE sla.rollup_month IS
'The months that are over, from the first that anything was known of, and since when their figures are folded. Set folded_at to null to have a month counted anew. After tables were filled past the triggers, empty this one and run sla.setup().';
COMMENT ON COLUMN sla.rollup_month.month_start IS 'First day of the month.';
COMMENT ON COLUMN sla.rollup_month.closes_at IS 'When the month is over in every time zone, and some.';
COMMENT ON COLUMN sla.rollup_month.closed_by IS 'May be folded once no transaction up to this number is in progress; null: none is.';
COMMENT ON COLUMN sla.rollup_month.folded_at IS 'When its figures were folded, by the machine''s time; null: they are not.';

CREATE TABLE IF NOT EXISTS sla.rollup_mark (
  ticket_id   bigint NOT NULL,
  mark_no     bigint GENERATED ALWAYS AS IDENTITY,
  month_start date NOT NULL,
  PRIMARY KEY (ticket_id, mark_no)
);
CREATE INDEX IF NOT EXISTS rollup_mark_month ON sla.rollup_mark (month_start);

COMMENT ON TABLE sla.rollup_mark IS
'Months about which something has been written after they were over: their figures are counted, not read from the fold, until the sweep has folded them again. Anybody may add a mark, and as many as they like; only the sweep takes them away.';
COMMENT ON COLUMN sla.rollup_mark.ticket_id IS 'A ticket that was written; 0: something else.';
COMMENT ON COLUMN sla.rollup_mark.mark_no IS 'Number of the mark.';
COMMENT ON COLUMN sla.rollup_mark.month_start IS 'First day of the month; -infinity: every month.';

-- Nobody is at work just now (setup.sql), so that what there is can be listed once and for all.
IF NOT EXISTS (SELECT FROM sla.rollup_month) THEN
  INSERT INTO sla.rollup_month (month_start, closes_at)
  SELECT s.month, (s.month + interval '1 month 1 day') AT TIME ZONE 'UTC'
  FROM (SELECT date_trunc('month', (clock_timestamp() - interval '1 day') AT TIME ZONE 'UTC') - interval '1 month') AS n(last),
    generate_series(
      coalesce((SELECT date_trunc('month', min(least(c.due_at, c.stopped_at)) AT TIME ZONE 'UTC' - interval '1 day')
                FROM sla.clock AS c), n.last),
      n.last, interval '1 month') AS s(month);
END IF;

-- Folded before there was a second fold.
IF NOT EXISTS (SELECT FROM sla.verdict_rollup) THEN
  UPDATE sla.rollup_month SET folded_at = NULL WHERE folded_at IS NOT NULL;
END IF;

-- What the engine does not write itself: a person's verdict on a clock or a breach.
CREATE OR REPLACE TRIGGER mark_months AFTER UPDATE OF override ON sla.clock
  FOR EACH ROW WHEN (OLD.override IS DISTINCT FROM NEW.override)
  EXECUTE FUNCTION sla._mark_months('due_at', 'stopped_at');
CREATE OR REPLACE TRIGGER mark_months AFTER UPDATE OF voided_at, responsible, department ON sla.breach
  FOR EACH ROW WHEN ((OLD.voided_at IS NULL) <> (NEW.voided_at IS NULL)
                     OR OLD.responsible IS DISTINCT FROM NEW.responsible
                     OR OLD.department IS DISTINCT FROM NEW.department)
  EXECUTE FUNCTION sla._mark_months('due_at');
-- Whoever is somebody's supervisor, or heads a department, is counted for its tickets.
CREATE OR REPLACE TRIGGER mark_months_insert AFTER INSERT ON sla.employee
  FOR EACH ROW WHEN (NEW.supervisor IS NOT NULL) EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_update AFTER UPDATE ON sla.employee
  FOR EACH ROW WHEN ((OLD.employee, OLD.supervisor) IS DISTINCT FROM (NEW.employee, NEW.supervisor))
  EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_delete AFTER DELETE ON sla.employee
  FOR EACH ROW WHEN (OLD.supervisor IS NOT NULL) EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_truncate AFTER TRUNCATE ON sla.employee
  FOR EACH STATEMENT EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_insert AFTER INSERT ON sla.department
  FOR EACH ROW WHEN (NEW.head IS NOT NULL) EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_update AFTER UPDATE ON sla.department
  FOR EACH ROW WHEN ((OLD.department, OLD.head) IS DISTINCT FROM (NEW.department, NEW.head))
  EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_delete AFTER DELETE ON sla.department
  FOR EACH ROW WHEN (OLD.head IS NOT NULL) EXECUTE FUNCTION sla._mark_months();
CREATE OR REPLACE TRIGGER mark_months_truncate AFTER TRUNCATE ON sla.department
  FOR EACH STATEMENT EXECUTE FUNCTION sla._mark_months();
