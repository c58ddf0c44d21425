/* The machine's measured limits: fused multiply-adds a second in f32 and f64, and bytes a second of
 * a plain copy through each cache level. The multiply-adds run in independent vector accumulators,
 * enough to hide their latency.
 *
 *     cc -O3 -march=native peak.c -o peak -lpthread && ./peak THREADS
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define BYTES 64
#define ACCUMULATORS 24
#elif defined(__AVX__)
#define BYTES 32
#define ACCUMULATORS 12
#else
#define BYTES 16
#define ACCUMULATORS 16
#endif

typedef float f32v __attribute__((vector_size(BYTES)));
typedef double f64v __attribute__((vector_size(BYTES)));

enum { ROUNDS = 200, ITERATIONS = 400000, MAX_THREADS = 256 };
enum mode { FMA_F32, FMA_F64, COPY };

static pthread_barrier_t barrier;
static double start_times[MAX_THREADS], end_times[MAX_THREADS];
static int threads = 1;
static enum mode mode;
static char *source, *destination;
static size_t copy_bytes;
static int copy_repeats;
static volatile double sink;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* `asm` keeps every accumulator in a register and every multiply-add in the loop. */
#if defined(__x86_64__)
#define KEEP(v) __asm__ volatile("" : "+v"(v))
#elif defined(__aarch64__)
#define KEEP(v) __asm__ volatile("" : "+w"(v))
#else
#define KEEP(v) __asm__ volatile("" : "+m"(v))
#endif

#pragma STDC FP_CONTRACT ON
#define DEFINE_FMA(NAME, VECTOR, SCALAR)                                        \
  static double NAME(void) {                                                    \
    VECTOR a[ACCUMULATORS], m, c;                                               \
    for (size_t i = 0; i < BYTES / sizeof(SCALAR); i++) {                       \
      m[i] = (SCALAR)0.999;                                                     \
      c[i] = (SCALAR)0.001;                                                     \
    }                                                                           \
    for (int i = 0; i < ACCUMULATORS; i++) a[i] = c * (SCALAR)i;                \
    for (long k = 0; k < ITERATIONS; k++) {                                     \
      _Pragma("GCC unroll 24") for (int i = 0; i < ACCUMULATORS; i++) {         \
        a[i] = a[i] * m + c;                                                    \
        KEEP(a[i]);                                                             \
      }                                                                         \
    }                                                                           \
    double sum = 0;                                                             \
    for (int i = 0; i < ACCUMULATORS; i++) sum += (double)a[i][0];              \
    return sum;                                                                 \
  }
DEFINE_FMA(fma_f32, f32v, float)
DEFINE_FMA(fma_f64, f64v, double)

static void copy(long thread) {
  size_t share = copy_bytes / (size_t)threads / BYTES * BYTES;
  f32v *to = (f32v *)(destination + (size_t)thread * share);
  const f32v *from = (const f32v *)(source + (size_t)thread * share);
  for (int r = 0; r < copy_repeats; r++) {
    for (size_t i = 0; i < share / BYTES; i++) to[i] = from[i];
    __asm__ volatile("" ::: "memory");
  }
}

static void *work(void *argument) {
  long thread = (long)argument;
  pthread_barrier_wait(&barrier);
  start_times[thread] = now();
  if (mode == FMA_F32) sink = fma_f32();
  else if (mode == FMA_F64) sink = fma_f64();
  else copy(thread);
  end_times[thread] = now();
  return NULL;
}

static double run(void) {
  pthread_t handles[MAX_THREADS];
  pthread_barrier_init(&barrier, NULL, (unsigned)threads);
  for (long i = 0; i < threads; i++) pthread_create(&handles[i], NULL, work, (void *)i);
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  pthread_barrier_destroy(&barrier);
  double first = start_times[0], last = end_times[0];
  for (int i = 1; i < threads; i++) {
    if (start_times[i] < first) first = start_times[i];
    if (end_times[i] > last) last = end_times[i];
  }
  return last - first;
}

static double best_rate(double amount, int rounds) {
  double best = 0;
  for (int r = 0; r < rounds; r++) {
    double rate = amount / run() * 1e-9;
    if (rate > best) best = rate;
  }
  return best;
}

static double copy_rate(size_t bytes) {
  copy_bytes = bytes;
  source = aligned_alloc(4096, bytes);
  destination = aligned_alloc(4096, bytes);
  if (!source || !destination) return 0;
  memset(source, 1, bytes);
  memset(destination, 2, bytes);
  copy_repeats = (int)(((size_t)1 << 28) / bytes);
  if (copy_repeats < 1) copy_repeats = 1;
  mode = COPY;
  double rate = best_rate(2.0 * (double)bytes * copy_repeats, 10);
  free(source);
  free(destination);
  return rate;
}

int main(int count, char **arguments) {
  if (count > 1) threads = atoi(arguments[1]);
  if (threads < 1 || threads > MAX_THREADS) return 2;
  double lanes = BYTES / 4.0, operations = 2.0 * ITERATIONS * ACCUMULATORS * threads;
  mode = FMA_F32;
  double f32 = best_rate(operations * lanes, ROUNDS);
  mode = FMA_F64;
  double f64 = best_rate(operations * lanes / 2, ROUNDS);
  size_t per_thread = (size_t)threads;
  printf("{\"threads\": %d, \"vector_bits\": %d, \"f32_gflops\": %.1f, \"f64_gflops\": %.1f, "
         "\"copy_l1_gbs\": %.1f, \"copy_l2_gbs\": %.1f, \"copy_memory_gbs\": %.1f}\n",
         threads, BYTES * 8, f32, f64, copy_rate((24 << 10) * per_thread),
         copy_rate((512 << 10) * per_thread), copy_rate((size_t)256 << 20));
  return 0;
}
