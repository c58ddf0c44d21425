/// layers.0
const fn function(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        z[i as usize] = square_f32(x[i as usize]) * exp_f32(y[i as usize]);
        i += 1;
    }
}
