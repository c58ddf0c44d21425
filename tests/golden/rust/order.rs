/// layers.0
const fn order(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        z[i as usize] = (cn_min_f32(x[i as usize], y[i as usize])) + (cn_max_f32(x[i as usize], 0.5f32));
        i += 1;
    }
}
