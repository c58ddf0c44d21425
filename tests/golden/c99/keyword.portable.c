/* layers.0 */
static void net_keyword(const float *CN_RESTRICT x, const float *CN_RESTRICT y, const int32_t *CN_RESTRICT n, float *CN_RESTRICT z, int32_t *CN_RESTRICT m)
{
    (void)y;
    (void)n;
    (void)m;
    /* a name that C keeps * / */
    for (int32_t int_ = 0; int_ < 64; ++int_) {
        z[int_] = x[int_];
    }
}
