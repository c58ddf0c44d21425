/* The loop over steps: shuffles, gathers a batch, runs the step, looks at the loss, and again.
 * Included after the printed programs. Python enters here once for many steps. */

typedef struct {
    unsigned arrived, generation;
} cn_barrier;

typedef struct {
    const unsigned char *table; /* rows of the user's array */
    unsigned char *batch;       /* where gathered rows go */
    int64_t row_bytes;
    int64_t slot; /* position among the program's buffers */
} cn_feed;

typedef struct {
    void **full, **partial; /* buffers of the step of a whole batch, and of the last one */
    const uint32_t *step;   /* the step counter in the live state */
    const void *loss;       /* the loss of the last step */
    int32_t *order;         /* rows in the order of this epoch */
    const cn_feed *feeds;
    int64_t feed_count, rows, batch, shuffle, first_step, loss_bytes;
    uint32_t seed[2];
    cn_barrier barrier;
    int64_t ordered_epoch; /* the epoch that `order` holds, or -1 */
    int64_t finite;        /* out: whether the last loss was finite */
} cn_job;

int sched_yield(void);

static void cn_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Spins briefly, then gives the core away: a busy machine slows threads in proportion only. */
static void cn_wait(cn_barrier *barrier, int threads)
{
    if (threads == 1) return;
    unsigned generation = __atomic_load_n(&barrier->generation, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == (unsigned)threads) {
        __atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&barrier->generation, generation + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int spin = 0; __atomic_load_n(&barrier->generation, __ATOMIC_ACQUIRE) == generation; spin++) {
        if (spin < 4000) cn_relax();
        else sched_yield();
    }
}

static __thread cn_barrier *cn_current;
#undef CONSTNET_BARRIER
#define CONSTNET_BARRIER(thread, threads) cn_wait(cn_current, threads)
