--
-- Who may do what.
--
-- All in one transaction that is rolled back; an error undoes its own statement only.
--
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on

-- No function runs with its owner's rights: the tables belong to whoever ran setup().
SELECT p.oid::regprocedure AS security_definer
FROM pg_proc p
WHERE p.pronamespace = 'sla'::regnamespace AND p.prosecdef;

-- Every function in SQL or PL/pgSQL sees the system's names only. (A procedure that commits cannot.)
SELECT p.oid::regprocedure AS search_path_open
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'sla'::regnamespace AND p.prokind = 'f' AND l.lanname IN ('plpgsql', 'sql')
  AND p.prosrc ~ '(?i)\m(from|into|update|perform)\M'
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
ORDER BY 1;

-- What changes something is not for everybody.
SELECT p.oid::regprocedure AS for_everybody
FROM pg_proc p
WHERE p.pronamespace = 'sla'::regnamespace AND p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype
  AND p.proname NOT LIKE '\_%'
  AND has_function_privilege('public', p.oid, 'EXECUTE')
ORDER BY p.proname;

-- Tables are for nobody but their owner.
SELECT c.oid::regclass AS for_everybody
FROM pg_class c
CROSS JOIN LATERAL aclexplode(c.relacl) a
WHERE c.relnamespace = 'sla'::regnamespace AND a.grantee = 0;

BEGIN;
CREATE ROLE regress_sla_reader;
CREATE ROLE regress_sla_agent;
CREATE ROLE regress_sla_manager;
CREATE ROLE regress_sla_admin;
SELECT sla.grant_access('reader', 'regress_sla_reader'), sla.grant_access('agent', 'regress_sla_agent'),
       sla.grant_access('manager', 'regress_sla_manager'), sla.grant_access('admin', 'regress_sla_admin') \g /dev/null

CREATE VIEW pg_temp.granted AS
SELECT substr(r.rolname, 13) AS access, o.kind, o.object, string_agg(o.privilege, ', ' ORDER BY o.privilege) AS rights
FROM (
  SELECT 'table' AS kind, c.relname::text AS object, a.grantee, a.privilege_type AS privilege
  FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
  WHERE c.relnamespace = 'sla'::regnamespace
  UNION
  SELECT 'table', c.relname, a.grantee, a.privilege_type || ' (columns)'
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN LATERAL aclexplode(t.attacl) a
  WHERE c.relnamespace = 'sla'::regnamespace
  UNION
  SELECT 'function', p.proname, a.grantee, a.privilege_type
  FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) a
  WHERE p.pronamespace = 'sla'::regnamespace
  UNION
  SELECT 'schema', n.nspname, a.grantee, a.privilege_type
  FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
  WHERE n.nspname = 'sla'
) AS o
JOIN pg_roles r ON r.oid = o.grantee
WHERE r.rolname LIKE 'regress\_sla\_%'
GROUP BY r.rolname, o.kind, o.object;

-- Exactly this.
SELECT kind, object, rights FROM pg_temp.granted WHERE access = 'reader' ORDER BY kind, object COLLATE "C";
SELECT kind, object, rights FROM pg_temp.granted WHERE access = 'agent' ORDER BY kind, object COLLATE "C";
SELECT kind, object, rights FROM pg_temp.granted WHERE access = 'manager' ORDER BY kind, object COLLATE "C";
SELECT kind, object, rights FROM pg_temp.granted WHERE access = 'admin' ORDER BY kind, object COLLATE "C";

-- The columns of a ticket that are the engine's.
SELECT string_agg(a.attname, ', ' ORDER BY a.attnum)
         FILTER (WHERE NOT has_column_privilege('regress_sla_agent', a.attrelid, a.attnum, 'INSERT')) AS not_inserted,
       string_agg(a.attname, ', ' ORDER BY a.attnum)
         FILTER (WHERE NOT has_column_privilege('regress_sla_agent', a.attrelid, a.attnum, 'UPDATE')) AS not_updated
FROM pg_attribute a
WHERE a.attrelid = 'sla.ticket'::regclass AND a.attnum > 0 AND NOT a.attisdropped;

-- Views that no BI tool sees, and tables that no access reaches.
SELECT c.relname AS unread
FROM pg_class c
WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'v'
  AND NOT has_table_privilege('regress_sla_reader', c.oid, 'SELECT')
ORDER BY 1;
SELECT c.relname AS unreached
FROM pg_class c
WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_temp.granted g WHERE g.kind = 'table' AND g.object = c.relname)
ORDER BY 1;

-- A reader meets nothing that tells who a customer is, or what was written.
SELECT c.relname, a.attname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'sla'::regnamespace AND has_table_privilege('regress_sla_reader', c.oid, 'SELECT')
  AND (a.attname IN ('customer', 'subject', 'description', 'note', 'details', 'attributes', 'comment', 'order_ref',
                     'reason', 'void_reason', 'attribution_reason', 'reversal_reason')
       OR a.atttypid IN ('jsonb'::regtype, 'json'::regtype))
  AND (c.relname, a.attname) NOT IN (('pauses', 'reason'), ('silent_channel', 'subject')); -- an event, a channel

-- An admin writes rules, here one to deal with an inquiry within four hours,
SET LOCAL ROLE regress_sla_admin;
INSERT INTO sla.policy (policy, version) VALUES ('access', 1);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, binding, ladder)
VALUES ('access', 1, 'resolve', 'resolve', '{received}', '{resolved}', '04:00', '{agent}', true, 'L1');
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action)
VALUES ('access', 1, 'L1', '1', 'offence', 1, 'warning');
SELECT sla.publish_policy('access', 1);
SELECT sla.revise_policy('access') AS draft;
SELECT sla.load_calendar('cn_office') > 0 AS loaded;
INSERT INTO sla.employee (employee, roles) VALUES ('regress', '{hr}');
SELECT count(*) >= 0 AS sees_health FROM sla.health;
-- and judges nobody.
SELECT count(*) FROM sla.ticket;
SELECT count(*) FROM sla.event;
SELECT count(*) FROM sla.penalty;
SELECT sla.confirm_penalty(1, 'L1', 'chen', 'zhao');

-- An agent works on tickets,
SET LOCAL ROLE regress_sla_agent;
INSERT INTO sla.ticket (policy, type, urgency, subject, owner, customer, received_at)
VALUES ('access', 'inquiry', 'normal', 'how do I switch it on?', 'chen', 'Li', sla.now());
SELECT count(*) AS tickets FROM sla.ticket WHERE customer = 'Li';
SELECT sla.record(max(ticket_id), 'first_response', actor => 'chen') IS NOT NULL AS recorded FROM sla.ticket WHERE customer = 'Li';
UPDATE sla.ticket SET category = 'power' WHERE customer = 'Li';
SELECT count(*) > 0 AS sees_events FROM sla.event;
SELECT count(*) > 0 AS sees_clocks FROM sla.clocks;
SELECT count(*) > 0 AS explained
FROM (SELECT max(ticket_id) AS ticket_id FROM sla.ticket WHERE customer = 'Li') AS t, sla.explain(t.ticket_id, 'resolve');
-- and on nothing else.
UPDATE sla.ticket SET received_at = received_at - interval '1 day';
UPDATE sla.ticket SET status = 'closed';
UPDATE sla.ticket SET policy_version = 2;
INSERT INTO sla.ticket (type, status, received_at) VALUES ('inquiry', 'closed', sla.now());
DELETE FROM sla.ticket;
TRUNCATE sla.ticket;
INSERT INTO sla.event (ticket_id, event_no, event, cycle, occurred_at, recorded_at, effective_at) VALUES (1, 1, 'resolved', 1, now(), now(), now());
UPDATE sla.clock SET stopped_at = due_at;
SELECT void_reason FROM sla.breach;
SELECT count(*) FROM sla.penalty;
SELECT count(*) FROM sla.notification;
SELECT count(*) FROM sla.contact;
SELECT count(*) FROM sla.access_log;
UPDATE sla.policy SET late_record_window = '1 year';
DELETE FROM sla.penalty_rule;
SELECT sla.confirm_penalty(1, 'L1', 'chen', 'zhao');
SELECT sla.waive_penalty(1, 'L1', 'chen', 'zhao', 'no');
SELECT sla.appeal_penalty(1, 'L1', 'chen', 'chen', 'no');
SELECT sla.assess('[2025-01-01,2025-02-01)');
SELECT sla._open_case_file('access', '2025-01', '2025-02-01');
SELECT sla._open_document(1, 'access', 'self_review', 'chen', 'responsible', NULL);
SELECT sla._withdraw_document(1, 'no', true);
SELECT sla.void_breach(1, 'resolve', 1, now(), 'late', 'no', 'zhao');
SELECT sla._catch_up(max(ticket_id)) FROM sla.ticket WHERE customer = 'Li';
SELECT sla.grant_access('manager', 'regress_sla_agent');
SELECT sla.setup();

-- A reader reads views.
SET LOCAL ROLE regress_sla_reader;
SELECT count(*) >= 0 AS sees_reports FROM sla.compliance_monthly;
SELECT count(*) FROM sla.ticket;
SELECT count(*) FROM sla.event;
SELECT count(*) FROM sla.health;
SELECT sla.record(1, 'first_response');

-- A manager decides, and changes neither rules nor facts.
RESET ROLE;
INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding,
                        ladder, born_overdue, detected_at, responsible_role, responsible)
SELECT max(ticket_id), 'resolve', 1, '2026-01-01', 'late', 1, 'access', 1, 'resolve', true, 'L1', false, '2026-01-01', '{agent}', '{chen}'
FROM sla.ticket WHERE customer = 'Li';
SELECT max(ticket_id) AS ticket FROM sla.ticket WHERE customer = 'Li' \gset
SET LOCAL ROLE regress_sla_manager;
SELECT sla.attribute_breach(:ticket, 'resolve', 1, '2026-01-01', 'late', 'personal', 'zhao');
SELECT sla.confirm_penalty(:ticket, 'L1', 'chen', 'zhao') AS offence;
SELECT sla.void_breach(:ticket, 'resolve', 1, '2026-01-01', 'late', 'it was kept', 'zhao');
SELECT status FROM sla.penalty WHERE ticket_id = :ticket;
SELECT count(*) >= 0 AS sees_health FROM sla.health;
UPDATE sla.breach SET due_at = due_at + interval '1 day';
DELETE FROM sla.breach;
DELETE FROM sla.penalty;
UPDATE sla.penalty_rule SET points = 0;
UPDATE sla.employee SET roles = '{hr}';
SELECT sla.sweep();
RESET ROLE;

-- What was given can be taken, and one of two accesses leaves the other's schema.
SELECT sla.grant_access('reader', 'regress_sla_agent'), sla.revoke_access('agent', 'regress_sla_agent') \g /dev/null
SELECT kind, count(*) FROM pg_temp.granted WHERE access = 'agent' GROUP BY kind ORDER BY kind;
SELECT sla.revoke_access('reader', 'regress_sla_reader'), sla.revoke_access('reader', 'regress_sla_agent'),
       sla.revoke_access('manager', 'regress_sla_manager'), sla.revoke_access('admin', 'regress_sla_admin') \g /dev/null
SELECT count(*) AS left_over FROM pg_temp.granted;

-- Wrong names.
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT sla.grant_access('owner', 'regress_sla_agent');
SELECT sla.grant_access(NULL, 'regress_sla_agent');
SELECT sla.grant_access('reader', 'regress_sla_nobody');
SELECT sla.grant_access('reader', 'public');
SELECT sla.grant_access('reader', NULL);
SELECT sla.revoke_access('owner', 'regress_sla_agent');
SELECT sla.revoke_access('reader', 'regress_sla_nobody');
ROLLBACK;
