--
-- step.sql
--		How things usually go, regime by regime: a step comes some time after another, or not at all.
--
--		typical and spread: the delay is lognormal, half of the steps need less than typical.  exact: now and then
--		somebody needs exactly so long, which is where a deadline lies.  In details, $name stands for a value of the ticket.
--
CREATE TABLE year.step (
	path text, step text, after text, chance float, typical interval, spread float, exact interval,
	kind text DEFAULT 'record', event text, details text DEFAULT '{}', actor text,
	PRIMARY KEY (path, step)
);

-- Trading company: inquiries, complaints that the agent settles, that a department settles, important and urgent problems.
INSERT INTO year.step (path, step, after, chance, typical, spread, exact, event, details) VALUES
	('inquiry', 'respond', 'received', 0.3, '2 min', 0.6, '5 min', 'first_response', '{}'),
	('inquiry', 'answer', 'received', 0.97, '5 min', 0.6, '10 min', 'answered', '{}'),
	('inquiry', 'rate', 'answer', 0.4, '1 day', 0.8, '7 days', 'rating', '{}'),
	('agent', 'respond', 'received', 0.98, '2 min', 0.5, '5 min', 'first_response', '{}'),
	('agent', 'settle', 'received', 1, '10 hours', 0.7, '24 hours', 'resolved', '{}'),
	('agent', 'tell', 'settle', 0.97, '3 hours', 1, '24 hours', 'result_notified', '{}'),
	('agent', 'rate', 'tell', 0.6, '2 days', 0.7, '7 days', 'rating', '{}'),
	('dept', 'respond', 'received', 0.98, '2 min', 0.5, '5 min', 'first_response', '{}'),
	('dept', 'assign', 'received', 0.97, '14 min', 0.6, '30 min', 'assigned', '{"set": {"department": "$department", "assignee": "$assignee"}}'),
	('dept', 'plan', 'assign', 0.95, '65 min', 0.5, '2 hours', 'plan_proposed', '{}'),
	('dept', 'settle', 'received', 1, '12 hours', 0.65, '24 hours', 'resolved', '{}'),
	('dept', 'tell', 'settle', 0.97, '3 hours', 1, '24 hours', 'result_notified', '{}'),
	('dept', 'rate', 'tell', 0.6, '2 days', 0.7, '7 days', 'rating', '{}'),
	('important', 'respond', 'received', 0.98, '2 min', 0.5, '5 min', 'first_response', '{}'),
	('important', 'report', 'received', 0.97, '7 min', 0.6, '15 min', 'reported_to_supervisor', '{}'),
	('important', 'meet', 'report', 0.9, '9 min', 0.5, '15 min', 'emergency_meeting', '{}'),
	('important', 'assign', 'received', 0.95, '10 min', 0.6, '15 min', 'assigned', '{"set": {"department": "$department", "assignee": "$assignee"}}'),
	('important', 'begin', 'assign', 0.95, '2 hours', 0.6, '4 hours', 'work_started', '{}'),
	('important', 'progress 1', 'begin', 0.95, '105 min', 0.2, '2 hours', 'progress_to_supervisor', '{}'),
	('important', 'progress 2', 'progress 1', 0.9, '105 min', 0.2, '2 hours', 'progress_to_supervisor', '{}'),
	('important', 'progress 3', 'progress 2', 0.9, '105 min', 0.3, '2 hours', 'progress_to_supervisor', '{}'),
	('important', 'progress 4', 'progress 3', 0.8, '110 min', 0.3, '2 hours', 'progress_to_supervisor', '{}'),
	('important', 'settle', 'received', 1, '10 hours', 0.6, '24 hours', 'resolved', '{}'),
	('important', 'tell', 'settle', 0.97, '6 hours', 0.9, '24 hours', 'result_notified', '{}'),
	('important', 'rate', 'tell', 0.6, '2 days', 0.7, '7 days', 'rating', '{}'),
	('urgent', 'respond', 'received', 0.98, '2 min', 0.5, '5 min', 'first_response', '{}'),
	('urgent', 'report', 'received', 0.98, '2 min', 0.5, '5 min', 'reported_to_supervisor', '{}'),
	('urgent', 'warn', 'received', 0.97, '3 min', 0.4, '5 min', 'dept_head_notified', '{}'),
	('urgent', 'assign', 'received', 0.9, '9 min', 0.5, NULL, 'assigned', '{"set": {"department": "$department", "assignee": "$assignee"}}'),
	('urgent', 'react', 'warn', 0.96, '8 min', 0.5, '15 min', 'dept_responded', '{}'),
	('urgent', 'team', 'react', 0.9, '8 min', 0.5, '15 min', 'emergency_team_formed', '{}'),
	('urgent', 'plan', 'react', 0.9, '9 min', 0.6, '15 min', 'plan_proposed', '{}'),
	('urgent', 'progress 1', 'react', 0.96, '25 min', 0.2, '30 min', 'progress_to_customer', '{}'),
	('urgent', 'progress 2', 'progress 1', 0.95, '25 min', 0.2, '30 min', 'progress_to_customer', '{}'),
	('urgent', 'progress 3', 'progress 2', 0.95, '26 min', 0.2, '30 min', 'progress_to_customer', '{}'),
	('urgent', 'progress 4', 'progress 3', 0.9, '26 min', 0.3, '30 min', 'progress_to_customer', '{}'),
	('urgent', 'settle', 'received', 1, '130 min', 0.5, '4 hours', 'resolved', '{}'),
	('urgent', 'tell', 'settle', 0.97, '2 hours', 1, '24 hours', 'result_notified', '{}'),
	('urgent', 'rate', 'tell', 0.6, '2 days', 0.7, '7 days', 'rating', '{}'),
	-- A customer who was not satisfied: the next cycle, and perhaps another.
	('again', 'assign', 'reopened', 0.7, '12 min', 0.7, '30 min', 'assigned', '{"set": {"assignee": "$other"}}'),
	('again', 'notice', 'reopened', 0.5, '3 min', 0.6, '5 min', 'reported_to_supervisor', '{}'),
	('again', 'warn', 'reopened', 0.5, '3 min', 0.5, '5 min', 'dept_head_notified', '{}'),
	('again', 'react', 'warn', 0.7, '8 min', 0.5, '15 min', 'dept_responded', '{}'),
	('again', 'begin', 'reopened', 0.6, '90 min', 0.6, '4 hours', 'work_started', '{}'),
	('again', 'plan', 'reopened', 0.85, '80 min', 0.6, '2 hours', 'plan_proposed', '{}'),
	('again', 'settle', 'reopened', 1, '6 hours', 0.7, '24 hours', 'resolved', '{}'),
	('again', 'tell', 'settle', 0.95, '3 hours', 0.9, '24 hours', 'result_notified', '{}'),
	('again', 'rate', 'tell', 0.8, '1 day', 0.7, '7 days', 'rating', '{}');
INSERT INTO year.step (path, step, after, chance, typical, spread, event, details) VALUES
	('inquiry', 'close', 'rate', 0.7, '1 day', 0.5, 'closed', '{}'),
	('agent', 'close', 'rate', 0.7, '1 day', 0.5, 'closed', '{}'),
	('dept', 'close', 'rate', 0.7, '1 day', 0.5, 'closed', '{}'),
	('important', 'close', 'rate', 0.7, '1 day', 0.5, 'closed', '{}'),
	('urgent', 'close', 'rate', 0.7, '1 day', 0.5, 'closed', '{}'),
	('again', 'close', 'rate', 0.7, '1 day', 0.5, 'closed', '{}');

-- What comes on top of a path, whatever the regime.
INSERT INTO year.step (path, step, after, chance, typical, spread, kind, event, details) VALUES
	('decides', 'decide', 'received', 1, '7 min', 0.6, 'update', NULL, '{"needs_department": $needs}'),
	('hands over', 'owner', 'received', 1, '4 hours', 1.5, 'update', NULL, '{"owner": "$colleague"}'),
	('reassigns', 'reassign', 'received', 1, '3 hours', 1, 'update', NULL, '{"assignee": "$other"}'),
	('moves on', 'department', 'received', 1, '5 hours', 1, 'record', 'assigned', '{"set": {"department": "$elsewhere", "assignee": null}}'),
	('worse', 'worse', 'received', 1, '2 hours', 1.3, 'update', NULL, '{"urgency": "urgent"}'),
	('grave', 'grave', 'received', 1, '2 hours', 1.3, 'record', 'follow_up', '{"set": {"urgency": "important"}}'),
	('calms', 'calm', 'received', 1, '3 hours', 1, 'update', NULL, '{"urgency": "normal"}'),
	('flares', 'worse', 'received', 1, '30 min', 1.3, 'update', NULL, '{"urgency": "urgent"}'),
	('flares', 'calm', 'worse', 1, '1 hour', 1, 'update', NULL, '{"urgency": "normal"}'),
	('waits', 'wait', 'received', 1, '1 hour', 1.2, 'record', 'waiting_customer', '{}'),
	('waits', 'go on', 'wait', 0.9, '5 hours', 1, 'record', 'waiting_ended', '{"reason": "waiting_customer"}'),
	('parts', 'lack', 'received', 1, '2 hours', 1.2, 'record', 'waiting_parts', '{}'),
	('parts', 'have', 'lack', 0.95, '8 hours', 1, 'record', 'waiting_ended', '{"reason": "waiting_parts"}'),
	('all waits', 'wait', 'received', 1, '20 min', 1, 'record', 'waiting_customer', '{}'),
	('all waits', 'lack', 'wait', 1, '1 hour', 1, 'record', 'waiting_parts', '{}'),
	('all waits', 'go on', 'lack', 1, '3 hours', 1, 'record', 'waiting_ended', '{}'),
	('withdraws', 'withdraw', 'received', 1, '2 hours', 1.5, 'record', 'withdrawn', '{}');

-- Kinds of tickets and their share of the year.  facts are columns of the ticket; "said": urgency and type are always entered.
CREATE TABLE year.kind (regime text, path text, share float, facts jsonb);
INSERT INTO year.kind VALUES
	('trading_company', 'inquiry', 10, '{"type": "inquiry", "urgency": "normal"}'),
	('trading_company', 'agent', 4, '{"type": "complaint", "urgency": "normal"}'),
	('trading_company', 'agent', 1.5, '{"type": "suggestion", "urgency": "normal"}'),
	('trading_company', 'dept', 8, '{"type": "complaint", "urgency": "normal"}'),
	('trading_company', 'important', 3.5, '{"type": "complaint", "urgency": "important"}'),
	('trading_company', 'urgent', 3, '{"type": "complaint", "urgency": "urgent"}');

-- What comes on top, how often, for which regimes and paths (patterns).
CREATE TABLE year.extra (path text PRIMARY KEY, chance float, regime text DEFAULT '', "of" text DEFAULT '');
INSERT INTO year.extra (path, chance, regime, "of") VALUES
	('decides', 0.8, '', '^(agent|dept|inquiry)'),
	('hands over', 0.04, '', ''),
	('reassigns', 0.08, '', '^(dept|important|urgent)'),
	('moves on', 0.03, '', '^(dept|important)'),
	('worse', 0.03, '', '^(agent|dept)'),
	('grave', 0.02, '', '^(agent|dept)'),
	('calms', 0.05, '', '^(urgent|important)'),
	('flares', 0.02, '', '^(agent|dept|important)'),
	('waits', 0.1, '', ''),
	('parts', 0.03, '', '^(dept|important|urgent)'),
	('all waits', 0.02, '', ''),
	('withdraws', 0.01, '', '');

-- What an unsatisfied customer brings about.
CREATE TABLE year.again (regime text PRIMARY KEY, path text);
INSERT INTO year.again VALUES ('trading_company', 'again');
