/* choice.c - splitmix64, counted. */
#include "tests/sim/choice.h"

#include <string.h>

void sim_choice_start(struct sim_choice *choice, uint64_t seed)
{
    *choice = (struct sim_choice){.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
}

uint64_t sim_draw(struct sim_choice *choice)
{
    choice->number++;
    uint64_t z = choice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_below(struct sim_choice *choice, uint64_t n)
{
    return sim_draw(choice) % n;
}

int64_t sim_between(struct sim_choice *choice, int64_t low, int64_t high)
{
    return low + (int64_t)sim_below(choice, (uint64_t)(high - low) + 1);
}

bool sim_chance(struct sim_choice *choice, unsigned in_ten_thousand)
{
    return in_ten_thousand > 0 && sim_below(choice, 10000) < in_ten_thousand;
}

void sim_fill(struct sim_choice *choice, void *ret, size_t size)
{
    uint8_t *at = ret;
    for (size_t done = 0; done < size; done += 8) {
        uint64_t bits = sim_draw(choice);
        memcpy(at + done, &bits, size - done < 8 ? size - done : 8);
    }
}
