--
-- company.sql
--		A trading and logistics company: its departments, its people, the regulations it works under.
--
--		Variables: tickets (how many the year has), detail (1: every policy has its share, see plan.sql).
--
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
DROP SCHEMA IF EXISTS year CASCADE;
CREATE SCHEMA year;

CREATE TABLE year.setting AS
SELECT :tickets::integer AS tickets, timestamptz '2025-01-01 00:00+08' AS begins, timestamptz '2026-01-01 00:00+08' AS ends,
	-- The year is followed by some weeks in which what was begun comes to its end.
	timestamptz '2026-01-20 00:00+08' AS judged_at;

-- A number in [0, 1) that looks random and is the same for the same number and purpose.
CREATE FUNCTION year.u(n bigint, purpose text) RETURNS float LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((hashint8extended(n, hashtextextended(purpose, 2025)) >> 11) & 1099511627775) / 1099511627776.0::float;

-- Normally distributed around 0 with deviation 1, cut off where it becomes absurd.
CREATE FUNCTION year.gauss(n bigint, purpose text) RETURNS float LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(-3.5, least(3.5, sqrt(-2 * ln(1 - year.u(n, purpose || ' r'))) * cos(2 * pi() * year.u(n, purpose || ' a'))));

-- One of several.
CREATE FUNCTION year.pick(n bigint, purpose text, VARIADIC choices text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN choices[1 + floor(year.u(n, purpose) * cardinality(choices))::integer];

-- The details of a step with the names of its ticket: $department, and $promise, a date hours later, or $weeks.
CREATE FUNCTION year.fill(details text, names jsonb, at timestamptz, n bigint, purpose text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	name text;
BEGIN
	IF details = '{}' THEN
		RETURN '{}';
	END IF;
	FOR name IN SELECT DISTINCT m[1] FROM regexp_matches(details, '\$(\w+)', 'g') m LOOP
		details := replace(details, '$' || name, CASE name
			WHEN 'promise' THEN (date_trunc('minute', at + interval '1 hour' * (2 + 30 * year.u(n, purpose || 'promise'))))::text
			WHEN 'soon' THEN (date_trunc('minute', at + interval '1 hour' * (1 + 6 * year.u(n, purpose || 'soon'))))::text
			WHEN 'weeks' THEN (date_trunc('hour', at + interval '1 day' * (7 + 28 * year.u(n, purpose || 'weeks'))))::text
			ELSE names ->> name END);
	END LOOP;
	RETURN details;
END
$$;

INSERT INTO sla.department (department, title, title_zh, head) VALUES
	('service', 'Customer service', '客服部', 'head_service'), ('tech', 'Technical support', '技术部', 'head_tech'),
	('logistics', 'Logistics', '物流部', 'head_logistics'), ('warehouse', 'Warehouse', '仓储部', 'head_warehouse'),
	('quality', 'Quality', '质量部', 'head_quality'), ('field', 'Field service', '维修部', 'head_field'),
	('live', 'Live commerce', '直播部', 'head_live'), ('finance', 'Finance', '财务部', 'head_finance'),
	('after_sales', 'After-sales', '售后部', 'head_after_sales'), ('customer_service', 'Customer care', '客户关怀部', 'head_customer_service');

-- Six teams of agents with a supervisor each.
INSERT INTO sla.employee (employee, name, department, supervisor, roles)
SELECT 'super_' || s, '主管' || s, 'service', 'head_service', CASE s WHEN 1 THEN '{supervisor,cs_manager}' ELSE '{supervisor}' END::text[]
FROM generate_series(1, 6) s;
INSERT INTO sla.employee (employee, name, department, supervisor, roles)
SELECT 'agent_' || a, '专员' || a, 'service', 'super_' || 1 + a % 6, '{agent,customer_service}' FROM generate_series(1, 60) a;
INSERT INTO sla.employee (employee, name, department, supervisor, roles)
SELECT 'head_' || d.department, d.title_zh || '经理', d.department, 'boss', '{dept_head}' FROM sla.department d;
INSERT INTO sla.employee (employee, name, department, supervisor, roles)
SELECT d.department || '_' || i, d.title_zh || i, d.department, 'head_' || d.department,
	CASE WHEN d.department = 'field' THEN '{field_engineer}' ELSE '{handler}' END::text[]
FROM sla.department d, generate_series(1, 8) i WHERE d.department <> 'service';
-- Roles that one or a few hold; a role of several departments goes to the ticket's own first.
INSERT INTO sla.employee (employee, name, department, roles) VALUES
	('boss', '总经理', NULL, '{company_manager,management,senior_mgmt,branch_manager,headquarters,superior}'),
	('personnel', '人事', NULL, '{hr}'),
	('lead_feedback', '反馈组长', 'live', '{feedback_team_lead,channel_monitor}'),
	('lead_project_1', '项目负责人一', 'logistics', '{project_lead,dispatcher}'), ('lead_project_2', '项目负责人二', 'warehouse', '{project_lead,unit_head}'),
	('ops', '运营经理', NULL, '{ops_manager}'), ('keeper', '库管', 'warehouse', '{storekeeper}'),
	('after', '售后', 'field', '{after_sales}'), ('market', '市场', NULL, '{marketing}'), ('center', '技术中心', 'tech', '{tech_center}'),
	('account_1', '客户经理一', 'live', '{account_manager,product}'), ('account_2', '客户经理二', 'logistics', '{account_manager}'),
	('quality_monitor', '质检', 'quality', '{quality_monitor}'), ('purse', '财务', 'finance', '{finance}'),
	-- Somebody who has left is found no more.
	('gone', '离职', 'service', '{hr,feedback_team_lead,storekeeper}');
UPDATE sla.employee SET active = false WHERE employee = 'gone';

SET sla.now = '2024-12-30 09:00+08';
SELECT sla.load_calendar('cn_workday') > 0, sla.load_calendar('cn_office') > 0 \g /dev/null
SELECT sla.load_preset(preset) FROM sla.presets ORDER BY preset \g /dev/null

-- Monthly figures are folded when a month is over by the true clock, which for all of this year it has long been.  As if the
-- extension had been there before: the months until now are known, the others come in their time.
TRUNCATE sla.rollup_month, sla.rollup_mark;
INSERT INTO sla.rollup_month (month_start, closes_at, folded_at) VALUES ('2024-12-01', '2025-01-02 00:00Z', now());

-- What management aims at; what the figures say is compared with it quarter by quarter.
INSERT INTO sla.kpi_target (kpi, subject, period, target_value, baseline)
SELECT k.kpi, k.subject, daterange(q::date, (q + interval '3 months')::date), k.target_value, k.baseline * (SELECT tickets FROM year.setting)
FROM (VALUES ('complaint_reduction', 'logistics', 10, 0.03), ('average_rating', '', 4, NULL)) k(kpi, subject, target_value, baseline), generate_series(timestamp '2025-01-01', '2025-10-01', '3 months') q;
-- Whoever runs the year may look as one of the supervisors.
UPDATE sla.employee SET login = current_user WHERE employee = 'super_1';

-- Customers are visited by a plan of the company's own: every quarter the best, once in the year some others.
CREATE TABLE year.visit (customer text, no integer, planned_for date, done_at timestamptz, visitor text);
INSERT INTO year.visit
SELECT 'K' || k, q, date '2025-01-01' + 90 * q + k, CASE WHEN year.u(10 * k + q, 'visited') < 0.9
		THEN (date '2025-01-01' + 90 * q + k)::timestamp AT TIME ZONE 'Asia/Shanghai' + interval '1 day' * (12 * year.gauss(10 * k + q, 'visit') - 8) END,
	CASE k % 2 WHEN 0 THEN 'account_1' ELSE 'account_2' END
FROM generate_series(1, 12) k, generate_series(1, 3) q;
CREATE VIEW year.visit_due AS
SELECT customer AS subject, no AS period, (planned_for + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS due_at, (planned_for - 30)::timestamp AT TIME ZONE 'Asia/Shanghai' AS opens_at,
	CASE WHEN done_at <= sla.now() THEN done_at END AS done_at, visitor AS assignee
FROM year.visit;
UPDATE sla.duty SET source = 'year.visit_due', active = true WHERE policy = 'customer_tier' AND duty = 'customer_visit';
UPDATE sla.duty SET subjects = '{north,south}' WHERE policy = 'repair_center' AND duty = 'stocktake';
RESET sla.now;
