--
-- penalty.sql
--		From the fact of a breach to the judgement of an offence: attribution,
--		penalty candidates, their confirmation by a person, appeals, and taking all back.
--
-- A breach is a fact and is written by the engine.  A penalty is a judgement: the
-- engine only makes candidates, and nobody is punished until a person confirms one
-- (rule K-1).  Candidates have four sources (sla.penalty_rule.trigger).  The misses of
-- one party on one ticket, over all cycles, make one of ground "offence", whose step is
-- chosen at confirmation; an event (penalty.c), a figure of a period (assess.sql) and a
-- person's proposal make one each, whose ground is the step itself.
--
-- Locks, in this order: the ticket, its breaches, its penalties, the party on its
-- ladder, and last the ticket of the document that a penalty asks for.
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
  -- What has fallen due before the decision follows as if a sweep had come in time.
  PERFORM sla._catch_up(ticket_id);

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

CREATE FUNCTION sla._penalty_applies(ticket_id bigint, ladder text, step text) RETURNS boolean
LANGUAGE C STABLE STRICT
AS 'MODULE_PATHNAME', 'sla_penalty_applies';

COMMENT ON FUNCTION sla._penalty_applies(bigint, text, text) IS
'Whether the condition of a penalty rule holds for a ticket as it stands now, under the version that rules the ticket; true where the rule has none.';

CREATE FUNCTION sla._withdraw_document(duty_ticket bigint, why text, wait boolean) RETURNS boolean
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'sla_withdraw_document';

COMMENT ON FUNCTION sla._withdraw_document(bigint, text, boolean) IS
'Withdraws the duty ticket of a document that nobody owes any more, unless it is done or closed already; tells whether it did. Waits for whoever is at work on it only if told to. Fails for those who may not write penalties (42501).';

CREATE FUNCTION sla.refresh_penalties(ticket_ids bigint[]) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  changed integer;
  owed record;
  instant CONSTANT timestamptz := sla.now();
BEGIN
  -- Whoever is deciding on one of these penalties goes first; what they decided is read afterwards.
  PERFORM FROM sla.penalty p
  JOIN (SELECT DISTINCT unnest(ticket_ids) AS ticket_id) AS t USING (ticket_id)
  ORDER BY p.ticket_id, p.ladder, p.ground, p.employee
  FOR NO KEY UPDATE OF p;

  WITH ticket AS MATERIALIZED (
    SELECT DISTINCT unnest(ticket_ids) AS ticket_id
  ), offence AS MATERIALIZED (
    -- Somebody may be named twice for one breach, who answers for two of its roles.  Without a
    -- breach that counts the offence is kept as withdrawn, whether a sweep saw one that did or not.
    SELECT b.ticket_id, b.ladder, who.employee COLLATE "C" AS employee,
           min(b.policy) AS policy, min(b.policy_version) AS policy_version,
           coalesce(min(b.due_at) FILTER (WHERE who.answers), min(b.due_at)) AS first_due_at,
           count(DISTINCT (b.target, b.cycle, b.due_at, b.kind)) FILTER (WHERE who.answers) AS breach_count
    FROM ticket t
    -- OFFSET 0: one probe of the index per ticket, however small the planner believes the table to be.
    CROSS JOIN LATERAL (SELECT x.* FROM sla.breach x WHERE x.ticket_id = t.ticket_id OFFSET 0) AS b
    CROSS JOIN LATERAL (
      SELECT unnest(b.responsible),
             b.voided_at IS NULL AND (b.attribution IS NULL OR b.attribution IN ('personal', 'shared'))
      WHERE NOT b.born_overdue
      UNION ALL
      SELECT unnest(b.relieved), false
    ) AS who(employee, answers)
    WHERE b.binding
      AND b.ladder IS NOT NULL
      AND who.employee IS NOT NULL
    GROUP BY b.ticket_id, b.ladder, who.employee COLLATE "C"
  ), made AS (
    INSERT INTO sla.penalty AS p
      (ticket_id, ladder, employee, policy, policy_version, first_due_at, breach_count, status, created_at)
    SELECT o.ticket_id, o.ladder, o.employee, o.policy, o.policy_version, o.first_due_at, o.breach_count,
           CASE WHEN o.breach_count > 0 THEN 'candidate' ELSE 'withdrawn' END, instant
    FROM offence o
    ORDER BY o.ticket_id, o.ladder, o.employee
    ON CONFLICT (ticket_id, ladder, ground, employee) DO UPDATE
    SET status = excluded.status, first_due_at = excluded.first_due_at, breach_count = excluded.breach_count,
        step = NULL, offence_no = NULL, counted_tickets = NULL,
        action = NULL, points = NULL, amount_uncapped = NULL, amount = NULL,
        document = NULL, document_due_at = NULL,
        decided_by = NULL, decided_at = NULL, reason = NULL,
        appealed_by = NULL, appealed_at = NULL, appeal_reason = NULL,
        appeal_decision = NULL, appeal_decided_by = NULL, appeal_decided_at = NULL, appeal_decision_reason = NULL
    WHERE p.status = 'reversed' AND p.reversed_by IS NULL AND excluded.status = 'candidate'
       OR p.status IN ('candidate', 'withdrawn')
          AND (p.first_due_at, p.breach_count) IS DISTINCT FROM (excluded.first_due_at, excluded.breach_count)
    RETURNING 1
  ), unmade AS (
    UPDATE sla.penalty AS p
    SET status = CASE p.status WHEN 'candidate' THEN 'withdrawn' ELSE 'reversed' END,
        reversed_at = CASE p.status WHEN 'candidate' THEN p.reversed_at ELSE instant END
    FROM ticket t
    WHERE p.ticket_id = t.ticket_id
      AND p.ground = 'offence'
      AND p.status IN ('candidate', 'effective', 'appealed')
      AND NOT EXISTS (
        SELECT FROM offence o
        WHERE o.ticket_id = p.ticket_id AND o.ladder = p.ladder AND o.employee = p.employee
          AND (p.status = 'candidate' OR o.breach_count > 0))
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM unmade) INTO changed;

  -- Where somebody is at work on a document that is not owed any more, the next sweep sees to it.
  FOR owed IN
    SELECT p.ticket_id, p.duty_ticket
    FROM sla.penalty p
    JOIN sla.ticket d ON d.ticket_id = p.duty_ticket
    WHERE p.ticket_id = ANY (ticket_ids)
      AND p.ground = 'offence'
      AND p.status NOT IN ('effective', 'appealed')
      AND d.closed_at IS NULL
      AND d.resolved_at IS NULL
    ORDER BY p.duty_ticket
  LOOP
    IF NOT sla._withdraw_document(owed.duty_ticket, 'the penalty fell with its breaches', false) THEN
      UPDATE sla.breach AS b SET settled_at = NULL WHERE b.ticket_id = owed.ticket_id;
    END IF;
  END LOOP;
  RETURN changed;
END
$$;

COMMENT ON FUNCTION sla.refresh_penalties(bigint[]) IS
'Brings the penalties of some tickets into line with their breaches and returns how many rows of sla.penalty it wrote. An employee has a candidate of ground "offence" per ticket and ladder exactly while a breach of the ticket (a missed promise or a process violation) that names the employee as responsible is binding, has a ladder, was not overdue from its beginning, is not void, and is not attributed to somebody else. Where all such breaches are void, attributed elsewhere or proved to be somebody else''s, the row is withdrawn, with no breach counted and dated by the earliest of them, and an effective penalty is reversed, with the document it asks for; if one returns, they become candidates again; what a person waived or reversed stays so. Candidates of other grounds are left alone. Called by sla.sweep() and by the functions that decide on breaches; calling it again changes nothing. Anybody may call it, with the rights they have on the tables. (K-1, clauses D1-61, D7-18)';

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

--
-- Deciding.
--

CREATE FUNCTION sla._lock_penalty(ticket_id bigint, ladder text, employee text, ground text, statuses text[])
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  every text[];
  fitting text[];
  found_ground text;
BEGIN
  PERFORM FROM sla.penalty p
  WHERE p.ticket_id = _lock_penalty.ticket_id
    AND p.ladder = _lock_penalty.ladder
    AND p.employee = _lock_penalty.employee
  ORDER BY p.ground
  FOR NO KEY UPDATE;

  SELECT array_agg(p.ground::text ORDER BY p.ground),
         array_agg(p.ground::text ORDER BY p.ground) FILTER (WHERE p.status = ANY (statuses))
  INTO every, fitting
  FROM sla.penalty p
  WHERE p.ticket_id = _lock_penalty.ticket_id
    AND p.ladder = _lock_penalty.ladder
    AND p.employee = _lock_penalty.employee
    AND (_lock_penalty.ground IS NULL OR p.ground = _lock_penalty.ground);

  IF every IS NULL THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ticket %s has no penalty of "%s" in ladder "%s"%s', ticket_id, employee, ladder,
        CASE WHEN ground IS NULL THEN '' ELSE format(' on the ground "%s"', ground) END),
      HINT = format('See SELECT * FROM sla.penalty WHERE ticket_id = %s.', ticket_id);
  ELSIF cardinality(coalesce(fitting, every)) > 1 THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ticket %s has several penalties of "%s" in ladder "%s"', ticket_id, employee, ladder),
      HINT = format('Say which one is meant with the parameter ground: %s.',
        array_to_string(coalesce(fitting, every), ', '));
  END IF;
  found_ground := (coalesce(fitting, every))[1];
  RETURN found_ground;
END
$$;

COMMENT ON FUNCTION sla._lock_penalty(bigint, text, text, text, text[]) IS
'Locks the penalties of a party on a ladder of a ticket and returns the ground of the one that is meant: the one given, else the only one in one of the statuses, else the only one. Fails (22023) if there is none, or more than one.';

CREATE FUNCTION sla._check_approver(
  decided_by text,
  party      text,
  kind       text,
  department text,
  roles      text[],
  deed       text
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  approvers text[];
  of_person CONSTANT boolean := kind NOT IN ('carrier', 'team', 'customer');
BEGIN
  -- Supervisor and head of department are who they are to this person, or the heads of
  -- the team or of the ticket's department; other roles, and deputies, are written in
  -- sla.employee.roles.
  SELECT array_agg(a.approver) INTO approvers
  FROM (
    SELECT e.employee
    FROM sla.employee e
    WHERE e.active AND e.roles && _check_approver.roles
    UNION
    SELECT e.supervisor
    FROM sla.employee e
    WHERE of_person AND e.employee = party AND 'supervisor' = ANY (_check_approver.roles)
    UNION
    SELECT d.head
    FROM sla.department d
    WHERE 'dept_head' = ANY (_check_approver.roles)
      AND d.department = CASE
        WHEN kind = 'team' THEN party
        WHEN of_person THEN (SELECT e.department FROM sla.employee e WHERE e.employee = party)
        ELSE _check_approver.department
      END
  ) AS a(approver)
  -- A department without a head names nobody, and must not make everybody an approver.
  WHERE a.approver IS NOT NULL
    AND (a.approver <> party OR NOT of_person);

  IF NOT (decided_by = ANY (approvers)
          AND NOT EXISTS (SELECT FROM sla.employee e WHERE e.employee = decided_by AND NOT e.active)) THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('"%s" may not %s', decided_by, deed),
      HINT = format('It takes one of the roles: %s.', array_to_string(roles, ', '));
  END IF;
END
$$;

COMMENT ON FUNCTION sla._check_approver(text, text, text, text, text[], text) IS
'Fails (42501) if somebody is not among those who hold one of the roles towards a party (kind: the subject of a penalty or the scope of a reward; department: the ticket''s), or has left (sla.employee.active). Where nobody is known to hold any of them, the company keeps its people elsewhere, and nothing is checked.';

CREATE FUNCTION sla._period_of(local timestamp, span interval) RETURNS tsrange
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  anchor CONSTANT timestamp := '2001-01-01';
  months CONSTANT integer := extract(year FROM span) * 12 + extract(month FROM span);
  number integer;
BEGIN
  IF months = 0 THEN
    RETURN tsrange(date_bin(span, local, anchor), date_bin(span, local, anchor) + span);
  END IF;
  number := floor(((extract(year FROM local) - 2001) * 12 + extract(month FROM local) - 1) / months);
  RETURN tsrange(anchor + make_interval(months => number * months), anchor + make_interval(months => (number + 1) * months));
END
$$;

COMMENT ON FUNCTION sla._period_of(timestamp, interval) IS
'The calendar period of a given length in which a local time lies: months, quarters and years begin on the first, weeks on a Monday.';

CREATE FUNCTION sla._lock_party(policy text, ladder text, employee text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(format('sla.penalty %L %L %L', policy, ladder, employee), 0));
END
$$;

COMMENT ON FUNCTION sla._lock_party(text, text, text) IS
'Lets one decision at a time be taken on a party''s place on a ladder, else two become the first offence, or each takes what is left of a cap. Held to the end of the transaction.';

CREATE FUNCTION sla._check_isolation(what text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE invalid_transaction_state USING
      MESSAGE = format('%s in READ COMMITTED transactions only', what),
      DETAIL = format('What somebody else has just committed would not be seen under %s.',
        upper(current_setting('transaction_isolation'))),
      HINT = 'Use BEGIN ISOLATION LEVEL READ COMMITTED.';
  END IF;
END
$$;

COMMENT ON FUNCTION sla._check_isolation(text) IS
'Fails (25000) under REPEATABLE READ and SERIALIZABLE.';

CREATE FUNCTION sla._capped(
  policy    text,
  ladder    text,
  employee  text,
  at        timestamptz,
  time_zone text,
  amount    numeric,
  cap       numeric,
  cap_period interval
) RETURNS numeric
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  taken numeric;
BEGIN
  IF amount IS NULL OR cap IS NULL THEN
    RETURN amount;
  END IF;
  SELECT coalesce(sum(p.amount), 0) INTO taken
  FROM sla.penalty p
  WHERE p.employee = _capped.employee
    AND p.ladder = _capped.ladder
    AND p.policy = _capped.policy
    AND p.status IN ('effective', 'appealed')
    AND (p.first_due_at AT TIME ZONE time_zone) <@ sla._period_of(at AT TIME ZONE time_zone, cap_period);
  RETURN least(amount, greatest(cap - taken, 0));
END
$$;

COMMENT ON FUNCTION sla._capped(text, text, text, timestamptz, text, numeric, numeric, interval) IS
'What of an amount is left under a cap: the cap less what is taken from the party on the ladder in the same calendar period already, and not less than 0. (K-2)';

CREATE FUNCTION sla._choose_step(
  ticket_id  bigint,
  policy     text,
  version    integer,
  ladder     text,
  number     integer,
  severity   text
) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  chosen text;
BEGIN
  SELECT r.step INTO chosen
  FROM sla.penalty_rule r
  WHERE r.policy = _choose_step.policy
    AND r.version = _choose_step.version
    AND r.ladder = _choose_step.ladder
    AND r.trigger = 'offence'
    AND number BETWEEN coalesce(r.nth_from, 1) AND coalesce(r.nth_to, number)
    AND (r.severity IS NULL OR r.severity = _choose_step.severity)
    AND (r.condition IS NULL OR sla._penalty_applies(_choose_step.ticket_id, r.ladder, r.step))
  ORDER BY r.severity IS NULL, r.condition IS NULL, r.nth_from DESC NULLS LAST, r.step
  LIMIT 1;

  IF chosen IS NULL THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('ladder "%s" of policy "%s" version %s has no step for offence %s%s',
        ladder, policy, version, number, CASE WHEN severity IS NULL THEN '' ELSE format(' of severity "%s"', severity) END),
      HINT = 'Steps are the rows of sla.penalty_rule with trigger "offence"; pass a severity that has one, or waive the candidate.';
  END IF;
  RETURN chosen;
END
$$;

COMMENT ON FUNCTION sla._choose_step(bigint, text, integer, text, integer, text) IS
'The step of a ladder for the so many-th offence: one that names the severity goes before one that does not, one with a condition that holds before one without. Fails (22023) if there is none.';

CREATE FUNCTION sla._uncapped_amount(ticket_id bigint, amount numeric, percent numeric, percent_of text) RETURNS numeric
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  base numeric;
BEGIN
  IF percent IS NULL THEN
    RETURN amount;
  END IF;
  SELECT (to_jsonb(t) ->> percent_of)::numeric INTO base
  FROM sla.ticket t
  WHERE t.ticket_id = _uncapped_amount.ticket_id;
  IF base IS NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty is %s per cent of %s, which ticket %s does not say', percent, percent_of, ticket_id),
      HINT = format('Enter %s on the ticket first, or waive the candidate.', percent_of);
  END IF;
  IF base IN ('NaN', 'Infinity') THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty is %s per cent of %s, which is %s on ticket %s', percent, percent_of, base, ticket_id),
      HINT = format('Correct %s on the ticket first, or waive the candidate.', percent_of);
  END IF;
  RETURN round(greatest(base, 0) * percent / 100, 2);
END
$$;

COMMENT ON FUNCTION sla._uncapped_amount(bigint, numeric, numeric, text) IS
'What a step costs before its cap: its amount, or per cent of a ticket column, rounded to two digits. Fails (55000) while that column is empty, or no sum of money. (K-2)';

CREATE FUNCTION sla._open_document(
  ticket_id bigint,
  policy    text,
  duty      text,
  employee  text,
  subject   text,
  due_at    timestamptz
) RETURNS bigint
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'sla_open_document';

COMMENT ON FUNCTION sla._open_document(bigint, text, text, text, text, timestamptz) IS
'Opens the duty ticket of a document that a penalty asks for, as the business of whoever it strikes, and returns its number. Nobody inserts duty tickets by hand: this one is opened in the name of the tables'' owner, for those who may write penalties (else 42501), where a penalty rule of the policy asks for the duty (else 22023).';

CREATE FUNCTION sla.confirm_penalty(
  ticket_id  bigint,
  ladder     text,
  employee   text,
  decided_by text,
  reason     text DEFAULT NULL,
  severity   text DEFAULT NULL,
  ground     text DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  the_ground text;
  the_step  text;
  candidate record;
  rules     record;
  step      record;
  earlier   bigint[];
  number    integer;
  due       timestamptz;
  uncapped  numeric;
  opened    bigint;
BEGIN
  IF num_nulls(ticket_id, ladder, employee, decided_by) > 0 THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a penalty is confirmed for a ticket, a ladder and an employee, in somebody''s name, and none of them may be null',
      HINT = 'The key of a penalty is in the columns ticket_id, ladder, ground and employee of sla.penalty.';
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
  PERFORM sla._check_isolation('penalties are confirmed');

  -- With ticket and breaches locked, a candidate that outlives a refresh rests on a
  -- breach that stands, and that stays until this decision is committed (W-2).
  PERFORM sla._lock_ticket(ticket_id);
  PERFORM FROM sla.breach b
  WHERE b.ticket_id = confirm_penalty.ticket_id
  ORDER BY b.target, b.cycle, b.due_at, b.kind
  FOR SHARE;
  PERFORM sla.refresh_penalties(ARRAY[ticket_id]);
  the_ground := sla._lock_penalty(ticket_id, ladder, employee, ground, '{candidate}');

  SELECT p.policy, p.policy_version, p.first_due_at, p.status, p.decided_by, p.decided_at, p.subject,
         p.amount_uncapped INTO STRICT candidate
  FROM sla.penalty p
  WHERE p.ticket_id = confirm_penalty.ticket_id
    AND p.ladder = confirm_penalty.ladder
    AND p.ground = the_ground
    AND p.employee = confirm_penalty.employee;

  IF candidate.status = 'withdrawn' OR candidate.status = 'reversed' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s is %s', employee, ticket_id, candidate.status),
      DETAIL = 'Nothing that counts against the employee is left, or the decision was taken back.',
      HINT = format('See SELECT * FROM sla.breach WHERE ticket_id = %s.', ticket_id);
  ELSIF candidate.status <> 'candidate' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s is already %s', employee, ticket_id, candidate.status),
      DETAIL = format('It was decided by "%s" at %s.', candidate.decided_by, candidate.decided_at),
      HINT = 'A penalty is decided once; sla.waive_penalty() takes an effective one back.';
  END IF;

  SELECT r.offence_window, r.time_zone, r.calendar, t.department,
         coalesce(confirm_penalty.severity, t.urgency) AS severity INTO STRICT rules
  FROM sla.policy r, sla.ticket t
  WHERE r.policy = candidate.policy
    AND r.version = candidate.policy_version
    AND t.ticket_id = confirm_penalty.ticket_id;

  PERFORM sla._lock_party(candidate.policy, ladder, employee);

  IF the_ground = 'offence' THEN
    SELECT coalesce(array_agg(p.ticket_id ORDER BY p.first_due_at, p.ticket_id), '{}') INTO earlier
    FROM sla.penalty p
    WHERE p.employee = confirm_penalty.employee
      AND p.ladder = confirm_penalty.ladder
      AND p.policy = candidate.policy
      AND p.ground = 'offence'
      AND p.status IN ('effective', 'appealed')
      AND greatest(p.first_due_at, candidate.first_due_at)
          < ((least(p.first_due_at, candidate.first_due_at) AT TIME ZONE rules.time_zone)
             + rules.offence_window) AT TIME ZONE rules.time_zone;
    number := 1 + cardinality(earlier);
  END IF;

  the_step := CASE
    WHEN the_ground <> 'offence' THEN the_ground
    ELSE sla._choose_step(ticket_id, candidate.policy, candidate.policy_version, ladder, number, rules.severity)
  END;
  SELECT r.step, r.action, r.points, r.amount, r.percent, r.percent_of, r.cap, r.cap_period, r.approver_roles,
         r.duty AS document, CASE WHEN r.duty IS NOT NULL THEN r.duty_due END AS document_due INTO STRICT step
  FROM sla.penalty_rule r
  WHERE r.policy = candidate.policy
    AND r.version = candidate.policy_version
    AND r.ladder = confirm_penalty.ladder
    AND r.step = the_step;

  PERFORM sla._check_approver(decided_by, employee, candidate.subject, rules.department, step.approver_roles,
    format('confirm step "%s" of ladder "%s"', step.step, ladder));

  uncapped := coalesce(candidate.amount_uncapped,
    sla._uncapped_amount(ticket_id, step.amount, step.percent, step.percent_of));
  IF step.document_due IS NOT NULL THEN
    due := sla.add_business_time(instant, step.document_due,
      CASE WHEN EXISTS (SELECT FROM sla.calendar k WHERE k.calendar = 'cn_workday')
           THEN 'cn_workday' ELSE rules.calendar END);
  END IF;
  IF step.document IS NOT NULL THEN
    opened := sla._open_document(ticket_id, candidate.policy, step.document, employee, candidate.subject, due);
  END IF;

  UPDATE sla.penalty AS p
  SET status = 'effective',
      step = step.step,
      offence_no = number,
      counted_tickets = earlier,
      action = step.action,
      points = step.points,
      amount_uncapped = uncapped,
      amount = sla._capped(p.policy, p.ladder, p.employee, p.first_due_at, rules.time_zone, uncapped,
                           step.cap, step.cap_period),
      document = step.document,
      document_due_at = due,
      duty_ticket = opened,
      decided_by = confirm_penalty.decided_by,
      decided_at = instant,
      reason = confirm_penalty.reason
  WHERE p.ticket_id = confirm_penalty.ticket_id
    AND p.ladder = confirm_penalty.ladder
    AND p.ground = the_ground
    AND p.employee = confirm_penalty.employee;

  RETURN number;
END
$$;

COMMENT ON FUNCTION sla.confirm_penalty(bigint, text, text, text, text, text, text) IS
'Makes a penalty candidate effective, in somebody''s name. Where it rests on missed promises (ground "offence") it returns which offence of the employee it is: 1 plus the effective penalties of that ground in the same ladder and policy whose first deadline lies less than the policy''s offence_window away, before or after; else null. ground tells several candidates of one party and ladder apart; by default the only one is meant. Fixed from then on: the number, the step with its action, points and amount, and the deadline of the document it asks for, counted in working days of the calendar cn_workday, or of the policy''s calendar where that one is not loaded. An offence''s step is the one for its number and for the severity, by default the ticket''s urgency. An amount in per cent is of the ticket''s column as it stands; of a capped amount only what is left of the cap in its calendar period is taken. A document opens a ticket of type duty that belongs to the employee (duty_ticket). Fails if a name is missing (22004), without such a candidate or step, or with several (22023), if it was decided before, nothing is left to punish or the ticket does not say the amount (55000), if the decider is the employee himself or, where sla.employee knows anybody in an approving role, has none, or if row security hides earlier penalties of the party from the caller (42501), and under REPEATABLE READ or SERIALIZABLE (25000). (K-1, K-2, W-2, V-25; clauses D1-61, D1-62, D7-18, D24-36)';

CREATE FUNCTION sla.propose_penalty(
  ticket_id   bigint,
  ladder      text,
  step        text,
  employee    text,
  proposed_by text,
  reason      text,
  amount      numeric DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  rule record;
  steps text;
BEGIN
  IF num_nulls(ticket_id, ladder, step, employee, proposed_by) > 0
     OR coalesce(btrim(employee), '') = '' OR coalesce(btrim(reason), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a penalty is proposed for a ticket, a step of a ladder and an employee, in somebody''s name and for a reason, and none of them may be missing',
      HINT = 'The steps are the rows of sla.penalty_rule.';
  ELSIF amount < 0 OR amount IN ('NaN', 'Infinity') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('a penalty of %s cannot be proposed', amount),
      HINT = 'Leave amount out to take what the step says.';
  END IF;
  PERFORM sla._lock_ticket(ticket_id);

  SELECT t.policy, t.policy_version, r.trigger, r.subject, r.condition INTO rule
  FROM sla.ticket t
  LEFT JOIN sla.penalty_rule r
    ON r.policy = t.policy AND r.version = t.policy_version
       AND r.ladder = propose_penalty.ladder AND r.step = propose_penalty.step
  WHERE t.ticket_id = propose_penalty.ticket_id;

  IF rule.trigger IS NULL OR rule.trigger NOT IN ('manual', 'event') THEN
    SELECT string_agg(format('%s/%s', r.ladder, r.step), ', ' ORDER BY r.ladder, r.step) INTO steps
    FROM sla.penalty_rule r
    WHERE r.policy = rule.policy AND r.version = rule.policy_version AND r.trigger IN ('manual', 'event');
    RAISE invalid_parameter_value USING
      MESSAGE = CASE WHEN rule.trigger IS NULL
        THEN format('the policy of ticket %s has no step "%s" in ladder "%s"', ticket_id, step, ladder)
        ELSE format('step "%s" of ladder "%s" follows from %s, and is not proposed by hand', step, ladder,
          CASE rule.trigger WHEN 'metric' THEN 'the figures of a period' ELSE 'missed promises' END) END,
      HINT = coalesce('Steps that a person proposes: ' || steps || '.', 'The version has no step that a person proposes.');
  ELSIF rule.trigger = 'manual' AND rule.condition IS NOT NULL
     AND NOT sla._penalty_applies(ticket_id, ladder, step) THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the condition of step "%s" of ladder "%s" does not hold for ticket %s', step, ladder, ticket_id),
      DETAIL = format('The condition is: %s', rule.condition),
      HINT = 'Enter on the ticket first what the step is about.';
  END IF;

  INSERT INTO sla.penalty
    (ticket_id, ladder, ground, employee, subject, policy, policy_version, first_due_at, breach_count, status,
     amount_uncapped, proposed_by, proposal_reason, created_at)
  VALUES (ticket_id, ladder, step, employee, rule.subject, rule.policy, rule.policy_version, instant, 0, 'candidate',
          round(amount, 2), proposed_by, reason, instant)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('step "%s" of ladder "%s" was proposed against "%s" on ticket %s before', step, ladder, employee, ticket_id),
      HINT = format('See SELECT * FROM sla.penalty WHERE ticket_id = %s.', ticket_id);
  END IF;
END
$$;

COMMENT ON FUNCTION sla.propose_penalty(bigint, text, text, text, text, text, numeric) IS
'Makes a candidate that a person thinks of, in that person''s name and for a reason: of a step with trigger manual, such as the review of a serious violation, or of one with trigger event where the event was recorded without what the step''s condition asks for. employee is whom it strikes; of a step for carriers or teams, the carrier or department. amount replaces what the step says, rounded to two digits. The candidate still has to be confirmed by somebody who may. Fails if a name or the reason is missing (22004), for an unknown ticket or step, a step that is not proposed by hand or a negative amount (22023), and if the step''s condition does not hold or it was proposed before (55000). (K-1; clauses D1-63, D2-47, D5-16, D7-23)';

CREATE FUNCTION sla.waive_penalty(
  ticket_id  bigint,
  ladder     text,
  employee   text,
  decided_by text,
  reason     text,
  ground     text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  the_ground text;
  found_status text;
  document bigint;
BEGIN
  IF num_nulls(ticket_id, ladder, employee, decided_by) > 0 OR coalesce(btrim(reason), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'a penalty is waived for a ticket, a ladder and an employee, in somebody''s name and for a reason, and none of them may be missing',
      HINT = 'The key of a penalty is in the columns ticket_id, ladder, ground and employee of sla.penalty.';
  END IF;
  IF decided_by = employee THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('"%s" cannot waive a penalty of their own', decided_by),
      HINT = 'Somebody else has to decide.';
  END IF;
  PERFORM sla._lock_ticket(ticket_id);
  the_ground := sla._lock_penalty(ticket_id, ladder, employee, ground, '{candidate,effective,appealed}');

  SELECT p.status, p.duty_ticket INTO STRICT found_status, document
  FROM sla.penalty p
  WHERE p.ticket_id = waive_penalty.ticket_id
    AND p.ladder = waive_penalty.ladder
    AND p.ground = the_ground
    AND p.employee = waive_penalty.employee;

  IF found_status NOT IN ('candidate', 'effective', 'appealed') THEN
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
      AND p.ground = the_ground
      AND p.employee = waive_penalty.employee;
  ELSE
    UPDATE sla.penalty AS p
    SET status = 'reversed', reversed_by = waive_penalty.decided_by, reversed_at = instant,
        reversal_reason = waive_penalty.reason
    WHERE p.ticket_id = waive_penalty.ticket_id
      AND p.ladder = waive_penalty.ladder
      AND p.ground = the_ground
      AND p.employee = waive_penalty.employee;
    PERFORM sla._withdraw_document(document, 'the penalty was waived', true);
  END IF;
END
$$;

COMMENT ON FUNCTION sla.waive_penalty(bigint, text, text, text, text, text) IS
'Lets a penalty go, in somebody''s name and for a reason: a candidate becomes waived, an effective penalty reversed, for good, its amount counts no longer against a cap, and its document is withdrawn; the breaches stay on record. Fails if a name or the reason is missing (22004), for an unknown ticket or penalty, or with several of one party and ladder (22023), for one that is neither candidate nor effective (55000) and for the employee himself (42501). (K-1, K-2)';

CREATE FUNCTION sla.appeal_penalty(
  ticket_id   bigint,
  ladder      text,
  employee    text,
  appealed_by text,
  reason      text,
  ground      text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  the_ground text;
  found_status text;
  before timestamptz;
BEGIN
  IF num_nulls(ticket_id, ladder, employee, appealed_by) > 0 OR coalesce(btrim(reason), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'an appeal is made for a ticket, a ladder and an employee, in somebody''s name and for a reason, and none of them may be missing',
      HINT = 'The key of a penalty is in the columns ticket_id, ladder, ground and employee of sla.penalty.';
  END IF;
  PERFORM sla._lock_ticket(ticket_id);
  the_ground := sla._lock_penalty(ticket_id, ladder, employee, ground, '{effective}');

  SELECT p.status, p.appealed_at INTO STRICT found_status, before
  FROM sla.penalty p
  WHERE p.ticket_id = appeal_penalty.ticket_id
    AND p.ladder = appeal_penalty.ladder
    AND p.ground = the_ground
    AND p.employee = appeal_penalty.employee;

  IF found_status <> 'effective' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s is %s, and nobody can appeal against it', employee, ticket_id, found_status),
      HINT = 'Only effective penalties can be appealed against.';
  ELSIF before IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('the penalty of "%s" on ticket %s was appealed against at %s, and upheld', employee, ticket_id, before),
      HINT = 'An appeal is decided once; sla.waive_penalty() can still take the penalty back.';
  END IF;

  UPDATE sla.penalty AS p
  SET status = 'appealed', appealed_by = appeal_penalty.appealed_by, appealed_at = sla.now(),
      appeal_reason = appeal_penalty.reason
  WHERE p.ticket_id = appeal_penalty.ticket_id
    AND p.ladder = appeal_penalty.ladder
    AND p.ground = the_ground
    AND p.employee = appeal_penalty.employee;
END
$$;

COMMENT ON FUNCTION sla.appeal_penalty(bigint, text, text, text, text, text) IS
'Records that somebody appeals against an effective penalty. Until sla.decide_appeal() it counts as before. Who sees no penalties, as an agent does not, has it recorded by a manager: appealed_by names the one who appeals. There is no time limit, since no regulation sets one. Fails if a name or the reason is missing (22004), for an unknown ticket or penalty, or with several of one party and ladder (22023), and if it is not effective or was appealed against before (55000). (K-1)';

CREATE FUNCTION sla.decide_appeal(
  ticket_id  bigint,
  ladder     text,
  employee   text,
  decision   text,
  decided_by text,
  reason     text,
  ground     text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  the_ground text;
  penalty record;
BEGIN
  IF num_nulls(ticket_id, ladder, employee, decided_by) > 0 OR coalesce(btrim(reason), '') = '' THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'an appeal is decided for a ticket, a ladder and an employee, in somebody''s name and for a reason, and none of them may be missing',
      HINT = 'The key of a penalty is in the columns ticket_id, ladder, ground and employee of sla.penalty.';
  ELSIF decision IS NULL OR decision NOT IN ('upheld', 'reversed') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('an appeal cannot be decided %s', coalesce('"' || decision || '"', 'null')),
      HINT = 'The decision is about the penalty: upheld (it stands) or reversed (it is taken back).';
  END IF;
  PERFORM sla._lock_ticket(ticket_id);
  the_ground := sla._lock_penalty(ticket_id, ladder, employee, ground, '{appealed}');

  SELECT p.status, p.decided_by, p.appealed_by, p.duty_ticket INTO STRICT penalty
  FROM sla.penalty p
  WHERE p.ticket_id = decide_appeal.ticket_id
    AND p.ladder = decide_appeal.ladder
    AND p.ground = the_ground
    AND p.employee = decide_appeal.employee;

  IF penalty.status <> 'appealed' THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('nobody has appealed against the penalty of "%s" on ticket %s, which is %s', employee, ticket_id, penalty.status),
      HINT = 'sla.appeal_penalty() records an appeal.';
  ELSIF decide_appeal.decided_by IN (employee, penalty.appealed_by, penalty.decided_by) THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('"%s" cannot decide on this appeal', decide_appeal.decided_by),
      HINT = 'It takes somebody who is neither the employee, nor made the appeal, nor confirmed the penalty.';
  END IF;

  UPDATE sla.penalty AS p
  SET status = CASE decision WHEN 'upheld' THEN 'effective' ELSE 'reversed' END,
      appeal_decision = decision, appeal_decided_by = decide_appeal.decided_by, appeal_decided_at = instant,
      appeal_decision_reason = decide_appeal.reason,
      reversed_by = CASE decision WHEN 'reversed' THEN decide_appeal.decided_by ELSE p.reversed_by END,
      reversed_at = CASE decision WHEN 'reversed' THEN instant ELSE p.reversed_at END,
      reversal_reason = CASE decision WHEN 'reversed' THEN decide_appeal.reason ELSE p.reversal_reason END
  WHERE p.ticket_id = decide_appeal.ticket_id
    AND p.ladder = decide_appeal.ladder
    AND p.ground = the_ground
    AND p.employee = decide_appeal.employee;
  IF decision = 'reversed' THEN
    PERFORM sla._withdraw_document(penalty.duty_ticket, 'the penalty was reversed on appeal', true);
  END IF;
END
$$;

COMMENT ON FUNCTION sla.decide_appeal(bigint, text, text, text, text, text, text) IS
'Decides on an appeal: upheld (the penalty stands, as it was) or reversed (it is taken back for good, its amount counts no longer against a cap, its document is withdrawn). Fails if a name or the reason is missing (22004), for an unknown decision, ticket or penalty, or with several of one party and ladder (22023), if nobody has appealed (55000), and if the decider is the employee, made the appeal or confirmed the penalty (42501). (K-1)';

REVOKE EXECUTE ON FUNCTION sla.attribute_breach(bigint, text, integer, timestamptz, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.void_breach(bigint, text, integer, timestamptz, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.confirm_penalty(bigint, text, text, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.propose_penalty(bigint, text, text, text, text, text, numeric) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.waive_penalty(bigint, text, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.appeal_penalty(bigint, text, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.decide_appeal(bigint, text, text, text, text, text, text) FROM PUBLIC;

-- setup:

CREATE TABLE IF NOT EXISTS sla.penalty (
  ticket_id         bigint NOT NULL,
  ladder            text COLLATE "C" NOT NULL,
  ground            text COLLATE "C" NOT NULL DEFAULT 'offence' CHECK (ground <> ''),
  employee          text COLLATE "C" NOT NULL,
  subject           text NOT NULL DEFAULT 'responsible'
                    CHECK (subject IN ('responsible', 'against_employee', 'dept_head', 'carrier', 'team')),
  policy            text COLLATE "C" NOT NULL,
  policy_version    integer NOT NULL,
  first_due_at      timestamptz NOT NULL,
  breach_count      integer NOT NULL,
  metric_value      numeric,
  status            text NOT NULL DEFAULT 'candidate'
                    CHECK (status IN ('candidate', 'effective', 'appealed', 'waived', 'withdrawn', 'reversed')),
  step              text COLLATE "C",
  offence_no        integer CHECK (offence_no > 0),
  counted_tickets   bigint[],
  action            text,
  points            numeric,
  amount_uncapped   numeric,
  amount            numeric,
  document          text,
  document_due_at   timestamptz,
  duty_ticket       bigint,
  proposed_by       text COLLATE "C",
  proposal_reason   text,
  created_at        timestamptz NOT NULL,
  decided_by        text COLLATE "C",
  decided_at        timestamptz,
  reason            text,
  appealed_by       text COLLATE "C",
  appealed_at       timestamptz,
  appeal_reason     text,
  appeal_decision   text CHECK (appeal_decision IN ('upheld', 'reversed')),
  appeal_decided_by text COLLATE "C",
  appeal_decided_at timestamptz,
  appeal_decision_reason text,
  reversed_at       timestamptz,
  reversed_by       text COLLATE "C",
  reversal_reason   text,
  PRIMARY KEY (ticket_id, ladder, ground, employee),
  CHECK (status NOT IN ('effective', 'appealed') OR num_nulls(step, decided_by, decided_at) = 0),
  CHECK (status NOT IN ('effective', 'appealed') OR (ground = 'offence') = (offence_no IS NOT NULL)),
  CHECK (status <> 'appealed' OR num_nulls(appealed_by, appealed_at) = 0)
);
CREATE INDEX IF NOT EXISTS penalty_employee ON sla.penalty (employee, ladder, first_due_at);
CREATE INDEX IF NOT EXISTS penalty_undecided ON sla.penalty (created_at) WHERE status = 'candidate';

COMMENT ON TABLE sla.penalty IS
'What a breach, an event or a figure may cost somebody: one row per ticket, ladder, ground and party. However many deadlines were missed on a ticket, in however many cycles, they are one offence. Candidates are written by the engine, or proposed by a person; only a person makes one effective, with sla.confirm_penalty(), and only effective ones count. (K-1, K-2; clauses D1-61 to D1-63, D2-46, D7-18, D24-36)';
COMMENT ON COLUMN sla.penalty.ticket_id IS
'The ticket it is about; of a figure of a period the duty ticket "assessment" of that period.';
COMMENT ON COLUMN sla.penalty.ladder IS
'The penalty ladder (sla.penalty_rule.ladder).';
COMMENT ON COLUMN sla.penalty.ground IS
'What it rests on: offence (missed promises and process violations, whose step is chosen at confirmation), else the step of the ladder that an event, a figure or a person called for.';
COMMENT ON COLUMN sla.penalty.employee IS
'Whom it strikes: of an offence who was responsible when the deadline passed (K-4); see subject.';
COMMENT ON COLUMN sla.penalty.subject IS
'What kind of party employee names: responsible (who answers for the ticket or the figure), against_employee (whom the complaint is about), dept_head, carrier (a carrier''s name), team (a department).';
COMMENT ON COLUMN sla.penalty.policy IS
'The policy the ladder belongs to.';
COMMENT ON COLUMN sla.penalty.policy_version IS
'The version of that policy whose steps apply: of a ticket the one it was received under, of a period the one in force when it began.';
COMMENT ON COLUMN sla.penalty.first_due_at IS
'Of an offence the earliest missed deadline that counts, or of all if none does, which places it in the offence window; else when the event took effect, the period ended or the proposal was made. It places an amount in the period of its cap. Fixed at confirmation.';
COMMENT ON COLUMN sla.penalty.breach_count IS
'How many breaches of the ticket it rests on; 0 when withdrawn, and where it is no offence. Fixed at confirmation.';
COMMENT ON COLUMN sla.penalty.metric_value IS
'The figure that called for it, as the scorecard shows it; null where no figure did.';
COMMENT ON COLUMN sla.penalty.status IS
'candidate: waits for a decision. effective: confirmed, counts. appealed: confirmed and appealed against, counts until that is decided. waived: a person let it go. withdrawn: a candidate whose ground fell away. reversed: was effective and was taken back.';
COMMENT ON COLUMN sla.penalty.step IS
'The step of the ladder that was imposed; null until confirmed.';
COMMENT ON COLUMN sla.penalty.offence_no IS
'Which offence of the employee within the window this was at confirmation; never renumbered (V-25). Null where it is no offence.';
COMMENT ON COLUMN sla.penalty.counted_tickets IS
'The tickets of the effective penalties that were counted before this one, offence_no - 1 of them.';
COMMENT ON COLUMN sla.penalty.action IS
'What is imposed, as the step said at confirmation: warning, score deduction and so on. Dismissal, demotion, pay cut and legal liability are only ever a review.';
COMMENT ON COLUMN sla.penalty.points IS
'Performance points taken off, as the step said at confirmation.';
COMMENT ON COLUMN sla.penalty.amount_uncapped IS
'Money, in the company''s currency, before the cap. In a candidate only what whoever proposed it asked for.';
COMMENT ON COLUMN sla.penalty.amount IS
'Money, in the company''s currency, that is taken: amount_uncapped, or what was left of the cap at confirmation. (K-2, clause D24-36)';
COMMENT ON COLUMN sla.penalty.document IS
'The document that is owed, such as a written self-review (sla.penalty_rule.duty); null if none. (Clause D1-61)';
COMMENT ON COLUMN sla.penalty.document_due_at IS
'Until when the document was to be handed in, counted in working days from the confirmation. The duty ticket''s own due_at goes before it.';
COMMENT ON COLUMN sla.penalty.duty_ticket IS
'The ticket of type duty that follows the document up; record document_filed (or rectified) on it when it comes. The document is filed when that event says so.';
COMMENT ON COLUMN sla.penalty.proposed_by IS
'Who proposed it; null where a breach, an event or a figure did.';
COMMENT ON COLUMN sla.penalty.proposal_reason IS
'Why, in the words of that person.';
COMMENT ON COLUMN sla.penalty.created_at IS
'When the candidate was first written.';
COMMENT ON COLUMN sla.penalty.decided_by IS
'Who confirmed or waived it.';
COMMENT ON COLUMN sla.penalty.decided_at IS
'When it was confirmed or waived.';
COMMENT ON COLUMN sla.penalty.reason IS
'Why it was confirmed or waived, in the decider''s words.';
COMMENT ON COLUMN sla.penalty.appealed_by IS
'Who appealed against it.';
COMMENT ON COLUMN sla.penalty.appealed_at IS
'When the appeal was recorded; null: none.';
COMMENT ON COLUMN sla.penalty.appeal_reason IS
'What the appeal says.';
COMMENT ON COLUMN sla.penalty.appeal_decision IS
'upheld (the penalty stands) or reversed; null while the appeal is open, and where there is none.';
COMMENT ON COLUMN sla.penalty.appeal_decided_by IS
'Who decided on the appeal.';
COMMENT ON COLUMN sla.penalty.appeal_decided_at IS
'When that was decided.';
COMMENT ON COLUMN sla.penalty.appeal_decision_reason IS
'Why, in the words of that person.';
COMMENT ON COLUMN sla.penalty.reversed_at IS
'When it was last taken back after confirmation.';
COMMENT ON COLUMN sla.penalty.reversed_by IS
'Who took it back; null if it fell because its ground fell away.';
COMMENT ON COLUMN sla.penalty.reversal_reason IS
'Why it was taken back, in the words of that person.';
