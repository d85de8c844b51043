/* roles.c - one table of names. */
#include "node/conf/roles.h"

#include <string.h>

#include "common/text.h"

static const struct {
    const char *slug, *vi, *en;
} names[] = {
    {"cap-uy", "Cấp ủy", "Party committee"},
    {"thuong-truc", "Thường trực cấp ủy", "Standing members of the committee"},
    {"ban-thuong-vu", "Ban Thường vụ", "Standing board of the committee"},
    {"ban-dan-van", "Ban Dân vận", "Mass mobilisation commission"},
    {"khoi-dan-van", "Khối dân vận", "Mass mobilisation group"},
    {"ban-tuyen-giao", "Ban Tuyên giáo", "Propaganda commission"},
    {"ban-to-chuc", "Ban Tổ chức", "Organisation commission"},
    {"uy-ban-kiem-tra", "Ủy ban Kiểm tra", "Inspection commission"},
    {"uy-vien-phu-trach-dan-van", "Ủy viên phụ trách công tác dân vận",
     "Member in charge of mass mobilisation"},
    {"van-phong", "Văn phòng cấp ủy", "Committee office"},
    {"chinh-quyen", "Chính quyền", "Government"},
    {"ubnd", "Ủy ban nhân dân", "People's committee"},
    {"hdnd", "Hội đồng nhân dân", "People's council"},
    {"bcsd-ubnd", "Ban cán sự đảng Ủy ban nhân dân", "Party caucus of the people's committee"},
    {"so-ban-nganh", "Sở, ban, ngành", "Departments and agencies"},
    {"mttq", "Ủy ban Mặt trận Tổ quốc Việt Nam", "Fatherland Front committee"},
    {"to-chuc-ct-xh", "Tổ chức chính trị - xã hội", "Socio-political organisation"},
    {"luc-luong-vu-trang", "Lực lượng vũ trang", "Armed forces"},
    {"cong-doan", "Công đoàn", "Trade union"},
    {"lien-doan-lao-dong", "Liên đoàn Lao động", "Labour federation"},
    {"hoi-nong-dan", "Hội Nông dân", "Farmers' association"},
    {"hoi-phu-nu", "Hội Liên hiệp Phụ nữ", "Women's union"},
    {"hoi-cuu-chien-binh", "Hội Cựu chiến binh", "Veterans' association"},
    {"doan-thanh-nien", "Đoàn Thanh niên Cộng sản Hồ Chí Minh", "Youth union"},
    {"cong-an", "Công an", "Police"},
    {"quan-su", "Cơ quan quân sự", "Military command"},
    {"bien-phong", "Bộ đội Biên phòng", "Border guard"},
};

const char *dg_role_name(struct dg_bytes slug, const char *language)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (dg_bytes_is(slug, names[i].slug))
            return strcmp(language, "vi") == 0 ? names[i].vi : names[i].en;
    }
    return NULL;
}

/* ---- the roles that a regime names --------------------------------------------------------------- */

/* Called for each role, some of them several times, until it returns false. */
typedef bool role_each(void *ctx, struct dg_bytes role);

static bool walk_slugs(const struct dg_slugs *slugs, role_each *each, void *ctx)
{
    for (size_t i = 0; i < slugs->count; i++) {
        if (!each(ctx, slugs->item[i]))
            return false;
    }
    return true;
}

static bool walk_targets(const struct dg_target target[], size_t count, role_each *each, void *ctx)
{
    for (size_t i = 0; i < count; i++) {
        if (!each(ctx, target[i].role))
            return false;
    }
    return true;
}

static bool walk_rule(const struct dg_rule *rule, role_each *each, void *ctx)
{
    return walk_slugs(&rule->from, each, ctx) && walk_slugs(&rule->except, each, ctx) &&
           walk_slugs(&rule->with, each, ctx) && walk_targets(rule->to, rule->to_count, each, ctx) &&
           walk_targets(rule->copy, rule->copy_count, each, ctx) &&
           walk_targets(rule->observe, rule->observe_count, each, ctx) &&
           (!rule->has_via || each(ctx, rule->via.role));
}

static void walk_regime(const struct dg_regime *regime, role_each *each, void *ctx)
{
    for (size_t i = 0; i < regime->organ_count; i++) {
        if (!walk_slugs(&regime->organs[i].role, each, ctx))
            return;
    }
    for (size_t i = 0; i < regime->stand_in_count; i++) {
        if (!each(ctx, regime->stand_in[i].role) || !walk_slugs(&regime->stand_in[i].by, each, ctx))
            return;
    }
    for (size_t i = 0; i < regime->rule_count; i++) {
        if (!walk_rule(&regime->rule[i], each, ctx))
            return;
    }
}

static void walk_known(const struct dg_regime *regime, role_each *each, void *ctx)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!each(ctx, dg_bytes_of(names[i].slug)))
            return;
    }
    if (regime != NULL)
        walk_regime(regime, each, ctx);
}

/* ---- is it one? ---------------------------------------------------------------------------------- */

enum { NEAR_MAX = 3 }; /* letters that differ; beyond that it is another word */

struct role_search {
    struct dg_arena *arena;
    const char *role;
    unsigned distance; /* of the nearest so far; 0: it is that role */
    const char *nearest;
};

static bool look_at_role(void *ctx, struct dg_bytes role)
{
    struct role_search *search = ctx;
    const char *text = dg_arena_string(search->arena, role);
    unsigned distance = dg_text_distance(search->role, text);
    if (distance < search->distance) {
        search->distance = distance;
        search->nearest = text;
    }
    return search->distance > 0;
}

bool dg_role_known(struct dg_arena *arena, const struct dg_regime *regime, struct dg_bytes role,
                   const char **ret_nearest)
{
    struct role_search search = {
        .arena = arena, .role = dg_arena_string(arena, role), .distance = NEAR_MAX + 1, .nearest = ""};
    walk_known(regime, look_at_role, &search);
    *ret_nearest = search.nearest;
    return search.distance == 0;
}
