--
-- access.sql
--		Who may do what: four kinds of access, each given and taken in one call.
--
-- No function of the extension runs with its owner's rights (K-5), so what a role may
-- do is what it was granted on the tables.  The exceptions are written in C: the
-- triggers of sla.ticket, sla.record() and sla.sweep() write clocks, events and their
-- consequences in the name of the tables' owner, and so nobody else needs to be able to.
--

CREATE FUNCTION sla._access_rights(access text) RETURNS TABLE (rights text, object text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- What the people at the desk fill in; the rest of the ticket is the engine's.
  business CONSTANT text :=
    'type, category, urgency, impact, severity, complexity, priority, channel, customer, customer_tier, '
    'subject, description, department, departments, owner, assignee, acceptor, carrier, supplier, '
    'against_employee, needs_department, onsite_required, business_impact, verification_outcome, '
    'complaint_cause, responsibility, decision_owner, product, asset, fault_code, root_cause, order_ref, '
    'amount_involved, loss_amount, happened_at, promised_at, appointment_at, customer_required_at, '
    'agreed_reply_at, parent_ticket, repeat_of, attributes';
  included text[];
BEGIN
  included := CASE access
    WHEN 'reader' THEN '{reader}'
    WHEN 'agent' THEN '{agent}'
    WHEN 'manager' THEN '{agent,manager}'
    WHEN 'admin' THEN '{admin}'
  END;
  IF included IS NULL THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('there is no access named %s', coalesce('"' || access || '"', 'null')),
      HINT = 'Accesses are reader, agent, manager and admin.';
  END IF;

  RETURN QUERY
  SELECT g.rights, format('TABLE sla.%I', o.name)
  FROM (VALUES
    ('reader', 'SELECT', ARRAY[
      'as_of', 'month', 'ticket_facts', 'clock_facts', 'rating_facts', 'scorecard_facts', 'ticket_statistics', 'breach_statistics',
      'rating_statistics', 'live_board',
      'breach_list', 'breach_pareto', 'escalation_list', 'penalty_register', 'dissatisfied_tickets',
      'tickets_without_owner_or_due', 'retention_due', 'archive_index', 'archive_index_yearly', 'pauses',
      'compliance_monthly', 'compliance_monthly_plain', 'compliance_live', 'verdicts_monthly', 'verdicts_live',
      'rollup_months', 'cost_installation_monthly', 'cost_dispatch_monthly', 'cost_material_monthly',
      'cost_transport_monthly', 'cost_total_monthly',
      'response_time_monthly', 'resolution_time_monthly', 'resolution_rate_monthly',
      'satisfaction_monthly', 'employee_scorecard_monthly', 'department_scorecard_monthly',
      'scorecard_parts', 'employee_scorecard_quarterly', 'department_scorecard_quarterly', 'annual_summary',
      'figures_monthly', 'team_change_quarterly', 'kpi_attainment', 'reward_register',
      'duty_facts', 'duty_board', 'filing_compliance_monthly', 'silent_channel',
      'volume_monthly', 'volume_weekly', 'common_causes_monthly', 'complaint_rate_monthly', 'open_tickets_age',
      'workload', 'meeting_pack_weekly', 'meeting_pack_items', 'improvement_actions', 'improvement_monthly',
      'suggestions_monthly', 'unmet_demands', 'record_completeness_monthly', 'incomplete_records',
      'repeat_repairs', 'repeat_repair_monthly', 'recurrence_monthly', 'fault_statistics_monthly',
      'repair_efficiency_monthly', 'open_receipts', 'service_project_monthly', 'fairness_quarterly', 'carrier_monthly',
      'exception_facts', 'exception_statistics_monthly', 'exception_statistics_weekly']),

    ('agent', format('SELECT, INSERT (policy, received_at, %1$s), UPDATE (%1$s)', business), ARRAY['ticket']),
    ('agent', 'SELECT', ARRAY['event', 'clock', 'clocks']),
    ('agent', 'SELECT, INSERT (ticket_id, spent_on, kind, persons, trips, days, amount, contract_covered, '
              'department, employee, note)', ARRAY['cost_line']),
    -- What sla.explain() tells from.
    ('agent', 'SELECT', ARRAY['policy', 'target', 'calendar', 'calendar_day']),
    ('agent', 'SELECT (ticket_id, target, cycle, seq, kind, due_at, born_overdue, responsible_role, responsible, '
              'attribution, voided_at)', ARRAY['breach']),
    ('agent', 'SELECT', ARRAY['my_access', 'my_tickets', 'ticket_progress']),
    -- What sla.file_duty() looks into.
    ('agent', 'SELECT', ARRAY['duty', 'duty_board']),

    ('manager', 'SELECT, UPDATE (attribution, attributed_by, attributed_at, attribution_reason, '
                'voided_at, voided_by, void_reason, settled_at)', ARRAY['breach']),
    ('manager', 'UPDATE (override)', ARRAY['clock']),
    ('manager', 'SELECT', ARRAY['complaint_register', 'report_circular']),
    ('manager', 'SELECT, INSERT, UPDATE', ARRAY['penalty', 'reward']),
    -- What periods are assessed by.
    ('manager', 'SELECT', ARRAY['duty_run', 'reward_rule', 'kpi_target', 'figures_monthly', 'team_change_quarterly',
      'kpi_attainment', 'reward_register', 'penalty_register']),
    ('manager', 'SELECT, UPDATE', ARRAY['notification']),
    ('manager', 'SELECT', ARRAY['escalation', 'escalation_standing', 'health', 'penalty_rule', 'employee', 'department',
      'contact_access_report', 'archive_index', 'archive_index_yearly', 'retention_due']),

    ('admin', 'SELECT, INSERT, UPDATE, DELETE', ARRAY[
      'calendar', 'calendar_hours', 'calendar_day', 'policy', 'target', 'event_rule', 'classification',
      'escalation_step', 'penalty_rule', 'reward_rule', 'duty', 'kpi_target', 'employee', 'department']),
    ('admin', 'SELECT, DELETE', ARRAY['finding']),
    -- What sla.simulate() compares with: figures, nothing of customers.
    ('admin', 'SELECT', ARRAY['ticket_facts', 'clock_facts', 'breach_list', 'judged_deadlines']),
    ('admin', 'SELECT', ARRAY['presets', 'health', 'sweep_state', 'sweep_log', 'schema_version', 'duty_run', 'duty_board', 'attachment', 'attached_row',
      'rollup_month', 'rollup_mark', 'compliance_rollup', 'verdict_rollup', 'purge_log', 'retention_due', 'archive_index', 'archive_index_yearly'])
  ) AS g(access, rights, names)
  CROSS JOIN LATERAL unnest(g.names) AS o(name)
  WHERE g.access = ANY (included)
    AND to_regclass(format('sla.%I', o.name)) IS NOT NULL;

  RETURN QUERY
  SELECT 'EXECUTE', format('ROUTINE %s', p.oid::regprocedure)
  FROM (VALUES
    ('agent', ARRAY['record', 'rate', 'explain', 'explain_text', 'file_duty', 'contact', 'set_contact', 'record_disclosure']),
    ('manager', ARRAY[
      'attribute_breach', 'void_breach', 'propose_penalty', 'confirm_penalty', 'waive_penalty',
      'appeal_penalty', 'decide_appeal', 'refresh_penalties', 'propose_reward', 'confirm_reward', 'reject_reward',
      'claim_notifications', 'acknowledge_notification', 'fail_notification', 'assess',
      'set_legal_hold', 'archive', 'archive_all']),
    ('admin', ARRAY[
      'load_preset', 'load_calendar', 'revise_policy', 'publish_policy', 'simulate',
      '_simulation', '_simulated', 'recalculate', 'dump_config', '_dump_rows', '_table_of',
      'sweep', 'sweep_all', 'schedule', 'unschedule', 'archive', 'archive_all', 'purge'])
  ) AS g(access, names)
  JOIN pg_proc p ON p.proname = ANY (g.names)
  WHERE g.access = ANY (included)
    AND p.pronamespace = 'sla'::regnamespace;
END
$$;

COMMENT ON FUNCTION sla._access_rights(text) IS
'What an access consists of, as far as this database has it: rights, and the object they are on, as GRANT writes them.';

CREATE FUNCTION sla._check_role(role name) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- "public" is no role, and GRANT would take it for everybody even in quotes.
  IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = _check_role.role) THEN
    RAISE undefined_object USING
      MESSAGE = format('role %s does not exist', coalesce('"' || role || '"', 'null')),
      HINT = 'Create it with CREATE ROLE; access is given to roles, not to everybody.';
  END IF;
END
$$;

COMMENT ON FUNCTION sla._check_role(name) IS
'Fails (42704) if there is no such role.';

CREATE FUNCTION sla.grant_access(access text, role name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part record;
BEGIN
  PERFORM sla._check_role(role);
  FOR part IN SELECT r.rights, r.object FROM sla._access_rights(access) r LOOP
    EXECUTE format('GRANT %s ON %s TO %I', part.rights, part.object, role);
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA sla TO %I', role);
END
$$;

COMMENT ON FUNCTION sla.grant_access(text, name) IS
'Gives a role one kind of access. reader: the views for BI tools, which hold no customer''s name or contact and nothing that was written. agent: enters tickets and changes what people fill in, records events and ratings, sees tickets, events and clocks and what sla.explain() tells about them, and asks for contact data of the own tickets. manager: an agent who also sees breaches, penalties, rewards, escalations, sla.health and who has looked at contact data, decides on breaches, penalties, appeals (also recording those of employees) and rewards, assesses periods, sets legal holds, archives and handles notifications. admin: the configuration tables and functions, the sweep and its schedule, archiving and purging, and the facts that sla.simulate() compares with, but no tickets and no penalties. Which tickets an agent or manager sees is narrowed by sla.enable_row_security(). A role may have more than one; granting again after an upgrade adds what is new. To be called by a superuser, or by a role that owns both the tables and the extension. Fails for an unknown access (22023) or role (42704). (K-5)';

CREATE FUNCTION sla._policed_tables() RETURNS TABLE (table_name name)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT c.relname
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'ticket_id' AND NOT a.attisdropped
  WHERE c.relnamespace = 'sla'::regnamespace
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    -- What administrators and the sweep keep of themselves.
    AND c.relname NOT IN ('ticket', 'finding', 'attached_row', 'rollup_mark')
  ORDER BY c.relname
$$;

COMMENT ON FUNCTION sla._policed_tables() IS
'The tables, besides sla.ticket, whose rows belong to a ticket and are hidden with it.';

CREATE FUNCTION sla.enable_row_security() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
  -- What the view sla.my_tickets says: a policy that asked the view would read the table twice.
  -- What is found out about the caller is found out once per statement.
  seen CONSTANT text :=
    '(SELECT sla._sees_all()) OR department = ANY ((SELECT sla._my_departments())::text[]) '
    'OR owner = ANY ((SELECT sla._my_people())::text[]) OR assignee = ANY ((SELECT sla._my_people())::text[]) '
    'OR acceptor = ANY ((SELECT sla._my_people())::text[]) OR departments && (SELECT sla._my_departments())';
  part name;
BEGIN
  DROP POLICY IF EXISTS sla_see ON sla.ticket;
  DROP POLICY IF EXISTS sla_enter ON sla.ticket;
  DROP POLICY IF EXISTS sla_change ON sla.ticket;
  EXECUTE format('CREATE POLICY sla_see ON sla.ticket FOR SELECT USING (%s)', seen);
  EXECUTE format('CREATE POLICY sla_change ON sla.ticket FOR UPDATE USING (%s) WITH CHECK (true)', seen);
  CREATE POLICY sla_enter ON sla.ticket FOR INSERT WITH CHECK (true);
  ALTER TABLE sla.ticket ENABLE ROW LEVEL SECURITY;

  FOR part IN SELECT t.table_name FROM sla._policed_tables() t LOOP
    EXECUTE format('DROP POLICY IF EXISTS sla_see ON sla.%I', part);
    EXECUTE format('CREATE POLICY sla_see ON sla.%I USING ((SELECT sla._sees_all())
      OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = %1$I.ticket_id)%2$s)', part,
      CASE part
        -- A cost of no ticket belongs to whoever bears it.
        WHEN 'cost_line' THEN ' OR ticket_id IS NULL AND (department IS NULL '
          'OR department = ANY ((SELECT sla._my_departments())::text[]))'
        -- Whoever is above an employee has to know all of the employee's offences to count them.
        WHEN 'penalty' THEN ' OR employee = ANY ((SELECT sla._my_people())::text[])'
        WHEN 'reward' THEN ' OR scope IN (''employee'', ''dept_head'') AND subject = ANY ((SELECT sla._my_people())::text[])'
          ' OR scope = ''team'' AND subject = ANY ((SELECT sla._my_departments())::text[])'
        -- Administrators, who see no ticket, look after duties; sla.assess() finds by it which periods have a file.
        WHEN 'duty_run' THEN ' OR (SELECT sla._sees_hidden()) OR duty = ''assessment'''
      END);
    EXECUTE format('ALTER TABLE sla.%I ENABLE ROW LEVEL SECURITY', part);
  END LOOP;
  -- Policies read them with the rights of whoever asks, and each role finds itself in them only.
  GRANT SELECT ON sla.my_access, sla.my_tickets TO PUBLIC;
END
$$;

COMMENT ON FUNCTION sla.enable_row_security() IS
'Switches row security on: from now on every role but the tables'' owner, superusers and roles with BYPASSRLS sees, in sla.ticket and in every table whose rows belong to a ticket, only the tickets in sla.my_tickets, and so do sla.clocks, sla.explain() and sla.record(). A role that no active row of sla.employee names sees none. What the engine itself writes and the views of reader show is not narrowed. Anybody who may may enter a ticket, also for another department. May be run again, and has to be after a table was added. To be called by a superuser or the owner of the tables. (D1-42, D1-48, D2-39, C-25, K-5)';

CREATE FUNCTION sla.disable_row_security() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
  part name;
BEGIN
  ALTER TABLE sla.ticket DISABLE ROW LEVEL SECURITY;
  DROP POLICY IF EXISTS sla_see ON sla.ticket;
  DROP POLICY IF EXISTS sla_enter ON sla.ticket;
  DROP POLICY IF EXISTS sla_change ON sla.ticket;
  FOR part IN SELECT t.table_name FROM sla._policed_tables() t LOOP
    EXECUTE format('ALTER TABLE sla.%I DISABLE ROW LEVEL SECURITY', part);
    EXECUTE format('DROP POLICY IF EXISTS sla_see ON sla.%I', part);
  END LOOP;
  REVOKE SELECT ON sla.my_access, sla.my_tickets FROM PUBLIC;
END
$$;

COMMENT ON FUNCTION sla.disable_row_security() IS
'Switches row security off again: roles see what they were granted. Policies that a company has made itself, under other names, stay, and do nothing meanwhile. To be called by a superuser or the owner of the tables.';

CREATE FUNCTION sla.revoke_access(access text, role name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part record;
BEGIN
  PERFORM sla._check_role(role);
  FOR part IN SELECT r.rights, r.object FROM sla._access_rights(access) r LOOP
    EXECUTE format('REVOKE %s ON %s FROM %I', part.rights, part.object, role);
  END LOOP;

  IF NOT EXISTS (
    SELECT
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) a
    JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.relnamespace = 'sla'::regnamespace AND r.rolname = revoke_access.role)
  THEN
    EXECUTE format('REVOKE USAGE ON SCHEMA sla FROM %I', role);
  END IF;
END
$$;

COMMENT ON FUNCTION sla.revoke_access(text, name) IS
'Takes one kind of access from a role. What another access of the same role also contains is gone too: grant that one again. To be called by whoever granted it. Fails for an unknown access (22023) or role (42704).';

REVOKE EXECUTE ON FUNCTION sla.grant_access(text, name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.revoke_access(text, name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.enable_row_security() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.disable_row_security() FROM PUBLIC;

-- setup:

-- Where row security is on, it also holds for what an upgrade has brought.
IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = 'sla.ticket'::regclass)
   AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = 'sla.ticket'::regclass AND p.polname = 'sla_see')
THEN
  PERFORM sla.enable_row_security();
END IF;
