/* Sweeps a float32 function over its inputs and measures it against float64 libm. */
#include <math.h>
#include <string.h>

enum { BLOCK = 4096 };
typedef struct {
    double ulp;        /* the greatest error */
    uint32_t at;       /* the bits of the input that has it */
    uint32_t wrong;    /* the bits of an input with a wrong NaN, infinity or sign of zero */
    uint64_t wrongs;   /* how many there are */
} Result;

static double reference_sigmoid(double x) {
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}
static double reference_softplus(double x) { return (x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }
static double half_turns(double x, int quarter) {
    double n, r;
    int q;
    if (!isfinite(x)) return NAN;
    n = rint(x * 2);
    r = (x - n / 2) * 3.14159265358979323846;
    q = (int)(fmod(n, 4) + 8 + quarter) & 3;
    r = q & 1 ? cos(r) : sin(r);
    return q & 2 ? -r : r;
}
static double reference_sinpi(double x) { return half_turns(x, 0); }
static double reference_cospi(double x) { return half_turns(x, 1); }
#define reference_exp exp
#define reference_expm1 expm1
#define reference_log log
#define reference_log1p log1p
#define reference_tanh tanh
#define reference_erf erf
#define reference_sin sin
#define reference_cos cos

static double as_number(double x) { return x > 0x1p128 ? 0x1p128 : x < -0x1p128 ? -0x1p128 : x; }

static double ulp_of(double x) {
    uint64_t bits;
    int exponent;
    memcpy(&bits, &x, 8);
    exponent = (int)(bits >> 52 & 2047) - 1023;
    bits = (uint64_t)((exponent < -126 ? -126 : exponent) - 23 + 1023) << 52;
    memcpy(&x, &bits, 8);
    return x;
}

static void compare(Result *result, float x, float got) {
    double wanted = REFERENCE((double)x), error;
    uint32_t bits;
    int wrong;
    memcpy(&bits, &x, 4);
    wrong = isnan(wanted) != isnan(got);
    /* Which zero a multiple of pi reaches is not of interest; whether exp underflows to -0 is. */
    wrong |= !isnan(wanted) && SIGNED_ZEROS && signbit(wanted) != signbit(got);
    if (wrong) result->wrong = bits, result->wrongs++;
    if (isnan(wanted) || isnan(got)) return;
    wanted = as_number(wanted);
    error = fabs(as_number(got) - wanted) / ulp_of(wanted);
    if (error > result->ulp) result->ulp = error, result->at = bits;
}

void sweep(uint64_t first, uint64_t count, uint64_t stride, float limit, Result *result) {
    static float x[BLOCK] __attribute__((aligned(64))), y[BLOCK] __attribute__((aligned(64)));
    void *buffers[3] = {x, y, 0};
    for (uint64_t block = 0; block < count; block += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            uint32_t bits = (uint32_t)(first + (block + (uint64_t)i) * stride);
            memcpy(&x[i], &bits, 4);
            if (isfinite(x[i]) && fabsf(x[i]) > limit) x[i] = 0;
        }
        math_run_once(buffers, 0, 1);
        for (int i = 0; i < BLOCK; i++) compare(result, x[i], y[i]);
    }
}
