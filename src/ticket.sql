-- The ticket, its events, its clocks and its misses.

CREATE FUNCTION sla.ticket_arrives() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'sla_ticket_arrives';
COMMENT ON FUNCTION sla.ticket_arrives() IS
  'BEFORE INSERT on sla.ticket: fills what was left empty (times, policy and its version, classification) and refuses wrong values (E-14, E-18, E-19).';

CREATE FUNCTION sla.tickets_arrived() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'sla_tickets_arrived';
COMMENT ON FUNCTION sla.tickets_arrived() IS
  'AFTER INSERT on sla.ticket, once per statement: writes the clocks of all new tickets in one go.';

CREATE FUNCTION sla.ticket_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'sla_ticket_changed';
COMMENT ON FUNCTION sla.ticket_changed() IS
  'AFTER UPDATE on sla.ticket: a change of a column that conditions may read is an event of its own (E-7).';

CREATE FUNCTION sla.record(ticket_id bigint, event text, at timestamptz DEFAULT NULL,
                           actor text DEFAULT NULL, note text DEFAULT NULL,
                           details jsonb DEFAULT '{}') RETURNS bigint
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_record';
COMMENT ON FUNCTION sla.record(bigint, text, timestamptz, text, text, jsonb) IS
  'Records what happened to a ticket and returns the event''s number. "at" is when it happened (default: now); details->''set'' changes ticket columns in the same act. Errors: 22023 unknown ticket, event or column; 22008 in the future or before reception; 55000 ticket closed or an event rule not satisfied; 42501 actor without the role (D1-39).';
REVOKE EXECUTE ON FUNCTION sla.record(bigint, text, timestamptz, text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION sla._record_attested(ticket_id bigint, event text, at timestamptz, attested boolean)
  RETURNS bigint
  LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'sla_record_attested';
COMMENT ON FUNCTION sla._record_attested(bigint, text, timestamptz, boolean) IS
  'Records for the sweep what the company''s own tables say. Attested: it counts at its own time, because only the sweep was late. Fails for everybody but the owner of the tables (42501).';

CREATE FUNCTION sla.rate(ticket_id bigint, score integer, comment text DEFAULT NULL,
                         at timestamptz DEFAULT NULL) RETURNS bigint
  LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN sla.record(ticket_id, 'rating_recorded', at, 'customer', comment,
                    pg_catalog.jsonb_build_object('score', score));
END;
$$;
COMMENT ON FUNCTION sla.rate(bigint, integer, text, timestamptz) IS
  'Records the customer''s rating, 1 (very dissatisfied) to the policy''s rating_scale, and returns the event''s number. A rating at or below unsatisfied_max_rating reopens the ticket where the policy says so (D1-37, D1-38).';
REVOKE EXECUTE ON FUNCTION sla.rate(bigint, integer, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla._settable_columns() RETURNS text[]
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'sla_settable_columns';
COMMENT ON FUNCTION sla._settable_columns() IS
  'The columns of sla.ticket that an event may set: through details->''set'', or by an event rule.';

CREATE FUNCTION sla._catch_up(ticket_id bigint) RETURNS void
  LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'sla_catch_up';
COMMENT ON FUNCTION sla._catch_up(bigint) IS
  'Locks a ticket and writes the misses, timers'' events and steps that have fallen due on it, as a sweep would; called before a decision on a breach changes what follows from it. For those who may update sla.breach (42501).';

CREATE FUNCTION sla._trace(ticket_id bigint, target text)
  RETURNS TABLE (step integer, cycle integer, seq integer, action text, at timestamptz,
                 event_no bigint, due_at timestamptz)
  LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'sla_trace';
COMMENT ON FUNCTION sla._trace(bigint, text) IS
  'The reasoning of the fold about one target of one ticket, step by step.';

CREATE FUNCTION sla._refold_check(ticket_id bigint, as_of timestamptz DEFAULT NULL) RETURNS SETOF text
  LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'sla_refold_check';
COMMENT ON FUNCTION sla._refold_check(bigint, timestamptz) IS
  'What differs between a ticket''s stored clocks and breaches and a fresh fold of its events; no row means they agree.';

-- setup:

CREATE TABLE IF NOT EXISTS sla.ticket (
  ticket_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  policy               text COLLATE "C",
  policy_version       integer,
  duty                 text COLLATE "C",
  subject_key          text,
  period               text,
  type                 text COLLATE "C",
  category             text,
  urgency              text COLLATE "C",
  impact               text,
  severity             text,
  complexity           text,
  priority             text,
  channel              text COLLATE "C",
  customer             text,
  customer_tier        text,
  subject              text,
  description          text,
  department           text COLLATE "C",
  departments          text[],
  owner                text COLLATE "C",
  assignee             text COLLATE "C",
  acceptor             text COLLATE "C",
  carrier              text,
  supplier             text,
  against_employee     text COLLATE "C",
  needs_department     boolean,
  onsite_required      boolean,
  business_impact      text,
  verification_outcome text,
  complaint_cause      text,
  responsibility       text,
  decision_owner       text,
  product              text,
  asset                text,
  fault_code           text,
  root_cause           text,
  order_ref            text,
  amount_involved      numeric,
  loss_amount          numeric,
  happened_at          timestamptz,
  received_at          timestamptz NOT NULL,
  promised_at          timestamptz,
  appointment_at       timestamptz,
  customer_required_at timestamptz,
  agreed_reply_at      timestamptz,
  due_at               timestamptz,
  status               text COLLATE "C" NOT NULL DEFAULT 'open',
  cycle                integer NOT NULL DEFAULT 1,
  last_score           integer,
  parent_ticket        bigint,
  repeat_of            bigint,
  legal_hold           boolean NOT NULL DEFAULT false,
  classified_by        text,
  attributes           jsonb NOT NULL DEFAULT '{}',
  created_at           timestamptz NOT NULL,
  resolved_at          timestamptz,
  closed_at            timestamptz,
  archived_at          timestamptz
);

CREATE TABLE IF NOT EXISTS sla.event (
  ticket_id    bigint NOT NULL,
  event_no     bigint NOT NULL,
  event        text COLLATE "C" NOT NULL,
  cycle        integer NOT NULL,
  occurred_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  effective_at timestamptz NOT NULL,
  actor        text COLLATE "C",
  note         text,
  details      jsonb NOT NULL DEFAULT '{}',
  implied_by   bigint,
  automatic    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (ticket_id, event_no)
);

CREATE TABLE IF NOT EXISTS sla.clock (
  ticket_id      bigint NOT NULL,
  target         text COLLATE "C" NOT NULL,
  cycle          integer NOT NULL,
  seq            integer NOT NULL,
  policy         text COLLATE "C" NOT NULL,
  policy_version integer NOT NULL,
  milestone      text NOT NULL,
  binding        boolean NOT NULL,
  provisional    boolean NOT NULL,
  calendar       text NOT NULL,
  started_at     timestamptz NOT NULL,
  created_at     timestamptz NOT NULL,
  due_at         timestamptz NOT NULL,
  warn_at        timestamptz,
  paused_at      timestamptz,
  paused_for     interval NOT NULL DEFAULT '0',
  parts_done     integer NOT NULL DEFAULT 0,
  stopped_at     timestamptz,
  cancelled_at   timestamptz,
  stop_event     bigint,
  override       text CHECK (override IN ('met', 'cancelled')),
  department     text COLLATE "C",
  PRIMARY KEY (ticket_id, target, cycle, seq)
);

CREATE INDEX IF NOT EXISTS clock_due ON sla.clock (due_at)
  WHERE stopped_at IS NULL AND cancelled_at IS NULL AND paused_at IS NULL;
CREATE INDEX IF NOT EXISTS clock_warn ON sla.clock (warn_at)
  WHERE stopped_at IS NULL AND cancelled_at IS NULL AND paused_at IS NULL AND warn_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS sla.breach (
  ticket_id        bigint NOT NULL,
  target           text COLLATE "C" NOT NULL,
  cycle            integer NOT NULL,
  due_at           timestamptz NOT NULL,
  kind             text COLLATE "C" NOT NULL
                   CHECK (kind IN ('late', 'missed_interval', 'start_missing', 'process_violation')),
  seq              integer NOT NULL,
  policy           text COLLATE "C" NOT NULL,
  policy_version   integer NOT NULL,
  milestone        text NOT NULL,
  binding          boolean NOT NULL,
  ladder           text COLLATE "C",
  born_overdue     boolean NOT NULL,
  detected_at      timestamptz NOT NULL,
  stopped_at       timestamptz,
  responsible_role text[] NOT NULL,
  responsible      text[] NOT NULL,
  department       text COLLATE "C",
  attribution      text CHECK (attribution IN ('personal', 'shared', 'third_party', 'customer', 'force_majeure')),
  attributed_by    text,
  attributed_at    timestamptz,
  attribution_reason text,
  voided_at        timestamptz,
  voided_by        text,
  void_reason      text,
  settled_at       timestamptz,
  resumed_at       timestamptz,
  relieved         text[] NOT NULL DEFAULT '{}',
  steps_planned    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (ticket_id, target, cycle, due_at, kind)
);

CREATE INDEX IF NOT EXISTS breach_unsettled ON sla.breach (ticket_id) WHERE settled_at IS NULL;
CREATE INDEX IF NOT EXISTS breach_due ON sla.breach (due_at);

CREATE TABLE IF NOT EXISTS sla.finding (
  code      text COLLATE "C" NOT NULL,
  object    text COLLATE "C" NOT NULL,
  ticket_id bigint NOT NULL,
  message   text NOT NULL,
  found_at  timestamptz NOT NULL,
  PRIMARY KEY (ticket_id, code, object)
);

COMMENT ON TABLE sla.ticket IS
  'One row per case: what the customer wants, who has it, and where it stands. Insert here; what happens later is told by sla.record(). Every column may be empty but received_at and created_at, which fill themselves (D1-16, D1-39).';
COMMENT ON COLUMN sla.ticket.ticket_id IS
  'Number of the ticket, given by the database.';
COMMENT ON COLUMN sla.ticket.policy IS
  'The policy that rules it; empty on insertion = chosen by sla.policy.applies_to. Stays for life (D1-64).';
COMMENT ON COLUMN sla.ticket.policy_version IS
  'Version of the policy effective at received_at; null = no version applies, so it has no clocks (E-19).';
COMMENT ON COLUMN sla.ticket.duty IS
  'For tickets that are duties (reports, meetings, visits): the duty''s name; null for cases.';
COMMENT ON COLUMN sla.ticket.subject_key IS
  'For duties: what the duty is about (a channel, an asset, a customer).';
COMMENT ON COLUMN sla.ticket.period IS
  'For duties: the period it belongs to.';
COMMENT ON COLUMN sla.ticket.type IS
  'inquiry, complaint, suggestion, fault_report, service_request, exception ... (D1-17).';
COMMENT ON COLUMN sla.ticket.category IS
  'Category within the type, as the company names it.';
COMMENT ON COLUMN sla.ticket.urgency IS
  'normal, important or urgent; empty on insertion = classified (D1-17, D1-23, D1-29).';
COMMENT ON COLUMN sla.ticket.impact IS
  'How far the problem reaches, as the company names it.';
COMMENT ON COLUMN sla.ticket.severity IS
  'How bad the problem is, e.g. serious (D1-29).';
COMMENT ON COLUMN sla.ticket.complexity IS
  'simple or complex (D1-08, D2-22).';
COMMENT ON COLUMN sla.ticket.priority IS
  'Priority that the company computes from impact and urgency.';
COMMENT ON COLUMN sla.ticket.channel IS
  'How it came in: hotline, email, web_chat, social_media ... (D1-14).';
COMMENT ON COLUMN sla.ticket.customer IS
  'The customer''s key in the company''s own system. Personal: no view for BI shows it (D1-48).';
COMMENT ON COLUMN sla.ticket.customer_tier IS
  'Tier of the customer.';
COMMENT ON COLUMN sla.ticket.subject IS
  'One line about the case. Personal: no view for BI shows it.';
COMMENT ON COLUMN sla.ticket.description IS
  'What the customer said. Personal: no view for BI shows it.';
COMMENT ON COLUMN sla.ticket.department IS
  'Department that handles it. Given or changed by hand it means the event assigned; filled by classification it does not (D1-19).';
COMMENT ON COLUMN sla.ticket.departments IS
  'All departments taking part.';
COMMENT ON COLUMN sla.ticket.owner IS
  'The agent who answers for it towards the customer; never changes by assignment (D1-05). Role agent.';
COMMENT ON COLUMN sla.ticket.assignee IS
  'The person of the department who handles it; empty = the head of the department. Role dept_handler.';
COMMENT ON COLUMN sla.ticket.acceptor IS
  'Who took the case in.';
COMMENT ON COLUMN sla.ticket.carrier IS
  'Carrier concerned.';
COMMENT ON COLUMN sla.ticket.supplier IS
  'Supplier concerned.';
COMMENT ON COLUMN sla.ticket.against_employee IS
  'Employee a complaint is directed against (D1-55).';
COMMENT ON COLUMN sla.ticket.needs_department IS
  'True: another department is needed; false: not; null: not known yet (D1-18, D1-19).';
COMMENT ON COLUMN sla.ticket.onsite_required IS
  'True if somebody has to go to the customer.';
COMMENT ON COLUMN sla.ticket.business_impact IS
  'normal_business or major_event: what of the customer''s business is affected (D1-23, D1-29).';
COMMENT ON COLUMN sla.ticket.verification_outcome IS
  'Outcome of the verification: substantiated or not.';
COMMENT ON COLUMN sla.ticket.complaint_cause IS
  'Cause of a verified complaint.';
COMMENT ON COLUMN sla.ticket.responsibility IS
  'Who is responsible for what happened: company, carrier, customer ...';
COMMENT ON COLUMN sla.ticket.decision_owner IS
  'Role that decides the case, e.g. supervisor (D1-10).';
COMMENT ON COLUMN sla.ticket.product IS
  'Product concerned.';
COMMENT ON COLUMN sla.ticket.asset IS
  'Serial number or key of the unit concerned.';
COMMENT ON COLUMN sla.ticket.fault_code IS
  'Code of the fault.';
COMMENT ON COLUMN sla.ticket.root_cause IS
  'Root cause found, e.g. design_defect (D1-12).';
COMMENT ON COLUMN sla.ticket.order_ref IS
  'Order the case is about.';
COMMENT ON COLUMN sla.ticket.amount_involved IS
  'Money at stake for the customer, in the company''s currency (D1-23).';
COMMENT ON COLUMN sla.ticket.loss_amount IS
  'Loss to the company, in its currency (D1-63).';
COMMENT ON COLUMN sla.ticket.happened_at IS
  'When what the customer reports happened; not later than received_at. It makes the event occurred.';
COMMENT ON COLUMN sla.ticket.received_at IS
  'When the customer''s contact was received; all promises of the first cycle count from here. Default: now.';
COMMENT ON COLUMN sla.ticket.promised_at IS
  'Until when the customer was promised a solution. Setting it makes the event promised.';
COMMENT ON COLUMN sla.ticket.appointment_at IS
  'Agreed appointment. Setting it makes the event appointment_set.';
COMMENT ON COLUMN sla.ticket.customer_required_at IS
  'Until when the customer needs it.';
COMMENT ON COLUMN sla.ticket.agreed_reply_at IS
  'Until when an answer was agreed. Setting it makes the event reply_agreed.';
COMMENT ON COLUMN sla.ticket.due_at IS
  'For duties and contracts: the date that is due.';
COMMENT ON COLUMN sla.ticket.status IS
  'open, waiting, resolved, closed or withdrawn; follows from the events.';
COMMENT ON COLUMN sla.ticket.cycle IS
  '1, and one more for every reopening (D1-38).';
COMMENT ON COLUMN sla.ticket.last_score IS
  'The customer''s last rating, 1 (very dissatisfied) to 5; follows from the events (D1-37).';
COMMENT ON COLUMN sla.ticket.parent_ticket IS
  'The ticket this one belongs to.';
COMMENT ON COLUMN sla.ticket.repeat_of IS
  'The earlier ticket of which this is a repetition.';
COMMENT ON COLUMN sla.ticket.legal_hold IS
  'True: must not be purged.';
COMMENT ON COLUMN sla.ticket.classified_by IS
  'Which classification rule filled which column, as column:position (E-14).';
COMMENT ON COLUMN sla.ticket.attributes IS
  'The company''s own facts about the case; conditions may read them.';
COMMENT ON COLUMN sla.ticket.created_at IS
  'When the row was inserted; the database fills it.';
COMMENT ON COLUMN sla.ticket.resolved_at IS
  'When the present cycle was resolved; follows from the events.';
COMMENT ON COLUMN sla.ticket.closed_at IS
  'When the ticket was closed or withdrawn; follows from the events.';
COMMENT ON COLUMN sla.ticket.archived_at IS
  'When it was archived, unless it has been reopened since; follows from the events (D1-40).';

COMMENT ON TABLE sla.event IS
  'What happened to a ticket after it was received; append only, written by sla.record() and the triggers. The reception itself is the ticket''s row and counts as number 0 (D1-39).';
COMMENT ON COLUMN sla.event.ticket_id IS
  'The ticket.';
COMMENT ON COLUMN sla.event.event_no IS
  '1, 2, 3 ... per ticket, in order of recording.';
COMMENT ON COLUMN sla.event.event IS
  'Name of the event; the policy''s vocabulary.';
COMMENT ON COLUMN sla.event.cycle IS
  'Cycle it belonged to when it was recorded.';
COMMENT ON COLUMN sla.event.occurred_at IS
  'When it happened, as claimed.';
COMMENT ON COLUMN sla.event.recorded_at IS
  'When it was truly recorded.';
COMMENT ON COLUMN sla.event.effective_at IS
  'When it counts: occurred_at if recorded within the policy''s late_record_window, else recorded_at (T-8).';
COMMENT ON COLUMN sla.event.actor IS
  'Who did it.';
COMMENT ON COLUMN sla.event.note IS
  'Free text. Personal: no view for BI shows it.';
COMMENT ON COLUMN sla.event.details IS
  'Facts of the event: score of a rating, set = ticket columns it changed, was = what they were before.';
COMMENT ON COLUMN sla.event.implied_by IS
  'The event that implied this one; null = recorded by itself.';
COMMENT ON COLUMN sla.event.automatic IS
  'True if no person recorded it: a timer, or the sweep on the word of a duty''s source while it had been away. Counts when it occurred.';

COMMENT ON TABLE sla.clock IS
  'One promise at work: from when, until when, and how it ended. Follows from the ticket''s events (docs/engine.md); sla.clocks adds the state.';
COMMENT ON COLUMN sla.clock.ticket_id IS
  'The ticket.';
COMMENT ON COLUMN sla.clock.target IS
  'The promise, a row of sla.target.';
COMMENT ON COLUMN sla.clock.cycle IS
  '1, and one more for every reopening; 1 for targets that do not restart.';
COMMENT ON COLUMN sla.clock.seq IS
  '1; further intervals of a repeating target, or further dates of a due column, count on.';
COMMENT ON COLUMN sla.clock.policy IS
  'Policy of the ticket.';
COMMENT ON COLUMN sla.clock.policy_version IS
  'Its version.';
COMMENT ON COLUMN sla.clock.milestone IS
  'What the promise is about, the same in all policies, e.g. resolve.';
COMMENT ON COLUMN sla.clock.binding IS
  'True: the number is the regulation''s; false: advisory, never penalised (K-11).';
COMMENT ON COLUMN sla.clock.provisional IS
  'True: runs from the fallback event because the real start is missing (K-6).';
COMMENT ON COLUMN sla.clock.calendar IS
  'Calendar in which the time counts.';
COMMENT ON COLUMN sla.clock.started_at IS
  'When the time began.';
COMMENT ON COLUMN sla.clock.created_at IS
  'When this deadline became known: recording time of the event that caused it.';
COMMENT ON COLUMN sla.clock.due_at IS
  'The deadline; met if stopped at or before it (T-5). While paused: the deadline before the pause.';
COMMENT ON COLUMN sla.clock.warn_at IS
  'When the first warning is due; null = none.';
COMMENT ON COLUMN sla.clock.paused_at IS
  'Since when it is paused; null = runs.';
COMMENT ON COLUMN sla.clock.paused_for IS
  'Elapsed time of pauses that ended.';
COMMENT ON COLUMN sla.clock.parts_done IS
  'How many of the stopping events have happened.';
COMMENT ON COLUMN sla.clock.stopped_at IS
  'When the promise was kept.';
COMMENT ON COLUMN sla.clock.cancelled_at IS
  'When it ended without being judged; a deadline that lay before it was missed all the same.';
COMMENT ON COLUMN sla.clock.stop_event IS
  'Event that ended it; 0 = the reception.';
COMMENT ON COLUMN sla.clock.override IS
  'A person''s verdict: met or cancelled (sla.void_breach).';
COMMENT ON COLUMN sla.clock.department IS
  'Department of the ticket when the clock started, once all that happened at that instant had happened.';

COMMENT ON TABLE sla.breach IS
  'One missed promise: a fact, never deleted; voided with a reason where it proves to be none (K-10). Whether it is somebody''s offence is decided by people.';
COMMENT ON COLUMN sla.breach.ticket_id IS
  'The ticket.';
COMMENT ON COLUMN sla.breach.target IS
  'The promise; for process_violation the event rule.';
COMMENT ON COLUMN sla.breach.cycle IS
  'Cycle of the clock.';
COMMENT ON COLUMN sla.breach.due_at IS
  'The missed deadline; for process_violation when the event occurred.';
COMMENT ON COLUMN sla.breach.kind IS
  'late, missed_interval (of a repeating target), start_missing (the event that starts the clock was owed) or process_violation.';
COMMENT ON COLUMN sla.breach.seq IS
  'The clock''s seq.';
COMMENT ON COLUMN sla.breach.policy IS
  'Policy of the ticket.';
COMMENT ON COLUMN sla.breach.policy_version IS
  'Its version.';
COMMENT ON COLUMN sla.breach.milestone IS
  'The clock''s milestone.';
COMMENT ON COLUMN sla.breach.binding IS
  'As the clock: advisory misses are never penalised.';
COMMENT ON COLUMN sla.breach.ladder IS
  'Penalty ladder of the target; null = none.';
COMMENT ON COLUMN sla.breach.born_overdue IS
  'True: the deadline had passed before it was known; no penalty candidate (E-7).';
COMMENT ON COLUMN sla.breach.detected_at IS
  'When it was written; the miss itself happened at due_at (W-3).';
COMMENT ON COLUMN sla.breach.stopped_at IS
  'When the promise was kept after all; null = not yet.';
COMMENT ON COLUMN sla.breach.responsible_role IS
  'Roles that answered for it (K-4).';
COMMENT ON COLUMN sla.breach.responsible IS
  'Employees who held those roles immediately before due_at.';
COMMENT ON COLUMN sla.breach.department IS
  'Department of the ticket then.';
COMMENT ON COLUMN sla.breach.attribution IS
  'Whose fault it was, decided by a manager: personal, shared, third_party, customer or force_majeure.';
COMMENT ON COLUMN sla.breach.attributed_by IS
  'Who decided.';
COMMENT ON COLUMN sla.breach.attributed_at IS
  'When it was attributed.';
COMMENT ON COLUMN sla.breach.attribution_reason IS
  'Why it was attributed so, in the words of who decided.';
COMMENT ON COLUMN sla.breach.voided_at IS
  'When it was voided; null = stands.';
COMMENT ON COLUMN sla.breach.voided_by IS
  'Who voided it; sla_ext = a later record showed that it was none.';
COMMENT ON COLUMN sla.breach.void_reason IS
  'clock_met, clock_moved, or a person''s words.';
COMMENT ON COLUMN sla.breach.resumed_at IS
'When it was recorded, the last time, that the promise holds again, after it had fallen away for a while; null: it never did since the miss. The steps of that while are told from then on.';
COMMENT ON COLUMN sla.breach.settled_at IS
  'When the sweep wrote its consequences; null = they are due.';
COMMENT ON COLUMN sla.breach.relieved IS
  'Employees who were responsible until a later record showed that somebody else was, or that the deadline was not known in time.';
COMMENT ON COLUMN sla.breach.steps_planned IS
  'True: not settled yet, but its escalation steps are planned, because a record of the ticket came before the sweep.';

COMMENT ON TABLE sla.finding IS
  'Gaps of the configuration met while tickets were stored: they never stop a ticket (E-18). Shown by sla.health.';
COMMENT ON COLUMN sla.finding.code IS
  'Kind of gap, e.g. no_policy, condition_failed.';
COMMENT ON COLUMN sla.finding.object IS
  'What is concerned.';
COMMENT ON COLUMN sla.finding.ticket_id IS
  'The ticket that met it; none if it is not positive.';
COMMENT ON COLUMN sla.finding.message IS
  'What was found.';
COMMENT ON COLUMN sla.finding.found_at IS
  'When it was first found.';

CREATE OR REPLACE TRIGGER ticket_arrives BEFORE INSERT ON sla.ticket
  FOR EACH ROW EXECUTE FUNCTION sla.ticket_arrives();

CREATE OR REPLACE TRIGGER tickets_arrived AFTER INSERT ON sla.ticket
  REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION sla.tickets_arrived();

-- Without WHEN: an expression over so many columns costs more, once per statement, than
-- the function's own look at the rows.
CREATE OR REPLACE TRIGGER ticket_changed AFTER UPDATE ON sla.ticket
  FOR EACH ROW EXECUTE FUNCTION sla.ticket_changed();
