/// layers.0
const fn accumulator(x: &[f32], y: &[f32], n: &[i32], z: &mut [f32], m: &mut [i32]) {
    let mut total: f32 = 0f32;
    let mut k: i32 = 0i32;
    while k < 64i32 {
        let product: f32 = x[k as usize] * y[k as usize];
        total = total + product;
        k += 1;
    }
    z[0] = total;
    let mut i: i32 = 1i32;
    while i < 64i32 {
        z[i as usize] = x[i as usize];
        i += 1;
    }
}
