/* layers.0 */
static void net_multiply_add(const float *CN_RESTRICT x, const float *CN_RESTRICT y, const int32_t *CN_RESTRICT n, float *CN_RESTRICT z, int32_t *CN_RESTRICT m)
{
    (void)n;
    (void)m;
    for (int32_t i = 0; i < 64; ++i) {
        z[i] = net_fma_f32(x[i], y[i], x[i]);
    }
}
