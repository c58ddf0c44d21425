/// layers.0
const fn arithmetic(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        z[i as usize] = ((x[i as usize] + (y[i as usize] * 2f32)) / ((x[i as usize] * x[i as usize]) + 1f32)) - y[i as usize];
        i += 1;
    }
}
