
static uint32_t cn_philox_word(uint32_t a, uint32_t b, const uint32_t seed[2])
{
    uint32_t c0 = a, c1 = b, c2 = 1, c3 = 0, k0 = seed[0], k1 = seed[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)c0 * 0xD2511F53u, q = (uint64_t)c2 * 0xCD9E8D57u;
        uint32_t n0 = (uint32_t)(q >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)q, c3 = (uint32_t)p, c0 = n0, c2 = n2;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    return c0;
}

/* Fisher-Yates from the identity, driven by (seed, epoch) alone. */
static void cn_permute(cn_job *job, int64_t epoch)
{
    if (job->ordered_epoch == epoch) return;
    for (int64_t i = 0; i < job->rows; i++) job->order[i] = (int32_t)i;
    for (int64_t i = job->rows - 1; i > 0; i--) {
        uint64_t word = cn_philox_word((uint32_t)i, (uint32_t)epoch, job->seed);
        int64_t j = (int64_t)((word * (uint64_t)(i + 1)) >> 32);
        int32_t kept = job->order[i];
        job->order[i] = job->order[j], job->order[j] = kept;
    }
    job->ordered_epoch = epoch;
}

static void cn_copy(unsigned char *restrict to, const unsigned char *restrict from, int64_t count)
{
    switch (count) {
    case 1: *to = *from; return;
    case 4: __builtin_memcpy(to, from, 4); return;
    case 8: __builtin_memcpy(to, from, 8); return;
    case 16: __builtin_memcpy(to, from, 16); return;
    default: __builtin_memcpy(to, from, (unsigned long)count);
    }
}

/* Rows in order are read where they lie; shuffled rows are copied next to each other. */
static void cn_gather(cn_job *job, void **buffers, int64_t first, int64_t count, int thread, int threads)
{
    int64_t begin = count * thread / threads, end = count * (thread + 1) / threads;
    for (int64_t f = 0; f < job->feed_count; f++) {
        cn_feed feed = job->feeds[f];
        if (!job->shuffle) {
            if (thread == 0) buffers[feed.slot] = (void *)(feed.table + first * feed.row_bytes);
            continue;
        }
        if (thread == 0) buffers[feed.slot] = feed.batch;
        for (int64_t i = begin; i < end; i++)
            cn_copy(feed.batch + i * feed.row_bytes,
                    feed.table + job->order[first + i] * feed.row_bytes, feed.row_bytes);
    }
}

static int cn_is_finite(const cn_job *job)
{
    if (job->loss_bytes == 4) {
        uint32_t bits;
        __builtin_memcpy(&bits, job->loss, 4);
        return (bits & 0x7F800000u) != 0x7F800000u;
    }
    uint64_t bits;
    __builtin_memcpy(&bits, job->loss, 8);
    return (bits & 0x7FF0000000000000u) != 0x7FF0000000000000u;
}

__attribute__((visibility("default"))) int64_t cn_run(cn_job *job, int64_t steps, int thread, int threads)
{
    cn_current = &job->barrier;
    int64_t per_epoch = job->rows ? (job->rows + job->batch - 1) / job->batch : 1;
    int64_t position = (int64_t)*job->step - job->first_step;
    int64_t epoch = position / per_epoch, number = position % per_epoch, done = 0;
    if (thread == 0) job->finite = 1;
    cn_wait(&job->barrier, threads);
    while (done < steps) {
        void **buffers = job->full;
        if (job->rows) {
            int64_t first = number * job->batch, count = job->rows - first;
            if (count >= job->batch) count = job->batch;
            else buffers = job->partial;
            if (job->shuffle && (number == 0 || done == 0)) {
                if (thread == 0) cn_permute(job, epoch);
                cn_wait(&job->barrier, threads);
            }
            cn_gather(job, buffers, first, count, thread, threads);
            cn_wait(&job->barrier, threads);
        }
        if (buffers == job->full) full_run_once(buffers, thread, threads);
#ifdef CN_HAS_PARTIAL
        else partial_run_once(buffers, thread, threads);
#endif
        done++;
        if (++number == per_epoch) number = 0, epoch++;
        cn_wait(&job->barrier, threads);
        if (thread == 0) job->finite = cn_is_finite(job);
        cn_wait(&job->barrier, threads);
        if (!job->finite) break;
    }
    return done;
}
