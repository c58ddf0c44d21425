/* layers.0 */
static void net_unsigned(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)x;
    (void)y;
    (void)z;
    for (int32_t i = 0; i < 64; ++i) {
        m[i] = (int32_t)(((uint32_t)n[i]) * 2654435761u);
    }
}
