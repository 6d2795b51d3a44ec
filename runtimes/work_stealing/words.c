/* words.c: see words.h. With several workers a word belongs to one of SHARDS tables, by its address, each with a lock.
 */
#include "words.h"

#include "../event_loop/wait_table.h"
#include "../runtime.h"
#include "spinlock.h"

#include <errno.h>

enum { SHARDS = 64 };

static struct shard {
	struct spinlock lock;
	struct wait_table table;
} __attribute__((aligned(64))) shards[SHARDS];

static size_t shard_count;

int words_open(void)
{
	for (shard_count = 0; shard_count < (runtime_worker_count() > 1 ? SHARDS : 1); shard_count++)
		if (wait_table_open(&shards[shard_count].table) < 0) {
			words_close();
			return -ENOMEM;
		}
	return 0;
}

void words_close(void)
{
	while (shard_count > 0)
		wait_table_close(&shards[--shard_count].table);
}

/* By other bits of the address than the table's home of a word. A worker that is alone needs no lock. */
static struct shard *lock_shard(const void *word)
{
	if (shard_count == 1)
		return shards;
	uint64_t product = (uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15);
	struct shard *shard = &shards[(product >> 32) % SHARDS];

	spin_lock(&shard->lock);
	return shard;
}

static void unlock_shard(struct shard *shard)
{
	if (shard_count > 1)
		spin_unlock(&shard->lock);
}

bool words_wait(struct unit *unit)
{
	struct shard *shard = lock_shard(unit->word);
	/* Relaxed: the lock orders it after the change of any waker that was here before. */
	bool waits = atomic_load_explicit(unit->word, memory_order_relaxed) == unit->expected;

	if (waits)
		wait_table_add(&shard->table, unit->word, &unit->entry);
	unlock_shard(shard);
	return waits;
}

unsigned words_wake(_Atomic uint32_t *word, unsigned count, struct loop_queue *woken)
{
	struct shard *shard = lock_shard(word);
	unsigned number = wait_table_wake(&shard->table, word, count, woken);

	unlock_shard(shard);
	return number;
}
