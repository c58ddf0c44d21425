/* layers.0 */
static void net_unsigned(const float *CN_RESTRICT x, const float *CN_RESTRICT y, const int32_t *CN_RESTRICT n, float *CN_RESTRICT z, int32_t *CN_RESTRICT m)
{
    (void)x;
    (void)y;
    (void)z;
    for (int32_t i = 0; i < 64; ++i) {
        m[i] = (int32_t)(((uint32_t)n[i]) * 2654435761u);
    }
}
