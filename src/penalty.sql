--
-- penalty.sql
--		From the fact of a breach to the judgement of an offence: attribution,
--		penalty candidates, their confirmation by a person, and taking both back.
--
-- A breach is a fact and is written by the engine.  A penalty is a judgement: the
-- engine only makes candidates, one per (ticket, ladder, employee) over all cycles,
-- and nobody is punished until a person confirms one (rule K-1).
--
-- Locks, in this order: the ticket, its breaches, its penalties, the employee.
--

CREATE FUNCTION sla._lock_ticket(ticket_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM sla.ticket t WHERE t.ticket_id = _lock_ticket.ticket_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ticket %s does not exist', ticket_id),
      HINT = 'Tickets are the rows of sla.ticket.';
  END IF;
END
$$;

COMMENT ON FUNCTION sla._lock_ticket(bigint) IS
'Locks a ticket against other writers until the end of the transaction. Fails (22023) if there is no such ticket.';

CREATE FUNCTION sla._lock_breach(
  ticket_id bigint,
  target    text,
  cycle     integer,
  due_at    timestamptz,
  kind      text
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  breach record;
BEGIN
  IF num_nulls(ticket_id, target, cycle, due_at, kind) > 0 THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a breach is named by ticket, target, cycle, deadline and kind, and none of them may be null',
      HINT = 'The key of a breach is in the columns ticket_id, target, cycle, due_at and kind of sla.breach.';
  END IF;
  PERFORM sla._lock_ticket(ticket_id);

  SELECT b.voided_at, b.voided_by, b.void_reason INTO breach
  FROM sla.breach b
  WHERE b.ticket_id = _lock_breach.ticket_id
    AND b.target = _lock_breach.target
    AND b.cycle = _lock_breach.cycle
    AND b.due_at = _lock_breach.due_at
    AND b.kind = _lock_breach.kind
  FOR NO KEY UPDATE;

  IF NOT FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ticket %s has no breach of kind "%s" for target "%s" in cycle %s due at %s',
        ticket_id, kind, target, cycle, due_at),
      HINT = format('See SELECT * FROM sla.breach WHERE ticket_id = %s.', ticket_id);
  END IF;
  IF breach.voided_at IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the breach of target "%s" on ticket %s due at %s is void since %s',
        target, ticket_id, due_at, breach.voided_at),
      DETAIL = format('It was voided by %s: %s.', coalesce(nullif(breach.voided_by, 'sla_ext'), 'the engine'), breach.void_reason),
      HINT = 'A void breach has no consequences; nothing is left to decide.';
  END IF;
END
$$;

COMMENT ON FUNCTION sla._lock_breach(bigint, text, integer, timestamptz, text) IS
'Locks a ticket and one of its breaches. Fails if a part of the key is null (22004), if there is no such ticket or breach (22023) or if the breach is void already (55000).';

CREATE FUNCTION sla.refresh_penalties(ticket_ids bigint[]) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  changed integer;
  instant CONSTANT timestamptz := sla.now();
BEGIN
  -- Whoever is deciding on one of these penalties goes first; what they decided is read afterwards.
  PERFORM FROM sla.penalty p
  JOIN (SELECT DISTINCT unnest(ticket_ids) AS ticket_id) AS t USING (ticket_id)
  ORDER BY p.ticket_id, p.ladder, p.employee
  FOR NO KEY UPDATE OF p;

  WITH ticket AS MATERIALIZED (
    SELECT DISTINCT unnest(ticket_ids) AS ticket_id
  ), offence AS MATERIALIZED (
    -- Somebody may be named twice for one breach, who answers for two of its roles.
    SELECT b.ticket_id, b.ladder, who.employee COLLATE "C" AS employee,
           min(b.policy) AS policy, min(b.policy_version) AS policy_version, min(b.due_at) AS first_due_at,
           count(DISTINCT (b.target, b.cycle, b.due_at, b.kind)) AS breach_count
    FROM ticket t
    -- OFFSET 0: one probe of the index per ticket, however small the planner believes the table to be.
    CROSS JOIN LATERAL (SELECT x.* FROM sla.breach x WHERE x.ticket_id = t.ticket_id OFFSET 0) AS b
    CROSS JOIN LATERAL unnest(b.responsible) AS who(employee)
    WHERE b.voided_at IS NULL
      AND b.binding
      AND b.ladder IS NOT NULL
      AND NOT b.born_overdue
      AND (b.attribution IS NULL OR b.attribution IN ('personal', 'shared'))
      AND who.employee IS NOT NULL
    GROUP BY b.ticket_id, b.ladder, who.employee COLLATE "C"
  ), made AS (
    INSERT INTO sla.penalty AS p
      (ticket_id, ladder, employee, policy, policy_version, first_due_at, breach_count, status, created_at)
    SELECT o.ticket_id, o.ladder, o.employee, o.policy, o.policy_version, o.first_due_at, o.breach_count,
           'candidate', instant
    FROM offence o
    ORDER BY o.ticket_id, o.ladder, o.employee
    ON CONFLICT (ticket_id, ladder, employee) DO UPDATE
    SET status = 'candidate', first_due_at = excluded.first_due_at, breach_count = excluded.breach_count,
        step = NULL, offence_no = NULL, counted_tickets = NULL,
        action = NULL, points = NULL, amount = NULL,
        document = NULL, document_due_at = NULL, document_filed_at = NULL, duty_ticket = NULL,
        decided_by = NULL, decided_at = NULL, reason = NULL
    WHERE p.status = 'withdrawn'
       OR p.status = 'reversed' AND p.reversed_by IS NULL
       OR p.status = 'candidate'
          AND (p.first_due_at, p.breach_count) IS DISTINCT FROM (excluded.first_due_at, excluded.breach_count)
    RETURNING 1
  ), unmade AS (
    UPDATE sla.penalty AS p
    SET status = CASE p.status WHEN 'candidate' THEN 'withdrawn' ELSE 'reversed' END,
        reversed_at = CASE p.status WHEN 'candidate' THEN p.reversed_at ELSE instant END
    FROM ticket t
    WHERE p.ticket_id = t.ticket_id
      AND p.status IN ('candidate', 'effective')
      AND NOT EXISTS (
        SELECT FROM offence o
        WHERE o.ticket_id = p.ticket_id AND o.ladder = p.ladder AND o.employee = p.employee)
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM unmade) INTO changed;

  RETURN changed;
END
$$;

COMMENT ON FUNCTION sla.refresh_penalties(bigint[]) IS
'Brings the penalties of some tickets into line with their breaches and returns how many rows of sla.penalty it wrote. An employee has a candidate per ticket and ladder exactly while a breach of the ticket that names the employee as responsible is binding, has a ladder, was not overdue from its beginning, is not void, and is not attributed to somebody else. Without such a breach a candidate is withdrawn and an effective penalty is reversed; if one returns, they become candidates again; what a person waived or reversed stays so. Called by sla.sweep() and by the functions that decide on breaches; calling it again changes nothing. Anybody may call it, with the rights they have on the tables. (K-1, clauses D1-61, D7-18)';

CREATE FUNCTION sla.attribute_breach(
  ticket_id     bigint,
  target        text,
  cycle         integer,
  due_at        timestamptz,
  kind          text,
  attribution   text,
  attributed_by text,
  reason        text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF attribution IS NULL
     OR attribution NOT IN ('personal', 'shared', 'third_party', 'customer', 'force_majeure') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('a breach cannot be attributed to %s', coalesce('"' || attribution || '"', 'null')),
      HINT = 'Attributions are personal, shared, third_party, customer and force_majeure.';
  END IF;
  IF coalesce(btrim(attributed_by), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'who attributes a breach must be named',
      HINT = 'Pass the employee who decides as attributed_by.';
  END IF;
  PERFORM sla._lock_breach(ticket_id, target, cycle, due_at, kind);

  UPDATE sla.breach AS b
  SET attribution = attribute_breach.attribution,
      attributed_by = attribute_breach.attributed_by,
      attributed_at = sla.now(),
      attribution_reason = reason,
      settled_at = NULL
  WHERE b.ticket_id = attribute_breach.ticket_id
    AND b.target = attribute_breach.target
    AND b.cycle = attribute_breach.cycle
    AND b.due_at = attribute_breach.due_at
    AND b.kind = attribute_breach.kind;

  PERFORM sla.refresh_penalties(ARRAY[ticket_id]);
END
$$;

COMMENT ON FUNCTION sla.attribute_breach(bigint, text, integer, timestamptz, text, text, text, text) IS
'Says whose fault a breach was: personal, shared, third_party, customer or force_majeure. Only personal and shared ones (and those that nobody has looked at) keep a penalty candidate; for the others candidates are withdrawn and effective penalties reversed. The miss itself stays on record. May be decided anew. Fails for an unknown attribution, ticket or breach (22023), a missing name or key (22004) and a void breach (55000). (K-1; clauses D7-21, D7-22, D24-35)';

CREATE FUNCTION sla.void_breach(
  ticket_id bigint,
  target    text,
  cycle     integer,
  due_at    timestamptz,
  kind      text,
  reason    text,
  voided_by text,
  override  text DEFAULT 'met'
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF coalesce(btrim(reason), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a breach is voided for a reason, and none is given',
      HINT = 'Say in the parameter reason why the promise counts as kept or as not given.';
  END IF;
  IF coalesce(btrim(voided_by), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'who voids a breach must be named',
      HINT = 'Pass the employee who decides as voided_by.';
  ELSIF voided_by = 'sla_ext' THEN
    -- By that name the engine voids what its own reckoning took back, and may find again.
    RAISE invalid_parameter_value USING
      MESSAGE = 'a person must be named who voids the breach, and "sla_ext" is none',
      HINT = 'Pass the employee who decides as voided_by.';
  END IF;
  IF override IS NULL OR override NOT IN ('met', 'cancelled') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('a voided clock cannot be judged %s', coalesce('"' || override || '"', 'null')),
      HINT = 'The parameter override is met (the promise counts as kept) or cancelled (it counts not at all).';
  END IF;
  PERFORM sla._lock_breach(ticket_id, target, cycle, due_at, kind);

  -- The clock that ran out then.  A start that was missing leaves a clock that
  -- runs on with another deadline, and that one is still to be judged.
  UPDATE sla.clock AS c
  SET override = void_breach.override
  WHERE c.ticket_id = void_breach.ticket_id
    AND c.target = void_breach.target
    AND c.cycle = void_breach.cycle
    AND c.due_at = void_breach.due_at;

  UPDATE sla.breach AS b
  SET voided_at = sla.now(),
      voided_by = void_breach.voided_by,
      void_reason = reason,
      settled_at = NULL
  WHERE b.ticket_id = void_breach.ticket_id
    AND b.target = void_breach.target
    AND b.cycle = void_breach.cycle
    AND b.due_at = void_breach.due_at
    AND b.kind = void_breach.kind;

  PERFORM sla.refresh_penalties(ARRAY[ticket_id]);
END
$$;

COMMENT ON FUNCTION sla.void_breach(bigint, text, integer, timestamptz, text, text, text, text) IS
'Takes a breach back, for a reason and in somebody''s name: the row stays, marked void, its clock counts as met or as cancelled, penalty candidates that rest on it alone are withdrawn and effective penalties reversed. Later offences keep the number they were confirmed with; sla.health names them. Fails without a reason, name or key (22004), for an unknown override, ticket or breach (22023) and for a breach that is void already (55000). (E-12, V-25)';

CREATE FUNCTION sla.confirm_penalty(
  ticket_id  bigint,
  ladder     text,
  employee   text,
  decided_by text,
  reason     text DEFAULT NULL,
  severity   text DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  candidate record;
  rules     record;
  step      record;
  earlier   bigint[];
  number    integer;
  approvers text[];
BEGIN
  IF num_nulls(ticket_id, ladder, employee, decided_by) > 0 THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a penalty is confirmed for a ticket, a ladder and an employee, in somebody''s name, and none of them may be null',
      HINT = 'The key of a penalty is in the columns ticket_id, ladder and employee of sla.penalty.';
  END IF;
  IF decided_by = employee THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('"%s" cannot confirm a penalty of their own', decided_by),
      HINT = 'Somebody else who may approve this step has to decide.';
  END IF;
  -- Earlier offences that row security hides would not be counted.
  IF row_security_active('sla.penalty') AND NOT EXISTS (
    SELECT FROM sla.my_access m WHERE m.sees_all OR confirm_penalty.employee = ANY (m.people))
  THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('role "%s" does not see all penalties of "%s"', current_user, employee),
      HINT = 'With row security on, a penalty is confirmed by somebody above the employee, or by a role that sees everything, such as hr.';
  END IF;
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE invalid_transaction_state USING
      MESSAGE = 'penalties are confirmed in READ COMMITTED transactions only',
      DETAIL = format('An offence that somebody else has just confirmed would not be counted under %s.',
        upper(current_setting('transaction_isolation'))),
      HINT = 'Use BEGIN ISOLATION LEVEL READ COMMITTED.';
  END IF;

  -- With ticket and breaches locked, a candidate that outlives a refresh rests on a
  -- breach that stands, and that stays until this decision is committed (W-2).
  PERFORM sla._lock_ticket(ticket_id);
  PERFORM FROM sla.breach b
  WHERE b.ticket_id = confirm_penalty.ticket_id
  ORDER BY b.target, b.cycle, b.due_at, b.kind
  FOR SHARE;
  PERFORM sla.refresh_penalties(ARRAY[ticket_id]);

  SELECT p.policy, p.policy_version, p.first_due_at, p.status, p.decided_by, p.decided_at INTO candidate
  FROM sla.penalty p
  WHERE p.ticket_id = confirm_penalty.ticket_id
    AND p.ladder = confirm_penalty.ladder
    AND p.employee = confirm_penalty.employee
  FOR NO KEY UPDATE;

  IF NOT FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ticket %s has no penalty candidate of "%s" in ladder "%s"', ticket_id, employee, ladder),
      HINT = format('See SELECT * FROM sla.penalty WHERE ticket_id = %s.', ticket_id);
  ELSIF candidate.status = 'withdrawn' OR candidate.status = 'reversed' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s is %s', employee, ticket_id, candidate.status),
      DETAIL = 'No breach that counts against the employee is left, or the decision was taken back.',
      HINT = format('See SELECT * FROM sla.breach WHERE ticket_id = %s.', ticket_id);
  ELSIF candidate.status <> 'candidate' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s is already %s', employee, ticket_id, candidate.status),
      DETAIL = format('It was decided by "%s" at %s.', candidate.decided_by, candidate.decided_at),
      HINT = 'A penalty is decided once; sla.waive_penalty() takes an effective one back.';
  END IF;

  SELECT r.offence_window, r.time_zone, r.calendar,
         coalesce(confirm_penalty.severity, t.urgency) AS severity INTO STRICT rules
  FROM sla.policy r, sla.ticket t
  WHERE r.policy = candidate.policy
    AND r.version = candidate.policy_version
    AND t.ticket_id = confirm_penalty.ticket_id;

  -- One confirmation per employee and ladder at a time, else two become the first.
  PERFORM pg_advisory_xact_lock(
    hashtextextended(format('sla.penalty %L %L %L', candidate.policy, ladder, employee), 0));

  SELECT coalesce(array_agg(p.ticket_id ORDER BY p.first_due_at, p.ticket_id), '{}') INTO earlier
  FROM sla.penalty p
  WHERE p.employee = confirm_penalty.employee
    AND p.ladder = confirm_penalty.ladder
    AND p.policy = candidate.policy
    AND p.status = 'effective'
    AND greatest(p.first_due_at, candidate.first_due_at)
        < ((least(p.first_due_at, candidate.first_due_at) AT TIME ZONE rules.time_zone)
           + rules.offence_window) AT TIME ZONE rules.time_zone;
  number := 1 + cardinality(earlier);

  SELECT r.step, r.action, r.points, r.amount, r.approver_roles, r.duty AS document,
         CASE WHEN r.duty IS NOT NULL THEN r.duty_due END AS document_due INTO step
  FROM sla.penalty_rule r
  WHERE r.policy = candidate.policy
    AND r.version = candidate.policy_version
    AND r.ladder = confirm_penalty.ladder
    AND r.trigger = 'offence'
    AND number BETWEEN coalesce(r.nth_from, 1) AND coalesce(r.nth_to, number)
    AND (r.severity IS NULL OR r.severity = rules.severity)
  ORDER BY r.severity IS NULL, r.nth_from DESC NULLS LAST, r.step
  LIMIT 1;

  IF NOT FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ladder "%s" of policy "%s" version %s has no step for offence %s%s',
        ladder, candidate.policy, candidate.policy_version, number,
        coalesce(format(' of severity "%s"', rules.severity), '')),
      HINT = 'Steps are the rows of sla.penalty_rule with trigger "offence"; pass a severity that has one, or waive the candidate.';
  END IF;

  -- Supervisor and head of department are who they are to this employee; other
  -- roles, and deputies, are written in sla.employee.roles.
  SELECT array_agg(a.approver) INTO approvers
  FROM (
    SELECT e.employee
    FROM sla.employee e
    WHERE e.active AND e.roles && step.approver_roles
    UNION
    SELECT e.supervisor
    FROM sla.employee e
    WHERE e.employee = confirm_penalty.employee AND 'supervisor' = ANY (step.approver_roles)
    UNION
    SELECT d.head
    FROM sla.employee e
    JOIN sla.department d USING (department)
    WHERE e.employee = confirm_penalty.employee AND 'dept_head' = ANY (step.approver_roles)
  ) AS a(approver)
  WHERE a.approver <> confirm_penalty.employee;

  IF NOT decided_by = ANY (approvers) THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('"%s" may not confirm step "%s" of ladder "%s"', decided_by, step.step, ladder),
      HINT = format('It takes one of the roles: %s.', array_to_string(step.approver_roles, ', '));
  END IF;

  UPDATE sla.penalty AS p
  SET status = 'effective',
      step = step.step,
      offence_no = number,
      counted_tickets = earlier,
      action = step.action,
      points = step.points,
      amount = step.amount,
      document = step.document,
      document_due_at = CASE
        WHEN step.document_due IS NOT NULL THEN
          sla.add_business_time(instant, step.document_due,
            CASE WHEN EXISTS (SELECT FROM sla.calendar k WHERE k.calendar = 'cn_workday')
                 THEN 'cn_workday' ELSE rules.calendar END)
      END,
      decided_by = confirm_penalty.decided_by,
      decided_at = instant,
      reason = confirm_penalty.reason
  WHERE p.ticket_id = confirm_penalty.ticket_id
    AND p.ladder = confirm_penalty.ladder
    AND p.employee = confirm_penalty.employee;

  RETURN number;
END
$$;

COMMENT ON FUNCTION sla.confirm_penalty(bigint, text, text, text, text, text) IS
'Makes a penalty candidate effective, in somebody''s name, and returns which offence of the employee it is: 1 plus the effective penalties in the same ladder and policy whose first deadline lies less than the policy''s offence_window away, before or after. The number, the step of the ladder with its action, points and amount, and the deadline of the document it asks for (in working days of the calendar cn_workday, or of the policy''s calendar where that one is not loaded) are fixed from then on. The step is the one for this number and for the severity, by default the ticket''s urgency. Fails if a name is missing (22004), without such a candidate or step (22023), if it was decided before or no breach is left (55000), if the decider is the employee himself or, where sla.employee knows anybody in an approving role, has none, or if row security hides earlier penalties of the employee from the caller (42501), and under REPEATABLE READ or SERIALIZABLE (25000). (K-1, W-2, V-25; clauses D1-61, D1-62)';

CREATE FUNCTION sla.waive_penalty(
  ticket_id  bigint,
  ladder     text,
  employee   text,
  decided_by text,
  reason     text
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  found_status text;
BEGIN
  IF num_nulls(ticket_id, ladder, employee, decided_by) > 0 OR coalesce(btrim(reason), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a penalty is waived for a ticket, a ladder and an employee, in somebody''s name and for a reason, and none of them may be missing',
      HINT = 'The key of a penalty is in the columns ticket_id, ladder and employee of sla.penalty.';
  END IF;
  IF decided_by = employee THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('"%s" cannot waive a penalty of their own', decided_by),
      HINT = 'Somebody else has to decide.';
  END IF;
  PERFORM sla._lock_ticket(ticket_id);

  SELECT p.status INTO found_status
  FROM sla.penalty p
  WHERE p.ticket_id = waive_penalty.ticket_id
    AND p.ladder = waive_penalty.ladder
    AND p.employee = waive_penalty.employee
  FOR NO KEY UPDATE;

  IF NOT FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ticket %s has no penalty of "%s" in ladder "%s"', ticket_id, employee, ladder),
      HINT = format('See SELECT * FROM sla.penalty WHERE ticket_id = %s.', ticket_id);
  ELSIF found_status NOT IN ('candidate', 'effective') THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s is already %s', employee, ticket_id, found_status),
      HINT = 'Only candidates and effective penalties can be waived.';
  END IF;

  IF found_status = 'candidate' THEN
    UPDATE sla.penalty AS p
    SET status = 'waived', decided_by = waive_penalty.decided_by, decided_at = instant,
        reason = waive_penalty.reason
    WHERE p.ticket_id = waive_penalty.ticket_id
      AND p.ladder = waive_penalty.ladder
      AND p.employee = waive_penalty.employee;
  ELSE
    UPDATE sla.penalty AS p
    SET status = 'reversed', reversed_by = waive_penalty.decided_by, reversed_at = instant,
        reversal_reason = waive_penalty.reason
    WHERE p.ticket_id = waive_penalty.ticket_id
      AND p.ladder = waive_penalty.ladder
      AND p.employee = waive_penalty.employee;
  END IF;
END
$$;

COMMENT ON FUNCTION sla.waive_penalty(bigint, text, text, text, text) IS
'Lets a penalty go, in somebody''s name and for a reason: a candidate becomes waived, an effective penalty reversed, for good; the breaches stay on record. Fails if a name or the reason is missing (22004), for an unknown ticket or penalty (22023), for one that is neither candidate nor effective (55000) and for the employee himself (42501). (K-1)';

REVOKE EXECUTE ON FUNCTION sla.attribute_breach(bigint, text, integer, timestamptz, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.void_breach(bigint, text, integer, timestamptz, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.confirm_penalty(bigint, text, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.waive_penalty(bigint, text, text, text, text) FROM PUBLIC;

-- setup:

CREATE TABLE IF NOT EXISTS sla.penalty (
  ticket_id         bigint NOT NULL,
  ladder            text COLLATE "C" NOT NULL,
  employee          text COLLATE "C" NOT NULL,
  policy            text COLLATE "C" NOT NULL,
  policy_version    integer NOT NULL,
  first_due_at      timestamptz NOT NULL,
  breach_count      integer NOT NULL,
  status            text NOT NULL DEFAULT 'candidate'
                    CHECK (status IN ('candidate', 'effective', 'waived', 'withdrawn', 'reversed')),
  step              text COLLATE "C",
  offence_no        integer CHECK (offence_no > 0),
  counted_tickets   bigint[],
  action            text,
  points            numeric,
  amount            numeric,
  document          text,
  document_due_at   timestamptz,
  document_filed_at timestamptz,
  duty_ticket       bigint,
  created_at        timestamptz NOT NULL,
  decided_by        text COLLATE "C",
  decided_at        timestamptz,
  reason            text,
  reversed_at       timestamptz,
  reversed_by       text COLLATE "C",
  reversal_reason   text,
  PRIMARY KEY (ticket_id, ladder, employee),
  CHECK (status <> 'effective' OR num_nulls(step, offence_no, decided_by, decided_at) = 0)
);
CREATE INDEX IF NOT EXISTS penalty_employee ON sla.penalty (employee, ladder, first_due_at);

COMMENT ON TABLE sla.penalty IS
'What a breach may cost somebody: one row per ticket, ladder and employee, however many deadlines were missed in however many cycles. The engine writes candidates; only a person makes one effective, with sla.confirm_penalty(), and only effective ones count as offences. (K-1; clauses D1-61 to D1-63)';
COMMENT ON COLUMN sla.penalty.ticket_id IS
'The ticket whose promises were missed.';
COMMENT ON COLUMN sla.penalty.ladder IS
'The penalty ladder, named by the missed targets (sla.penalty_rule.ladder).';
COMMENT ON COLUMN sla.penalty.employee IS
'Who was responsible when the deadline passed (K-4).';
COMMENT ON COLUMN sla.penalty.policy IS
'The policy the ticket was received under; a ladder belongs to its policy.';
COMMENT ON COLUMN sla.penalty.policy_version IS
'The version of that policy whose steps apply.';
COMMENT ON COLUMN sla.penalty.first_due_at IS
'The earliest missed deadline that counts; it places the offence in the offence window. Fixed at confirmation.';
COMMENT ON COLUMN sla.penalty.breach_count IS
'How many breaches of the ticket it rests on. Fixed at confirmation.';
COMMENT ON COLUMN sla.penalty.status IS
'candidate: waits for a decision. effective: confirmed, counts as an offence. waived: a person let it go. withdrawn: a candidate whose breaches were voided or attributed elsewhere. reversed: was effective and was taken back.';
COMMENT ON COLUMN sla.penalty.step IS
'The step of the ladder that was imposed; null until confirmed.';
COMMENT ON COLUMN sla.penalty.offence_no IS
'Which offence of the employee within the window this was at confirmation; never renumbered (V-25).';
COMMENT ON COLUMN sla.penalty.counted_tickets IS
'The tickets of the effective penalties that were counted before this one, offence_no - 1 of them.';
COMMENT ON COLUMN sla.penalty.action IS
'What is imposed, as the step said at confirmation: warning, score deduction and so on. Dismissal is only ever a review.';
COMMENT ON COLUMN sla.penalty.points IS
'Performance points taken off, as the step said at confirmation.';
COMMENT ON COLUMN sla.penalty.amount IS
'Money, in the company''s currency, as the step said at confirmation.';
COMMENT ON COLUMN sla.penalty.document IS
'The document the employee owes, such as a written self-review (sla.penalty_rule.duty); null if none. (Clause D1-61)';
COMMENT ON COLUMN sla.penalty.document_due_at IS
'Until when the document is to be handed in, counted in working days from the confirmation.';
COMMENT ON COLUMN sla.penalty.document_filed_at IS
'When the document was handed in; set by whoever receives it.';
COMMENT ON COLUMN sla.penalty.duty_ticket IS
'The duty ticket that follows the document up, where the company opened one.';
COMMENT ON COLUMN sla.penalty.created_at IS
'When the candidate was first written.';
COMMENT ON COLUMN sla.penalty.decided_by IS
'Who confirmed or waived it.';
COMMENT ON COLUMN sla.penalty.decided_at IS
'When it was confirmed or waived.';
COMMENT ON COLUMN sla.penalty.reason IS
'Why it was confirmed or waived, in the decider''s words.';
COMMENT ON COLUMN sla.penalty.reversed_at IS
'When it was last taken back after confirmation.';
COMMENT ON COLUMN sla.penalty.reversed_by IS
'Who took it back; null if it fell because its breaches were voided or attributed elsewhere.';
COMMENT ON COLUMN sla.penalty.reversal_reason IS
'Why it was taken back, in the words of that person.';

