//! What may be handed in: PDF, JPEG and PNG, told by their content, never by a name. Everything that is not the picture
//! or page itself is taken out: where and with what it was taken, previews, comments, whatever follows the end.
//!
//! JPEG and PNG are walked here, segment by segment, because what a library keeps as «the rest of the file» is just where
//! telephones hide a second picture or a film with the place it was taken.

use super::pdf;
use kernel::words;

/// The largest file taken, in bytes.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
/// The most points a picture may have: a viewer must be able to show it.
const MOST_POINTS: u64 = 120_000_000;

words! {
    /// The kinds of file taken.
    Media as "media type" {
        /// Pages.
        Pdf = "application/pdf",
        /// A photograph.
        Jpeg = "image/jpeg",
        /// A scan or screenshot.
        Png = "image/png",
    }
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing in it.
    #[error("the file is empty: choose another")]
    Empty,
    /// Too large.
    #[error("the file is too large ({size} bytes): at most {most} bytes; photograph it again at a lower resolution")]
    TooLarge {
        /// How many bytes it has.
        size: usize,
        /// How many are allowed.
        most: usize,
    },
    /// Another kind.
    #[error(
        "only PDF, JPEG and PNG are taken, and the content of this file is none of them: photograph the paper instead"
    )]
    OtherKind,
    /// It cannot be read to its end.
    #[error("the file is damaged or cut off: save or photograph it again")]
    Damaged,
    /// A password.
    #[error("the PDF is locked with a password: save it without one, or photograph the paper")]
    Locked,
    /// More points than a viewer shows.
    #[error("the picture has too many points: photograph it again at a lower resolution")]
    TooManyPoints,
    /// Malware.
    #[error(
        "the file carries malicious software ({name}) and was not kept: clean the device, then photograph the paper"
    )]
    Infected {
        /// What the scanner calls it.
        name: String,
    },
}

/// The kind of a file and its content without anything that tells more than the picture or page.
pub(crate) fn prepare(bytes: &[u8]) -> Result<(Media, Vec<u8>), Refused> {
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(Refused::TooLarge { size: bytes.len(), most: MOST_BYTES });
    }
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return jpeg(bytes).map(|clean| (Media::Jpeg, clean));
    }
    if bytes.starts_with(PNG) {
        return png(bytes).map(|clean| (Media::Png, clean));
    }
    if bytes.starts_with(b"%PDF-") {
        return pdf::clean(bytes).map(|clean| (Media::Pdf, clean));
    }
    Err(Refused::OtherKind)
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The chunks of a PNG that are the picture: form, palette, points, transparency, colours, size of a point.
const PICTURE: [&[u8; 4]; 12] =
    [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"];

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(u32::from_be_bytes(four))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let two: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u16::from_be_bytes(two))
}

fn shows(width: u32, height: u32) -> Result<(), Refused> {
    match u64::from(width) * u64::from(height) {
        0 => Err(Refused::Damaged),
        points if points > MOST_POINTS => Err(Refused::TooManyPoints),
        _ => Ok(()),
    }
}

fn png(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let size = |at| be32(bytes, at).ok_or(Refused::Damaged);
    if bytes.get(12..16) != Some(b"IHDR") {
        return Err(Refused::Damaged);
    }
    shows(size(16)?, size(20)?)?;
    let mut clean = PNG.to_vec();
    let mut at = PNG.len();
    loop {
        let length = usize::try_from(size(at)?).map_err(|_| Refused::Damaged)?;
        let end = at.checked_add(12).and_then(|n| n.checked_add(length)).ok_or(Refused::Damaged)?;
        let chunk = bytes.get(at..end).ok_or(Refused::Damaged)?;
        let kind = chunk.get(4..8).ok_or(Refused::Damaged)?;
        if PICTURE.iter().any(|p| p.as_slice() == kind) {
            clean.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Ok(clean);
        }
        at = end;
    }
}

/// A JPEG without its metadata; the way it is to be turned is kept, or a page would lie on its side.
pub(super) fn jpeg(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut clean = vec![0xFF, 0xD8];
    let (mut at, mut framed, mut scanned, mut turned) = (2, false, false, None);
    loop {
        let marker = marker(bytes, &mut at)?;
        match marker {
            0xD9 if framed && scanned => {
                clean.extend_from_slice(&[0xFF, 0xD9]);
                return Ok(turned.map_or(clean.clone(), |way| with_orientation(&clean, way)));
            }
            0x01 | 0xD0..=0xD7 => clean.extend_from_slice(&[0xFF, marker]),
            0x00 | 0xD8 | 0xD9 => return Err(Refused::Damaged),
            _ => {
                let length = usize::from(be16(bytes, at).ok_or(Refused::Damaged)?);
                let segment = bytes.get(at..at.saturating_add(length)).filter(|_| length >= 2);
                let segment = segment.ok_or(Refused::Damaged)?;
                at += length;
                if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                    let side = |n| be16(segment, n).map(u32::from).ok_or(Refused::Damaged);
                    shows(side(5)?, side(3)?)?;
                    framed = true;
                }
                turned = turned.or_else(|| orientation(marker, segment));
                if is_picture(marker, segment) {
                    clean.extend_from_slice(&[0xFF, marker]);
                    clean.extend_from_slice(segment);
                }
                if marker == 0xDA {
                    scanned = true;
                    let from = at;
                    at = end_of_scan(bytes, at)?;
                    clean.extend_from_slice(bytes.get(from..at).ok_or(Refused::Damaged)?);
                }
            }
        }
    }
}

/// The next marker, fill bytes skipped.
fn marker(bytes: &[u8], at: &mut usize) -> Result<u8, Refused> {
    if bytes.get(*at) != Some(&0xFF) {
        return Err(Refused::Damaged);
    }
    loop {
        *at += 1;
        match bytes.get(*at) {
            Some(0xFF) => {}
            Some(marker) => {
                *at += 1;
                return Ok(*marker);
            }
            None => return Err(Refused::Damaged),
        }
    }
}

/// Where the points of a scan end: at the next marker that is neither a stuffed byte nor a restart.
fn end_of_scan(bytes: &[u8], from: usize) -> Result<usize, Refused> {
    let rest = bytes.get(from..).ok_or(Refused::Damaged)?;
    let end = rest.windows(2).position(|w| matches!(w, [0xFF, next] if !matches!(next, 0x00 | 0xFF | 0xD0..=0xD7)));
    end.map(|n| from + n).ok_or(Refused::Damaged)
}

/// Whether a segment is needed to show the picture: everything but notes of applications and comments; of those the
/// colour profile and how colours are coded.
fn is_picture(marker: u8, segment: &[u8]) -> bool {
    let begins = |with: &[u8]| segment.get(2..).is_some_and(|s| s.starts_with(with));
    match marker {
        0xE2 => begins(b"ICC_PROFILE\0"),
        0xEE => begins(b"Adobe"),
        0xE0..=0xEF | 0xFE => false,
        _ => true,
    }
}

/// The way the picture is to be turned (2 to 8), from the camera's notes.
fn orientation(marker: u8, segment: &[u8]) -> Option<u8> {
    let tiff = segment.get(2..)?.strip_prefix(b"Exif\0\0").filter(|_| marker == 0xE1)?;
    let little = tiff.starts_with(b"II");
    let two = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let bytes: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let list = usize::try_from(four(4)?).ok()?;
    let entries = (0..usize::from(two(list)?)).filter_map(|n| list.checked_add(2 + n * 12));
    let entry = entries.take(200).find(|at| two(*at) == Some(0x0112))?;
    u8::try_from(two(entry.checked_add(8)?)?).ok().filter(|way| (2..=8).contains(way))
}

/// The picture with a note that says nothing but how it is to be turned.
fn with_orientation(clean: &[u8], way: u8) -> Vec<u8> {
    let mut note = vec![0xFF, 0xE1, 0, 34];
    note.extend_from_slice(b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    note.extend_from_slice(&[way, 0, 0, 0, 0, 0, 0]);
    let (start, rest) = clean.split_at(clean.len().min(2));
    [start, &note, rest].concat()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    }

    /// A camera's note: turned, with a place.
    fn exif(way: u8) -> Vec<u8> {
        let mut tiff = b"Exif\0\0II\x2A\0\x08\0\0\0\x02\0".to_vec();
        tiff.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, way, 0, 0, 0]);
        tiff.extend_from_slice(&[0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0]);
        tiff.extend_from_slice(b"37.5665N 126.9780E");
        tiff
    }

    /// A photograph as a telephone makes it: notes in front, between the scans and behind the end.
    pub(crate) fn photograph(way: u8) -> Vec<u8> {
        let parts = [
            vec![0xFF, 0xD8],
            segment(0xE0, b"JFIF\0\x01\x01\0\0\x48\0\x48\0\0"),
            segment(0xE1, &exif(way)),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>37.5665N</x>"),
            segment(0xE2, b"ICC_PROFILE\0\x01\x01colours"),
            segment(0xFE, b"taken at home"),
            segment(0xC2, &[8, 0, 4, 0, 6, 1, 1, 0x11, 0]),
            segment(0xDA, &[1, 1, 0, 0, 0x3F, 0]),
            vec![1, 2, 0xFF, 0x00, 3, 0xFF, 0xD0, 4],
            segment(0xEB, b"hidden 37.5665N"),
            segment(0xC4, &[0, 1, 2]),
            segment(0xDA, &[1, 1, 0, 0, 0x3F, 0]),
            vec![5, 6],
            vec![0xFF, 0xD9],
            b"a film behind the picture, taken at 37.5665N".to_vec(),
        ];
        parts.concat()
    }

    fn holds(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|w| w == text)
    }

    #[test]
    fn a_photograph_keeps_its_points_and_its_way_up_and_nothing_that_tells_a_place() {
        let (media, clean) = prepare(&photograph(6)).unwrap();
        assert_eq!(media, Media::Jpeg);
        for word in [&b"37.5665"[..], b"home", b"film", b"hidden", b"xap"] {
            assert!(!holds(&clean, word), "{word:?}");
        }
        for kept in [&[1, 2, 0xFF, 0x00, 3, 0xFF, 0xD0, 4][..], &[5, 6, 0xFF, 0xD9], b"colours"] {
            assert!(holds(&clean, kept));
        }
        assert_eq!(orientation(0xE1, clean.get(4..).unwrap()), Some(6));
        assert_eq!(prepare(&clean).unwrap().1, clean, "cleaning again changes nothing");
        let (_, upright) = prepare(&photograph(1)).unwrap();
        assert!(!holds(&upright, b"Exif"));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_and_never_half_taken() {
        let whole = photograph(6);
        let end = whole.windows(2).position(|w| w == [0xFF, 0xD9]).unwrap() + 2;
        for length in 0..end {
            assert!(prepare(whole.get(..length).unwrap()).is_err(), "cut at {length}");
        }
        assert!(prepare(whole.get(..end).unwrap()).is_ok());
    }

    pub(crate) fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[..], kind, content, &[0; 4]].concat()
    }

    fn screenshot(width: u32) -> Vec<u8> {
        let head = [&width.to_be_bytes()[..], &9_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let parts = [
            PNG.to_vec(),
            chunk(b"IHDR", &head),
            chunk(b"tEXt", b"Author\0somebody"),
            chunk(b"eXIf", b"37.5665N"),
            chunk(b"IDAT", b"points"),
            chunk(b"IEND", b""),
            b"and more".to_vec(),
        ];
        parts.concat()
    }

    #[test]
    fn a_screenshot_loses_its_notes_and_a_bomb_is_refused() {
        let (media, clean) = prepare(&screenshot(9)).unwrap();
        assert_eq!(media, Media::Png);
        assert!(holds(&clean, b"points") && !holds(&clean, b"somebody") && !holds(&clean, b"37.5665"));
        assert!(clean.ends_with(&[0; 4]) && !holds(&clean, b"and more"));
        assert_eq!(prepare(&screenshot(u32::MAX)), Err(Refused::TooManyPoints));
        assert_eq!(prepare(&screenshot(0)), Err(Refused::Damaged));
    }

    #[test]
    fn what_is_no_picture_and_no_page_is_refused_whatever_it_is_called() {
        assert_eq!(prepare(b""), Err(Refused::Empty));
        assert_eq!(prepare(b"MZ\x90\0 an application"), Err(Refused::OtherKind));
        assert_eq!(prepare(b"<html>%PDF-1.7"), Err(Refused::OtherKind));
        let large = vec![0; MOST_BYTES + 1];
        assert_eq!(prepare(&large), Err(Refused::TooLarge { size: MOST_BYTES + 1, most: MOST_BYTES }));
    }
}
