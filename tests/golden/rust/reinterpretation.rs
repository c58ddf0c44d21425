/// layers.0
const fn reinterpretation(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        z[i as usize] = f32::from_bits((x[i as usize].to_bits()) ^ 2147483648u32);
        i += 1;
    }
}
