#include "CBaseline.h"

enum { page_bytes = 4096, entries = 512, present = 3 };

static size_t index_at(uint64_t iova, int level) { return iova >> (3 + 9 * level) & (entries - 1); }

static uint64_t *table_at(const struct deep_table *table, uint64_t word) {
  return table->words + (word >> 12) * entries;
}

__attribute__((noinline)) static int deep_map(
    struct deep_table *table, uint64_t iova, uint64_t physical, size_t size) {
  if (((iova | physical | size) & (page_bytes - 1)) != 0) return -22;
  uint64_t *words = table->words;
  for (int level = 4; level > 1; level--) {
    uint64_t *word = words + index_at(iova, level);
    if ((*word & present) == 0) {
      if (table->used == table->count) return -12;
      *word = table->used++ << 12 | present;
    }
    words = table_at(table, *word);
  }
  uint64_t *leaf = words + index_at(iova, 1);
  if (*leaf != 0) return -17;
  *leaf = physical | present;
  return 0;
}

__attribute__((noinline)) static uint64_t deep_lookup(
    const struct deep_table *table, uint64_t iova) {
  const uint64_t *words = table->words;
  for (int level = 4; level > 1; level--) {
    uint64_t word = words[index_at(iova, level)];
    if ((word & present) == 0) return 0;
    words = table_at(table, word);
  }
  uint64_t leaf = words[index_at(iova, 1)];
  if ((leaf & present) == 0) return 0;
  return (leaf & ~(uint64_t)(page_bytes - 1)) | (iova & (page_bytes - 1));
}

__attribute__((noinline)) static size_t deep_unmap(
    struct deep_table *table, uint64_t iova, size_t size) {
  if (((iova | size) & (page_bytes - 1)) != 0) return 0;
  uint64_t *words = table->words;
  for (int level = 4; level > 1; level--) {
    uint64_t word = words[index_at(iova, level)];
    if ((word & present) == 0) return 0;
    words = table_at(table, word);
  }
  uint64_t *leaf = words + index_at(iova, 1);
  uint64_t old = *leaf;
  *leaf = 0;
  return (old & present) != 0 ? size : 0;
}

uint64_t deep_map_all(struct deep_table *table, size_t pages) {
  uint64_t mapped = 0;
  for (size_t page = 0; page < pages; page++) {
    uint64_t iova = page << 12;
    mapped += deep_map(table, iova, bench_physical((uint32_t)iova), page_bytes) == 0;
  }
  return mapped;
}

uint64_t deep_lookup_all(struct deep_table *table, const uint32_t *addresses, size_t count) {
  uint64_t sum = 0;
  for (size_t n = 0; n < count; n++) sum += deep_lookup(table, addresses[n]);
  return sum;
}

uint64_t deep_unmap_all(struct deep_table *table, size_t pages) {
  uint64_t bytes = 0;
  for (size_t page = 0; page < pages; page++) bytes += deep_unmap(table, page << 12, page_bytes);
  return bytes;
}
