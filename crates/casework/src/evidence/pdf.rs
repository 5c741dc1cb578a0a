//! Pages: what says who made them, what runs by itself and what is tucked inside is taken out; a locked file is refused.

use lopdf::{Dictionary, Document, LoadOptions, Object};

use super::media::{Refused, jpeg};

/// What any single compressed part may unfold to while reading, in bytes.
const MOST_UNFOLDED: usize = 64 * 1024 * 1024;
/// Objects in one file.
const MOST_OBJECTS: usize = 200_000;
/// How deep arrays and dictionaries are followed; the reader itself goes no deeper.
const DEPTH: usize = 128;

/// Entries that are taken out wherever they stand: descriptions and private notes of programs, actions that run by
/// themselves, scripts, files inside the file, forms of another system.
const OUT: [&[u8]; 14] = [
    b"Metadata",
    b"PieceInfo",
    b"LastModified",
    b"Info",
    b"AA",
    b"OpenAction",
    b"JS",
    b"JavaScript",
    b"EmbeddedFiles",
    b"EF",
    b"AF",
    b"XFA",
    b"Thumb",
    b"Collection",
];

/// The same pages without all that.
pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let options = LoadOptions { max_decompressed_size: Some(MOST_UNFOLDED), ..LoadOptions::default() };
    let mut document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(_) if names_encryption(bytes) => return Err(Refused::Locked),
        Err(_) => return Err(Refused::Damaged),
    };
    if document.is_encrypted() || document.was_encrypted() {
        return Err(Refused::Locked);
    }
    if document.objects.len() > MOST_OBJECTS || document.page_iter().next().is_none() {
        return Err(Refused::Damaged);
    }
    strip(&mut document.trailer, DEPTH);
    for object in document.objects.values_mut() {
        walk(object, DEPTH);
    }
    // What nothing leads to any more goes too: earlier versions of pages among it.
    document.prune_objects();
    let mut clean = Vec::with_capacity(bytes.len());
    document.save_to(&mut clean).map_err(|_| Refused::Damaged)?;
    Ok(clean)
}

/// Whether a file that could not be read says that it is locked.
fn names_encryption(bytes: &[u8]) -> bool {
    bytes.windows(8).any(|w| w == b"/Encrypt")
}

fn walk(object: &mut Object, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match object {
        Object::Array(list) => list.iter_mut().for_each(|inner| walk(inner, depth)),
        Object::Dictionary(dictionary) => strip(dictionary, depth),
        Object::Stream(stream) => {
            strip(&mut stream.dict, depth);
            let filter = stream.dict.get(b"Filter").ok();
            let photograph = match filter {
                Some(Object::Name(name)) => name == b"DCTDecode",
                Some(Object::Array(list)) => matches!(list.as_slice(), [Object::Name(name)] if name == b"DCTDecode"),
                _ => false,
            };
            // A photograph on a page carries the same notes as one of its own. One that cannot be walked stays as it is:
            // viewers show some that are not quite right.
            if let Some(clean) = photograph.then(|| jpeg(&stream.content).ok()).flatten() {
                stream.set_content(clean);
            }
        }
        _ => {}
    }
}

fn strip(dictionary: &mut Dictionary, depth: usize) {
    for name in OUT {
        dictionary.remove(name);
    }
    for (_, inner) in dictionary.iter_mut() {
        walk(inner, depth);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::media::tests::photograph;
    use super::super::media::{Media, prepare};
    use super::*;
    use lopdf::{Stream, StringFormat, dictionary};

    /// One page with a photograph on it, an author, a script and a file inside.
    pub(crate) fn page() -> Vec<u8> {
        let text = |t: &str| Object::String(t.as_bytes().to_vec(), StringFormat::Literal);
        let mut document = Document::with_version("1.7");
        let photo = document.add_object(Stream::new(
            dictionary! { "Type" => "XObject", "Subtype" => "Image", "Width" => 6, "Height" => 4, "Filter" => "DCTDecode" },
            photograph(1),
        ));
        let inside = document.add_object(Stream::new(dictionary! {}, b"a program inside".to_vec()));
        let about =
            document.add_object(Stream::new(dictionary! { "Type" => "Metadata" }, b"<x>Author Kim</x>".to_vec()));
        let pages = document.new_object_id();
        let content = document.add_object(Stream::new(dictionary! {}, b"the words of the paper".to_vec()));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "Resources" => dictionary! { "XObject" => dictionary! { "P" => photo } },
            "AA" => dictionary! { "O" => dictionary! { "S" => "JavaScript", "JS" => text("app.alert('opened')") } },
        });
        let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
        document.objects.insert(pages, Object::Dictionary(tree));
        let names = dictionary! { "EmbeddedFiles" => dictionary! { "Names" => vec![text("it.exe"), dictionary! {
        "EF" => dictionary! { "F" => inside } }.into()] } };
        let catalog = document.add_object(dictionary! {
            "Type" => "Catalog", "Pages" => pages, "Metadata" => about, "Names" => names,
        });
        let info = document.add_object(dictionary! { "Author" => text("Author Kim"), "Producer" => text("a scanner") });
        document.trailer.set("Root", catalog);
        document.trailer.set("Info", info);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn pages_stay_and_what_tells_more_or_runs_goes() {
        let holds = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|w| w == text);
        let before = page();
        let out = [&b"Author Kim"[..], b"app.alert", b"a program inside", b"37.5665N", b"it.exe", b"a scanner"];
        assert!(out.iter().all(|word| holds(&before, word)), "the test's own file must hold what is to go");
        let (media, after) = prepare(&before).unwrap();
        assert_eq!(media, Media::Pdf);
        for word in out {
            assert!(!holds(&after, word), "{}", String::from_utf8_lossy(word));
        }
        assert!(holds(&after, b"the words of the paper"));
        assert_eq!(Document::load_mem(&after).unwrap().page_iter().count(), 1);
    }

    #[test]
    fn a_locked_or_broken_file_is_refused_with_the_right_words() {
        let locked = b"%PDF-1.7\ntrailer << /Encrypt 5 0 R >>";
        assert_eq!(prepare(locked), Err(Refused::Locked));
        assert_eq!(prepare(b"%PDF-1.7\nnothing more"), Err(Refused::Damaged));
        let whole = page();
        for length in (9..whole.len()).step_by(101) {
            // Whatever comes of it, the reader must come back with an answer.
            let _ = prepare(whole.get(..length).unwrap());
        }
    }
}
