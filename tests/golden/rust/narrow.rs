/// layers.0
const fn narrow(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut i: i32 = 0i32;
    while i < 64i32 {
        m[i as usize] = ((n[i as usize] as u8).wrapping_mul(3u8)) as i32;
        i += 1;
    }
}
