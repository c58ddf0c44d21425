/* layers.0 */
static void net_accumulator(const float *CN_RESTRICT x, const float *CN_RESTRICT y, const int32_t *CN_RESTRICT n, float *CN_RESTRICT z, int32_t *CN_RESTRICT m)
{
    (void)n;
    (void)m;
    float total = 0.0f;
    for (int32_t k = 0; k < 64; ++k) {
        const float product = x[k] * y[k];
        total = total + product;
    }
    z[0] = total;
    for (int32_t i = 1; i < 64; ++i) {
        z[i] = x[i];
    }
}
