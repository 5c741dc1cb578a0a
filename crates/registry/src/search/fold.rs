//! Names brought to one spelling, so that Kim finds Gim and 김, Rhee finds Lee and 이, Ғалия finds Galiya.

use unicode_normalization::UnicodeNormalization;

use super::hangul;

/// Latin spellings of the same sound, applied in this order to lower-case letters. Folding only ever brings spellings
/// together: what is too coarse here is put right by the ranking.
const SOUNDS: [(&str, &str); 30] = [
    ("park", "pak"),
    ("hur", "hu"),
    ("kh", "k"),
    ("ph", "p"),
    ("th", "t"),
    ("rh", "l"),
    ("sch", "s"),
    ("ch", "j"),
    ("sh", "s"),
    ("zh", "j"),
    ("ck", "k"),
    ("eo", "u"),
    ("ou", "u"),
    ("oo", "u"),
    ("eu", "u"),
    ("ee", "i"),
    ("wu", "u"),
    ("ae", "e"),
    ("ai", "e"),
    ("oi", "e"),
    ("oe", "e"),
    ("ui", "i"),
    ("yi", "i"),
    ("uh", "u"),
    ("ah", "a"),
    ("oh", "o"),
    ("iy", "i"),
    ("yy", "i"),
    ("ij", "i"),
    ("ts", "s"),
];

const LETTERS: [(char, char); 11] = [
    ('g', 'k'),
    ('q', 'k'),
    ('c', 'k'),
    ('d', 't'),
    ('b', 'p'),
    ('v', 'p'),
    ('f', 'p'),
    ('r', 'l'),
    ('z', 'j'),
    ('x', 's'),
    ('w', 'u'),
];

const CYRILLIC: [(char, &str); 42] = [
    ('а', "a"),
    ('ә', "a"),
    ('б', "b"),
    ('в', "v"),
    ('г', "g"),
    ('ғ', "g"),
    ('д', "d"),
    ('е', "e"),
    ('ё', "e"),
    ('ж', "zh"),
    ('з', "z"),
    ('и', "i"),
    ('й', "i"),
    ('к', "k"),
    ('қ', "k"),
    ('л', "l"),
    ('м', "m"),
    ('н', "n"),
    ('ң', "n"),
    ('о', "o"),
    ('ө', "o"),
    ('п', "p"),
    ('р', "r"),
    ('с', "s"),
    ('т', "t"),
    ('у', "u"),
    ('ұ', "u"),
    ('ү', "u"),
    ('ф', "f"),
    ('х', "h"),
    ('һ', "h"),
    ('ц', "ts"),
    ('ч', "ch"),
    ('ш', "sh"),
    ('щ', "sh"),
    ('ъ', ""),
    ('ы', "y"),
    ('і', "i"),
    ('ь', ""),
    ('э', "e"),
    ('ю', "yu"),
    ('я', "ya"),
];

/// Words of letters and digits, composed, lower case.
pub(crate) fn words(text: &str) -> Vec<String> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// One word in folded Latin letters: what sounds alike is spelt alike.
pub(crate) fn sound(word: &str) -> String {
    let latin: String = hangul::latin(word)
        .nfkd()
        .flat_map(char::to_lowercase)
        .flat_map(|c| match CYRILLIC.iter().find(|(from, _)| *from == c) {
            Some((_, to)) => to.chars().collect::<Vec<_>>(),
            None => vec![c],
        })
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let mut text = latin;
    for (from, to) in SOUNDS {
        text = text.replace(from, to);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = LETTERS.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to);
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    initial_liquid(&out)
}

/// An l at the beginning is silent before i and y (Lee, Ryu) and an n before other vowels (Roh).
fn initial_liquid(word: &str) -> String {
    match word.strip_prefix('l') {
        Some(rest) if rest.starts_with(['i', 'y']) => rest.to_owned(),
        Some(rest) => format!("n{rest}"),
        None => word.to_owned(),
    }
}

/// The three-letter pieces of a word with its edges marked.
pub(crate) fn trigrams(word: &str) -> Vec<String> {
    let letters: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
    letters.windows(3).map(|w| w.iter().collect()).collect()
}
