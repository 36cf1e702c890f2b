--
-- live.sql
--		Lives the year: the clock is set to each action, in order of time, and the company's programs do what they do.
--
SET timezone = 'Asia/Shanghai';
SET client_min_messages = warning;
CREATE TABLE year.entered (n integer PRIMARY KEY, ticket_id bigint);
-- The tickets as they were when they had arrived.
CREATE TABLE year.arrived (ticket_id bigint PRIMARY KEY, row jsonb);
-- What the rules refused.
CREATE TABLE year.refused (at timestamptz, n integer, event text, state text, message text);
-- What managers decided.
CREATE TABLE year.decision (no bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, what text, ticket_id bigint, ladder text, ground text, employee text, decided_by text,
	target text, cycle integer, due_at timestamptz, kind text, choice text, result integer);
CREATE TABLE year.sweep (at timestamptz, swept bigint, breaches bigint, duties bigint);

CREATE FUNCTION year.set_now(at timestamptz) RETURNS void LANGUAGE sql RETURN set_config('sla.now', at::text, false);

CREATE PROCEDURE year.enter(only_n integer) LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO sla.ticket (order_ref, policy, type, category, urgency, severity, complexity, channel, customer, customer_tier, subject, department, owner,
		carrier, against_employee, needs_department, onsite_required, product, root_cause, fault_code, amount_involved, loss_amount, happened_at, received_at,
		promised_at, appointment_at, customer_required_at, agreed_reply_at, due_at, asset, parent_ticket, repeat_of, attributes)
	SELECT r.order_ref, r.policy, r.type, r.category, r.urgency, r.severity, r.complexity, r.channel, r.customer, r.customer_tier, r.subject, r.department, r.owner,
		r.carrier, r.against_employee, r.needs_department, r.onsite_required, r.product, r.root_cause, r.fault_code, r.amount_involved, r.loss_amount, r.happened_at, r.received_at,
		r.promised_at, r.appointment_at, r.customer_required_at, r.agreed_reply_at, r.due_at, r.asset,
		-- What gave the occasion: a customer who was not satisfied, or who suggested something.
		CASE WHEN r.type = 'improvement' THEN (SELECT o.ticket_id FROM sla.ticket o
			WHERE CASE only_n % 3 WHEN 0 THEN o.type = 'suggestion' ELSE o.type = 'complaint' AND o.last_score <= 2 END ORDER BY o.ticket_id DESC LIMIT 1) END,
		-- Most of the time somebody remembers that the unit had been repaired.
		CASE WHEN r.asset IS NOT NULL AND year.u(only_n, 'remembered') < 0.7 THEN (SELECT max(o.ticket_id) FROM sla.ticket o
			WHERE o.asset = r.asset AND o.fault_code = r.fault_code AND o.resolved_at > sla.now() - interval '90 days') END,
		coalesce(r.attributes, '{}')
	FROM year.ticket t, jsonb_populate_record(NULL::sla.ticket, t.columns) r WHERE t.n = only_n
	RETURNING ticket_id INTO id;
	INSERT INTO year.entered VALUES (only_n, id);
	INSERT INTO year.arrived SELECT t.ticket_id, to_jsonb(t) FROM sla.ticket t WHERE t.ticket_id = id;
	IF only_n % 50 = 0 THEN
		PERFORM sla.set_contact(id, '客户' || only_n, '138' || only_n), sla.contact(id, 'calls the customer back');
	END IF;
END
$$;

-- What was offline for two days comes in one COPY.
CREATE PROCEDURE year.enter_bulk(at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	file CONSTANT text := current_setting('data_directory') || '/year_bulk.copy';
	from_id bigint := (SELECT max(ticket_id) FROM year.arrived);
BEGIN
	EXECUTE format('COPY (SELECT r.order_ref, r.policy, r.type, r.category, r.urgency, r.channel, r.customer, r.subject, r.owner, r.complexity, r.received_at, r.happened_at, r.department, r.asset, r.fault_code
		FROM year.ticket t, jsonb_populate_record(NULL::sla.ticket, t.columns) r WHERE t.bulk AND t.entered_at = %L ORDER BY t.n) TO %L', at, file);
	EXECUTE format('COPY sla.ticket (order_ref, policy, type, category, urgency, channel, customer, subject, owner, complexity, received_at, happened_at, department, asset, fault_code) FROM %L', file);
	INSERT INTO year.arrived SELECT t.ticket_id, to_jsonb(t) FROM sla.ticket t WHERE t.ticket_id > from_id;
	INSERT INTO year.entered SELECT substr(t.order_ref, 2)::integer, t.ticket_id FROM sla.ticket t WHERE t.ticket_id > from_id;
END
$$;

-- What the sweep or a decision has opened.
CREATE PROCEDURE year.notice_duties() LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO year.arrived SELECT t.ticket_id, to_jsonb(t) FROM sla.ticket t WHERE t.duty IS NOT NULL AND NOT EXISTS (SELECT FROM year.arrived r WHERE r.ticket_id = t.ticket_id);
END
$$;

CREATE PROCEDURE year.change(id bigint, new jsonb) LANGUAGE plpgsql AS $$
BEGIN
	UPDATE sla.ticket t SET urgency = r.urgency, needs_department = r.needs_department, owner = r.owner, assignee = r.assignee, department = r.department,
		departments = r.departments, promised_at = r.promised_at, appointment_at = r.appointment_at, agreed_reply_at = r.agreed_reply_at,
		verification_outcome = r.verification_outcome, description = r.description, attributes = r.attributes
	FROM jsonb_populate_record((SELECT x FROM sla.ticket x WHERE x.ticket_id = id), new) r
	WHERE t.ticket_id = id;
END
$$;

-- A stretch of the year.
CREATE PROCEDURE year.live(begins timestamptz, ends timestamptz, sweep_every interval) LANGUAGE plpgsql AS $$
DECLARE
	a record;
	id bigint;
	state text;
	message text;
	done record;
BEGIN
	FOR a IN SELECT * FROM (
			SELECT 1 AS rank, x.at, x.no, x.kind, x.n, x.event, x.happened_at, x.actor, x.note, x.details FROM year.action x
			UNION ALL
			SELECT 2, at, 0, 'sweep', NULL, NULL, NULL, NULL, NULL, NULL FROM year.sweep_times(sweep_every) at
			UNION ALL
			SELECT 0, m.at, 0, m.kind, NULL, NULL, NULL, NULL, NULL, NULL FROM year.management m) x
		WHERE x.at >= begins AND x.at < ends
		ORDER BY at, rank, no
	LOOP
		PERFORM year.set_now(a.at);
		CASE a.kind
		WHEN 'sweep' THEN
			COMMIT;
			LOOP
				SELECT * INTO done FROM sla.sweep();
				INSERT INTO year.sweep VALUES (a.at, done.swept, done.breaches, done.duties);
				IF done.duties > 0 THEN
					CALL year.notice_duties();
				END IF;
				EXIT WHEN NOT done.more;
			END LOOP;
		WHEN 'enter' THEN
			CALL year.enter(a.n);
		WHEN 'bulk' THEN
			CALL year.enter_bulk(a.at);
		WHEN 'manage', 'decide' THEN
			CALL year.manage(a.at, a.kind = 'decide');
			CALL year.notice_duties();
			IF a.kind = 'manage' THEN
				CALL year.spend(a.at);
			END IF;
		WHEN 'file' THEN
			CALL year.file_duties(a.at);
		WHEN 'revise' THEN
			CALL year.revise();
		WHEN 'bind' THEN
			CALL year.bind();
		ELSE
			BEGIN
				SELECT ticket_id INTO STRICT id FROM year.entered e WHERE e.n = a.n;
				IF a.kind = 'rate' THEN
					PERFORM sla.rate(id, (a.details ->> 'score')::integer, NULL, a.happened_at);
				ELSIF a.kind = 'update' THEN
					CALL year.change(id, a.details);
				ELSE
					PERFORM sla.record(id, a.event, a.happened_at, a.actor, a.note, a.details);
				END IF;
			EXCEPTION WHEN OTHERS THEN
				GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
				INSERT INTO year.refused VALUES (a.at, a.n, coalesce(a.event, a.kind), state, message);
			END;
		END CASE;
	END LOOP;

	COMMIT;
END
$$;

-- Three times the scheduler is down: for hours, for a night, for two days.  On some days it runs every minute.
CREATE FUNCTION year.sweep_times(every interval) RETURNS SETOF timestamptz LANGUAGE sql STABLE AS $$
	SELECT at FROM year.setting s, LATERAL (
		SELECT generate_series(s.begins, s.judged_at, every)
		UNION
		SELECT generate_series(timestamptz '2025-06-18 08:00+08', '2025-06-18 08:00+08'::timestamptz + CASE WHEN s.tickets < 100000 THEN interval '6 hours' ELSE '3 days' END, '1 min')
		UNION
		SELECT s.judged_at) t(at)
	WHERE at NOT BETWEEN '2025-03-12 10:00+08' AND '2025-03-12 14:59+08'
		AND at NOT BETWEEN '2025-05-02 18:00+08' AND '2025-05-03 07:59+08'
		AND at NOT BETWEEN '2025-11-11 00:00+08' AND '2025-11-12 23:59+08'
$$;

-- Every Monday a manager goes through the candidates of the week before; in the middle of the year the regulation is revised.
CREATE VIEW year.management AS
SELECT at, 'manage' AS kind FROM year.setting s, generate_series(s.begins + interval '12 days 9 hours 30 min', s.judged_at, '7 days') at
UNION ALL
SELECT at, 'decide' FROM year.setting s, generate_series(s.begins + interval '20 hours 10 min', s.judged_at, '1 day') at
UNION ALL
SELECT at, 'file' FROM year.setting s, generate_series(s.begins + interval '9 hours 40 min', s.judged_at, '12 hours') at
UNION ALL
SELECT timestamptz '2025-07-01 08:00+08', 'revise'
UNION ALL
SELECT timestamptz '2025-04-01 08:00+08', 'bind';

-- The trading company lets waiting for the customer count, and gives an answer a minute less.
CREATE PROCEDURE year.revise() LANGUAGE plpgsql AS $$
DECLARE
	v integer := sla.revise_policy('trading_company');
BEGIN
	UPDATE sla.policy SET pause_on = '{waiting_customer,waiting_parts}' WHERE policy = 'trading_company' AND version = v;
	UPDATE sla.target SET duration = '00:04' WHERE policy = 'trading_company' AND version = v AND target = 'first_response';
	PERFORM sla.publish_policy('trading_company', v, '2025-07-01 12:00+08');
END
$$;

-- Live commerce makes what was advisory binding.
CREATE PROCEDURE year.bind() LANGUAGE plpgsql AS $$
DECLARE
	v integer := sla.revise_policy('live_commerce');
BEGIN
	UPDATE sla.target SET binding = true WHERE policy = 'live_commerce' AND version = v AND ladder IS NOT NULL;
	PERFORM sla.publish_policy('live_commerce', v, '2025-04-01 08:00+08');
END
$$;

-- What journeys, parts and freight have cost this week.
CREATE PROCEDURE year.spend(now timestamptz) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO sla.cost_line (spent_on, kind, persons, trips, days, amount, contract_covered, department, employee)
	SELECT (now AT TIME ZONE 'Asia/Shanghai')::date - i % 7, kind, 1 + i % 3, 1, 1 + i % 4, round((100 + 900 * year.u(i + extract(epoch FROM now)::bigint, kind))::numeric, 2),
		kind = 'installation' AND i % 2 = 0, 'field', 'field_' || 1 + i % 8
	FROM generate_series(1, 5) i, unnest('{installation,dispatch,material,transport,other}'::text[]) kind;
END
$$;

-- Reports, meetings and archives: done in time, done late, forgotten.  Whoever did it says so at the next occasion.
CREATE PROCEDURE year.file_duties(now timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	d record;
	state text;
	message text;
BEGIN
	FOR d IN
		SELECT t.ticket_id, t.duty, t.subject_key, t.period, x.done_at, g.stops_on[1] AS event
		FROM sla.ticket t JOIN sla.target g ON (g.policy, g.version, g.duty) = (t.policy, t.policy_version, t.duty)
		LEFT JOIN sla.duty y ON (y.policy, y.version, y.duty) = (t.policy, t.policy_version, t.duty)
		CROSS JOIN LATERAL (SELECT hashtextextended(concat_ws('/', t.duty, t.subject_key, t.period), 0) AS n) h
		CROSS JOIN LATERAL (SELECT CASE WHEN year.u(h.n, 'done') < 0.75 THEN t.received_at + (t.due_at - t.received_at) * (0.1 + 0.85 * year.u(h.n, 'done when'))
			WHEN year.u(h.n, 'done') < 0.93 THEN t.due_at + interval '4 days' * year.u(h.n, 'done when') END AS done_at) x
		WHERE t.duty IS NOT NULL AND t.duty <> 'assessment' AND t.closed_at IS NULL AND y.source IS NULL AND x.done_at < now
		ORDER BY t.ticket_id
	LOOP
		BEGIN
			PERFORM sla.record(d.ticket_id, d.event, d.done_at, 'after');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
			INSERT INTO year.refused VALUES (now, d.ticket_id, d.event, state, message);
		END;
	END LOOP;
END
$$;

-- The manager looks at what is a week old (and at a few of the last hours, in haste), ticket by ticket in order of time, and decides:
-- confirms most of them, lets some go, finds that it was somebody else's fault, takes a miss back.  Sometimes a penalty that took
-- effect is taken back.
CREATE PROCEDURE year.manage(now timestamptz, hasty boolean) LANGUAGE plpgsql AS $$
DECLARE
	p record;
	b record;
	what float;
	chosen text;
	answer integer;
	decider text;
	state text;
	message text;
BEGIN
	FOR p IN SELECT * FROM sla.penalty x WHERE x.status = 'candidate' AND x.metric_value IS NULL
				AND CASE WHEN hasty THEN x.first_due_at > now - interval '14 hours' AND year.u(x.ticket_id, 'haste') < 0.03 ELSE x.first_due_at < now - interval '7 days' END
			AND NOT EXISTS (SELECT FROM year.decision d WHERE (d.ticket_id, d.ladder, d.ground, d.employee) = (x.ticket_id, x.ladder, x.ground, x.employee))
			ORDER BY x.first_due_at, x.ticket_id, x.ladder, x.ground, x.employee LOOP
		what := year.u(p.ticket_id, 'decision ' || p.employee);
		CONTINUE WHEN what > 0.8 AND NOT hasty;
		SELECT CASE WHEN p.ground = 'carrier' THEN 'super_1' WHEN p.ladder = 'L5' THEN 'personnel' WHEN p.ladder = 'L6' THEN 'boss' WHEN p.ladder = 'L2' THEN d.head
			ELSE coalesce(e.supervisor, 'personnel') END INTO decider
		FROM (SELECT p.employee) x LEFT JOIN sla.employee e USING (employee) LEFT JOIN sla.department d USING (department);
		SELECT * INTO b FROM sla.breach x WHERE x.ticket_id = p.ticket_id AND x.ladder = p.ladder AND p.employee = ANY (x.responsible) AND x.voided_at IS NULL
			AND p.ground = 'offence' AND x.binding AND NOT x.born_overdue ORDER BY x.due_at, x.target, x.cycle, x.kind LIMIT 1;
		chosen := NULL;
		answer := NULL;
		state := NULL;
		BEGIN
			IF what < 0.06 AND b.target IS NOT NULL THEN
				chosen := year.pick(p.ticket_id, 'fault', 'customer', 'third_party', 'force_majeure', 'shared');
				PERFORM sla.attribute_breach(b.ticket_id, b.target, b.cycle, b.due_at, b.kind, chosen, decider);
				state := 'attribute';
			ELSIF what < 0.08 AND b.target IS NOT NULL THEN
				chosen := CASE WHEN what < 0.07 THEN 'met' ELSE 'cancelled' END;
				PERFORM sla.void_breach(b.ticket_id, b.target, b.cycle, b.due_at, b.kind, 'the telephones were down', decider, chosen);
				state := 'void';
			ELSIF what < 0.14 THEN
				PERFORM sla.waive_penalty(p.ticket_id, p.ladder, p.employee, decider, 'a first time, and it was Monday', p.ground);
				state := 'waive';
			ELSE
				answer := sla.confirm_penalty(p.ticket_id, p.ladder, p.employee, decider, ground => p.ground);
				state := 'confirm';
			END IF;
			INSERT INTO year.decision (at, what, ticket_id, ladder, ground, employee, decided_by, target, cycle, due_at, kind, choice, result)
			VALUES (now, state, p.ticket_id, p.ladder, p.ground, p.employee, decider, b.target, b.cycle, b.due_at, b.kind, chosen, answer);
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
			INSERT INTO year.refused VALUES (now, p.ticket_id, 'decision', state, message);
		END;
	END LOOP;
	FOR p IN SELECT * FROM sla.penalty x WHERE x.status = 'effective' AND x.decided_at BETWEEN now - interval '15 days' AND now - interval '10 days'
			AND year.u(x.ticket_id, 'appeal ' || x.employee) < 0.04 ORDER BY x.ticket_id, x.ladder, x.ground, x.employee LOOP
		PERFORM sla.waive_penalty(p.ticket_id, p.ladder, p.employee, 'personnel', 'the appeal was granted', p.ground);
		INSERT INTO year.decision (at, what, ticket_id, ladder, ground, employee, decided_by) VALUES (now, 'reverse', p.ticket_id, p.ladder, p.ground, p.employee, 'personnel');
	END LOOP;
END
$$;

-- Day by day, each a statement of its own: between statements a session tells its figures, and without them nothing is vacuumed.
CREATE INDEX ON year.action (at);
ANALYZE year.action;
SELECT format('CALL year.live(%L, %L, %L)', at, at + interval '1 day', :'sweep_every')
FROM year.setting, generate_series((SELECT date_trunc('day', min(at)) FROM year.action), judged_at, '1 day') at ORDER BY at \gexec
\echo What the rules refused:
SELECT state, regexp_replace(message, '\d+', 'N', 'g') AS message, count(*) FROM year.refused GROUP BY 1, 2 ORDER BY 3 DESC, 2 LIMIT 12;
