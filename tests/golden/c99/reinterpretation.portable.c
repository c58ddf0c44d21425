/* layers.0 */
static void net_reinterpretation(const float *CN_RESTRICT x, const float *CN_RESTRICT y, const int32_t *CN_RESTRICT n, float *CN_RESTRICT z, int32_t *CN_RESTRICT m)
{
    (void)y;
    (void)n;
    (void)m;
    for (int32_t i = 0; i < 64; ++i) {
        z[i] = net_u32_as_f32(net_f32_as_u32(x[i]) ^ 2147483648u);
    }
}
