/// layers.0
const fn multiply_add(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        z[i as usize] = (x[i as usize] * y[i as usize]) + x[i as usize];
        i += 1;
    }
}
