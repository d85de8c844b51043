/* roles.c - one table of names. */
#include "node/conf/roles.h"

#include <string.h>

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
