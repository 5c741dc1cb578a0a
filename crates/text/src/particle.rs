//! What stands after a word and changes with its sounds: Korean particles (은 after a consonant, 는 after a vowel) and Kazakh
//! case endings (қарашаға, мамырға, қыркүйекке).

/// `word` followed by the fitting half of `pair` (`은/는`, `이/가`, `을/를`, `과/와`, `으로/로`).
///
/// A word that ends in neither Hangul nor a digit keeps both halves: `Maria은(는)`.
pub fn with_particle(word: &str, pair: &str) -> String {
    let Some((closed, open)) = pair.split_once('/') else { return format!("{word}{pair}") };
    let last = word.chars().rev().find(|c| c.is_alphanumeric());
    // Before 으로/로, a final ㄹ counts as a vowel.
    let rieul_is_open = open == "로";
    match last.and_then(final_sound) {
        Some(Final::Vowel) => format!("{word}{open}"),
        Some(Final::Rieul) if rieul_is_open => format!("{word}{open}"),
        Some(_) => format!("{word}{closed}"),
        None => format!("{word}{closed}({open})"),
    }
}

enum Final {
    Vowel,
    Rieul,
    Consonant,
}

fn final_sound(last: char) -> Option<Final> {
    if let Some(digit) = last.to_digit(10) {
        // 영 일 이 삼 사 오 육 칠 팔 구
        return Some(match digit {
            2 | 4 | 5 | 9 => Final::Vowel,
            1 | 7 | 8 => Final::Rieul,
            _ => Final::Consonant,
        });
    }
    let syllable = u32::from(last).checked_sub(0xAC00).filter(|index| *index < 11_172)?;
    Some(match syllable % 28 {
        0 => Final::Vowel,
        8 => Final::Rieul,
        _ => Final::Consonant,
    })
}

/// `word` with the Kazakh case ending that fits its sounds: `ға` for the dative (ға, ге, қа, ке), `дан` for the ablative (дан,
/// ден, тан, тен, нан, нен). Vowels agree with the word's last vowel, the first consonant with its last sound.
pub fn with_ending(word: &str, ending: &str) -> String {
    let mut letters = word.chars().rev().flat_map(char::to_lowercase).filter(|c| c.is_alphabetic());
    let last = letters.clone().next();
    // A word without a vowel of its own, such as a number, is taken as soft.
    let hard = letters.find(|c| "аоұыуяёюәеіөүэи".contains(*c)).is_some_and(|c| "аоұыуяёю".contains(c));
    let voiceless = last.is_some_and(|c| "кқпстфхцчшщбвгд".contains(c));
    let nasal = last.is_some_and(|c| "мнң".contains(c));
    let fitting = match (ending, voiceless, nasal) {
        ("ға", true, _) => ["қа", "ке"],
        ("ға", false, _) => ["ға", "ге"],
        ("дан", true, _) => ["тан", "тен"],
        ("дан", false, true) => ["нан", "нен"],
        ("дан", false, false) => ["дан", "ден"],
        (other, ..) => return format!("{word}{other}"),
    };
    let [of_hard, of_soft] = fitting;
    format!("{word}{}", if hard { of_hard } else { of_soft })
}

#[cfg(test)]
mod tests {
    use super::{with_ending, with_particle};

    #[test]
    fn the_ending_follows_the_sounds_of_the_word() {
        for (word, dative, ablative) in [
            ("1 қаңтар", "ға", "дан"),
            ("1 ақпан", "ға", "нан"),
            ("1 наурыз", "ға", "дан"),
            ("1 сәуір", "ге", "ден"),
            ("1 мамыр", "ға", "дан"),
            ("1 маусым", "ға", "нан"),
            ("1 шілде", "ге", "ден"),
            ("1 тамыз", "ға", "дан"),
            ("1 қыркүйек", "ке", "тен"),
            ("1 қазан", "ға", "нан"),
            ("1 қараша", "ға", "дан"),
            ("1 желтоқсан", "ға", "нан"),
            ("мектеп", "ке", "тен"),
            ("банк", "қа", "тан"),
        ] {
            assert_eq!(with_ending(word, "ға"), format!("{word}{dative}"));
            assert_eq!(with_ending(word, "дан"), format!("{word}{ablative}"));
        }
        assert_eq!(with_ending("үй", "ның"), "үйның");
    }

    #[test]
    fn the_particle_follows_the_last_sound() {
        for (word, pair, expected) in [
            ("아동수당", "은/는", "아동수당은"),
            ("부모급여", "은/는", "부모급여는"),
            ("첫만남이용권", "을/를", "첫만남이용권을"),
            ("서울", "으로/로", "서울로"),
            ("수원", "으로/로", "수원으로"),
            ("제주", "으로/로", "제주로"),
            ("2", "이/가", "2가"),
            ("10", "이/가", "10이"),
            ("(장애아동)", "이/가", "(장애아동)이"),
            ("Maria", "이/가", "Maria이(가)"),
        ] {
            assert_eq!(with_particle(word, pair), expected);
        }
    }
}
