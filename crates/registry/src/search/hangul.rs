//! Hangul syllables taken apart: into jamo, into initial consonants, into Latin letters (Revised Romanisation).

/// Initial consonants, as compatibility jamo.
const INITIALS: [char; 19] =
    ['ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ'];
/// Vowels; compound ones as their parts, so that one wrong key is one wrong letter.
const VOWELS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ",
    "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];
/// Final consonants; compound ones as their parts.
const FINALS: [&str; 28] = [
    "", "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ",
    "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];
const INITIALS_LATIN: [&str; 19] =
    ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
const VOWELS_LATIN: [&str; 21] = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu",
    "ui", "i",
];
const FINALS_LATIN: [&str; 28] = [
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t",
    "t", "k", "t", "p", "t",
];

/// The places of a syllable in the three tables.
fn parts(c: char) -> Option<(usize, usize, usize)> {
    let n = u32::from(c).checked_sub(0xAC00).filter(|n| *n < 11_172)?;
    let n = usize::try_from(n).ok()?;
    Some((n / 588, n / 28 % 21, n % 28))
}

/// Whether the character is a Hangul syllable.
pub(crate) fn is_syllable(c: char) -> bool {
    parts(c).is_some()
}

/// Whether the character is a consonant standing alone, as in a search by initials.
pub(crate) fn is_initial(c: char) -> bool {
    INITIALS.contains(&c)
}

/// The text with every syllable taken apart; other characters stay.
pub(crate) fn jamo(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for c in text.chars() {
        match parts(c) {
            Some((i, v, f)) => {
                out.extend(INITIALS.get(i));
                out.push_str(VOWELS.get(v).copied().unwrap_or_default());
                out.push_str(FINALS.get(f).copied().unwrap_or_default());
            }
            None => out.push(c),
        }
    }
    out
}

/// The initial consonants of the syllables; other characters are left out.
pub(crate) fn initials(text: &str) -> String {
    text.chars().filter_map(|c| parts(c).and_then(|(i, _, _)| INITIALS.get(i).copied())).collect()
}

/// The text in Latin letters, syllable by syllable; other characters stay.
pub(crate) fn latin(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        match parts(c) {
            Some((i, v, f)) => {
                out.push_str(INITIALS_LATIN.get(i).copied().unwrap_or_default());
                out.push_str(VOWELS_LATIN.get(v).copied().unwrap_or_default());
                out.push_str(FINALS_LATIN.get(f).copied().unwrap_or_default());
            }
            None => out.push(c),
        }
    }
    out
}
