-- Escalations, and the outbox from which they are delivered.

CREATE FUNCTION sla.claim_notifications(
  only_medium text DEFAULT NULL,
  max_rows    integer DEFAULT 10,
  lease       interval DEFAULT '30 seconds'
) RETURNS TABLE (
  notification_id bigint,
  recipient       text,
  medium          text,
  kind            text,
  level           integer,
  ticket_id       bigint,
  target          text,
  due_at          timestamptz,
  attempts        integer,
  payload         jsonb
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant      CONSTANT timestamptz := sla.now();
  max_attempts CONSTANT integer := 8;
  wanted       integer := max_rows;
  taken        integer;
  given        integer;
BEGIN
  IF max_rows IS NULL OR max_rows < 1 OR lease IS NULL OR instant + lease <= instant THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'max_rows and lease must be positive',
      HINT = 'A claim takes at least one notification, for a time in which it can be delivered.';
  END IF;

  -- What is void or dead is put aside and others take its place.
  LOOP
    RETURN QUERY
    WITH due AS MATERIALIZED (
      SELECT n.notification_id
      FROM sla.notification n
      WHERE n.status = 'pending'
        AND n.visible_at <= instant
        AND (only_medium IS NULL OR n.medium = only_medium)
      ORDER BY n.visible_at, n.notification_id
      LIMIT wanted
      FOR NO KEY UPDATE SKIP LOCKED
    ), judged AS (
      SELECT n.notification_id,
             CASE
               -- What an event tells has happened; only an escalation can become untrue.
               WHEN n.kind <> 'event'
                    AND NOT coalesce(s.stands AND (n.kind <> 'warning' OR n.due_at >= instant), false)
                 THEN 'void'
               WHEN n.attempts >= max_attempts THEN 'dead'
               ELSE 'pending'
             END AS status
      FROM due
      JOIN sla.notification n USING (notification_id)
      LEFT JOIN sla.escalation_standing s
        ON s.ticket_id = n.ticket_id AND s.target = n.target AND s.cycle = n.cycle
        AND s.due_at = n.due_at AND s.kind = n.kind AND s.level = n.level
    ), claimed AS (
      UPDATE sla.notification AS n
      SET status = j.status,
          attempts = n.attempts + (j.status = 'pending')::integer,
          visible_at = CASE j.status WHEN 'pending' THEN instant + lease ELSE n.visible_at END
      FROM judged j
      WHERE n.notification_id = j.notification_id
      RETURNING n.*
    )
    SELECT c.notification_id, c.recipient::text, c.medium, c.kind::text, c.level, c.ticket_id,
           c.target::text, c.due_at, c.attempts, c.payload
    FROM claimed c
    WHERE c.status = 'pending'
    ORDER BY c.notification_id;

    GET DIAGNOSTICS given = ROW_COUNT;
    wanted := wanted - given;
    EXIT WHEN wanted <= 0 OR NOT EXISTS (
      SELECT FROM (
        SELECT FROM sla.notification n
        WHERE n.status = 'pending'
          AND n.visible_at <= instant
          AND (only_medium IS NULL OR n.medium = only_medium)
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS others);
  END LOOP;
END
$$;

COMMENT ON FUNCTION sla.claim_notifications(text, integer, interval) IS
'Takes up to max_rows notifications of one medium (default: any) out of the outbox for delivery, oldest first. What it returns is the caller''s for the time of the lease: acknowledge it, or report the failure, else it is offered again. Several deliverers may claim at once without waiting. A notification whose breach has been voided, or whose warning no longer applies, becomes void instead; one that was offered eight times becomes dead. Fails unless max_rows and lease are positive (22023). (W-2, W-4)';
REVOKE EXECUTE ON FUNCTION sla.claim_notifications(text, integer, interval) FROM PUBLIC;

CREATE FUNCTION sla.acknowledge_notification(notification_id bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE sla.notification AS n
  SET status = 'delivered', acknowledged_at = sla.now(), last_error = NULL
  WHERE n.notification_id = acknowledge_notification.notification_id
    AND n.status <> 'delivered'
    AND n.attempts > 0;
  RETURN FOUND;
END
$$;

COMMENT ON FUNCTION sla.acknowledge_notification(bigint) IS
'Says that a claimed notification has been delivered. True if that was news; false for one that is unknown, was delivered before or was never claimed. Counts even if the lease has run out meanwhile.';
REVOKE EXECUTE ON FUNCTION sla.acknowledge_notification(bigint) FROM PUBLIC;

CREATE FUNCTION sla.fail_notification(
  notification_id bigint,
  error           text,
  retry_in        interval DEFAULT '1 minute'
) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE sla.notification AS n
  SET status = CASE WHEN n.attempts >= 8 THEN 'dead' ELSE 'pending' END,
      visible_at = sla.now() + coalesce(retry_in, interval '0'),
      last_error = error
  WHERE n.notification_id = fail_notification.notification_id
    AND n.status = 'pending'
    AND n.attempts > 0;
  RETURN FOUND;
END
$$;

COMMENT ON FUNCTION sla.fail_notification(bigint, text, interval) IS
'Says that a claimed notification could not be delivered, and why; it is offered again after retry_in. After the eighth attempt it is dead. True if it was pending and claimed before.';
REVOKE EXECUTE ON FUNCTION sla.fail_notification(bigint, text, interval) FROM PUBLIC;

-- setup:

CREATE TABLE IF NOT EXISTS sla.escalation (
  ticket_id  bigint NOT NULL,
  target     text COLLATE "C" NOT NULL,
  cycle      integer NOT NULL,
  due_at     timestamptz NOT NULL,
  kind       text COLLATE "C" NOT NULL
             CHECK (kind IN ('warning', 'late', 'missed_interval', 'start_missing', 'process_violation', 'reopen_alert')),
  level      integer NOT NULL,
  seq        integer NOT NULL,
  raise_at   timestamptz NOT NULL,
  raised_at  timestamptz,
  roles      text[] NOT NULL,
  recipients text[] NOT NULL,
  unfilled   text[],
  medium     text NOT NULL,
  reason     text,
  PRIMARY KEY (ticket_id, target, cycle, due_at, kind, level)
);
CREATE INDEX IF NOT EXISTS escalation_planned ON sla.escalation (raise_at) WHERE raised_at IS NULL;
CREATE INDEX IF NOT EXISTS escalation_raised ON sla.escalation (raised_at) WHERE raised_at IS NOT NULL;

COMMENT ON TABLE sla.escalation IS
'One row per level of an escalation step that was raised, or is planned, for one deadline of one promise. Each is raised once.';
COMMENT ON COLUMN sla.escalation.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.escalation.target IS 'The promise (sla.target), or the rule for a process violation.';
COMMENT ON COLUMN sla.escalation.cycle IS 'Cycle of the ticket: 1, and one more per reopening.';
COMMENT ON COLUMN sla.escalation.due_at IS 'The deadline that comes near or has passed.';
COMMENT ON COLUMN sla.escalation.kind IS 'warning (before the deadline), reopen_alert, or the kind of the breach.';
COMMENT ON COLUMN sla.escalation.level IS 'Level of the step in sla.escalation_step.';
COMMENT ON COLUMN sla.escalation.seq IS 'Number of the clock in its cycle when the row was written.';
COMMENT ON COLUMN sla.escalation.raise_at IS 'When the step is to be raised: of a breach, so long after the deadline as the step says, but not before the deadline was known.';
COMMENT ON COLUMN sla.escalation.raised_at IS 'When the sweep raised it; null while it is planned. A plan that has become untrue is deleted.';
COMMENT ON COLUMN sla.escalation.roles IS 'Roles that are to be told.';
COMMENT ON COLUMN sla.escalation.recipients IS 'Employees who held these roles when it fell due; empty if nobody did (then sla.finding says so), or while it is planned.';
COMMENT ON COLUMN sla.escalation.unfilled IS 'Roles among them that nobody held then; null while it is planned. A plan that has them, though it is not raised yet, was found to fall due by a record that came before the sweep: the sweep raises it, whatever the record changed.';
COMMENT ON COLUMN sla.escalation.medium IS 'How they are to be told.';
COMMENT ON COLUMN sla.escalation.reason IS 'Why, where kind and target do not say it.';

CREATE TABLE IF NOT EXISTS sla.notification (
  notification_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id       bigint NOT NULL,
  target          text COLLATE "C" NOT NULL,
  cycle           integer NOT NULL,
  due_at          timestamptz NOT NULL,
  kind            text COLLATE "C" NOT NULL,
  level           integer NOT NULL,
  recipient       text COLLATE "C" NOT NULL,
  medium          text NOT NULL,
  payload         jsonb NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL,
  status          text NOT NULL DEFAULT 'pending'
                  CHECK (status IN ('pending', 'delivered', 'dead', 'void')),
  visible_at      timestamptz NOT NULL,
  attempts        integer NOT NULL DEFAULT 0,
  last_error      text,
  acknowledged_at timestamptz,
  UNIQUE (ticket_id, target, cycle, due_at, kind, level, recipient)
);
CREATE INDEX IF NOT EXISTS notification_pending ON sla.notification (visible_at) WHERE status = 'pending';

COMMENT ON TABLE sla.notification IS
'The outbox: one row per recipient of a raised escalation. Deliverers take rows with sla.claim_notifications(); NOTIFY sla tells them that there are new ones.';
COMMENT ON COLUMN sla.notification.notification_id IS 'Number of the notification.';
COMMENT ON COLUMN sla.notification.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.notification.target IS 'The promise, as in sla.escalation.';
COMMENT ON COLUMN sla.notification.cycle IS 'Cycle of the ticket.';
COMMENT ON COLUMN sla.notification.due_at IS 'The deadline.';
COMMENT ON COLUMN sla.notification.kind IS 'Kind of the escalation; event: somebody is told of an event, as an event rule says.';
COMMENT ON COLUMN sla.notification.level IS 'Level of the escalation; 0 for an event.';
COMMENT ON COLUMN sla.notification.recipient IS 'Employee who is to be told.';
COMMENT ON COLUMN sla.notification.medium IS 'How, as the escalation step says.';
COMMENT ON COLUMN sla.notification.payload IS 'The same facts for a deliverer, and the milestone; no name or contact of a customer.';
COMMENT ON COLUMN sla.notification.created_at IS 'As of when the sweep wrote it.';
COMMENT ON COLUMN sla.notification.status IS 'pending, delivered, dead (offered eight times in vain) or void (what it says has become untrue).';
COMMENT ON COLUMN sla.notification.visible_at IS 'From when it is offered: after a lease, or a failure, again.';
COMMENT ON COLUMN sla.notification.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN sla.notification.last_error IS 'What went wrong at the last delivery.';
COMMENT ON COLUMN sla.notification.acknowledged_at IS 'When it was delivered.';

-- Whether what an escalation says is true: its clock still runs, or its promise had
-- not been kept when the step was due.
CREATE OR REPLACE VIEW sla.escalation_standing WITH (security_barrier) AS
SELECT e.ticket_id, e.target, e.cycle, e.due_at, e.kind, e.level,
       coalesce(CASE
         WHEN e.kind = 'reopen_alert' THEN true
         WHEN e.kind = 'warning' THEN
           c.due_at = e.due_at AND c.stopped_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL
         WHEN b.voided_at IS NOT NULL THEN false
         WHEN kept.kept_at IS NULL THEN b.ticket_id IS NOT NULL
         WHEN kept.kept_at <> e.raise_at THEN kept.kept_at > e.raise_at
         -- In the same instant a person comes first, a timer last.
         ELSE EXISTS (
           SELECT FROM sla.clock n
           JOIN sla.event v ON v.ticket_id = n.ticket_id AND v.event_no = n.stop_event
           WHERE n.ticket_id = e.ticket_id AND n.target = e.target AND n.cycle = e.cycle
             AND v.automatic AND v.effective_at = e.raise_at)
       END, false) AS stands,
       coalesce(b.milestone, c.milestone) AS milestone
FROM sla.escalation e
LEFT JOIN sla.breach b
  ON b.ticket_id = e.ticket_id AND b.target = e.target AND b.cycle = e.cycle
  AND b.due_at = e.due_at AND b.kind = e.kind
LEFT JOIN sla.clock c
  ON c.ticket_id = e.ticket_id AND c.target = e.target AND c.cycle = e.cycle
  AND c.seq = coalesce(b.seq, e.seq)
LEFT JOIN LATERAL (
  SELECT CASE b.kind
           WHEN 'late' THEN least(b.stopped_at, c.cancelled_at)
           WHEN 'start_missing' THEN
             least(b.stopped_at, CASE WHEN c.provisional THEN least(c.stopped_at, c.cancelled_at) END)
           WHEN 'missed_interval' THEN least(c.cancelled_at, (
             SELECT min(n.stopped_at)
             FROM sla.clock n
             WHERE n.ticket_id = b.ticket_id AND n.target = b.target AND n.cycle = b.cycle
               AND n.seq > b.seq))
         END AS kept_at
) AS kept ON true
-- Where row security is on, it hides what sla.escalation hides.
WHERE (SELECT sla._sees_hidden())
   OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = e.ticket_id);

COMMENT ON VIEW sla.escalation_standing IS
'For every escalation, whether what it says is still true: a warning while its clock runs towards the same deadline; a breach step if its breach is not void and the promise had not been kept, or fallen away, by raise_at (a timer that ends it in that instant comes after the step).';
COMMENT ON COLUMN sla.escalation_standing.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.escalation_standing.target IS 'The promise, as in sla.escalation.';
COMMENT ON COLUMN sla.escalation_standing.cycle IS 'Cycle of the ticket.';
COMMENT ON COLUMN sla.escalation_standing.due_at IS 'The deadline.';
COMMENT ON COLUMN sla.escalation_standing.kind IS 'Kind of the escalation.';
COMMENT ON COLUMN sla.escalation_standing.level IS 'Level of the escalation.';
COMMENT ON COLUMN sla.escalation_standing.stands IS 'Whether it is still true.';
COMMENT ON COLUMN sla.escalation_standing.milestone IS 'Milestone of the promise.';
