//! Where a snapshot's bytes come from: a file, bytes in memory, or any reader, plain or compressed; handed out as
//! numbered blocks to several threads.
//!
//! Plain files are read by position, so every thread reads its own blocks; bytes in memory are not copied at all; all else
//! is read (and decompressed) in order under a lock, by whichever thread comes for the next block.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};

/// A snapshot to be read.
pub enum Source<'a> {
    /// A file. Brotli is known by the name's `.br`, gzip and zstd by their first bytes.
    Path(&'a Path),
    /// The bytes themselves.
    Bytes(&'a [u8]),
    /// Anything that can be read, once, from its start.
    Reader(Box<dyn Read + Send + 'a>),
}

/// A block of the (decompressed) input.
pub(super) struct Block<'a> {
    /// 0, 1, 2 …, without gaps.
    pub(super) number: u64,
    /// Where it starts in the (decompressed) input.
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
}

/// The input as numbered blocks.
pub(super) struct Blocks<'a> {
    input: Input<'a>,
    block_size: usize,
    /// Length of the (decompressed) input, when known beforehand.
    pub(super) length: Option<u64>,
}

enum Input<'a> {
    File { file: File, length: u64, next: AtomicU64 },
    Bytes { bytes: &'a [u8], next: AtomicU64 },
    Sequential(Mutex<Sequential<'a>>),
}

struct Sequential<'a> {
    reader: Box<dyn Read + Send + 'a>,
    /// How to name the reader's failures: a decompressor's are faults of the input.
    compression: Option<&'static str>,
    number: u64,
    offset: u64,
    ended: bool,
}

/// Compressions, by name and first bytes. Brotli has no mark of its own.
const GZIP: (&str, &[u8]) = ("gzip", &[0x1f, 0x8b]);
const ZSTD: (&str, &[u8]) = ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]);
const BROTLI_BUFFER: usize = 1 << 16;

impl<'a> Blocks<'a> {
    pub(super) fn open(source: Source<'a>, block_size: usize) -> Result<Self> {
        match source {
            Source::Path(path) => Self::open_file(path, block_size),
            Source::Bytes(bytes) if compression(bytes).is_none() => {
                let length = Some(bytes.len() as u64);
                Ok(Self { input: Input::Bytes { bytes, next: AtomicU64::new(0) }, block_size, length })
            }
            Source::Bytes(bytes) => Self::sequential(Box::new(Cursor::new(bytes)), compression(bytes), block_size),
            Source::Reader(mut reader) => {
                let mut head = [0; 4];
                let read = read_full(&mut reader, &mut head)?;
                let compression = compression(&head[..read]);
                let head = Cursor::new(head).take(read as u64);
                Self::sequential(Box::new(head.chain(reader)), compression, block_size)
            }
        }
    }

    fn open_file(path: &Path, block_size: usize) -> Result<Self> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Error::from(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("br")) {
            return Self::sequential(Box::new(file), Some("brotli"), block_size);
        }
        if !metadata.is_file() {
            // A pipe or a device has no length and no positions.
            return Self::open(Source::Reader(Box::new(file)), block_size);
        }
        let mut head = [0; 4];
        let read = read_full(&mut file, &mut head)?;
        if let Some(compression) = compression(&head[..read]) {
            return Self::sequential(Box::new(File::open(path)?), Some(compression), block_size);
        }
        let length = metadata.len();
        Ok(Self { input: Input::File { file, length, next: AtomicU64::new(0) }, block_size, length: Some(length) })
    }

    fn sequential(
        reader: Box<dyn Read + Send + 'a>,
        compression: Option<&'static str>,
        block_size: usize,
    ) -> Result<Self> {
        let reader: Box<dyn Read + Send + 'a> = match compression {
            Some("gzip") => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(reader))),
            Some("zstd") => Box::new(Frames::new(BufReader::new(reader))),
            Some(_) => Box::new(brotli_decompressor::Decompressor::new(reader, BROTLI_BUFFER)),
            None => reader,
        };
        let sequential = Sequential { reader, compression, number: 0, offset: 0, ended: false };
        Ok(Self { input: Input::Sequential(Mutex::new(sequential)), block_size, length: None })
    }

    /// The next block, in `buffer` or in the input's own memory; `None` after the last. Every call, from whatever thread,
    /// gets a block of its own; a failure comes with the number of the block that cannot be had.
    pub(super) fn next<'b>(&'b self, buffer: &'b mut Vec<u8>) -> std::result::Result<Option<Block<'b>>, (u64, Error)> {
        match &self.input {
            Input::File { file, length, next } => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let offset = number * self.block_size as u64;
                if offset >= *length {
                    return Ok(None);
                }
                let size = (length - offset).min(self.block_size as u64) as usize;
                buffer.resize(size, 0);
                let read = read_full_at(file, buffer, offset).map_err(|error| (number, error.into()))?;
                if read < size {
                    let message = "expected the file to keep its length while it is read, found its end";
                    return Err((number, Error::truncated("input", offset + read as u64, message)));
                }
                Ok(Some(Block { number, offset, bytes: buffer }))
            }
            Input::Bytes { bytes, next } => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let offset = (number as usize).saturating_mul(self.block_size);
                if offset >= bytes.len() {
                    return Ok(None);
                }
                let end = bytes.len().min(offset + self.block_size);
                Ok(Some(Block { number, offset: offset as u64, bytes: &bytes[offset..end] }))
            }
            Input::Sequential(sequential) => {
                sequential.lock().unwrap_or_else(PoisonError::into_inner).next(buffer, self.block_size)
            }
        }
    }

    /// The bytes from `offset` on, `length` at most, when the input can be read twice.
    pub(super) fn again(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        match &self.input {
            Input::File { file, .. } => {
                let mut bytes = vec![0; length];
                let read = read_full_at(file, &mut bytes, offset).ok()?;
                bytes.truncate(read);
                Some(bytes)
            }
            Input::Bytes { bytes, .. } => {
                let rest = bytes.get(offset as usize..)?;
                Some(rest[..rest.len().min(length)].to_vec())
            }
            Input::Sequential(_) => None,
        }
    }
}

impl Sequential<'_> {
    fn next<'b>(
        &mut self,
        buffer: &'b mut Vec<u8>,
        block_size: usize,
    ) -> std::result::Result<Option<Block<'b>>, (u64, Error)> {
        if self.ended {
            return Ok(None);
        }
        buffer.resize(block_size, 0);
        let read = read_full(&mut self.reader, buffer).map_err(|error| (self.number, self.explain(error)))?;
        buffer.truncate(read);
        self.ended = read < block_size;
        if read == 0 {
            return Ok(None);
        }
        let block = Block { number: self.number, offset: self.offset, bytes: buffer };
        self.number += 1;
        self.offset += read as u64;
        Ok(Some(block))
    }

    fn explain(&self, error: io::Error) -> Error {
        // A reader of ours hands leakscan's own errors through io::Error.
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(error) => match (self.compression, error.kind()) {
                (Some(name), io::ErrorKind::UnexpectedEof) => {
                    Error::truncated(name, self.offset, format!("expected more {name} data ({error})"))
                }
                (Some(name), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other) => {
                    Error::corrupt(name, self.offset, format!("expected valid {name} data ({error})"))
                }
                _ => Error::new(ErrorKind::Io(error)),
            },
        }
    }
}

/// All frames of a zstd file, one after the other.
struct Frames<R: Read> {
    decoder: ruzstd::decoding::FrameDecoder,
    input: R,
    open: bool,
}

impl<R: io::BufRead> Frames<R> {
    fn new(input: R) -> Self {
        Self { decoder: ruzstd::decoding::FrameDecoder::new(), input, open: false }
    }

    /// The decoder has one word for broken data and for missing data; what is left of the input tells them apart.
    fn explain(&mut self, error: &dyn std::error::Error) -> io::Error {
        let ended = self.input.fill_buf().is_ok_and(<[u8]>::is_empty);
        let kind = if ended { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
        io::Error::new(kind, error.to_string())
    }
}

impl<R: io::BufRead> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy;
        loop {
            if !self.open {
                if self.input.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                if let Err(error) = self.decoder.reset(&mut self.input) {
                    return Err(self.explain(&error));
                }
                self.open = true;
            }
            let read = self.decoder.read(out)?;
            if read > 0 {
                return Ok(read);
            }
            if self.decoder.is_finished() {
                self.open = false;
            } else {
                let strategy = BlockDecodingStrategy::UptoBytes(out.len());
                if let Err(error) = self.decoder.decode_blocks(&mut self.input, strategy) {
                    return Err(self.explain(&error));
                }
            }
        }
    }
}

fn compression(head: &[u8]) -> Option<&'static str> {
    [GZIP, ZSTD].iter().find(|(_, mark)| head.starts_with(mark)).map(|&(name, _)| name)
}

/// Reads until the buffer is full or the reader ends.
fn read_full(reader: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match reader.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn read_full_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match read_at(file, &mut buffer[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
