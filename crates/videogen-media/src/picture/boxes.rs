//! What the boxes of AVIF and HEIF say of their picture: how it is turned, what can be seen through, and whether all of it is
//! there. Pure, and bounded by the bytes it is given.

use image::metadata::Orientation;

/// What a property of an item is that tells of its alpha (ISO/IEC 23000-22, 7.3.5.2, and HEVC before it).
const ALPHA: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
];

/// How many items may say more of one; a file has one or two.
const MOST_AUXILIARY: usize = 64;

/// What is said of the primary picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoxedPicture {
    /// How it is turned to be shown.
    pub(crate) orientation: Orientation,
    /// Another picture that says what of it can be seen through.
    pub(crate) alpha: Option<AlphaItem>,
}

/// A picture of how much can be seen through another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlphaItem {
    /// Whether it is coded as AV1.
    pub(crate) is_av1: bool,
    /// Where its bytes are in the file, and how many at each place; nothing where that is not understood.
    pub(crate) places: Vec<(u64, u64)>,
}

impl BoxedPicture {
    /// Reads the first bytes of a file; what is not there or not understood says nothing.
    pub(crate) fn of(head: &[u8]) -> Self {
        Self::read(head).unwrap_or(Self {
            orientation: Orientation::NoTransforms,
            alpha: None,
        })
    }

    fn read(head: &[u8]) -> Option<Self> {
        let meta = boxes(head).find(|(kind, _)| *kind == b"meta")?.1;
        // A version and flags stand before what is in it.
        let meta = meta.get(4..)?;
        let inner = |name: &[u8; 4]| boxes(meta).find(|(kind, _)| *kind == name);
        let (_, pitm) = inner(b"pitm")?;
        let mut pitm = Reader(pitm);
        let version = pitm.full()?.0;
        let primary = pitm.item(version)?;
        let (_, iprp) = inner(b"iprp")?;
        let properties = boxes(iprp)
            .find(|(kind, _)| *kind == b"ipco")
            .map(|(_, ipco)| boxes(ipco).collect::<Vec<_>>())?;
        let properties = &properties;
        let of_item = |item: u32| {
            let lists = boxes(iprp).filter(|(kind, _)| *kind == b"ipma");
            let numbers = lists.filter_map(move |(_, ipma)| associated(ipma, item));
            let numbers = numbers.flatten();
            numbers.filter_map(move |number| properties.get(number.checked_sub(1)?))
        };
        let mut turned = Turned::default();
        for (kind, property) in of_item(primary) {
            match (*kind, property.first()) {
                (b"irot", Some(angle)) => turned.turn(4 - (angle & 3)),
                (b"imir", Some(axis)) => turned.mirror(axis & 1 == 1),
                _ => {}
            }
        }
        let is_alpha = |item: &u32| {
            of_item(*item).any(|(kind, property)| {
                let name = property.get(4..).unwrap_or_default();
                *kind == b"auxC" && ALPHA.iter().any(|alpha| name.starts_with(alpha))
            })
        };
        let auxiliary = inner(b"iref").map(|(_, iref)| auxiliary(iref, primary));
        let item = auxiliary.unwrap_or_default().into_iter().find(is_alpha);
        let alpha = item.map(|item| AlphaItem {
            is_av1: of_item(item).any(|(kind, _)| *kind == b"av1C"),
            places: inner(b"iloc")
                .and_then(|(_, iloc)| places(iloc, item))
                .unwrap_or_default(),
        });
        Some(Self {
            orientation: turned.orientation(),
            alpha,
        })
    }
}

/// The largest area in pixels that boxes tell of: `ispe` is the size of each part of a picture and of the whole (ISO/IEC
/// 23008-12, 6.5.3).
pub(crate) fn largest_area(head: &[u8]) -> Option<u64> {
    let sizes = head.windows(16).filter_map(|window| {
        let mut reader = Reader(window.strip_prefix(b"ispe\0\0\0\0")?);
        Some(u64::from(reader.u32()?) * u64::from(reader.u32()?))
    });
    sizes.max()
}

/// Whether a file of `bytes` bytes ends before a box that begins in its first ones does. What stands behind the boxes and is
/// none, as some cameras write it, is not looked at.
pub(crate) fn ends_within_a_box(head: &[u8], bytes: u64) -> bool {
    const KINDS: [&[u8]; 6] = [b"ftyp", b"meta", b"mdat", b"moov", b"free", b"idat"];
    let mut at = 0_u64;
    loop {
        let begin = usize::try_from(at).ok().and_then(|at| head.get(at..));
        let Some((begin, (Some(size), _))) = begin.and_then(|it| Some((it, header(it)?))) else {
            return false;
        };
        match at.checked_add(size) {
            Some(next) if next <= bytes => at = next,
            _ => return KINDS.iter().any(|kind| begin[4..].starts_with(kind)),
        }
    }
}

/// The head of a box (ISO/IEC 14496-12, 4.2): how long the box is with it, if it does not go on to the end of the file, and
/// how long the head is. Nothing where the box is shorter than its head.
fn header(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let mut reader = Reader(bytes);
    let size = reader.u32()?;
    reader.take(4)?;
    match size {
        0 => Some((None, 8)),
        1 => {
            let size = reader.number(8)?;
            (size >= 16).then_some((Some(size), 16))
        }
        _ => (size >= 8).then_some((Some(size.into()), 8)),
    }
}

/// The boxes in some bytes, each with its kind and what is in it, as far as it is there.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (size, head) = header(bytes)?;
        let kind = bytes.get(4..)?.first_chunk::<4>()?;
        let size = size.map_or(Some(bytes.len()), |size| usize::try_from(size).ok());
        let end = size.unwrap_or(bytes.len()).min(bytes.len());
        let inside = bytes.get(head..end)?;
        bytes = &bytes[end..];
        Some((kind, inside))
    })
}

/// The numbers of the properties of an item, from 1, in their order (ISO/IEC 23008-12, 9.3).
fn associated(ipma: &[u8], item: u32) -> Option<Vec<usize>> {
    let mut reader = Reader(ipma);
    let (version, flags) = reader.full()?;
    for _ in 0..reader.u32()? {
        let of = reader.item(version)?;
        let count = reader.u8()?;
        let mut numbers = Vec::new();
        for _ in 0..count {
            // The highest bit says whether the property has to be understood.
            numbers.push(usize::from(match flags & 1 {
                1 => reader.u16()? & 0x7FFF,
                _ => u16::from(reader.u8()? & 0x7F),
            }));
        }
        if of == item {
            return Some(numbers);
        }
    }
    None
}

/// The items that say more of an item (ISO/IEC 23008-12, 6.4.4).
fn auxiliary(iref: &[u8], item: u32) -> Vec<u32> {
    let mut reader = Reader(iref);
    let Some((version, _)) = reader.full() else {
        return Vec::new();
    };
    let references = boxes(reader.0).filter(|(kind, _)| *kind == b"auxl");
    let from = references.filter_map(|(_, reference)| {
        let mut reader = Reader(reference);
        let from = reader.item(version)?;
        let mut to = (0..reader.u16()?).map_while(|_| reader.item(version));
        to.any(|to| to == item).then_some(from)
    });
    from.take(MOST_AUXILIARY).collect()
}

/// Where in the file the bytes of an item are (ISO/IEC 14496-12, 8.11.3); nothing where they are somewhere else.
fn places(iloc: &[u8], item: u32) -> Option<Vec<(u64, u64)>> {
    let mut reader = Reader(iloc);
    let (version, _) = reader.full()?;
    let (offsets, lengths) = reader.halves()?;
    let (bases, indices) = reader.halves()?;
    let indices = if version == 0 { 0 } else { indices };
    // Numbers of items are longer from version 2 on.
    let long = u8::from(version >= 2);
    for _ in 0..reader.item(long)? {
        let of = reader.item(long)?;
        let method = if version == 0 { 0 } else { reader.u16()? & 15 };
        let file = reader.u16()?;
        let base = reader.number(bases)?;
        let mut places = Vec::new();
        for _ in 0..reader.u16()? {
            reader.number(indices)?;
            let (offset, length) = (reader.number(offsets)?, reader.number(lengths)?);
            places.push((base.checked_add(offset)?, length));
        }
        if of == item {
            let is_here = method == 0 && file == 0 && places.iter().all(|(_, length)| *length > 0);
            return is_here.then_some(places);
        }
    }
    None
}

/// Numbers of the most significant byte first, as far as they are there.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(*self.take(2)?.first_chunk()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(*self.take(4)?.first_chunk()?))
    }

    /// The version and the flags with which many boxes begin.
    fn full(&mut self) -> Option<(u8, u32)> {
        let both = self.u32()?;
        Some((both.to_be_bytes()[0], both & 0x00FF_FFFF))
    }

    /// Two numbers in a byte.
    fn halves(&mut self) -> Option<(u8, u8)> {
        let both = self.u8()?;
        Some((both >> 4, both & 15))
    }

    /// A number of so many bytes: none, four or eight.
    fn number(&mut self, bytes: u8) -> Option<u64> {
        match bytes {
            0 => Some(0),
            4 => self.u32().map(u64::from),
            8 => Some((u64::from(self.u32()?) << 32) | u64::from(self.u32()?)),
            _ => None,
        }
    }

    /// The number of an item, in a box of this version.
    fn item(&mut self, version: u8) -> Option<u32> {
        if version == 0 {
            self.u16().map(u32::from)
        } else {
            self.u32()
        }
    }
}

/// Quarter turns clockwise, and whether left and right are exchanged after them.
#[derive(Debug, Clone, Copy, Default)]
struct Turned {
    quarters: u8,
    is_mirrored: bool,
}

impl Turned {
    fn turn(&mut self, quarters: u8) {
        // What is mirrored turns the other way.
        let quarters = if self.is_mirrored {
            4 - quarters % 4
        } else {
            quarters
        };
        self.quarters = (self.quarters + quarters) % 4;
    }

    /// Exchanges left and right, or top and bottom, which is that and half a turn.
    fn mirror(&mut self, is_sideways: bool) {
        if !is_sideways {
            self.turn(2);
        }
        self.is_mirrored = !self.is_mirrored;
    }

    fn orientation(self) -> Orientation {
        match (self.quarters, self.is_mirrored) {
            (1, false) => Orientation::Rotate90,
            (2, false) => Orientation::Rotate180,
            (3, false) => Orientation::Rotate270,
            (1, true) => Orientation::Rotate90FlipH,
            (2, true) => Orientation::FlipVertical,
            (3, true) => Orientation::Rotate270FlipH,
            (_, true) => Orientation::FlipHorizontal,
            (_, false) => Orientation::NoTransforms,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IROT: &[u8] = b"irot";
    const IMIR: &[u8] = b"imir";

    fn boxed(kind: &[u8], inside: &[u8]) -> Vec<u8> {
        let mut all = (inside.len() as u32 + 8).to_be_bytes().to_vec();
        all.extend(kind);
        all.extend(inside);
        all
    }

    /// An AVIF file whose primary item, 1, has these properties, and 2, of which it is the subject, those of alpha.
    fn avif(own: &[(&[u8], u8)], has_alpha: bool) -> Vec<u8> {
        let mut properties = boxed(b"ispe", &[0, 0, 0, 0, 0, 0, 2, 0x58, 0, 0, 3, 0x84]);
        let mut aux = vec![0; 4];
        aux.extend(ALPHA[0]);
        aux.push(0);
        properties.extend(boxed(b"auxC", &aux));
        for (kind, value) in own {
            properties.extend(boxed(kind, &[*value]));
        }
        properties.extend(boxed(b"av1C", &[0x81, 4, 0x1C, 0]));
        let last = own.len() as u8 + 3;
        let mut ipma = [&[0, 0, 0, 0, 0, 0, 0, 2][..], &[0, 2, 3, 1, 2, last]].concat();
        ipma.extend([0, 1, last - 2, 1]);
        ipma.extend((3..last).map(|number| 0x80 | number));
        let iprp = [boxed(b"ipco", &properties), boxed(b"ipma", &ipma)].concat();
        let mut meta = vec![0; 4];
        meta.extend(boxed(b"pitm", &[0, 0, 0, 0, 0, 1]));
        if has_alpha {
            let auxl = boxed(b"auxl", &[0, 2, 0, 1, 0, 1]);
            meta.extend(boxed(b"iref", &[&[0; 4][..], &auxl].concat()));
        }
        meta.extend(boxed(b"iprp", &iprp));
        // Items 1 and 2: each number of four bytes, no base.
        let mut iloc = vec![0, 0, 0, 0, 0x44, 0, 0, 2];
        iloc.extend([0, 1, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 50]);
        iloc.extend([
            0, 2, 0, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0, 20, 0, 0, 4, 0, 0, 0, 0, 9,
        ]);
        meta.extend(boxed(b"iloc", &iloc));
        let mut file = boxed(b"ftyp", b"avif\0\0\0\0avifmif1");
        file.extend(boxed(b"meta", &meta));
        file.extend(boxed(b"mdat", &[9; 100]));
        file
    }

    #[test]
    fn pictures_are_turned_as_their_boxes_say() {
        use Orientation as To;
        let of = |own: &[(&[u8], u8)]| BoxedPicture::of(&avif(own, false)).orientation;
        for (angle, axis, expected) in [
            (0, None, To::NoTransforms),
            (1, None, To::Rotate270),
            (2, None, To::Rotate180),
            (3, None, To::Rotate90),
            (0, Some(1), To::FlipHorizontal),
            (0, Some(0), To::FlipVertical),
            (1, Some(0), To::Rotate90FlipH),
            (1, Some(1), To::Rotate270FlipH),
            (2, Some(0), To::FlipHorizontal),
            (2, Some(1), To::FlipVertical),
            (3, Some(0), To::Rotate270FlipH),
            (3, Some(1), To::Rotate90FlipH),
        ] {
            let mut own: Vec<(&[u8], u8)> = vec![(IROT, angle)];
            own.extend(axis.map(|axis| (IMIR, axis)));
            assert_eq!(of(&own), expected, "{angle} {axis:?}");
        }
        // In the order in which they stand.
        assert_eq!(of(&[(IMIR, 0), (IROT, 1)]), To::Rotate270FlipH);
    }

    #[test]
    fn alpha_is_found_where_the_file_has_it() {
        let expected = AlphaItem {
            is_av1: true,
            places: vec![(0x300, 20), (0x400, 9)],
        };
        assert_eq!(BoxedPicture::of(&avif(&[], true)).alpha, Some(expected));
        assert_eq!(BoxedPicture::of(&avif(&[(IROT, 1)], false)).alpha, None);
        assert_eq!(largest_area(&avif(&[], true)), Some(600 * 900));
        assert_eq!(largest_area(b"ispe"), None);
    }

    #[test]
    fn a_file_that_was_cut_off_ends_within_a_box() {
        let whole = avif(&[], false);
        let bytes = whole.len() as u64;
        assert!(!ends_within_a_box(&whole, bytes));
        assert!(!ends_within_a_box(&whole[..200], bytes));
        for missing in [1, 50, 100, 150] {
            let cut = &whole[..whole.len() - missing];
            assert!(ends_within_a_box(cut, cut.len() as u64), "{missing}");
        }
        // Until the end, and something behind the last box.
        let mut endless = whole;
        endless.extend(b"\0\0\x10\0SEFH of a camera");
        assert!(!ends_within_a_box(&endless, endless.len() as u64));
        endless.truncate(bytes as usize);
        endless.extend(b"\0\0\0\0free.");
        assert!(!ends_within_a_box(&endless, endless.len() as u64));
        assert!(!ends_within_a_box(b"", 0) && !ends_within_a_box(&[0; 7], 7));
    }

    proptest! {
        #[test]
        fn no_part_of_a_file_makes_it_panic(angle: u8, axis: u8, alpha: bool, length in 0_usize..600, change: (u16, u8)) {
            let mut file = avif(&[(IROT, angle), (IMIR, axis)], alpha);
            file.truncate(length);
            let at = usize::from(change.0) % file.len().max(1);
            if let Some(byte) = file.get_mut(at) {
                *byte = change.1;
            }
            let _ = (BoxedPicture::of(&file), ends_within_a_box(&file, 600));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let meta = [&boxed(b"meta", &bytes)[..], &bytes].concat();
            let _ = (BoxedPicture::of(&meta), ends_within_a_box(&meta, 100));
        }
    }
}
