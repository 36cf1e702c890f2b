--
-- Whatever the order of recording, the result is that of the right order.
--
-- Two hundred invented days, each lived twice: by one ticket whose events are
-- recorded as they happen, and by one whose events are all told in the evening, in
-- any order.  Clocks and misses have to be the same.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;
-- Every other day under a policy with pauses, a promised date and a calendar with a lunch break.
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('order_office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'order_office', d, o, c FROM generate_series(1, 5) d, (VALUES (time '08:30', time '12:00'), ('13:30', '18:00')) h(o, c);
INSERT INTO sla.policy (policy, version, applies_to, pause_on) VALUES ('vectors_order', 1, 'false', '{waiting_customer,waiting_parts}');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, fallback_on, fallback_after, start_owed_by,
	stops_on, stops_all, rearms_on, cancels_on, duration, every, due_column, calendar, restarts, responsible_role)
VALUES
	('vectors_order', 1, 'repair', 'resolve', 'urgency <> ''important''', '{received}', NULL, NULL, NULL, '{resolved}', false, '{}', '{}', '04:00', NULL, NULL, 'order_office', true, '{agent}'),
	('vectors_order', 1, 'plan', 'plan', NULL, '{assigned}', 'received', '00:30', 'agent', '{plan_proposed,dept_responded}', true, '{}', '{result_notified}', '01:00', NULL, NULL, NULL, true, '{dept_handler,dept_head}'),
	('vectors_order', 1, 'report', 'report', 'urgency = ''urgent''', '{work_started}', NULL, NULL, NULL, '{resolved}', false, '{follow_up}', '{}', NULL, '01:00', NULL, 'order_office', true, '{agent}'),
	('vectors_order', 1, 'promise', 'promise', 'needs_department', '{}', NULL, NULL, NULL, '{resolved}', false, '{}', '{}', NULL, NULL, 'promised_at', NULL, true, '{agent}'),
	('vectors_order', 1, 'answer', 'answer', NULL, '{received}', NULL, NULL, NULL, '{first_response}', false, '{}', '{}', '02:00', NULL, NULL, NULL, false, '{agent}');
SELECT sla.publish_policy('vectors_order', 1, '2025-01-01');
SET ROLE regress_desk;
SELECT setseed(0.5);
DO $$
DECLARE
	names text[] := '{first_response,assigned,plan_proposed,resolved,reported_to_supervisor,dept_head_notified,dept_responded,work_started,progress_to_supervisor,progress_to_customer,emergency_team_formed,emergency_meeting,result_notified,reopened,follow_up,follow_up}';
	others text[] := '{first_response,assigned,plan_proposed,dept_responded,resolved,work_started,work_started,waiting_customer,waiting_customer,waiting_parts,waiting_ended,waiting_ended,result_notified,reopened,follow_up,changed}';
	urgencies text[] := '{normal,important,urgent}';
	needs text[] := '{true,false}';
	happenings jsonb;
	happening jsonb;
BEGIN
	FOR day IN 1..200 LOOP
		CALL desk.at('08:00');
		INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner)
		SELECT CASE day % 2 WHEN 0 THEN 'trading_company' ELSE 'vectors_order' END, format('%s %s', kind, day), 'complaint', u, n, 'Chen'
		FROM unnest('{told,lived}'::text[]) kind,
			(SELECT urgencies[1 + floor(random() * 3)::integer] AS u, random() < 0.5 AS n) AS facts;
		-- Ten events, each at a quarter of an hour of its own, so that their order does not depend on their numbers.
		SELECT jsonb_agg(x ORDER BY x ->> 'at') INTO happenings FROM (
			SELECT jsonb_build_object('at', to_char(time '08:00' + q * interval '15 minutes', 'HH24:MI'),
				'event', e, 'details', CASE
					WHEN e = 'waiting_ended' THEN jsonb_build_object('reason', CASE WHEN random() < 0.6 THEN 'waiting_customer' ELSE 'waiting_parts' END)
					WHEN e = 'changed' THEN jsonb_build_object('set', jsonb_build_object('promised_at',
						CASE WHEN random() < 0.7 THEN timestamptz '2025-10-15 08:00' + floor(random() * 48) * interval '15 minutes' END))
					WHEN e <> 'follow_up' THEN '{}'
					WHEN random() < 0.6 THEN jsonb_build_object('set', jsonb_build_object('urgency', urgencies[1 + floor(random() * 3)::integer]))
					ELSE jsonb_build_object('set', jsonb_build_object('needs_department', random() < 0.5, 'urgency', 'normal')) END) AS x
			FROM (SELECT q, (CASE day % 2 WHEN 0 THEN names ELSE others END)[1 + floor(random() * 16)::integer] AS e FROM generate_series(1, 40) q ORDER BY random() LIMIT 10) picked) made;
		FOR happening IN SELECT h FROM jsonb_array_elements(happenings) h LOOP
			CALL desk.event(happening ->> 'at', 'lived ' || day, happening ->> 'event', NULL, happening -> 'details');
		END LOOP;
		CALL desk.event('20:00', 'lived ' || day, 'survey_requested');
		FOR happening IN SELECT h FROM jsonb_array_elements(happenings) h ORDER BY random() LOOP
			CALL desk.event('20:00', 'told ' || day, happening ->> 'event', happening ->> 'at', happening -> 'details');
		END LOOP;
		CALL desk.event('20:00', 'told ' || day, 'survey_requested');
	END LOOP;
END
$$;
CREATE TEMP VIEW outcome AS
SELECT split_part(t.order_ref, ' ', 2)::integer AS day, split_part(t.order_ref, ' ', 1) AS kind, o.what, o.row
FROM sla.ticket t CROSS JOIN LATERAL (
	SELECT 'clock', ROW (c.target, c.cycle, c.seq, c.provisional, c.started_at, c.due_at, c.warn_at, c.paused_at, c.paused_for, c.parts_done, c.stopped_at, c.cancelled_at)::text
	FROM sla.clock c WHERE c.ticket_id = t.ticket_id
	UNION ALL
	SELECT 'breach', ROW (b.target, b.cycle, b.due_at, b.kind, b.seq, b.stopped_at, b.responsible_role, b.responsible)::text
	FROM sla.breach b WHERE b.ticket_id = t.ticket_id AND b.voided_at IS NULL
	UNION ALL
	SELECT 'ticket', ROW (t.urgency, t.needs_department, t.promised_at, t.status, t.cycle, t.resolved_at, t.closed_at)::text
) AS o(what, row)
WHERE t.order_ref ~ '^(told|lived) ';
SELECT day, what, row FROM (
	(SELECT day, what, row FROM outcome WHERE kind = 'told' EXCEPT ALL SELECT day, what, row FROM outcome WHERE kind = 'lived')
	UNION ALL
	(SELECT day, what, row FROM outcome WHERE kind = 'lived' EXCEPT ALL SELECT day, what, row FROM outcome WHERE kind = 'told')) x
ORDER BY 1, 2, 3;
SELECT what, count(*) > 600 AS enough FROM outcome WHERE what <> 'ticket' GROUP BY 1 ORDER BY 1;
SELECT * FROM desk.refold('told %');
SELECT * FROM desk.refold('lived %');

\set ECHO none
\i :end_desk
