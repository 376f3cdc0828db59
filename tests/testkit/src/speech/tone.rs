//! What a mock server says: a tone, as a WAV file.

/// A WAV file of 16 bits: a tone of so many seconds. One with an open header has no lengths in it, as a server writes it that
/// streams.
pub fn wav(seconds: f64, rate: u32, open: bool) -> Vec<u8> {
    let count = (seconds * f64::from(rate)) as u32;
    let length = count * 2;
    let told = |length: u32| if open { u32::MAX } else { length }.to_le_bytes();
    let mut bytes = Vec::with_capacity(44 + length as usize);
    bytes.extend(b"RIFF");
    bytes.extend(told(36 + length));
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend([1, 0, 1, 0]);
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * 2).to_le_bytes());
    bytes.extend([2, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend(told(length));
    for n in 0..count {
        let at = f64::from(n) / f64::from(rate);
        let sample = (at * 220.0 * std::f64::consts::TAU).sin() * 12_000.0;
        bytes.extend((sample as i16).to_le_bytes());
    }
    bytes
}

/// The same as text inside JSON.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for group in bytes.chunks(3) {
        let three = group.iter().chain([&0, &0]).take(3);
        let all = three.fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        for n in 0..4 {
            text.push(if n <= group.len() {
                DIGITS[(all >> (18 - 6 * n) & 63) as usize] as char
            } else {
                '='
            });
        }
    }
    text
}
