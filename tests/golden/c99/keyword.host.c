/* layers.0 */
static void net_keyword(const float x[restrict static 64], const float y[restrict static 64], const int32_t n[restrict static 64], float z[restrict static 64], int32_t m[restrict static 64])
{
    (void)y;
    (void)n;
    (void)m;
    /* a name that C keeps * / */
    for (int32_t int_ = 0; int_ < 64; ++int_) {
        z[int_] = x[int_];
    }
}
