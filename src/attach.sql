--
-- attach.sql
--		A company's own ticket table under a policy, without a change to it.
--
-- sla.attach() writes down how the table's rows are tickets as a view, and when one of its
-- rows tells of an event as a trigger's WHEN.  Both are PostgreSQL's own objects: it checks
-- them, follows renames, dumps and restores them.  Everything else is in side tables.
--
-- Triggers go with the extension, since their functions do; views stay.  So every WHEN is
-- a view, too, over the old and the new row: sla.setup() makes the triggers again out of
-- what the views say then, whatever has been renamed meanwhile.
--

CREATE FUNCTION sla.attached_inserted() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'sla_attached_inserted';
COMMENT ON FUNCTION sla.attached_inserted() IS
'Trigger that sla.attach() puts on a table, AFTER INSERT: every new row becomes a ticket. Arguments: the attachment, and record or raise.';
REVOKE EXECUTE ON FUNCTION sla.attached_inserted() FROM PUBLIC;

CREATE FUNCTION sla.attached_changed() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'sla_attached_changed';
COMMENT ON FUNCTION sla.attached_changed() IS
'Trigger that sla.attach() puts on a table, AFTER UPDATE of a mapped column: the ticket follows.';
REVOKE EXECUTE ON FUNCTION sla.attached_changed() FROM PUBLIC;

CREATE FUNCTION sla.attached_event() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'sla_attached_event';
COMMENT ON FUNCTION sla.attached_event() IS
'Trigger that sla.attach() puts on a table for every kind of event: where its WHEN holds, the event is recorded on the row''s ticket. Further arguments: the event, and the view that tells when it happened and who did it.';
REVOKE EXECUTE ON FUNCTION sla.attached_event() FROM PUBLIC;

CREATE FUNCTION sla.attached_deleted() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'sla_attached_deleted';
COMMENT ON FUNCTION sla.attached_deleted() IS
'Trigger that sla.attach() puts on a table, AFTER DELETE or TRUNCATE: the open ticket of a row that is gone is withdrawn. A row that only moved to another partition is not gone.';
REVOKE EXECUTE ON FUNCTION sla.attached_deleted() FROM PUBLIC;

CREATE FUNCTION sla._arrive_from_history(ticket_id bigint, history jsonb) RETURNS void
LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'sla_arrive_from_history';
COMMENT ON FUNCTION sla._arrive_from_history(bigint, jsonb) IS
'The arrival of a ticket within the statement that inserts it, with an array of events (event, at, actor, note) that happened long ago: each counts as recorded when it happened, nobody is told, and rules refuse nothing.';
REVOKE EXECUTE ON FUNCTION sla._arrive_from_history(bigint, jsonb) FROM PUBLIC;

CREATE FUNCTION sla._record_watched(ticket_id bigint, event text, at timestamptz, actor text, note text)
RETURNS bigint
LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_record_watched';
COMMENT ON FUNCTION sla._record_watched(bigint, text, timestamptz, text, text) IS
'sla.record() for what has happened in an attached table: what a rule would refuse is a process violation, what is said to be before the reception happened at it, and what a closed ticket does not take is passed over (null).';
REVOKE EXECUTE ON FUNCTION sla._record_watched(bigint, text, timestamptz, text, text) FROM PUBLIC;

--
-- From a description to SQL
--

CREATE FUNCTION sla._column_type(source regclass, name text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found text;
BEGIN
  SELECT format_type(a.atttypid, NULL) INTO found FROM pg_attribute AS a
  WHERE a.attrelid = source AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped;
  IF found IS NULL THEN
    RAISE undefined_column USING
      MESSAGE = format('table %s has no column "%s"', source, name),
      HINT = (SELECT 'Its columns are: ' || string_agg(a.attname, ', ' ORDER BY a.attnum) || '.'
              FROM pg_attribute AS a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped);
  END IF;
  RETURN found;
END
$$;
COMMENT ON FUNCTION sla._column_type(regclass, text) IS
'The type of a table''s column; fails (42703) with the names there are.';
REVOKE EXECUTE ON FUNCTION sla._column_type(regclass, text) FROM PUBLIC;

CREATE FUNCTION sla._instant(source regclass, name text, time_zone text, epoch text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  type CONSTANT text := sla._column_type(source, name);
BEGIN
  IF type = 'timestamp with time zone' THEN
    RETURN format('new.%I', name);
  ELSIF type IN ('timestamp without time zone', 'date') THEN
    IF time_zone IS NULL THEN
      RAISE invalid_parameter_value USING
        MESSAGE = format('column "%s" of %s has no time zone', name, source),
        HINT = 'Say in which zone its times are meant, such as time_zone => ''Asia/Shanghai''.';
    END IF;
    PERFORM sla._check_time_zone(time_zone);
    RETURN format('(new.%I::timestamp AT TIME ZONE %L)', name, time_zone);
  ELSIF type IN ('integer', 'bigint', 'numeric', 'double precision') THEN
    RETURN CASE coalesce(epoch, 'ms')
      WHEN 'ms' THEN format('to_timestamp(new.%I / 1000.0)', name)
      WHEN 's' THEN format('to_timestamp(new.%I)', name)
      ELSE sla._refuse_text(format('unknown epoch "%s"', epoch), 'It is s or ms: seconds or milliseconds since 1970.')
    END;
  END IF;
  RAISE datatype_mismatch USING
    MESSAGE = format('column "%s" of %s is of type %s and holds no time', name, source, type),
    HINT = 'Map it by an expression of your own: {"sql": "to_timestamp(new.x, ''YYYY-MM-DD HH24:MI'')"}.';
END
$$;
COMMENT ON FUNCTION sla._instant(regclass, text, text, text) IS
'The expression that turns a column into a timestamptz: a timestamp is meant in a zone that must be given, a number is seconds or milliseconds since 1970.';
REVOKE EXECUTE ON FUNCTION sla._instant(regclass, text, text, text) FROM PUBLIC;

CREATE FUNCTION sla._refuse_text(what text, hint text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM sla._refuse(what, hint);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sla._refuse_text(text, text) IS 'sla._refuse() where an expression is wanted.';
REVOKE EXECUTE ON FUNCTION sla._refuse_text(text, text) FROM PUBLIC;

CREATE FUNCTION sla._mapped(source regclass, target_column text, target_type text, spec jsonb, time_zone text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := CASE jsonb_typeof(spec) WHEN 'string' THEN spec #>> '{}' ELSE spec ->> 'column' END;
  expression text;
BEGIN
  IF jsonb_typeof(spec) NOT IN ('string', 'object') OR num_nonnulls(name, spec ->> 'sql', spec -> 'value', spec -> 'columns') <> 1 THEN
    PERFORM sla._refuse(format('"%s" is mapped by %s', target_column, spec),
      'Write the name of a column, or {"column": ..., "map": {...}, "else": ...}, {"value": ...}, {"columns": [...]} or {"sql": ...}.');
  ELSIF spec ? 'value' THEN
    expression := quote_nullable(spec ->> 'value');
  ELSIF spec ? 'sql' THEN
    expression := format('(%s)', spec ->> 'sql');
  ELSIF spec ? 'columns' THEN
    SELECT format('jsonb_build_object(%s)', string_agg(format('%L, new.%I', c, c), ', ' ORDER BY no)) INTO expression
    FROM jsonb_array_elements_text(spec -> 'columns') WITH ORDINALITY AS e (c, no)
    WHERE sla._column_type(source, c) IS NOT NULL;
  ELSIF jsonb_typeof(spec) = 'object' AND spec ? 'map' THEN
    SELECT format('CASE new.%I::text %s ELSE %s END', name,
             string_agg(format('WHEN %L THEN %L', m.key, m.value), ' ' ORDER BY m.key), quote_nullable(spec ->> 'else'))
    INTO expression
    FROM jsonb_each_text(spec -> 'map') AS m
    WHERE sla._column_type(source, name) IS NOT NULL;
  ELSIF target_type = 'timestamp with time zone' THEN
    RETURN sla._instant(source, name, time_zone, CASE jsonb_typeof(spec) WHEN 'object' THEN spec ->> 'epoch' END);
  ELSE
    PERFORM sla._column_type(source, name);
    expression := format('new.%I', name);
  END IF;
  RETURN format('(%s)::%s', expression, target_type);
END
$$;
COMMENT ON FUNCTION sla._mapped(regclass, text, text, jsonb, text) IS
'The expression that makes a ticket''s column out of a row, from its description.';
REVOKE EXECUTE ON FUNCTION sla._mapped(regclass, text, text, jsonb, text) FROM PUBLIC;

CREATE FUNCTION sla._key_columns(source regclass, key text) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[];
BEGIN
  IF key IS NOT NULL THEN
    names := regexp_split_to_array(btrim(key), '\s*,\s*');
    PERFORM sla._column_type(source, n) FROM unnest(names) AS n;
    RETURN names;
  END IF;
  SELECT array_agg(a.attname::text ORDER BY k.no) INTO names
  FROM pg_constraint AS c
  CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (attnum, no)
  JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
  WHERE c.conrelid = source AND c.contype = 'p';
  IF names IS NULL THEN
    PERFORM sla._refuse(format('table %s has no primary key', source),
      'Name the columns that identify a row, such as key => ''number''.');
  END IF;
  RETURN names;
END
$$;
COMMENT ON FUNCTION sla._key_columns(regclass, text) IS
'The columns that identify a row: those that are named, separated by commas, or the primary key.';
REVOKE EXECUTE ON FUNCTION sla._key_columns(regclass, text) FROM PUBLIC;

CREATE FUNCTION sla._key_expression(names text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF cardinality(names) = 1 THEN
    RETURN format('new.%I::text', names[1]);
  END IF;
  RETURN (SELECT format('jsonb_build_array(%s)::text', string_agg(format('new.%I', n), ', ' ORDER BY no))
          FROM unnest(names) WITH ORDINALITY AS u (n, no));
END
$$;
COMMENT ON FUNCTION sla._key_expression(text[]) IS
'The expression that makes one text of a row''s key.';
REVOKE EXECUTE ON FUNCTION sla._key_expression(text[]) FROM PUBLIC;

CREATE FUNCTION sla._key_itself(source regclass, names text[]) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Whatever comes back from text as it was.
  IF cardinality(names) = 1
     AND sla._column_type(source, names[1]) IN ('smallint', 'integer', 'bigint', 'text', 'character varying', 'uuid') THEN
    RETURN format(', new.%I AS source_id', names[1]);
  END IF;
  RETURN '';
END
$$;
COMMENT ON FUNCTION sla._key_itself(regclass, text[]) IS
'A last column for a view of rows: their key as the table has it, so that its index finds them.';
REVOKE EXECUTE ON FUNCTION sla._key_itself(regclass, text[]) FROM PUBLIC;

CREATE FUNCTION sla._key_condition(relation regclass) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN 'v.source_key = ANY ($2)' || coalesce((
    SELECT format(' AND v.source_id = ANY ($2::%s[])', format_type(a.atttypid, NULL))
    FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = 'source_id'), '');
END
$$;
COMMENT ON FUNCTION sla._key_condition(regclass) IS
'The condition that a row v of a view is one of those whose keys are $2.';
REVOKE EXECUTE ON FUNCTION sla._key_condition(regclass) FROM PUBLIC;

CREATE FUNCTION sla._mapping_query(source regclass, key text, policy text, columns jsonb, time_zone text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  key_columns CONSTANT text[] := sla._key_columns(source, key);
  unknown text;
  selected text;
BEGIN
  SELECT k INTO unknown FROM jsonb_object_keys(columns) AS k
  WHERE k <> ALL (sla._attachable_columns()) ORDER BY k LIMIT 1;
  IF FOUND THEN
    PERFORM sla._refuse(format('a ticket''s column "%s" cannot be mapped', unknown),
      format('These can: %s.', array_to_string(sla._attachable_columns(), ', ')));
  END IF;
  SELECT string_agg(format('%s AS %I', sla._mapped(source, a.attname, format_type(a.atttypid, NULL), columns -> a.attname::text, time_zone), a.attname),
           E',\n       ' ORDER BY a.attnum)
  INTO selected
  FROM pg_attribute AS a
  WHERE a.attrelid = 'sla.ticket'::regclass AND columns ? a.attname::text AND a.attnum > 0 AND NOT a.attisdropped;
  RETURN format(E'SELECT %s AS source_key%s%s%s\nFROM %s AS new',
    sla._key_expression(key_columns),
    coalesce(format(E',\n       %L::text AS policy', policy), ''),
    coalesce(E',\n       ' || selected, ''), sla._key_itself(source, key_columns), source);
END
$$;
COMMENT ON FUNCTION sla._mapping_query(regclass, text, text, jsonb, text) IS
'The query that shows the rows of a table as tickets.';
REVOKE EXECUTE ON FUNCTION sla._mapping_query(regclass, text, text, jsonb, text) FROM PUBLIC;

CREATE FUNCTION sla._attachable_columns() RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN array_append(sla._settable_columns(), 'received_at');
END
$$;
COMMENT ON FUNCTION sla._attachable_columns() IS
'The columns of sla.ticket that a row of an attached table may fill.';
REVOKE EXECUTE ON FUNCTION sla._attachable_columns() FROM PUBLIC;

--
-- What a table looks like
--

CREATE FUNCTION sla._urgency_map(source regclass, name text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  mapped jsonb;
BEGIN
  -- Words say what they mean; numbers do not: is 1 the highest?
  EXECUTE format(
    'SELECT jsonb_object_agg(v.value, w.urgency) FROM (SELECT DISTINCT x.%1$I::text AS value FROM (SELECT %1$I FROM %2$s LIMIT 10000) AS x) AS v
     JOIN (VALUES (''urgent'', ''urgent|critical|highest|emergency|blocker|紧急|特急|p1''), (''important'', ''important|high|major|重要|高|p2''),
                  (''normal'', ''normal|medium|moderate|low|lowest|minor|一般|普通|中|低|p3|p4|p5'')) AS w (urgency, words)
       ON lower(v.value) ~ (''(^|[^a-z])('' || w.words || '')($|[^a-z])'')', name, source) INTO mapped;
  RETURN CASE WHEN mapped IS NULL THEN NULL ELSE jsonb_build_object('column', name, 'map', mapped) END;
END
$$;
COMMENT ON FUNCTION sla._urgency_map(regclass, text) IS
'How the words in a column say an urgency, as far as they are known.';
REVOKE EXECUTE ON FUNCTION sla._urgency_map(regclass, text) FROM PUBLIC;

CREATE FUNCTION sla.suggest_mapping(source regclass) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  columns jsonb := '{}';
  events jsonb := '[]';
  guess record;
  urgency jsonb;
BEGIN
  FOR guess IN
    SELECT DISTINCT ON (g.target) g.target, a.attname::text AS name, format_type(a.atttypid, NULL) AS type
    FROM (VALUES
      ('received_at', '{received_at,created_at,create_time,created_time,created_on,created,gmt_create,gmt_created,opened_at,sys_created_on,insert_time,inserted_at,create_date,crt_time,add_time,date_created,submitted_at}'::text[]),
      ('type', '{ticket_type,type,kind,request_type,issue_type,incident_type}'),
      ('category', '{category,category_name,category_id,subcategory}'),
      ('urgency', '{urgency,priority,severity,emergency_level,priority_level}'),
      ('channel', '{channel,source,contact_type,via}'),
      ('customer', '{customer,customer_id,customer_no,caller_id,requester,requester_id,user_id,member_id,buyer_id,contact_id}'),
      ('subject', '{subject,title,summary,short_description,name}'),
      ('description', '{description,content,body,detail,details,remark}'),
      ('department', '{department,dept,department_id,dept_id,assignment_group,team,team_id,group_id,queue,queue_id}'),
      ('owner', '{owner,owner_id,agent,agent_id,service_agent,opened_by,created_by,creator}'),
      ('assignee', '{assignee,assignee_id,assigned_to,handler,handler_id,processor,engineer}'),
      ('product', '{product,product_id,product_name,cmdb_ci,sku}'),
      ('order_ref', '{order_ref,order_no,order_id,order_number,order_sn}'),
      ('promised_at', '{promised_at,promise_time,promised_time,due_date,due_at,expected_at}'),
      ('loss_amount', '{loss_amount,loss}'), ('amount_involved', '{amount_involved,amount}')
    ) AS g (target, names)
    CROSS JOIN LATERAL unnest(g.names) WITH ORDINALITY AS n (name, no)
    JOIN pg_attribute AS a ON a.attrelid = source AND lower(a.attname) = n.name AND a.attnum > 0 AND NOT a.attisdropped
    WHERE g.target NOT IN ('received_at', 'promised_at')
       OR format_type(a.atttypid, NULL) IN ('timestamp with time zone', 'timestamp without time zone', 'date', 'integer', 'bigint')
    ORDER BY g.target, n.no
  LOOP
    IF guess.target = 'urgency' THEN
      urgency := sla._urgency_map(source, guess.name);
      IF urgency IS NOT NULL THEN
        columns := columns || jsonb_build_object('urgency', urgency);
      END IF;
    ELSE
      columns := columns || jsonb_build_object(guess.target, guess.name);
    END IF;
  END LOOP;
  FOR guess IN
    SELECT DISTINCT ON (g.no, g.event) g.event, a.attname::text AS name
    FROM (VALUES
      (1, 'first_response', '{first_response_at,first_response_time,first_reply_at,first_reply_time,responded_at,response_time}'::text[]),
      (2, 'resolved', '{resolved_at,resolve_time,resolved_time,solved_at,finish_time,finished_at,completed_at}'),
      (3, 'closed', '{closed_at,close_time,closed_time}'),
      (4, 'withdrawn', '{deleted_at,delete_time,withdrawn_at,cancelled_at,canceled_at}')
    ) AS g (no, event, names)
    CROSS JOIN LATERAL unnest(g.names) WITH ORDINALITY AS n (name, no)
    JOIN pg_attribute AS a ON a.attrelid = source AND lower(a.attname) = n.name AND a.attnum > 0 AND NOT a.attisdropped
    WHERE format_type(a.atttypid, NULL) IN ('timestamp with time zone', 'timestamp without time zone', 'integer', 'bigint')
    ORDER BY g.no, g.event, n.no
  LOOP
    events := events || jsonb_build_object('event', guess.event, 'at', guess.name, 'when',
      format('NEW.%1$I IS NOT NULL AND NEW.%1$I IS DISTINCT FROM OLD.%1$I', guess.name));
  END LOOP;
  RETURN jsonb_build_object('columns', columns, 'events', events);
END
$$;
COMMENT ON FUNCTION sla.suggest_mapping(regclass) IS
'What sla.attach() would make of a table, guessed from the names and types of its columns: {"columns": ..., "events": ...}, to be read, corrected and handed over. Of priorities only words are understood (high, urgent, 紧急); numbers have to be mapped by whoever knows what they mean.';
REVOKE EXECUTE ON FUNCTION sla.suggest_mapping(regclass) FROM PUBLIC;

CREATE FUNCTION sla.preview(
  source    regclass,
  key       text DEFAULT NULL,
  policy    text DEFAULT NULL,
  columns   jsonb DEFAULT NULL,
  time_zone text DEFAULT NULL,
  max_rows  integer DEFAULT 20
) RETURNS TABLE (source_key text, received_at timestamptz, type text, urgency text, policy_name text,
                 target text, title text, title_zh text, due_at timestamptz)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  mapping CONSTANT jsonb := coalesce(columns, sla.suggest_mapping(source) -> 'columns');
  query CONSTANT text := sla._mapping_query(source, key, policy, mapping, time_zone);
  filled text;
  keys jsonb;
  shown jsonb;
BEGIN
  RAISE NOTICE 'columns => %', mapping
    USING HINT = 'Hand them to sla.attach(), corrected where they are wrong.';
  SELECT string_agg(', ' || quote_ident(c), '' ORDER BY c) INTO filled
  FROM (SELECT jsonb_object_keys(mapping) UNION SELECT 'policy' WHERE policy IS NOT NULL) AS m (c);
  BEGIN
    EXECUTE format(
      'WITH source AS MATERIALIZED (
         SELECT -pg_catalog.row_number() OVER () AS ticket_id, q.* FROM (%1$s ORDER BY %2$s DESC NULLS LAST LIMIT %3$s) AS q
       ), ticket AS (
         INSERT INTO sla.ticket (ticket_id%4$s) OVERRIDING SYSTEM VALUE SELECT ticket_id%4$s FROM source
         RETURNING ticket_id
       )
       SELECT pg_catalog.jsonb_object_agg(t.ticket_id, s.source_key)
       FROM ticket AS t
       JOIN source AS s ON s.ticket_id = t.ticket_id
       CROSS JOIN LATERAL (SELECT sla._arrive_from_history(t.ticket_id, ''[]'') AS done) AS arrived
       WHERE arrived.done IS NOT NULL',
      query, CASE WHEN mapping ? 'received_at' THEN 'received_at' ELSE '1' END, greatest(max_rows, 1), filled)
    INTO keys;
    SELECT jsonb_agg(jsonb_build_object('ticket_id', t.ticket_id, 'received_at', t.received_at, 'type', t.type,
             'urgency', t.urgency, 'policy', t.policy, 'target', c.target, 'due_at', c.due_at,
             'title', g.title, 'title_zh', g.title_zh) ORDER BY t.ticket_id DESC, c.due_at, c.target)
    INTO shown
    FROM sla.ticket AS t
    LEFT JOIN sla.clock AS c ON c.ticket_id = t.ticket_id
    LEFT JOIN sla.target AS g ON (g.policy, g.version, g.target) = (c.policy, c.policy_version, c.target)
    WHERE t.ticket_id < 0 AND keys ? t.ticket_id::text;
    RAISE EXCEPTION USING ERRCODE = 'SLA00';
  EXCEPTION WHEN SQLSTATE 'SLA00' THEN
    NULL;
  END;
  RETURN QUERY
  SELECT keys ->> s.ticket_id::text, s.received_at, s.type, s.urgency, s.policy, s.target, s.title, s.title_zh, s.due_at
  FROM jsonb_to_recordset(shown) AS s (ticket_id bigint, received_at timestamptz, type text, urgency text, policy text,
    target text, title text, title_zh text, due_at timestamptz);
END
$$;
COMMENT ON FUNCTION sla.preview(regclass, text, text, jsonb, text, integer) IS
'The newest rows of a table (max_rows of them) as the tickets they would be, with the deadlines they would get, one row per deadline. Without columns the mapping is guessed, and told in a notice (sla.suggest_mapping()). Writes nothing. Fails for unknown columns (42703), a table without a key (22023) and times without a zone (22023).';
REVOKE EXECUTE ON FUNCTION sla.preview(regclass, text, text, jsonb, text, integer) FROM PUBLIC;

--
-- Attaching
--

CREATE FUNCTION sla._table_of(view text) RETURNS regclass
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT c.oid::regclass
    FROM pg_rewrite AS r
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p')
    WHERE r.ev_class = to_regclass(format('sla.%I', _table_of.view))
    LIMIT 1);
END
$$;
COMMENT ON FUNCTION sla._table_of(text) IS
'The table that a view of an attachment reads, whatever it is called now; null if the view is gone.';
REVOKE EXECUTE ON FUNCTION sla._table_of(text) FROM PUBLIC;

CREATE FUNCTION sla._condition_of(view text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Up to version 15 a view has rows of its own that are called old and new; ours are old_1 and new_1 there.
  RETURN regexp_replace(
    substring(pg_get_viewdef(to_regclass(format('sla.%I', _condition_of.view))), '^\s*SELECT (.*) AS holds\s+FROM '),
    '\m(old|new)_1\.', '\1.', 'g');
END
$$;
COMMENT ON FUNCTION sla._condition_of(text) IS
'The condition over OLD and NEW that a view of an attachment keeps, with the names that columns have now; null if the view is gone.';
REVOKE EXECUTE ON FUNCTION sla._condition_of(text) FROM PUBLIC;

CREATE FUNCTION sla._event_view(attachment text, no bigint, event text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN left(format('attached_%s_%s_%s', attachment, no, event), 63);
END
$$;
COMMENT ON FUNCTION sla._event_view(text, bigint, text) IS
'Name of the view that tells when an event of an attachment happened.';
REVOKE EXECUTE ON FUNCTION sla._event_view(text, bigint, text) FROM PUBLIC;

CREATE FUNCTION sla._attachments_of(source regclass) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- By the view, which follows a renamed table; by the name, where it is gone.
  RETURN QUERY
  SELECT a.attachment FROM sla.attachment AS a
  WHERE coalesce(sla._table_of('attached_' || a.attachment), to_regclass(a.source)) = _attachments_of.source
  ORDER BY a.attachment;
END
$$;
COMMENT ON FUNCTION sla._attachments_of(regclass) IS 'The attachments of a table.';
REVOKE EXECUTE ON FUNCTION sla._attachments_of(regclass) FROM PUBLIC;

CREATE FUNCTION sla._event_statements(attachment text, source regclass, key text[], no integer, event jsonb, time_zone text) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name CONSTANT text := event ->> 'event';
  other CONSTANT boolean := event ? 'table';
  relation CONSTANT regclass := CASE WHEN event ? 'table' THEN (event ->> 'table')::regclass ELSE source END;
  condition CONSTANT text := event ->> 'when';
  with_old CONSTANT boolean := coalesce(event ->> 'when' ~* '\mold\.', false);
  fired_on CONSTANT text := coalesce(event ->> 'on', CASE WHEN event ? 'table' THEN 'insert' ELSE 'update' END);
  view CONSTANT text := sla._event_view(attachment, no, event ->> 'event');
  key_columns text[] := key;
  at_expression text := 'NULL::timestamptz';
  text_column text;
BEGIN
  IF name IS NULL OR name !~ '^[a-z][a-z0-9_]*$' THEN
    PERFORM sla._refuse(format('event %s of the attachment has no name: %s', no, event),
      'Write {"event": "resolved", "when": "OLD.state <> ''done'' AND NEW.state = ''done''", "at": "resolved_at"}.');
  ELSIF fired_on NOT IN ('insert', 'update', 'insert or update') THEN
    PERFORM sla._refuse(format('event "%s" is told on "%s"', name, fired_on), 'on is insert, update, or insert or update.');
  ELSIF NOT other AND condition IS NULL THEN
    PERFORM sla._refuse(format('event "%s" has no condition', name),
      'Say in when how a row tells of it, over OLD and NEW.');
  END IF;
  IF other THEN
    key_columns := sla._key_columns(relation, event ->> 'key');
    IF event ->> 'key' IS NULL OR cardinality(key_columns) <> cardinality(key) THEN
      PERFORM sla._refuse(format('event "%s" does not say to which row of %s a row of %s belongs', name, source, relation),
        'Name in key the columns that hold the key of the attached table.');
    END IF;
  END IF;
  IF event ? 'at' THEN
    at_expression := sla._instant(relation, event ->> 'at', coalesce(event ->> 'time_zone', time_zone), event ->> 'epoch');
  END IF;
  FOREACH text_column IN ARRAY ARRAY['actor', 'note'] LOOP
    IF event ? text_column THEN
      PERFORM sla._column_type(relation, event ->> text_column);
    END IF;
  END LOOP;
  RETURN NEXT format(E'CREATE VIEW sla.%I AS\nSELECT %s AS source_key, %s AS at, %s AS actor, %s AS note,\n       %s AS applies%s\nFROM %s AS new',
    view, sla._key_expression(key_columns), at_expression,
    CASE WHEN event ? 'actor' THEN format('new.%I::text', event ->> 'actor') ELSE 'NULL::text' END,
    CASE WHEN event ? 'note' THEN format('new.%I::text', event ->> 'note') ELSE 'NULL::text' END,
    CASE WHEN with_old OR condition IS NULL THEN format('(%s) IS NOT NULL', at_expression) ELSE format('coalesce((%s), false)', condition) END,
    -- A key of another type may not be able to say what the table's own key says.
    CASE WHEN sla._column_type(relation, key_columns[1]) IN (sla._column_type(source, key[1]), 'text', 'character varying')
         THEN sla._key_itself(relation, key_columns) ELSE '' END, relation);
  RETURN NEXT format('COMMENT ON VIEW sla.%I IS %L', view,
    format('Event %s as the rows of %s tell of it: which ticket''s row, when it happened, who did it. Made by sla.attach().', name, relation));
  IF condition IS NOT NULL THEN
    RETURN QUERY SELECT w FROM sla._when_statements(attachment, no, relation, condition) AS w;
  END IF;
END
$$;
COMMENT ON FUNCTION sla._event_statements(text, regclass, text[], integer, jsonb, text) IS
'The statements that make the views of one event of an attachment: when it happened, and the condition that tells of it.';
REVOKE EXECUTE ON FUNCTION sla._event_statements(text, regclass, text[], integer, jsonb, text) FROM PUBLIC;

CREATE FUNCTION sla._when_statements(attachment text, no integer, relation regclass, condition text) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  view CONSTANT text := format('attached_%s_when_%s', attachment, no);
BEGIN
  RETURN NEXT format(E'CREATE VIEW sla.%I AS\nSELECT (%s) AS holds\nFROM %s AS old, %s AS new', view, condition, relation, relation);
  RETURN NEXT format('COMMENT ON VIEW sla.%I IS %L', view,
    format('Condition of a trigger on %s, kept where renamed columns are followed; not for reading. Made by sla.attach().', relation));
END
$$;
COMMENT ON FUNCTION sla._when_statements(text, integer, regclass, text) IS
'The statements that keep the condition of a trigger as a view.';
REVOKE EXECUTE ON FUNCTION sla._when_statements(text, integer, regclass, text) FROM PUBLIC;

CREATE FUNCTION sla._trigger_statements(attachment text, source regclass, changed text, events jsonb, on_error text, fire text)
RETURNS TABLE (tgname text, statement text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  partitioned CONSTANT boolean := (SELECT c.relkind = 'p' FROM pg_class AS c WHERE c.oid = source);
  -- Rows that come one by one, or whose insertion itself tells of an event, need a trigger per row.
  by_row CONSTANT boolean := partitioned OR fire <> 'origin'
    OR EXISTS (SELECT FROM jsonb_array_elements(events) AS e WHERE NOT e ? 'table' AND e ->> 'on' ~ 'insert');
  arguments CONSTANT text := format('%L, %L', attachment, on_error);
  made record;
BEGIN
  FOR made IN
    SELECT format('sla_%s_%s', attachment, t.name)::name AS tgname, coalesce(t.relation, source::text) AS relation, t.kind, t.event, t.how, t.does
    FROM (
      SELECT 10 AS no, '1_inserted' AS name, NULL AS relation, 'TRIGGER' AS kind, 'INSERT' AS event,
        CASE WHEN by_row THEN 'FOR EACH ROW' ELSE 'REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT' END AS how,
        format('sla.attached_inserted(%s)', arguments) AS does
      UNION ALL
      SELECT 20, '2_changed', NULL, 'TRIGGER', 'UPDATE', format('FOR EACH ROW WHEN (%s)', changed),
        format('sla.attached_changed(%s)', arguments)
      WHERE changed IS NOT NULL
      UNION ALL
      SELECT 30 + e.no, format('3_%s_%s', lpad(e.no::text, 2, '0'), e.value ->> 'event'), e.value ->> 'table', 'TRIGGER',
        upper(coalesce(e.value ->> 'on', CASE WHEN e.value ? 'table' THEN 'insert' ELSE 'update' END)),
        'FOR EACH ROW' || coalesce(' WHEN (' || (e.value ->> 'when') || ')', ''),
        format('sla.attached_event(%s, %L, %L)', arguments, e.value ->> 'event', sla._event_view(attachment, e.no, e.value ->> 'event'))
      FROM jsonb_array_elements(events) WITH ORDINALITY AS e (value, no)
      WHERE NOT e.value ? 'gone'
      UNION ALL
      SELECT 1000, '0_leaving', NULL, 'TRIGGER', 'DELETE', 'FOR EACH ROW', format('sla.attached_deleted(%s, ''leave'')', arguments)
      WHERE partitioned
      UNION ALL
      SELECT 1010, '4_deleted', NULL, CASE WHEN partitioned THEN 'CONSTRAINT TRIGGER' ELSE 'TRIGGER' END, 'DELETE',
        CASE WHEN partitioned THEN 'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW' ELSE 'FOR EACH ROW' END,
        format('sla.attached_deleted(%s%s)', arguments, CASE WHEN partitioned THEN ', ''end''' ELSE '' END)
      UNION ALL
      SELECT 1020, '5_truncated', NULL, 'TRIGGER', 'TRUNCATE', 'FOR EACH STATEMENT', format('sla.attached_deleted(%s)', arguments)
    ) AS t
    ORDER BY t.no
  LOOP
    RETURN QUERY VALUES (made.tgname::text,
      format('CREATE %s %I AFTER %s ON %s %s EXECUTE FUNCTION %s', made.kind, made.tgname, made.event, made.relation, made.how, made.does));
    IF fire <> 'origin' THEN
      RETURN QUERY VALUES (made.tgname::text, format('ALTER TABLE %s ENABLE %s TRIGGER %I', made.relation, upper(fire), made.tgname));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION sla._trigger_statements(text, regclass, text, jsonb, text, text) IS
'The triggers of an attachment and the statements that make them. In events, table is the second table of each one, when its condition, and gone tells that there is none any more; changed is the condition under which a mapped column has changed.';
REVOKE EXECUTE ON FUNCTION sla._trigger_statements(text, regclass, text, jsonb, text, text) FROM PUBLIC;

CREATE FUNCTION sla._attach_statements(attachment text, source regclass, key text, policy text, columns jsonb, events jsonb,
                                       time_zone text, on_error text, fire text) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  key_columns CONSTANT text[] := sla._key_columns(source, key);
  mapped text[];
  changed text;
  event record;
BEGIN
  RETURN NEXT format(E'CREATE VIEW sla.%I AS\n%s', 'attached_' || attachment,
    sla._mapping_query(source, key, policy, columns, time_zone));
  RETURN NEXT format('COMMENT ON VIEW sla.%I IS %L', 'attached_' || attachment,
    format('The rows of %s as tickets. Made by sla.attach(); what it says is what the triggers do.', source));

  -- Whichever columns the view reads: an expression of the company's own may read any of them.
  SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO mapped
  FROM pg_attribute AS a
  WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    AND EXISTS (SELECT FROM jsonb_each(columns) AS c
                WHERE c.key <> 'received_at'
                  AND (c.value #>> '{}' = a.attname OR c.value ->> 'column' = a.attname
                       OR (jsonb_typeof(c.value) = 'object' AND coalesce(c.value -> 'columns' ? a.attname::text, false))
                       OR c.value ->> 'sql' ~* '\mnew\M(?!\s*\.\s*["[:alpha:]_])' -- the whole row
                       OR c.value ->> 'sql' ~ ('(^|[^[:alnum:]_])' || regexp_replace(a.attname, '([.*+?^${}()|\[\]\\])', '\\\1', 'g') || '($|[^[:alnum:]_])')))
     OR a.attrelid = source AND a.attname = ANY (key_columns) AND NOT a.attisdropped;
  changed := (SELECT string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', m), ' OR ' ORDER BY no)
              FROM unnest(mapped) WITH ORDINALITY AS u (m, no));
  RETURN QUERY SELECT w FROM sla._when_statements(attachment, 0, source, changed) AS w;

  FOR event IN SELECT e.value, e.no FROM jsonb_array_elements(events) WITH ORDINALITY AS e (value, no) ORDER BY e.no LOOP
    RETURN QUERY SELECT s FROM sla._event_statements(attachment, source, key_columns, event.no::integer, event.value, time_zone) AS s;
  END LOOP;
  RETURN QUERY SELECT t.statement FROM sla._trigger_statements(attachment, source, changed,
    (SELECT coalesce(jsonb_agg(CASE WHEN e.value ? 'table' THEN e.value || jsonb_build_object('table', (e.value ->> 'table')::regclass) ELSE e.value END
                               ORDER BY e.no), '[]')
     FROM jsonb_array_elements(events) WITH ORDINALITY AS e (value, no)), on_error, fire) AS t;
END
$$;
COMMENT ON FUNCTION sla._attach_statements(text, regclass, text, text, jsonb, jsonb, text, text, text) IS
'The statements that attach a table: views and triggers.';
REVOKE EXECUTE ON FUNCTION sla._attach_statements(text, regclass, text, text, jsonb, jsonb, text, text, text) FROM PUBLIC;

CREATE FUNCTION sla._attached_triggers(attachment text)
RETURNS TABLE (tgrelid oid, tgname name, enabled "char")
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT t.tgrelid, t.tgname, t.tgenabled
  FROM pg_trigger AS t
  WHERE t.tgname LIKE 'sla\_' || replace(_attached_triggers.attachment, '_', '\_') || '\__\_%'
    AND t.tgparentid = 0
    AND split_part(encode(t.tgargs, 'escape'), '\000', 1) = _attached_triggers.attachment
  ORDER BY t.tgrelid, t.tgname;
END
$$;
COMMENT ON FUNCTION sla._attached_triggers(text) IS
'The triggers of an attachment, wherever they are and whatever has been renamed since.';
REVOKE EXECUTE ON FUNCTION sla._attached_triggers(text) FROM PUBLIC;

CREATE FUNCTION sla._drop_attachment(attachment text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '3s'
AS $$
DECLARE
  part record;
BEGIN
  FOR part IN SELECT t.tgrelid::regclass AS relation, t.tgname FROM sla._attached_triggers(_drop_attachment.attachment) AS t LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', part.tgname, part.relation);
  END LOOP;
  FOR part IN SELECT c.relname FROM pg_class AS c
      WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'v'
        AND (c.relname = 'attached_' || attachment OR c.relname ~ ('^attached_' || attachment || '_([0-9]+_|when_[0-9]+$)'))
        -- Not another's, whose name only begins with this one.
        AND NOT EXISTS (SELECT FROM sla.attachment AS o
                        WHERE o.attachment LIKE replace(_drop_attachment.attachment, '_', '\_') || '\_%'
                          AND (c.relname = 'attached_' || o.attachment
                               OR c.relname LIKE 'attached\_' || replace(o.attachment, '_', '\_') || '\_%')) LOOP
    EXECUTE format('DROP VIEW sla.%I', part.relname);
  END LOOP;
EXCEPTION WHEN lock_not_available THEN
  RAISE lock_not_available USING
    MESSAGE = format('the tables attached as "%s" are being used, and detaching them needs a short exclusive lock', attachment),
    HINT = 'Nothing has been changed. Try again at a quieter moment, or end the long transactions that pg_stat_activity shows.';
END
$$;
COMMENT ON FUNCTION sla._drop_attachment(text) IS 'Drops the triggers and views of an attachment.';
REVOKE EXECUTE ON FUNCTION sla._drop_attachment(text) FROM PUBLIC;

CREATE FUNCTION sla._restore_attachment(attachment text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '3s'
AS $$
#variable_conflict use_variable
DECLARE
  attached sla.attachment;
  source regclass := sla._table_of('attached_' || attachment);
  events jsonb;
  part record;
BEGIN
  SELECT a.* INTO attached FROM sla.attachment AS a WHERE a.attachment = _restore_attachment.attachment;
  -- What PostgreSQL calls everything now; an event whose view has gone cannot be told any more.
  SELECT coalesce(jsonb_agg(
           CASE WHEN n.relation IS NULL OR e.value ? 'when' AND n.condition IS NULL THEN '{"gone": true}'
                ELSE jsonb_strip_nulls(e.value || jsonb_build_object('when', n.condition, 'table', CASE WHEN e.value ? 'table' THEN n.relation END)) END
           ORDER BY e.no), '[]')
  INTO events
  FROM jsonb_array_elements(attached.events) WITH ORDINALITY AS e (value, no)
  CROSS JOIN LATERAL (
    SELECT sla._table_of(sla._event_view(attachment, e.no, e.value ->> 'event')) AS relation,
           sla._condition_of(format('attached_%s_when_%s', attachment, e.no)) AS condition
  ) AS n;
  FOR part IN
    SELECT t.statement
    FROM sla._trigger_statements(attachment, source, sla._condition_of(format('attached_%s_when_0', attachment)), events,
                                 attached.on_error, attached.fire) AS t
    WHERE NOT EXISTS (SELECT FROM sla._attached_triggers(attachment) AS h WHERE h.tgname = t.tgname)
  LOOP
    EXECUTE part.statement;
  END LOOP;
  -- pg_restore --disable-triggers enables all alike; one that somebody has disabled is left alone.
  FOR part IN
    SELECT t.tgrelid::regclass AS relation, t.tgname FROM sla._attached_triggers(attachment) AS t
    WHERE t.enabled <> 'D'
      AND EXISTS (SELECT FROM pg_trigger AS c
                  WHERE c.tgname = t.tgname AND (c.tgrelid = t.tgrelid OR c.tgrelid IN (SELECT p.relid FROM pg_partition_tree(t.tgrelid) AS p))
                    AND c.tgenabled NOT IN ('D', CASE attached.fire WHEN 'replica' THEN 'R' WHEN 'always' THEN 'A' ELSE 'O' END))
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', part.relation,
      CASE attached.fire WHEN 'origin' THEN '' ELSE upper(attached.fire) END, part.tgname);
  END LOOP;
END
$$;
COMMENT ON FUNCTION sla._restore_attachment(text) IS
'Makes the triggers of an attachment that are missing out of its views, and lets all of them fire when they should.';
REVOKE EXECUTE ON FUNCTION sla._restore_attachment(text) FROM PUBLIC;

CREATE FUNCTION sla._restore_attachments() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  attached text;
BEGIN
  FOR attached IN
    SELECT a.attachment FROM sla.attachment AS a
    WHERE sla._table_of('attached_' || a.attachment) IS NOT NULL -- or sla.health tells
    ORDER BY a.attachment
  LOOP
    BEGIN
      PERFORM sla._restore_attachment(attached);
      DELETE FROM sla.finding AS f WHERE f.code = 'attachment_broken' AND f.object = attached;
    EXCEPTION WHEN OTHERS THEN
      INSERT INTO sla.finding (code, object, ticket_id, message, found_at)
      VALUES ('attachment_broken', attached, 0, SQLERRM, sla.now())
      ON CONFLICT (ticket_id, code, object) DO UPDATE SET message = excluded.message;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION sla._restore_attachments() IS
'Puts back the triggers that went with the extension. Called by sla.setup().';
REVOKE EXECUTE ON FUNCTION sla._restore_attachments() FROM PUBLIC;

CREATE FUNCTION sla._check_told_events(policy text, told jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  -- A policy may have events of its own: whatever its rows name.
  SELECT e.value ->> 'event' INTO unknown FROM jsonb_array_elements(told) WITH ORDINALITY AS e (value, no)
  WHERE e.value ->> 'event' = 'received' OR e.value ->> 'event' <> ALL (sla._event_names()) AND NOT EXISTS (
    SELECT FROM (SELECT t.policy, to_jsonb(t) AS row FROM sla.target AS t
                 UNION ALL SELECT r.policy, to_jsonb(r) FROM sla.event_rule AS r
                 UNION ALL SELECT p.policy, to_jsonb(p.pause_on) FROM sla.policy AS p) AS named
    WHERE named.policy = coalesce(_check_told_events.policy, named.policy)
      AND jsonb_path_exists(named.row, '$.** ? (@ == $event)', jsonb_build_object('event', e.value -> 'event')))
  ORDER BY e.no LIMIT 1;
  IF unknown = 'received' THEN
    PERFORM sla._refuse('event "received" is the insertion of the row', 'Map the column that says when to received_at.');
  ELSIF FOUND THEN
    PERFORM sla._refuse(format('event "%s" is unknown', unknown),
      format('Events are: %s, and those that the policy''s own rows name.', array_to_string(sla._event_names(), ', ')));
  END IF;
END
$$;
COMMENT ON FUNCTION sla._check_told_events(text, jsonb) IS
'Refuses (22023) the events of an attachment that no ticket would take: neither built-in nor named by the policy or, without one, by any.';
REVOKE EXECUTE ON FUNCTION sla._check_told_events(text, jsonb) FROM PUBLIC;

CREATE FUNCTION sla.attach(
  source    regclass,
  key       text DEFAULT NULL,
  policy    text DEFAULT NULL,
  columns   jsonb DEFAULT NULL,
  events    jsonb DEFAULT NULL,
  time_zone text DEFAULT NULL,
  on_error  text DEFAULT 'record',
  fire      text DEFAULT 'origin',
  name      text DEFAULT NULL,
  dry_run   boolean DEFAULT false
) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '3s'
AS $$
#variable_conflict use_variable
DECLARE
  suggested CONSTANT jsonb := CASE WHEN columns IS NULL OR events IS NULL THEN sla.suggest_mapping(source) END;
  mapping CONSTANT jsonb := coalesce(columns, suggested -> 'columns');
  told CONSTANT jsonb := coalesce(events, suggested -> 'events');
  attachment CONSTANT text := coalesce(name, (SELECT a FROM sla._attachments_of(source) AS a LIMIT 1),
    regexp_replace(lower((SELECT c.relname FROM pg_class AS c WHERE c.oid = source)), '[^a-z0-9_]+', '_', 'g'));
  statements text[];
  statement text;
BEGIN
  IF source IS NULL OR on_error IS NULL OR on_error NOT IN ('record', 'raise') OR fire IS NULL OR fire NOT IN ('origin', 'replica', 'always') THEN
    PERFORM sla._refuse('a table is attached with on_error record or raise, and fire origin, replica or always',
      'record: an error of ours becomes a finding; raise: it is the writer''s. replica: rows come by logical replication.');
  ELSIF on_error = 'raise' AND fire <> 'origin' THEN
    PERFORM sla._refuse('an error cannot be the writer''s where rows come by logical replication', 'It would stop the replication. Leave on_error as it is: record.');
  ELSIF attachment !~ '^[a-z][a-z0-9_]{0,29}$' THEN
    PERFORM sla._refuse(format('an attachment cannot be called "%s"', attachment),
      'Give a name of at most 30 letters, digits and underscores in name.');
  ELSIF (SELECT c.relkind NOT IN ('r', 'p') OR c.relnamespace = 'sla'::regnamespace FROM pg_class AS c WHERE c.oid = source) THEN
    PERFORM sla._refuse(format('%s cannot be attached', source), 'Attach a table of your own, or the whole of a partitioned one.');
  ELSIF jsonb_typeof(mapping) <> 'object' OR jsonb_typeof(told) <> 'array' THEN
    PERFORM sla._refuse('columns must be a JSON object, and events a JSON array',
      'SELECT jsonb_pretty(sla.suggest_mapping(''your_table'')) shows both.');
  ELSIF policy IS NOT NULL AND NOT EXISTS (SELECT FROM sla.policy AS p WHERE p.policy = attach.policy AND p.status <> 'draft') THEN
    PERFORM sla._refuse(format('policy "%s" is not published', policy),
      (SELECT 'Published policies: ' || coalesce(string_agg(DISTINCT p.policy, ', '), 'none') || '.' FROM sla.policy AS p WHERE p.status <> 'draft'));
  END IF;
  PERFORM sla._check_told_events(policy, told);
  statements := ARRAY(SELECT s FROM sla._attach_statements(attachment, source, key, policy, mapping, told, time_zone, on_error, fire) AS s);
  IF dry_run THEN
    RETURN QUERY SELECT s || ';' FROM unnest(statements) AS s;
    RETURN;
  END IF;

  BEGIN
    PERFORM sla._drop_attachment(attachment);
    FOREACH statement IN ARRAY statements LOOP
      EXECUTE statement;
    END LOOP;
  EXCEPTION WHEN lock_not_available THEN
    RAISE lock_not_available USING
      MESSAGE = format('table %s, or one that tells of its events, is being used, and attaching it needs a short exclusive lock', source),
      HINT = 'Nothing has been changed. Try again at a quieter moment, or end the long transactions that pg_stat_activity shows.';
  END;
  INSERT INTO sla.attachment AS a (attachment, source, key, policy, columns, events, time_zone, on_error, fire, attached_at, attached_by)
  VALUES (attachment, source::text, key, policy, mapping, told, time_zone, on_error, fire, sla.now(), session_user)
  ON CONFLICT ON CONSTRAINT attachment_pkey DO UPDATE SET source = excluded.source, key = excluded.key, policy = excluded.policy,
    columns = excluded.columns, events = excluded.events, time_zone = excluded.time_zone, on_error = excluded.on_error,
    fire = excluded.fire, attached_at = excluded.attached_at, attached_by = excluded.attached_by;
  DELETE FROM sla.finding AS f WHERE f.code IN ('attachment_broken', 'attachment_failed') AND f.object = attachment;
  RETURN QUERY SELECT s || ';' FROM unnest(statements) AS s;
END
$$;
COMMENT ON FUNCTION sla.attach(regclass, text, text, jsonb, jsonb, text, text, text, text, boolean) IS
'Puts a table of the company''s own under a policy: rows inserted from now on are tickets, changes of mapped columns and events follow. Returns the statements it has run (or, with dry_run, would run). key: the columns that identify a row, by default the primary key. policy: the policy of all its tickets; default: policy.applies_to chooses. columns: a JSON object of ticket columns and where they come from: "column", {"column": c, "map": {value: value}, "else": value}, {"column": c, "epoch": "ms"}, {"columns": [..]} (for attributes), {"value": v} or {"sql": expression over new}. events: a JSON array of {"event", "when": condition over OLD and NEW, "at", "actor", "note": columns, "on": insert or update} and, for rows of a second table, "table" and "key". Left out, both are guessed (sla.suggest_mapping()). time_zone: of timestamps without one. on_error: record (default: our error becomes a finding, the writer''s transaction goes on) or raise. fire: replica where the rows come by logical replication. Called again it replaces what was there. Takes a SHARE ROW EXCLUSIVE lock on the table, for which it waits 3 seconds at most (55P03). Rows that were there before are not watched until sla.backfill(). Fails for unknown columns (42703), wrong descriptions (22023) and conditions that PostgreSQL refuses.';
REVOKE EXECUTE ON FUNCTION sla.attach(regclass, text, text, jsonb, jsonb, text, text, text, text, boolean) FROM PUBLIC;

CREATE FUNCTION sla.detach(source regclass, keep_history boolean DEFAULT true) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  attached text;
  detached boolean := false;
BEGIN
  FOR attached IN SELECT a FROM sla._attachments_of(source) AS a LOOP
    PERFORM sla._drop_attachment(attached), sla._end_attachment(attached, keep_history);
    detached := true;
  END LOOP;
  RETURN detached;
END
$$;
COMMENT ON FUNCTION sla.detach(regclass, boolean) IS
'Takes a table from under its policy: drops our triggers and views, and withdraws the tickets that are still open, so that no deadline runs unwatched. The tickets and what followed stay, unless keep_history is false. The table itself is as it was. True if it was attached.';
REVOKE EXECUTE ON FUNCTION sla.detach(regclass, boolean) FROM PUBLIC;

CREATE FUNCTION sla._end_attachment(attached text, keep_history boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part record;
BEGIN
  IF keep_history THEN
    PERFORM sla._record_watched(t.ticket_id, 'withdrawn', NULL, NULL, 'the table was detached')
    FROM sla.attached_row AS r JOIN sla.ticket AS t ON t.ticket_id = r.ticket_id
    WHERE r.attachment = attached AND r.deleted_at IS NULL AND t.closed_at IS NULL;
  ELSE
    FOR part IN SELECT c.oid::regclass AS relation FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'ticket_id'
        WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'r' AND c.relname <> 'attached_row' LOOP
      EXECUTE format('DELETE FROM %s AS x USING sla.attached_row AS r WHERE r.attachment = $1 AND r.ticket_id = x.ticket_id', part.relation)
      USING attached;
    END LOOP;
  END IF;
  DELETE FROM sla.attached_row AS r WHERE r.attachment = attached;
  DELETE FROM sla.attachment AS a WHERE a.attachment = attached;
  DELETE FROM sla.finding AS f WHERE f.code IN ('attachment_broken', 'attachment_failed') AND f.object = attached;
END
$$;
COMMENT ON FUNCTION sla._end_attachment(text, boolean) IS 'Ends or deletes the tickets of an attachment, and forgets it.';
REVOKE EXECUTE ON FUNCTION sla._end_attachment(text, boolean) FROM PUBLIC;

CREATE FUNCTION sla.detach_all(only_gone boolean DEFAULT false) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  attached text;
  n integer := 0;
BEGIN
  FOR attached IN
    SELECT a.attachment FROM sla.attachment AS a
    WHERE NOT only_gone OR coalesce(sla._table_of('attached_' || a.attachment), to_regclass(a.source)) IS NULL
    ORDER BY a.attachment
  LOOP
    PERFORM sla._drop_attachment(attached), sla._end_attachment(attached, true);
    n := n + 1;
  END LOOP;
  RETURN n;
END
$$;
COMMENT ON FUNCTION sla.detach_all(boolean) IS
'Detaches every attached table, also those that are gone, or only_gone: only those, as sla.detach() does, and returns how many there were.';
REVOKE EXECUTE ON FUNCTION sla.detach_all(boolean) FROM PUBLIC;

--
-- History
--

CREATE FUNCTION sla._history_query(attachment text, of_keys boolean) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN coalesce((
    SELECT string_agg(format('SELECT v.source_key, %s AS no, %L AS event, v.at, v.actor, v.note FROM %s AS v WHERE v.applies AND v.at IS NOT NULL%s',
             e.no, e.value ->> 'event', e.relation, CASE WHEN of_keys THEN ' AND ' || sla._key_condition(e.relation) ELSE '' END), ' UNION ALL ')
    FROM sla.attachment AS a
    CROSS JOIN LATERAL (
      SELECT t.value, t.no, format('sla.%I', sla._event_view(a.attachment, t.no, t.value ->> 'event'))::regclass AS relation
      FROM jsonb_array_elements(a.events) WITH ORDINALITY AS t (value, no)
    ) AS e
    WHERE a.attachment = _history_query.attachment),
    'SELECT NULL::text AS source_key, 0 AS no, NULL::text AS event, NULL::timestamptz AS at, NULL::text AS actor, NULL::text AS note WHERE false');
END
$$;
COMMENT ON FUNCTION sla._history_query(text, boolean) IS
'The query for the events that the rows of an attachment, all or those whose keys are $2, tell of with a time.';
REVOKE EXECUTE ON FUNCTION sla._history_query(text, boolean) FROM PUBLIC;

CREATE FUNCTION sla._take_rows(attachment text, keys text[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  relation CONSTANT regclass := format('sla.%I', 'attached_' || attachment)::regclass;
  filled text;
  taken bigint[];
BEGIN
  SELECT string_agg(', ' || quote_ident(a.attname), '' ORDER BY a.attnum) INTO filled
  FROM pg_attribute AS a
  WHERE a.attrelid = relation AND a.attname NOT IN ('source_key', 'source_id') AND a.attnum > 0;
  EXECUTE format(
    'WITH source AS MATERIALIZED (
       SELECT pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(''sla.ticket'', ''ticket_id'')::pg_catalog.regclass) AS ticket_id, q.*
       FROM (SELECT v.* FROM %1$s AS v WHERE %2$s) AS q
     ), history AS MATERIALIZED (
       SELECT h.source_key, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                ''event'', h.event, ''at'', h.at, ''actor'', h.actor, ''note'', h.note) ORDER BY h.at, h.no) AS events
       FROM (%3$s) AS h
       GROUP BY h.source_key
     ), link AS (
       -- Whoever links a row first makes its ticket.
       INSERT INTO sla.attached_row AS r (attachment, source_key, ticket_id)
       SELECT $1, s.source_key, s.ticket_id FROM source AS s
       ON CONFLICT (attachment, source_key) DO UPDATE SET ticket_id = excluded.ticket_id, deleted_at = NULL
       WHERE r.deleted_at IS NOT NULL
       RETURNING r.ticket_id
     ), ticket AS (
       INSERT INTO sla.ticket (ticket_id%4$s) OVERRIDING SYSTEM VALUE
       SELECT s.ticket_id%4$s FROM source AS s JOIN link AS l ON l.ticket_id = s.ticket_id
       RETURNING ticket_id
     )
     SELECT pg_catalog.array_agg(t.ticket_id)
     FROM ticket AS t
     JOIN source AS s ON s.ticket_id = t.ticket_id
     LEFT JOIN history AS h ON h.source_key = s.source_key
     CROSS JOIN LATERAL (SELECT sla._arrive_from_history(t.ticket_id, COALESCE(h.events, ''[]'')) AS done) AS arrived
     WHERE arrived.done IS NOT NULL',
    relation, sla._key_condition(relation), sla._history_query(attachment, true), filled)
  INTO taken USING attachment, keys;
  RETURN taken;
END
$$;
COMMENT ON FUNCTION sla._take_rows(text, text[]) IS
'Makes tickets, with their history, of the rows of an attachment that have these keys; returns their numbers.';
REVOKE EXECUTE ON FUNCTION sla._take_rows(text, text[]) FROM PUBLIC;

CREATE FUNCTION sla._fail_attachment(attachment text, message text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- As in query.c: under a number of its own, so that nobody waits for anybody.
  INSERT INTO sla.finding (code, object, ticket_id, message, found_at)
  SELECT 'attachment_failed', attachment, -(pg_current_xact_id()::text::bigint), message, sla.now()
  WHERE NOT EXISTS (SELECT FROM sla.finding AS f
                    WHERE f.code = 'attachment_failed' AND f.object = attachment AND f.ticket_id < 0)
  ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION sla._fail_attachment(text, text) IS 'Writes down what could not be taken over from an attached table.';
REVOKE EXECUTE ON FUNCTION sla._fail_attachment(text, text) FROM PUBLIC;

CREATE FUNCTION sla._lock_attachment(attachment text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('sla.attachment ' || attachment, 0));
END
$$;
COMMENT ON FUNCTION sla._lock_attachment(text) IS
'One backfill or reconciliation of an attachment at a time: what one has taken over the next one sees.';
REVOKE EXECUTE ON FUNCTION sla._lock_attachment(text) FROM PUBLIC;

CREATE FUNCTION sla._lock_rows(attachment text, keys text[], wait boolean) RETURNS text[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation CONSTANT regclass := format('sla.%I', 'attached_' || attachment)::regclass;
  locked text[];
BEGIN
  EXECUTE format(
    'SELECT pg_catalog.array_agg(l.source_key) FROM (SELECT v.source_key FROM %s AS v WHERE %s FOR SHARE%s) AS l',
    relation, sla._key_condition(relation), CASE WHEN wait THEN '' ELSE ' SKIP LOCKED' END)
  INTO locked USING attachment, keys;
  RETURN coalesce(locked, '{}');
END
$$;
COMMENT ON FUNCTION sla._lock_rows(text, text[], boolean) IS
'Locks rows of an attached table, so that nobody changes them while they become tickets; returns the keys of those that it could lock.';
REVOKE EXECUTE ON FUNCTION sla._lock_rows(text, text[], boolean) FROM PUBLIC;

CREATE FUNCTION sla._take_each(attachment text, keys text[], wait boolean, OUT taken bigint[], OUT failed integer, OUT busy text[])
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  locked CONSTANT text[] := sla._lock_rows(attachment, keys, wait);
  source_key text;
BEGIN
  taken := '{}';
  failed := 0;
  busy := ARRAY(SELECT k FROM unnest(keys) AS k EXCEPT SELECT l FROM unnest(locked) AS l);
  BEGIN
    taken := coalesce(sla._take_rows(attachment, locked), '{}');
    RETURN;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
  -- One of them is wrong: the others are taken all the same.
  FOREACH source_key IN ARRAY locked LOOP
    BEGIN
      taken := taken || sla._take_rows(attachment, ARRAY[source_key]);
    EXCEPTION WHEN OTHERS THEN
      failed := failed + 1;
      PERFORM sla._fail_attachment(attachment, format('row %s: %s (%s)', source_key, SQLERRM, SQLSTATE));
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION sla._take_each(text, text[], boolean) IS
'Makes tickets of rows, all at once or, where one of them is wrong, one by one; what fails is a finding. Rows that somebody is at work on are waited for or left out, and returned in busy.';
REVOKE EXECUTE ON FUNCTION sla._take_each(text, text[], boolean) FROM PUBLIC;

CREATE FUNCTION sla._take_history(attachment text, keys text[], wait boolean, OUT taken integer, OUT failed integer, OUT busy text[])
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ids bigint[];
BEGIN
  PERFORM sla._lock_attachment(attachment);
  SELECT t.taken, t.failed, t.busy INTO ids, failed, busy FROM sla._take_each(attachment, keys, wait) AS t;
  taken := cardinality(ids);
  -- History has its verdicts; nobody is told of them, and nobody answers for them.
  UPDATE sla.breach AS b SET settled_at = sla.now()
  WHERE b.ticket_id = ANY (ids) AND b.settled_at IS NULL;
END
$$;
COMMENT ON FUNCTION sla._take_history(text, text[], boolean) IS
'sla._take_each() for the past: nothing follows from its verdicts.';
REVOKE EXECUTE ON FUNCTION sla._take_history(text, text[], boolean) FROM PUBLIC;

-- The planner has no figures about sla.attached_row while it is being filled, and must not look
-- through all of it once per row.
CREATE FUNCTION sla._backfill_batches(attached text, since timestamptz, batch_size integer)
RETURNS TABLE (keys text[], last_at timestamptz)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
SET jit = off
AS $$
DECLARE
  has_time CONSTANT boolean := EXISTS (SELECT FROM pg_attribute AS a
    WHERE a.attrelid = format('sla.%I', 'attached_' || attached)::regclass AND a.attname = 'received_at');
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT pg_catalog.array_agg(p.source_key ORDER BY p.at, p.source_key), pg_catalog.max(p.at)
     FROM (SELECT v.source_key, v.at, (pg_catalog.row_number() OVER (ORDER BY v.at, v.source_key) - 1) / $3 AS batch
           FROM (SELECT x.source_key, COALESCE(%1$s, ''infinity'') AS at FROM sla.%2$I AS x) AS v
           WHERE v.source_key IS NOT NULL AND v.at >= $2
             AND NOT EXISTS (SELECT FROM sla.attached_row AS r
                             WHERE r.attachment = $1 AND r.source_key = v.source_key AND r.deleted_at IS NULL)) AS p
     GROUP BY p.batch ORDER BY p.batch',
    CASE WHEN has_time THEN 'x.received_at' ELSE 'NULL::timestamptz' END, 'attached_' || attached)
  USING attached, since, batch_size;
END
$$;
COMMENT ON FUNCTION sla._backfill_batches(text, timestamptz, integer) IS
'The keys of an attached table''s rows that are not watched yet, in order of reception, a batch a row.';
REVOKE EXECUTE ON FUNCTION sla._backfill_batches(text, timestamptz, integer) FROM PUBLIC;

CREATE PROCEDURE sla.backfill(source regclass, since timestamptz DEFAULT '-infinity', batch_size integer DEFAULT 5000)
LANGUAGE plpgsql
AS $$
DECLARE
  attached text;
  batch record;
  done record;
  total bigint;
  wrong bigint;
  busy text[];
  busy_key text;
BEGIN
  IF NOT EXISTS (SELECT FROM sla._attachments_of(source)) THEN
    PERFORM sla._refuse(pg_catalog.format('table %s is not attached', source), 'Attach it first with sla.attach().');
  ELSIF batch_size IS NULL OR batch_size < 1 THEN
    PERFORM sla._refuse('batch_size must be positive', 'Leave it out for 5000 rows a transaction.');
  END IF;
  FOR attached IN SELECT a FROM sla._attachments_of(source) AS a LOOP
    total := 0;
    wrong := 0;
    busy := NULL;
    FOR batch IN SELECT b.keys, b.last_at FROM sla._backfill_batches(attached, coalesce(since, '-infinity'), batch_size) AS b LOOP
      SELECT t.* INTO done FROM sla._take_history(attached, batch.keys, false) AS t;
      COMMIT;
      total := total OPERATOR(pg_catalog.+) done.taken;
      wrong := wrong OPERATOR(pg_catalog.+) done.failed;
      busy := pg_catalog.array_cat(busy, done.busy);
      RAISE NOTICE '%: % rows taken over, up to those received at %', attached, total, batch.last_at;
    END LOOP;
    -- Those that somebody was at work on, one by one: whoever waits holds nothing that another waits for.
    FOREACH busy_key IN ARRAY coalesce(busy, '{}') LOOP
      SELECT t.* INTO done FROM sla._take_history(attached, ARRAY[busy_key], true) AS t;
      COMMIT;
      total := total OPERATOR(pg_catalog.+) done.taken;
      wrong := wrong OPERATOR(pg_catalog.+) done.failed;
    END LOOP;
    IF pg_catalog.cardinality(busy) OPERATOR(pg_catalog.>) 0 THEN
      RAISE NOTICE '%: % rows taken over, with those that others were at work on', attached, total;
    END IF;
    IF wrong OPERATOR(pg_catalog.>) 0 THEN
      RAISE WARNING '%: % rows could not be taken over', attached, wrong
        USING HINT = 'One of them is told in sla.health. Correct them, or the mapping, and call sla.backfill() again.';
    END IF;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE sla.backfill(regclass, timestamptz, integer) IS
'Takes over the rows of an attached table that were there before, received since an instant: each becomes a ticket, the events that its columns and the attached second tables date are recorded when they happened, and the deadlines of the past get their verdicts. Nobody is warned, escalated to or proposed for a penalty because of the past; what is still running goes on as usual. Commits after every batch_size rows, which nobody can change meanwhile, and tells how far it is; rows that somebody is at work on come last; interrupted, it goes on where it was when called again. Events that are told only by a change of a column, without a time, cannot be known afterwards. A ticket''s columns are what the row says today.';
REVOKE EXECUTE ON PROCEDURE sla.backfill(regclass, timestamptz, integer) FROM PUBLIC;

CREATE FUNCTION sla._reconcile_events(attached text, since timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  missing record;
  n integer := 0;
BEGIN
  FOR missing IN EXECUTE format(
    'SELECT r.ticket_id, h.source_key, h.event, h.at, h.actor, h.note
     FROM (%s) AS h
     JOIN sla.attached_row AS r ON r.attachment = $1 AND r.source_key = h.source_key AND r.deleted_at IS NULL
     JOIN sla.ticket AS t ON t.ticket_id = r.ticket_id -- not purged
     WHERE h.at >= $2 AND h.at <= sla.now()
       AND NOT EXISTS (SELECT FROM sla.event AS e WHERE e.ticket_id = r.ticket_id AND e.event = h.event
                         AND e.occurred_at = GREATEST(h.at, t.received_at))
     ORDER BY h.at, r.ticket_id, h.no FOR NO KEY UPDATE OF t SKIP LOCKED', sla._history_query(attached, false)) USING attached, since
  LOOP
    BEGIN
      IF sla._record_watched(missing.ticket_id, missing.event, missing.at, missing.actor, missing.note) IS NOT NULL THEN
        n := n + 1;
      END IF;
    EXCEPTION WHEN OTHERS THEN
      PERFORM sla._fail_attachment(attached, format('row %s, event %s: %s (%s)', missing.source_key, missing.event, SQLERRM, SQLSTATE));
    END;
  END LOOP;
  RETURN n;
END
$$;
COMMENT ON FUNCTION sla._reconcile_events(text, timestamptz) IS
'Records the dated events of an attached table that its tickets lack.';
REVOKE EXECUTE ON FUNCTION sla._reconcile_events(text, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla._reconcile_columns(attached text) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  assigned text;
  differs text;
  ids bigint[];
  n integer := 0;
BEGIN
  -- What the row leaves empty, rules may have filled.
  SELECT string_agg(format('%1$I = coalesce(v.%1$I, t.%1$I)', a.attname), ', ' ORDER BY a.attnum),
         string_agg(format('v.%1$I IS NOT NULL AND v.%1$I IS DISTINCT FROM t.%1$I', a.attname), ' OR ' ORDER BY a.attnum)
  INTO assigned, differs
  FROM pg_attribute AS a
  WHERE a.attrelid = format('sla.%I', 'attached_' || attached)::regclass
    AND a.attname NOT IN ('source_key', 'source_id', 'policy', 'received_at') AND a.attnum > 0;
  IF assigned IS NULL THEN
    RETURN 0;
  END IF;
  -- First the locks, then the rows as they are under them; a ticket that somebody is at work on is left out.
  EXECUTE format(
    'SELECT pg_catalog.array_agg(l.ticket_id)
     FROM (SELECT t.ticket_id FROM sla.ticket AS t, sla.attached_row AS r, sla.%I AS v
           WHERE v.source_key = r.source_key AND r.attachment = $1 AND r.deleted_at IS NULL AND t.ticket_id = r.ticket_id AND (%s)
           ORDER BY t.ticket_id FOR NO KEY UPDATE OF t SKIP LOCKED) AS l',
    'attached_' || attached, differs) INTO ids USING attached;
  EXECUTE format(
    'UPDATE sla.ticket AS t SET %s FROM sla.attached_row AS r JOIN sla.%I AS v ON v.source_key = r.source_key
     WHERE r.attachment = $1 AND r.deleted_at IS NULL AND t.ticket_id = r.ticket_id AND t.ticket_id = ANY ($2) AND (%s)',
    assigned, 'attached_' || attached, differs) USING attached, ids;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END
$$;
COMMENT ON FUNCTION sla._reconcile_columns(text) IS
'Carries columns over to the tickets that have other values than their rows.';
REVOKE EXECUTE ON FUNCTION sla._reconcile_columns(text) FROM PUBLIC;

CREATE FUNCTION sla._reconcile_deleted(attached text) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  n integer;
BEGIN
  EXECUTE format(
    'WITH gone AS MATERIALIZED (
       SELECT r.source_key, r.ticket_id FROM sla.attached_row AS r
       WHERE r.attachment = $1 AND r.deleted_at IS NULL
         AND NOT EXISTS (SELECT FROM sla.%I AS v WHERE v.source_key = r.source_key)
     ), unlinked AS (
       UPDATE sla.attached_row AS r SET deleted_at = sla.now() FROM gone AS g
       WHERE r.attachment = $1 AND r.source_key = g.source_key AND r.ticket_id = g.ticket_id AND r.deleted_at IS NULL
     )
     SELECT pg_catalog.count(*) FROM (
       SELECT CASE WHEN t.closed_at IS NULL THEN sla._record_watched(t.ticket_id, ''withdrawn'', NULL, NULL, ''the row was deleted'') END
       FROM gone AS g JOIN sla.ticket AS t ON t.ticket_id = g.ticket_id OFFSET 0) AS w',
    'attached_' || attached) INTO n USING attached;
  RETURN n;
END
$$;
COMMENT ON FUNCTION sla._reconcile_deleted(text) IS
'Withdraws the open tickets whose rows are gone.';
REVOKE EXECUTE ON FUNCTION sla._reconcile_deleted(text) FROM PUBLIC;

CREATE FUNCTION sla.reconcile(
  source regclass,
  since  timestamptz DEFAULT '-infinity',
  OUT inserted integer, OUT changed integer, OUT deleted integer, OUT recorded integer, OUT failed integer
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  attached text;
  batch record;
  taken record;
  last_key text;
BEGIN
  IF NOT EXISTS (SELECT FROM sla._attachments_of(source)) THEN
    PERFORM sla._refuse(format('table %s is not attached', source), 'Attach it first with sla.attach().');
  END IF;
  inserted := 0;
  changed := 0;
  deleted := 0;
  recorded := 0;
  failed := 0;
  FOR attached IN SELECT a FROM sla._attachments_of(source) AS a LOOP
    PERFORM sla._lock_attachment(attached);
    deleted := deleted + sla._reconcile_deleted(attached);
    changed := changed + sla._reconcile_columns(attached);
    recorded := recorded + sla._reconcile_events(attached, coalesce(since, '-infinity'));
    last_key := NULL;
    LOOP
      SELECT b.* INTO batch FROM sla._missing_keys(attached, coalesce(since, '-infinity'), last_key) AS b;
      EXIT WHEN batch.keys IS NULL;
      SELECT t.* INTO taken FROM sla._take_each(attached, batch.keys, false) AS t;
      inserted := inserted + cardinality(taken.taken);
      failed := failed + taken.failed;
      last_key := batch.last_key;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION sla.reconcile(regclass, timestamptz) IS
'Makes up for what the triggers of an attached table have not seen: rows loaded under session_replication_role = replica, an error that became a finding. Rows received since an instant that are not watched become tickets, changed columns are carried over, the tickets of rows that are gone are withdrawn, and the dated events since then that are lacking are recorded. Returns how many of each; failed: rows that could not be taken over (sla.health tells one). A row or ticket that somebody is at work on is left to the next call. Unlike sla.backfill() what it finds is live: misses are escalated. Events that are told only by a change of a column, without a time, cannot be known afterwards.';
REVOKE EXECUTE ON FUNCTION sla.reconcile(regclass, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla._missing_keys(attached text, since timestamptz, after_key text, OUT keys text[], OUT last_key text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  has_time CONSTANT boolean := EXISTS (SELECT FROM pg_attribute AS a
    WHERE a.attrelid = format('sla.%I', 'attached_' || attached)::regclass AND a.attname = 'received_at');
BEGIN
  EXECUTE format(
    'SELECT pg_catalog.array_agg(p.source_key ORDER BY p.source_key), pg_catalog.max(p.source_key)
     FROM (SELECT v.source_key FROM sla.%1$I AS v
           WHERE v.source_key > $3 AND %2$s
             AND NOT EXISTS (SELECT FROM sla.attached_row AS r
                             WHERE r.attachment = $1 AND r.source_key = v.source_key AND r.deleted_at IS NULL)
           ORDER BY v.source_key LIMIT 5000) AS p',
    'attached_' || attached, CASE WHEN has_time THEN 'COALESCE(v.received_at, ''infinity'') >= $2' ELSE 'true' END)
  INTO keys, last_key USING attached, since, coalesce(after_key, '');
END
$$;
COMMENT ON FUNCTION sla._missing_keys(text, timestamptz, text) IS
'The next keys of an attached table that have no ticket.';
REVOKE EXECUTE ON FUNCTION sla._missing_keys(text, timestamptz, text) FROM PUBLIC;

-- setup:

	CREATE TABLE IF NOT EXISTS sla.attachment (
		attachment text COLLATE "C" PRIMARY KEY,
		source text NOT NULL,
		key text,
		policy text COLLATE "C",
		columns jsonb NOT NULL,
		events jsonb NOT NULL,
		time_zone text,
		on_error text NOT NULL CHECK (on_error IN ('record', 'raise')),
		fire text NOT NULL CHECK (fire IN ('origin', 'replica', 'always')),
		attached_at timestamptz NOT NULL,
		attached_by text NOT NULL
	);
	COMMENT ON TABLE sla.attachment IS
	'The company''s own tables that sla.attach() has put under a policy, as they were described. What is in force are the views and triggers made from it.';
	COMMENT ON COLUMN sla.attachment.attachment IS 'Name of the attachment; names its views and triggers.';
	COMMENT ON COLUMN sla.attachment.source IS 'The table, as it was called then.';
	COMMENT ON COLUMN sla.attachment.key IS 'Columns that identify a row, separated by commas; empty: the primary key.';
	COMMENT ON COLUMN sla.attachment.policy IS 'Policy of all its tickets; empty: policy.applies_to chooses.';
	COMMENT ON COLUMN sla.attachment.columns IS 'Which ticket column comes from where.';
	COMMENT ON COLUMN sla.attachment.events IS 'Which change, or which row of a second table, is which event.';
	COMMENT ON COLUMN sla.attachment.time_zone IS 'Zone of its timestamps without time zone.';
	COMMENT ON COLUMN sla.attachment.on_error IS 'record: an error of ours becomes a finding. raise: it is the writer''s.';
	COMMENT ON COLUMN sla.attachment.fire IS 'origin: triggers fire for people''s work; replica: for rows of logical replication; always: for both.';
	COMMENT ON COLUMN sla.attachment.attached_at IS 'When it was last attached.';
	COMMENT ON COLUMN sla.attachment.attached_by IS 'Who attached it.';

	CREATE TABLE IF NOT EXISTS sla.attached_row (
		attachment text COLLATE "C" NOT NULL,
		source_key text NOT NULL,
		ticket_id bigint NOT NULL,
		deleted_at timestamptz,
		PRIMARY KEY (attachment, source_key)
	);
	CREATE INDEX IF NOT EXISTS attached_row_ticket ON sla.attached_row (ticket_id);
	COMMENT ON TABLE sla.attached_row IS
	'Which row of an attached table is which ticket.';
	COMMENT ON COLUMN sla.attached_row.attachment IS 'The attachment.';
	COMMENT ON COLUMN sla.attached_row.source_key IS 'Key of the row as text; of several columns a JSON array.';
	COMMENT ON COLUMN sla.attached_row.ticket_id IS 'The ticket that the row has become.';
	COMMENT ON COLUMN sla.attached_row.deleted_at IS 'When the row was deleted; empty: it is there.';

	PERFORM sla._restore_attachments();
