/*
 * fold_vectors.c
 *		The written vectors.  Days count from a Monday.
 */
#include <stddef.h>

#include "fold_vectors.h"

#define FIRST_RESPONSE "S=received X=first_response D=5m"
#define ANSWER "S=received X=answered D=10m"
#define BOTH_TOLD "S=received X=all(supervisor_told,heads_told) D=5m restarts"
#define ACKNOWLEDGE                                                                                \
	"S=all(supervisor_told,heads_told) F=received+5m X=dept_responded D=15m restarts"
#define UPDATES "S=dept_responded F=received+20m R=progress X=resolved D=30m restarts"
#define URGENT_RESOLVE "S=received X=resolved D=4h restarts"
#define RESOLVE "S=received X=resolved D=24h restarts"
#define PLAN "S=assigned F=received+30m X=plan_proposed D=2h restarts"
#define REPORTS "S=work_started R=progress X=resolved D=2h restarts"
#define NOTICE "S=resolved X=result_notified D=24h restarts"
#define PROMISE "slot=0 X=resolved restarts"
#define WAITS "S=received X=resolved D=4h pausable"

const Vector vectors[] = {
	{"V-01 stop, then report, exactly at due",
	 {REPORTS},
	 "09:00 received; 10:00 work_started; 12:00 resolved; 12:00 progress",
	 "13:00",
	 "0.1.1 10:00 due 12:00 cancelled 12:00 by 2\n"},
	{"V-01 report, then stop, exactly at due",
	 {REPORTS},
	 "09:00 received; 10:00 work_started; 12:00 progress; 12:00 resolved",
	 "13:00",
	 "0.1.1 10:00 due 12:00 stopped 12:00 by 2\n"
	 "0.1.2 12:00 due 14:00 cancelled 12:00 by 3 known 10:00\n"},
	{"V-02 stop before the start",
	 {NOTICE},
	 "09:00 received; 11:00 result_notified; 12:00 resolved",
	 "13:00",
	 "0.1.1 12:00 due 1+12:00 stopped 12:00 by 1\n"},
	{"V-02 stopped while provisional",
	 {"S=assigned F=received+0m X=all(fault_confirmed,appointment_set) D=2h"},
	 "09:00 received; 09:10 fault_confirmed; 09:20 appointment_set; 09:30 assigned",
	 "12:00",
	 "0.1.1 09:00 due 11:00 provisional stopped 09:20 by 2 parts 2\n"},
	{"V-03 one part before the start",
	 {"S=dept_responded X=all(team_formed,plan_proposed) D=15m"},
	 "10:00 received; 10:05 plan_proposed; 10:12 dept_responded; 10:20 team_formed",
	 "11:00",
	 "0.1.1 10:12 due 10:27 stopped 10:20 by 3 parts 2\n"},
	{"V-03 both parts before the start",
	 {"S=dept_responded X=all(team_formed,plan_proposed) D=15m"},
	 "10:00 received; 10:05 plan_proposed; 10:08 team_formed; 10:12 dept_responded",
	 "11:00",
	 "0.1.1 10:12 due 10:27 stopped 10:12 by 2 parts 2\n"},
	{"V-03 the last part too late",
	 {"S=dept_responded X=all(team_formed,plan_proposed) D=15m"},
	 "10:00 received; 10:05 plan_proposed; 10:12 dept_responded; 10:28 team_formed",
	 "11:00",
	 "0.1.1 10:12 due 10:27 stopped 10:28 by 3 parts 2\n"
	 "! 0.1.1 late due 10:27 stopped 10:28 missing team_formed\n"},
	{"V-04 urgency changed twice",
	 {RESOLVE, URGENT_RESOLVE, BOTH_TOLD, ACKNOWLEDGE, UPDATES},
	 "09:00 received off=1 off=2 off=3 off=4; 11:00 changed off=0 on=1 on=2 on=3 on=4;"
	 "14:00 changed on=0 off=1 off=2 off=3 off=4",
	 "15:00",
	 "0.1.1 09:00 due 1+09:00 known 14:00\n"
	 "1.1.1 09:00 due 13:00 cancelled 14:00 by 2 known 11:00\n"
	 "2.1.1 09:00 due 09:05 cancelled 14:00 by 2 parts 0 known 11:00\n"
	 "3.1.1 09:05 due 09:20 provisional cancelled 14:00 by 2 known 11:00\n"
	 "4.1.1 09:20 due 09:50 provisional cancelled 14:00 by 2 known 11:00\n"
	 "! 1.1.1 late due 13:00\n"
	 "! 2.1.1 late due 09:05 missing supervisor_told heads_told born overdue\n"
	 "! 3.1.1 start_missing due 09:20 born overdue\n"
	 "! 4.1.1 start_missing due 09:50 born overdue\n"},
	{"V-04 second change before the deadline",
	 {RESOLVE, URGENT_RESOLVE},
	 "09:00 received off=1; 11:00 changed off=0 on=1; 12:30 changed on=0 off=1",
	 "15:00",
	 "0.1.1 09:00 due 1+09:00 known 12:30\n"
	 "1.1.1 09:00 due 13:00 cancelled 12:30 by 2 known 11:00\n"},
	{"V-05 condition false after the deadline",
	 {ANSWER},
	 "09:00 received; 09:12 changed off=0",
	 "09:30",
	 "0.1.1 09:00 due 09:10 cancelled 09:12 by 1\n"
	 "! 0.1.1 late due 09:10\n"},
	{"V-05 condition false at the deadline",
	 {ANSWER},
	 "09:00 received; 09:10 changed off=0",
	 "09:30",
	 "0.1.1 09:00 due 09:10 cancelled 09:10 by 1\n"},
	{"V-06 reopened while a repeating clock runs",
	 {FIRST_RESPONSE, URGENT_RESOLVE, UPDATES},
	 "10:00 received; 10:02 first_response; 10:10 dept_responded; 10:30 reopened",
	 "10:34",
	 "0.1.1 10:00 due 10:05 stopped 10:02 by 1\n"
	 "1.1.1 10:00 due 14:00 cancelled 10:30 by 3\n"
	 "1.2.1 10:30 due 14:30\n"
	 "2.1.1 10:10 due 10:40 cancelled 10:30 by 3\n"
	 "2.2.1 10:50 due 11:20 provisional known 10:30\n"},
	{"V-06 and the department responds again",
	 {UPDATES},
	 "10:00 received; 10:10 dept_responded; 10:30 reopened; 10:35 dept_responded",
	 "10:40",
	 "0.1.1 10:10 due 10:40 cancelled 10:30 by 2\n"
	 "0.2.1 10:35 due 11:05\n"},
	{"V-06 reopened after a miss",
	 {UPDATES},
	 "10:00 received; 10:10 dept_responded; 10:41 reopened",
	 "10:45",
	 "0.1.1 10:10 due 10:40 cancelled 10:41 by 2\n"
	 "0.1.2 10:40 due 11:10 cancelled 10:41 by 2 known 10:10\n"
	 "0.2.1 11:01 due 11:31 provisional known 10:41\n"
	 "! 0.1.1 missed_interval due 10:40\n"},
	{"V-07 pause before due",
	 {WAITS},
	 "09:00 received; 12:00 waiting pause=1; 15:00 waiting_ended",
	 "15:30",
	 "0.1.1 09:00 due 16:00 held 03:00\n"},
	{"V-07 while it waits",
	 {WAITS},
	 "09:00 received; 12:00 waiting pause=1",
	 "13:30",
	 "0.1.1 09:00 due 13:00 paused 12:00\n"},
	{"V-07 pause exactly at due",
	 {WAITS},
	 "09:00 received; 13:00 waiting pause=1; 15:00 waiting_ended; 15:00 resolved",
	 "16:00",
	 "0.1.1 09:00 due 15:00 held 02:00 stopped 15:00 by 3\n"},
	{"V-07 pause after due",
	 {WAITS},
	 "09:00 received; 13:00:00.000001 waiting pause=1; 15:00 waiting_ended",
	 "16:00",
	 "0.1.1 09:00 due 13:00\n"
	 "! 0.1.1 late due 13:00\n"},
	{"V-07 office hours",
	 {"S=received X=resolved D=4h pausable office"},
	 "16:00 received; 17:00 waiting pause=1; 1+10:00 waiting_ended",
	 "1+12:00",
	 "0.1.1 16:00 due 1+13:00 held 17:00\n"},
	{"V-07 two reasons count once, a warning waits too",
	 {"S=received X=resolved D=4h pausable warn=0.5"},
	 "09:00 received; 10:00 w1 pause=1; 10:30 w2 pause=2; 11:00 waiting_ended pause=1;"
	 "11:30 waiting_ended pause=2",
	 "12:00",
	 "0.1.1 09:00 due 14:30 warn 12:30 held 01:30\n"},
	{"V-09 stop recorded late, inside the window",
	 {FIRST_RESPONSE},
	 "09:00 received; 09:04 first_response rec=1+09:04",
	 "2+09:00",
	 "0.1.1 09:00 due 09:05 stopped 09:04 by 1\n"},
	{"V-09 stop recorded late, outside the window",
	 {FIRST_RESPONSE},
	 "09:00 received; 1+09:04:01 first_response",
	 "2+09:00",
	 "0.1.1 09:00 due 09:05 stopped 1+09:04:01 by 1\n"
	 "! 0.1.1 late due 09:05 stopped 1+09:04:01\n"},
	{"V-10 date moved into the past",
	 {PROMISE},
	 "09:00 received; 10:00 promised due=18:00; 14:00 changed due=12:00",
	 "14:30",
	 "0.1.1 10:00 due 12:00 known 14:00\n"
	 "! 0.1.1 late due 12:00 born overdue\n"},
	{"V-10 date moved in time",
	 {PROMISE},
	 "09:00 received; 10:00 promised due=18:00; 17:00 changed due=20:00",
	 "19:00",
	 "0.1.1 10:00 due 20:00 known 17:00\n"},
	{"V-10 date moved too late",
	 {PROMISE},
	 "09:00 received; 10:00 promised due=18:00; 18:30 changed due=20:00",
	 "19:00",
	 "0.1.1 10:00 due 18:00 cancelled 18:30 by 2\n"
	 "0.1.2 18:30 due 20:00\n"
	 "! 0.1.1 late due 18:00\n"},
	{"V-10 date emptied in time",
	 {PROMISE},
	 "09:00 received; 10:00 promised due=18:00; 17:00 changed due=none",
	 "19:00",
	 "0.1.1 10:00 due 18:00 cancelled 17:00 by 2\n"},
	{"V-10 date emptied too late",
	 {PROMISE},
	 "09:00 received; 10:00 promised due=18:00; 18:30 changed due=none",
	 "19:00",
	 "0.1.1 10:00 due 18:00 cancelled 18:30 by 2\n"
	 "! 0.1.1 late due 18:00\n"},
	{"V-13 assigned before the provisional start",
	 {PLAN},
	 "09:00 received; 09:50 assigned",
	 "10:00",
	 "0.1.1 09:50 due 11:50\n"},
	{"V-13 assigned in time",
	 {PLAN},
	 "09:00 received; 11:00 assigned",
	 "12:00",
	 "0.1.1 11:00 due 13:00\n"},
	{"V-13 assigned exactly at the provisional due",
	 {PLAN},
	 "09:00 received; 11:30 assigned",
	 "12:00",
	 "0.1.1 11:30 due 13:30\n"},
	{"V-13 assigned too late",
	 {PLAN},
	 "09:00 received; 11:31 assigned; 13:00 plan_proposed",
	 "14:00",
	 "0.1.1 11:31 due 13:31 stopped 13:00 by 2\n"
	 "! 0.1.1 start_missing due 11:30 stopped 11:31\n"},
	{"V-13 assigned in time, recorded late",
	 {PLAN},
	 "09:00 received; 11:20 assigned rec=11:40",
	 "12:00",
	 "0.1.1 11:20 due 13:20 known 11:40\n"},
	{"V-13b nothing happens",
	 {FIRST_RESPONSE, BOTH_TOLD, ACKNOWLEDGE, UPDATES, URGENT_RESOLVE},
	 "10:00 received",
	 "12:00",
	 "0.1.1 10:00 due 10:05\n"
	 "1.1.1 10:00 due 10:05 parts 0\n"
	 "2.1.1 10:05 due 10:20 provisional known 10:00\n"
	 "3.1.1 10:20 due 10:50 provisional known 10:00\n"
	 "4.1.1 10:00 due 14:00\n"
	 "! 0.1.1 late due 10:05\n"
	 "! 1.1.1 late due 10:05 missing supervisor_told heads_told\n"
	 "! 2.1.1 start_missing due 10:20\n"
	 "! 3.1.1 start_missing due 10:50\n"},
	{"V-13b reports do not re-arm it, the department responds",
	 {ACKNOWLEDGE, UPDATES},
	 "10:00 received; 10:30 progress; 12:10 dept_responded",
	 "12:20",
	 "0.1.1 10:05 due 10:20 provisional stopped 12:10 by 2 known 10:00\n"
	 "1.1.1 12:10 due 12:40\n"
	 "! 0.1.1 start_missing due 10:20 stopped 12:10\n"
	 "! 1.1.1 start_missing due 10:50 stopped 12:10\n"},
	{"V-14 nothing is reported",
	 {REPORTS},
	 "07:00 received; 08:00 work_started",
	 "17:00",
	 "0.1.1 08:00 due 10:00\n"
	 "0.1.2 10:00 due 12:00 known 08:00\n"
	 "0.1.3 12:00 due 14:00 known 08:00\n"
	 "0.1.4 14:00 due 16:00 known 08:00\n"
	 "0.1.5 16:00 due 18:00 known 08:00\n"
	 "! 0.1.1 missed_interval due 10:00\n"
	 "! 0.1.2 missed_interval due 12:00\n"
	 "! 0.1.3 missed_interval due 14:00\n"
	 "! 0.1.4 missed_interval due 16:00\n"},
	{"V-14 one report, sweep exactly at due",
	 {REPORTS},
	 "07:00 received; 08:00 work_started; 13:00 progress",
	 "17:00",
	 "0.1.1 08:00 due 10:00\n"
	 "0.1.2 10:00 due 12:00 known 08:00\n"
	 "0.1.3 12:00 due 14:00 stopped 13:00 by 2 known 08:00\n"
	 "0.1.4 13:00 due 15:00 known 08:00\n"
	 "0.1.5 15:00 due 17:00 known 08:00\n"
	 "! 0.1.1 missed_interval due 10:00\n"
	 "! 0.1.2 missed_interval due 12:00\n"
	 "! 0.1.4 missed_interval due 15:00\n"},
	{"V-14 one report, sweep after due",
	 {REPORTS},
	 "07:00 received; 08:00 work_started; 13:00 progress",
	 "17:00:01",
	 "0.1.1 08:00 due 10:00\n"
	 "0.1.2 10:00 due 12:00 known 08:00\n"
	 "0.1.3 12:00 due 14:00 stopped 13:00 by 2 known 08:00\n"
	 "0.1.4 13:00 due 15:00 known 08:00\n"
	 "0.1.5 15:00 due 17:00 known 08:00\n"
	 "0.1.6 17:00 due 19:00 known 08:00\n"
	 "! 0.1.1 missed_interval due 10:00\n"
	 "! 0.1.2 missed_interval due 12:00\n"
	 "! 0.1.4 missed_interval due 15:00\n"
	 "! 0.1.5 missed_interval due 17:00\n"},
	{"V-15 late report inside a missed chain",
	 {REPORTS},
	 "07:00 received; 08:00 work_started; 09:50 progress rec=12:30",
	 "12:31",
	 "0.1.1 08:00 due 10:00 stopped 09:50 by 2\n"
	 "0.1.2 09:50 due 11:50 known 08:00\n"
	 "0.1.3 11:50 due 13:50 known 08:00\n"
	 "! 0.1.2 missed_interval due 11:50\n"},
	{"V-20 start repeated",
	 {PLAN},
	 "09:00 received; 09:20 assigned; 10:30 assigned",
	 "11:00",
	 "0.1.1 09:20 due 11:20\n"},
	{"V-22 one answer implies the rest",
	 {FIRST_RESPONSE, ANSWER, "S=received X=assigned K=answered D=30m", NOTICE},
	 "09:00 received; 09:07 answered; 09:07 first_response; 09:07 resolved; 09:07 result_notified",
	 "10:00",
	 "0.1.1 09:00 due 09:05 stopped 09:07 by 2\n"
	 "1.1.1 09:00 due 09:10 stopped 09:07 by 1\n"
	 "2.1.1 09:00 due 09:30 cancelled 09:07 by 1\n"
	 "3.1.1 09:07 due 1+09:07 stopped 09:07 by 4\n"
	 "! 0.1.1 late due 09:05 stopped 09:07\n"},
	{"V-24 closed in time",
	 {PLAN},
	 "09:00 received; 09:10 assigned; 10:00 closed",
	 "12:00",
	 "0.1.1 09:10 due 11:10 cancelled 10:00 by 2\n"},
	{"V-24 closed after due",
	 {PLAN},
	 "09:00 received; 09:10 assigned; 11:11 closed",
	 "12:00",
	 "0.1.1 09:10 due 11:10 cancelled 11:11 by 2\n"
	 "! 0.1.1 late due 11:10\n"},
	{"V-24 nothing starts after closing",
	 {PLAN, NOTICE},
	 "09:00 received; 09:10 withdrawn; 09:20 assigned; 09:30 resolved",
	 "12:00",
	 "0.1.1 09:30 due 11:30 provisional cancelled 09:10 by 1 known 09:00\n"},
	{"V-27 inserted after the fact",
	 {FIRST_RESPONSE},
	 "09:00 received rec=10:00",
	 "10:00:30",
	 "0.1.1 09:00 due 09:05 known 10:00\n"
	 "! 0.1.1 late due 09:05 born overdue\n"},
	{"V-27 and answered in time after all",
	 {FIRST_RESPONSE},
	 "09:00 received rec=10:00; 09:03 first_response rec=10:01",
	 "10:02",
	 "0.1.1 09:00 due 09:05 stopped 09:03 by 1 known 10:00\n"},
	{"V-28 same event again, earlier",
	 {FIRST_RESPONSE},
	 "09:00 received; 09:07 first_response; 09:03 first_response rec=09:30",
	 "10:00",
	 "0.1.1 09:00 due 09:05 stopped 09:03 by 2\n"},
	{"V-33 sweep exactly at due",
	 {URGENT_RESOLVE},
	 "09:00 received",
	 "13:00:00",
	 "0.1.1 09:00 due 13:00\n"},
	{"V-33 sweep just after due",
	 {URGENT_RESOLVE},
	 "09:00 received",
	 "13:00:00.000001",
	 "0.1.1 09:00 due 13:00\n"
	 "! 0.1.1 late due 13:00\n"},
	{"V-30 a timer is due, not missed",
	 {"S=result_notified X=rating_recorded,closed_no_rating D=168h timer"},
	 "09:00 received; 12:00 result_notified",
	 "7+14:00",
	 "0.1.1 12:00 due 7+12:00\n"
	 "timer 0.1 due 7+12:00\n"},
	{"a calendar without an answer leaves the other targets alone",
	 {"S=received X=resolved D=4h broken", URGENT_RESOLVE},
	 "09:00 received",
	 "10:00",
	 "1.1.1 09:00 due 13:00\n"
	 "failed target 0 status 1\n"},
	{"example 3, an urgent ticket",
	 {FIRST_RESPONSE, BOTH_TOLD, ACKNOWLEDGE, UPDATES, URGENT_RESOLVE, NOTICE},
	 "10:00 received; 10:03 first_response; 10:03 supervisor_told; 10:04 heads_told;"
	 "10:12 dept_responded; 10:40 progress; 11:45 progress; 12:15 progress; 12:40 progress;"
	 "13:10 progress; 13:30 resolved",
	 "14:30",
	 "0.1.1 10:00 due 10:05 stopped 10:03 by 1\n"
	 "1.1.1 10:00 due 10:05 stopped 10:04 by 3 parts 2\n"
	 "2.1.1 10:04 due 10:19 stopped 10:12 by 4\n"
	 "3.1.1 10:12 due 10:42 stopped 10:40 by 5\n"
	 "3.1.2 10:40 due 11:10 cancelled 13:30 by 10 known 10:12\n"
	 "3.1.3 11:10 due 11:40 cancelled 13:30 by 10 known 10:12\n"
	 "3.1.4 11:40 due 12:10 stopped 11:45 by 6 known 10:12\n"
	 "3.1.5 11:45 due 12:15 stopped 12:15 by 7 known 10:12\n"
	 "3.1.6 12:15 due 12:45 stopped 12:40 by 8 known 10:12\n"
	 "3.1.7 12:40 due 13:10 stopped 13:10 by 9 known 10:12\n"
	 "3.1.8 13:10 due 13:40 cancelled 13:30 by 10 known 10:12\n"
	 "4.1.1 10:00 due 14:00 stopped 13:30 by 10\n"
	 "5.1.1 13:30 due 1+13:30\n"
	 "! 3.1.2 missed_interval due 11:10\n"
	 "! 3.1.3 missed_interval due 11:40\n"},
	{"example 4, an important ticket",
	 {"S=received X=supervisor_told D=15m restarts",
	  "S=assigned F=received+15m X=work_started K=resolved D=4h restarts", REPORTS, RESOLVE,
	  NOTICE},
	 "09:00 received; 09:15 supervisor_told; 09:20 assigned; 13:20 work_started;"
	 "15:20 progress; 17:20 progress; 18:00 resolved",
	 "18:30",
	 "0.1.1 09:00 due 09:15 stopped 09:15 by 1\n"
	 "1.1.1 09:20 due 13:20 stopped 13:20 by 3\n"
	 "2.1.1 13:20 due 15:20 stopped 15:20 by 4\n"
	 "2.1.2 15:20 due 17:20 stopped 17:20 by 5 known 13:20\n"
	 "2.1.3 17:20 due 19:20 cancelled 18:00 by 6 known 13:20\n"
	 "3.1.1 09:00 due 1+09:00 stopped 18:00 by 6\n"
	 "4.1.1 18:00 due 1+18:00\n"},
	{"example 5, a normal inquiry",
	 {FIRST_RESPONSE, ANSWER, "S=received X=assigned K=answered D=30m restarts", PLAN,
	  "S=assigned F=received+30m X=resolved D=24h restarts"},
	 "09:00 received off=3 off=4; 09:05 first_response;"
	 "09:08 changed off=1 on=3 on=4; 09:50 assigned",
	 "10:00",
	 "0.1.1 09:00 due 09:05 stopped 09:05 by 1\n"
	 "1.1.1 09:00 due 09:10 cancelled 09:08 by 2\n"
	 "2.1.1 09:00 due 09:30 stopped 09:50 by 3\n"
	 "3.1.1 09:50 due 11:50\n"
	 "4.1.1 09:50 due 1+09:50\n"
	 "! 2.1.1 late due 09:30 stopped 09:50\n"},
	{"example 6, an unsatisfied customer on the third day",
	 {FIRST_RESPONSE, RESOLVE, NOTICE},
	 "09:00 received; 09:10 first_response; 20:00 resolved; 21:00 result_notified;"
	 "2+10:00 rating_recorded; 2+10:00 reopened",
	 "2+11:00",
	 "0.1.1 09:00 due 09:05 stopped 09:10 by 1\n"
	 "1.1.1 09:00 due 1+09:00 stopped 20:00 by 2\n"
	 "1.2.1 2+10:00 due 3+10:00\n"
	 "2.1.1 20:00 due 1+20:00 stopped 21:00 by 3\n"
	 "! 0.1.1 late due 09:05 stopped 09:10\n"},
	{"rule 7, closed unseen: nothing begins",
	 {"S=assigned X=resolved D=1h"},
	 "09:00 received off=0; 09:10 assigned; 09:20 resolved; 09:30 closed; 10:30 changed on=0",
	 "11:00",
	 ""},
	{"rule 7, stopped unseen: revived with its stop",
	 {"S=received X=resolved D=1h"},
	 "09:00 received; 09:10 changed off=0; 10:20 resolved; 10:30 changed on=0",
	 "11:00",
	 "0.1.1 09:00 due 10:00 stopped 10:20 by 2 known 10:30\n"
	 "! 0.1.1 late due 10:00 stopped 10:20 born overdue\n"},
	{"rule 7, reported unseen: re-armed",
	 {REPORTS},
	 "09:00 received; 10:00 work_started; 11:00 changed off=0; 11:30 progress; 13:00 changed on=0",
	 "13:10",
	 "0.1.1 10:00 due 12:00 stopped 11:30 by 3 known 13:00\n"
	 "0.1.2 11:30 due 13:30 known 13:00\n"},
	{"rule 7, cancelled just before the condition: keeps what is known",
	 {RESOLVE},
	 "09:00 received; 10:00 withdrawn; 10:00 changed off=0; 11:00 changed on=0",
	 "12:00",
	 "0.1.1 09:00 due 1+09:00 cancelled 10:00 by 1\n"},
	{"rule 4, a date that a reopening outlived",
	 {PROMISE},
	 "09:00 received due=10:00; 11:00 reopened; 12:00 changed off=0; 13:00 changed on=0;"
	 "14:00 promised due=16:00",
	 "15:00",
	 "0.1.1 09:00 due 10:00 cancelled 11:00 by 1\n"
	 "0.2.1 14:00 due 16:00\n"
	 "! 0.1.1 late due 10:00\n"},
	{"rule 8, a pause over by the provisional start",
	 {"S=assigned F=received+30m X=resolved D=2h pausable"},
	 "09:00 received; 09:10 waiting pause=1; 09:20 waiting_ended",
	 "10:00",
	 "0.1.1 09:30 due 11:30 provisional known 09:00\n"},
	{"rule 8, a pause into the provisional phase",
	 {"S=assigned F=received+30m X=resolved D=2h pausable"},
	 "09:00 received; 09:10 waiting pause=1; 09:40 waiting_ended",
	 "10:00",
	 "0.1.1 09:30 due 11:40 provisional held 00:10 known 09:00\n"},
	{"cycles, received as a stop does not happen again",
	 {"S=work_started X=received D=2h restarts"},
	 "08:00 received; 08:15 reopened; 08:35 work_started",
	 "09:00",
	 "0.2.1 08:35 due 10:35\n"},
	{NULL, {NULL}, NULL, NULL, NULL}};
