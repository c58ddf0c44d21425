/* layers.0 */
static void net_vector_choice(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)n;
    (void)m;
    for (int32_t i = 0; i < 64; i += 16) {
        *(f32x16 *)(z + i) = net_select_f32x16((((*(const f32x16 *)(x + i)) < (*(const f32x16 *)(y + i))) & ((*(const f32x16 *)(x + i)) > net_splat_f32x16(-1.0f))), *(const f32x16 *)(x + i), net_splat_f32x16(-0x1.8p+0f));
    }
}
