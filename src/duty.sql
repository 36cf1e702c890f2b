--
-- duty.sql
--		What is due without any customer's asking: reports, meetings, visits, archives.
--
-- A duty is a ticket like any other, of type "duty", so that it is breached,
-- escalated, explained and reported by the same machinery (rule E-16).  Its targets
-- name the duty; the date is the ticket's due_at.
--

CREATE FUNCTION sla._check_duties(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	d record;
	owner text;
	missing text;
BEGIN
	FOR d IN SELECT * FROM sla.duty d WHERE d.policy = _check_duties.policy
			AND d.version = _check_duties.version ORDER BY d.duty LOOP
		owner := format('duty "%s"', d.duty);
		IF d.every <= interval '0' THEN
			PERFORM sla._refuse(format('%s recurs every %s', owner, d.every), 'every must be positive.');
		ELSIF d.every IS NOT NULL AND d.due_after IS NULL THEN
			PERFORM sla._refuse(format('%s has no due_after', owner),
				'due_after is the time from the beginning of a period to its deadline.');
		ELSIF d.shift <> 'none' AND d.calendar IS NULL THEN
			PERFORM sla._refuse(format('%s shifts to a working day of no calendar', owner),
				'Name the calendar of the working days in calendar.');
		END IF;
		PERFORM sla._check_calendar(owner, d.calendar);
	END LOOP;
	SELECT t.target INTO missing FROM sla.target t
	WHERE t.policy = _check_duties.policy AND t.version = _check_duties.version AND t.duty IS NOT NULL
		AND NOT EXISTS (SELECT FROM sla.duty d WHERE d.policy = t.policy AND d.version = t.version
			AND d.duty = t.duty)
		AND NOT EXISTS (SELECT FROM sla.penalty_rule r WHERE r.policy = t.policy AND r.version = t.version
			AND r.duty = t.duty)
		AND t.duty <> 'assessment'
	ORDER BY t.target LIMIT 1;
	IF FOUND THEN
		PERFORM sla._refuse(format('target "%s" is for a duty that the version does not define', missing),
			'Insert the duty into sla.duty, or correct sla.target.duty.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_duties(text, integer) IS
'Checks the duties of a version, and that every target that names a duty names one that can arise: a row of sla.duty, the document of a penalty rule, or "assessment", the case file of a period''s figures.';

-- setup:

	CREATE TABLE IF NOT EXISTS sla.duty (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		duty text COLLATE "C" NOT NULL CHECK (duty <> ''),
		title text,
		title_zh text,
		every interval,
		anchor timestamp NOT NULL DEFAULT '2001-01-01 00:00',
		due_after interval CHECK (due_after >= interval '0'),
		shift text NOT NULL DEFAULT 'none' CHECK (shift IN ('none', 'next', 'previous')),
		calendar text,
		source text,
		subjects text[] NOT NULL DEFAULT '{}',
		department text COLLATE "C",
		owner text COLLATE "C",
		assignee text COLLATE "C",
		roles text[] NOT NULL DEFAULT '{}',
		active boolean NOT NULL DEFAULT true,
		clause text,
		note text,
		PRIMARY KEY (policy, version, duty),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE,
		CHECK (num_nonnulls(every, source) <= 1),
		CHECK (NOT active OR num_nonnulls(every, source) = 1)
	);
	COMMENT ON TABLE sla.duty IS
	'What a policy version wants done without a customer''s asking, period after period: a report by the 4th of the month, a weekly meeting, a visit, a stock-take. The sweep opens a ticket of type duty for every period (rule E-16). Who and where (subjects, department, owner, assignee, roles, source, active, note) may be changed after publication; what is promised may not.';
	COMMENT ON COLUMN sla.duty.policy IS 'The policy.';
	COMMENT ON COLUMN sla.duty.version IS 'Its version.';
	COMMENT ON COLUMN sla.duty.duty IS 'Name of the duty; its tickets carry it, and targets name it.';
	COMMENT ON COLUMN sla.duty.title IS 'What the duty is called, in English.';
	COMMENT ON COLUMN sla.duty.title_zh IS 'What the duty is called, in Chinese.';
	COMMENT ON COLUMN sla.duty.every IS 'Length of a period, as a calendar interval in the policy''s time zone: 1 week, 1 month, 1 year. Empty: the source says what is due.';
	COMMENT ON COLUMN sla.duty.anchor IS 'Local time at which some period begins; the others follow every so often before and after it. The default is a Monday, and the first of a month, a quarter and a year.';
	COMMENT ON COLUMN sla.duty.due_after IS 'Calendar interval from the beginning of a period to its deadline. "By the 4th, inclusive" is 4 days after the first: 24:00 of the 4th (K-15).';
	COMMENT ON COLUMN sla.duty.shift IS 'A deadline whose day is no working day of the calendar: none = stays, next or previous = moves to that working day (K-15).';
	COMMENT ON COLUMN sla.duty.calendar IS 'Calendar of the working days that shift means.';
	COMMENT ON COLUMN sla.duty.source IS 'Instead of every: the view, as schema.name, whose rows are due: subject, period, opens_at, due_at, done_at, department, assignee, attributes. It must belong to the owner of the tables, since the sweep reads it in that name.';
	COMMENT ON COLUMN sla.duty.subjects IS 'One ticket per period for each of these, such as every warehouse; empty: one for the company.';
	COMMENT ON COLUMN sla.duty.department IS 'Department whose duty it is.';
	COMMENT ON COLUMN sla.duty.owner IS 'Employee who owns its tickets: role agent.';
	COMMENT ON COLUMN sla.duty.assignee IS 'Employee who does it: role dept_handler; empty: the head of the department.';
	COMMENT ON COLUMN sla.duty.roles IS 'Roles that are told when a period opens.';
	COMMENT ON COLUMN sla.duty.active IS 'false: opens nothing until somebody sets it, such as a duty whose source the company has yet to name.';
	COMMENT ON COLUMN sla.duty.clause IS 'Where the regulation says so.';
	COMMENT ON COLUMN sla.duty.note IS 'Remark for people.';

	CREATE TABLE IF NOT EXISTS sla.duty_run (
		policy text COLLATE "C" NOT NULL,
		duty text COLLATE "C" NOT NULL,
		subject_key text COLLATE "C" NOT NULL DEFAULT '',
		period text COLLATE "C" NOT NULL,
		ticket_id bigint NOT NULL,
		opened_at timestamptz NOT NULL,
		PRIMARY KEY (policy, duty, subject_key, period)
	);
	COMMENT ON TABLE sla.duty_run IS
	'Which periods of which duty have been opened, so that each is opened once, however late or often the sweep comes (V-26).';
	COMMENT ON COLUMN sla.duty_run.policy IS 'The policy.';
	COMMENT ON COLUMN sla.duty_run.duty IS 'Name of the duty.';
	COMMENT ON COLUMN sla.duty_run.subject_key IS 'What the duty is about, such as a warehouse; empty: the company.';
	COMMENT ON COLUMN sla.duty_run.period IS 'The period: its first local day, or what the source calls it.';
	COMMENT ON COLUMN sla.duty_run.ticket_id IS 'The ticket that was opened for it.';
	COMMENT ON COLUMN sla.duty_run.opened_at IS 'When the sweep opened it.';

	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.duty
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.duty
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();
