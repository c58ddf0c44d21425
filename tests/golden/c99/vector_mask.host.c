/* layers.0 */
static void net_vector_mask(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)y;
    (void)n;
    (void)m;
    for (int32_t i = 0; i < 64; i += 16) {
        const i32x16 positive = (*(const f32x16 *)(x + i)) > net_splat_f32x16(0.0f);
        *(f32x16 *)(z + i) = __builtin_convertvector(positive & 1, f32x16);
    }
}
