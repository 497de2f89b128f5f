#include "core/llm/spend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day_time.h"
#include "core/event.h"
#include "core/job/job.h"

/* As a number in the text of a statement, so that SQLite takes the index event_call; with a +
 * before it, so that it does not. */
#define CALLS "type=16"
_Static_assert(EVENT_LLM_CALL == 16, "the index event_call and CALLS hold this number");

struct batch_account {
    struct batch_account *next;
    struct account account;
    int64_t id;
    int users;
};

struct spend {
    struct store *store;
    const struct config *config;
    struct account day, night;
    int64_t day_begin, night_begin; /* ms since 1970; 0: not read yet */
    struct batch_account *batches;
    struct fiber_sem reading;
};

static struct amount amount_of(double tokens, double dollars)
{
    return (struct amount){(int64_t)tokens, (int64_t)llround(dollars * 1e9)};
}

/* ---- sums ---- */

/* Rows of time, ms, tokens_in, tokens_out and dollars of calls, the last first. Calls side by side
 * take their time once: what a call adds is the part of it that lies before all later ones. */
static enum err add_rows(sqlite3_stmt *st, struct cost *out, struct err_info *info)
{
    double covered = INFINITY;
    enum err e = ERR_OK;
    while (store_row(st, &e, info)) {
        double end = sqlite3_column_double(st, 0), begin = end - sqlite3_column_double(st, 1);
        double until = end < covered ? end : covered;
        if (until > begin)
            out->ms += (int64_t)(until - begin);
        covered = begin < covered ? begin : covered;
        out->calls++;
        out->tokens_in += sqlite3_column_int64(st, 2);
        out->tokens_out += sqlite3_column_int64(st, 3);
        out->dollars += sqlite3_column_double(st, 4);
    }
    return e;
}

#define CALL_ROWS                                                                                  \
    "SELECT time,json_extract(body,'$.ms'),json_extract(body,'$.tokens_in'),"                      \
    "json_extract(body,'$.tokens_out'),json_extract(body,'$.cost') FROM event WHERE "
#define LAST_FIRST " ORDER BY time DESC"

static enum err sum(sqlite3 *db, const char *sql, int64_t a, int64_t b, struct cost *out,
                    struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, "ii", a, b);
    *out = (struct cost){0};
    if (e)
        return e;
    e = add_rows(st, out, info);
    sqlite3_finalize(st);
    return e;
}

enum err cost_read(sqlite3 *db, int64_t job, struct cost *out, struct err_info *info)
{
    return sum(db, CALL_ROWS "+" CALLS " AND job=?1 AND ?2=0" LAST_FIRST, job, 0, out, info);
}

enum err spend_read(sqlite3 *db, void *arg, struct err_info *info)
{
    static const char *const names[] = {"calls",         "cached",     "tokens_in",
                                        "tokens_cached", "tokens_out", "ms"};
    struct spend_sums *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "SELECT date(time/1000,'unixepoch','localtime') AS day,json_extract(body,'$.backend') AS b,"
        "json_extract(body,'$.model') AS m,count(*),"
        "total(coalesce(json_extract(body,'$.cached'),0)),total(json_extract(body,'$.tokens_in')),"
        "total(json_extract(body,'$.tokens_cached')),total(json_extract(body,'$.tokens_out')),"
        "total(json_extract(body,'$.ms')),total(json_extract(body,'$.cost'))"
        " FROM event WHERE " CALLS " AND time>=? GROUP BY day,b,m ORDER BY day DESC,b,m",
        "i", a->since);
    if (e)
        return e;
    a->out = json_object_new_array();
    while (store_row(st, &e, info)) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "day", (const char *)sqlite3_column_text(st, 0));
        json_add_str(o, "backend", (const char *)sqlite3_column_text(st, 1));
        json_add_str(o, "model", (const char *)sqlite3_column_text(st, 2));
        for (int i = 0; i < 6; i++)
            json_add_i64(o, names[i], (int64_t)sqlite3_column_double(st, i + 3));
        json_add_f64(o, "cost", sqlite3_column_double(st, 9));
        json_object_array_add(a->out, o);
    }
    sqlite3_finalize(st);
    return e;
}

/* ---- days and nights ---- */

/* The last time before `now` at which the clock on the wall showed this hour, and days from it. */
static int64_t hour_before(int64_t now, int hour, int days_on)
{
    time_t t = (time_t)(now / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    tm.tm_mday += days_on - (tm.tm_hour < hour);
    tm.tm_hour = hour;
    tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * 1000;
}

int64_t spend_midnight(int64_t now, int days_on)
{
    return hour_before(now, 0, days_on);
}

struct look {
    int64_t day, day_end, night, night_end;
    struct cost of_day, of_night;
};

static enum err read_look(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look *l = arg;
    enum err e = sum(db, CALL_ROWS CALLS " AND time>=? AND time<?" LAST_FIRST, l->day, l->day_end,
                     &l->of_day, info);
    if (e)
        return e;
    return sum(db,
               CALL_ROWS CALLS
               " AND time>=? AND time<?"
               " AND EXISTS(SELECT 1 FROM job WHERE id=event.job AND parent<>0)" LAST_FIRST,
               l->night, l->night_end, &l->of_night, info);
}

/* Another day has begun: calls that are at work go on, and count in it. */
static void begin_anew(struct account *a)
{
    a->spent = (struct amount){0};
    a->busy_ms = 0;
    a->since = ledger_now();
    a->refused = false;
}

static void add_cost(struct account *a, const struct cost *c)
{
    const struct amount used = amount_of((double)(c->tokens_in + c->tokens_out), c->dollars);
    a->spent.tokens += used.tokens;
    a->spent.nano += used.nano;
    a->busy_ms += c->ms;
}

/* What ends while the store is read may count twice, which no budget is overrun by. */
static enum err look_again(struct spend *s, const struct look *at, struct err_info *info)
{
    struct look l = *at;
    enum err e;
    if (s->day_begin == l.day && s->night_begin == l.night)
        return ERR_OK; /* who was here before has looked */
    if (s->day_begin != l.day)
        begin_anew(&s->day);
    if (s->night_begin != l.night)
        begin_anew(&s->night);
    e = store_read(s->store, read_look, &l, info);
    if (e)
        return e;
    if (s->day_begin != l.day)
        add_cost(&s->day, &l.of_day);
    if (s->night_begin != l.night)
        add_cost(&s->night, &l.of_night);
    s->day_begin = l.day;
    s->night_begin = l.night;
    return ERR_OK;
}

enum err spend_look(struct spend *s, struct err_info *info)
{
    const int64_t now = day_time_now();
    const struct look l = {.day = hour_before(now, 0, 0),
                           .day_end = hour_before(now, 0, 1),
                           .night = hour_before(now, 12, 0),
                           .night_end = hour_before(now, 12, 1)};
    enum err e;
    if (s->day_begin == l.day && s->night_begin == l.night)
        return ERR_OK;
    e = fiber_sem_take(&s->reading);
    if (e)
        return err_set(info, e, "cancelled");
    e = look_again(s, &l, info);
    fiber_sem_give(&s->reading);
    return e;
}

double spend_today(const struct spend *s)
{
    bool today = s->day_begin == hour_before(day_time_now(), 0, 0);
    return today ? (double)s->day.spent.nano / 1e9 : 0; /* nothing has asked yet today */
}

struct account *spend_day(struct spend *s)
{
    return &s->day;
}

/* ---- opening ---- */

enum err spend_open(struct store *store, const struct config *config, struct spend **out,
                    struct err_info *info)
{
    struct spend *s = calloc(1, sizeof *s);
    enum err e;
    *out = NULL;
    if (!s)
        return err_set(info, ERR_NOMEM, "out of memory");
    s->store = store;
    s->config = config;
    fiber_sem_init(&s->reading, 1);
    s->day = (struct account){
        .name = "today's",
        .code = ERR_BUDGET,
        .limit = amount_of((double)config_int(config, OPTION_BUDGET_DAY_TOKENS),
                           config_num(config, OPTION_BUDGET_DAY_MONEY)),
        .limit_ms = (int64_t)(config_num(config, OPTION_BUDGET_DAY_SECONDS) * 1000)};
    s->night = (struct account){.above = &s->day,
                                .name = "the night's",
                                .code = ERR_BUDGET,
                                .limit = amount_of((double)config_int(config, OPTION_BATCH_TOKENS),
                                                   config_num(config, OPTION_BATCH_MONEY))};
    e = spend_look(s, info);
    if (e) {
        free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void spend_close(struct spend *s)
{
    while (s && s->batches) {
        struct batch_account *b = s->batches;
        s->batches = b->next;
        free(b);
    }
    free(s);
}

/* ---- batches ---- */

struct enter {
    int64_t id;
    double tokens, money;
    struct cost cost;
};

static enum err read_batch(sqlite3 *db, void *arg, struct err_info *info)
{
    struct enter *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT json_extract(input,'$.limits.tokens'),"
                               "json_extract(input,'$.limits.money') FROM job WHERE id=?",
                               "i", a->id);
    if (store_row(st, &e, info)) {
        a->tokens = sqlite3_column_double(st, 0);
        a->money = sqlite3_column_double(st, 1);
    }
    sqlite3_finalize(st);
    if (e)
        return e;
    return sum(db,
               CALL_ROWS "+" CALLS
                         " AND ?2=0 AND job IN (SELECT id FROM job WHERE parent=?1)" LAST_FIRST,
               a->id, 0, &a->cost, info);
}

/* The smaller of two limits, of which 0 is none. */
static double smaller(double a, double b)
{
    return a > 0 && (b <= 0 || a < b) ? a : b > 0 ? b : 0;
}

static struct batch_account *find_batch(struct spend *s, int64_t id)
{
    struct batch_account *b = s->batches;
    while (b && b->id != id)
        b = b->next;
    return b;
}

static enum err read_account(struct spend *s, int64_t id, struct err_info *info)
{
    const struct config *c = s->config;
    struct enter a = {.id = id};
    struct batch_account *b;
    enum err e = find_batch(s, id) ? ERR_OK : store_read(s->store, read_batch, &a, info);
    if (e || find_batch(s, id))
        return e;
    b = calloc(1, sizeof *b);
    if (!b)
        return err_set(info, ERR_NOMEM, "out of memory");
    b->id = id;
    b->account = (struct account){
        .above = &s->night,
        .name = "the batch's",
        .code = ERR_BUDGET,
        .limit = amount_of(smaller(a.tokens, (double)config_int(c, OPTION_BUDGET_BATCH_TOKENS)),
                           smaller(a.money, config_num(c, OPTION_BUDGET_BATCH_MONEY))),
        .limit_ms = (int64_t)(config_num(c, OPTION_BUDGET_BATCH_SECONDS) * 1000)};
    add_cost(&b->account, &a.cost);
    b->next = s->batches;
    s->batches = b;
    return ERR_OK;
}

enum err spend_enter(struct spend *s, int64_t batch, struct account **out, struct err_info *info)
{
    struct batch_account *b = find_batch(s, batch);
    enum err e = ERR_OK;
    *out = NULL;
    if (!b) {
        e = fiber_sem_take(&s->reading);
        if (e)
            return err_set(info, e, "cancelled");
        e = read_account(s, batch, info);
        b = find_batch(s, batch);
        if (b)
            b->users++; /* before anybody can leave it */
        fiber_sem_give(&s->reading);
    } else {
        b->users++;
    }
    if (e)
        return e;
    *out = &b->account;
    return ERR_OK;
}

void spend_leave(struct spend *s, struct account *batch)
{
    struct batch_account **at = &s->batches, *b;
    while (batch && *at && &(*at)->account != batch)
        at = &(*at)->next;
    if (!batch || !*at || --(*at)->users > 0)
        return;
    b = *at;
    *at = b->next;
    free(b);
}
