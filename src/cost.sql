--
-- cost.sql
--		What after-sales service costs, line by line, and the monthly cost reports.
--
-- There are no functions here.  A line is entered by whoever runs up the cost and is
-- never changed: a mistake is put right by a second line with the opposite figures.
-- The views follow the conventions of report.sql, whose dictionary comments them.
--

-- setup:

CREATE TABLE IF NOT EXISTS sla.cost_line (
  cost_line_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id        bigint,
  spent_on         date NOT NULL CHECK (isfinite(spent_on)),
  kind             text COLLATE "C" NOT NULL
                   CHECK (kind IN ('installation', 'dispatch', 'material', 'transport', 'other')),
  persons          integer,
  trips            integer,
  days             numeric,
  amount           numeric NOT NULL CHECK (amount NOT IN ('NaN', 'Infinity', '-Infinity')),
  contract_covered boolean NOT NULL DEFAULT false,
  department       text COLLATE "C",
  employee         text COLLATE "C",
  note             text,
  recorded_by      text COLLATE "C" NOT NULL DEFAULT session_user,
  recorded_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS cost_line_spent ON sla.cost_line USING brin (spent_on);
CREATE INDEX IF NOT EXISTS cost_line_ticket ON sla.cost_line (ticket_id) WHERE ticket_id IS NOT NULL;

COMMENT ON TABLE sla.cost_line IS
'One cost of after-sales service: an installation, a dispatch, material, transport or another. Enter lines here; a wrong one is corrected by a line with the opposite figures, not by a change (D7-31 to D7-35).';
COMMENT ON COLUMN sla.cost_line.cost_line_id IS 'Number of the line, given by the database.';
COMMENT ON COLUMN sla.cost_line.ticket_id IS 'The ticket it was spent on; null: on none in particular.';
COMMENT ON COLUMN sla.cost_line.spent_on IS 'Local date on which the cost arose; it decides the month of the report.';
COMMENT ON COLUMN sla.cost_line.kind IS 'installation (installation and commissioning, item 1), dispatch (of staff, item 2), material (item 3), transport (item 4) or other.';
COMMENT ON COLUMN sla.cost_line.persons IS 'How many persons went.';
COMMENT ON COLUMN sla.cost_line.trips IS 'How many trips it took.';
COMMENT ON COLUMN sla.cost_line.days IS 'How many days they were away, together.';
COMMENT ON COLUMN sla.cost_line.amount IS 'Amount of money, in the company''s currency; negative to correct an earlier line.';
COMMENT ON COLUMN sla.cost_line.contract_covered IS 'True: installation guidance or commissioning that the contract provides for. It is reported, but is no part of the total of D7-35.';
COMMENT ON COLUMN sla.cost_line.department IS 'Department that bears the cost; null: not given.';
COMMENT ON COLUMN sla.cost_line.employee IS 'Employee who ran it up; null: not given.';
COMMENT ON COLUMN sla.cost_line.note IS 'Remark for people. No view for BI shows it.';
COMMENT ON COLUMN sla.cost_line.recorded_by IS 'Role under which the line was entered; filled by the database.';
COMMENT ON COLUMN sla.cost_line.recorded_at IS 'When the line was entered; filled by the database.';

CREATE OR REPLACE VIEW sla.cost_installation_monthly AS
SELECT
  date_trunc('month', l.spent_on::timestamp)::date AS month_start,
  l.department::varchar(64) AS department,
  count(*)::int AS line_count,
  coalesce(sum(l.persons), 0)::int AS person_count,
  coalesce(sum(l.trips), 0)::int AS trip_count,
  coalesce(sum(l.days), 0)::numeric(12,2) AS day_count,
  sum(l.amount)::numeric(18,2) AS amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.contract_covered), 0))::numeric(18,2) AS covered_amount
FROM sla.cost_line AS l
WHERE l.kind = 'installation'
GROUP BY 1, 2;

COMMENT ON VIEW sla.cost_installation_monthly IS
'R-20 (clause D7-31, cost item 1: installation and commissioning), by month of spending; reported before the 4th of the next month. Grain: month, department. Persons, trips, days and amount; covered_amount is the part that contracts provide for.';

CREATE OR REPLACE VIEW sla.cost_dispatch_monthly AS
SELECT
  date_trunc('month', l.spent_on::timestamp)::date AS month_start,
  l.department::varchar(64) AS department,
  count(*)::int AS line_count,
  coalesce(sum(l.persons), 0)::int AS person_count,
  coalesce(sum(l.trips), 0)::int AS trip_count,
  coalesce(sum(l.days), 0)::numeric(12,2) AS day_count,
  sum(l.amount)::numeric(18,2) AS amount
FROM sla.cost_line AS l
WHERE l.kind = 'dispatch'
GROUP BY 1, 2;

COMMENT ON VIEW sla.cost_dispatch_monthly IS
'R-21 (clause D7-32, cost item 2: dispatch of staff), by month of spending; reported before the 4th of the next month. Grain: month, department. Persons, trips, days and amount.';

CREATE OR REPLACE VIEW sla.cost_material_monthly AS
SELECT
  date_trunc('month', l.spent_on::timestamp)::date AS month_start,
  l.department::varchar(64) AS department,
  count(*)::int AS line_count,
  sum(l.amount)::numeric(18,2) AS amount
FROM sla.cost_line AS l
WHERE l.kind = 'material'
GROUP BY 1, 2;

COMMENT ON VIEW sla.cost_material_monthly IS
'R-22 (clause D7-33, cost item 3: material), by month of spending; reported before the 4th of the next month. Grain: month, department.';

CREATE OR REPLACE VIEW sla.cost_transport_monthly AS
SELECT
  date_trunc('month', l.spent_on::timestamp)::date AS month_start,
  l.department::varchar(64) AS department,
  count(*)::int AS line_count,
  sum(l.amount)::numeric(18,2) AS amount
FROM sla.cost_line AS l
WHERE l.kind = 'transport'
GROUP BY 1, 2;

COMMENT ON VIEW sla.cost_transport_monthly IS
'R-23 (clause D7-34, cost item 4: transport), by month of spending; reported before the 4th of the next month. Grain: month, department.';

CREATE OR REPLACE VIEW sla.cost_total_monthly AS
SELECT
  date_trunc('month', l.spent_on::timestamp)::date AS month_start,
  l.department::varchar(64) AS department,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'installation' AND NOT l.contract_covered), 0))::numeric(18,2) AS installation_amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'dispatch'), 0))::numeric(18,2) AS dispatch_amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'material'), 0))::numeric(18,2) AS material_amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'transport'), 0))::numeric(18,2) AS transport_amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind <> 'other' AND NOT (l.kind = 'installation' AND l.contract_covered)), 0))::numeric(18,2) AS amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'installation' AND l.contract_covered), 0))::numeric(18,2) AS covered_amount,
  (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'other'), 0))::numeric(18,2) AS other_amount
FROM sla.cost_line AS l
GROUP BY 1, 2;

COMMENT ON VIEW sla.cost_total_monthly IS
'R-24 (clause D7-35, cost item 5: total), by month of spending; reported before the 4th of the next month. Grain: month, department. amount adds up items 1 to 4 without the installation and commissioning that contracts provide for (covered_amount); lines of kind other are shown beside it and are no part of it.';
