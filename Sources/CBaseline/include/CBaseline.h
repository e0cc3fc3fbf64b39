/// The least that can be called a page table: a flat array with one word a page.
///
/// The bench sets the simulator against these loops. As in a kernel, each page is one call of a
/// function that checks its arguments; the calls are kept from being inlined.
#ifndef CBASELINE_H
#define CBASELINE_H

#include <stddef.h>
#include <stdint.h>

/// A flat array of words, one for each page of 4 KiB from address 0.
struct flat_table {
  uint32_t *words;
  size_t count;
};

/// Maps all pages in order, page n to the address that `bench_physical` gives it; answers how many
/// were mapped.
uint64_t flat_map_all(struct flat_table table);

/// Looks up addresses and answers the sum of what they lead to.
uint64_t flat_lookup_all(struct flat_table table, const uint32_t *addresses, size_t count);

/// Unmaps all pages in order and answers how many bytes were unmapped.
uint64_t flat_unmap_all(struct flat_table table);

/// Tables of four levels with 512 words of 64 bits each, one after the other; the root is the first.
struct deep_table {
  uint64_t *words;
  /// How many tables are in use, and for how many there is room.
  size_t used;
  size_t count;
};

/// The same three loops over four levels; tables are made on the way down, and stay.
uint64_t deep_map_all(struct deep_table *table, size_t pages);
uint64_t deep_lookup_all(struct deep_table *table, const uint32_t *addresses, size_t count);
uint64_t deep_unmap_all(struct deep_table *table, size_t pages);

/// One call of an allocator of addresses: a fresh space, pages taken, or pages given back.
enum space_kind { space_begin, space_take, space_give };

struct space_call {
  enum space_kind kind;
  /// The first 4 GiB are tried first.
  int prefers_low;
  uint64_t pages;
  uint64_t last;
  /// Of pages given back: the call that took them.
  size_t taken;
};

/// Makes the calls one after the other; `frames` has room for an answer to each. Answers how many.
uint64_t spaces_replay(const struct space_call *calls, size_t count, uint64_t *frames);

/// Takes an address, stores a word and, `live` calls later, clears it and gives the address back; answers
/// the sum of the addresses.
uint64_t stack_churn(uint32_t *words, uint32_t *slots, size_t live, size_t count);

/// Where both sides of the bench map an address to: no page keeps its own number.
static inline uint32_t bench_physical(uint32_t iova) { return iova ^ 0x2aaaa000; }

#endif
