/* layers.0 */
static void net_accumulator(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)n;
    (void)m;
    float total = 0.0f;
    for (int32_t k = 0; k < 64; ++k) {
        const float product = x[k] * y[k];
        total = total + product;
    }
    z[0] = total;
    for (int32_t i = 1; i < 64; ++i) {
        z[i] = x[i];
    }
}
