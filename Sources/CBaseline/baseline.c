#include "CBaseline.h"

enum { page_bytes = 4096, readable = 2 };

__attribute__((noinline)) static int flat_map(
    struct flat_table *table, uint32_t iova, uint32_t physical, size_t size) {
  size_t page = iova >> 12;
  if (((iova | physical | size) & (page_bytes - 1)) != 0 || page >= table->count) return -22;
  table->words[page] = physical | readable;
  return 0;
}

__attribute__((noinline)) static uint64_t flat_lookup(
    const struct flat_table *table, uint32_t iova) {
  size_t page = iova >> 12;
  if (page >= table->count) return 0;
  uint32_t word = table->words[page];
  if ((word & readable) == 0) return 0;
  return (word & ~(uint32_t)(page_bytes - 1)) | (iova & (page_bytes - 1));
}

__attribute__((noinline)) static size_t flat_unmap(
    struct flat_table *table, uint32_t iova, size_t size) {
  size_t page = iova >> 12;
  if (((iova | size) & (page_bytes - 1)) != 0 || page >= table->count) return 0;
  uint32_t word = table->words[page];
  table->words[page] = 0;
  return (word & readable) != 0 ? size : 0;
}

uint64_t flat_map_all(struct flat_table table) {
  uint64_t mapped = 0;
  for (size_t page = 0; page < table.count; page++) {
    uint32_t iova = (uint32_t)(page << 12);
    mapped += flat_map(&table, iova, bench_physical(iova), page_bytes) == 0;
  }
  return mapped;
}

uint64_t flat_lookup_all(struct flat_table table, const uint32_t *addresses, size_t count) {
  uint64_t sum = 0;
  for (size_t n = 0; n < count; n++) sum += flat_lookup(&table, addresses[n]);
  return sum;
}

uint64_t flat_unmap_all(struct flat_table table) {
  uint64_t bytes = 0;
  for (size_t page = 0; page < table.count; page++) {
    bytes += flat_unmap(&table, (uint32_t)(page << 12), page_bytes);
  }
  return bytes;
}
