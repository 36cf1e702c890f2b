--
-- All presets in one database: loaded twice, side by side, each ticket under the right one,
-- every row with its clause and in two languages.
--
-- A new preset adds its lines to the table of arriving tickets below, and nothing else.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\pset null -
-- Publication would point out every event that is not built in, and every day on a calendar without days.
SET client_min_messages = notice;
CREATE TEMP TABLE loaded AS SELECT s.preset, sla.load_preset(s.preset) AS version FROM sla.presets s;
SELECT l.preset, l.version = sla.load_preset(l.preset) AS the_same_again FROM loaded l ORDER BY l.preset;
SET client_min_messages = warning;
SELECT p.policy, p.position, p.status, p.effective_from, p.preset = p.policy AS named_after_it, p.title = s.title AND p.title_zh = s.title_zh AS same_titles
FROM sla.policy p JOIN loaded l ON (p.policy, p.version) = (l.preset, l.version) JOIN sla.presets s ON s.preset = l.preset ORDER BY p.position, p.policy;
SELECT count(*) AS taken_twice FROM (SELECT p.position FROM sla.policy p JOIN loaded l ON (p.policy, p.version) = (l.preset, l.version)
	GROUP BY p.position HAVING count(*) > 1) x;
SELECT * FROM sla._policy_problems();

-- Tickets that name no policy, in the order of their arrival, with what comes with them: the policy whose applies_to takes them.
CREATE TEMP TABLE arriving (n integer GENERATED ALWAYS AS IDENTITY, type text, channel text, description text, attributes jsonb, policy text);
INSERT INTO arriving (type, channel, description, attributes, policy) VALUES
-- live_commerce: by the channel, or a live session; whatever the ticket is about.
(NULL, 'live_comment', '主播声音太小', '{}', 'live_commerce'),
('complaint', 'complaint_mailbox', '退货没人处理', '{}', 'live_commerce'),
('complaint', 'online_rating', NULL, '{}', 'live_commerce'),
('inquiry', 'social_media', NULL, '{}', 'live_commerce'),
('fault_report', 'hotline', '不工作', '{"live_session": "S-1"}', 'live_commerce'),
-- repair_center: faults and repairs that come some other way.
('fault_report', 'hotline', '不工作', '{}', 'repair_center'),
('repair', NULL, NULL, '{"live_session": null}', 'repair_center'),
-- complaint_handling: all other complaints, but only what comes as a complaint: the words are read afterwards.
('complaint', 'hotline', '不工作', '{}', 'complaint_handling'),
('complaint', NULL, NULL, '{}', 'complaint_handling'),
-- logistics_exception: exceptions, and whatever names a carrier.  field_service: service, complaints about people.
('exception', NULL, '货损', '{}', 'logistics_exception'),
('exception', 'live_comment', '货损', '{}', 'logistics_exception'),
('service_request', 'phone', '上门维修', '{}', 'field_service'),
('service_complaint', 'letter', '工程师态度差', '{}', 'field_service'),
-- trading_company: whatever is left.  Nothing is left for generic_service_desk, and customer_tier takes no case.
(NULL, NULL, '我要投诉', '{}', 'trading_company'),
('inquiry', 'hotline', '请问', '{}', 'trading_company'),
('suggestion', 'email', NULL, '{"session": "S-1"}', 'trading_company'),
(NULL, NULL, NULL, '{}', 'trading_company');
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, channel, description, attributes)
SELECT 'arriving ' || n, type, channel, description, attributes FROM arriving ORDER BY n;
SELECT a.n, a.type, a.channel, a.attributes, a.policy AS expected, t.policy AS actual
FROM arriving a JOIN sla.ticket t ON t.order_ref = 'arriving ' || a.n WHERE t.policy IS DISTINCT FROM a.policy ORDER BY a.n;
SELECT a.policy, count(*) AS tickets, count(DISTINCT t.policy_version) AS versions, bool_and(EXISTS (SELECT FROM sla.clock c
	WHERE c.ticket_id = t.ticket_id AND c.policy = a.policy AND c.policy_version = t.policy_version)) AS all_with_clocks
FROM arriving a JOIN sla.ticket t ON t.order_ref = 'arriving ' || a.n GROUP BY 1 ORDER BY 1;
-- No clock of one policy is on a ticket of another.
SELECT count(*) AS astray FROM sla.clock c JOIN sla.ticket t USING (ticket_id) WHERE (c.policy, c.policy_version) <> (t.policy, t.policy_version);
-- A ticket that names its policy gets it, whatever comes with it; it stays when another policy would take it now.
INSERT INTO sla.ticket (policy, order_ref, type, channel) SELECT l.preset, 'named ' || l.preset, 'complaint', 'live_comment' FROM loaded l;
SELECT count(*) AS elsewhere FROM sla.ticket WHERE order_ref LIKE 'named %' AND policy <> substr(order_ref, 7);
UPDATE sla.ticket SET type = 'complaint', channel = 'social_media' WHERE order_ref LIKE 'arriving %';
SELECT count(*) AS moved FROM arriving a JOIN sla.ticket t ON t.order_ref = 'arriving ' || a.n WHERE t.policy <> a.policy;

-- Every row says where the regulation says so, and what it is called in both languages.
SELECT r.part, r.policy, r.name FROM (
	SELECT 'policy' AS part, policy, version, policy AS name, title, title_zh, clause FROM sla.policy
	UNION ALL SELECT 'target', policy, version, target, title, title_zh, clause FROM sla.target
	UNION ALL SELECT 'event_rule', policy, version, rule, title, title_zh, clause FROM sla.event_rule
	UNION ALL SELECT 'event_rule message', policy, version, rule, coalesce(message, 'none'), CASE WHEN message IS NULL THEN 'none' ELSE message_zh END, clause FROM sla.event_rule
	UNION ALL SELECT 'classification', policy, version, position::text, title, title_zh, clause FROM sla.classification
	UNION ALL SELECT 'escalation_step', policy, version, target || '/' || level, title, title_zh, clause FROM sla.escalation_step
	UNION ALL SELECT 'penalty_rule', policy, version, ladder || '/' || step, title, title_zh, clause FROM sla.penalty_rule
	UNION ALL SELECT 'reward_rule', policy, version, reward, title, title_zh, clause FROM sla.reward_rule
	UNION ALL SELECT 'duty', policy, version, duty, title, title_zh, clause FROM sla.duty) r
JOIN loaded l ON (r.policy, r.version) = (l.preset, l.version)
WHERE coalesce(r.title, '') = '' OR coalesce(r.title_zh, '') = '' OR r.title_zh !~ '[一-龥]' AND r.title_zh <> 'none' OR r.clause !~ '^(D\d+(-\d+)?|[CK]-\d+)(, ([CDK][-\d]+))*$' IS NOT FALSE
ORDER BY 1, 2, 3;
-- What binds has its number from the regulation, or is a date that was agreed; a suggestion never binds (K-11).
SELECT t.policy, t.target, t.basis, t.binding FROM sla.target t JOIN loaded l ON (t.policy, t.version) = (l.preset, l.version)
WHERE t.binding AND t.basis = 'A' OR NOT t.binding AND t.basis = 'B' ORDER BY 1, 2;
-- Every duty that has a target is done by an event that closes it.
SELECT t.policy, t.target, e.event FROM sla.target t JOIN loaded l ON (t.policy, t.version) = (l.preset, l.version) CROSS JOIN unnest(t.stops_on) e(event)
WHERE t.duty IS NOT NULL AND NOT EXISTS (SELECT FROM sla.event_rule r WHERE r.policy = t.policy AND r.version = t.version AND r.event = e.event
	AND r.implies @> '{resolved,closed}' AND r.applies_when ~ format('duty = ''%s''', t.duty)) ORDER BY 1, 2;

-- What is stored is what a fresh look at the events says.
SELECT count(*) AS refolded_otherwise FROM desk.refold('arriving%');

\set ECHO none
\i :end_desk
