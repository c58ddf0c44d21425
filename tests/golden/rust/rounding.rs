/// layers.0
const fn rounding(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        z[i as usize] = (cn_sqrt_f32(cn_abs_f32(x[i as usize]))) + (cn_floor_f32(y[i as usize]));
        i += 1;
    }
}
