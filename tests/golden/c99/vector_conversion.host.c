/* layers.0 */
static void net_vector_conversion(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)y;
    (void)m;
    for (int32_t i = 0; i < 64; i += 16) {
        *(f32x16 *)(z + i) = __builtin_convertvector(*(const i32x16 *)(n + i), f32x16) + ((f32x16)((i32x16)(*(const f32x16 *)(x + i))));
    }
}
