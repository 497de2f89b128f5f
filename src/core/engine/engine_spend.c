/* What models have cost, by day, backend and model. */
#include "base/day_time.h"
#include "core/engine/engine_internal.h"

typedef struct json_object json;

enum { DAYS = 7, DAYS_MOST = 3660 };

/* What today's account holds: the same figures that decide whether a call is sent. */
static json *today_json(const struct account *day)
{
    json *o = json_object_new_object(), *limits = json_object_new_object();
    json_add_i64(o, "tokens", day->spent.tokens);
    json_add_f64(o, "cost", (double)day->spent.nano / 1e9);
    json_add_f64(o, "seconds", (double)ledger_busy(day, ledger_now()) / 1000);
    json_add_i64(limits, "tokens", day->limit.tokens);
    json_add_f64(limits, "money", (double)day->limit.nano / 1e9);
    json_add_f64(limits, "seconds", (double)day->limit_ms / 1000);
    json_object_object_add(o, "limits", limits);
    return o;
}

enum err engine_spend(struct engine *e, json *params, json **result, struct err_info *info)
{
    const int64_t days = json_i64(params, "days", DAYS);
    struct spend_sums sums = {.out = NULL};
    enum err err = spend_look(e->spend, info);
    if (days < 1 || days > DAYS_MOST)
        return err_set(info, ERR_INPUT, "the days are 1 to %d", DAYS_MOST);
    sums.since = spend_midnight(day_time_now(), 1 - (int)days);
    if (!err)
        err = store_read(e->store, spend_read, &sums, info);
    if (err) {
        json_object_put(sums.out);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "today", today_json(spend_day(e->spend)));
    json_object_object_add(*result, "rows", sums.out);
    return ERR_OK;
}
