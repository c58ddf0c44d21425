/* layers.0 */
static void net_reinterpretation(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)y;
    (void)n;
    (void)m;
    for (int32_t i = 0; i < 64; ++i) {
        z[i] = net_u32_as_f32(net_f32_as_u32(x[i]) ^ 2147483648u);
    }
}
