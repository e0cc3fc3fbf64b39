#include "CBaseline.h"

#include <string.h>

/* Ranges in use, ascending, in one array: first fit from the top, with neither hints nor caches. */

enum { most_ranges = 4096 };

struct range {
  uint64_t low, high;
};

static size_t first_from(const struct range *ranges, size_t count, uint64_t frame) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (ranges[middle].high < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

static uint64_t take(struct range *ranges, size_t *count, uint64_t pages, uint64_t last) {
  uint64_t size = 1;
  while (size < pages) size <<= 1;
  uint64_t top = last + 1;
  size_t index = first_from(ranges, *count, top);
  if (index < *count && ranges[index].low < top) top = ranges[index].low;
  for (;;) {
    uint64_t floor = index > 0 ? ranges[index - 1].high + 1 : 1;
    if (top >= pages) {
      uint64_t found = (top - pages) & ~(size - 1);
      if (found >= floor && found > 0) {
        if (*count >= most_ranges) return 0;
        memmove(ranges + index + 1, ranges + index, (*count - index) * sizeof *ranges);
        ranges[index] = (struct range){found, found + pages - 1};
        ++*count;
        return found;
      }
    }
    if (index == 0) return 0;
    top = ranges[--index].low;
  }
}

static void give(struct range *ranges, size_t *count, uint64_t frame) {
  size_t index = first_from(ranges, *count, frame);
  if (index >= *count || ranges[index].low > frame) return;
  memmove(ranges + index, ranges + index + 1, (*count - index - 1) * sizeof *ranges);
  --*count;
}

uint64_t spaces_replay(const struct space_call *calls, size_t count, uint64_t *frames) {
  static struct range ranges[most_ranges];
  size_t used = 0;
  for (size_t index = 0; index < count; index++) {
    const struct space_call *call = calls + index;
    switch (call->kind) {
      case space_begin: used = 0; break;
      case space_take: {
        uint64_t found = 0;
        if (call->prefers_low) found = take(ranges, &used, call->pages, 0xfffff);
        if (found == 0) found = take(ranges, &used, call->pages, call->last);
        frames[index] = found;
        break;
      }
      case space_give:
        if (frames[call->taken] != 0) give(ranges, &used, frames[call->taken]);
        break;
    }
  }
  return count;
}

/* The least that a map and an unmap can be: an address from a stack, a word stored and cleared, the
   address back. */
uint64_t stack_churn(uint32_t *words, uint32_t *slots, size_t live, size_t count) {
  uint64_t sum = 0;
  size_t next = 0;
  for (size_t index = 0; index < count; index++) {
    size_t slot = index % live;
    if (index < live) {
      slots[slot] = 0xfffff - (uint32_t)next++;
    } else {
      words[0xfffff - slots[slot]] = 0;
    }
    words[0xfffff - slots[slot]] = (uint32_t)(0x60000000 + ((index & 0xffff) << 12)) | 3;
    sum += (uint64_t)slots[slot] << 12;
  }
  return sum;
}
