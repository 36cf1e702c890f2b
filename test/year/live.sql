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
CREATE TABLE year.decision (no bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, what text, ticket_id bigint, ladder text, employee text, decided_by text,
	target text, cycle integer, due_at timestamptz, kind text, choice text, result integer);
CREATE TABLE year.sweep (at timestamptz, swept bigint, breaches bigint);

CREATE FUNCTION year.set_now(at timestamptz) RETURNS void LANGUAGE sql RETURN set_config('sla.now', at::text, false);

CREATE PROCEDURE year.enter(only_n integer) LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO sla.ticket (order_ref, policy, type, category, urgency, severity, complexity, channel, customer, customer_tier, subject, department, owner,
		carrier, against_employee, needs_department, onsite_required, product, root_cause, fault_code, amount_involved, loss_amount, happened_at, received_at,
		promised_at, appointment_at, customer_required_at, agreed_reply_at, due_at, repeat_of)
	SELECT r.order_ref, r.policy, r.type, r.category, r.urgency, r.severity, r.complexity, r.channel, r.customer, r.customer_tier, r.subject, r.department, r.owner,
		r.carrier, r.against_employee, r.needs_department, r.onsite_required, r.product, r.root_cause, r.fault_code, r.amount_involved, r.loss_amount, r.happened_at, r.received_at,
		r.promised_at, r.appointment_at, r.customer_required_at, r.agreed_reply_at, r.due_at, r.repeat_of
	FROM year.ticket t, jsonb_populate_record(NULL::sla.ticket, t.columns) r WHERE t.n = only_n
	RETURNING ticket_id INTO id;
	INSERT INTO year.entered VALUES (only_n, id);
	INSERT INTO year.arrived SELECT t.ticket_id, to_jsonb(t) FROM sla.ticket t WHERE t.ticket_id = id;
END
$$;

-- What was offline for two days comes in one COPY.
CREATE PROCEDURE year.enter_bulk(at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	file CONSTANT text := current_setting('data_directory') || '/year_bulk.copy';
	from_id bigint := (SELECT max(ticket_id) FROM year.arrived);
BEGIN
	EXECUTE format('COPY (SELECT r.order_ref, r.policy, r.type, r.category, r.urgency, r.channel, r.customer, r.subject, r.owner, r.complexity, r.received_at, r.happened_at, r.department
		FROM year.ticket t, jsonb_populate_record(NULL::sla.ticket, t.columns) r WHERE t.bulk AND t.entered_at = %L ORDER BY t.n) TO %L', at, file);
	EXECUTE format('COPY sla.ticket (order_ref, policy, type, category, urgency, channel, customer, subject, owner, complexity, received_at, happened_at, department) FROM %L', file);
	INSERT INTO year.arrived SELECT t.ticket_id, to_jsonb(t) FROM sla.ticket t WHERE t.ticket_id > from_id;
	INSERT INTO year.entered SELECT substr(t.order_ref, 2)::integer, t.ticket_id FROM sla.ticket t WHERE t.ticket_id > from_id;
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

CREATE PROCEDURE year.live(sweep_every interval) LANGUAGE plpgsql AS $$
DECLARE
	a record;
	id bigint;
	state text;
	message text;
	done record;
BEGIN
	FOR a IN SELECT * FROM (
			SELECT 1 AS rank, x.at, x.no, x.kind, x.n, x.event, x.happened_at, x.actor, x.details FROM year.action x
			UNION ALL
			SELECT 2, at, 0, 'sweep', NULL, NULL, NULL, NULL, NULL FROM year.sweep_times(sweep_every) at
			UNION ALL
			SELECT 0, m.at, 0, m.kind, NULL, NULL, NULL, NULL, NULL FROM year.management m) x
		ORDER BY at, rank, no
	LOOP
		PERFORM year.set_now(a.at);
		CASE a.kind
		WHEN 'sweep' THEN
			COMMIT;
			LOOP
				SELECT * INTO done FROM sla.sweep();
				INSERT INTO year.sweep VALUES (a.at, done.swept, done.breaches);
				EXIT WHEN NOT done.more;
			END LOOP;
		WHEN 'enter' THEN
			CALL year.enter(a.n);
		WHEN 'bulk' THEN
			CALL year.enter_bulk(a.at);
		WHEN 'manage' THEN
			CALL year.manage(a.at);
		WHEN 'revise' THEN
			CALL year.revise();
		ELSE
			BEGIN
				SELECT ticket_id INTO STRICT id FROM year.entered e WHERE e.n = a.n;
				IF a.kind = 'rate' THEN
					PERFORM sla.rate(id, (a.details ->> 'score')::integer, NULL, a.happened_at);
				ELSIF a.kind = 'update' THEN
					CALL year.change(id, a.details);
				ELSE
					PERFORM sla.record(id, a.event, a.happened_at, a.actor, NULL, a.details);
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
		SELECT generate_series(timestamptz '2025-06-18 08:00+08', '2025-06-18 08:00+08'::timestamptz + every * 24, '1 min')
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
SELECT timestamptz '2025-07-01 08:00+08', 'revise';

CREATE PROCEDURE year.revise() LANGUAGE plpgsql AS $$
DECLARE
	v integer := sla.revise_policy('trading_company');
BEGIN
	UPDATE sla.policy SET pause_on = '{waiting_customer,waiting_parts}' WHERE policy = 'trading_company' AND version = v;
	UPDATE sla.target SET duration = '00:04' WHERE policy = 'trading_company' AND version = v AND target = 'first_response';
	PERFORM sla.publish_policy('trading_company', v, '2025-07-01 12:00+08');
END
$$;

CREATE PROCEDURE year.manage(at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
	NULL;
END
$$;
CALL year.live(:'sweep_every');
SELECT count(*) AS tickets FROM sla.ticket;
SELECT count(*) AS events FROM sla.event;
SELECT state, regexp_replace(message, '\d+', 'N', 'g') AS message, event, count(*) FROM year.refused GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 30;
