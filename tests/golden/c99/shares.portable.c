/* layers.0 */
static void net_shares(const float *CN_RESTRICT x, const float *CN_RESTRICT y, const int32_t *CN_RESTRICT n, float *CN_RESTRICT z, int32_t *CN_RESTRICT m)
{
    (void)y;
    (void)n;
    (void)m;
    for (int32_t i = 0; i < 64; ++i) {
        z[i] = x[i] + 1.0f;
    }
}
