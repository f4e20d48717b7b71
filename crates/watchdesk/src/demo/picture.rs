//! A PNG of an error dialog: four colours, two bits a pixel, stored without compression.

const WIDTH: u32 = 360;
const HEIGHT: u32 = 200;
const BYTES_PER_LINE: usize = (WIDTH / 4) as usize;

/// White, the blue of a title bar, the grey of text, the red of an error.
const PALETTE: [[u8; 3]; 4] = [[255, 255, 255], [0, 99, 177], [130, 134, 140], [209, 52, 56]];
const BLUE: u8 = 1;
const GREY: u8 = 2;
const RED: u8 = 3;

/// The same name gives the same picture.
pub fn error_dialog(name: &str) -> Vec<u8> {
    let mut canvas = Canvas::new();
    canvas.rectangle(0, 0, WIDTH, 28, BLUE);
    canvas.rectangle(WIDTH - 22, 8, 12, 12, 0);
    canvas.rectangle(24, 56, 40, 40, RED);
    canvas.rectangle(40, 62, 8, 18, 0);
    canvas.rectangle(40, 84, 8, 6, 0);
    let mut seed = name.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)));
    for line in 0..5 {
        let length = 120 + seed % 130;
        canvas.rectangle(84, 58 + line * 16, length, 6, GREY);
        seed = seed.rotate_left(5).wrapping_mul(17).wrapping_add(3);
    }
    canvas.rectangle(WIDTH - 100, HEIGHT - 40, 76, 24, BLUE);
    canvas.rectangle(WIDTH - 78, HEIGHT - 30, 32, 4, 0);
    canvas.png()
}

struct Canvas {
    /// Each line begins with its filter, none.
    bytes: Vec<u8>,
}

impl Canvas {
    fn new() -> Self {
        Self { bytes: vec![0; (BYTES_PER_LINE + 1) * HEIGHT as usize] }
    }

    fn rectangle(&mut self, left: u32, top: u32, width: u32, height: u32, colour: u8) {
        for y in top..(top + height).min(HEIGHT) {
            for x in left..(left + width).min(WIDTH) {
                let at = y as usize * (BYTES_PER_LINE + 1) + 1 + (x / 4) as usize;
                let shift = 6 - 2 * (x % 4);
                self.bytes[at] = (self.bytes[at] & !(3 << shift)) | (colour << shift);
            }
        }
    }

    fn png(&self) -> Vec<u8> {
        let mut header = Vec::from(WIDTH.to_be_bytes());
        header.extend(HEIGHT.to_be_bytes());
        // Two bits, a palette, the usual compression and filters, not interlaced.
        header.extend([2, 3, 0, 0, 0]);
        let mut png = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
        chunk(&mut png, b"IHDR", &header);
        chunk(&mut png, b"PLTE", PALETTE.as_flattened());
        chunk(&mut png, b"IDAT", &stored(&self.bytes));
        chunk(&mut png, b"IEND", &[]);
        png
    }
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend(data);
    let checksum = crc32(&png[start..]);
    png.extend(checksum.to_be_bytes());
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    const BLOCK_MAX: usize = 0xffff;
    let mut stream = vec![0x78, 0x01];
    let blocks = data.chunks(BLOCK_MAX).count();
    for (index, block) in data.chunks(BLOCK_MAX).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(index + 1 == blocks));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn adler32(data: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    (high << 16) | low
}

fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !data.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn a_picture_is_a_small_png() {
        let png = error_dialog("error.png");
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert!(png.ends_with(&[0xAE, 0x42, 0x60, 0x82]), "the checksum of an empty IEND");
        assert!(png.len() < 20_000);
        assert_ne!(png, error_dialog("another.png"));
    }
}
