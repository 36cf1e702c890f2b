/*
 * contact.c
 *		Contact data of customers: given to who needs them, and written down.
 *
 * The table and the log are the owner's alone.  Whether the caller needs to know a
 * ticket is asked as the caller, of the view sla.my_tickets; what follows is done as the
 * owner, as everything the engine does (rule K-5).
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "access/table.h"
#include "ticket.h"

PG_FUNCTION_INFO_V1(sla_contact);
PG_FUNCTION_INFO_V1(sla_set_contact);
PG_FUNCTION_INFO_V1(sla_record_disclosure);

/* One access to contact data, as it is written down. */
typedef struct Access
{
	int64 ticket_id;
	const char *action;
	const char *purpose;	 /* NULL: none */
	const char *third_party; /* NULL: none */
	const char *legal_basis; /* NULL: none */
	char *role_name;
	char *login_name;
} Access;

/* blank tells whether a text argument is missing or says nothing. */
static bool
blank(FunctionCallInfo fcinfo, int n)
{
	char *words = PG_ARGISNULL(n) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(n));

	return words[strspn(words, " \t\r\n")] == '\0';
}

/* is_owner tells whether the caller has the rights of the tables' owner anyway. */
static bool
is_owner(void)
{
	Relation table = table_open(sla_relid("contact", false), AccessShareLock);
	Oid owner = RelationGetForm(table)->relowner;

	table_close(table, AccessShareLock);
	return has_privs_of_role(GetUserId(), owner);
}

/* needs_to_know tells whether a ticket is the caller's business (view sla.my_tickets). */
static bool
needs_to_know(int64 ticket_id)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};
	int level;
	bool found;

	if (is_owner())
		return true;
	level = query_begin();
	found = query_run(QUERY_NEEDS_TO_KNOW, values, NULL) > 0;
	query_end(level);
	return found;
}

/* refuse_contact raises the error for somebody who does not need to know a ticket. */
static void
refuse_contact(const Access *access)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("role \"%s\" has no need to know the contact data of ticket " INT64_FORMAT,
					access->role_name, access->ticket_id),
			 errhint("They are for the ticket's owner, assignee, acceptor and departments, and for "
					 "those above them; sla.my_access tells which employee the role is.")));
}

/* access_begin checks what all accesses have in common, as the caller. */
static Access
access_begin(FunctionCallInfo fcinfo, const char *action, const char *function)
{
	Access access = {.action = action};

	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("ticket_id must not be null"),
						errhint("Contact data belong to one ticket.")));
	access.ticket_id = PG_GETARG_INT64(0);
	access.role_name = GetUserNameFromId(GetUserId(), false);
	access.login_name = GetUserNameFromId(GetSessionUserId(), false);
	/* What row security hides does not exist. */
	if (check_enable_rls(sla_relid("ticket", false), InvalidOid, true) == RLS_ENABLED)
		ticket_check_visible(access.ticket_id);
	return access;
}

/* log_access writes one access down. */
static void
log_access(const Access *access)
{
	const char *texts[] = {access->role_name, access->login_name,  access->action,
						   access->purpose,	  access->third_party, access->legal_basis};
	Datum values[8] = {TimestampTzGetDatum(sla_now()), Int64GetDatum(access->ticket_id)};
	char nulls[9] = "        ";

	for (int i = 0; i < lengthof(texts); i++)
	{
		nulls[i + 2] = texts[i] ? ' ' : 'n';
		if (texts[i] != NULL)
			values[i + 2] = CStringGetTextDatum(texts[i]);
	}
	query_run(QUERY_LOG_ACCESS, values, nulls);
}

/* check_ticket makes sure, as the owner, that there is such a ticket. */
static void
check_ticket(int64 ticket_id, QueryId lock)
{
	Datum values[1] = {Int64GetDatum(ticket_id)};

	if (query_run(lock, values, NULL) == 0)
		ticket_refuse_unknown(ticket_id);
}

/* sla_contact is SQL's sla.contact(). */
Datum
sla_contact(PG_FUNCTION_ARGS)
{
	Access access = access_begin(fcinfo, "read", "sla.contact()");
	Datum key[1] = {Int64GetDatum(access.ticket_id)};
	bool known = needs_to_know(access.ticket_id);
	OwnerSwitch owner;
	int level;

	if (blank(fcinfo, 1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("contact data are given for a purpose, and none was named"),
						errhint("Say what you need them for: it is written into sla.access_log.")));
	access.purpose = text_to_cstring(PG_GETARG_TEXT_PP(1));
	InitMaterializedSRF(fcinfo, 0);
	sla_owner_begin(&owner);
	level = query_begin();
	check_ticket(access.ticket_id, QUERY_READ_TICKET);
	if (!known)
		refuse_contact(&access);
	log_access(&access);
	query_run(QUERY_READ_CONTACT, key, NULL);
	query_return((ReturnSetInfo *) fcinfo->resultinfo);
	query_end(level);
	sla_owner_end(&owner);
	return (Datum) 0;
}

/* sla_set_contact is SQL's sla.set_contact(). */
Datum
sla_set_contact(PG_FUNCTION_ARGS)
{
	Access access = access_begin(fcinfo, "set", "sla.set_contact()");
	Datum values[9];
	char nulls[10] = "         ";
	bool known = needs_to_know(access.ticket_id);
	OwnerSwitch owner;
	int level;

	if (!PG_ARGISNULL(5) && !JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(5)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"other\" must be a JSON object"),
						errhint("For example {\"wechat\": \"...\"}.")));
	for (int i = 0; i < 7; i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	values[7] = TimestampTzGetDatum(sla_now());
	values[8] = CStringGetTextDatum(access.role_name);
	sla_owner_begin(&owner);
	level = query_begin();
	/* Beside a purge, either the row is deleted with the ticket or the ticket is gone. */
	check_ticket(access.ticket_id, QUERY_LOCK_TICKET);
	if (!known && query_run(QUERY_READ_CONTACT, values, nulls) > 0)
		refuse_contact(&access);
	query_run(QUERY_SET_CONTACT, values, nulls);
	log_access(&access);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_VOID();
}

/* sla_record_disclosure is SQL's sla.record_disclosure(). */
Datum
sla_record_disclosure(PG_FUNCTION_ARGS)
{
	Access access = access_begin(fcinfo, "disclose", "sla.record_disclosure()");
	Datum key[1] = {Int64GetDatum(access.ticket_id)};
	bool known = needs_to_know(access.ticket_id);
	OwnerSwitch owner;
	int level;

	if (blank(fcinfo, 1) || blank(fcinfo, 2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("a disclosure needs a third party and a purpose"),
						errhint("Say to whom the data are given and what for.")));
	access.third_party = text_to_cstring(PG_GETARG_TEXT_PP(1));
	access.purpose = text_to_cstring(PG_GETARG_TEXT_PP(2));
	access.legal_basis = blank(fcinfo, 3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3));
	sla_owner_begin(&owner);
	level = query_begin();
	check_ticket(access.ticket_id, QUERY_READ_TICKET);
	if (!known)
		refuse_contact(&access);
	if (access.legal_basis == NULL && query_run(QUERY_CONSENTED, key, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the customer of ticket " INT64_FORMAT " has not consented to a disclosure",
						access.ticket_id),
				 errhint("Ask the customer and enter the answer with sla.set_contact(ticket_id, "
						 "disclosure_consent => true), or name the legal basis.")));
	log_access(&access);
	query_end(level);
	sla_owner_end(&owner);
	PG_RETURN_VOID();
}
