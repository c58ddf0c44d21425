/// layers.0
const fn keyword(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    // a name that C keeps */
    let mut int: i32 = 0i32;
    while int < 64i32 {
        z[int as usize] = x[int as usize];
        int += 1;
    }
}
