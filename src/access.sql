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
      'as_of', 'ticket_facts', 'clock_facts', 'rating_facts', 'scorecard_facts', 'live_board',
      'breach_list', 'breach_pareto', 'escalation_list', 'penalty_register', 'dissatisfied_tickets',
      'tickets_without_owner_or_due', 'retention_due', 'pauses', 'compliance_monthly', 'compliance_monthly_plain', 'compliance_live',
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
      'repair_efficiency_monthly', 'service_project_monthly', 'fairness_quarterly', 'carrier_monthly',
      'exception_facts', 'exception_statistics_monthly', 'exception_statistics_weekly']),

    ('agent', format('SELECT, INSERT (policy, received_at, %1$s), UPDATE (%1$s)', business), ARRAY['ticket']),
    ('agent', 'SELECT', ARRAY['event', 'clock', 'clocks']),
    ('agent', 'SELECT, INSERT (ticket_id, spent_on, kind, persons, trips, days, amount, contract_covered, '
              'department, employee, note)', ARRAY['cost_line']),
    -- What sla.explain() tells from.
    ('agent', 'SELECT', ARRAY['policy', 'target', 'calendar', 'calendar_day', 'ticket_facts', 'breach_list']),
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
    ('manager', 'SELECT', ARRAY['escalation', 'escalation_standing', 'health', 'penalty_rule', 'employee', 'department']),

    ('admin', 'SELECT, INSERT, UPDATE, DELETE', ARRAY[
      'calendar', 'calendar_hours', 'calendar_day', 'policy', 'target', 'event_rule', 'classification',
      'escalation_step', 'penalty_rule', 'reward_rule', 'duty', 'kpi_target', 'employee', 'department']),
    ('admin', 'SELECT, DELETE', ARRAY['finding']),
    -- What sla.simulate() compares with: figures, nothing of customers.
    ('admin', 'SELECT', ARRAY['ticket_facts', 'clock_facts', 'breach_list', 'judged_deadlines']),
    ('admin', 'SELECT', ARRAY['presets', 'health', 'sweep_state', 'sweep_log', 'schema_version', 'duty_run', 'duty_board', 'attachment', 'attached_row',
      'rollup_month', 'rollup_mark', 'compliance_rollup'])
  ) AS g(access, rights, names)
  CROSS JOIN LATERAL unnest(g.names) AS o(name)
  WHERE g.access = ANY (included)
    AND to_regclass(format('sla.%I', o.name)) IS NOT NULL;

  RETURN QUERY
  SELECT 'EXECUTE', format('ROUTINE %s', p.oid::regprocedure)
  FROM (VALUES
    ('agent', ARRAY['record', 'rate', 'explain', 'explain_text', 'file_duty']),
    ('manager', ARRAY[
      'attribute_breach', 'void_breach', 'propose_penalty', 'confirm_penalty', 'waive_penalty',
      'appeal_penalty', 'decide_appeal', 'refresh_penalties', 'propose_reward', 'confirm_reward', 'reject_reward',
      'claim_notifications', 'acknowledge_notification', 'fail_notification', 'assess']),
    ('admin', ARRAY[
      'load_preset', 'load_calendar', 'revise_policy', 'publish_policy', 'simulate',
      '_simulation', '_simulated', 'recalculate', 'dump_config', '_dump_rows',
      'sweep', 'sweep_all', 'schedule', 'unschedule'])
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
'Gives a role one kind of access. reader: the views for BI tools, which hold no customer''s name or contact and nothing that was written. agent: enters tickets and changes what people fill in, records events and ratings, sees tickets, events and clocks and what sla.explain() tells about them. manager: an agent who also sees breaches, penalties, rewards, escalations and sla.health, decides on breaches, penalties, appeals (also recording those of employees) and rewards, assesses periods and handles notifications. admin: the configuration tables and functions, the sweep and its schedule, and the facts that sla.simulate() compares with, but no tickets and no penalties. A role may have more than one; granting again after an upgrade adds what is new. To be called by a superuser, or by a role that owns both the tables and the extension. Fails for an unknown access (22023) or role (42704). (K-5)';

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
