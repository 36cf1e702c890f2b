--
-- contact.sql
--		What is known of a customer, who may know it, and who has looked.
--
-- Contact data lie apart from the ticket, in a table that nobody but its owner reads.
-- They are given out one ticket at a time, for a purpose, and every time is written
-- down.  Who needs to know a ticket is said once, by the views sla.my_access and
-- sla.my_tickets; row security (access.sql) uses the same.
--

CREATE FUNCTION sla.set_contact(ticket_id bigint, name text DEFAULT NULL, phone text DEFAULT NULL,
                                email text DEFAULT NULL, address text DEFAULT NULL,
                                other jsonb DEFAULT NULL,
                                disclosure_consent boolean DEFAULT NULL) RETURNS void
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_set_contact';
COMMENT ON FUNCTION sla.set_contact(bigint, text, text, text, text, jsonb, boolean) IS
  'Enters or changes a ticket''s contact data, and writes a row of sla.access_log. What is null stays as it is; an empty string, or ''{}'' of "other", takes a value away. Entering them first takes no more than seeing the ticket; changing them needs what sla.contact() needs. Locks the ticket. Errors: 22004 no ticket named; 22023 unknown ticket, or "other" is no object; 42501 not for this role. (D1-48, D2-41, D4-14, D6-05)';
REVOKE EXECUTE ON FUNCTION sla.set_contact(bigint, text, text, text, text, jsonb, boolean) FROM PUBLIC;

CREATE FUNCTION sla.contact(ticket_id bigint, purpose text)
  RETURNS TABLE (name text, phone text, email text, address text, other jsonb,
                 disclosure_consent boolean, consent_at timestamptz)
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_contact';
COMMENT ON FUNCTION sla.contact(bigint, text) IS
  'Gives the contact data of one ticket to somebody who needs them, and writes who, when and what for into sla.access_log in the same act; no row if there are none. Needed are they by the ticket''s owner, assignee, acceptor and department, by their supervisors and the heads above them, and by those who see everything (sla.my_tickets). Errors: 22004 no ticket or no purpose; 22023 unknown ticket; 42501 not for this role; 25006 in a read-only transaction, or on a standby, where it could not be written down. A read in a transaction that is rolled back leaves no row. (D1-42, D1-48, D4-14, C-25)';
REVOKE EXECUTE ON FUNCTION sla.contact(bigint, text) FROM PUBLIC;

CREATE FUNCTION sla.record_disclosure(ticket_id bigint, third_party text, purpose text,
                                      legal_basis text DEFAULT NULL) RETURNS void
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_record_disclosure';
COMMENT ON FUNCTION sla.record_disclosure(bigint, text, text, text) IS
  'Writes into sla.access_log that contact data of a ticket are given to somebody outside the company, and is refused unless the customer has consented (sla.set_contact) or a legal basis is named, such as an order of a court. Errors: 22004 something is missing; 22023 unknown ticket; 42501 not for this role; 55000 the customer has not consented. (D1-48, D2-41, D4-14)';
REVOKE EXECUTE ON FUNCTION sla.record_disclosure(bigint, text, text, text) FROM PUBLIC;

-- setup:

CREATE TABLE IF NOT EXISTS sla.contact (
  ticket_id          bigint PRIMARY KEY,
  name               text,
  phone              text,
  email              text,
  address            text,
  other              jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(other) = 'object'),
  disclosure_consent boolean,
  consent_at         timestamptz,
  changed_at         timestamptz NOT NULL,
  changed_by         text COLLATE "C" NOT NULL
);

COMMENT ON TABLE sla.contact IS
  'Name and contact of a ticket''s customer. Personal: only the owner reads it; sla.contact() gives out one row, for a purpose. Purged with the ticket. (D1-48, D2-41, D4-14, D6-05)';
COMMENT ON COLUMN sla.contact.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.contact.name IS 'Name of the customer, or of whoever speaks for the customer.';
COMMENT ON COLUMN sla.contact.phone IS 'Telephone number.';
COMMENT ON COLUMN sla.contact.email IS 'E-mail address.';
COMMENT ON COLUMN sla.contact.address IS 'Postal address, or where the unit stands.';
COMMENT ON COLUMN sla.contact.other IS 'Other ways to reach the customer, such as an account of a messenger; a JSON object.';
COMMENT ON COLUMN sla.contact.disclosure_consent IS 'Whether the customer agrees that the data are given to third parties; null = not asked, which counts as no (D4-14).';
COMMENT ON COLUMN sla.contact.consent_at IS 'When the customer''s answer was entered.';
COMMENT ON COLUMN sla.contact.changed_at IS 'When the row was last changed.';
COMMENT ON COLUMN sla.contact.changed_by IS 'Role that changed it.';

CREATE TABLE IF NOT EXISTS sla.access_log (
  access_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  accessed_at timestamptz NOT NULL,
  role_name   text COLLATE "C" NOT NULL,
  login_name  text COLLATE "C" NOT NULL,
  ticket_id   bigint NOT NULL,
  action      text NOT NULL CHECK (action IN ('read', 'set', 'disclose')),
  purpose     text,
  third_party text,
  legal_basis text,
  CHECK (action = 'set' OR purpose IS NOT NULL),
  CHECK ((action = 'disclose') = (third_party IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS access_log_ticket ON sla.access_log (ticket_id);
CREATE INDEX IF NOT EXISTS access_log_time ON sla.access_log USING brin (accessed_at);

COMMENT ON TABLE sla.access_log IS
  'Who has looked at, entered or passed on the contact data of which ticket, when and what for; append only. A row is kept as long as its ticket, and at least a year. (D1-48, D2-41, D4-14)';
COMMENT ON COLUMN sla.access_log.access_no IS 'Number of the access.';
COMMENT ON COLUMN sla.access_log.accessed_at IS 'When it was done.';
COMMENT ON COLUMN sla.access_log.role_name IS 'Role in which it was done (current_user).';
COMMENT ON COLUMN sla.access_log.login_name IS 'Role that had logged in (session_user); another one after SET ROLE.';
COMMENT ON COLUMN sla.access_log.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.access_log.action IS 'read (sla.contact), set (sla.set_contact) or disclose (sla.record_disclosure).';
COMMENT ON COLUMN sla.access_log.purpose IS 'What for, in the words of who did it; null for set.';
COMMENT ON COLUMN sla.access_log.third_party IS 'To whom the data were given; null unless disclose.';
COMMENT ON COLUMN sla.access_log.legal_basis IS 'What allowed it without the customer''s consent; null = the customer had consented.';

-- Who may know what.  Policies rest on this, and have to stay when the extension is
-- dropped, so no function of the extension is in it.

CREATE OR REPLACE VIEW sla.my_access WITH (security_barrier) AS
WITH RECURSIVE me AS (
  SELECT e.employee, e.department, e.roles
  FROM sla.employee AS e
  WHERE coalesce(e.login, e.employee) = current_user AND e.active
), headed AS (
  SELECT d.department FROM me JOIN sla.department AS d ON d.head = me.employee
  UNION
  SELECT d.department FROM headed AS h JOIN sla.department AS d ON d.parent = h.department
), led AS (
  SELECT me.employee FROM me
  UNION
  SELECT e.employee FROM led AS l JOIN sla.employee AS e ON e.supervisor = l.employee
)
SELECT
  me.employee,
  me.roles && ARRAY['quality_monitor', 'cs_manager', 'hr', 'management', 'admin', 'application'] AS sees_all,
  ARRAY(SELECT h.department FROM headed AS h
        UNION
        SELECT me.department WHERE me.department IS NOT NULL) AS departments,
  ARRAY(SELECT l.employee FROM led AS l
        UNION
        SELECT e.employee FROM headed AS h JOIN sla.employee AS e ON e.department = h.department) AS people
FROM me;

COMMENT ON VIEW sla.my_access IS
  'What the calling role may know as an employee: one row, or none if no active row of sla.employee names the role in login or, where that is empty, in employee. The roles quality_monitor, cs_manager, hr, management, admin and application see everything; application is for a login through which many people work, whose program then decides. (D1-42, D1-48, C-25)';
COMMENT ON COLUMN sla.my_access.employee IS 'The employee that the calling role is.';
COMMENT ON COLUMN sla.my_access.sees_all IS 'True: every ticket, by one of the roles in sla.employee.roles that see everything.';
COMMENT ON COLUMN sla.my_access.departments IS 'The own department, and those the employee heads with all below them.';
COMMENT ON COLUMN sla.my_access.people IS 'The employee, everybody whose supervisor, at whatever distance, the employee is, and the people of the departments the employee heads.';

-- These belong to the tables and not to the extension.  Once per statement they say what the
-- view says: its plan is kept by the session, where it would be made for every statement that
-- a policy takes part in, several times.
CREATE OR REPLACE FUNCTION sla._sees_all() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN (SELECT a.sees_all FROM sla.my_access AS a); END $$;
COMMENT ON FUNCTION sla._sees_all() IS
  'sees_all of sla.my_access, for policies.';

CREATE OR REPLACE FUNCTION sla._my_departments() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN (SELECT a.departments FROM sla.my_access AS a); END $$;
COMMENT ON FUNCTION sla._my_departments() IS
  'departments of sla.my_access, for policies.';

CREATE OR REPLACE FUNCTION sla._my_people() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN (SELECT a.people FROM sla.my_access AS a); END $$;
COMMENT ON FUNCTION sla._my_people() IS
  'people of sla.my_access, for policies.';

-- Views run as their owner, from whom nothing is hidden.  Those that agents and managers read
-- ask this first.  Whoever may read no ticket anyway reads figures, and those are not narrowed.
CREATE OR REPLACE FUNCTION sla._sees_hidden() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN NOT row_security_active('sla.ticket') OR NOT has_any_column_privilege('sla.ticket', 'SELECT')
    OR coalesce(sla._sees_all(), false);
END
$$;
COMMENT ON FUNCTION sla._sees_hidden() IS
  'Whether row security hides nothing of what views show from the calling role: it is off or does not hold for the role, the role sees everything, or it has no right to read tickets at all.';

CREATE OR REPLACE VIEW sla.my_tickets WITH (security_barrier) AS
SELECT t.ticket_id
FROM sla.ticket AS t
WHERE (SELECT sla._sees_all())
   OR t.department = ANY ((SELECT sla._my_departments())::text[])
   OR t.owner = ANY ((SELECT sla._my_people())::text[])
   OR t.assignee = ANY ((SELECT sla._my_people())::text[])
   OR t.acceptor = ANY ((SELECT sla._my_people())::text[])
   OR t.departments && (SELECT sla._my_departments());

COMMENT ON VIEW sla.my_tickets IS
  'The tickets that the calling role needs to know: those of its departments, and those that it, or somebody it supervises or heads, owns, handles or has taken in (sla.my_access). This is what row security lets through, and for what sla.contact() gives contact data, whether row security is on or not. (D1-42, C-25)';
COMMENT ON COLUMN sla.my_tickets.ticket_id IS 'The ticket.';

CREATE OR REPLACE VIEW sla.contact_access_report WITH (security_barrier) AS
SELECT
  l.access_no,
  l.accessed_at,
  l.role_name,
  l.login_name,
  e.employee,
  l.ticket_id,
  t.department,
  l.action,
  l.purpose,
  l.third_party,
  l.legal_basis,
  EXISTS (SELECT FROM sla.contact AS c WHERE c.ticket_id = l.ticket_id) AS is_contact_kept
FROM sla.access_log AS l
LEFT JOIN sla.ticket AS t ON t.ticket_id = l.ticket_id
LEFT JOIN sla.employee AS e ON coalesce(e.login, e.employee) = l.role_name
WHERE (SELECT sla._sees_hidden())
   OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = l.ticket_id);

COMMENT ON VIEW sla.contact_access_report IS
  'Grain: one access to contact data: who looked at, entered or passed on what, when and what for, for managers. With row security on, of the tickets that the manager sees. (D1-48, D4-14)';
COMMENT ON COLUMN sla.contact_access_report.access_no IS 'Number of the access.';
COMMENT ON COLUMN sla.contact_access_report.accessed_at IS 'When it was done.';
COMMENT ON COLUMN sla.contact_access_report.role_name IS 'Role in which it was done.';
COMMENT ON COLUMN sla.contact_access_report.login_name IS 'Role that had logged in.';
COMMENT ON COLUMN sla.contact_access_report.employee IS 'The employee that the role is now; null: none.';
COMMENT ON COLUMN sla.contact_access_report.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.contact_access_report.department IS 'Its department now; null also once the ticket is purged.';
COMMENT ON COLUMN sla.contact_access_report.action IS 'read, set or disclose.';
COMMENT ON COLUMN sla.contact_access_report.purpose IS 'What for, in the words of who did it.';
COMMENT ON COLUMN sla.contact_access_report.third_party IS 'To whom the data were given.';
COMMENT ON COLUMN sla.contact_access_report.legal_basis IS 'What allowed it without the customer''s consent; null = the consent.';
COMMENT ON COLUMN sla.contact_access_report.is_contact_kept IS 'Whether the contact data still exist.';

-- What a customer may be told of the own case: no name of an employee or a department, no
-- internal step, and nothing that was written but the text meant for the customer.

CREATE OR REPLACE VIEW sla.ticket_progress WITH (security_invoker) AS
SELECT
  t.ticket_id,
  t.customer,
  t.status,
  t.received_at,
  l.event AS last_update,
  u.text_en AS last_update_en,
  u.text_zh AS last_update_zh,
  l.at AS last_update_at,
  n.milestone AS next_step,
  w.text_en AS next_step_en,
  w.text_zh AS next_step_zh,
  n.due_at AS next_due_at,
  t.promised_at,
  t.appointment_at,
  r.result,
  r.at AS result_at,
  t.resolved_at,
  t.closed_at
FROM sla.ticket AS t
-- First which event and which clock it is, then how that is put, so that the words are not gone through for every ticket.
LEFT JOIN LATERAL (
  SELECT v.event, v.effective_at AS at
  FROM sla.event AS v
  WHERE v.ticket_id = t.ticket_id
    AND v.event IN (
      'received', 'first_response', 'answered', 'assigned', 'verified', 'fault_confirmed',
      'plan_agreed', 'schedule_communicated', 'promised', 'reply_agreed', 'appointment_set',
      'arrived_on_site', 'work_started', 'part_shipped', 'installation_done',
      'progress_to_customer', 'resolved', 'result_notified', 'survey_requested',
      'rating_recorded', 'customer_confirmed', 'callback_done', 'reopened', 'withdrawn',
      'closed', 'closed_no_rating')
  ORDER BY v.effective_at DESC, v.event_no DESC
  LIMIT 1
) AS e ON true
CROSS JOIN LATERAL (
  SELECT CASE WHEN e.at >= t.received_at THEN e.event ELSE 'received' END AS event,
         greatest(e.at, t.received_at) AS at
) AS l
LEFT JOIN (VALUES
  ('received', 'We have received your case.', '已受理您的反馈'),
  ('first_response', 'We have replied to you.', '已首次回复您'),
  ('answered', 'We have answered your question.', '已答复您的问题'),
  ('assigned', 'The department concerned has your case.', '已转交相关部门处理'),
  ('verified', 'We have checked what you reported.', '已核实您反馈的情况'),
  ('fault_confirmed', 'We have confirmed the fault.', '已确认故障'),
  ('plan_agreed', 'A solution has been agreed with you.', '已与您商定解决方案'),
  ('schedule_communicated', 'We have told you the schedule.', '已告知您处理进度安排'),
  ('promised', 'We have promised you a date.', '已向您承诺完成时间'),
  ('reply_agreed', 'We have agreed with you when to reply.', '已与您约定答复时间'),
  ('appointment_set', 'An appointment has been made.', '已与您预约上门时间'),
  ('arrived_on_site', 'Our engineer has arrived.', '工程师已到达现场'),
  ('work_started', 'Work on your case has begun.', '已开始处理'),
  ('part_shipped', 'A part has been sent.', '配件已寄出'),
  ('installation_done', 'The installation is done.', '已完成安装'),
  ('progress_to_customer', 'We have told you how it stands.', '已向您反馈处理进度'),
  ('resolved', 'Your case has been resolved.', '问题已处理完成'),
  ('result_notified', 'We have told you the result.', '已向您反馈处理结果'),
  ('survey_requested', 'We have asked you for your rating.', '已邀请您评价'),
  ('rating_recorded', 'We have received your rating.', '已收到您的评价'),
  ('customer_confirmed', 'You have confirmed the solution.', '您已确认处理结果'),
  ('callback_done', 'We have called you back.', '已完成回访'),
  ('reopened', 'Your case has been taken up again.', '已重新处理'),
  ('withdrawn', 'Your case has been withdrawn.', '已撤回'),
  ('closed', 'Your case has been closed.', '已关闭'),
  ('closed_no_rating', 'Your case has been closed.', '已关闭')
) AS u (event, text_en, text_zh) ON u.event = l.event
LEFT JOIN LATERAL (
  SELECT c.milestone, c.due_at
  FROM sla.clock AS c
  JOIN sla.target AS g ON g.policy = c.policy AND g.version = c.policy_version AND g.target = c.target
  WHERE c.ticket_id = t.ticket_id AND c.binding AND g.on_due IS NULL AND c.override IS NULL
    AND c.stopped_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL
    AND c.milestone IN (
      'first_response', 'reply', 'direct_answer', 'agreed_reply', 'agree_solution',
      'schedule_to_customer', 'confirm_and_appoint', 'on_site', 'installation',
      'progress_to_customer', 'promise', 'resolve', 'result_notice', 'callback')
    AND NOT EXISTS (SELECT FROM sla.clock AS s
                    WHERE s.ticket_id = c.ticket_id AND s.target = c.target
                      AND s.cycle = c.cycle AND s.seq = c.seq + 1)
  ORDER BY c.due_at, c.milestone
  LIMIT 1
) AS n ON true
LEFT JOIN (VALUES
  ('first_response', 'first reply', '首次回复'),
  ('reply', 'first reply', '首次回复'),
  ('direct_answer', 'answer', '答复'),
  ('agreed_reply', 'agreed reply', '约定的答复'),
  ('agree_solution', 'agreement on a solution', '商定解决方案'),
  ('schedule_to_customer', 'schedule of the work', '告知进度安排'),
  ('confirm_and_appoint', 'confirmation and appointment', '确认故障并预约'),
  ('on_site', 'visit on site', '上门服务'),
  ('installation', 'installation', '安装'),
  ('progress_to_customer', 'next report on how it stands', '下一次进度反馈'),
  ('promise', 'promised date', '承诺的完成时间'),
  ('resolve', 'solution', '解决问题'),
  ('result_notice', 'report on the result', '反馈处理结果'),
  ('callback', 'call-back', '回访')
) AS w (milestone, text_en, text_zh) ON w.milestone = n.milestone
LEFT JOIN LATERAL (
  SELECT v.details->>'public_text' AS result, v.effective_at AS at
  FROM sla.event AS v
  WHERE v.ticket_id = t.ticket_id AND v.event = 'result_notified'
  ORDER BY v.effective_at DESC, v.event_no DESC
  LIMIT 1
) AS r ON true
WHERE t.duty IS NULL;

COMMENT ON VIEW sla.ticket_progress IS
  'R-33 (clauses D1-49, D1-51, D2-34), live. Grain: one case. How it stands, in words for its customer. A portal reads it by ticket_id and customer, for the customer who has logged in there. It shows no employee, no department, no internal step and no note; of the result only what was recorded for the customer: sla.record(ticket_id, ''result_notified'', details => ''{"public_text": "..."}''). Its caller''s privileges and row security apply.';
COMMENT ON COLUMN sla.ticket_progress.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.ticket_progress.customer IS 'The customer''s key, to compare with whoever asks. Personal.';
COMMENT ON COLUMN sla.ticket_progress.status IS 'open, waiting, resolved, closed or withdrawn.';
COMMENT ON COLUMN sla.ticket_progress.received_at IS 'When the case came in.';
COMMENT ON COLUMN sla.ticket_progress.last_update IS 'The last event that concerns the customer.';
COMMENT ON COLUMN sla.ticket_progress.last_update_en IS 'It in words, English.';
COMMENT ON COLUMN sla.ticket_progress.last_update_zh IS 'It in words, Chinese.';
COMMENT ON COLUMN sla.ticket_progress.last_update_at IS 'When it happened.';
COMMENT ON COLUMN sla.ticket_progress.next_step IS 'The milestone that is due next of those that concern the customer and are binding; null: none.';
COMMENT ON COLUMN sla.ticket_progress.next_step_en IS 'It in words, English.';
COMMENT ON COLUMN sla.ticket_progress.next_step_zh IS 'It in words, Chinese.';
COMMENT ON COLUMN sla.ticket_progress.next_due_at IS 'Its deadline; in the past if it is overdue.';
COMMENT ON COLUMN sla.ticket_progress.promised_at IS 'Until when the customer was promised a solution.';
COMMENT ON COLUMN sla.ticket_progress.appointment_at IS 'Agreed appointment.';
COMMENT ON COLUMN sla.ticket_progress.result IS 'The result as told to the customer: public_text of the last result_notified.';
COMMENT ON COLUMN sla.ticket_progress.result_at IS 'When it was told.';
COMMENT ON COLUMN sla.ticket_progress.resolved_at IS 'When the case was resolved.';
COMMENT ON COLUMN sla.ticket_progress.closed_at IS 'When it was closed.';
