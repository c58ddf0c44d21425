/// layers.0
const fn integers(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        m[i as usize] = (((n[i as usize] * 5i32) - 7i32) / 3i32) + ((n[i as usize] << 2i32) % 11i32);
        i += 1;
    }
}
