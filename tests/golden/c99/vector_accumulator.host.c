/* layers.0 */
static void net_vector_accumulator(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)y;
    (void)n;
    (void)m;
    f32x16 wide = net_splat_f32x16(0.0f);
    CN_UNROLL
    for (int32_t i = 0; i < 64; i += 16) {
        wide = wide + (*(const f32x16 *)(x + i));
    }
    *(f32x16 *)(z + 0) = wide;
    for (int32_t i = 16; i < 64; ++i) {
        z[i] = x[i];
    }
}
