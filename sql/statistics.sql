--
-- Statistics: faults, causes, costs, actions and exceptions, by hand-made rows and hand-computed numbers.
--
-- The rows are put in past the triggers, so that this test is of the views alone, as a
-- reader reads them.  Everything is undone at the end.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
BEGIN;
CREATE ROLE regress_sla_reader;
CREATE ROLE regress_sla_agent;
CREATE ROLE regress_sla_manager;
SELECT sla.grant_access('reader', 'regress_sla_reader'), sla.grant_access('agent', 'regress_sla_agent'),
       sla.grant_access('manager', 'regress_sla_manager') \g /dev/null
SET LOCAL session_replication_role = replica;
SET LOCAL sla.now = '2025-11-20 12:00+08';
DELETE FROM sla.ticket; DELETE FROM sla.event; DELETE FROM sla.clock; DELETE FROM sla.breach; DELETE FROM sla.penalty; DELETE FROM sla.reward;
DELETE FROM sla.rollup_month;
INSERT INTO sla.policy (policy, version, status, effective_from, published_at, time_zone) VALUES ('st', 1, 'published', '-infinity', now(), 'Asia/Shanghai');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, binding)
VALUES ('st', 1, 'resolve', 'resolve', '{received}', '{resolved}', '4 hours', '{agent}', true);
INSERT INTO sla.employee (employee, department) VALUES ('st_li', 'st_a'), ('st_sun', 'st_b'), ('st_wu', 'st_b');
INSERT INTO sla.department (department, head) VALUES ('st_a', 'st_li'), ('st_b', 'st_wu');

-- 1 to 4: one asset.  1 was resolved on 10-02; 2 on the 90th day after, 3 a second later, 4 of another customer.
-- 5, 6: complaints of October and November of one cause.  7: an exception, 8: another, by a carrier.
-- 9: a suggestion, implemented by 10.  11: a suggestion nobody has looked at.  12: an improvement, overdue, from complaint 5.
-- 13: a repair that took two visits.  14: one visit, reopened.  15: with hardly a field filled.  16: an unmet demand.
INSERT INTO sla.ticket (ticket_id, policy, policy_version, type, category, urgency, channel, customer, customer_tier, description, department,
	owner, assignee, acceptor, against_employee, product, asset, fault_code, root_cause, complaint_cause, responsibility, carrier, verification_outcome,
	loss_amount, onsite_required, happened_at, received_at, created_at, promised_at, resolved_at, closed_at, status, cycle, last_score, parent_ticket, repeat_of, attributes)
OVERRIDING SYSTEM VALUE VALUES
	(1, 'st', 1, 'fault_report', 'leak', 'normal', 'hotline', 'C1', 'gold', 'x', 'st_b', 'st_li', 'st_sun', NULL, NULL, 'P1', 'A1', 'F1', 'seal', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-10-01 09:00+08', '2025-10-01 09:00+08', NULL, '2025-10-02 09:00+08', '2025-10-03 09:00+08', 'closed', 1, 5, NULL, NULL, '{}'),
	(2, 'st', 1, 'fault_report', 'leak', 'normal', 'hotline', 'C1', 'gold', 'x', 'st_b', 'st_li', 'st_sun', NULL, NULL, 'P1', 'A1', 'F1', 'seal', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-12-31 09:00+08', '2025-12-31 09:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(3, 'st', 1, 'fault_report', 'leak', 'normal', 'hotline', 'C1', NULL, 'x', 'st_b', 'st_li', NULL, NULL, NULL, 'P1', 'A1', 'F1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-12-31 09:00:01+08', '2025-12-31 09:00:01+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(4, 'st', 1, 'fault_report', 'leak', 'normal', 'hotline', 'C2', NULL, 'x', 'st_b', 'st_li', NULL, NULL, NULL, 'P1', 'A1', 'F1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-10-20 09:00+08', '2025-10-20 09:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(5, 'st', 1, 'complaint', 'delivery', 'normal', 'web', 'C3', 'gold', 'x', 'st_a', 'st_li', NULL, 'st_wu', 'st_sun', 'P2', NULL, NULL, NULL, 'late', 'company', NULL, 'substantiated', 100, NULL, NULL, '2025-10-31 23:30+08', '2025-10-31 23:30+08', '2025-11-02 10:00+08', '2025-11-01 10:30+08', '2025-11-02 09:00+08', 'closed', 1, 2, NULL, NULL, '{}'),
	(6, 'st', 1, 'complaint', 'delivery', 'urgent', 'web', 'C4', 'silver', 'x', 'st_a', 'st_li', NULL, NULL, NULL, 'P2', NULL, NULL, 'late', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-11-11 09:00+08', '2025-11-11 09:00+08', '2025-11-21 10:00+08', NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(7, 'st', 1, 'exception', 'not_dispatched', 'urgent', 'web', 'C5', NULL, 'x', 'st_b', 'st_sun', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 300, NULL, '2025-11-12 08:00+08', '2025-11-12 09:00+08', '2025-11-12 09:00+08', NULL, '2025-11-12 13:00+08', NULL, 'resolved', 1, NULL, NULL, NULL, '{}'),
	(8, 'st', 1, 'exception', 'damage', 'urgent', 'web', 'C5', NULL, 'x', 'st_b', 'st_sun', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'carrier', 'fast', NULL, 1000, NULL, NULL, '2025-11-17 09:00+08', '2025-11-17 09:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(9, 'st', 1, 'suggestion', 'packing', 'normal', 'internal', NULL, NULL, 'x', 'st_a', 'st_li', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'accepted', NULL, NULL, NULL, '2025-11-05 09:00+08', '2025-11-05 09:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(10, 'st', 1, 'improvement', 'packing', 'normal', NULL, NULL, NULL, NULL, 'st_b', 'st_li', 'st_sun', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'effective', NULL, NULL, NULL, '2025-11-06 09:00+08', '2025-11-06 09:00+08', '2025-11-10 09:00+08', '2025-11-10 09:00+08', NULL, 'resolved', 1, NULL, 9, NULL, '{}'),
	(11, 'st', 1, 'suggestion', 'packing', 'normal', 'web', 'C6', NULL, 'x', 'st_a', 'st_li', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-11-05 10:00+08', '2025-11-05 10:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(12, 'st', 1, 'improvement', 'delivery', 'normal', NULL, NULL, NULL, NULL, 'st_b', 'st_wu', NULL, NULL, NULL, NULL, NULL, NULL, 'late', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-11-13 09:00+08', '2025-11-13 09:00+08', '2025-11-19 09:00+08', NULL, NULL, 'open', 1, NULL, 5, NULL, '{}'),
	(13, 'st', 1, 'repair', 'noise', 'normal', 'web', 'C7', NULL, 'x', 'st_b', 'st_li', 'st_sun', NULL, NULL, 'P1', 'A2', 'F2', NULL, NULL, NULL, NULL, NULL, NULL, true, NULL, '2025-11-03 09:00+08', '2025-11-03 09:00+08', NULL, '2025-11-05 10:00+08', NULL, 'resolved', 1, NULL, NULL, 1, '{}'),
	(14, 'st', 1, 'repair', 'noise', 'normal', 'web', 'C8', NULL, 'x', 'st_b', 'st_li', 'st_sun', NULL, NULL, 'P2', 'A3', 'F2', NULL, NULL, NULL, NULL, NULL, NULL, true, NULL, '2025-11-03 10:00+08', '2025-11-03 10:00+08', NULL, '2025-11-04 10:00+08', NULL, 'resolved', 2, 4, NULL, NULL, '{}'),
	(15, 'st', 1, 'inquiry', NULL, NULL, 'web', NULL, NULL, NULL, 'st_a', 'st_li', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-11-18 10:00+08', '2025-11-18 10:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{}'),
	(16, 'st', 1, 'complaint', 'price', 'normal', 'web', 'C9', NULL, 'x', 'st_a', 'st_li', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-11-18 12:00+08', '2025-11-18 12:00+08', NULL, NULL, NULL, 'open', 1, NULL, NULL, NULL, '{"demand_reasonable": true, "demand_met": false}'),
	(17, 'st', 1, 'complaint', 'price', 'normal', 'web', 'C9', NULL, 'x', 'st_a', 'st_li', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2025-11-18 13:00+08', '2025-11-18 13:00+08', NULL, NULL, NULL, 'withdrawn', 1, NULL, NULL, NULL, '{"demand_reasonable": true, "demand_met": true}');
INSERT INTO sla.event (ticket_id, event_no, event, cycle, occurred_at, recorded_at, effective_at, actor, details)
SELECT ticket_id, row_number() OVER (PARTITION BY ticket_id ORDER BY at), event, 1, at, at, at, actor, details
FROM (VALUES
	(1, 'resolved', timestamptz '2025-10-02 09:00+08', 'st_sun', jsonb '{"effort_minutes": 50}'),
	(5, 'first_response', '2025-10-31 23:40+08', 'st_li', '{"effort_minutes": "soon"}'), (5, 'resolved', '2025-11-01 10:30+08', 'st_li', '{"effort_minutes": 20.5}'),
	(5, 'result_notified', '2025-11-01 11:00+08', 'st_li', '{}'), (5, 'callback_done', '2025-11-01 15:00+08', 'st_li', '{"effort_minutes": 9.5}'),
	(5, 'rating_recorded', '2025-11-02 08:00+08', 'customer', '{"score": 2, "attitude": 1, "efficiency": "4", "ability": "good"}'),
	(1, 'rating_recorded', '2025-10-03 08:00+08', 'customer', '{"score": 5, "attitude": 5}'),
	(14, 'rating_recorded', '2025-11-05 08:00+08', 'customer', '{"score": 4, "attitude": 4}'),
	(5, 'written_report_filed', '2025-11-01 00:30+08', 'st_sun', '{"lesson": "Load the day before."}'),
	(7, 'reported_to_project_lead', '2025-11-12 09:30+08', 'st_sun', '{}'), (7, 'reported_to_supervisor', '2025-11-12 09:10+08', 'st_sun', '{}'), (7, 'resolved', '2025-11-12 13:00+08', 'st_sun', '{}'),
	(13, 'fault_confirmed', '2025-11-03 10:00+08', 'st_sun', '{}'), (13, 'arrived_on_site', '2025-11-04 10:00+08', 'st_sun', '{"effort_minutes": 30}'), (13, 'part_shipped', '2025-11-04 12:00+08', 'st_sun', '{}'),
	(13, 'arrived_on_site', '2025-11-05 09:00+08', 'st_sun', '{"effort_minutes": 45}'), (13, 'service_report_filed', '2025-11-05 11:00+08', 'st_sun', '{}'), (13, 'resolved', '2025-11-05 10:00+08', 'st_sun', '{}'),
	(14, 'fault_confirmed', '2025-11-03 12:00+08', 'st_sun', '{}'), (14, 'arrived_on_site', '2025-11-04 09:00+08', 'st_sun', '{}'), (14, 'resolved', '2025-11-04 10:00+08', 'st_sun', '{}'),
	(6, 'part_shipped', '2025-11-11 12:00+08', 'st_li', '{}'), (6, 'part_receipt_confirmed', '2025-11-12 12:00+08', 'st_li', '{}'), (6, 'part_shipped', '2025-11-13 12:00+08', 'st_li', '{}'),
	(7, 'part_shipped', '2025-11-12 11:00+08', 'st_sun', '{}'), (7, 'part_receipt_confirmed', '2025-11-12 11:00+08', 'st_sun', '{}'),
	(4, 'follow_up', '2025-10-21 09:00+08', 'st_sun', '{"effort_minutes": 15}'), (6, 'follow_up', '2025-11-11 10:00+08', 'st_li', '{"effort_minutes": 25}')
) AS e (ticket_id, event, at, actor, details);
-- 5 was resolved late; 6 is overdue; 16 is due today; 14 was in time.
INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding, provisional, calendar, started_at, created_at, due_at, stopped_at, department)
SELECT v.id, 'resolve', 1, 1, 'st', 1, 'resolve', true, false, '24x7', v.at, v.at, v.due, v.stopped, 'st_a'
FROM (VALUES (5, timestamptz '2025-10-31 23:30+08', timestamptz '2025-11-01 03:30+08', timestamptz '2025-11-01 10:30+08'),
	(6, '2025-11-11 09:00+08', '2025-11-11 13:00+08', NULL), (16, '2025-11-18 12:00+08', '2025-11-20 16:00+08', NULL),
	(14, '2025-11-03 10:00+08', '2025-11-04 14:00+08', '2025-11-04 10:00+08')) v(id, at, due, stopped);
INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding, born_overdue, detected_at, stopped_at, responsible_role, responsible, department)
VALUES (5, 'resolve', 1, '2025-11-01 03:30+08', 'late', 1, 'st', 1, 'resolve', true, false, '2025-11-01 03:31+08', '2025-11-01 10:30+08', '{agent}', '{st_li}', 'st_a'),
	(6, 'resolve', 1, '2025-11-11 13:00+08', 'late', 1, 'st', 1, 'resolve', true, false, '2025-11-11 13:01+08', NULL, '{agent}', '{st_li}', 'st_a');
INSERT INTO sla.penalty (ticket_id, ladder, ground, employee, subject, policy, policy_version, first_due_at, breach_count, status, step, amount, created_at, decided_by, decided_at)
VALUES (8, 'L6', '1', 'fast', 'carrier', 'st', 1, '2025-11-17 10:00+08', 0, 'effective', '1', 200, '2025-11-17 10:00+08', 'st_wu', '2025-11-19 10:00+08'),
	(7, 'L6', '1', 'fast', 'carrier', 'st', 1, '2025-11-17 10:00+08', 0, 'candidate', NULL, NULL, '2025-11-18 10:00+08', NULL, NULL);
INSERT INTO sla.reward (ticket_id, reward, subject, scope, policy, policy_version, kind, status, created_at, decided_by, decided_at)
VALUES (14, 'praise', 'st_sun', 'employee', 'st', 1, 'bonus', 'confirmed', '2025-11-06 10:00+08', 'st_wu', '2025-11-07 10:00+08'),
	(14, 'team', 'st_b', 'team', 'st', 1, 'bonus', 'confirmed', '2025-11-06 10:00+08', 'st_wu', '2025-11-07 10:00+08'),
	(13, 'praise', 'st_sun', 'employee', 'st', 1, 'bonus', 'candidate', '2025-11-06 10:00+08', NULL, NULL);

-- Costs are entered by agents, who can neither change a line nor say who entered it.
SAVEPOINT agent;
SET LOCAL ROLE regress_sla_agent;
INSERT INTO sla.cost_line (ticket_id, spent_on, kind, persons, trips, days, amount, contract_covered, department) VALUES
	(13, '2025-11-04', 'dispatch', 1, 1, 0.5, 120, false, 'st_b'), (13, '2025-11-05', 'dispatch', 2, 1, 1, 200.10, false, 'st_b'),
	(13, '2025-11-05', 'material', NULL, NULL, NULL, 80, false, 'st_b'), (NULL, '2025-11-30', 'transport', NULL, NULL, NULL, 40, false, 'st_a'),
	(NULL, '2025-11-01', 'installation', 2, 1, 3, 1000, true, 'st_b'), (NULL, '2025-11-02', 'installation', 1, 1, 1, 300, false, 'st_b'),
	(NULL, '2025-11-02', 'installation', -1, NULL, NULL, -50, false, 'st_b'),
	(NULL, '2025-11-03', 'other', NULL, NULL, NULL, 7, false, NULL), (NULL, '2025-12-01', 'material', NULL, NULL, NULL, 5, true, 'st_b');
SELECT DISTINCT recorded_by = session_user AS by_the_session, recorded_at = now() AS now FROM sla.cost_line;
SAVEPOINT refused;
UPDATE sla.cost_line SET amount = 0;
ROLLBACK TO refused;
INSERT INTO sla.cost_line (spent_on, kind, amount, recorded_by) VALUES ('2025-11-01', 'other', 1, 'somebody');
ROLLBACK TO refused;
INSERT INTO sla.cost_line (spent_on, kind, amount) VALUES ('2025-11-01', 'bribe', 1);
ROLLBACK TO refused;
INSERT INTO sla.cost_line (spent_on, kind, amount) VALUES ('infinity', 'other', 1);
ROLLBACK TO refused;
INSERT INTO sla.cost_line (spent_on, kind, amount) VALUES ('2025-11-01', 'other', 'NaN');
ROLLBACK TO refused;
RESET ROLE;
SET LOCAL ROLE regress_sla_reader;

-- R-20 to R-24: the contract's installation is shown and not added; 1000 + 300 - 50, 320.10, 80, 40.
SELECT month_start, department, line_count AS lines, person_count AS persons, trip_count AS trips, day_count AS days, amount, covered_amount AS covered FROM sla.cost_installation_monthly;
SELECT month_start, department, line_count AS lines, person_count AS persons, trip_count AS trips, day_count AS days, amount FROM sla.cost_dispatch_monthly;
SELECT month_start, department, line_count AS lines, amount FROM sla.cost_material_monthly ORDER BY 1;
SELECT month_start, department, line_count AS lines, amount FROM sla.cost_transport_monthly;
SELECT month_start, department, installation_amount AS i1, dispatch_amount AS i2, material_amount AS i3, transport_amount AS i4, amount, covered_amount AS covered, other_amount AS other
FROM sla.cost_total_monthly ORDER BY 1, 2;
-- R-25.
SELECT department, category, ticket_count AS n, resolved_count AS resolved, complaint_count AS complaints, trip_count AS trips, amount, improvement_count AS actions, open_improvement_count AS open
FROM sla.service_project_monthly WHERE month_start = '2025-11-01' ORDER BY 1, 2;

-- R-05: duties and improvements are no cases.
SELECT month_start, value, ticket_count AS n, complaint_count AS complaints, open_count AS open FROM sla.volume_monthly WHERE dimension = 'type' AND month_start <= '2025-11-01' ORDER BY 1, 2;
SELECT week_start, ticket_count AS n, complaint_count AS complaints FROM sla.volume_weekly WHERE dimension = 'all' ORDER BY 1;
-- R-06: delivery/late once in October and once in November, with an open action.
SELECT month_start, rank, category, root_cause, ticket_count AS n, share, previous_ticket_count AS before, ticket_count_change AS change, improvement_count AS actions, open_improvement_count AS open
FROM sla.common_causes_monthly WHERE month_start BETWEEN '2025-10-01' AND '2025-11-01' ORDER BY 1, 2, 3;
-- R-09: 3 complaints of 10 cases in November, improvements not counted.
SELECT month_start, ticket_count AS n, complaint_count AS complaints, complaint_rate AS rate FROM sla.complaint_rate_monthly WHERE dimension = 'all' ORDER BY 1;
-- R-08, R-15.
SELECT dimension, value, open_count AS n, oldest_ticket_id AS oldest, round(oldest_days_open::numeric, 3) AS days, round(average_days_open::numeric, 3) AS average
FROM sla.open_tickets_age WHERE dimension IN ('all', 'urgency') ORDER BY 1, 2;
SELECT * FROM sla.workload ORDER BY 1;
-- R-04: one rating of October (5), two of November (2 and 4); four tickets resolved in November could be asked, two answered.
SELECT month_start, rating_count AS n, average_rating AS avg, average_attitude AS attitude, average_ability AS ability, average_efficiency AS efficiency, asked_count AS asked, answered_count AS answered,
	answered_share AS share, previous_average_rating AS before, average_rating_change AS change, previous_satisfied_share AS sat_before, satisfied_share_change AS sat_change
FROM sla.satisfaction_monthly WHERE dimension = 'all' ORDER BY 1;
-- R-07: 20.5 + 9.5 and 30 + 45 minutes of November's resolved tickets; what is no number is not counted.
SELECT month_start, resolved_count AS n, effort_minutes AS effort, average_effort_minutes AS average FROM sla.resolution_time_monthly WHERE dimension = 'all' ORDER BY 1;
-- R-11, R-27, R-29, R-43.
SELECT ticket_id AS t, improvement_ticket_id AS improvement FROM sla.dissatisfied_tickets ORDER BY 1;
SELECT ticket_id AS t, parent_ticket_id AS parent, parent_type, employee, promised_at, done_at, verification_outcome AS verdict, is_open, is_done, is_overdue, is_verified FROM sla.improvement_actions ORDER BY 1;
SELECT month_start, department, category, ticket_count AS n, open_count AS open, done_count AS done, overdue_count AS overdue, verified_count AS verified, done_share FROM sla.improvement_monthly ORDER BY 2, 3;
SELECT category, channel, verification_outcome AS verdict, ticket_count AS n, undecided_count AS undecided, improvement_count AS actions, implemented_count AS implemented FROM sla.suggestions_monthly ORDER BY 2;
SELECT ticket_id AS t, days_open, is_open FROM sla.unmet_demands;
-- R-13.
SELECT week_start, type, category, root_cause AS cause, ticket_count AS n, resolved_count AS resolved, breach_count AS breaches, loss_amount AS loss FROM sla.meeting_pack_weekly ORDER BY 1, 2, 3;
SELECT week_start, section, ticket_id AS t, type, employee, milestone, due_on, done_at, is_done FROM sla.meeting_pack_items ORDER BY 1, 2, 3;
-- R-16: 2 exactly on the 90th day; 3 a second too late; 4 is somebody else's.
SELECT ticket_id AS t, earlier_ticket_id AS earlier, days_between, earlier_assignee, is_recorded FROM sla.repeat_repairs ORDER BY 1;
SELECT month_start, value, repair_count AS n, repeat_count AS repeats, repeat_rate FROM sla.repeat_repair_monthly WHERE dimension IN ('all', 'product') ORDER BY 1, dimension, 2;
SELECT month_start, category, product, root_cause AS cause, ticket_count AS n, recurrence_count AS again, recurrence_rate AS rate FROM sla.recurrence_monthly ORDER BY 1, 2;
-- R-18, R-19: 48 and 22 hours; two visits, and one that did not hold.
SELECT month_start, product, fault_code, fault_count AS n, previous_fault_count AS before, fault_count_change AS change, repeat_count AS repeats FROM sla.fault_statistics_monthly ORDER BY 1, 2, 3;
SELECT month_start, value, repair_count AS n, average_minutes AS avg, median_minutes AS median, visited_count AS visited, first_visit_count AS first, first_visit_share AS share, part_count AS parts, parts_per_repair AS per_repair, average_effort_minutes AS effort
FROM sla.repair_efficiency_monthly WHERE dimension IN ('all', 'product') ORDER BY 1, dimension, 2;
-- D7-27: 6 was sent a second part, 7's came at once.
SELECT ticket_id AS t, department, assignee, shipped_at, days_under_way AS days FROM sla.open_receipts ORDER BY 1;
-- R-26.
SELECT quarter_start, tier, ticket_count AS n, average_response_minutes AS response, met_count AS met, breached_count AS missed, compliance_rate AS rate, rating_count AS ratings, average_rating AS rating
FROM sla.fairness_quarterly ORDER BY 1, 2;
-- R-28: of ten cases of November one lacks something, and a suggestion needs no customer; two needed a visit, one has its report.
SELECT month_start, value, ticket_count AS n, complete_count AS complete, complete_share AS share, logged_count AS logged, onsite_count AS onsite, reported_count AS reports, resolved_count AS resolved, rated_count AS rated, rated_share
FROM sla.record_completeness_monthly WHERE dimension = 'all' ORDER BY 1;
SELECT ticket_id AS t, missing FROM sla.incomplete_records ORDER BY 1;
-- R-35, R-36: 7 was told 70 minutes after it happened.
SELECT month_start, carrier, category, ticket_count AS n, responsible_ticket_count AS held, loss_amount AS loss, penalty_count AS penalties, candidate_count AS candidates, penalty_amount AS amount
FROM sla.carrier_monthly ORDER BY 1, 3;
SELECT month_start, category, department, ticket_count AS n, resolved_count AS resolved, loss_amount AS loss, average_report_minutes AS report, average_resolution_minutes AS resolution, p90_minutes AS p90
FROM sla.exception_statistics_monthly ORDER BY 2;
SELECT week_start, category, ticket_count AS n FROM sla.exception_statistics_weekly ORDER BY 1;
-- R-14 and R-30: by quarter and year; the team's reward is the department's alone.
SELECT quarter_start, employee, department, ticket_count AS n, complaint_count AS complaints, incomplete_count AS incomplete, met_count AS met, breached_count AS missed, on_time_rate AS rate, rating_count AS ratings, average_rating AS rating,
	breach_count AS breaches, reward_count AS rewards
FROM sla.employee_scorecard_quarterly ORDER BY 2;
SELECT quarter_start, department, ticket_count AS n, met_count AS met, breached_count AS missed, reward_count AS rewards FROM sla.department_scorecard_quarterly ORDER BY 2;
SELECT year_start, dimension, value, ticket_count AS n, complaint_rate, average_resolution_minutes AS resolution, met_count AS met, breached_count AS missed, rating_count AS ratings, satisfied_count AS satisfied, satisfied_share AS share, reward_count AS rewards
FROM sla.annual_summary ORDER BY 1, 2, 3;
-- The scorecards add up the same, whether the clocks are added up before or not.
CREATE TEMP VIEW sums AS
SELECT 'facts' AS from, month_start, department, employee, sum(met_count) AS met, sum(breached_count) AS missed, sum(advisory_met_count) AS a_met, sum(advisory_breached_count) AS a_missed,
	sum(ticket_count) AS tickets, sum(reward_count) AS rewards, count(rating) AS ratings FROM sla.scorecard_facts GROUP BY 2, 3, 4
UNION ALL SELECT 'parts', month_start, department, employee, sum(met_count), sum(breached_count), sum(advisory_met_count), sum(advisory_breached_count),
	sum(ticket_count), sum(reward_count), count(rating) FROM sla.scorecard_parts GROUP BY 2, 3, 4;
SELECT count(*) AS pairs, count(*) FILTER (WHERE n <> 2) AS differ FROM (
	SELECT count(*) AS n FROM sums GROUP BY month_start, department, employee, met, missed, a_met, a_missed, tickets, rewards, ratings) x;

-- R-17 and R-38 are for managers.
SAVEPOINT manager;
SELECT * FROM sla.complaint_register;
ROLLBACK TO manager;
SELECT * FROM sla.report_circular;
ROLLBACK TO manager;
SET LOCAL ROLE regress_sla_manager;
SELECT ticket_id AS t, acceptor, against_employee AS against, verification_outcome AS outcome, root_cause AS cause, promised_at, first_response_at, result_notified_at, called_back_at, rating, breach_count AS breaches, is_open
FROM sla.complaint_register ORDER BY 1;
SELECT ticket_id AS t, author, filed_on, month_start, root_cause AS cause, lesson FROM sla.report_circular;
ROLLBACK;
