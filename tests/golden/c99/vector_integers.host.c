/* layers.0 */
static void net_vector_integers(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)x;
    (void)y;
    (void)z;
    for (int32_t i = 0; i < 64; i += 16) {
        *(i32x16 *)(m + i) = (*(const i32x16 *)(n + i)) * net_splat_i32x16(5) + ((*(const i32x16 *)(n + i)) >> net_splat_i32x16(1));
    }
}
