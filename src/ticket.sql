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
  voided_at        timestamptz,
  voided_by        text,
  void_reason      text,
  settled_at       timestamptz,
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

CREATE OR REPLACE TRIGGER ticket_arrives BEFORE INSERT ON sla.ticket
  FOR EACH ROW EXECUTE FUNCTION sla.ticket_arrives();

CREATE OR REPLACE TRIGGER tickets_arrived AFTER INSERT ON sla.ticket
  REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION sla.tickets_arrived();

CREATE OR REPLACE TRIGGER ticket_changed AFTER UPDATE ON sla.ticket
  FOR EACH ROW
  WHEN ((OLD.type, OLD.category, OLD.urgency, OLD.impact, OLD.severity, OLD.complexity,
         OLD.priority, OLD.channel, OLD.customer_tier, OLD.department, OLD.departments,
         OLD.owner, OLD.assignee, OLD.acceptor, OLD.carrier, OLD.supplier,
         OLD.against_employee, OLD.needs_department, OLD.onsite_required,
         OLD.business_impact, OLD.verification_outcome, OLD.complaint_cause,
         OLD.responsibility, OLD.decision_owner, OLD.product, OLD.asset, OLD.fault_code,
         OLD.root_cause, OLD.amount_involved, OLD.loss_amount, OLD.happened_at,
         OLD.promised_at, OLD.appointment_at, OLD.customer_required_at,
         OLD.agreed_reply_at, OLD.due_at, OLD.legal_hold, OLD.repeat_of,
         OLD.parent_ticket, OLD.attributes)
        IS DISTINCT FROM
        (NEW.type, NEW.category, NEW.urgency, NEW.impact, NEW.severity, NEW.complexity,
         NEW.priority, NEW.channel, NEW.customer_tier, NEW.department, NEW.departments,
         NEW.owner, NEW.assignee, NEW.acceptor, NEW.carrier, NEW.supplier,
         NEW.against_employee, NEW.needs_department, NEW.onsite_required,
         NEW.business_impact, NEW.verification_outcome, NEW.complaint_cause,
         NEW.responsibility, NEW.decision_owner, NEW.product, NEW.asset, NEW.fault_code,
         NEW.root_cause, NEW.amount_involved, NEW.loss_amount, NEW.happened_at,
         NEW.promised_at, NEW.appointment_at, NEW.customer_required_at,
         NEW.agreed_reply_at, NEW.due_at, NEW.legal_hold, NEW.repeat_of,
         NEW.parent_ticket, NEW.attributes))
  EXECUTE FUNCTION sla.ticket_changed();
