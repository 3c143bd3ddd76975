//! Files that are written compressed, by the ending of their name: `.gz` and `.zst`, as [`super::source`] reads them.
//!
//! zstd comes as a frame for every megabyte, one after the other, which every reader of zstd takes: the encoder (`ruzstd`) pulls its
//! input, and here it is pushed. `O(bytes)`; memory for a frame.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// Bytes of a zstd frame, before they are compressed.
const FRAME: usize = 1 << 20;

/// What is written is compressed on its way. [`Packed::finish`] ends it.
pub enum Packed<W: Write> {
    /// As it is.
    Plain(W),
    /// gzip.
    Gzip(GzEncoder<W>),
    /// zstd: the frame in the making, and where the others are.
    Zstd(Vec<u8>, W),
}

impl<W: Write> Packed<W> {
    /// As the name of the file that is to be wants it.
    pub fn for_name(name: &Path, out: W) -> Self {
        match name.extension().map(|ending| ending.to_ascii_lowercase()) {
            Some(ending) if ending == "gz" => Self::Gzip(GzEncoder::new(out, Compression::fast())),
            Some(ending) if ending == "zst" => Self::Zstd(Vec::with_capacity(FRAME), out),
            _ => Self::Plain(out),
        }
    }

    /// Writes what has not been written yet.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Zstd(ref mut frame, ref mut out) => {
                write_frame(frame, out)?;
                out.flush()
            }
            Self::Plain(mut out) => out.flush(),
        }
    }
}

impl<W: Write> Write for Packed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(frame, out) => {
                let taken = bytes.len().min(FRAME - frame.len());
                frame.extend_from_slice(&bytes[..taken]);
                if frame.len() == FRAME {
                    write_frame(frame, out)?;
                }
                Ok(taken)
            }
        }
    }

    /// What is in the making stays there: flushed frames would be small ones.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(_) | Self::Zstd(..) => Ok(()),
        }
    }
}

fn write_frame(frame: &mut Vec<u8>, out: &mut impl Write) -> io::Result<()> {
    if !frame.is_empty() {
        out.write_all(&compress_to_vec(frame.as_slice(), CompressionLevel::Fastest))?;
        frame.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn packed(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut packed = Packed::for_name(Path::new(name), &mut out);
        for part in bytes.chunks(300_001) {
            packed.write_all(part).unwrap();
        }
        packed.finish().unwrap();
        out
    }

    #[test]
    fn comes_back_as_it_was() {
        for length in [0, 1, FRAME - 1, FRAME, 2 * FRAME + 17] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8 ^ (at / 4096) as u8).collect();
            assert_eq!(packed("a.heapsnapshot", &bytes), bytes);
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(packed("a.GZ", &bytes).as_slice()).read_to_end(&mut back).unwrap();
            assert!(back == bytes, "gzip, {length} bytes");
            let zstd = packed("a.heapsnapshot.zst", &bytes);
            assert!(length < FRAME - 1 || zstd.len() < bytes.len(), "{length} bytes");
            let mut back = Vec::new();
            let mut rest = zstd.as_slice();
            while !rest.is_empty() {
                ruzstd::decoding::StreamingDecoder::new(&mut rest).unwrap().read_to_end(&mut back).unwrap();
            }
            assert!(back == bytes, "zstd, {length} bytes");
        }
    }
}
